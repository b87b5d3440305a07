//! Links: which record of the left is which of the right.

use super::Room;
use crate::openapi::operation::{Operation, get};
use crate::openapi::schema::{
    Schema, about, choice, flag, id, list, object, refer, sides, text, time, whole, words,
};
use serde_json::json;

/// The sides of a sync.
const SIDES: [&str; 2] = ["left", "right"];

pub fn room() -> Room {
    let mut schemas = vec![
        ("Link", link()),
        ("LinkShown", shown()),
        ("LinkRule", rule()),
        ("Held", held()),
        ("Decision", decision()),
        ("RecordBrief", brief()),
    ];
    schemas.extend(super::agreements::schemas());
    Room {
        tag: "Links",
        says: "Which record of one side is which of the other, and what both show.",
        operations: operations(),
        schemas,
    }
}

fn operations() -> Vec<Operation> {
    vec![
        get("/v1/syncs/{id}/links", "listLinks", "Links of a sync, in the order in which they were made")
            .in_state(&["linked", "creating", "ended"], "Only those that are so.")
            .query("trouble", choice(&["held", "conflict", "none"], "Only those with this trouble."))
            .query("record", text("Only those of this record, of whichever side."))
            .query("search", text("Only those with this somewhere in the records' name."))
            .pages("Links.", "Link"),
        get("/v1/links/{id}", "getLink", "A link, rule by rule").answers(
            200,
            "The link.",
            refer("LinkShown"),
        ),
        get(
            "/v1/links/{id}/history",
            "listLinkHistory",
            "What was done and noticed about a link, the latest first",
        )
        .pages("Entries.", "HistoryEntry"),
    ]
}

fn link() -> Schema {
    let ended = object("Why it is over.")
        .with("why", words(&["deleted", "unlinked", "merged"], "What happened."))
        .with("side", words(&SIDES, "Where."));
    let creating = object("What is being created.")
        .with("side", words(&SIDES, "Where."))
        .with("sent_at", time("Since when nobody sends it any more, as far as is known."))
        .with("open", flag("Whether somebody may still be sending it."));
    object("A link.")
        .with("id", id("lnk", ""))
        .with("sync_id", id("syn", "The sync."))
        .with("org_id", text("Whose.").like("acme"))
        .with("name", text("What people call the two records.").like("ada lovelace"))
        .with("left_id", text("The left record's id.").or_null().like("501"))
        .with("right_id", text("The right record's id.").or_null())
        .with("state", words(&["linked", "creating", "ended"], "How it is."))
        .with("ended", ended.or_null())
        .with("creating", creating.or_null())
        .with("trouble", words(&["none", "held", "conflict"], "What people may want to know of it."))
        .with("held", list(refer("Held"), "Values that one side does not take."))
        .with("created_at", time("When it was made."))
        .with("updated_at", time("When it last changed."))
        .with("ended_at", time("When it was over.").or_null())
        .with("version", whole("How often it changed.").like(1))
}

fn held() -> Schema {
    object("A value that one side does not take.")
        .with("rule", text("Of which rule, where that is known.").or_null())
        .with("side", words(&SIDES, "The side that does not take it."))
        .with("field", text("The field there.").or_null())
        .with("value", about("FieldValue", "The value that belongs there, where it is one."))
        .with("reason", text("Why it is not there."))
}

fn shown() -> Schema {
    let brief = about("RecordBrief", "").or_null();
    link()
        .says("A link, rule by rule.")
        .with("records", sides(&brief, "Both records, in short."))
        .with("rules", list(refer("LinkRule"), ""))
        .with(
            "external",
            sides(
                &text("").or_null(),
                "The id of the other side's record that each record is known to hold.",
            ),
        )
        .with("status", sides(&text("").or_null(), "What kind of status each record is known to show."))
        .with("written_at", sides(&time("").or_null(), "When each side last answered a write of ours."))
        .with(
            "deletion",
            about("Decision", "What a person decided about a deletion, until it is carried out.").or_null(),
        )
        .with("conflicts", list(refer("Conflict"), "Those that are open."))
}

fn rule() -> Schema {
    let face = about("Face", "").or_null();
    object("A rule of a link.")
        .with("rule", text("Its name.").like("email"))
        .with("form", refer("Form"))
        .with("way", words(&["both", "left_to_right", "right_to_left"], "Which way it goes."))
        .with("fields", sides(&list(text(""), ""), "The fields of each side."))
        .with(
            "faces",
            sides(
                &face,
                "What each side shows in them now; null while its record is not there, or was never read.",
            ),
        )
        .with(
            "base",
            sides(&refer("Face"), "What each showed when they last agreed; null: they were never compared.")
                .or_null(),
        )
        .with("known_at", sides(&time(""), "Since when that is known.").or_null())
        .with("held", list(refer("Held"), "Values that one side does not take."))
        .with("decision", about("Decision", "What a person decided, until it is carried out.").or_null())
}

fn decision() -> Schema {
    object("What a person decided.")
        .with("winner", words(&SIDES, "Whose state wins."))
        .with("faces", sides(&refer("Face"), "What the person saw."))
        .with("force", flag("For a deletion: whatever the provider objects."))
}

fn brief() -> Schema {
    let states = ["there", "archived", "gone", "elsewhere", "unknown"];
    object("A record in short.")
        .with("connection_id", id("con", "Through which connection."))
        .with("object_type", text("Its type.").like("contacts"))
        .with("id", text("Its id at the provider.").like("501"))
        .with("state", words(&states, "How it is there."))
        .with("name", text("What people call it.").or_null().like("Ada Lovelace"))
        .with("url", text("Where people look at it.").or_null().like(json!(null)))
        .with("merged_into", text("The record it became part of.").or_null().like(json!(null)))
        .with("modified_at", time("When it last changed at the provider.").or_null())
        .with("read_at", time("When it was last read.").or_null())
}
