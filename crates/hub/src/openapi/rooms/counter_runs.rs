//! Comparisons of counters with the truth and with HubSpot, and what they found.

use super::Room;
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::schema::{Schema, choice, count, flag, id, object, refer, text, time, whole, words};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Comparisons",
        says: "The truth, the counter, the property: what differs, by how much, since when, and what was done.",
        operations: operations(),
        schemas: vec![
            ("Comparison", run()),
            ("ComparisonAsked", asked()),
            (
                "ComparisonWanted",
                object("How to compare.").maybe("dry_run", flag("Only look.").usually(false)).closed(),
            ),
            ("Finding", finding()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/counters/{counter}/runs", "listComparisons", "Comparisons, the latest first")
            .pages("Comparisons.", "Comparison"),
        post("/v1/counters/{counter}/runs", "createComparison", "Compare all counters of a definition")
            .says("Where a comparison is under way already, that one is answered, whatever was asked for.")
            .may_take("ComparisonWanted", json!({ "dry_run": true }))
            .makes(202, "A new one.", refer("ComparisonAsked"))
            .makes(200, "The one that is under way already.", refer("ComparisonAsked"))
            .refuses(&["disconnected"]),
        get("/v1/counter-runs/{id}", "getComparison", "A comparison").answers(
            200,
            "The comparison.",
            refer("Comparison"),
        ),
        post(
            "/v1/counter-runs/{id}/cancel",
            "cancelComparison",
            "Stop a comparison at the end of the page it is at",
        )
        .says("What it did stays.")
        .answers(202, "The comparison, which stops.", refer("Comparison"))
        .refuses(&["run_over"]),
        get(
            "/v1/counter-runs/{id}/findings",
            "listFindings",
            "What a comparison found, in the order of the keys",
        )
        .query("verdict", choice(&["drift", "suspect", "no_truth"], "Only these."))
        .query("search", text("Only those about counters whose keys begin like this."))
        .pages("Findings.", "Finding")
        .refuses(&["bad_verdict"]),
    ]
}

pub fn run() -> Schema {
    let counts = object("What it counted.")
        .with("checked", count("Counters that were looked at."))
        .with("alike", count("Of which all three numbers agreed."))
        .with("in_flight", count("Of which a push was in flight, or that moved meanwhile."))
        .with("unknown", count("Of which the truth's source did not say anything."))
        .with("drifted", count("That were wrong."))
        .with("repaired", count("Of these, that are right by now."))
        .with("size", count("By how much all that were wrong were wrong together."))
        .with("calls", count("Calls to the provider and to the truth's source."));
    object("A comparison.")
        .with("id", id("crn", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("counter_id", id("ctr", "The definition."))
        .with("state", words(&["waiting", "running", "succeeded", "failed", "cancelled"], "How it is."))
        .with("cause", words(&["schedule", "manual", "api"], "What it was begun by."))
        .with("dry_run", flag("Whether it only looks."))
        .with(
            "pass",
            count("1 while it looks at all counters, 2 while it looks again at those it suspected.").like(1),
        )
        .with("counts", counts)
        .with("reason", text("Why it ended as it did.").or_null().like(json!(null)))
        .with("cancel_requested", flag("Whether somebody asked it to stop."))
        .with("created_at", time("When it was asked for."))
        .with("started_at", time("When it began.").or_null())
        .with("heartbeat_at", time("When it last moved on.").or_null())
        .with("finished_at", time("When it ended.").or_null())
}

fn asked() -> Schema {
    run()
        .says("A comparison that was asked for.")
        .with("under_way", flag("Whether it is another one that was under way already."))
}

fn finding() -> Schema {
    let number = |says: &str| whole(says).or_null();
    let kinds = ["number", "empty", "other", "no_record"];
    object("What was found about a counter.")
        .with("key", text("Its key.").like("40577087837"))
        .with("verdict", words(&["suspect", "drift", "no_truth"], "What was found."))
        .with("outcome", words(&["open", "reported", "repairing", "repaired", "moved"], "What became of it."))
        .with("expected", number("What it should be; null: nobody knows.").like(9))
        .with("counter", number("What the counter was; null: it vanished.").like(9))
        .with("property", number("What HubSpot showed; null: no number, or it was not read.").like(8))
        .with(
            "property_is",
            words(&kinds, "What kind of thing HubSpot showed; null: it was not read.").or_null(),
        )
        .with("counter_wrong", flag("Whether the counter was wrong."))
        .with("property_wrong", flag("Whether the property was wrong."))
        .with("counter_off", number("By how much the counter was too high.").like(0))
        .with("property_off", number("By how much the property was too high.").like(-1))
        .with("since", time("Since when at most.").or_null())
        .with("words", text("What the truth's source said instead of a number.").or_null().like(json!(null)))
        .with("found_at", time("When it was found."))
        .with("settled_at", time("When it was right again.").or_null())
}
