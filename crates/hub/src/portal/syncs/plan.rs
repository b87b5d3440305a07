//! The plan of a dry run, page by page.

use super::super::Portal;
use super::super::connections::some;
use super::super::views::syncs::{End, PlanRow, names};
use super::super::views::{Filter, Narrow, text};
use super::{changes, named};
use serde::Deserialize;
use syncline_core::sync::{Side, Sides};
use syncline_store::syncs::Sync;
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::SyncRun;
use syncline_store::{Scope, StoreError};

/// Actions on a page.
const PAGE: usize = 25;
/// Actions read at once.
const PIECE: u32 = 500;
/// The most actions that one page looks through for those that fit its filters; the next page goes on behind them.
const LOOKED_AT: u64 = 5_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PlanQuery {
    what: String,
    to: String,
    cursor: String,
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
    let fits =
        |row: &Planned| what.is_none_or(|what| row.what == what) && to.is_none_or(|to| row.side == Some(to));
    let after = some(&query.cursor).and_then(|cursor| cursor.parse().ok());
    let (found, next) = match problem.is_none() && run.dry_run {
        true => look(portal, &run.id, after, fits).await?,
        false => (Vec::new(), None),
    };
    let names = names(ends);
    let sides = [("left", names.left.as_str()), ("right", names.right.as_str())];
    let (sync_part, run_part) = (text::segment(&sync.id), text::segment(&run.id));
    let narrow = Narrow {
        base: format!("/portal/syncs/{sync_part}/runs/{run_part}").into(),
        filters: vec![
            Filter::of("what", "Action", query.what.trim(), &ACTIONS),
            Filter::of("to", "At", query.to.trim(), &sides),
        ],
        cursor: query.cursor.clone(),
    };
    let rows = found.into_iter().map(|row| view(sync, row)).collect();
    Ok(PlanPage { narrow, problem, rows, next: next.map(|n| n.to_string()) })
}

/// The next actions beyond `after` that fit, and where to go on.
async fn look(
    portal: &Portal,
    run_id: &str,
    mut after: Option<u64>,
    fits: impl Fn(&Planned) -> bool,
) -> Result<(Vec<Planned>, Option<u64>), StoreError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let piece = plans::page(&portal.api.cx.store, &Scope::All, run_id, after, PIECE).await?;
        let is_last = piece.len() < PIECE as usize;
        for row in piece {
            if found.len() == PAGE {
                return Ok((found, after));
            }
            (after, looked_at) = (Some(row.n), looked_at + 1);
            if fits(&row) {
                found.push(row);
            }
        }
        if is_last {
            return Ok((found, None));
        }
        if looked_at >= LOOKED_AT {
            return Ok((found, after));
        }
    }
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
