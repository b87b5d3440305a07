//! The document, put together from its rooms.

use super::codes::status_of;
use super::operation::{Access, Answer, Operation, Parameter, Place};
use super::rooms::{self, Room};
use super::schema::{Schema, object, text, whole};
use super::{sample, told};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const ABOUT: &str = "Syncline's API. Errors are problem JSON (RFC 9457) with a stable `code`; lists come in pages, and go on with \
    `cursor` where `next_cursor` ended; moments are UTC. What a request leaves out keeps its usual value; what a route does not know is \
    refused. Answers may get further fields: programs pass over what they do not know.";

/// The document.
pub fn document() -> Value {
    let rooms = rooms::all();
    let tags: Vec<Value> =
        rooms.iter().map(|room| json!({ "name": room.tag, "description": room.says })).collect();
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Syncline",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A self-hosted integration hub for CRM data",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The hub that this document came from." }],
        "tags": tags,
        "paths": paths(&rooms),
        "webhooks": told::webhooks(),
        "components": components(&rooms),
    })
}

fn paths(rooms: &[Room]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let schemas = schemas(rooms);
    for room in rooms {
        for operation in &room.operations {
            let value = described(room.tag, operation, &schemas);
            paths.entry(operation.path).or_default().insert(operation.method.to_owned(), value);
        }
    }
    json!(paths)
}

/// All schemas, by name.
fn schemas(rooms: &[Room]) -> Map<String, Value> {
    let all = rooms.iter().flat_map(|room| room.schemas.clone()).chain([("Problem", problem())]);
    all.map(|(name, schema)| (name.to_owned(), schema.into())).collect()
}

fn problem() -> Schema {
    let says =
        "Why a request was refused, or could not be carried out (RFC 9457). `docs/errors.md` has every code.";
    object(says)
        .with("type", text("Always `about:blank`."))
        .with("title", text("The status in words."))
        .with("status", whole("The status.").within(400, 599))
        .with("code", text("Stable: what programs look at.").like("not_found"))
        .with("detail", text("For people: what is wrong and what to do. It may change."))
        .maybe(
            "mistakes",
            super::schema::list(super::schema::refer("Mistake"), "What is wrong with an agreement."),
        )
        .maybe(
            "problems",
            super::schema::list(
                super::schema::refer("DefinitionProblem"),
                "What is wrong with a counter's definition.",
            ),
        )
        .maybe("value", whole("What the counter is that was not changed."))
}

fn components(rooms: &[Room]) -> Value {
    let bearer = |says: &str| json!({ "type": "http", "scheme": "bearer", "description": says });
    json!({
        "schemas": schemas(rooms),
        "responses": {
            "NoKey": refusal(401, &["key_missing", "key_unknown"]),
            "Internal": refusal(500, &["internal"]),
            "NotNow": refusal(503, &NOT_NOW),
        },
        "securitySchemes": {
            "key": bearer("An API key, of one organization or of all: `syncline api-key create NAME`, or `POST /v1/api-keys`. \
                           With a key of one organization nothing else can be seen."),
            "operatorKey": bearer("An API key for all organizations."),
            "metricsToken": bearer("`telemetry.metrics_token`, where it is configured."),
        },
    })
}

/// Codes of every route below `/v1`.
const NOT_NOW: [&str; 3] = ["database_unavailable", "starting", "too_slow"];

fn described(tag: &str, operation: &Operation, schemas: &Map<String, Value>) -> Value {
    let mut value = json!({
        "operationId": operation.id,
        "tags": [tag],
        "summary": operation.summary,
        "security": security(operation.access),
        "responses": responses(operation, schemas),
    });
    if !operation.says.is_empty() {
        value["description"] = operation.says.into();
    }
    let parameters: Vec<Value> =
        in_path(operation.path).into_iter().chain(operation.parameters.iter().map(parameter)).collect();
    if !parameters.is_empty() {
        value["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.body {
        let content = body.kinds.iter().map(|kind| {
            let mut media = json!({ "schema": Value::from(body.schema.clone()) });
            if let Some(example) = &body.example {
                media["example"] = example.clone();
            }
            ((*kind).to_owned(), media)
        });
        value["requestBody"] =
            json!({ "required": body.required, "content": content.collect::<Map<_, _>>() });
    }
    value
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([]),
        Access::Key => json!([{ "key": [] }]),
        Access::Operator => json!([{ "operatorKey": [] }]),
        Access::Metrics => json!([{}, { "metricsToken": [] }]),
        Access::Page => json!([{}, { "key": [] }]),
    }
}

/// The parameters in a path, which are told by the word before them.
fn in_path(path: &str) -> Vec<Value> {
    let parts: Vec<&str> = path.split('/').collect();
    let named = parts.iter().enumerate().filter_map(|(at, part)| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        let says = rooms::in_path(parts.get(at.checked_sub(1)?)?, name);
        let schema = text("").some();
        Some(json!({
            "name": name, "in": "path", "required": true, "description": says, "schema": Value::from(schema)
        }))
    });
    named.collect()
}

fn parameter(parameter: &Parameter) -> Value {
    let place = match parameter.place {
        Place::Query => "query",
        Place::Header => "header",
    };
    let mut schema = Value::from(parameter.schema.clone());
    let says = schema.as_object_mut().and_then(|members| members.remove("description"));
    let mut value = json!({ "name": parameter.name, "in": place, "schema": schema });
    if let Some(says) = says {
        value["description"] = says;
    }
    if parameter.required {
        value["required"] = true.into();
    }
    value
}

fn responses(operation: &Operation, schemas: &Map<String, Value>) -> Value {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for answer in &operation.answers {
        all.insert(answer.status.to_string(), accepted(answer, schemas));
    }
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes(operation) {
        if let Some(status) = status_of(code) {
            by_status.entry(status).or_default().push(code);
        }
    }
    for (status, mut codes) in by_status {
        codes.sort_unstable();
        codes.dedup();
        let value = match (status, codes.as_slice()) {
            (401, ["key_missing", "key_unknown"]) => json!({ "$ref": "#/components/responses/NoKey" }),
            (500, ["internal"]) => json!({ "$ref": "#/components/responses/Internal" }),
            (503, codes) if codes == NOT_NOW => json!({ "$ref": "#/components/responses/NotNow" }),
            (status, codes) => refusal(status, codes),
        };
        // A status that is an answer of another kind already (a page of forms) stays that.
        all.entry(status.to_string()).or_insert(value);
    }
    json!(all)
}

/// All codes an operation may be refused with.
fn codes(operation: &Operation) -> Vec<&'static str> {
    let mut codes = operation.codes.clone();
    match operation.access {
        Access::Key => codes.extend(["key_missing", "key_unknown"]),
        Access::Operator => codes.extend(["key_missing", "key_unknown", "key_of_one_organization"]),
        Access::Metrics => codes.push("token_wrong"),
        Access::Open | Access::Page => {}
    }
    if matches!(operation.access, Access::Key | Access::Operator) {
        codes.push("internal");
        codes.extend(NOT_NOW);
        if operation.path.contains('{') {
            codes.extend(["bad_request", "not_found"]);
        }
        if operation.parameters.iter().any(|parameter| parameter.place == Place::Query) {
            codes.push("bad_query");
        }
    }
    codes
}

fn accepted(answer: &Answer, schemas: &Map<String, Value>) -> Value {
    let mut value = json!({ "description": answer.says });
    let content = answer.content.iter().map(|(kind, schema)| {
        let schema = Value::from(schema.clone());
        let mut media = json!({ "schema": schema });
        if *kind == "application/json" {
            media["example"] = sample::of(&schema, schemas);
        }
        ((*kind).to_owned(), media)
    });
    let content: Map<String, Value> = content.collect();
    if !content.is_empty() {
        value["content"] = content.into();
    }
    let header = |(name, says): &(&str, &str)| {
        ((*name).to_owned(), json!({ "description": says, "schema": { "type": "string" } }))
    };
    if !answer.headers.is_empty() {
        value["headers"] = answer.headers.iter().map(header).collect::<Map<_, _>>().into();
    }
    value
}

/// A refusal with one of these codes.
fn refusal(status: u16, codes: &[&str]) -> Value {
    let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut value = json!({
        "description": format!("Refused: {}.", listed.join(", ")),
        "content": { "application/problem+json": { "schema": {
            "allOf": [{ "$ref": "#/components/schemas/Problem" }],
            "properties": { "code": { "enum": codes } },
        } } },
    });
    let text = json!({ "type": "string" });
    match status {
        401 => {
            value["headers"] = json!({ "WWW-Authenticate": { "description": "`Bearer`.", "schema": text } })
        }
        429 | 503 => {
            let says = "After how many seconds the same request may succeed.";
            value["headers"] = json!({ "Retry-After": { "description": says, "schema": text } });
        }
        _ => {}
    }
    value
}
