//! What the loaders of several providers have in common: objects in JSON, paths, places to go on from.

use crate::load::Wish;
use crate::wire::{Fault, Reply};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Write as _;
use syncline_core::event::column_text;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// The object in a success; what any other answer means, without the token, is up to `fault`.
pub fn success(reply: &Reply<'_>, fault: fn(&Reply<'_>) -> Fault, token: &Secret) -> Result<Value, Fault> {
    if reply.status != StatusCode::OK {
        return Err(fault(reply).without(token));
    }
    match reply.json() {
        Some(body @ Value::Object(_)) => Ok(body),
        _ => Err(Fault::Unreadable("a success without a JSON object in it")),
    }
}

/// The list under `key`, which must be there.
pub fn list<'a>(body: &'a Value, key: &str) -> Result<&'a [Value], Fault> {
    match &body[key] {
        Value::Array(list) => Ok(list),
        _ => Err(Fault::Unreadable("a list without the list")),
    }
}

/// The text under `key`, unless it is empty.
pub fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object[key].as_str().filter(|text| !text.is_empty())
}

/// The time under `key`.
pub fn time(object: &Value, key: &str) -> Option<Timestamp> {
    Timestamp::parse(text(object, key)?).ok()
}

/// A name as rows and pages show it: one line, not too long.
pub fn name(text: &str) -> String {
    column_text(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether records of this type are wanted.
pub fn wants(wish: &Wish, object_type: &str) -> bool {
    wish.types.is_empty() || wish.types.iter().any(|wanted| wanted == object_type)
}

/// The place a walk saved, or the beginning.
pub fn place<T: DeserializeOwned + Default>(saved: Option<&Value>) -> Result<T, Fault> {
    match saved {
        Some(saved) => T::deserialize(saved)
            .map_err(|_| Fault::Unreadable("a saved place that this version does not understand")),
        None => Ok(T::default()),
    }
}

/// What [`crate::load::Walk::save`] gives for a place.
pub fn saved(place: &impl serde::Serialize) -> Value {
    serde_json::to_value(place).expect("a place is plain data with texts as keys")
}

/// `text` as one segment of a path, whatever is in it: what came from outside never reaches another path.
pub fn segment(text: &str) -> String {
    if matches!(text, "" | "." | "..") {
        return "_".to_owned();
    }
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            write!(segment, "%{byte:02X}").expect("a String takes everything");
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_id_leaves_its_segment() {
        assert_eq!(segment("rec-1_a~.b"), "rec-1_a~.b");
        assert_eq!(segment("../a?b#c %é"), "..%2Fa%3Fb%23c%20%25%C3%A9");
        for nothing in ["", ".", ".."] {
            assert_eq!(segment(nothing), "_");
        }
    }

    #[test]
    fn equal_objects_are_equal_text_in_whatever_order_they_came() {
        let (one, other): (Value, Value) = (
            serde_json::from_str(r#"{"a":{"y":1,"x":2},"b":3}"#).unwrap(),
            serde_json::from_str(r#"{"b":3,"a":{"x":2,"y":1}}"#).unwrap(),
        );
        assert_eq!(one.to_string(), other.to_string());
    }

    #[test]
    fn an_empty_wish_wants_everything() {
        let some = Wish { types: vec!["row".to_owned()], ..Wish::default() };
        assert!(wants(&Wish::default(), "base") && wants(&some, "row") && !wants(&some, "base"));
    }

    #[test]
    fn texts_and_times_are_none_unless_they_are_some() {
        let object = json!({ "a": "", "b": 1, "t": "2026-01-01T00:00:00.000Z", "u": "soon" });
        assert_eq!((text(&object, "a"), text(&object, "b"), text(&object, "c")), (None, None, None));
        assert_eq!(time(&object, "t").map(Timestamp::as_millis), Some(1_767_225_600_000));
        assert_eq!(time(&object, "u"), None);
        assert_eq!(name(" a\n b\0"), "a b\u{fffd}");
    }
}
