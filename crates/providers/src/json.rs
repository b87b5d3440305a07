//! JSON arrays taken apart and put together again without touching their elements, and what webhooks in JSON have in common.

use crate::{Reading, Unreadable};
use bytes::{BufMut, Bytes, BytesMut};
use http::StatusCode;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use syncline_core::door::Refusal;
use syncline_core::event::{Event, column_text};
use syncline_core::signature::sha256;
use syncline_core::time::Timestamp;

/// The elements of the array that `body` is, each exactly as written; `None` when it is not a JSON array.
pub fn elements(body: &[u8]) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Divides the array that `body` is into one array per partition, in order of partition; within one the elements keep
/// their order. A body that is not an array stays whole.
pub fn split(body: &Bytes, partition_of: impl Fn(&str) -> u32) -> Vec<(u32, Bytes)> {
    let Some(elements) = elements(body) else {
        return vec![(partition_of(&String::from_utf8_lossy(body)), body.clone())];
    };
    let mut parts: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for element in elements {
        parts.entry(partition_of(element)).or_default().push(element);
    }
    if parts.len() == 1 {
        return parts.into_keys().map(|partition| (partition, body.clone())).collect();
    }
    parts.into_iter().map(|(partition, elements)| (partition, array(&elements))).collect()
}

/// A number below `partitions` for what is known by `account` and `id`: the same in every version and on every
/// machine, because a change would move objects between partitions and so upset their order.
pub fn partition(account: &[u8], id: &[u8], partitions: u32) -> u32 {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[&(account.len() as u64).to_be_bytes(), account, id]);
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % u64::from(partitions.max(1));
    u32::try_from(number).expect("a remainder of a u32 is a u32")
}

/// The array of these elements.
fn array(elements: &[&str]) -> Bytes {
    let size = elements.iter().map(|element| element.len() + 1).sum::<usize>() + 1;
    let mut array = BytesMut::with_capacity(size);
    array.put_u8(b'[');
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            array.put_u8(b',');
        }
        array.put_slice(element.as_bytes());
    }
    array.put_u8(b']');
    array.freeze()
}

/// The array whose one element is `body`: what goes to the log for a provider that sends one event alone.
pub fn alone(body: &[u8]) -> Bytes {
    [b"[", body, b"]"].concat().into()
}

/// The elements of an array from the log, each read by `event`; what [`crate::Provider::events`] promises.
pub fn events(
    body: &Bytes,
    event: impl Fn(&Value, Bytes) -> Result<Event, &'static str>,
) -> Result<Vec<Reading>, Unreadable> {
    let Some(elements) = elements(body) else {
        return Err(Unreadable { reason: "not a JSON array", raw: body.clone() });
    };
    let reading = |element: &str| {
        let raw = body.slice_ref(element.as_bytes());
        match read(element).and_then(|object| event(&object, raw.clone())) {
            Ok(event) => Reading::Event(event),
            Err(reason) => Reading::Unreadable(Unreadable { reason, raw }),
        }
    };
    Ok(elements.into_iter().map(reading).collect())
}

/// An array from the log divided by the account and object of its events; what [`crate::Provider::split`] promises. What is
/// no event goes by its bytes, so that at least a repetition takes the same way.
pub fn split_events(
    body: &Bytes,
    partitions: u32,
    event: impl Fn(&Value, Bytes) -> Result<Event, &'static str>,
) -> Vec<(u32, Bytes)> {
    split(body, |element| match read(element).and_then(|object| event(&object, Bytes::new())) {
        Ok(event) => partition(event.account.as_bytes(), event.object_id.as_bytes(), partitions),
        Err(_) => partition(b"", element.as_bytes(), partitions),
    })
}

fn read(element: &str) -> Result<Value, &'static str> {
    match serde_json::from_str(element) {
        Ok(object @ Value::Object(_)) => Ok(object),
        _ => Err("not a JSON object"),
    }
}

/// The column under `key`, unless it is empty.
pub fn column(object: &Value, key: &str) -> Option<String> {
    object[key].as_str().filter(|text| !text.is_empty()).map(column_text)
}

/// The time under `key`, if an event may carry it.
pub fn moment(object: &Value, key: &str) -> Option<Timestamp> {
    let time = match &object[key] {
        Value::String(text) => Timestamp::parse(text).ok()?,
        Value::Number(millis) => Timestamp::from_millis(millis.as_i64()?),
        _ => return None,
    };
    (0..=Timestamp::MAX_MILLIS).contains(&time.as_millis()).then_some(time)
}

/// The object that a body is, or why it is none.
pub fn object(body: &[u8]) -> Result<Value, Refusal> {
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(NOT_OBJECT),
        Err(_) => Err(NOT_JSON),
    }
}

/// The same, for one whose parts stand for themselves: each member as written, so that one that cannot be read spoils no other.
pub fn members(body: &[u8]) -> Result<BTreeMap<String, &RawValue>, Refusal> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|_| NOT_JSON)?;
    serde_json::from_str(whole.get()).map_err(|_| NOT_OBJECT)
}

const NOT_OBJECT: Refusal = refusal("body_not_object", "the body is JSON, but not an object");
const NOT_JSON: Refusal = refusal("body_not_json", "the body is not JSON in UTF-8");

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, code, detail }
}
