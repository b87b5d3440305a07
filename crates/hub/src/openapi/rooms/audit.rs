//! Who did what.

use super::Room;
use crate::openapi::operation::{Access, Operation, get};
use crate::openapi::schema::{Schema, choice, moment, object, text, time, whole, words};

/// Through what somebody may come.
const DOORS: [&str; 5] = ["portal", "api", "cli", "page", "hub"];

pub fn room() -> Room {
    Room {
        tag: "Audit log",
        says: "For operators: who did what, and when.",
        operations: vec![list()],
        schemas: vec![("AuditEntry", entry())],
    }
}

fn list() -> Operation {
    get("/v1/audit", "listAudit", "Who did what, the latest first")
        .for_(Access::Operator)
        .query("door", choice(&DOORS, "Only what was done through this door."))
        .query("actor", text("Only by whoever is called this."))
        .query("action", text("Only this action, or all of a group: what stands before its dot."))
        .query("org_id", text("Only what concerns this organization."))
        .query("object_id", text("Only what was done to the object with this id."))
        .query("since", moment("From this moment on."))
        .query("until", moment("Before this moment."))
        .query(
            "search",
            text("Only with this somewhere in who, the object's id or the detail, in capital or small letters."),
        )
        .pages("Entries.", "AuditEntry")
        .refuses(&["bad_door", "bad_action", "bad_time"])
}

fn entry() -> Schema {
    object("Something that was done.")
        .with("seq", whole("Its place in the order.").like(42))
        .with("at", time("When."))
        .with("door", words(&DOORS, "Through which door."))
        .with(
            "actor",
            text("Who: the key's name, the portal's session, the page's origin; empty for the hub itself.")
                .like("backend"),
        )
        .with("action", text("What; docs/security.md lists them.").like("connection.disconnected"))
        .with("org_id", text("Whose the object is; null: nobody's, or everybody's.").or_null().like("acme"))
        .with(
            "object_id",
            text("To what: its id; empty where there is only one.").like("con_0CT4S7O2R0PJ8DHQ3K6VB1F9EG"),
        )
        .with("detail", text("In what way, for people; may be empty.").like(""))
}
