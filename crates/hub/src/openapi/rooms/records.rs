//! Records: the mirror.

use super::Room;
use crate::openapi::operation::{Operation, get};
use crate::openapi::schema::{
    Schema, anything, choice, count, flag, id, list, object, refer, text, time, whole,
};
use serde_json::json;

pub fn room() -> Room {
    Room {
        tag: "Records",
        says: "The mirror of what is in the connected accounts.",
        operations: operations(),
        schemas: vec![("Record", record()), ("RecordShown", shown()), ("IntegrationItem", item())],
    }
}

fn filtered(operation: Operation) -> Operation {
    operation
        .of_organization()
        .query("connection_id", text("Only this connection's."))
        .query("object_type", text("Only of this type, in the provider's word."))
        .query("collection", text("Only in this collection: a table, a data source."))
        .query("search", text("Only with this somewhere in their name, in capital or small letters."))
        .query("archived", choice(&["true", "false"], "Only archived ones, or only others."))
        .query("gone", choice(&["true", "false"], "Only those that are gone, or only others."))
        .refuses(&["bad_flag", "not_found"])
}

fn operations() -> Vec<Operation> {
    let lines = text("One record a line, each a JSON object as `GET /v1/records` shows it.");
    let table = text(
        "RFC 4180, with a first line of names; see the description for what spreadsheets are kept from.",
    );
    vec![
        filtered(get("/v1/records", "listRecords", "Records, page by page")).pages("Records.", "Record"),
        filtered(get("/v1/records/export", "exportRecords", "All records that a query selects, as a file"))
            .says("JSON Lines are exact. CSV is for spreadsheets: a cell that a spreadsheet would run as a formula begins with an \
                   apostrophe. The answer is written while it is read; one that breaks off is not whole.")
            .query("format", choice(&["jsonl", "csv"], "In which form; left out: JSON Lines."))
            .query(
                "columns",
                text("For CSV: properties with commas between, each a column; left out: one column with all of them as JSON."),
            )
            .answers_in(200, "The file.", vec![("application/x-ndjson", lines), ("text/csv", table)])
            .and_header("Content-Disposition", "A name for the file.")
            .refuses(&["bad_format", "bad_columns"]),
        get("/v1/records/{connection}/{type}/{id}", "getRecord", "A record")
            .query("events", count("With the latest so many events about it.").within(0, 100).usually(0))
            .answers(200, "The record.", refer("RecordShown"))
            .refuses(&["bad_limit"]),
    ]
}

/// A record as a front end that knows no provider shows it.
pub fn item() -> Schema {
    object("A record as a front end that knows no provider shows it.")
        .with("id", text("Its id at the provider.").like("501"))
        .with("type", text("Its type, in the provider's word.").like("contacts"))
        .with("directory", flag("Whether it contains others."))
        .with("parent_path_or_name", text("What it is in.").or_null().like(json!(null)))
        .with("parent_id", text("The id of what it is in.").or_null().like(json!(null)))
        .with("name", text("What people call it.").like("Ada Lovelace"))
        .with("creation_time", time("When it was made at the provider.").or_null())
        .with("last_modified_time", time("When it last changed there.").or_null())
        .with("url", text("Where people look at it.").or_null().like(json!(null)))
        .with("children", list(text(""), "The ids of what it contains.").or_null().like(json!(null)))
        .with("mime_type", text("").or_null().like(json!(null)))
        .with("delta", text("").or_null().like(json!(null)))
        .with("drive_id", text("").or_null().like(json!(null)))
        .with("visibility", flag("Whether people see it."))
}

fn record() -> Schema {
    item()
        .says("A mirrored record.")
        .with("connection_id", id("con", "Through which connection it was read."))
        .with("org_id", text("Whose.").like("acme"))
        .with(
            "collection",
            text("Where it is, for types that are kept in several places; else empty.").like(""),
        )
        .with("archived", flag("Whether it is archived."))
        .with("gone_at", time("Since when it is gone.").or_null().like(json!(null)))
        .with("merged_into", text("The record it became part of.").or_null().like(json!(null)))
        .with("first_seen_at", time("When it was first mirrored."))
        .with("changed_at", time("When the mirror last changed."))
        .with("read_at", time("When it was last read."))
        .with("version", whole("How often it changed.").like(1))
        .with(
            "body",
            anything("The record as the provider gave it.").like(json!({ "id": "501", "properties": {} })),
        )
}

fn shown() -> Schema {
    record()
        .says("A mirrored record, with events about it where they were asked for.")
        .maybe("events", list(refer("Event"), "The latest first."))
}
