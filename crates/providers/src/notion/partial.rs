//! Objects of which a list told only the id, and that have to be asked for one by one (Notion facts 7).

use super::record::{self, Seen};
use super::{call, errors};
use crate::load::{At, Page};
use crate::objects;
use crate::wire::{Call, Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Those that are still to be asked for. Part of a walk's place.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Partial(Vec<String>);

impl Partial {
    /// Remembers one.
    pub fn push(&mut self, id: String) {
        self.0.push(id);
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks for the first of them.
    pub fn next(&self, at: &At<'_>, object_type: &str) -> Option<Call> {
        Some(call::object(at, object_type, self.0.first()?))
    }

    /// Reads the answer, which is the whole object where there is one.
    pub fn take(
        &mut self,
        at: &At<'_>,
        object_type: &str,
        reply: &Reply<'_>,
    ) -> Result<(Page, Option<Value>), Fault> {
        let mut page = Page::default();
        let object = match objects::success(reply, errors::fault, at.token) {
            Ok(object) => Some(object),
            Err(Fault::Gone) => {
                page.gone.push(self.0[0].clone());
                None
            }
            Err(fault) => return Err(fault),
        };
        match object.as_ref().map(|object| record::read(object_type, object)).transpose()? {
            Some(Seen::Whole(record)) => page.records.push(*record),
            Some(_) => page.notice = Some(format!("Notion shows nothing of {} but its id.", self.0[0])),
            None => {}
        }
        self.0.remove(0);
        Ok((page, object))
    }
}
