//! HubSpot's door: the signature first, then whether the body is a list of events.

use super::fields::EachField;
use super::signature;
use crate::DoorKeys;
use bytes::Bytes;
use http::StatusCode;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::error::Category;
use std::fmt;
use syncline_core::door::{Answer, Door, RawHook, Refusal};
use syncline_core::time::Timestamp;

/// The most events a delivery may hold. HubSpot sends up to 100; ten times that leaves room for HubSpot to change its
/// mind, while one request still cannot fill the workers' memory with a million empty objects.
const MAX_EVENTS: usize = 1000;

/// Decides over a webhook. An empty list is accepted (there is nothing in it to lose, and a refusal would be retried
/// for a day), with 0 events.
pub fn door(hook: &RawHook<'_>, keys: &DoorKeys<'_>, now: Timestamp) -> Door {
    // Nothing is parsed for somebody who does not know the secret.
    let checked = signature::verify(hook, keys, now).and_then(|()| check(hook.body));
    match checked {
        // HubSpot takes any 2xx within 5 seconds and reads no body.
        Ok(events) => {
            Door::Accept { answer: Answer { status: StatusCode::OK, body: Bytes::new() }, events, log: None }
        }
        Err(refusal) => Door::Refuse(refusal),
    }
}

/// Counts the events of a body in one pass over it, or says why it cannot be taken in.
///
/// Refused is what no reader could make sense of later: HubSpot would retry the delivery and in the end drop all of it.
/// A field of the wrong type, or a number that it cannot hold, is therefore let through, and its event read as unreadable
/// later, apart from the others. That the bytes are UTF-8 is checked for a second reason: a version 1 signature
/// can be extended by whoever knows one, but only by appending a byte that cannot stand there in UTF-8.
fn check(body: &[u8]) -> Result<usize, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| NOT_JSON)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut found = Found { events: 0, refusal: None };
    let checked = if text.trim_ascii_start().starts_with('[') {
        deserializer.deserialize_seq(&mut found).and_then(|()| deserializer.end())
    } else {
        found.refusal = Some(NOT_ARRAY);
        <IgnoredAny as serde::Deserialize>::deserialize(&mut deserializer).and_then(|_| deserializer.end())
    };
    match (checked, found.refusal) {
        // An error of grammar comes first: half a document deserves no finer words.
        (Err(error), _) if error.classify() != Category::Data => Err(NOT_JSON),
        (_, Some(refusal)) => Err(refusal),
        (Err(_), None) => Err(NOT_OBJECTS),
        (Ok(()), None) => Ok(found.events),
    }
}

/// What has been found on the way through a body.
struct Found {
    events: usize,
    refusal: Option<Refusal>,
}

impl<'de> Visitor<'de> for &mut Found {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(EventCheck)?.is_some() {
            self.events += 1;
            if self.events > MAX_EVENTS {
                self.refusal = Some(TOO_MANY);
                return Err(serde::de::Error::custom(TOO_MANY.code));
            }
        }
        Ok(())
    }
}

/// Checks one element.
struct EventCheck;

impl<'de> DeserializeSeed<'de> for EventCheck {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        EachField { wanted: |_| false, each: |_, _| () }.deserialize(deserializer)
    }
}

const NOT_JSON: Refusal = refusal("body_not_json", "the body is not JSON in UTF-8");
const NOT_ARRAY: Refusal = refusal("body_not_array", "the body is JSON, but not an array of events");
const NOT_OBJECTS: Refusal = refusal("body_not_objects", "an element of the array is not an object");
const TOO_MANY: Refusal = refusal("too_many_events", "the array has more than 1000 elements");

const fn refusal(code: &'static str, detail: &'static str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, code, detail }
}
