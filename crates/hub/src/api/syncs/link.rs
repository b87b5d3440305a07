//! One link over the API: both records, and rule by rule what each side shows, what was agreed on last, and what is held.

use super::conflicts::ConflictView;
use super::faces::{self, RecordBrief, Seen};
use super::find;
use super::links::{HeldView, LinkView, held, ids};
use crate::api::Api;
use crate::api::access::Caller;
use crate::http::{Problem, json};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use syncline_core::sync::link::{Base, DELETION, Decision};
use syncline_core::sync::{Face, Form, Rule, Sides, Way};
use syncline_core::time::Timestamp;
use syncline_store::syncs::conflicts;
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::{ConflictState, Sync};

/// The most open conflicts that come with a link; it has one for every rule at most.
const CONFLICTS: u32 = 200;

#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    link: LinkView,
    records: Sides<Option<&'a RecordBrief>>,
    rules: Vec<RuleView<'a>>,
    /// The id of the other side's record that each record is known to hold.
    external: &'a Sides<Option<String>>,
    /// What kind of status each record is known to show.
    status: &'a Sides<Option<String>>,
    /// When each side last answered a write of ours.
    written_at: &'a Sides<Option<Timestamp>>,
    /// What a person decided about a deletion, until it is carried out.
    deletion: Option<&'a Decision>,
    conflicts: Vec<ConflictView>,
}

/// A rule of a link.
#[derive(Debug, Serialize)]
struct RuleView<'a> {
    rule: &'a str,
    form: &'a Form,
    way: Way,
    fields: &'a Sides<Vec<String>>,
    /// What each side shows in them now; none while its record is not there.
    faces: Sides<Option<Face>>,
    /// What each side showed when they last agreed; none: they were never compared in these fields.
    base: Option<&'a Sides<Face>>,
    /// Since when that is known of each side.
    known_at: Option<&'a Sides<Timestamp>>,
    held: Vec<HeldView>,
    /// What a person decided, until it is carried out.
    decision: Option<&'a Decision>,
}

impl<'a> RuleView<'a> {
    fn of(rule: &'a Rule, row: &'a LinkRow, seen: &Sides<Option<Seen>>) -> Self {
        let shape = Base::shape_of(rule);
        let base = row.link.bases.get(&rule.name).filter(|base| base.shape == shape);
        Self {
            rule: &rule.name,
            form: &rule.form,
            way: rule.way,
            fields: &rule.fields,
            faces: Sides::of(|side| seen[side].as_ref().and_then(|seen| seen.face(rule, side))),
            base: base.map(|base| &base.faces),
            known_at: base.map(|base| &base.known_at),
            held: held(&row.link).into_iter().filter(|held| concerns(held, rule)).collect(),
            decision: row.link.decisions.get(&rule.name),
        }
    }
}

/// Whether what is held is one of the rule's values.
fn concerns(held: &HeldView, rule: &Rule) -> bool {
    let by_field = held.field.as_ref().is_some_and(|field| rule.fields[held.side].contains(field));
    match &held.rule {
        Some(name) => *name == rule.name,
        None => by_field,
    }
}

/// `GET /v1/links/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (row, sync) = get(&api, &caller, &id).await?;
    let seen = faces::both(&api, &caller, &sync, ids(&row)).await?;
    let open = conflicts::Filter {
        link_id: Some(id),
        state: Some(ConflictState::Open),
        ..conflicts::Filter::default()
    };
    let open = conflicts::page(&api.cx.store, &caller.scope, &open, None, CONFLICTS).await?;
    Ok(json(&Shown {
        link: LinkView::of(&row),
        records: seen.as_ref().map(|seen| seen.as_ref().map(|seen| &seen.brief)),
        rules: sync.agreement.rules.iter().map(|rule| RuleView::of(rule, &row, &seen)).collect(),
        external: &row.link.external,
        status: &row.link.status,
        written_at: &row.link.written_at,
        deletion: row.link.decisions.get(DELETION),
        conflicts: open.into_iter().map(|open| ConflictView::of(open, Some(&sync))).collect(),
    }))
}

/// A link of this caller, with its sync.
///
/// # Errors
/// 404 when there is none.
pub async fn get(api: &Api, caller: &Caller, id: &str) -> Result<(LinkRow, Sync), Problem> {
    let found = links::get(&api.cx.store, &caller.scope, id).await?;
    let row = found.ok_or_else(|| Problem::not_found("link"))?;
    let sync = find(api, caller, &row.sync_id).await?;
    Ok((row, sync))
}
