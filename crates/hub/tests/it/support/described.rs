//! What a hub answers, compared with what its OpenAPI document says: every answer that a test reads goes through here.

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use syncline_hub::openapi;

/// A request and its answer.
pub struct Exchange<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub sent: Option<&'a [u8]>,
    pub status: u16,
    pub kind: &'a str,
    pub body: &'a [u8],
}

/// What tests send to see how that is refused has no place in the document.
fn is_api(path: &str) -> bool {
    path.starts_with("/v1/") || ["/healthz", "/readyz", "/metrics"].contains(&path)
}

/// Panics where the document does not say what was answered.
pub fn check(exchange: &Exchange<'_>) {
    let Some((template, item)) = find(exchange.path) else {
        assert!(
            !is_api(exchange.path) || matches!(exchange.status, 400 | 404 | 405),
            "{} answers {} and is not in the document",
            exchange.path,
            exchange.status
        );
        return;
    };
    let method = exchange.method.as_str().to_lowercase();
    let at = format!("{} {template}: {}", exchange.method, exchange.status);
    let Some(operation) = item.get(&method) else {
        let others = matches!(*exchange.method, Method::HEAD | Method::OPTIONS);
        assert!(others || exchange.status == 405, "{at}: there is no such method in the document");
        return;
    };
    let answer = &operation["responses"][exchange.status.to_string()];
    assert!(answer.is_object(), "{at} is not in the document: {}", String::from_utf8_lossy(exchange.body));
    let answer = answer["$ref"].as_str().map_or(answer, |name| resolved(name));
    body(&at, answer, exchange);
    if (200..300).contains(&exchange.status) {
        taken(&at, operation, exchange.sent);
        note(operation["operationId"].as_str().expect("a name"));
    }
}

/// Notes that a success of this operation was seen, for `./test`, which wants to see one of each.
fn note(operation: &str) {
    let Ok(path) = std::env::var("SYNCLINE_TEST_ANSWERED") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| writeln!(file, "{operation}"));
}

/// The answer's body is of a form that the document has, and as it says.
fn body(at: &str, answer: &Value, exchange: &Exchange<'_>) {
    let kind = exchange.kind.split(';').next().unwrap_or_default().trim();
    let Some(content) = answer["content"].as_object() else {
        assert!(exchange.body.is_empty(), "{at}: a body, and the document has none: {kind}");
        return;
    };
    // An answer to a provider may be empty, and has no media type then.
    if exchange.body.is_empty() && kind.is_empty() {
        return;
    }
    let media = content.get(kind).unwrap_or_else(|| panic!("{at}: {kind:?} is not in the document"));
    let read = |text: &[u8]| -> Value {
        serde_json::from_slice(text).unwrap_or_else(|error| panic!("{at} answers no JSON: {error}"))
    };
    match kind {
        "application/json" | "application/problem+json" => {
            fits(&format!("{at} answers"), &media["schema"], &read(exchange.body), true);
        }
        "application/x-ndjson" => {
            let record = json!({ "$ref": "#/components/schemas/Record" });
            for line in exchange.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                fits(&format!("{at} answers"), &record, &read(line), true);
            }
        }
        _ => {}
    }
}

/// What was taken is what the document says is taken.
fn taken(at: &str, operation: &Value, sent: Option<&[u8]>) {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let Some(body) = sent.filter(|sent| !sent.is_empty() && schema.is_object()) else { return };
    if let Ok(body) = serde_json::from_slice(body) {
        fits(&format!("{at} takes"), schema, &body, false);
    }
}

/// Panics where `body` is not as `schema` says. In answers, fields that no schema names are mistakes of the document.
pub fn fits(at: &str, schema: &Value, body: &Value, strictly: bool) {
    let validator = validator(schema, strictly);
    let wrong: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{at} what the document does not say:\n{}\n{body:#}", wrong.join("\n"));
}

/// The validator of a schema. It is made once: that takes longer than using it.
fn validator(schema: &Value, strictly: bool) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let key = format!("{strictly}{schema}");
    Arc::clone(made.entry(key).or_insert_with(|| Arc::new(build(schema, strictly))))
}

fn build(schema: &Value, strictly: bool) -> Validator {
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": { "schemas": openapi::document()["components"]["schemas"] },
    });
    if strictly {
        close(&mut root["allOf"]);
        close(&mut root["components"]);
    }
    jsonschema::options().should_validate_formats(true).build(&root).expect("a schema")
}

/// Says of every object whose fields are named that it has no others.
fn close(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let named =
                members.get("properties").is_some_and(Value::is_object) && members.get("type").is_some();
            if named && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}

/// What a reference within the document stands for.
fn resolved(reference: &str) -> &'static Value {
    let path = reference.strip_prefix('#').expect("within the document");
    openapi::document().pointer(path).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// The path of the document that an address is of; one without names in it comes before one with them.
pub fn find(path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = openapi::document()["paths"].as_object().expect("paths");
    let fit = |template: &str| {
        let (named, given): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        named.len() == given.len()
            && named
                .iter()
                .zip(&given)
                .all(|(named, given)| named == given || (named.starts_with('{') && !given.is_empty()))
    };
    let found = paths.iter().filter(|(template, _)| fit(template));
    found.min_by_key(|(template, _)| template.matches('{').count()).map(|(name, item)| (name.as_str(), item))
}
