//! Which records an event makes us read again (HubSpot facts 6.2 and 6.3).

use super::kind::Kind;
use super::record::text_or_number;
use crate::load::Change;
use serde_json::Value;

/// What [`crate::load::Load::change`] promises.
pub fn changes(kind: &str, object_type: &str, object_id: &str, raw: &[u8]) -> Vec<Change> {
    let what = kind.rsplit_once('.').map_or("", |(_, what)| what);
    match what {
        "creation" | "deletion" | "privacyDeletion" | "restore" | "propertyChange" => {
            records(object_type, &[object_id.to_owned()])
        }
        "merge" => merged(object_type, object_id, &fields(raw)),
        "associationChange" => associated(object_type, object_id, &fields(raw)),
        _ => Vec::new(),
    }
}

/// What [`crate::load::Load::is_known`] promises. Nothing is `null` in a record and may be `""` in an event.
pub fn is_known(kind: &str, raw: &[u8], body: &str) -> bool {
    match kind.rsplit_once('.').map_or("", |(_, what)| what) {
        "creation" => true,
        "propertyChange" => {
            let (event, body) = (fields(raw), fields(body.as_bytes()));
            let name = event["propertyName"].as_str().unwrap_or_default();
            let Some(held) = body["properties"].get(name) else { return false };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (held.is_string() || held.is_null()) && text(held) == text(&event["propertyValue"])
        }
        _ => false,
    }
}

fn fields(raw: &[u8]) -> Value {
    serde_json::from_slice(raw).unwrap_or_default()
}

/// The records of this type with these ids, each once.
fn records(object_type: &str, ids: &[String]) -> Vec<Change> {
    let Some(kind) = Kind::of_event(object_type) else { return Vec::new() };
    let mut changes: Vec<Change> = Vec::new();
    for id in ids.iter().filter(|id| !id.is_empty()) {
        if !changes.iter().any(|known| known.id == *id) {
            let object_type = kind.object_type.clone();
            changes.push(Change { object_type, collection: String::new(), id: id.clone() });
        }
    }
    changes
}

/// A merge makes a third record out of two (facts 3.6): the new one is read, and of the old ones that they are gone.
fn merged(object_type: &str, object_id: &str, fields: &Value) -> Vec<Change> {
    let old = fields["mergedObjectIds"].as_array().into_iter().flatten();
    let named = [&fields["newObjectId"], &fields["primaryObjectId"]].into_iter().chain(old);
    let ids: Vec<String> = named.filter_map(text_or_number).chain([object_id.to_owned()]).collect();
    records(object_type, &ids)
}

/// Both ends, where the event says of what types they are: `CONTACT_TO_COMPANY`, or their type ids.
fn associated(object_type: &str, object_id: &str, fields: &Value) -> Vec<Change> {
    let names = fields["associationType"].as_str().unwrap_or_default().to_lowercase();
    let (from, to) = names.split_once("_to_").unwrap_or_default();
    let type_of = |key: &str, name: &str| fields[key].as_str().map_or_else(|| name.to_owned(), str::to_owned);
    let end = |key: &str, object_type: String| match text_or_number(&fields[key]) {
        Some(id) => records(&object_type, &[id]),
        None => Vec::new(),
    };
    let mut changes = end("fromObjectId", type_of("fromObjectTypeId", from));
    if changes.is_empty() {
        changes = records(object_type, &[object_id.to_owned()]);
    }
    changes.extend(end("toObjectId", type_of("toObjectTypeId", to)));
    changes
}
