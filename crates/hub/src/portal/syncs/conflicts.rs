//! Conflicts: listed, over all syncs or of one, and shown one by one.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::suggest;
use super::super::views::syncs::{Candidate, ConflictCard, ConflictPage, ConflictsPage, RecordRef, cells};
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::show::{Known, record_ref, stored};
use super::{Did, act, decide, named};
use crate::api::paging::cut;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use syncline_core::sync::{ConflictKind, Face, Fields, Rule, Side, Sides, mapping};
use syncline_providers::write::{Object, write};
use syncline_store::records::Stored;
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::{self, ConflictState, Sync, links};
use syncline_store::{Scope, StoreError};

/// Conflicts on a page: each may show several records.
const PAGE: u32 = 12;
/// Candidates of one conflict that are shown.
const CANDIDATES: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    sync: String,
    state: String,
    kind: String,
    cursor: Turn,
    did: Option<String>,
}

/// Every kind, with its word.
const KINDS: [(&str, &str); 5] = [
    ("field", "Field"),
    ("deletion", "Deletion"),
    ("match", "Match"),
    ("duplicate", "Duplicate"),
    ("guard", "Guard"),
];

impl ListQuery {
    async fn narrow(&self, portal: &Portal, of: Option<&Sync>) -> Result<Narrow, StoreError> {
        let states = [("", "Open"), ("resolved", "Resolved"), ("passed", "Passed"), ("any", "All")];
        let unknown = of.is_none() && some(&self.sync).is_some();
        let unknown = unknown.then(|| "There is no such sync.".to_owned());
        Ok(Narrow {
            base: "/portal/conflicts".into(),
            filters: vec![
                Filter::search("search", "Record's name or ID", self.search.trim()),
                suggest::organization(portal, &self.organization).await?,
                suggest::sync(portal, of, &self.sync).await?.wrong(unknown),
                Filter { required: true, ..Filter::of("state", "State", self.state.trim(), &states) },
                Filter::of("kind", "Kind", self.kind.trim(), &KINDS),
            ],
            cursor: self.cursor.clone(),
        })
    }

    fn filter(&self, problem: &mut Option<String>) -> conflicts::Filter {
        let state = match self.state.trim() {
            "" => Some(ConflictState::Open),
            "any" => None,
            word => named(word, ConflictState::named, problem, "state"),
        };
        let (sync_id, search) = (some(&self.sync), some(&self.search));
        conflicts::Filter { sync_id, state, kind: some(&self.kind), link_id: None, search }
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let store = &portal.api.cx.store;
    let mut problem = None;
    let filter = query.filter(&mut problem);
    let scope = some(&query.organization).map_or(Scope::All, Scope::Organization);
    let of = match &filter.sync_id {
        Some(id) => syncs::get(store, &Scope::All, id).await?,
        None => None,
    };
    let narrow = query.narrow(&portal, of.as_ref()).await?;
    let before = some(&query.cursor);
    let mut found = match problem.is_some() || narrow.is_wrong() {
        true => Vec::new(),
        false => conflicts::page(store, &scope, &filter, before.as_deref(), PAGE + 1).await?,
    };
    let older = cut(&mut found, PAGE, |last| last.id.clone());
    let mut shell = session.shell(&portal, Section::Conflicts);
    shell.notice = query.did.as_deref().and_then(act::said);
    Ok(render(&ConflictsPage {
        shell,
        narrow,
        problem,
        open: conflicts::count_open(store, &scope, filter.sync_id.as_deref()).await?,
        of: of.map(|sync| (sync.name, format!("/portal/syncs/{}", text::segment(&sync.id)))),
        conflicts: cards(&portal, &mut Known::default(), found).await?,
        older,
    }))
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(Did { did }): Query<Did>,
) -> Result<Response, Failure> {
    let found = conflicts::get(&portal.api.cx.store, &Scope::All, &id).await?;
    let found = found.ok_or_else(|| Problem::not_found("conflict"))?;
    let mut cards = cards(&portal, &mut Known::default(), vec![found]).await?;
    let mut shell = session.shell(&portal, Section::Conflicts);
    shell.notice = did.as_deref().and_then(act::said);
    // A conflict whose sync is being deleted is none any more.
    let conflict = cards.pop().ok_or_else(|| Problem::not_found("conflict"))?;
    Ok(render(&ConflictPage { shell, conflict }))
}

/// Conflicts with the records they are about; those of syncs that are being deleted are left out.
pub(super) async fn cards(
    portal: &Portal,
    known: &mut Known,
    rows: Vec<ConflictRow>,
) -> Result<Vec<ConflictCard>, StoreError> {
    let mut all: BTreeMap<String, Option<Sync>> = BTreeMap::new();
    let mut cards = Vec::new();
    for row in rows {
        if !all.contains_key(&row.sync_id) {
            let sync = syncs::get(&portal.api.cx.store, &Scope::All, &row.sync_id).await?;
            all.insert(row.sync_id.clone(), sync);
        }
        if let Some(Some(sync)) = all.get(&row.sync_id) {
            cards.push(card(portal, known, sync, row).await?);
        }
    }
    Ok(cards)
}

async fn card(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    row: ConflictRow,
) -> Result<ConflictCard, StoreError> {
    let mut records = Sides::default();
    let mut shown = Sides::default();
    for side in Side::BOTH {
        if let Some(id) = &row.ids[side] {
            let stored = stored(portal, sync, side, id).await?;
            shown[side] = all_fields(portal, known, sync, side, stored.as_ref()).await?;
            records[side] = Some(record_ref(id, stored.as_ref()));
        }
    }
    let candidates = candidates(portal, known, sync, &row.conflict.kind).await?;
    let rule = rule_of(sync, &row.conflict.kind);
    let of_rule =
        |faces: &Sides<Face>| Sides::of(|side| cells(&fields_of(rule, side, &faces[side]), &faces[side]));
    let is_field = matches!(row.conflict.kind, ConflictKind::Field { .. });
    Ok(ConflictCard {
        sync_name: sync.name.clone(),
        ends: known.ends(portal, sync).await?,
        name: name(portal, &row, &records).await?,
        records,
        cells: if is_field { of_rule(&row.conflict.faces) } else { shown },
        base: row.conflict.base.as_ref().map(of_rule),
        times: row.conflict.times.map(|at| at.map(|at| at.to_string())),
        candidates,
        can_force: can_force(portal, known, sync, &row.conflict.kind).await?,
        state: row.state.name().to_owned(),
        choice: row.choice.as_ref().and_then(decide::word),
        kind: row.conflict.kind,
        id: row.id,
        sync_id: row.sync_id,
        link_id: row.link_id,
        resolved_by: row.resolved_by,
        opened_at: row.opened_at.to_string(),
        resolved_at: row.resolved_at.map(|at| at.to_string()),
    })
}

fn rule_of<'a>(sync: &'a Sync, kind: &ConflictKind) -> Option<&'a Rule> {
    let ConflictKind::Field { rule } = kind else { return None };
    sync.agreement.rules.iter().find(|known| known.name == *rule)
}

/// The names of a rule's fields; numbers where the rule is not in the agreement any more.
fn fields_of(rule: Option<&Rule>, side: Side, face: &Face) -> Vec<String> {
    let numbers = || (1..=face.0.len()).map(|place| format!("field {place}")).collect();
    rule.map_or_else(numbers, |rule| rule.fields[side].clone())
}

/// What a record shows in all fields of the mapping that hold something.
pub(super) async fn all_fields(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    side: Side,
    stored: Option<&Stored>,
) -> Result<Vec<super::super::views::syncs::Cell>, StoreError> {
    let Some(fields) = fields(portal, known, sync, side, stored).await? else { return Ok(Vec::new()) };
    let of_rule = |rule: &Rule| cells(&rule.fields[side], &mapping::face(rule, side, &fields));
    let all = sync.agreement.rules.iter().flat_map(of_rule);
    Ok(all.filter(|cell| !cell.value.is_empty()).collect())
}

/// The fields of a mirrored record that the agreement speaks of; none where it is not mirrored, or gone.
pub(super) async fn fields(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    side: Side,
    stored: Option<&Stored>,
) -> Result<Option<Fields>, StoreError> {
    let Some(stored) = stored.filter(|stored| stored.gone_at.is_none()) else { return Ok(None) };
    let Some(connection) = known.get(portal, &sync.connections[side]).await? else { return Ok(None) };
    let Some(writer) = write(&connection.provider) else { return Ok(None) };
    let names = mapping::fields(&sync.agreement, side);
    Ok(Some(writer.fields(&object(sync, side), &sync.schemas[side], &stored.body, &names)))
}

fn object(sync: &Sync, side: Side) -> Object {
    let party = &sync.agreement.sides[side];
    Object { object_type: party.object_type.clone(), collection: party.collection.clone() }
}

/// Who could be meant: the candidates of a match, both records of a duplicate.
async fn candidates(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    kind: &ConflictKind,
) -> Result<Vec<Candidate>, StoreError> {
    let (side, ids) = match kind {
        ConflictKind::Match { side, candidates, .. } => (side.other(), candidates.clone()),
        ConflictKind::Duplicate { side, id, of } => (*side, vec![id.clone(), of.clone()]),
        ConflictKind::Field { .. } | ConflictKind::Deletion { .. } | ConflictKind::Guard { .. } => {
            return Ok(Vec::new());
        }
    };
    let mut found = Vec::new();
    for id in ids.iter().take(CANDIDATES) {
        let stored = stored(portal, sync, side, id).await?;
        let cells = all_fields(portal, known, sync, side, stored.as_ref()).await?;
        found.push(Candidate { record: record_ref(id, stored.as_ref()), cells });
    }
    Ok(found)
}

/// Whether the side that still has the record may object to its deletion, and can be forced.
async fn can_force(
    portal: &Portal,
    known: &mut Known,
    sync: &Sync,
    kind: &ConflictKind,
) -> Result<bool, StoreError> {
    let ConflictKind::Deletion { side, .. } = kind else { return Ok(false) };
    let there = side.other();
    let connection = known.get(portal, &sync.connections[there]).await?;
    let writer = connection.and_then(|connection| write(&connection.provider));
    Ok(writer.and_then(|writer| writer.can(&object(sync, there))).is_some_and(|can| can.objects))
}

/// What people call the records: as the mirror has it, else as the link has it.
async fn name(
    portal: &Portal,
    row: &ConflictRow,
    records: &Sides<Option<RecordRef>>,
) -> Result<String, StoreError> {
    let of_side = |side: Side| records[side].as_ref().map(|record| record.name.clone());
    let named = Side::BOTH.into_iter().filter_map(of_side).find(|name| !name.is_empty());
    match (named, &row.link_id) {
        (Some(name), _) => Ok(name),
        (None, Some(id)) => {
            let link = links::get(&portal.api.cx.store, &Scope::All, id).await?;
            Ok(link.map(|link| link.name).unwrap_or_default())
        }
        (None, None) => Ok(String::new()),
    }
}
