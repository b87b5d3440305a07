//! Conflicts: what a person has to decide.

use super::Room;
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::schema::{
    Schema, about, anything, choice, count, either, flag, id, list, object, refer, sides, text, time, words,
};
use serde_json::json;

/// The kinds there are.
const KINDS: [&str; 5] = ["field", "deletion", "match", "duplicate", "guard"];
const SIDES: [&str; 2] = ["left", "right"];

pub fn room() -> Room {
    Room {
        tag: "Conflicts",
        says: "What no rule decides, and a person has to.",
        operations: operations(),
        schemas: vec![
            ("Conflict", conflict()),
            ("ConflictShown", shown()),
            ("ConflictAbout", about_what()),
            ("Choice", choice_schema()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/conflicts", "listConflicts", "Conflicts, the latest first")
            .of_organization()
            .query("sync_id", text("Only this sync's."))
            .query("link_id", text("Only this link's."))
            .in_state(&["open", "resolved", "passed"], "Only those that are so.")
            .query("kind", choice(&KINDS, "Only of this kind."))
            .query("search", text("Only about a record with this somewhere in its name, or with this id."))
            .pages("Conflicts.", "Conflict")
            .refuses(&["bad_kind", "not_found"]),
        get("/v1/conflicts/{id}", "getConflict", "A conflict, with the records it is about").answers(
            200,
            "The conflict.",
            refer("ConflictShown"),
        ),
        post("/v1/conflicts/{id}/resolve", "resolveConflict", "Decide a conflict")
            .says("With one of its `choices`. What follows is carried out in the background.")
            .takes("Choice", json!({ "choice": "side", "side": "left" }))
            .answers(200, "The conflict, as it is then.", refer("Conflict"))
            .refuses(&["conflict_over", "choice_misfit"]),
    ]
}

fn choice_schema() -> Schema {
    let one = |word: &'static str| object("").with("choice", words(&[word], ""));
    let side = one("side")
        .says("Of a field: what this side has goes to the other. Of a deletion: the state of this side.")
        .with("side", words(&SIDES, "Which."))
        .maybe("force", flag("Of a deletion: whatever the provider objects.").usually(false));
    let is = one("is")
        .says("Of a match: it is the same as this one.")
        .with("id", text("The other side's record.").long(0, 1_000));
    let choices = vec![
        side.closed(),
        is.closed(),
        one("leave").says("Of a match or a duplicate: it is left alone.").closed(),
        one("delete").says("Of the guard: the deletions are carried over.").closed(),
        one("keep").says("Of the guard: the other side's records stay.").closed(),
    ];
    either(choices, "What may be decided.")
}

fn about_what() -> Schema {
    let one = |word: &'static str| object("").with("kind", words(&[word], ""));
    let side = || words(&SIDES, "Where.");
    let record = || text("A record's id.");
    let kinds = vec![
        one("field")
            .says("Both sides changed the fields of a rule, differently.")
            .with("rule", text("The rule.").like("email")),
        one("deletion")
            .says("One side's record is gone, and the other's may not just follow.")
            .with("side", side())
            .with("reason", text("Why it has to be asked.")),
        one("match")
            .says("Several records could be the one that this one is the same as.")
            .with("side", side())
            .with("id", record())
            .with("candidates", list(text(""), "The ids on the other side.")),
        one("duplicate")
            .says("There are two of one thing on one side.")
            .with("side", side())
            .with("id", record())
            .with("of", text("The one that is linked.")),
        one("guard")
            .says("More was deleted than the guard lets pass.")
            .with("side", side())
            .with("waiting", count("How many deletions wait.")),
    ];
    either(kinds, "What a conflict is about.")
}

fn conflict() -> Schema {
    object("A conflict.")
        .with("id", id("cnf", ""))
        .with("sync_id", id("syn", "The sync."))
        .with("org_id", text("Whose.").like("acme"))
        .with("link_id", id("lnk", "The link, where there is one.").or_null())
        .with("left_id", text("The left record's id.").or_null().like("501"))
        .with("right_id", text("The right record's id.").or_null())
        .with("kind", words(&KINDS, "What kind it is."))
        .with("about", refer("ConflictAbout"))
        .maybe("fields", sides(&list(text(""), ""), "The fields that `faces` and `base` are of."))
        .with("faces", sides(&refer("Face"), "What both sides show."))
        .with("base", sides(&refer("Face"), "What both showed when they last agreed.").or_null())
        .with("changed_at", sides(&time("").or_null(), "When each side changed, as far as that is known."))
        .with("winner", words(&SIDES, "Who won, where the policy decided.").or_null().like(json!(null)))
        .with("state", words(&["open", "resolved", "passed"], "How it is."))
        .with("choices", list(about("Choice", ""), "What may be decided, while it is open."))
        .with("choice", anything("What was decided; null: nothing yet.").like(json!(null)))
        .with("resolved_by", text("Who decided; `policy` for the agreement.").or_null().like(json!(null)))
        .with("opened_at", time("When it was noticed."))
        .with("updated_at", time("When it last changed."))
        .with("resolved_at", time("When it was over.").or_null())
}

fn shown() -> Schema {
    conflict()
        .says("A conflict, with the records it is about.")
        .with("records", sides(&list(refer("RecordBrief"), ""), "In short."))
}
