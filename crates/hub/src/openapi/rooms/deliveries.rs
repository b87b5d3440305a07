//! Deliveries: messages on their way to endpoints.

use super::Room;
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::schema::{
    Schema, anything, by_name, count, flag, id, list, moment, object, page_of, refer, text, time, whole,
    words,
};
use serde_json::json;

/// How a delivery may be.
const STATES: [&str; 4] = ["waiting", "delivered", "failed", "skipped"];

pub fn room() -> Room {
    Room {
        tag: "Deliveries",
        says: "What arrived, what waits, what failed, with every attempt.",
        operations: operations(),
        schemas: vec![
            ("Delivery", delivery()),
            (
                "DeliveryFound",
                delivery()
                    .says("A delivery, with whose message it carries.")
                    .with("org_id", text("Whose message; null: it is gone.").or_null().like("acme")),
            ),
            (
                "DeliveryShown",
                delivery()
                    .says("A delivery, with its attempts.")
                    .with("tries", list(refer("Attempt"), "The latest first.")),
            ),
            ("Attempt", attempt()),
            (
                "Resent",
                object("What is sent again.")
                    .with("message_id", id("msg", ""))
                    .with("endpoint_id", id("ep", "")),
            ),
        ],
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/deliveries", "searchDeliveries", "Deliveries to all endpoints, the latest message first")
            .says("Those to the caller's endpoints. With a state, the latest change comes first. A page looks at so many deliveries at \
                   most, whether they fit or not: one may have nothing and still name the next.")
            .in_state(&STATES, "Only those that are so.")
            .query("type", text("Only of messages of this type."))
            .of_organization()
            .query("endpoint_id", text("Only to this endpoint."))
            .query("message_id", text("Only of this message."))
            .query("from", moment("Of messages made at this instant or later."))
            .query("to", moment("Of messages made before this instant."))
            .pages("Deliveries.", "DeliveryFound")
            .refuses(&["bad_time"]),
        get("/v1/endpoints/{id}/deliveries", "listDeliveries", "Deliveries to an endpoint, the latest first")
            .in_state(&STATES, "Only those that are so.")
            .pages("Deliveries.", "Delivery"),
        get("/v1/messages/{id}/deliveries", "listDeliveriesOfMessage", "Deliveries of a message")
            .answers(200, "Deliveries to the caller's endpoints.", page_of("Delivery")),
        get("/v1/messages/{id}/deliveries/{endpoint}", "getDelivery", "A delivery, with its attempts")
            .answers(200, "The delivery.", refer("DeliveryShown")),
        get("/v1/messages/{id}/deliveries/{endpoint}/attempts", "listAttempts", "The attempts of a delivery")
            .answers(200, "Attempts, the latest first.", page_of("Attempt")),
        post("/v1/messages/{id}/deliveries/{endpoint}/resend", "resendMessage", "Send a message again")
            .says("At once, whatever became of it there; also to an endpoint that there was not when it was published.")
            .answers(202, "It is sent.", refer("Resent"))
            .refuses(&["endpoint_disabled"]),
    ]
}

fn delivery() -> Schema {
    object("A message on its way to an endpoint.")
        .with("message_id", id("msg", "The message."))
        .with("endpoint_id", id("ep", "The endpoint."))
        .with("state", words(&STATES, "How it is."))
        .with(
            "at",
            time("When it is due, or, under way, when that is given up; afterwards when it was settled."),
        )
        .with("under_way", flag("Whether it is under way."))
        .with("attempts", count("How many attempts there were since it was last queued.").like(1))
        .with("tried", count("How many there were in all.").like(1))
        .with("status", whole("The latest answer's status; null: there was no answer.").or_null().like(200))
        .with("created_at", time("When the message was made."))
        .with(
            "type",
            text("What the message says happened; null: the message is gone.")
                .or_null()
                .like("sync.complete"),
        )
        .with(
            "next_attempt_at",
            time("When it is tried next; null: it is under way, or not tried again.").or_null(),
        )
}

fn attempt() -> Schema {
    object("An attempt.")
        .with("at", time("When it began."))
        .with("latency_ms", count("How long it took.").like(12))
        .with("status", whole("The answer's status; null: there was no answer.").or_null().like(200))
        .with("headers", by_name(anything(""), "The answer's headers.").or_null().like(json!({})))
        .with("body", text("The beginning of the answer's body.").or_null())
        .with("error", text("Why it failed; null: the status says it all.").or_null().like(json!(null)))
}
