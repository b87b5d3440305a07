//! Databases: containers of data sources, each read by itself (Notion facts 6), because search finds data sources only.

use super::record::{self, DATABASE, Known, Seen};
use super::{call, errors};
use crate::load::{At, Found, Page, Walk};
use crate::objects;
use crate::wire::{Call, Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A walk of one step.
pub struct Single {
    database: Known,
    place: Place,
}

/// How far it went.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    done: bool,
}

impl Single {
    /// From the beginning, or from where `saved` says.
    pub fn new(database: Known, saved: Option<&Value>) -> Result<Self, Fault> {
        Ok(Self { database, place: objects::place(saved)? })
    }
}

impl Walk for Single {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        (!self.place.done).then(|| call::object(at, DATABASE, &self.database.id))
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        let mut page = Page::default();
        match read_back(at, DATABASE, &self.database.id, reply)? {
            Found::Here(record) => page.records.push(*record),
            Found::Gone(id) => page.gone.push(id),
        }
        self.place.done = true;
        Ok(page)
    }

    fn save(&self) -> Value {
        objects::saved(&self.place)
    }
}

/// Reads one object that was asked for by its id. 404 also means that it is not shared with the connection any more: either
/// way it is no record of the connection's (Notion facts 9).
pub fn read_back(at: &At<'_>, object_type: &str, id: &str, reply: &Reply<'_>) -> Result<Found, Fault> {
    let object = match objects::success(reply, errors::fault, at.token) {
        Ok(object) => object,
        Err(Fault::Gone) => return Ok(Found::Gone(id.to_owned())),
        Err(fault) => return Err(fault),
    };
    match record::read(object_type, &object)? {
        Seen::Whole(record) => Ok(Found::Here(record)),
        Seen::Partial(_) => Err(Fault::Unreadable("an object of which nothing is shown but its id")),
        Seen::Other => Err(Fault::Unreadable("an object of another type than was asked for")),
    }
}
