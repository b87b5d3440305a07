//! Conflicts over the API: what a person has to decide.

use super::faces::{self, RecordBrief};
use super::{choices, cut, find, id_cursor, named, some};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::organization;
use crate::api::events::checked;
use crate::api::paging::limit;
use crate::http::{Problem, json};
use crate::sync::Choice;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use syncline_core::sync::{ConflictKind, Face, Rule, Side, Sides};
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::syncs::conflicts::{self, ConflictRow};
use syncline_store::syncs::{ConflictState, Sync};

/// The kinds of conflicts there are.
const KINDS: [&str; 5] = ["field", "deletion", "match", "duplicate", "guard"];

/// Which conflicts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConflictQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only this sync's.
    pub sync_id: Option<String>,
    /// Only this link's.
    pub link_id: Option<String>,
    /// `open`, `resolved` or `passed`.
    pub state: Option<String>,
    /// `field`, `deletion`, `match`, `duplicate` or `guard`.
    pub kind: Option<String>,
    /// What a record's name has in it, or its id.
    pub search: Option<String>,
    /// Conflicts on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// A conflict as the API shows it.
#[derive(Debug, Serialize)]
pub struct ConflictView {
    id: String,
    sync_id: String,
    org_id: String,
    link_id: Option<String>,
    left_id: Option<String>,
    right_id: Option<String>,
    kind: &'static str,
    /// What it is about: its kind again, and what belongs to that.
    about: ConflictKind,
    /// The fields that `faces` and `base` are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Sides<Vec<String>>>,
    faces: Sides<Face>,
    base: Option<Sides<Face>>,
    /// When each side changed, as far as that is known.
    changed_at: Sides<Option<Timestamp>>,
    /// Who won, where the policy decided.
    winner: Option<Side>,
    state: ConflictState,
    /// What may be decided, while it is open.
    choices: Vec<Choice>,
    choice: Option<serde_json::Value>,
    resolved_by: Option<String>,
    opened_at: Timestamp,
    updated_at: Timestamp,
    resolved_at: Option<Timestamp>,
}

impl ConflictView {
    /// The view of a conflict; its sync, if it is still there, says which fields a rule is about.
    #[must_use]
    pub fn of(row: ConflictRow, sync: Option<&Sync>) -> Self {
        let fields = sync.and_then(|sync| fields(&row.conflict.kind, &sync.agreement.rules));
        let open = row.state == ConflictState::Open;
        Self {
            choices: if open { choices::of(&row.conflict.kind) } else { Vec::new() },
            id: row.id,
            sync_id: row.sync_id,
            org_id: row.org_id,
            link_id: row.link_id,
            left_id: row.ids.left,
            right_id: row.ids.right,
            kind: conflicts::words_of(&row.conflict.kind).0,
            about: row.conflict.kind,
            fields,
            faces: row.conflict.faces,
            base: row.conflict.base,
            changed_at: row.conflict.times,
            winner: row.conflict.winner,
            state: row.state,
            choice: row.choice,
            resolved_by: row.resolved_by,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            resolved_at: row.resolved_at,
        }
    }
}

/// The fields that a conflict's faces are of: a rule's, or for a deletion all of the record that is left.
fn fields(kind: &ConflictKind, rules: &[Rule]) -> Option<Sides<Vec<String>>> {
    match kind {
        ConflictKind::Field { rule } => {
            rules.iter().find(|one| one.name == *rule).map(|rule| rule.fields.clone())
        }
        ConflictKind::Deletion { side: gone, .. } => Some(Sides::of(|side| match side == *gone {
            true => Vec::new(),
            false => rules.iter().flat_map(|rule| rule.fields[side].iter().cloned()).collect(),
        })),
        ConflictKind::Match { .. } | ConflictKind::Duplicate { .. } | ConflictKind::Guard { .. } => None,
    }
}

/// `GET /v1/conflicts`, the latest first.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 404 for a sync the caller does not have.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<ConflictQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let ConflictQuery { org_id, sync_id, link_id, state, kind, search, limit: asked, cursor } =
        checked(query)?;
    let say = "`state` is `open`, `resolved` or `passed`.";
    let state = named(state, ConflictState::named, say)?;
    let kind = some(kind);
    if kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
        let say = "`kind` is `field`, `deletion`, `match`, `duplicate` or `guard`.";
        return Err(Problem::bad_request("bad_kind", say));
    }
    let (limit, before) = (limit(asked)?, id_cursor(cursor, "cnf")?);
    let scope = match some(org_id) {
        Some(asked) => Scope::Organization(organization(&caller, Some(&asked))?),
        None => caller.scope.clone(),
    };
    let sync_id = some(sync_id);
    if let Some(id) = &sync_id {
        find(&api, &Caller { scope: scope.clone(), by: caller.by.clone() }, id).await?;
    }
    let filter = conflicts::Filter { sync_id, state, kind, link_id: some(link_id), search: some(search) };
    let mut found = conflicts::page(&api.cx.store, &scope, &filter, before.as_deref(), limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.id.clone());
    let data = with_syncs(&api, &caller, found).await?;
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// Views of these, each sync read once.
///
/// # Errors
/// 503 when the database is away.
pub async fn with_syncs(
    api: &Api,
    caller: &Caller,
    rows: Vec<ConflictRow>,
) -> Result<Vec<ConflictView>, Problem> {
    let mut syncs: BTreeMap<String, Option<Sync>> = BTreeMap::new();
    let mut views = Vec::new();
    for row in rows {
        if !syncs.contains_key(&row.sync_id) {
            let found = syncline_store::syncs::get(&api.cx.store, &caller.scope, &row.sync_id).await?;
            syncs.insert(row.sync_id.clone(), found);
        }
        let sync = syncs.get(&row.sync_id).and_then(Option::as_ref);
        views.push(ConflictView::of(row, sync));
    }
    Ok(views)
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    conflict: ConflictView,
    /// The records that it is about.
    records: Sides<Vec<RecordBrief>>,
}

/// `GET /v1/conflicts/{id}`, with the records that it is about in short.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let row = conflicts::get(&api.cx.store, &caller.scope, &id).await?;
    let row = row.ok_or_else(|| Problem::not_found("conflict"))?;
    let sync = find(&api, &caller, &row.sync_id).await?;
    let mut records = Sides { left: Vec::new(), right: Vec::new() };
    for (side, ids) in about(&row).iter() {
        for id in ids {
            records[side].push(faces::record(&api, &caller, &sync, side, id).await?.brief);
        }
    }
    Ok(json(&Shown { conflict: ConflictView::of(row, Some(&sync)), records }))
}

/// The ids of the records that a conflict is about.
fn about(row: &ConflictRow) -> Sides<Vec<String>> {
    let mut ids: Sides<Vec<String>> = row.ids.clone().map(|id| id.into_iter().collect());
    let (side, more) = match &row.conflict.kind {
        ConflictKind::Match { side, id, candidates } => {
            ids[*side].push(id.clone());
            (side.other(), candidates.clone())
        }
        ConflictKind::Duplicate { side, id, of } => (*side, vec![id.clone(), of.clone()]),
        ConflictKind::Field { .. } | ConflictKind::Deletion { .. } | ConflictKind::Guard { .. } => {
            return ids;
        }
    };
    ids[side].extend(more);
    ids.map(|mut ids| {
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        ids
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::Conflict;

    fn row(kind: ConflictKind, ids: Sides<Option<&str>>) -> ConflictRow {
        let at = Timestamp::from_millis(0);
        ConflictRow {
            id: "cnf_1".to_owned(),
            sync_id: "syn_1".to_owned(),
            org_id: "acme".to_owned(),
            link_id: None,
            kind: String::new(),
            subject: String::new(),
            ids: ids.map(|id| id.map(str::to_owned)),
            conflict: Conflict {
                kind,
                faces: Sides::default(),
                times: Sides::default(),
                base: None,
                winner: None,
            },
            state: ConflictState::Open,
            choice: None,
            resolved_by: None,
            opened_at: at,
            updated_at: at,
            resolved_at: None,
        }
    }

    #[test]
    fn a_conflict_is_about_every_record_that_it_names_each_once() {
        let one = row(
            ConflictKind::Match {
                side: Side::Left,
                id: "1".to_owned(),
                candidates: vec!["7".to_owned(), "8".to_owned()],
            },
            Sides { left: Some("1"), right: None },
        );
        let ids = about(&one);
        assert_eq!((ids.left, ids.right), (vec!["1".to_owned()], vec!["7".to_owned(), "8".to_owned()]));
        let twice = ConflictKind::Duplicate { side: Side::Right, id: "9".to_owned(), of: "7".to_owned() };
        let ids = about(&row(twice, Sides { left: Some("1"), right: Some("9") }));
        assert_eq!((ids.left, ids.right), (vec!["1".to_owned()], vec!["9".to_owned(), "7".to_owned()]));
    }

    #[test]
    fn only_an_open_conflict_has_choices() {
        let open = row(ConflictKind::Field { rule: "name".to_owned() }, Sides::default());
        let over = ConflictRow { state: ConflictState::Passed, ..open.clone() };
        assert_eq!(ConflictView::of(open, None).choices.len(), 2);
        assert_eq!(ConflictView::of(over, None).choices, []);
    }
}
