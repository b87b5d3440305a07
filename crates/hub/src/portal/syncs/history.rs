//! The history of a sync.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::syncs::{HistoryPage, HistoryView, WORDS};
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::show::{Known, sync_row};
use super::through::{Found, has, mentions, through};
use super::{changes, find, named};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_core::sync::Side;
use syncline_store::Scope;
use syncline_store::syncs::Sync;
use syncline_store::syncs::history::{self, HistoryRow};

/// Entries on a page: few, because each may show long values twice.
const PAGE: usize = 25;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    what: String,
    side: String,
    record: String,
    link: String,
    cursor: Turn,
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &id).await?;
    let mut problem = None;
    let record = match (some(&query.record), some(&query.side).map(|side| Side::named(&side))) {
        (Some(id), None) => Some((Side::Left, id)),
        (Some(id), Some(Some(side))) => Some((side, id)),
        (None, None | Some(Some(_))) => None,
        (_, Some(None)) => {
            problem = Some("There is no such side.".to_owned());
            None
        }
    };
    let what = named(&query.what, known_word, &mut problem, "action");
    let search = some(&query.search).map(|search| search.to_lowercase());
    let fits = |row: &HistoryRow| {
        what.is_none_or(|what| row.what == what)
            && search.as_deref().is_none_or(|wanted| is_about(row, wanted))
    };
    let fits = Some(fits).filter(|_| what.is_some() || search.is_some());
    let filter = history::Filter { sync_id: id.clone(), link_id: some(&query.link), record };
    let before = some(&query.cursor).and_then(|cursor| cursor.parse().ok());
    let store = &portal.api.cx.store;
    let scope = Scope::All;
    let read = |before, limit| history::page(store, &scope, &filter, before, limit);
    let found = match &problem {
        Some(_) => Found { rows: Vec::new(), next: None },
        None => through(before, PAGE, read, |row| row.seq, fits).await?,
    };
    let row = sync_row(&portal, &mut Known::default(), &sync).await?;
    Ok(render(&HistoryPage {
        shell: session.shell(&portal, Section::Syncs),
        narrow: narrow(&query, &id, [&row.ends.left.provider_name, &row.ends.right.provider_name]),
        problem,
        rows: found.rows.into_iter().map(|row| view(&sync, row)).collect(),
        sync: row,
        older: found.next.map(|seq| seq.to_string()),
    }))
}

fn known_word(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _, _)| *known == word).map(|(known, _, _)| *known)
}

/// Whether an entry is about a record of this id, or has this in a value; `wanted` is in lower case.
fn is_about(row: &HistoryRow, wanted: &str) -> bool {
    Side::BOTH.iter().any(|side| row.ids[*side].as_deref().is_some_and(|id| has(id, wanted)))
        || mentions(&row.detail, wanted)
}

fn narrow(query: &ListQuery, id: &str, providers: [&String; 2]) -> Narrow {
    let [left, right] = providers.map(|name| text::preview(name, 24));
    let (left, right) = (format!("Left ({left})"), format!("Right ({right})"));
    Narrow {
        base: format!("/portal/syncs/{}/history", text::segment(id)).into(),
        filters: vec![
            Filter::new("search", "ID or value contains", query.search.trim()),
            Filter::of("what", "What", query.what.trim(), &WORDS.map(|(known, _, word)| (known, word))),
            Filter::new("record", "Record ID", query.record.trim()),
            Filter {
                required: true,
                ..Filter::of(
                    "side",
                    "Side of the record",
                    query.side.trim(),
                    &[("", &left), ("right", &right)],
                )
            },
            Filter::new("link", "Link ID", query.link.trim()),
        ],
        cursor: query.cursor.clone(),
    }
}

/// An entry as the views want it.
pub(super) fn view(sync: &Sync, row: HistoryRow) -> HistoryView {
    let particulars = changes::read(&sync.agreement, row.side, &row.detail);
    HistoryView {
        what: row.what,
        side: row.side,
        at: row.at.to_string(),
        sync_id: row.sync_id,
        link_id: row.link_id,
        ids: row.ids,
        changes: particulars.changes,
        held: particulars.held,
        message: particulars.message,
    }
}
