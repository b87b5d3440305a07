//! Loads: how records come into the mirror.

use super::Room;
use crate::openapi::operation::{Access, Operation, get, post};
use crate::openapi::schema::{
    Schema, all_of, by_name, choice, count, flag, id, list, object, refer, text, time, words,
};
use serde_json::json;

/// How a run may be.
pub const STATES: [&str; 7] = ["waiting", "running", "paused", "succeeded", "partial", "failed", "cancelled"];
/// What may begin a run.
pub const TRIGGERS: [&str; 5] = ["manual", "connect", "schedule", "webhook", "api"];

pub fn room() -> Room {
    Room {
        tag: "Loads",
        says: "Loads read an account's records into the mirror, in full or what changed, within the provider's limits.",
        operations: operations(),
        schemas: vec![
            ("Load", load()),
            ("LoadShown", shown()),
            ("Lane", lane()),
            ("NewLoad", new_load()),
            ("Budget", budget()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    let states = |operation: Operation| operation.in_state(&STATES, "Only those that are so.");
    vec![
        states(get("/v1/runs", "listLoads", "Loads, the latest first"))
            .query("connection_id", text("Only this connection's."))
            .pages("Loads.", "Load"),
        states(get("/v1/connections/{id}/runs", "listLoadsOfConnection", "Loads of a connection, the latest first"))
            .pages("Loads.", "Load"),
        post("/v1/connections/{id}/runs", "createLoad", "Load a connection's records")
            .says("Without a body: everything that changed since the load before. Where a load is under way already, that one is \
                   answered.")
            .may_take("NewLoad", json!({ "mode": "full", "types": ["contacts"] }))
            .makes(202, "A new load.", refer("LoadShown"))
            .makes(200, "The load that is under way already.", refer("LoadShown"))
            .refuses(&["bad_mode", "bad_selection", "needs_reauthorization", "disconnected"]),
        get("/v1/runs/{id}", "getLoad", "A load, lane by lane").answers(200, "The load.", refer("LoadShown")),
        post("/v1/runs/{id}/cancel", "cancelLoad", "Stop a load at the end of the page it is at")
            .answers(202, "The load, which stops.", refer("LoadShown"))
            .refuses(&["run_over"]),
        get("/v1/budgets", "listBudgets", "The providers' limits, as this process counts them")
            .for_(Access::Operator)
            .answers(200, "The windows that are in use.", all_of("Budget")),
    ]
}

fn wanted() -> Schema {
    object("What it reads.")
        .with(
            "types",
            list(text(""), "Object types; the configured ones when empty.").like(json!(["contacts"])),
        )
        .with("properties", by_name(list(text(""), ""), "Properties, by object type.").like(json!({})))
        .with("max_pages", count("The most pages of each lane; 0: all."))
}

pub fn load() -> Schema {
    object("A load.")
        .with("id", id("run", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("connection_id", id("con", "Which connection's records it reads."))
        .with("kind", text("Always `load`.").like("load"))
        .with("mode", words(&["full", "incremental"], "How much it reads."))
        .with("trigger", words(&TRIGGERS, "What it was begun by."))
        .with("state", words(&STATES, "How it is."))
        .with("reason", text("Why it is paused, or ended as it did, for people.").or_null().like(json!(null)))
        .with("cancel_requested", flag("Whether somebody asked it to stop."))
        .with("wanted", wanted())
        .with("created_at", time("When it was asked for."))
        .with("started_at", time("When it began.").or_null())
        .with("finished_at", time("When it ended.").or_null())
        .with("heartbeat_at", time("When it last gave a sign of life.").or_null())
        .with("read", count("Records read so far."))
        .with("changed", count("Of these, those that the mirror did not have, or in another state."))
        .with("gone", count("Records found gone."))
}

fn shown() -> Schema {
    load().says("A load, with its lanes.").with("lanes", list(refer("Lane"), "What it reads side by side."))
}

fn lane() -> Schema {
    object("A lane: records of one type, in one place.")
        .with("key", text("Names it within its connection, the same in every load.").like("contacts"))
        .with("title", text("For people.").like("Contacts"))
        .with("object_type", text("The type of its records.").like("contacts"))
        .with(
            "collection",
            text("Where they are, for types that are kept in several places; else empty.").like(""),
        )
        .with("state", words(&["waiting", "running", "done", "failed", "cut", "cancelled"], "How it is."))
        .with("since", time("Only what changed since then; null: everything.").or_null())
        .with("read", count("Records read so far."))
        .with("created", count("Of these: new."))
        .with("changed", count("Of these: in another state."))
        .with("unchanged", count("Of these: as they were."))
        .with("stale", count("Of these: older than what is mirrored."))
        .with("gone", count("Records found gone."))
        .with("pages", count("Pages read so far."))
        .with("total", count("How many there are in all, where the provider tells.").or_null())
        .with("notice", text("What people should know: what was left out, and why.").or_null())
        .with("error", text("Why it failed.").or_null())
        .with("high_water", time("The latest change seen, by the provider's clock.").or_null())
        .with("started_at", time("When it was begun.").or_null())
        .with("updated_at", time("When it last moved on."))
}

fn new_load() -> Schema {
    let name = || text("").long(1, 255);
    object("What to load.")
        .maybe("mode", choice(&["incremental", "full"], "How much.").or_null().usually("incremental"))
        .maybe("types", list(name(), "Only these object types; the configured ones when empty.").at_most(100))
        .maybe(
            "properties",
            by_name(
                list(name(), "").at_most(1_000),
                "Properties to read, by object type; the configured ones for others.",
            ),
        )
        .maybe(
            "max_pages",
            count("The most pages to read of each lane; 0: as configured.").within(0, 4_294_967_295),
        )
        .closed()
}

fn budget() -> Schema {
    object("A window of a provider's limit.")
        .with("provider", words(&super::connections::PROVIDERS, "At which provider."))
        .with("account", text("Which account there.").like("62515"))
        .with("limit", text("The limit's name.").like("burst"))
        .with("part", text("The part of the account; empty for the whole.").like(""))
        .with("used", count("Places taken now."))
        .with("calls", count("Places there are.").like(110))
        .with("span_ms", count("In how many milliseconds.").like(10_000))
        .with("waiting", count("Calls waiting for a place."))
        .with(
            "closed_ms",
            count("For how many milliseconds the provider wants to hear nothing; 0 when it does not mind."),
        )
}
