//! What syncs do with a record, for its own page: what it is synced with, what was done about it, and what happened at both sides.

use super::super::Portal;
use super::super::views::syncs::{SideEvent, SyncDid, SyncedWith, names};
use super::events::{About, in_order, of};
use super::history::view;
use super::show::{Known, link_card, record_ref, stored};
use crate::api::access::Caller;
use syncline_core::sync::Side;
use syncline_store::connections::Connection;
use syncline_store::records::Stored;
use syncline_store::syncs::links::LinkRow;
use syncline_store::syncs::{self, Sync, history, links};
use syncline_store::{Scope, StoreError};

/// Syncs of a connection that are asked.
const SYNCS: u32 = 20;
/// What one sync did last, and what all of them did.
const DID: u32 = 8;
/// Partners whose events are read: a record has more than one only where it is in several syncs.
const PARTNERS: usize = 4;

/// What syncs do with a record.
#[derive(Default)]
pub(in super::super) struct Around {
    /// What it is synced with.
    pub(in super::super) synced: Vec<SyncedWith>,
    /// What they did last, the latest first.
    pub(in super::super) did: Vec<SyncDid>,
    /// The latest webhook events about it and about what it is synced with.
    pub(in super::super) events: Vec<SideEvent>,
}

/// Looks around a record. Every question is about this record or a partner, and answered through an index.
pub(in super::super) async fn around(
    portal: &Portal,
    caller: &Caller,
    connection: &Connection,
    record: &Stored,
) -> Result<Around, StoreError> {
    let own = About {
        connection,
        object_type: &record.object_type,
        id: &record.record_id,
        side: super::super::show::provider_name(&connection.provider).to_owned(),
        here: true,
    };
    let mut around = Around { events: of(portal, caller, &own).await?, ..Around::default() };
    let store = &portal.api.cx.store;
    let filter =
        syncs::Filter { connection_id: Some(record.connection_id.clone()), ..syncs::Filter::default() };
    let (mut known, mut partners) = (Known::default(), 0);
    for sync in syncs::list(store, &Scope::All, &filter, None, SYNCS).await? {
        for side in Side::BOTH.into_iter().filter(|side| is_on(&sync, *side, record)) {
            around.did.extend(did(portal, &mut known, &sync, (side, record)).await?);
            let ids = std::slice::from_ref(&record.record_id);
            for row in links::by_records(store, &sync.id, side, ids).await? {
                if partners < PARTNERS {
                    around
                        .events
                        .extend(theirs(portal, caller, &mut known, (&sync, side.other()), &row).await?);
                    partners += 1;
                }
                around.synced.push(synced(portal, &mut known, (&sync, side.other()), &row).await?);
            }
        }
    }
    around.events = in_order(around.events);
    around.did.sort_by(|a, b| b.view.at.cmp(&a.view.at));
    around.did.truncate(DID as usize);
    Ok(around)
}

/// What a link joins the record with, `there`.
async fn synced(
    portal: &Portal,
    known: &mut Known,
    (sync, there): (&Sync, Side),
    row: &LinkRow,
) -> Result<SyncedWith, StoreError> {
    let ends = known.ends(portal, sync).await?;
    let other_id = row.link.ids[there].clone();
    let other = match &other_id {
        Some(id) => Some(record_ref(id, stored(portal, sync, there, id).await?.as_ref())),
        None => None,
    };
    Ok(SyncedWith {
        link: link_card(row),
        sync_name: sync.name.clone(),
        other: ends[there].clone(),
        other_id,
        other_href: other.and_then(|record| record.href),
    })
}

/// What a sync did about the record, the latest first.
async fn did(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    (side, record): (Side, &Stored),
) -> Result<Vec<SyncDid>, StoreError> {
    let filter = history::Filter {
        sync_id: sync.id.clone(),
        link_id: None,
        record: Some((side, record.record_id.clone())),
    };
    let rows = history::page(&portal.api.cx.store, &Scope::All, &filter, None, DID).await?;
    let names = names(&known.ends(portal, sync).await?);
    let entry = |row: history::HistoryRow| SyncDid {
        sync_name: sync.name.clone(),
        side: row.side.map(|at| names[at].clone()),
        here: row.side == Some(side),
        view: view(sync, row),
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Events about the record at the other side of a link.
async fn theirs(
    portal: &Portal,
    caller: &Caller,
    known: &mut Known,
    (sync, there): (&Sync, Side),
    row: &LinkRow,
) -> Result<Vec<SideEvent>, StoreError> {
    let side = names(&known.ends(portal, sync).await?)[there].clone();
    let connection = known.get(portal, &sync.connections[there]).await?;
    let (Some(id), Some(connection)) = (&row.link.ids[there], connection) else { return Ok(Vec::new()) };
    let object_type = &sync.agreement.sides[there].object_type;
    of(portal, caller, &About { connection, object_type, id, side, here: false }).await
}

/// Whether a record is one of those that a side of a sync is about.
fn is_on(sync: &Sync, side: Side, record: &Stored) -> bool {
    sync.connections[side] == record.connection_id
        && sync.agreement.sides[side].object_type == record.object_type
}
