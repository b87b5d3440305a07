//! The page of a sync.

use super::super::connections::title;
use super::super::query::Query;
use super::super::session::Session;
use super::super::show::provider_name;
use super::super::views::syncs::{SyncPage, mapping, terms};
use super::super::views::{Section, text};
use super::super::{Failure, Portal, render};
use super::show::{Known, latest, run_row, sync_row};
use super::{Did, act, conflicts as shown, find, history as done};
use axum::extract::{Path, State};
use axum::response::Response;
use syncline_core::sync::Side;
use syncline_store::connections::Status;
use syncline_store::syncs::{ConflictState, Sync, conflicts, history};
use syncline_store::{Scope, StoreError};

/// Runs on a sync's page.
const RUNS: u32 = 5;
/// Conflicts on it.
const CONFLICTS: u32 = 3;
/// Entries of the history on it.
const HISTORY: u32 = 6;

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(Did { did }): Query<Did>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &id).await?;
    let (store, now) = (&portal.api.cx.store, portal.api.cx.now());
    let mut known = Known::default();
    let row = sync_row(&portal, &mut known, &sync).await?;
    let runs = latest(&portal, &id, RUNS).await?.into_iter().map(|run| run_row(run, now)).collect();
    let open = conflicts::Filter {
        sync_id: Some(id.clone()),
        state: Some(ConflictState::Open),
        ..conflicts::Filter::default()
    };
    let open = conflicts::page(store, &Scope::All, &open, None, CONFLICTS).await?;
    let conflicts = shown::cards(&portal, &mut known, open).await?;
    let filter = history::Filter { sync_id: id.clone(), ..history::Filter::default() };
    let lately = history::page(store, &Scope::All, &filter, None, HISTORY).await?;
    let mut shell = session.shell(&portal, Section::Syncs);
    shell.notice = did.as_deref().and_then(act::said);
    Ok(render(&SyncPage {
        shell,
        stuck: stuck(&portal, &mut known, &sync).await?,
        mapping: mapping(&sync.agreement, sync.schemas.as_ref(), &row.ends, &[]),
        terms: terms(&sync.agreement, &row.ends, &every(&portal, &sync)),
        created_at: sync.created_at.to_string(),
        updated_at: sync.updated_at.to_string(),
        primed_at: sync.primed_at.map(|at| at.to_string()),
        sync: row,
        runs,
        conflicts,
        history: lately.into_iter().map(|row| done::view(&sync, row)).collect(),
    }))
}

/// What is wrong with its connections: a sentence, and the connection's page.
async fn stuck(portal: &Portal, known: &mut Known, sync: &Sync) -> Result<Vec<(String, String)>, StoreError> {
    let mut stuck = Vec::new();
    for side in Side::BOTH {
        let id = &sync.connections[side];
        let href = format!("/portal/connections/{}", text::segment(id));
        match known.get(portal, id).await? {
            Some(connection) if connection.status == Status::Active => {}
            Some(connection) => {
                let what = match connection.status {
                    Status::NeedsReauthorization => {
                        "has to be connected again by a person. Nothing is carried over until then."
                    }
                    Status::Active | Status::Disconnected => {
                        "is disconnected. Nothing is carried over until it is connected again."
                    }
                };
                let who = format!("{} ({})", title(connection), provider_name(&connection.provider));
                stuck.push((format!("{} {what}", text::preview(&who, 120)), href));
            }
            None => stuck.push((format!("The connection on the {side} is gone."), href)),
        }
    }
    Ok(stuck)
}

/// How often it runs by itself, in words.
fn every(portal: &Portal, sync: &Sync) -> String {
    match sync.every {
        Some(every) if every.is_zero() => "only when asked".to_owned(),
        Some(every) => format!("every {}", span(every)),
        None => usual(portal),
    }
}

/// What the settings say about it.
pub(super) fn usual(portal: &Portal) -> String {
    let every = portal.api.cx.config.sync.every.span();
    every.map_or_else(|| "never".to_owned(), |every| format!("every {}", span(every)))
}

fn span(span: std::time::Duration) -> String {
    text::span(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}
