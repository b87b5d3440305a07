//! Jobs: work in the background, for operators.

use super::Room;
use crate::openapi::operation::{Operation, delete, get, post};
use crate::openapi::schema::{Schema, anything, count, flag, id, object, refer, text, time, words};
use serde_json::json;

/// How a job may be.
pub const STATES: [&str; 3] = ["parked", "waiting", "running"];

pub fn room() -> Room {
    Room {
        tag: "Jobs",
        says: "Work in the background: what waits, what runs, and what is parked for a person.",
        operations: operations(),
        schemas: vec![
            ("Job", job()),
            ("Retried", object("How many.").with("retried", count("Jobs that are tried again."))),
            (
                "Discarded",
                object("How many.")
                    .with("discarded", count("Jobs that are gone; in a dry run: that would be."))
                    .with("dry_run", flag("Whether they were only counted.")),
            ),
        ],
    }
}

fn operations() -> Vec<Operation> {
    let kind = || text("Only of this kind.");
    let search =
        || text("Only with this somewhere in their payload or last error, in capital or small letters.");
    vec![
        get("/v1/jobs", "listJobs", "Jobs in a state, the one that changed last first")
            .in_state(&STATES, "In which state; left out: parked.")
            .query("kind", kind())
            .query("search", search())
            .pages("Jobs.", "Job"),
        post("/v1/jobs/retry", "retryJobs", "Try all parked jobs again, or those that fit")
            .query("kind", kind())
            .query("search", search())
            .answers(202, "They are.", refer("Retried")),
        post("/v1/jobs/discard", "discardJobs", "Throw all parked jobs away, or those that fit")
            .says("They are gone for good, with what was to be done. Count them first: `dry_run=true`.")
            .query("kind", kind())
            .query("search", search())
            .query("dry_run", flag("Whether they are only counted; left out: no."))
            .answers(200, "They are gone, or were counted.", refer("Discarded")),
        get("/v1/jobs/{id}", "getJob", "A job").answers(200, "The job.", refer("Job")),
        post("/v1/jobs/{id}/retry", "retryJob", "Try a parked job again").ends(202, "It is tried."),
        delete("/v1/jobs/{id}", "discardJob", "Throw a parked job away").ends(204, "It is gone."),
    ]
}

fn job() -> Schema {
    object("A job.")
        .with("id", id("job", ""))
        .with("kind", text("What it does.").like("load.run"))
        .with("org_id", text("For which organization; null: for the installation.").or_null().like("acme"))
        .with("state", words(&STATES, "How it is."))
        .with("attempts", count("How often it was tried."))
        .with("last_error", text("Why the last attempt failed.").or_null())
        .with("run_at", time("When it is due; while it runs, when its lease ends."))
        .with("created_at", time("When it was queued."))
        .with("updated_at", time("When it last changed."))
        .with("payload", anything("What it is about.").like(json!({ "kind": "load.run" })))
}
