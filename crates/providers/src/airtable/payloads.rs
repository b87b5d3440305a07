//! What a ping stands for: the payloads of a webhook, pulled with a cursor (Airtable facts 7). To list them also keeps the
//! webhook from expiring.

use super::record::{ROW, TABLE};
use super::{ID, errors};
use crate::json::{column, moment};
use crate::load::At;
use crate::oauth;
use crate::objects::{self, list, segment};
use crate::wire::{Call, Fault, Reply};
use serde_json::{Map, Value, json};
use syncline_core::event::{Event, EventId, column_text};
use syncline_core::time::Timestamp;

/// What was pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payloads {
    /// One for every record and table that changed.
    pub events: Vec<Event>,
    /// What to ask for next time. To be kept in the transaction that stores the events.
    pub cursor: u64,
    /// Whether to ask at once.
    pub more: bool,
    /// What was said instead of changes (`INVALID_HOOK`) or could not be understood: then changes are missing, and the base
    /// has to be loaded again.
    pub problems: Vec<String>,
}

/// Asks for the payloads from `cursor` on; the first is 1. Counts against the base.
#[must_use]
pub fn payloads(at: &At<'_>, base: &str, webhook: &str, cursor: u64) -> Call {
    let url = format!("{}/v0/bases/{}/webhooks/{}/payloads", at.hosts.api, segment(base), segment(webhook));
    let cursor = cursor.max(1).to_string();
    Call::get(oauth::url(&url, &[("cursor", &cursor), ("limit", "50")]))
        .authorized("Bearer", at.token)
        .within(base)
}

/// Reads the answer for this base.
///
/// # Errors
/// [`Fault`]; `Gone` when there is no such webhook any more.
pub fn read_payloads(at: &At<'_>, base: &str, reply: &Reply<'_>) -> Result<Payloads, Fault> {
    let body = objects::success(reply, errors::fault, at.token)?;
    let cursor = body["cursor"].as_u64().ok_or(Fault::Unreadable("payloads without a cursor"))?;
    let mut pulled = Payloads { cursor, more: body["mightHaveMore"] == true, ..Payloads::default() };
    for payload in list(&body, "payloads")? {
        match read(base, payload) {
            Ok(events) => pulled.events.extend(events),
            Err(problem) => pulled.problems.push(problem),
        }
    }
    Ok(pulled)
}

/// The events of one payload, or what is wrong with it.
fn read(base: &str, payload: &Value) -> Result<Vec<Event>, String> {
    if payload["error"] == true {
        return Err(column(payload, "code").unwrap_or_else(|| "an error without a code".to_owned()));
    }
    let occurred_at = moment(payload, "timestamp").ok_or("a payload without a timestamp")?;
    let number = payload["baseTransactionNumber"].as_u64().ok_or("a payload without a transaction number")?;
    let told = Told { base, payload, occurred_at, number };
    let mut events = Vec::new();
    for (table, changes) in map(&payload["changedTablesById"]) {
        told.table_changed(table, changes, &mut events);
    }
    for (table, made) in map(&payload["createdTablesById"]) {
        events.push(told.event("table.created", table, None));
        let rows = map(&made["recordsById"]);
        events.extend(rows.map(|(row, _)| told.event("record.created", table, Some(row))));
    }
    for table in ids(&payload["destroyedTableIds"]) {
        events.push(told.event("table.destroyed", table, None));
    }
    Ok(events)
}

/// What all events of a payload have in common.
struct Told<'a> {
    base: &'a str,
    payload: &'a Value,
    occurred_at: Timestamp,
    number: u64,
}

impl Told<'_> {
    fn table_changed(&self, table: &str, changes: &Value, events: &mut Vec<Event>) {
        let mut records = |kind: &str, rows: Vec<&str>| {
            events.extend(rows.into_iter().map(|row| self.event(kind, table, Some(row))));
        };
        records("record.created", keys(&changes["createdRecordsById"]));
        records("record.changed", keys(&changes["changedRecordsById"]));
        records("record.destroyed", ids(&changes["destroyedRecordIds"]));
        // A webhook may watch a view. A row that enters or leaves one was changed; it was neither made nor destroyed.
        let views: Vec<(&String, &Value)> = map(&changes["changedViewsById"]).collect();
        for (_, view) in &views {
            records("record.changed", keys(&view["createdRecordsById"]));
            records("record.changed", keys(&view["changedRecordsById"]));
            records("record.changed", ids(&view["destroyedRecordIds"]));
        }
        let definition = ["createdFieldsById", "changedFieldsById", "destroyedFieldIds", "changedMetadata"];
        if definition.iter().any(|part| !changes[*part].is_null()) {
            events.push(self.event("table.changed", table, None));
        }
    }

    /// One change. An action may be split over several payloads with one transaction number (Airtable facts 7), and two
    /// webhooks may tell of one change: number, table, record and kind together are the same for the same change only. **Never
    /// change what goes in here:** every event stored so far would come in again under another id.
    fn event(&self, kind: &str, table: &str, row: Option<&str>) -> Event {
        let number = self.number.to_string();
        let key = [ID, self.base, table, row.unwrap_or_default(), kind, &number];
        let key: Vec<&[u8]> = key.iter().map(|part| part.as_bytes()).collect();
        let mut raw = json!({
            "base": self.base, "table": table, "baseTransactionNumber": self.number,
            "timestamp": self.payload["timestamp"], "actionMetadata": self.payload["actionMetadata"],
        });
        if let Some(row) = row {
            raw["record"] = json!(row);
        }
        Event {
            id: EventId::of(self.occurred_at, &key),
            account: self.base.to_owned(),
            object_type: if row.is_some() { ROW } else { TABLE }.to_owned(),
            object_id: column_text(row.unwrap_or(table)),
            kind: kind.to_owned(),
            property: None,
            raw: raw.to_string().into(),
        }
    }
}

fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn keys(value: &Value) -> Vec<&str> {
    map(value).map(|(id, _)| id.as_str()).collect()
}

fn ids(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}
