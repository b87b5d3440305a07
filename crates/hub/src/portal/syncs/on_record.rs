//! What a record is synced with, for its own page.

use super::super::Portal;
use super::super::views::syncs::SyncedWith;
use super::show::{Known, link_card, record_ref, stored};
use syncline_core::sync::Side;
use syncline_store::records::Stored;
use syncline_store::syncs::{self, Sync, links};
use syncline_store::{Scope, StoreError};

/// Syncs of a connection that are asked.
const SYNCS: u32 = 20;

/// The links that a record is part of.
pub(in super::super) async fn synced_with(
    portal: &Portal,
    record: &Stored,
) -> Result<Vec<SyncedWith>, StoreError> {
    let store = &portal.api.cx.store;
    let filter =
        syncs::Filter { connection_id: Some(record.connection_id.clone()), ..syncs::Filter::default() };
    let (mut known, mut found) = (Known::default(), Vec::new());
    for sync in syncs::list(store, &Scope::All, &filter, None, SYNCS).await? {
        for side in Side::BOTH.into_iter().filter(|side| is_on(&sync, *side, record)) {
            let ids = std::slice::from_ref(&record.record_id);
            for row in links::by_records(store, &sync.id, side, ids).await? {
                let (there, ends) = (side.other(), known.ends(portal, &sync).await?);
                let other_id = row.link.ids[there].clone();
                let other = match &other_id {
                    Some(id) => Some(record_ref(id, stored(portal, &sync, there, id).await?.as_ref())),
                    None => None,
                };
                found.push(SyncedWith {
                    link: link_card(&row),
                    sync_name: sync.name.clone(),
                    other: ends[there].clone(),
                    other_id,
                    other_href: other.and_then(|record| record.href),
                });
            }
        }
    }
    Ok(found)
}

/// Whether a record is one of those that a side of a sync is about.
fn is_on(sync: &Sync, side: Side, record: &Stored) -> bool {
    sync.connections[side] == record.connection_id
        && sync.agreement.sides[side].object_type == record.object_type
}
