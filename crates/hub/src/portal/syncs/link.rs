//! One link: both records side by side, what is known of them, and what was done about them.

use super::super::query::Query;
use super::super::session::Session;
use super::super::views::Section;
use super::super::views::syncs::{End, HeldView, LinkCard, LinkPage, RecordRef, SideEvent, names};
use super::super::{Failure, Portal, render};
use super::changes::held_view;
use super::events::{About, in_order, of};
use super::show::{Known, link_card, record_ref, stored, sync_row};
use super::{act, compare, conflicts as shown, find, history as done};
use crate::api::access::Caller;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_core::sync::link::State as LinkState;
use syncline_core::sync::{ConflictKind, Ending, Fields, Link, Refusal, Side, Sides};
use syncline_store::syncs::conflicts::ConflictRow;
use syncline_store::syncs::links::LinkRow;
use syncline_store::syncs::{ConflictState, Sync, conflicts, history, links};
use syncline_store::{Scope, StoreError};

/// Conflicts on a link's page.
const CONFLICTS: u32 = 5;
/// Entries of its history on it.
const HISTORY: u32 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShowQuery {
    did: Option<String>,
    /// The first rule that is shown.
    rule: usize,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path((sync_id, id)): Path<(String, String)>,
    Query(ShowQuery { did, rule }): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &sync_id).await?;
    let store = &portal.api.cx.store;
    let row = links::get(store, &Scope::All, &id).await?.filter(|row| row.sync_id == sync_id);
    let row = row.ok_or_else(|| Problem::not_found("link"))?;
    let mut known = Known::default();
    let shown_sync = sync_row(&portal, &mut known, &sync).await?;
    let (records, fields) = both(&portal, &mut known, &sync, &row.link).await?;
    let filter = conflicts::Filter { link_id: Some(id.clone()), ..conflicts::Filter::default() };
    let about = conflicts::page(store, &Scope::All, &filter, None, CONFLICTS).await?;
    let filter = history::Filter { sync_id: sync_id.clone(), link_id: Some(id), record: None };
    let mut lately = history::page(store, &Scope::All, &filter, None, HISTORY + 1).await?;
    let more_history = crate::api::paging::cut(&mut lately, HISTORY, |_| String::new()).is_some();
    let events = events(&portal, &session.caller(), &mut known, &sync, &row.link).await?;
    let mut shell = session.shell(&portal, Section::Syncs);
    shell.notice = did.as_deref().and_then(act::said);
    let names = names(&shown_sync.ends);
    let fields = fields.as_ref().map(Option::as_ref);
    Ok(render(&LinkPage {
        shell,
        link: card(&row, &records),
        says: says(&row.link, &shown_sync.ends),
        first_rule: rule,
        rules: compare::rules(&sync.agreement, &row.link, fields, &names, &disputed(&about)),
        decisions: decisions(&row.link, &names),
        refused: refused(&row.link, &names),
        facts: facts(&row, &names),
        times: times(&row, &names),
        sync: shown_sync,
        records,
        conflicts: shown::cards(&portal, &mut known, about).await?,
        history: lately.into_iter().map(|row| done::view(&sync, row)).collect(),
        more_history,
        events,
    }))
}

/// The latest webhook events about both records.
async fn events(
    portal: &Portal,
    caller: &Caller,
    known: &mut Known,
    sync: &Sync,
    link: &Link,
) -> Result<Vec<SideEvent>, StoreError> {
    let names = names(&known.ends(portal, sync).await?);
    let mut all = Vec::new();
    for side in Side::BOTH {
        let connection = known.get(portal, &sync.connections[side]).await?;
        let (Some(id), Some(connection)) = (&link.ids[side], connection) else { continue };
        let object_type = &sync.agreement.sides[side].object_type;
        let about = About { connection, object_type, id, side: names[side].clone(), here: false };
        all.extend(of(portal, caller, &about).await?);
    }
    Ok(in_order(all))
}

/// Both records, and what they show.
async fn both(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    link: &Link,
) -> Result<(Sides<Option<RecordRef>>, Sides<Option<Fields>>), StoreError> {
    let (mut records, mut fields) = (Sides::default(), Sides::default());
    for side in Side::BOTH {
        if let Some(id) = &link.ids[side] {
            let stored = stored(portal, sync, side, id).await?;
            fields[side] = shown::fields(portal, known, sync, side, stored.as_ref()).await?;
            records[side] = Some(record_ref(id, stored.as_ref()));
        }
    }
    Ok((records, fields))
}

/// The link for its page. The name that is stored is for searching, in small letters.
fn card(row: &LinkRow, records: &Sides<Option<RecordRef>>) -> LinkCard {
    let card = link_card(row);
    let names =
        Side::BOTH.into_iter().filter_map(|side| records[side].as_ref().map(|record| record.name.clone()));
    let name = names.into_iter().find(|name| !name.is_empty());
    LinkCard { name: name.unwrap_or_else(|| card.name.clone()), ..card }
}

/// The rules that an open conflict is about.
fn disputed(rows: &[ConflictRow]) -> Vec<String> {
    let open = rows.iter().filter(|row| row.state == ConflictState::Open);
    let rules = open.filter_map(|row| match &row.conflict.kind {
        ConflictKind::Field { rule } => Some(rule.clone()),
        _ => None,
    });
    rules.collect()
}

/// What there is to say about its state.
fn says(link: &Link, ends: &Sides<End>) -> Option<String> {
    let names = names(ends);
    let both = |side: &Side| (names[*side].clone(), names[side.other()].clone());
    match &link.state {
        LinkState::Linked => None,
        LinkState::Creating(pending) => Some(format!(
            "Its record at {} is being created. Whether it is there already is looked up before anything is sent again.",
            names[pending.side]
        )),
        LinkState::Ended(Ending::Deleted { side }) => {
            let (here, there) = both(side);
            Some(format!("Over: somebody deleted the record at {here}, and the one at {there} followed."))
        }
        LinkState::Ended(Ending::Unlinked { side }) => {
            let (here, there) = both(side);
            Some(format!(
                "Over: somebody deleted the record at {here}. The one at {there} stays, and is not synced."
            ))
        }
        LinkState::Ended(Ending::Merged { side }) => Some(format!(
            "Over: its record at {} became part of another, which has a link of its own.",
            names[*side]
        )),
    }
}

fn decisions(link: &Link, names: &Sides<String>) -> Vec<(String, String)> {
    let words = link.decisions.iter().map(|(subject, decision)| match subject.as_str() {
        "@delete" if decision.force => ("the deletion".to_owned(), "by force".to_owned()),
        "@delete" => ("the deletion".to_owned(), format!("{} wins", names[decision.winner])),
        rule => (format!("“{rule}”"), format!("as {} has it", names[decision.winner])),
    });
    words.collect()
}

/// What each side refused although no rule says so.
fn refused(link: &Link, names: &Sides<String>) -> Vec<HeldView> {
    let of = |side: Side| {
        link.refused[side].iter().map(move |(field, held)| {
            let refusal =
                Refusal { field: field.clone(), value: held.value.clone(), reason: held.reason.clone() };
            held_view(&names[side], &refusal)
        })
    };
    Side::BOTH.into_iter().flat_map(of).collect()
}

fn facts(row: &LinkRow, names: &Sides<String>) -> Vec<(String, String)> {
    let link = &row.link;
    let mut facts = Vec::new();
    for side in Side::BOTH {
        if let Some(key) = &link.status[side] {
            let word = if key == "ok" { "synced" } else { key.as_str() };
            facts.push((format!("Status at {}", names[side]), word.to_owned()));
        }
    }
    for side in Side::BOTH {
        if let Some(id) = &link.external[side] {
            facts.push((format!("Id of the other at {}", names[side]), id.clone()));
        }
    }
    facts
}

fn times(row: &LinkRow, names: &Sides<String>) -> Vec<(String, String)> {
    let written = |side: Side| (format!("Last written at {}", names[side]), row.link.written_at[side]);
    let all = [
        ("Linked".to_owned(), Some(row.created_at)),
        ("Last change".to_owned(), Some(row.updated_at)),
        written(Side::Left),
        written(Side::Right),
        ("Ended".to_owned(), row.ended_at),
    ];
    all.into_iter().filter_map(|(label, at)| Some((label, at?.to_string()))).collect()
}
