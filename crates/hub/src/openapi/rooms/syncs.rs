//! Syncs: two connections whose records are kept in step.

use super::Room;
use crate::openapi::operation::{Operation, delete, get, patch, post};
use crate::openapi::schema::{
    Schema, about, anything, choice, count, id, list, object, refer, sides, text, time, whole, words,
};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Syncs",
        says: "Two connections whose records are kept in step, by an agreement.",
        operations: operations(),
        schemas: vec![
            ("Sync", sync()),
            ("SyncShown", shown()),
            ("NewSync", new_sync()),
            ("SyncChange", change()),
            ("SyncCheck", check()),
            ("HistoryEntry", history_entry()),
        ],
    }
}

/// Codes of refusals where an agreement is looked at.
const AGREEMENT: [&str; 8] = [
    "agreement_invalid",
    "sides_alike",
    "organizations_differ",
    "not_writable",
    "no_template",
    "connection_not_active",
    "provider_down",
    "not_found",
];

fn operations() -> Vec<Operation> {
    let example = json!({ "left": "con_0CT4S7O2R0PJ8DHQ3K6VB1F9EG", "right": "con_0CT4S7O3F0QK9EIR4L7WC2GAFH", "every": "1h" });
    vec![
        get("/v1/syncs", "listSyncs", "Syncs, in the order in which they were made")
            .of_organization()
            .query("connection_id", text("Only those that this connection is a side of."))
            .in_state(&["active", "paused"], "Only those that are so.")
            .pages("Syncs.", "Sync"),
        post("/v1/syncs", "createSync", "Keep the records of two connections in step")
            .says("Begin with a run that is dry: `\"run\": false`, then `POST /v1/syncs/{id}/runs` with `\"dry_run\": true`.")
            .takes("NewSync", example.clone())
            .makes(201, "The sync.", refer("Sync"))
            .refuses(&["bad_name", "bad_every"])
            .refuses(&AGREEMENT),
        post("/v1/syncs/check", "checkSync", "Try an agreement, and keep nothing")
            .takes("NewSync", example)
            .answers(200, "What is wrong with it, and what fields both sides have.", refer("SyncCheck"))
            .refuses(&["bad_name", "bad_every"])
            .refuses(&AGREEMENT),
        get("/v1/syncs/template", "getSyncTemplate", "The agreement that is ready-made for two connections")
            .needs("left", text("The left connection's id."))
            .needs("right", text("The right connection's id."))
            .answers(200, "The agreement.", refer("Agreement"))
            .refuses(&AGREEMENT),
        get("/v1/syncs/{id}", "getSync", "A sync, and how it is doing").answers(200, "The sync.", refer("SyncShown")),
        patch("/v1/syncs/{id}", "changeSync", "Change a sync; what is left out stays")
            .takes("SyncChange", json!({ "state": "paused" }))
            .answers(200, "The sync, as it is then.", refer("Sync"))
            .refuses(&["bad_name", "bad_every", "bad_state", "sync_changed"])
            .refuses(&AGREEMENT),
        delete("/v1/syncs/{id}", "deleteSync", "End a sync")
            .says("The records of both sides stay as they are; what was known of them is forgotten.")
            .ends(204, "It is gone."),
        get("/v1/syncs/{id}/schema", "getSyncSchema", "The fields that each side had when they were last asked for")
            .answers(200, "Fields of both sides.", sides(&refer("FieldSchema"), "By side.")),
        get("/v1/syncs/{id}/history", "listSyncHistory", "What was done and noticed, the latest first")
            .query("link_id", text("Only about this link."))
            .query("side", choice(&["left", "right"], "Together with `record_id`: the side that the record is of."))
            .query("record_id", text("Only about this record, and the one it is linked to."))
            .pages("Entries.", "HistoryEntry")
            .refuses(&["bad_side"]),
    ]
}

/// A sync, without how it is doing.
fn sync() -> Schema {
    object("A sync.")
        .with("id", id("syn", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("name", text("What people call it.").like("acme.example and Acme Clinics"))
        .with("left", id("con", "The left connection."))
        .with("right", id("con", "The right connection."))
        .with("state", words(&["active", "paused"], "How it is."))
        .with("reason", text("Why it is paused.").or_null().like(json!(null)))
        .with(
            "every",
            text("How often it runs, as it was asked for; null: as the settings say.").or_null().like("1h"),
        )
        .with("runs_every", text("How often that is.").like("1h"))
        .with(
            "live_since",
            time(
                "Since when changes are carried over as they come; null: the first run is not that far yet.",
            )
            .or_null(),
        )
        .with("created_at", time("When it was made."))
        .with("updated_at", time("When it last changed."))
        .with("version", whole("How often it changed.").like(1))
        .with("agreement", refer("Agreement"))
}

fn shown() -> Schema {
    let end = object("A side's connection, in short; null: it is gone.")
        .with("id", id("con", ""))
        .with("provider", words(&super::connections::PROVIDERS, "Where."))
        .with("account", text("The account there.").like("62515"))
        .with("account_name", text("What people call it.").like("acme.example"))
        .with("status", words(&["active", "needs_reauthorization", "disconnected"], "How it is."))
        .or_null();
    let links = object("Links, by how they are.")
        .with("linked", count("Both of whose records are known."))
        .with("creating", count("One of whose records is being created."))
        .with("ended", count("That are over."))
        .with("held", count("Of all: with a value that one side does not take, and nothing to decide."))
        .with("conflicts", count("Of all: with something to decide."));
    let counts = object("How many.")
        .with("links", links)
        .with("conflicts_open", count("Conflicts that wait for a person."))
        .with("waiting", count("Records that changed and were not looked at since."));
    sync()
        .says("A sync, and how it is doing.")
        .with("connections", sides(&end, "By side."))
        .with("counts", counts)
        .with("run", about("SyncRun", "The run under way.").or_null())
        .with("last_run", about("SyncRun", "The run that was asked for last.").or_null())
}

fn new_sync() -> Schema {
    object("Two connections, and how to keep them in step.")
        .maybe("name", text("What people call it; left out: the names of both accounts.").or_null())
        .with("left", text("The left connection's id."))
        .with("right", text("The right connection's id."))
        .maybe(
            "agreement",
            about("Agreement", "The terms; left out: those that are ready-made for the two providers.")
                .or_null(),
        )
        .maybe("every", every())
        .maybe(
            "run",
            super::super::schema::flag("Whether it runs at once; left out: as the settings say.").or_null(),
        )
        .closed()
}

fn every() -> Schema {
    text("How often it runs by itself: `never`, or a number and a unit from `5m` to `366d`; null: as the settings say.")
        .or_null()
        .like("1h")
}

fn change() -> Schema {
    object("What is to be another.")
        .maybe("name", text("Another name.").long(1, 255).or_null())
        .maybe("agreement", about("Agreement", "Other terms, all of them.").or_null())
        .maybe("every", every())
        .maybe("state", choice(&["active", "paused"], "").or_null())
        .closed()
}

fn check() -> Schema {
    object("An agreement, looked at.")
        .with("agreement", refer("Agreement"))
        .with("mistakes", list(refer("Mistake"), "What is wrong with it.").like(json!([])))
        .with("schemas", sides(&refer("FieldSchema"), "What fields both sides have."))
}

fn history_entry() -> Schema {
    object("Something that was done or noticed.")
        .with("seq", whole("Its place in the order.").like(42))
        .with("sync_id", id("syn", "The sync."))
        .with("org_id", text("Whose.").like("acme"))
        .with("link_id", id("lnk", "The link, where there is one.").or_null())
        .with("at", time("When."))
        .with("side", words(&["left", "right"], "Where it was done or noticed.").or_null())
        .with("what", text("What it was, in a word.").like("updated"))
        .with("left_id", text("The left record's id.").or_null().like("501"))
        .with("right_id", text("The right record's id.").or_null().like("/api/business/v2/customer/7/"))
        .with("detail", anything("The particulars.").like(json!({})))
}
