//! Syncs, their ends, runs and records as the views want them.

use super::super::Portal;
use super::super::connections::title;
use super::super::show::provider_name;
use super::super::views::syncs::{End, LinkCard, LinkCounts, RecordRef, SyncRow, SyncRunRow, Tally};
use super::super::views::text;
use crate::sync::run::Tally as Done;
use std::collections::BTreeMap;
use syncline_core::sync::{Side, Sides};
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection};
use syncline_store::records::Stored;
use syncline_store::runs::State as RunState;
use syncline_store::syncs::links::LinkRow;
use syncline_store::syncs::runs::{self, SyncRun};
use syncline_store::syncs::{State, Sync, conflicts, marks};
use syncline_store::{Scope, StoreError, records};

/// Connections that were looked up already: a page asks for each once.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Option<Connection>>);

impl Known {
    /// The connection of this id, if there is one.
    pub(super) async fn get(&mut self, portal: &Portal, id: &str) -> Result<Option<&Connection>, StoreError> {
        if !self.0.contains_key(id) {
            let found = connections::get(&portal.api.cx.store, &Scope::All, id).await?;
            self.0.insert(id.to_owned(), found);
        }
        Ok(self.0.get(id).and_then(Option::as_ref))
    }

    /// Both ends of a sync.
    pub(super) async fn ends(&mut self, portal: &Portal, sync: &Sync) -> Result<Sides<End>, StoreError> {
        let mut ends = Sides::default();
        for side in Side::BOTH {
            let party = &sync.agreement.sides[side];
            let connection = self.get(portal, &sync.connections[side]).await?;
            ends[side] = End {
                object_type: party.object_type.clone(),
                collection: party.collection.clone(),
                ..end(&sync.connections[side], connection)
            };
        }
        Ok(ends)
    }
}

/// A connection as an end; its id is all there is to say when it is gone.
pub(super) fn end(id: &str, connection: Option<&Connection>) -> End {
    End {
        connection_id: id.to_owned(),
        provider_name: connection.map_or("", |it| provider_name(&it.provider)).to_owned(),
        account_name: connection.map_or_else(|| id.to_owned(), title),
        ..End::default()
    }
}

/// A sync with its counts and its latest run.
pub(super) async fn sync_row(portal: &Portal, known: &mut Known, sync: &Sync) -> Result<SyncRow, StoreError> {
    let store = &portal.api.cx.store;
    let last = latest(portal, &sync.id, 1).await?.pop();
    let links = portal.counts.links(portal, &sync.id).await;
    Ok(SyncRow {
        id: sync.id.clone(),
        name: sync.name.clone(),
        organization: sync.org_id.clone(),
        ends: known.ends(portal, sync).await?,
        paused: sync.state == State::Paused,
        reason: sync.reason.clone(),
        primed: sync.primed_at.is_some(),
        last_run: last.map(|run| run_row(run, portal.api.cx.now())),
        links: links.map(|counts| LinkCounts {
            linked: counts.linked,
            creating: counts.creating,
            ended: counts.ended,
            held: counts.held,
        }),
        conflicts: conflicts::count_open(store, &Scope::All, Some(&sync.id)).await?,
        waiting: marks::count(store, &sync.id).await?,
    })
}

/// The latest runs of a sync.
pub(super) async fn latest(portal: &Portal, sync_id: &str, limit: u32) -> Result<Vec<SyncRun>, StoreError> {
    let filter = runs::Filter { sync_id: Some(sync_id.to_owned()), ..runs::Filter::default() };
    runs::list(&portal.api.cx.store, &Scope::All, &filter, None, limit).await
}

/// A run as the views want it.
pub(super) fn run_row(run: SyncRun, now: Timestamp) -> SyncRunRow {
    let end =
        run.finished_at.or_else(|| (run.state == RunState::Running).then_some(now)).or(run.heartbeat_at);
    let span = run.started_at.zip(end).map(|(start, end)| end.since(start));
    SyncRunRow {
        towards: run.towards,
        dry_run: run.dry_run,
        reading: run.reading.name().to_owned(),
        trigger: run.trigger.name().to_owned(),
        state: run.state.name().to_owned(),
        phase: run.phase.name().to_owned(),
        reason: run.reason,
        stopping: run.cancel_requested,
        unfinished: run.state.is_unfinished(),
        total: run.total,
        tally: tally(&run.counts),
        created_at: run.created_at.to_string(),
        started_at: run.started_at.map(|at| at.to_string()),
        finished_at: run.finished_at.map(|at| at.to_string()),
        heartbeat_at: run.heartbeat_at.map(|at| at.to_string()),
        millis: span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        sync_id: run.sync_id,
        id: run.id,
    }
}

/// What a run counted; a run that has not begun has counted nothing.
fn tally(counts: &serde_json::Value) -> Tally {
    let done: Done = serde_json::from_value(counts.clone()).unwrap_or_default();
    Tally {
        looked_at: done.looked_at,
        linked: done.linked,
        created: done.created,
        updated: done.updated,
        deleted: done.deleted,
        conflicts: done.conflicts,
        refused: done.refused,
        questions: done.questions,
        later: done.later,
        calls: done.calls,
    }
}

/// A link of a list.
pub(super) fn link_card(row: &LinkRow) -> LinkCard {
    LinkCard {
        id: row.id.clone(),
        sync_id: row.sync_id.clone(),
        name: row.name.clone(),
        ids: row.link.ids.clone(),
        state: row.state().name().to_owned(),
        trouble: row.trouble.name().to_owned(),
        updated_at: row.updated_at.to_string(),
    }
}

/// The mirrored record of a side, if there is one.
pub(super) async fn stored(
    portal: &Portal,
    sync: &Sync,
    side: Side,
    id: &str,
) -> Result<Option<Stored>, StoreError> {
    let (store, object_type) = (&portal.api.cx.store, &sync.agreement.sides[side].object_type);
    records::get(store, &Scope::All, &sync.connections[side], object_type, id).await
}

/// A record as people know it; its id is all there is to say where it is not mirrored.
pub(super) fn record_ref(id: &str, stored: Option<&Stored>) -> RecordRef {
    let Some(stored) = stored else { return RecordRef::only(id) };
    let (connection, object_type) =
        (text::segment(&stored.connection_id), text::segment(&stored.object_type));
    RecordRef {
        id: id.to_owned(),
        name: stored.item.name.clone(),
        href: Some(format!("/portal/records/{connection}/{object_type}/{}", text::segment(id))),
        url: stored.item.url.clone(),
        gone: stored.gone_at.is_some(),
        archived: stored.archived,
        modified_at: stored.modified_at.map(|at| at.to_string()),
        read_at: Some(stored.read_at.to_string()),
    }
}
