//! `GET /v1/audit`: who did what, for operators.

use super::Api;
use super::access::Operator;
use super::events::{checked, time};
use super::paging::{cut, limit, number_cursor, some};
use crate::audit::Action;
use crate::http::{Problem, json};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_store::Scope;
use syncline_store::audit::{self, Door, Entry, Filter};

/// Which part of the log. Empty values do not filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only through this door: `portal`, `api`, `cli`, `page` or `hub`.
    pub door: Option<String>,
    /// Only by whoever is called this.
    pub actor: Option<String>,
    /// Only this action (`connection.disconnected`), or all of a group (`connection`).
    pub action: Option<String>,
    /// Only what concerns this organization.
    pub org_id: Option<String>,
    /// Only what was done to the object with this id.
    pub object_id: Option<String>,
    /// From this moment on.
    pub since: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
    /// Only where who did it, the object's id or the detail has this in it, in whichever case.
    pub search: Option<String>,
    /// Entries on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl AuditQuery {
    /// The filter in it.
    ///
    /// # Errors
    /// 400 for a door or an action that there is not, and for a time that cannot be read.
    pub fn filter(&self) -> Result<Filter, Problem> {
        let some = |text: &Option<String>| some(text.clone());
        let door = some(&self.door).map(|name| {
            let say = "`door` is `portal`, `api`, `cli`, `page` or `hub`.";
            Door::named(&name).ok_or_else(|| Problem::bad_request("bad_door", say))
        });
        let action = some(&self.action);
        if let Some(name) = &action
            && !Action::ALL.iter().any(|action| action.name() == name || action.group() == name)
        {
            let say = "`action` is one of those that docs/security.md lists, or what stands before its dot.";
            return Err(Problem::bad_request("bad_action", say));
        }
        Ok(Filter {
            door: door.transpose()?,
            actor: some(&self.actor),
            action,
            org_id: some(&self.org_id),
            object_id: some(&self.object_id),
            since: time("since", some(&self.since))?,
            until: time("until", some(&self.until))?,
            search: some(&self.search),
        })
    }
}

/// A page of the log, the latest first, and where the next one goes on.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn page(api: &Api, query: &AuditQuery) -> Result<(Vec<Entry>, Option<String>), Problem> {
    let (filter, limit) = (query.filter()?, limit(query.limit)?);
    let before = number_cursor(query.cursor.clone())?;
    let mut found = audit::page(&api.cx.store, &Scope::All, &filter, before, limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.seq.to_string());
    Ok((found, next))
}

/// `GET /v1/audit`.
///
/// # Errors
/// As [`page`].
pub async fn list(
    State(api): State<Api>,
    _: Operator,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let (data, next_cursor) = page(&api, &checked(query)?).await?;
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next_cursor })))
}
