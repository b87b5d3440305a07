//! What bodies say: JSON that must be an object, ids that are texts or numbers, values that are texts or nothing (HubSpot
//! facts 3.1, 3.3).

use super::super::associations::Kind;
use super::super::error::ApiError;
use super::links::Link;
use serde_json::{Map, Value};

/// One record of a body.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Input {
    /// Which record, where the body says so.
    pub(super) id: String,
    /// By which property the id is meant.
    pub(super) id_property: Option<String>,
    /// Values to write.
    pub(super) properties: Map<String, Value>,
    /// Associations to make.
    pub(super) links: Vec<Link>,
    /// The caller's own name for this write.
    pub(super) trace: Option<String>,
}

/// What an input must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// An id.
    Id,
    /// Properties.
    Properties,
    /// Both.
    Both,
}

/// The body, which is an object.
///
/// # Errors
/// 400 when it is no JSON, or another kind of it.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(wrong_kind("Object", &other)),
        Err(error) => {
            // serde_json ends its words with the place, which HubSpot says first.
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            Err(unreadable(error.line(), error.column(), words))
        }
    }
}

fn unreadable(line: usize, column: usize, why: &str) -> ApiError {
    ApiError::validation(format!("Invalid input JSON on line {line}, column {column}: {why}"))
}

fn wrong_kind(wanted: &str, given: &Value) -> ApiError {
    let kind = match given {
        Value::Null => "null",
        Value::Bool(_) => "Boolean value",
        Value::Number(_) => "Number value",
        Value::String(_) => "String value",
        Value::Array(_) => "Array value",
        Value::Object(_) => "Object value",
    };
    unreadable(1, 1, &format!("Cannot deserialize value of type `{wanted}` from {kind}"))
}

fn not_set(name: &str) -> ApiError {
    unreadable(1, 1, &format!("Some required fields were not set: [{name}]"))
}

/// A record to make or to change.
///
/// # Errors
/// 400 when something is missing or of the wrong kind.
pub(super) fn input(body: &Map<String, Value>, needs: Needs) -> Result<Input, ApiError> {
    let id = text(body, "id")?;
    let properties = match body.get("properties") {
        None | Some(Value::Null) => None,
        Some(Value::Object(properties)) => Some(properties.clone()),
        Some(other) => return Err(wrong_kind("Object", other)),
    };
    if needs != Needs::Properties && id.is_none() {
        return Err(not_set("id"));
    }
    if needs != Needs::Id && properties.is_none() {
        return Err(not_set("properties"));
    }
    let properties = properties.unwrap_or_default();
    if let Some(nested) = properties.values().find(|value| value.is_object() || value.is_array()) {
        return Err(wrong_kind("String", nested));
    }
    Ok(Input {
        id: id.unwrap_or_default(),
        id_property: text(body, "idProperty")?,
        properties,
        links: links(body)?,
        trace: text(body, "objectWriteTraceId")?,
    })
}

/// The records of a batch.
///
/// # Errors
/// 400 when one of them is not as it must be, or they are too many.
pub(super) fn inputs(body: &Map<String, Value>, needs: Needs, most: usize) -> Result<Vec<Input>, ApiError> {
    let inputs = match body.get("inputs") {
        None | Some(Value::Null) => return Err(not_set("inputs")),
        Some(Value::Array(inputs)) => inputs,
        Some(other) => return Err(wrong_kind("List", other)),
    };
    if inputs.len() > most {
        let given = inputs.len();
        let message =
            format!("The maximum number of inputs supported in a batch request is {most}, was {given}");
        return Err(ApiError::validation(message));
    }
    let read = |value: &Value| match value {
        Value::Object(object) => input(object, needs),
        other => Err(wrong_kind("Object", other)),
    };
    inputs.iter().map(read).collect()
}

/// A text, or a number as one; none when it is absent or null.
///
/// # Errors
/// 400 when it is something else.
pub(super) fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong_kind("String", other)),
    }
}

/// A text that must be there.
///
/// # Errors
/// 400 when it is not.
pub(super) fn required_text(body: &Map<String, Value>, name: &str) -> Result<String, ApiError> {
    text(body, name)?.ok_or_else(|| not_set(name))
}

/// A list of texts; none when it is absent or null.
///
/// # Errors
/// 400 when it is something else.
pub(super) fn texts(body: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, ApiError> {
    let list = match body.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_kind("List", other)),
    };
    let read = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong_kind("String", value));
    list.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn links(body: &Map<String, Value>) -> Result<Vec<Link>, ApiError> {
    match body.get("associations") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(link).collect(),
        Some(other) => Err(wrong_kind("List", other)),
    }
}

fn link(value: &Value) -> Result<Link, ApiError> {
    let Value::Object(link) = value else { return Err(wrong_kind("Object", value)) };
    let to = match link.get("to") {
        Some(Value::Object(to)) => required_text(to, "id")?,
        None | Some(Value::Null) => return Err(not_set("to")),
        Some(other) => return Err(wrong_kind("Object", other)),
    };
    let kinds = match link.get("types") {
        Some(Value::Array(kinds)) => kinds.iter().map(kind).collect::<Result<_, _>>()?,
        None | Some(Value::Null) => return Err(not_set("types")),
        Some(other) => return Err(wrong_kind("List", other)),
    };
    Ok(Link { to, kinds })
}

fn kind(value: &Value) -> Result<Kind, ApiError> {
    let Value::Object(kind) = value else { return Err(wrong_kind("Object", value)) };
    let category = required_text(kind, "associationCategory")?;
    let type_id = required_text(kind, "associationTypeId")?;
    let type_id = type_id.parse().map_err(|_| wrong_kind("int", &Value::String(type_id)))?;
    Ok(Kind { category, type_id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;
    use serde_json::json;

    fn message(result: Result<impl Sized, ApiError>) -> String {
        result.err().map(|error| error.message).unwrap_or_default()
    }

    fn map(value: Value) -> Map<String, Value> {
        Map::deserialize(value).expect("an object")
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert!(message(object(b"{\n  nope")).starts_with("Invalid input JSON on line 2, column "));
        assert!(
            message(object(b"[]")).contains("Cannot deserialize value of type `Object` from Array value")
        );
        assert!(message(object(b"")).starts_with("Invalid input JSON on line 1, column 0"));
    }

    #[test]
    fn ids_may_be_numbers_and_values_may_not_be_nested() {
        let read = input(&map(json!({"id": 7, "properties": {"a": 1, "b": null}})), Needs::Both);
        assert_eq!(read.expect("an input").id, "7");
        let nested = input(&map(json!({"properties": {"a": {"b": 1}}})), Needs::Properties);
        assert!(message(nested).contains("`String` from Object value"));
    }

    #[test]
    fn what_must_be_there_is_named() {
        let missing = |value, needs| message(input(&map(value), needs));
        assert!(missing(json!({"properties": {}}), Needs::Both).ends_with("not set: [id]"));
        assert!(missing(json!({"id": "1"}), Needs::Both).ends_with("not set: [properties]"));
        assert!(message(inputs(&map(json!({})), Needs::Id, 100)).ends_with("not set: [inputs]"));
    }

    #[test]
    fn a_batch_has_its_largest_size() {
        let body = map(json!({ "inputs": [{"id": "1"}, {"id": "2"}] }));
        assert_eq!(inputs(&body, Needs::Id, 2).map(|inputs| inputs.len()), Ok(2));
        assert!(inputs(&body, Needs::Id, 1).is_err());
    }

    #[test]
    fn associations_carry_their_kinds() {
        let body = json!({"properties": {}, "associations": [{"to": {"id": 5},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]}]});
        let read = input(&map(body), Needs::Properties).expect("an input");
        assert_eq!((read.links[0].to.as_str(), read.links[0].kinds[0].type_id), ("5", 279));
        let without = map(json!({"properties": {}, "associations": [{"to": {"id": 5}}]}));
        assert!(message(input(&without, Needs::Properties)).ends_with("not set: [types]"));
    }
}
