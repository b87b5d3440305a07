//! Loading Airtable's bases, tables and rows (Airtable facts 3 to 5).

use super::record::{BASE, ROW, TABLE, rows_of};
use super::walk::{List, Listed};
use super::{Airtable, read};
use crate::connect::Credential;
use crate::load::{At, Change, Counts, Found, From, Lane, Limit, Load, Walk, Wish};
use crate::objects::wants;
use crate::wire::{Call, Fault, Reply};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Airtable facts 3. The second one is told of personal tokens only; nothing says that OAuth has more.
static LIMITS: [Limit; 2] = [limit("base", true, 5), limit("account", false, 50)];

const fn limit(name: &'static str, per_part: bool, calls: u32) -> Limit {
    let (span, penalty) = (Duration::from_secs(1), Duration::from_secs(30));
    Limit { name, counts: Counts::Both, per_part, calls, span, penalty }
}

impl Load for Airtable {
    fn limits(&self, _credential: Credential) -> &'static [Limit] {
        &LIMITS
    }

    /// Bases bring their tables to light, and those their rows: whatever is wanted, the way leads over them.
    fn lanes(&self, wish: &Wish) -> Vec<Lane> {
        let lane = Lane {
            key: "bases".to_owned(),
            object_type: BASE.to_owned(),
            collection: String::new(),
            title: "Bases".to_owned(),
            complete: wants(wish, BASE),
            detail: Value::Null,
        };
        if [BASE, TABLE, ROW].into_iter().any(|kind| wants(wish, kind)) { vec![lane] } else { Vec::new() }
    }

    /// Rows have no time of change that can be asked for in every table (Airtable facts 5).
    fn knows_changes(&self, _lane: &Lane) -> bool {
        false
    }

    fn overlap(&self) -> Duration {
        Duration::ZERO
    }

    fn walk(
        &self,
        lane: &Lane,
        wish: &Wish,
        _from: From,
        saved: Option<&Value>,
    ) -> Result<Box<dyn Walk>, Fault> {
        let list = match lane.key.split_once('/') {
            None if lane.key == "bases" => List::Bases,
            Some(("tables", _)) => List::Tables(detail(lane)?),
            Some(("rows", _)) => List::Rows(detail(lane)?),
            _ => return Err(Fault::Unreadable("a lane that Airtable does not have")),
        };
        Ok(Box::new(Listed::new(list, wish, saved)?))
    }

    fn read_batch(&self) -> usize {
        read::BATCH
    }

    fn read(&self, at: &At<'_>, _wish: &Wish, object_type: &str, collection: &str, ids: &[String]) -> Call {
        read::call(at, object_type, collection, ids)
    }

    fn read_back(
        &self,
        at: &At<'_>,
        object_type: &str,
        collection: &str,
        ids: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<Found>, Fault> {
        read::found(at, object_type, collection, ids, reply)
    }

    /// The events are those of `payloads.rs`. A webhook's ping says nothing: its payloads have to be pulled.
    fn change(&self, _kind: &str, object_type: &str, object_id: &str, raw: &[u8]) -> Vec<Change> {
        let raw: Value = serde_json::from_slice(raw).unwrap_or_default();
        let (Some(base), Some(table)) = (raw["base"].as_str(), raw["table"].as_str()) else {
            return Vec::new();
        };
        let collection = match object_type {
            ROW => rows_of(base, table),
            TABLE => base.to_owned(),
            _ => return Vec::new(),
        };
        vec![Change { object_type: object_type.to_owned(), collection, id: object_id.to_owned() }]
    }
}

/// What a lane knows of its base or table.
fn detail<T: DeserializeOwned>(lane: &Lane) -> Result<T, Fault> {
    T::deserialize(&lane.detail).map_err(|_| Fault::Unreadable("a lane of another version"))
}
