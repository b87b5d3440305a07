//! The plan of a dry run, page by page.

use super::super::Portal;
use super::super::connections::some;
use super::super::views::syncs::{End, PlanRow, names};
use super::super::views::{Filter, Narrow, Turn, text};
use super::through::{Found, has, mentions, through};
use super::{changes, named};
use serde::Deserialize;
use syncline_core::sync::{Side, Sides};
use syncline_store::syncs::Sync;
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::SyncRun;
use syncline_store::{Scope, StoreError};

/// Actions on a page.
const PAGE: usize = 25;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanQuery {
    search: String,
    what: String,
    to: String,
    cursor: Turn,
    pub(super) did: Option<String>,
}

/// A page of a plan.
pub(super) struct PlanPage {
    pub(super) narrow: Narrow,
    pub(super) problem: Option<String>,
    pub(super) rows: Vec<PlanRow>,
    pub(super) next: Option<String>,
}

/// Every action, with its word.
const ACTIONS: [(&str, &str); 3] = [("created", "Create"), ("updated", "Update"), ("deleted", "Delete")];

/// The page of a run's plan that is asked for; empty for a run that wrote.
pub(super) async fn page(
    portal: &Portal,
    sync: &Sync,
    run: &SyncRun,
    query: &PlanQuery,
    ends: &Sides<End>,
) -> Result<PlanPage, StoreError> {
    let mut problem = None;
    let known = |word: &str| ACTIONS.iter().find(|(known, _)| *known == word).map(|(known, _)| *known);
    let what = named(&query.what, known, &mut problem, "action");
    let to = named(&query.to, Side::named, &mut problem, "side");
    let search = some(&query.search).map(|search| search.to_lowercase());
    let fits = |row: &Planned| {
        what.is_none_or(|what| row.what == what)
            && to.is_none_or(|to| row.side == Some(to))
            && search.as_deref().is_none_or(|wanted| is_about(row, wanted))
    };
    let fits = Some(fits).filter(|_| what.is_some() || to.is_some() || search.is_some());
    let after = some(&query.cursor).and_then(|cursor| cursor.parse().ok());
    let scope = Scope::All;
    let read = |after, limit| plans::page(&portal.api.cx.store, &scope, &run.id, after, limit);
    let found = match problem.is_none() && run.dry_run {
        true => through(after, PAGE, read, |row| row.n, fits).await?,
        false => Found { rows: Vec::new(), next: None },
    };
    let names = names(ends);
    let sides = [("left", names.left.as_str()), ("right", names.right.as_str())];
    let (sync_part, run_part) = (text::segment(&sync.id), text::segment(&run.id));
    let narrow = Narrow {
        base: format!("/portal/syncs/{sync_part}/runs/{run_part}").into(),
        filters: vec![
            Filter::new("search", "Record ID or value contains", query.search.trim()),
            Filter::of("what", "Action", query.what.trim(), &ACTIONS),
            Filter::of("to", "At", query.to.trim(), &sides),
        ],
        cursor: query.cursor.clone(),
    };
    let rows = found.rows.into_iter().map(|row| view(sync, row)).collect();
    Ok(PlanPage { narrow, problem, rows, next: found.next.map(|n| n.to_string()) })
}

/// Whether an action is about a record of this id, or has this in a value; `wanted` is in lower case.
fn is_about(row: &Planned, wanted: &str) -> bool {
    Side::BOTH.iter().any(|side| row.ids[*side].as_deref().is_some_and(|id| has(id, wanted)))
        || mentions(&row.detail, wanted)
}

fn view(sync: &Sync, row: Planned) -> PlanRow {
    let particulars = changes::read(&sync.agreement, row.side, &row.detail);
    let side = row.side.filter(|side| row.ids[*side].is_some()).or(row.side.map(Side::other));
    let href = side.and_then(|side| {
        let (connection, id) =
            (text::segment(&sync.connections[side]), text::segment(row.ids[side].as_ref()?));
        let object_type = text::segment(&sync.agreement.sides[side].object_type);
        Some(format!("/portal/records/{connection}/{object_type}/{id}"))
    });
    PlanRow {
        n: row.n,
        what: row.what,
        side: row.side,
        ids: row.ids,
        href,
        changes: particulars.changes,
        held: particulars.held,
        message: particulars.message,
    }
}
