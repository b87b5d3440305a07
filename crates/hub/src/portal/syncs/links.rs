//! The links of a sync.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::syncs::{LinkCard, LinksPage};
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::show::{Known, link_card, sync_row};
use super::{find, named};
use crate::api::paging::cut;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_core::sync::Side;
use syncline_store::syncs::links;
use syncline_store::syncs::{LinkState, Sync, Trouble};
use syncline_store::{Scope, StoreError, records};

/// Links on a page.
const PAGE: u32 = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    record: String,
    trouble: String,
    state: String,
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
    let filter = links::Filter {
        sync_id: id.clone(),
        state: named(&query.state, LinkState::named, &mut problem, "state"),
        trouble: named(&query.trouble, Trouble::named, &mut problem, "trouble"),
        record_id: some(&query.record),
        search: some(&query.search),
    };
    let (store, after) = (&portal.api.cx.store, some(&query.cursor));
    let mut found = match &problem {
        Some(_) => Vec::new(),
        None => links::page(store, &Scope::All, &filter, after.as_deref(), PAGE + 1).await?,
    };
    let next = cut(&mut found, PAGE, |last| last.id.clone());
    let mut rows: Vec<LinkCard> = found.iter().map(link_card).collect();
    name(&portal, &sync, &mut rows).await?;
    Ok(render(&LinksPage {
        shell: session.shell(&portal, Section::Syncs),
        sync: sync_row(&portal, &mut Known::default(), &sync).await?,
        narrow: narrow(&query, &id),
        problem,
        rows,
        next,
    }))
}

/// Calls links as their records are called: the names that are stored are for searching, in small letters.
async fn name(portal: &Portal, sync: &Sync, rows: &mut [LinkCard]) -> Result<(), StoreError> {
    for side in [Side::Right, Side::Left] {
        let ids: Vec<String> = rows.iter().filter_map(|row| row.ids[side].clone()).collect();
        let object_type = &sync.agreement.sides[side].object_type;
        let found = records::of(&portal.api.cx.store, &sync.connections[side], object_type, &ids).await?;
        for record in found.into_iter().filter(|record| !record.item.name.is_empty()) {
            if let Some(row) = rows.iter_mut().find(|row| row.ids[side].as_ref() == Some(&record.record_id)) {
                row.name = record.item.name;
            }
        }
    }
    Ok(())
}

fn narrow(query: &ListQuery, id: &str) -> Narrow {
    let troubles = [("conflict", "Conflict"), ("held", "Value held"), ("none", "None")];
    let states = [("linked", "Linked"), ("creating", "Being created"), ("ended", "Ended")];
    Narrow {
        base: format!("/portal/syncs/{}/links", text::segment(id)).into(),
        filters: vec![
            Filter::new("search", "Name contains", query.search.trim()),
            Filter::new("record", "Record ID", query.record.trim()),
            Filter::of("trouble", "Trouble", query.trouble.trim(), &troubles),
            Filter::of("state", "State", query.state.trim(), &states),
        ],
        cursor: query.cursor.clone(),
    }
}
