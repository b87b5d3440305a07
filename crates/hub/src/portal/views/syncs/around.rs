//! What happened around a record: webhook events of both sides, and what syncs did about it.

use super::super::event::EventRow;
use super::history::HistoryView;

/// A webhook event about one of two records that are synced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideEvent {
    /// What the side it came from is called.
    pub side: String,
    /// Whether it is about the record whose page this is.
    pub here: bool,
    /// The event.
    pub row: EventRow,
}

/// Something that a sync did or noticed about a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncDid {
    /// What people call the sync.
    pub sync_name: String,
    /// What the side is called where it was done; none: it was about both.
    pub side: Option<String>,
    /// Whether that is the side of the record whose page this is.
    pub here: bool,
    /// What it was.
    pub view: HistoryView,
}

impl SideEvent {
    /// Which side it came from, as people say it on the record's page.
    pub(in super::super) fn place(&self) -> &str {
        if self.here { "this record" } else { &self.side }
    }
}

impl SyncDid {
    /// Where all that is known of it is: the link, or the sync's history.
    pub(in super::super) fn href(&self) -> String {
        self.view.link_href().unwrap_or_else(|| self.view.history_href())
    }

    /// What it was.
    pub(in super::super) fn view(&self) -> &HistoryView {
        &self.view
    }

    /// Where it was done, as people say it on the record's page.
    pub(in super::super) fn place(&self) -> &str {
        match &self.side {
            Some(_) if self.here => "this record",
            Some(side) => side,
            None => "both",
        }
    }
}
