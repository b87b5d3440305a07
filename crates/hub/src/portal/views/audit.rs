//! The audit log.

use super::narrow::Narrow;
use super::shell::Shell;
use super::{filters, text};
use askama::Template;

/// What was done, the latest first.
#[derive(Debug, Template)]
#[template(path = "audit/index.html")]
pub struct AuditPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub narrow: Narrow,
    /// Why the filters cannot be used; the page then has no rows.
    pub problem: Option<String>,
    /// The entries.
    pub rows: Vec<AuditRow>,
    /// The cursor of the page after this one, where there is one.
    pub older: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRow {
    /// When, RFC 3339.
    pub at: String,
    /// Which way they came in, in words.
    pub door: &'static str,
    /// Who; may be empty.
    pub actor: String,
    /// What, in words.
    pub says: String,
    /// The same as a stable name.
    pub action: String,
    /// Whose the object is.
    pub organization: Option<String>,
    /// The object's id; may be empty.
    pub object_id: String,
    /// In what way; may be empty.
    pub detail: String,
}

/// Whether something is put into addresses: names of hundreds of characters would make the page heavy.
fn is_short(text: &str) -> bool {
    (1..=80).contains(&text.len())
}

impl AuditRow {
    /// The object's page, where it has one that outlives what was done.
    fn href(&self) -> Option<String> {
        if !is_short(&self.object_id) {
            return None;
        }
        let room = match self.object_id.split_once('_').map(|(kind, _)| kind) {
            Some("con") => "connections",
            Some("run") => "runs",
            Some("syn") => "syncs",
            Some("srn") => "sync-runs",
            Some("cnf") => "conflicts",
            Some("ep") => "endpoints",
            Some("ctr") => "counters",
            Some("crn") => "counter-runs",
            _ => return None,
        };
        let gone = self.action.ends_with(".removed");
        (!gone).then(|| format!("/portal/{room}/{}", text::segment(&self.object_id)))
    }

    /// The list narrowed to this object.
    fn same_object(&self) -> Option<String> {
        let query = || text::query(&[("object", &self.object_id)]);
        is_short(&self.object_id).then(|| format!("/portal/audit?{}", query()))
    }

    /// The list narrowed to whoever did it.
    fn same_actor(&self) -> Option<String> {
        let query = || text::query(&[("actor", &self.actor)]);
        is_short(&self.actor).then(|| format!("/portal/audit?{}", query()))
    }

    /// How the badge of what was done looks.
    fn class(&self) -> &'static str {
        let done = self.action.split_once('.').map_or("", |(_, done)| done);
        match done {
            "created" | "connected" | "reconnected" | "defined" | "enabled" | "resumed" => "k-create",
            "disconnected" | "removed" | "revoked" | "erased" | "discarded" | "skipped" => "k-delete",
            "sign_in_refused" | "disabled" | "paused" | "cancelled" | "run_cancelled" => "k-warn",
            "password_set" | "rotated" | "secret_rotated" | "exported" => "k-privacy",
            _ => "",
        }
    }
}
