//! Where providers deliver their webhooks.

use super::Room;
use crate::openapi::operation::{Access, Operation, post};
use crate::openapi::schema::{anything, text};

pub fn room() -> Room {
    Room {
        tag: "Provider webhooks",
        says: "Where providers deliver. Nothing is read of somebody who does not know the secret, and an answer 200 means that the \
               delivery is on disk.",
        operations: vec![receive()],
        schemas: Vec::new(),
    }
}

/// Codes of what is not believed.
const NOT_PROVEN: [&str; 8] = [
    "signature_missing",
    "signature_mismatch",
    "signature_stale",
    "signature_timestamp_unreadable",
    "signature_unknown_version",
    "url_token_missing",
    "url_token_mismatch",
    "url_token_unavailable",
];

/// Codes of bodies that cannot be.
const BODY: [&str; 6] = [
    "body_incomplete",
    "body_not_array",
    "body_not_json",
    "body_not_object",
    "body_not_objects",
    "too_many_events",
];

fn receive() -> Operation {
    let taken = vec![("application/octet-stream", text("Nothing, or `OK` where the provider wants that."))];
    let path = "/webhooks/{provider}/{app}";
    let mut operation = post(path, "receiveWebhook", "Take in a provider's webhook")
        .for_(Access::Open)
        .says("The provider's signature (HubSpot's v1, v2 and v3, Notion's), or the token in the address (Airtable, 10to8), is what lets \
               it in.")
        .header("X-HubSpot-Signature-v3", text("HubSpot's signature."))
        .header("X-HubSpot-Request-Timestamp", text("When HubSpot signed, in milliseconds."))
        .header("X-HubSpot-Signature", text("HubSpot's older signature."))
        .header("X-HubSpot-Signature-Version", text("Which of the older ones that is."))
        .header("X-Notion-Signature", text("Notion's signature."))
        .answers_in(200, "It is on disk, or was a handshake.", taken)
        .refuses(&["unknown_app", "body_too_large", "body_too_slow", "handshake_too_soon"])
        .refuses(&["bodies_full", "log_full", "log_slow", "log_unavailable", "keys_unusable", "keys_busy"])
        .refuses(&NOT_PROVEN)
        .refuses(&BODY);
    operation.body = Some(crate::openapi::operation::Body {
        kinds: vec!["application/json"],
        schema: anything("As the provider writes it."),
        required: false,
        example: None,
    });
    operation
}
