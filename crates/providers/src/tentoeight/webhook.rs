//! 10to8's door: a list of customers that changed, unsigned and without anything else (10to8 facts 6).
//!
//! Neither account nor time stand in the body. The account stands in the address, which proves itself ([`crate::address`]),
//! and the time is that of receipt. Both are lost behind the door, so what goes to the log is not the body but one object for
//! every customer, which has them.

use super::ID;
use super::load::CUSTOMER;
use crate::{DoorKeys, address, json};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use syncline_core::door::{Answer, Door, RawHook, Refusal};
use syncline_core::event::{Event, EventId};
use syncline_core::time::Timestamp;

/// The most customers in one notification. How many 10to8 sends is not known; one request must not fill the workers' memory.
const MAX_ITEMS: usize = 1000;

/// Decides over a notification. One without customers is 10to8's test, perhaps, and one of another scope is nothing that was
/// asked for: both are answered like the others.
pub fn door(hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Door {
    let answer = Answer { status: StatusCode::OK, body: Bytes::from_static(b"OK") };
    match read(hook, keys, now) {
        Ok(events) => {
            let log = Some(Value::from(events.clone()).to_string().into());
            Door::Accept { answer, events: events.len(), log }
        }
        Err(refusal) => Door::Refuse(refusal),
    }
}

fn read(hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Result<Vec<Value>, Refusal> {
    let account = keys.address.ok_or(address::CLOSED)?.check(ID, hook.url)?;
    let account = account.filter(|account| !account.is_empty()).ok_or(NO_ACCOUNT)?;
    let body = json::members(hook.body)?;
    let member = |name: &str| body.get(name).map_or("null", |raw| raw.get());
    let is_ours = serde_json::from_str::<Value>(member("scope")).is_ok_and(|scope| scope == CUSTOMER);
    let items = json::elements(member("items").as_bytes()).filter(|_| is_ours).unwrap_or_default();
    if items.len() > MAX_ITEMS {
        return Err(TOO_MANY);
    }
    let event = |item: &&str| json!({ "account": account, "item": read_item(item), "received_at": now.as_millis(), "scope": CUSTOMER });
    Ok(items.iter().map(event).collect())
}

/// One of the items. What nobody can read is no URI, and is parked behind the door as it was written.
fn read_item(item: &str) -> Value {
    serde_json::from_str(item).unwrap_or_else(|_| json!({ "unreadable": item }))
}

/// The event that a customer in a notification is, or what it lacks. Two notifications of one customer are two events, also
/// if the second repeats the first: nothing tells them apart, and to read a customer twice does no harm.
pub fn event(object: &Value, raw: Bytes) -> Result<Event, &'static str> {
    let received_at = json::moment(object, "received_at").ok_or("received_at is missing or not a time")?;
    let account = json::column(object, "account").ok_or("account is missing or not a text")?;
    let item = json::column(object, "item").ok_or("the item is not a URI")?;
    Ok(Event {
        // **Never change what goes in here:** every event stored so far would come in again under another id.
        id: EventId::of(received_at, &[ID.as_bytes(), account.as_bytes(), item.as_bytes()]),
        account,
        object_type: CUSTOMER.to_owned(),
        object_id: item,
        kind: "customer.changed".to_owned(),
        property: None,
        raw,
    })
}

const NO_ACCOUNT: Refusal = Refusal {
    status: StatusCode::UNAUTHORIZED,
    code: "url_token_missing",
    detail: "the address does not say whose account its webhooks are about",
};
const TOO_MANY: Refusal = Refusal {
    status: StatusCode::BAD_REQUEST,
    code: "too_many_events",
    detail: "the list has more than 1000 elements",
};
