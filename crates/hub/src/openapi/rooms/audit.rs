//! The audit log: who did what, for operators.

use super::Room;
use crate::audit::Action;
use crate::openapi::operation::{Access, Operation, get};
use crate::openapi::schema::{Schema, choice, moment, object, text, time, whole, words};

/// Where somebody came in by.
const DOORS: [&str; 5] = ["portal", "api", "cli", "page", "hub"];

pub fn room() -> Room {
    Room {
        tag: "Audit",
        says: "For operators: who did what, when, and by which door.",
        operations: vec![list()],
        schemas: vec![("AuditEntry", entry())],
    }
}

fn list() -> Operation {
    get("/v1/audit", "listAuditEntries", "Who did what, the latest first")
        .for_(Access::Operator)
        .query("door", choice(&DOORS, "Only by this door."))
        .query("actor", text("Only by whoever is called this.").like("backend"))
        .query("action", text("Only this action, or, without its dot, all of a group.").like("connection"))
        .query("org_id", text("Only what concerns this organization."))
        .query("object_id", text("Only what was done to this object."))
        .query("since", moment("From this instant on."))
        .query("until", moment("Before this instant."))
        .pages("Entries.", "AuditEntry")
        .refuses(&["bad_door", "bad_action", "bad_time"])
}

fn entry() -> Schema {
    let actions: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    object("Something that somebody did.")
        .with("seq", whole("Its place in the order."))
        .with("at", time("When."))
        .with("door", words(&DOORS, "By which door; `hub`: by itself."))
        .with("actor", text("The key's name, the portal's session, the page's origin; empty for the hub."))
        .with("action", words(&actions, "What."))
        .with("org_id", text("Whom it concerns; null: nobody, or everybody.").or_null())
        .with("object_id", text("To what; empty where there is only one."))
        .with("detail", text("In what way, for people; may be empty."))
}
