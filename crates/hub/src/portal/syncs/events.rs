//! Webhook events about records, each with the side it came from.

use super::super::Portal;
use super::super::show::row;
use super::super::views::syncs::SideEvent;
use crate::api::access::Caller;
use crate::api::records::history;
use syncline_store::StoreError;
use syncline_store::connections::Connection;

/// Events of one record.
const EACH: u32 = 20;
/// Events of all of them together.
const ALL: usize = 10;

/// A record that events may be about.
pub(super) struct About<'a> {
    /// The connection through which they come.
    pub(super) connection: &'a Connection,
    /// The record's type.
    pub(super) object_type: &'a str,
    /// Its id.
    pub(super) id: &'a str,
    /// What its side is called.
    pub(super) side: String,
    /// Whether it is the record whose page this is.
    pub(super) here: bool,
}

/// Events about one record, the latest first.
pub(super) async fn of(
    portal: &Portal,
    caller: &Caller,
    about: &About<'_>,
) -> Result<Vec<SideEvent>, StoreError> {
    let of = (about.object_type, about.id);
    let found = history(&portal.api, caller, about.connection, of, EACH).await?;
    let event = |event| SideEvent { side: about.side.clone(), here: about.here, row: row(event) };
    Ok(found.iter().map(event).collect())
}

/// Events of several records in one order: the latest first.
pub(super) fn in_order(mut events: Vec<SideEvent>) -> Vec<SideEvent> {
    // Moments are written with the same number of digits, and ids begin with the moment.
    events.sort_by(|a, b| (&b.row.occurred_at, &b.row.id).cmp(&(&a.row.occurred_at, &a.row.id)));
    events.dedup_by(|a, b| a.row.id == b.row.id);
    events.truncate(ALL);
    events
}
