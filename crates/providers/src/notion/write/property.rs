//! The values of properties, as Notion has them and as they are (Notion facts 7 and 10).

use crate::write::{moment, project};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Number, Value as Json, json};
use std::collections::BTreeSet;
use syncline_core::sync::{Fields, Value};

/// How many characters one piece of a text may have, and how many pieces there may be (facts 10).
pub const PIECE: usize = 2_000;
pub const MOST_PIECES: usize = 100;

/// Between start and end of a date that is a span, as ISO 8601 has it.
const SPAN: char = '/';

/// As [`crate::notion::record`] writes it.
#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    properties: Option<&'b RawValue>,
}

/// The named properties of a page, in the mirror or on the wire.
pub fn fields(body: &str, names: &BTreeSet<String>) -> Fields {
    told(body, names).into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The same, with those that are there and hold nothing.
pub fn told(body: &str, names: &BTreeSet<String>) -> Fields {
    let Ok(Body { properties: Some(properties) }) = serde_json::from_str(body) else { return Fields::new() };
    let properties = project::members(properties.get(), names).into_iter();
    let value = |raw| serde_json::from_str(raw).map_or(Value::Empty, |property| read(&property));
    properties.map(|(name, raw)| (name.to_owned(), value(raw))).collect()
}

/// What a property holds.
pub fn read(property: &Json) -> Value {
    let of = property["type"].as_str().unwrap_or_default();
    let value = &property[of];
    let each = |what: fn(&Json) -> Option<&str>| Value::list(list(value).iter().filter_map(what));
    match of {
        "title" | "rich_text" => Value::text(list(value).iter().filter_map(piece).collect::<String>()),
        "select" | "status" => text(&value["name"]),
        "multi_select" | "files" => each(|one| one["name"].as_str()),
        "people" | "relation" => each(|one| one["id"].as_str()),
        "date" => date(value),
        "created_by" | "last_edited_by" => text(&value["id"]),
        "created_time" | "last_edited_time" => Value::text(value.as_str().map(moment).unwrap_or_default()),
        "unique_id" => unique(value),
        // What is computed says itself which type it has.
        "formula" | "rollup" => match value["type"].as_str() {
            Some("array") => {
                Value::list(list(&value["array"]).iter().flat_map(|one| read(one).texts().to_vec()))
            }
            Some("date") => date(&value["date"]),
            Some(of) => text(&value[of]),
            None => Value::Empty,
        },
        _ => text(value),
    }
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn piece(piece: &Json) -> Option<&str> {
    piece["plain_text"].as_str().or_else(|| piece["text"]["content"].as_str())
}

/// Texts, numbers and truth; of anything else nothing is known to say.
fn text(value: &Json) -> Value {
    match value {
        Json::String(text) => Value::text(text.as_str()),
        Json::Number(number) => Value::text(number.to_string()),
        Json::Bool(flag) => Value::text(flag.to_string()),
        _ => Value::Empty,
    }
}

/// A day, a moment, or a span of either.
fn date(value: &Json) -> Value {
    let moment = |key: &str| value[key].as_str().map(moment);
    match (moment("start"), moment("end")) {
        (Some(start), Some(end)) => Value::text(format!("{start}{SPAN}{end}")),
        (Some(start), None) => Value::text(start),
        _ => Value::Empty,
    }
}

/// In UTC where it says which moment it is; days, and times without a zone, as they are.
fn moment(text: &str) -> String {
    moment::moment(text).filter(|_| text.contains('T')).unwrap_or_else(|| text.to_owned())
}

fn unique(value: &Json) -> Value {
    match (value["prefix"].as_str().filter(|prefix| !prefix.is_empty()), &value["number"]) {
        (Some(prefix), Json::Number(number)) => Value::text(format!("{prefix}-{number}")),
        (None, Json::Number(number)) => Value::text(number.to_string()),
        _ => Value::Empty,
    }
}

/// A property to be written. What cannot be written as its type is sent as the text it is, and refused by Notion: it knows best.
pub fn written(of: &str, value: &Value) -> Json {
    let text = value.texts().join(", ");
    let texts = value.texts();
    let held = match of {
        "title" | "rich_text" => pieces(&text),
        "multi_select" => texts.iter().map(|name| json!({ "name": name })).collect(),
        "people" | "relation" => texts.iter().map(|id| json!({ "id": id })).collect(),
        "checkbox" => match text.as_str() {
            "" => json!(false),
            text => text.parse().map_or_else(|_| json!(text), Json::Bool),
        },
        _ if value.is_empty() => Json::Null,
        "number" => number(&text).map_or_else(|| json!(text), Json::Number),
        "select" | "status" => json!({ "name": text }),
        "date" => match text.split_once(SPAN) {
            Some((start, end)) => json!({ "start": start, "end": end }),
            None => json!({ "start": text }),
        },
        _ => json!(text),
    };
    json!({ of: held })
}

/// A number as it is written.
pub fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse::<i64>().ok().map(Number::from).or_else(|| Number::from_f64(text.parse().ok()?))
}

/// A text in pieces that are short enough, however their characters are counted.
fn pieces(text: &str) -> Json {
    let (mut pieces, mut piece, mut length) = (Vec::new(), String::new(), 0);
    for char in text.chars() {
        if length + char.len_utf16() > PIECE {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
        piece.push(char);
        length += char.len_utf16();
    }
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces.into_iter().map(|piece| json!({ "type": "text", "text": { "content": piece } })).collect()
}
