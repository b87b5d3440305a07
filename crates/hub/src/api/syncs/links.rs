//! Links over the API: which record of the left is which of the right.

use super::{cut, find, id_cursor, named, some};
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::events::checked;
use crate::api::paging::limit;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use syncline_core::sync::link::{self, Held};
use syncline_core::sync::{Ending, Link, Pending, Side, Sides, Value};
use syncline_core::time::Timestamp;
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::{LinkState, Trouble};

/// Which links.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkQuery {
    /// `linked`, `creating` or `ended`.
    pub state: Option<String>,
    /// `held`, `conflict` or `none`.
    pub trouble: Option<String>,
    /// Only those of this record, of whichever side.
    pub record: Option<String>,
    /// Only those with this somewhere in the records' name, in capital or small letters.
    pub search: Option<String>,
    /// Links on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// A link in short.
#[derive(Debug, Serialize)]
pub struct LinkView {
    id: String,
    sync_id: String,
    org_id: String,
    name: String,
    left_id: Option<String>,
    right_id: Option<String>,
    state: LinkState,
    /// Why it is over.
    ended: Option<Ending>,
    /// What is being created.
    creating: Option<Pending>,
    trouble: Trouble,
    /// Values that one side does not take.
    held: Vec<HeldView>,
    created_at: Timestamp,
    updated_at: Timestamp,
    ended_at: Option<Timestamp>,
    version: i64,
}

impl LinkView {
    /// The view of a link.
    #[must_use]
    pub fn of(row: &LinkRow) -> Self {
        Self {
            id: row.id.clone(),
            sync_id: row.sync_id.clone(),
            org_id: row.org_id.clone(),
            name: row.name.clone(),
            left_id: row.link.ids.left.clone(),
            right_id: row.link.ids.right.clone(),
            state: row.state(),
            ended: match row.link.state {
                link::State::Ended(ending) => Some(ending),
                link::State::Linked | link::State::Creating(_) => None,
            },
            creating: match row.link.state {
                link::State::Creating(pending) => Some(pending),
                link::State::Linked | link::State::Ended(_) => None,
            },
            trouble: row.trouble,
            held: held(&row.link),
            created_at: row.created_at,
            updated_at: row.updated_at,
            ended_at: row.ended_at,
            version: row.version,
        }
    }
}

/// A value that one side does not take.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct HeldView {
    /// Of which rule; none where the provider did not say which field it is about, or refused all.
    pub rule: Option<String>,
    /// The side that does not take it.
    pub side: Side,
    /// The field there.
    pub field: Option<String>,
    /// The value that belongs there, where it is one.
    pub value: Option<Value>,
    /// Why it is not there.
    pub reason: String,
}

/// Everything that is held: by a rule of ours, or because the provider refused it. A field that both name is there once.
#[must_use]
pub fn held(link: &Link) -> Vec<HeldView> {
    let mut all = Vec::new();
    for (rule, base) in &link.bases {
        for (side, fields) in base.held.iter() {
            all.extend(fields.iter().map(|(field, held)| HeldView {
                rule: Some(rule.clone()),
                side,
                field: Some(field.clone()),
                value: Some(held.value.clone()),
                reason: held.reason.clone(),
            }));
        }
    }
    for (side, refused) in link.refused.iter() {
        for (name, held) in refused {
            let known = |one: &HeldView| one.side == side && one.field.as_ref() == Some(name);
            if !all.iter().any(known) {
                all.push(refused_view(side, name, held));
            }
        }
    }
    all
}

/// What a provider refused. Names that are no field's say what they are about ([`Link::refused`]); their value is a fingerprint, which
/// says nothing to people.
fn refused_view(side: Side, name: &str, held: &Held) -> HeldView {
    let reason = held.reason.clone();
    let whole = HeldView { rule: None, side, field: None, value: None, reason };
    match name.strip_prefix(link::WHOLE) {
        Some("") => whole,
        Some(rule) => HeldView { rule: Some(rule.to_owned()), ..whole },
        None if name == link::DELETION => whole,
        None => HeldView { field: Some(name.to_owned()), value: Some(held.value.clone()), ..whole },
    }
}

/// `GET /v1/syncs/{id}/links`, in the order in which they were made.
///
/// # Errors
/// 400 for a query that makes no sense, 404 when there is no such sync for this caller.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<LinkQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let LinkQuery { state, trouble, record, search, limit: asked, cursor } = checked(query)?;
    let state = named(state, LinkState::named, "`state` is `linked`, `creating` or `ended`.")?;
    let trouble = named(trouble, Trouble::named, "`trouble` is `held`, `conflict` or `none`.")?;
    let (limit, after) = (limit(asked)?, id_cursor(cursor, "lnk")?);
    find(&api, &caller, &id).await?;
    let filter = links::Filter { sync_id: id, state, trouble, record_id: some(record), search: some(search) };
    let mut found = links::page(&api.cx.store, &caller.scope, &filter, after.as_deref(), limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.id.clone());
    let data: Vec<LinkView> = found.iter().map(LinkView::of).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// The ids of a link's records, by side.
#[must_use]
pub fn ids(row: &LinkRow) -> Sides<Option<&str>> {
    row.link.ids.as_ref().map(Option::as_deref)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use syncline_core::sync::Base;

    fn with(reason: &str) -> Held {
        Held { value: Value::text("ada@"), reason: reason.to_owned() }
    }

    #[test]
    fn what_is_held_names_rule_side_and_field_as_far_as_they_are_known() {
        let mut link = Link::joined("1", "/2/");
        let mut base = Base::default();
        base.held.left = BTreeMap::from([("email".to_owned(), with("Invalid email ada@"))]);
        link.bases.insert("emails".to_owned(), base);
        link.refused.left = BTreeMap::from([
            ("email".to_owned(), with("refused, and held anyway")),
            ("phone".to_owned(), with("too long")),
            ("*".to_owned(), with("no")),
            ("*numbers".to_owned(), with("not these")),
        ]);
        link.refused.right = BTreeMap::from([(link::DELETION.to_owned(), with("future bookings"))]);
        let all = held(&link);
        let brief: Vec<_> = all
            .iter()
            .map(|one| (one.side, one.rule.as_deref(), one.field.as_deref(), one.value.is_some()))
            .collect();
        assert_eq!(
            brief,
            [
                (Side::Left, Some("emails"), Some("email"), true),
                (Side::Left, None, None, false),
                (Side::Left, Some("numbers"), None, false),
                (Side::Left, None, Some("phone"), true),
                (Side::Right, None, None, false),
            ]
        );
        assert_eq!(all[0].reason, "Invalid email ada@");
    }

    #[test]
    fn a_link_without_trouble_holds_nothing() {
        assert_eq!(held(&Link::joined("1", "/2/")), []);
    }
}
