//! An example out of a schema: its own where it has one, else the simplest that fits.

use serde_json::{Map, Value, json};

/// Deeper than this nothing is looked up: no schema of ours goes so deep, unless it contains itself.
const DEEPEST: u8 = 12;

/// An example of what fits `schema`; references are looked up in `schemas`.
pub fn of(schema: &Value, schemas: &Map<String, Value>) -> Value {
    deep(schema, schemas, 0)
}

fn deep(schema: &Value, schemas: &Map<String, Value>, depth: u8) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(example) = schema["examples"].get(0).or_else(|| schema.get("const")) {
        return example.clone();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas.get(name).map_or(Value::Null, |found| deep(found, schemas, depth + 1));
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return deep(first, schemas, depth + 1);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "object" => fields(schema, schemas, depth),
        "array" => json!([deep(&schema["items"], schemas, depth + 1)]),
        "string" => json!("…"),
        "integer" | "number" => json!(schema["minimum"].as_i64().filter(|least| *least > 0).unwrap_or(0)),
        "boolean" => json!(false),
        _ => json!({}),
    }
}

fn fields(schema: &Value, schemas: &Map<String, Value>, depth: u8) -> Value {
    let Some(properties) = schema["properties"].as_object() else {
        let inner = &schema["additionalProperties"];
        let named = inner.is_object().then(|| ("name".to_owned(), deep(inner, schemas, depth + 1)));
        return Value::Object(named.into_iter().collect());
    };
    let required =
        |name: &String| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let fields = properties.iter().filter(|(name, _)| required(name));
    Value::Object(fields.map(|(name, field)| (name.clone(), deep(field, schemas, depth + 1))).collect())
}
