//! The properties of a record's content as rows and columns. It goes by the shapes that providers use, not by providers.

use serde_json::{Map, Value};

/// The properties in a record's content: what stands under `properties` or `fields`, else all of it.
#[must_use]
pub fn properties(body: &str) -> Map<String, Value> {
    let Ok(Value::Object(mut body)) = serde_json::from_str(body) else { return Map::new() };
    for holder in ["properties", "fields"] {
        if let Some(Value::Object(_)) = body.get(holder)
            && let Some(Value::Object(inner)) = body.remove(holder)
        {
            return inner;
        }
    }
    body
}

/// A value as people read it: texts and numbers as they are, rich text without its richness, options by their names, lists with
/// commas between. What fits none of these is JSON.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(parts) => list(parts),
        Value::Object(fields) => object(fields).unwrap_or_else(|| value.to_string()),
    }
}

fn list(parts: &[Value]) -> String {
    let rich: Option<Vec<&str>> = parts.iter().map(|part| part.get("plain_text")?.as_str()).collect();
    match rich {
        Some(pieces) => pieces.concat(),
        None => parts.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

/// A typed value (`{"type": "number", "number": 5}`), a named one, or a span of time.
fn object(fields: &Map<String, Value>) -> Option<String> {
    if let Some(inner) = fields.get("type").and_then(Value::as_str).and_then(|name| fields.get(name)) {
        return Some(plain(inner));
    }
    if let Some(name) = fields.get("name").and_then(Value::as_str) {
        return Some(name.to_owned());
    }
    let start = fields.get("start")?.as_str()?;
    Some(match fields.get("end").and_then(Value::as_str) {
        Some(end) => format!("{start}/{end}"),
        None => start.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn properties_are_found_where_each_provider_keeps_them() {
        let names = |body: Value| properties(&body.to_string()).keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(json!({"id": 1, "properties": {"email": "a@b"}})), ["email"]);
        assert_eq!(names(json!({"id": 1, "fields": {"Name": "A"}})), ["Name"]);
        assert_eq!(names(json!({"name": "A", "properties": null})), ["name", "properties"]);
        assert!(names(json!([1])).is_empty());
        assert!(properties("no JSON").is_empty());
    }

    #[test]
    fn values_read_as_people_read_them() {
        let cases = [
            (json!("text"), "text"),
            (json!(null), ""),
            (json!(-1.50), "-1.5"),
            (json!(true), "true"),
            (json!(["a", 2]), "a, 2"),
            (json!({"type": "title", "title": [{"plain_text": "Zoë "}, {"plain_text": "M"}]}), "Zoë M"),
            (json!({"type": "select", "select": {"id": "x", "name": "Won"}}), "Won"),
            (json!({"type": "select", "select": null}), ""),
            (json!({"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]}), "a, b"),
            (json!({"type": "date", "date": {"start": "2026-01-01", "end": null}}), "2026-01-01"),
            (
                json!({"type": "date", "date": {"start": "2026-01-01", "end": "2026-01-02"}}),
                "2026-01-01/2026-01-02",
            ),
            (json!({"a": 1}), "{\"a\":1}"),
            (json!([]), ""),
        ];
        for (value, expected) in cases {
            assert_eq!(plain(&value), expected, "{value}");
        }
    }
}
