//! Counters themselves: read, changed, pushed.

use super::Room;
use super::definitions::MOST;
use crate::openapi::operation::{Operation, delete, get, post};
use crate::openapi::schema::{
    Schema, about, anything, choice, count, either, flag, list, object, refer, text, time, whole, words,
};
use serde_json::json;

/// What may be next with a counter.
const STAGES: [&str; 5] = ["quiet", "trigger", "write", "look", "parked"];

pub fn room() -> Room {
    Room {
        tag: "Counter values",
        says: "Reading and changing the numbers: nothing remote is in the way, and whoever is answered has counted.",
        operations: reading().into_iter().chain(changing()).chain(pushing()).collect(),
        schemas: vec![
            ("CounterValue", value()),
            ("CounterPush", push()),
            ("ReadWanted", read_wanted()),
            (
                "CounterRead",
                object("Counters.")
                    .with("data", list(refer("CounterValue"), "In the order in which they were named.")),
            ),
            ("By", by()),
            ("SetTo", object("What it is from now on.").with("value", amount("The value.")).closed()),
            ("Changes", changes()),
            ("Counted", counted()),
            ("Results", results()),
            ("CounterHistoryEntry", history_entry()),
            ("PushEntry", push_entry()),
            ("PropertyValue", property()),
            ("TestWanted", object("The value that is sent.").with("value", amount("The value.")).closed()),
            ("TestResult", test_result()),
        ],
    }
}

/// Codes of refusals where Redis may hold the counter.
const STORE: [&str; 2] = ["counter_store_unavailable", "bad_counter_key"];

fn reading() -> Vec<Operation> {
    vec![
        get(
            "/v1/counters/{counter}/values",
            "listCounterValues",
            "Counters, by their keys; in a stage, as they are due",
        )
        .query("search", text("Only those whose keys begin like this."))
        .query("stage", choice(&STAGES, "Only those with which this is next."))
        .pages("Counters.", "CounterValue")
        .refuses(&["bad_stage"]),
        get("/v1/counters/{counter}/values/{key}", "getCounterValue", "A counter")
            .says("One that never changed is what it would begin with.")
            .answers(200, "The counter.", refer("CounterValue"))
            .refuses(&STORE)
            .refuses(&["not_a_number"]),
        post("/v1/counters/{counter}/read", "readCounterValues", "Many counters at once")
            .takes("ReadWanted", json!({ "keys": ["40577087837"] }))
            .answers(200, "Counters.", refer("CounterRead"))
            .refuses(&STORE)
            .refuses(&["too_many_items", "not_a_number"]),
        get(
            "/v1/counters/{counter}/values/{key}/history",
            "listCounterHistory",
            "What moved a counter, the latest first",
        )
        .pages("Changes.", "CounterHistoryEntry")
        .refuses(&["bad_counter_key"]),
        get(
            "/v1/counters/{counter}/values/{key}/property",
            "getCounterProperty",
            "What HubSpot shows there and then",
        )
        .answers(200, "What it shows.", refer("PropertyValue"))
        .refuses(&["bad_counter_key", "provider_down", "keys_unusable", "keys_busy"]),
        get(
            "/v1/counters/{counter}/pushes",
            "listPushes",
            "What was sent and what came of it, the latest first",
        )
        .query("key", text("Only of this counter."))
        .pages("Entries.", "PushEntry"),
    ]
}

fn changing() -> Vec<Operation> {
    let changed = |operation: Operation| {
        operation
            .once()
            .answers(200, "What it is now.", refer("Counted"))
            .and_header("Idempotent-Replayed", "`true`: it was counted before, and is answered alike.")
            .refuses(&[
                "bad_amount",
                "below_minimum",
                "counter_overflow",
                "not_a_number",
                "change_queue_full",
            ])
            .refuses(&STORE)
    };
    vec![
        changed(
            post("/v1/counters/{counter}/values/{key}/increment", "incrementCounter", "Count up")
                .says("Without a body, by one.")
                .may_take("By", json!({ "by": 2 })),
        ),
        changed(
            post("/v1/counters/{counter}/values/{key}/decrement", "decrementCounter", "Count down")
                .says("Without a body, by one.")
                .may_take("By", json!({ "by": 2 })),
        ),
        changed(
            post("/v1/counters/{counter}/values/{key}/set", "setCounter", "Set a counter")
                .takes("SetTo", json!({ "value": 8 })),
        ),
        delete("/v1/counters/{counter}/values/{key}", "forgetCounter", "Forget a counter with its history")
            .says("The property, and a Redis key, stay as they are.")
            .ends(204, "It is forgotten."),
        post("/v1/counters/{counter}/changes", "changeCounters", "Many changes at once")
            .says("In one transaction and in their order; each is made or refused by itself.")
            .takes("Changes", json!({ "changes": [{ "key": "40577087837", "op": "increment" }] }))
            .once()
            .answers(200, "What became of each.", refer("Results"))
            .and_header("Idempotent-Replayed", "`true`: it was counted before, and is answered alike.")
            .refuses(&["too_many_items", "change_queue_full", "counter_store_unavailable"]),
    ]
}

fn pushing() -> Vec<Operation> {
    vec![
        post(
            "/v1/counters/{counter}/values/{key}/push",
            "pushCounter",
            "Push a counter, whatever was seen before",
        )
        .says("As soon as no other value can overtake it; what is parked goes on.")
        .answers(202, "The counter.", refer("CounterValue")),
        post(
            "/v1/counters/{counter}/values/{key}/test",
            "testTrigger",
            "Call the trigger once, outside of all order",
        )
        .says("For the workflow editor that waits for an event. Nothing is counted.")
        .takes("TestWanted", json!({ "value": 8 }))
        .answers(200, "What came of it.", refer("TestResult"))
        .refuses(&[
            "bad_counter_key",
            "counted_already",
            "no_trigger",
            "provider_down",
            "keys_unusable",
            "keys_busy",
        ]),
    ]
}

fn amount(says: &str) -> Schema {
    whole(says)
}

fn by() -> Schema {
    object("By how much.").maybe("by", amount("At least 1.").usually(1)).closed()
}

fn read_wanted() -> Schema {
    object("Which counters.").with("keys", list(text(""), "Their keys.").at_most(1_000)).closed()
}

fn changes() -> Schema {
    let one = object("A change.")
        .with("key", text("Of which counter."))
        .with("op", words(&["increment", "decrement", "set"], "What is done."))
        .maybe(
            "n",
            amount("By how much, or to what; left out, increments and decrements are by one.").or_null(),
        )
        .closed();
    object("Changes.").with("changes", list(one, "In their order.").at_most(1_000)).closed()
}

fn counted() -> Schema {
    object("What a counter is now.")
        .with("key", text("Its key.").like("40577087837"))
        .with("value", whole("What it is.").within(-MOST, MOST).like(9))
        .with("version", count("How often it changed so far; 0 where it lives in Redis.").like(2))
}

fn results() -> Schema {
    let error = object("Why not.")
        .with("code", text("As in a problem.").like("below_minimum"))
        .with("detail", text("For people."))
        .maybe("value", whole("What it is, where that is why."));
    let refused = object("A change that was refused.").with("key", text("Its key.")).with("error", error);
    object("What became of each change.")
        .with("made", count("How many were made.").like(1))
        .with("refused", count("How many were not."))
        .with("results", list(either(vec![refer("Counted"), refused], ""), "In the order of the changes."))
}

fn kinds() -> Schema {
    words(&["number", "empty", "other", "no_record"], "What it is; `other`: no whole number.")
}

fn value() -> Schema {
    let seen = object("What HubSpot showed last; null: nobody has looked yet.")
        .with("value", whole("The number, where it was one.").or_null().like(9))
        .with("is", kinds())
        .with("at", time("When it was read."));
    object("A counter.")
        .with("key", text("Its key.").like("40577087837"))
        .with("value", whole("What it is; null: its Redis key is not there.").or_null().like(9))
        .with("version", count("How often it changed, as far as is known here.").like(2))
        .with("changed_at", time("When it last did; null: it never changed.").or_null())
        .with("vanished_at", time("Since when its Redis key is gone.").or_null().like(json!(null)))
        .with("property", seen.or_null())
        .with("shown", flag("Whether HubSpot is known to have shown the value that it has now."))
        .with("waiting_since", time("Since when HubSpot lacks a change.").or_null())
        .with("agreed_at", time("When the property was last known to be right.").or_null())
        .with(
            "repairing",
            text("The comparison that found it wrong, until it is right.").or_null().like(json!(null)),
        )
        .with("push", about("CounterPush", "Null: it never changed.").or_null())
}

fn push() -> Schema {
    let sent = object("What was sent last, while it may still take effect.")
        .with("value", whole("The value.").like(9))
        .with("way", words(&["trigger", "write"], "How."))
        .with("at", time("When."))
        .with("answered_at", time("When its answer came, or was given up.").or_null())
        .with("doubtful", flag("Whether nobody knows if it arrived."));
    object("How a value gets to its property.")
        .with("stage", words(&STAGES, "What is next; `quiet`: nothing."))
        .with("due_at", time("When; of what is quiet, before when no other value may be sent."))
        .with("sent", sent.or_null())
        .with("failures", count("Calls in a row that were not taken, or had no answer."))
        .with("rounds", count("Calls in a row that were accepted and never shown."))
        .with("reason", text("Why it is parked.").or_null().like(json!(null)))
}

fn history_entry() -> Schema {
    object("A change.")
        .with("key", text("The counter's key.").like("40577087837"))
        .with("version", whole("How often it had changed then, this time included.").like(2))
        .with("at", time("When."))
        .with("op", text("`increment`, `decrement`, `set`, `seen` in Redis, or `repair`.").like("increment"))
        .with("amount", whole("By how much, or to what.").like(1))
        .with("value", whole("What it was after it.").like(9))
        .with("before", whole("What it was before it.").like(8))
        .with("source", text("Whose change it was: `api`, `cli`, `redis`, `reconciliation`.").like("api"))
}

fn push_entry() -> Schema {
    let whats = ["accepted", "not_taken", "lost", "refused", "shown", "parked"];
    object("Something that happened on a value's way.")
        .with("seq", whole("Its place in the order.").like(42))
        .with("key", text("The counter's key.").like("40577087837"))
        .with("at", time("When."))
        .with("what", words(&whats, "What."))
        .with("value", whole("The value.").like(9))
        .with(
            "latency_ms",
            count("How long the answer took; of what is shown, how long the change had waited."),
        )
        .with("detail", text("The particulars, for people.").or_null())
}

fn property() -> Schema {
    object("What a property shows.")
        .with("key", text("The counter's key.").like("40577087837"))
        .with("value", whole("The number, where it is one.").or_null().like(9))
        .with("is", kinds())
}

fn test_result() -> Schema {
    object("What a test event came to.")
        .with(
            "payload",
            anything("What was sent.").like(json!({ "mock_exam_id": "40577087837", "total_bookings": 8 })),
        )
        .with("status", whole("The answer's status; null: no answer came.").or_null().like(202))
        .with("latency_ms", count("How long it took."))
}
