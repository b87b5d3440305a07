//! What the application is told, as the document's webhooks: one for each type of message.

use serde_json::{Map, Value, json};
use syncline_core::notify::kinds;

const HEADERS: [(&str, &str); 3] = [
    ("webhook-id", "The message's id, the same in every attempt: what receivers know a repeated one by."),
    ("webhook-timestamp", "When the attempt was made, in seconds since 1970."),
    (
        "webhook-signature",
        "`v1,` and the HMAC-SHA256 of id, timestamp and body, or `v1a,` and an Ed25519 signature; several with blanks between.",
    ),
];

/// The webhooks, by the name of their type.
pub fn webhooks() -> Value {
    kinds::all()
        .iter()
        .map(|kind| (kind.name.clone(), json!({ "post": webhook(kind) })))
        .collect::<Map<_, _>>()
        .into()
}

fn webhook(kind: &kinds::Kind) -> Value {
    let header = |(name, says): &(&str, &str)| json!({ "name": name, "in": "header", "required": true, "description": says, "schema": { "type": "string" } });
    let mut schema = kind.schema.clone();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
    }
    let opt_in = if kind.opt_in { " Only endpoints that name this type get it." } else { "" };
    json!({
        "operationId": format!("on {}", kind.name).replace(['.', '_', ' '], "-"),
        "tags": ["Messages"],
        "summary": kind.summary,
        "description": format!("{}{opt_in} Signed as Standard Webhooks describes.", kind.description),
        "security": [],
        "parameters": HEADERS.iter().map(header).collect::<Vec<_>>(),
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": schema, "example": kind.example } },
        },
        "responses": {
            "2XX": { "description": "Taken. Any other answer, or none within the time, and it is sent again." },
            "410": { "description": "The endpoint is gone: it is disabled." },
        },
    })
}
