//! What was sent of a definition's counters, and what came of it.

use super::super::Portal;
use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::CounterPushesPage;
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, render};
use super::list::plain_row;
use super::value::push_row;
use super::{find, fitting};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_store::counters::pushes::{self, Entry, LogFilter, What};
use syncline_store::{Scope, StoreError};

/// Entries on a page.
const PAGE: usize = 25;
/// Entries read at once.
const PIECE: u32 = 500;
/// The most entries that one page looks through for those that fit; the next page goes on behind them.
const LOOKED_AT: usize = 5_000;

/// What may have come of it, with its words.
const OUTCOMES: [(&str, &str); 6] = [
    ("accepted", "Accepted"),
    ("not_taken", "Not taken"),
    ("lost", "No answer"),
    ("refused", "Refused"),
    ("shown", "Shown"),
    ("parked", "Parked"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    key: String,
    outcome: String,
    cursor: Turn,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let definition = find(&portal, &id).await?;
    let (outcome, problem) = match (some(&query.outcome), What::named(query.outcome.trim())) {
        (Some(_), None) => (None, Some("There is no such outcome.".to_owned())),
        (_, outcome) => (outcome, None),
    };
    // No key has a NUL.
    let key = some(&query.key.replace('\0', ""));
    let before = some(&query.cursor).and_then(|cursor| cursor.parse().ok());
    let (mut found, mut older) = match &problem {
        Some(_) => (Vec::new(), None),
        None => look(&portal, (&id, key.as_deref()), outcome, before).await?,
    };
    let fit = fitting(found.iter().map(|one| one.key.as_str()));
    if fit < found.len() {
        found.truncate(fit);
        older = found.last().map(|last| last.seq);
    }
    Ok(render(&CounterPushesPage {
        shell: session.shell(&portal, Section::Counters),
        definition: plain_row(&definition),
        narrow: Narrow {
            base: format!("/portal/counters/{}/pushes", text::segment(&id)).into(),
            filters: vec![
                Filter::new("key", "Key", query.key.trim()),
                Filter::of("outcome", "Outcome", query.outcome.trim(), &OUTCOMES),
            ],
            cursor: query.cursor.clone(),
        },
        problem,
        looked_at: LOOKED_AT as u64,
        pushes: found.into_iter().map(|one| push_row(&id, one)).collect(),
        older: older.map(|seq| seq.to_string()),
    }))
}

/// The next entries that fit, the latest first, and where to go on.
async fn look(
    portal: &Portal,
    (definition_id, key): (&str, Option<&str>),
    outcome: Option<What>,
    mut before: Option<i64>,
) -> Result<(Vec<Entry>, Option<i64>), StoreError> {
    let filter = LogFilter { definition_id, key };
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut size = if outcome.is_some() { PIECE } else { PAGE as u32 + 1 };
    loop {
        let piece = pushes::log(&portal.api.cx.store, &Scope::All, filter, before, size).await?;
        let is_last = piece.len() < size as usize;
        for entry in piece {
            let fits = outcome.is_none_or(|outcome| entry.what == outcome);
            if fits && found.len() == PAGE {
                return Ok((found, before));
            }
            (before, looked_at) = (Some(entry.seq), looked_at + 1);
            if fits {
                found.push(entry);
            }
        }
        if is_last {
            return Ok((found, None));
        }
        if looked_at >= LOOKED_AT {
            return Ok((found, before));
        }
        size = PIECE;
    }
}
