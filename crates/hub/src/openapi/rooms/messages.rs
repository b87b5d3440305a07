//! Messages: what is told, by Syncline and by the application itself; and the types there are.

use super::Room;
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::schema::{Schema, all_of, anything, flag, id, list, moment, object, refer, text, time};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Messages",
        says: "What is told: what Syncline noticed, and what the application publishes itself.",
        operations: operations(),
        schemas: vec![
            ("Message", message()),
            ("MessageShown", shown()),
            ("NewMessage", new()),
            ("Published", published()),
            ("EventType", event_type()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/messages", "listMessages", "Messages, the latest first, without what they say")
            .of_organization()
            .query("type", text("Only of this type."))
            .query("from", moment("Made at this instant or later."))
            .query("to", moment("Made before this instant."))
            .pages("Messages.", "Message")
            .refuses(&["bad_time"]),
        post("/v1/messages", "publishMessage", "Publish a message of your own")
            .says("Answered once the message and its deliveries are durable.")
            .takes(
                "NewMessage",
                json!({ "org_id": "acme", "type": "invoice.paid", "payload": { "invoice": "4711" } }),
            )
            .once()
            .makes(202, "It is published.", refer("Published"))
            .and_header("Idempotent-Replayed", "`true`: it was published before, and is answered alike.")
            .refuses(&[
                "bad_name",
                "key_of_one_organization",
                "bad_event_type",
                "payload_too_large",
                "publish_queue_full",
            ]),
        get("/v1/messages/{id}", "getMessage", "A message, what it says and where it goes").answers(
            200,
            "The message.",
            refer("MessageShown"),
        ),
        get("/v1/event-types", "listEventTypes", "The types of messages there are").answers(
            200,
            "The types.",
            all_of("EventType").with("next_cursor", crate::openapi::schema::next_cursor().like(json!(null))),
        ),
        get("/v1/event-types/{name}", "getEventType", "A type of messages, with its schema and an example")
            .answers(200, "The type.", refer("EventType")),
    ]
}

fn message() -> Schema {
    object("A message.")
        .with("id", id("msg", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("type", text("What happened.").like("sync.complete"))
        .with("order_key", text("What it keeps order with.").or_null().like(json!(null)))
        .with("created_at", time("When it was made."))
}

fn shown() -> Schema {
    message()
        .says("A message, what it says and where it goes.")
        .with(
            "payload",
            anything("As it is sent, byte by byte.").like(json!({ "webhook_event_type": "sync.complete" })),
        )
        .with("deliveries", list(refer("Delivery"), "To the caller's endpoints."))
}

fn new() -> Schema {
    object("A message of your own.")
        .maybe("org_id", text("Whose; left out: the key's own organization.").or_null())
        .with("type", text("What happened, in a family of your own.").like("invoice.paid"))
        .maybe("order_key", text("What it keeps order with.").long(1, 255).or_null())
        .with("payload", object("The body that is sent."))
        .closed()
}

fn published() -> Schema {
    object("A message that was published.")
        .with("id", id("msg", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("type", text("What happened.").like("invoice.paid"))
}

fn event_type() -> Schema {
    object("A type of messages.")
        .with("name", text("Its name.").like("sync.complete"))
        .with("summary", text("What happened, in a few words."))
        .with("description", text("What happened, and what to make of it."))
        .with("opt_in", flag("Whether only endpoints that name it get it."))
        .with(
            "schema",
            anything("What a message of it looks like, a JSON Schema.").like(json!({ "type": "object" })),
        )
        .with("example", anything("A message.").like(json!({ "webhook_event_type": "sync.complete" })))
}
