//! Events: what the providers told.

use super::Room;
use crate::openapi::operation::{Operation, get};
use crate::openapi::schema::{Schema, anything, choice, id, moment, object, refer, text, time, whole, words};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Events",
        says: "What providers told by webhook, once each, in the order in which it happened.",
        operations: operations(),
        schemas: vec![("Event", event())],
    }
}

fn filtered(operation: Operation) -> Operation {
    operation
        .of_organization()
        .query("provider", text("Only this provider's."))
        .query("account", text("Only this account's."))
        .query("object_type", text("Only about records of this type."))
        .query("object_id", text("Only about this record."))
        .query("kind", text("Only this kind, in the provider's word."))
        .query("property", text("Only changes of this property."))
        .query("from", moment("Occurred at this instant or later."))
        .query("to", moment("Occurred before this instant."))
        .refuses(&["bad_time"])
}

fn operations() -> Vec<Operation> {
    let stream = text("Server-sent events named `event`: `data` is an event as `GET /v1/events/{id}` shows it, `id` its place in the \
                       order of storing.")
        .like("event: event\nid: 42\ndata: {\"id\":\"evt_…\",…}\n\n");
    vec![
        filtered(get("/v1/events", "listEvents", "The timeline, in pages that neither skip nor repeat"))
            .says("What no index leads to is looked for two seconds at a time: such a page may hold fewer events than asked for, even none, \
                   and name the next one all the same. The last page names none.")
            .query("order", choice(&["desc", "asc"], "Newest first, which is usual, or oldest first."))
            .pages("Events.", "Event")
            .refuses(&["bad_order"]),
        filtered(get("/v1/events/stream", "streamEvents", "Events as they are stored"))
            .says("The answer does not end. A client that comes back with the last id it saw misses nothing, whichever process it asks.")
            .query("last_event_id", whole("Go on behind this id; left out: with the next event stored."))
            .header("Last-Event-ID", text("The same, as browsers send it by themselves; it comes first."))
            .answers_in(200, "The stream.", vec![("text/event-stream", stream)])
            .refuses(&["bad_last_event_id"]),
        get("/v1/events/{id}", "getEvent", "An event").answers(200, "The event.", refer("Event")),
    ]
}

/// A provider may say any moment, and nobody corrects it.
fn occurred_at() -> Schema {
    let says = "When it happened at the provider; beyond the year 9999 in milliseconds since 1970.";
    text(says).like("2026-01-01T09:30:00.000Z")
}

fn event() -> Schema {
    object("An event.")
        .with("id", id("evt", "What it is and when it happened, in one."))
        .with("occurred_at", occurred_at())
        .with("received_at", time("When it was received."))
        .with("org_id", text("The organization its account belongs to.").or_null().like("acme"))
        .with("provider", words(&super::connections::PROVIDERS, "The provider."))
        .with("app", text("The app whose webhook URL it came to.").like("main"))
        .with("account", text("The account at the provider.").like("62515"))
        .with("object_type", text("What kind of record it is about.").like("contact"))
        .with("object_id", text("The record's id.").like("501"))
        .with("kind", text("What happened, in the provider's word.").like("contact.propertyChange"))
        .with("property", text("The property that changed.").or_null().like("email"))
        .with("raw", anything("The event exactly as it came.").like(json!({ "eventId": 1 })))
}
