//! Runs of syncs, and what dry ones would have done.

use super::Room;
use super::loads::{STATES, TRIGGERS};
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::schema::{
    Schema, anything, count, flag, id, list, object, refer, sides, text, time, words,
};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Sync runs",
        says: "A sync in full: both sides are read, matched and brought in step; or only looked at.",
        operations: operations(),
        schemas: vec![
            ("SyncRun", run()),
            ("SyncRunAsked", asked()),
            ("SyncRunWanted", wanted()),
            ("PlannedAction", planned()),
            ("PlanPage", plan_page()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/syncs/{id}/runs", "listSyncRuns", "Runs of a sync, the latest first")
            .in_state(&STATES, "Only those that are so.")
            .query("dry_run", flag("Only dry ones, or only others."))
            .pages("Runs.", "SyncRun"),
        post("/v1/syncs/{id}/runs", "createSyncRun", "Run a sync")
            .says("Where a run is under way already, that one is answered, whatever was asked for.")
            .may_take("SyncRunWanted", json!({ "dry_run": true }))
            .makes(202, "A new run.", refer("SyncRunAsked"))
            .makes(200, "The run that is under way already.", refer("SyncRunAsked"))
            .refuses(&["sync_paused", "needs_reauthorization", "disconnected"]),
        get("/v1/sync-runs/{id}", "getSyncRun", "A run of a sync").answers(200, "The run.", refer("SyncRun")),
        post("/v1/sync-runs/{id}/cancel", "cancelSyncRun", "Stop a run at the end of the page it is at")
            .says("What it did stays.")
            .answers(202, "The run, which stops.", refer("SyncRun"))
            .refuses(&["run_over"]),
        get("/v1/sync-runs/{id}/plan", "getSyncPlan", "What a dry run would have done, in its order")
            .query("after", text("The same as `cursor`, which is its name now."))
            .paged()
            .answers(200, "Actions.", refer("PlanPage"))
            .refuses(&["not_a_dry_run"]),
    ]
}

fn wanted() -> Schema {
    object("How to run.")
        .maybe(
            "towards",
            words(&["left", "right"], "Only this side is written to; left out: both.").or_null(),
        )
        .maybe("dry_run", flag("Nothing is written: it says what would be.").usually(false))
        .maybe(
            "reading",
            words(&["full", "changes", "none"], "What is read from the providers first.").usually("full"),
        )
        .closed()
}

fn counts() -> Schema {
    let both = |says: &str| sides(&count(""), says);
    object("What it did.")
        .with("looked_at", count("Pairs and single records looked at."))
        .with("linked", count("Records of both sides found to be the same."))
        .with("created", both("Records created."))
        .with("updated", both("Records changed."))
        .with("deleted", both("Records deleted."))
        .with("conflicts", count("Conflicts opened, or still open."))
        .with("refused", count("Values that a side does not take."))
        .with("questions", count("Records that wait for a person to say who they are."))
        .with("later", count("Put off."))
        .with("calls", both("Calls that wrote."))
}

pub fn run() -> Schema {
    let progress = object("How far it is.")
        .with("looked_at", count("Pairs and single records looked at."))
        .with("total", count("How many there are to look at, as far as that is known.").or_null());
    object("A run of a sync.")
        .with("id", id("srn", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("sync_id", id("syn", "The sync."))
        .with("towards", words(&["left", "right"], "The only side that it writes to; null: both.").or_null())
        .with("dry_run", flag("Whether it only plans."))
        .with("reading", words(&["full", "changes", "none"], "What it reads from the providers first."))
        .with("trigger", words(&TRIGGERS, "What it was begun by."))
        .with("state", words(&STATES, "How it is."))
        .with("phase", words(&["reading", "indexing", "left", "right", "done"], "What it is at."))
        .with("reason", text("Why it is paused, or ended as it did.").or_null().like(json!(null)))
        .with("cancel_requested", flag("Whether somebody asked it to stop."))
        .with("progress", progress)
        .with("counts", counts())
        .with("created_at", time("When it was asked for."))
        .with("started_at", time("When it began.").or_null())
        .with("finished_at", time("When it ended.").or_null())
        .with("heartbeat_at", time("When it last gave a sign of life.").or_null())
}

fn asked() -> Schema {
    run().says("A run that was asked for.").with(
        "under_way",
        flag("Whether it is another one that was under way already, whatever was asked for."),
    )
}

fn planned() -> Schema {
    object("Something that would have been done.")
        .with("n", count("Its place in the order.").like(1))
        .with("side", words(&["left", "right"], "The side that would have been written to.").or_null())
        .with("what", text("What it is, in a word.").like("create"))
        .with("left_id", text("The left record's id.").or_null())
        .with("right_id", text("The right record's id.").or_null())
        .with("detail", anything("The particulars.").like(json!({})))
}

fn plan_page() -> Schema {
    object("A page of a plan.")
        .with("data", list(refer("PlannedAction"), ""))
        .with("kept", count("How many actions are kept in all."))
        .with("next_cursor", crate::openapi::schema::next_cursor())
}
