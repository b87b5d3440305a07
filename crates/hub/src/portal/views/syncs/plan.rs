//! What a dry run would have done.

use super::ends::{self, End};
use super::history::{ids, said};
use super::values::{Change, HeldView};
use syncline_core::sync::{Side, Sides};

/// Something that would have been done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanRow {
    /// Its place in the order of the run.
    pub n: u64,
    /// What it is, in a word (`updated`).
    pub what: String,
    /// The side that would have been written to.
    pub side: Option<Side>,
    /// The records, as far as they are known.
    pub ids: Sides<Option<String>>,
    /// The page of the record that there is.
    pub href: Option<String>,
    /// What would have been written.
    pub changes: Vec<Change>,
    /// What would not have been taken.
    pub held: Vec<HeldView>,
    /// What else is to be known.
    pub message: String,
}

impl PlanRow {
    pub(super) fn class(&self) -> &'static str {
        said(&self.what).0
    }

    /// A plan says what is to be done.
    pub(super) fn word(&self) -> String {
        match self.what.as_str() {
            "created" => "Create".to_owned(),
            "updated" => "Update".to_owned(),
            "deleted" => "Delete".to_owned(),
            other => said(other).1,
        }
    }

    pub(super) fn side_name(&self, ends: &Sides<End>) -> String {
        ends::name(ends, self.side)
    }

    pub(super) fn records(&self) -> String {
        ids(&self.ids)
    }

    pub(super) fn says(&self) -> &str {
        &self.message
    }
}
