//! Airtable's door: a ping says that there are payloads to pull, and nothing else (Airtable facts 7).
//!
//! The signature's key is one per webhook, told once when the webhook is made, and lies in the database, which the door does
//! not ask. So the address proves itself instead ([`crate::address`]). A ping that somebody else sent would cause a pull that
//! finds nothing new.

use super::ID;
use crate::{DoorKeys, address, json};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use syncline_core::door::{Answer, Door, RawHook, Refusal};
use syncline_core::event::{Event, EventId};

/// Decides over a ping. Airtable wants 200 or 204 without a body.
pub fn door(hook: &RawHook<'_>, keys: &DoorKeys<'_>) -> Door {
    match check(hook, keys) {
        Ok(()) => Door::Accept {
            answer: Answer { status: StatusCode::OK, body: Bytes::new() },
            events: 1,
            log: Some(json::alone(hook.body)),
        },
        Err(refusal) => Door::Refuse(refusal),
    }
}

fn check(hook: &RawHook<'_>, keys: &DoorKeys<'_>) -> Result<(), Refusal> {
    keys.address.ok_or(address::CLOSED)?.check(ID, hook.url)?;
    json::object(hook.body).map(|_| ())
}

/// The event that a ping is, or what it lacks. The account is the base: which connection sees it, a ping does not say.
pub fn event(ping: &Value, raw: Bytes) -> Result<Event, &'static str> {
    let occurred_at = json::moment(ping, "timestamp").ok_or("timestamp is missing or not a time")?;
    let base = json::column(&ping["base"], "id").ok_or("base has no id")?;
    let webhook = json::column(&ping["webhook"], "id").ok_or("webhook has no id")?;
    let time = ping["timestamp"].to_string();
    // **Never change what goes in here:** every event stored so far would come in again under another id.
    let key = [ID.as_bytes(), base.as_bytes(), webhook.as_bytes(), time.as_bytes()];
    Ok(Event {
        id: EventId::of(occurred_at, &key),
        account: base.clone(),
        object_type: super::record::BASE.to_owned(),
        object_id: base,
        kind: "webhook.ping".to_owned(),
        property: None,
        raw,
    })
}
