//! API keys: made, shown once, revoked.

use super::access::inside;
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::Session;
use super::short::{self, contains};
use super::suggest;
use super::views::{Filter, KeyForm, KeyRow, KeysPage, Narrow, NewKey, Notice, Section, Tone, Turn};
use super::{Failure, Portal, render};
use crate::api::access::{create_key, revoke_key};
use crate::api::accounts::check_name;
use crate::http::Problem;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_store::StoreError;
use syncline_store::api_keys::{self, ApiKey};

#[derive(Debug, Deserialize)]
pub(super) struct NewKeyForm {
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    organization: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RevokeForm {
    csrf: String,
    /// The list as it was.
    #[serde(default)]
    back: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    state: String,
    cursor: Turn,
    /// What the last action did, to be said once.
    did: Option<String>,
}

impl ListQuery {
    /// Whether a key is one of those that are asked for.
    fn admits(&self, key: &ApiKey) -> bool {
        let organization = self.organization.trim();
        let state = match self.state.as_str() {
            "used" => key.revoked_at.is_none(),
            "revoked" => key.revoked_at.is_some(),
            _ => true,
        };
        state
            && (contains(&key.name, &self.search) || key.prefix.contains(self.search.trim()))
            && (organization.is_empty() || key.org_id.as_deref() == Some(organization))
    }

    async fn narrow(&self, portal: &Portal) -> Result<Narrow, StoreError> {
        Ok(Narrow {
            base: "/portal/keys".into(),
            filters: vec![
                Filter::search("search", "Name contains", self.search.trim()).hinted("Name or beginning"),
                suggest::organization(portal, &self.organization).await?,
                Filter::of(
                    "state",
                    "State",
                    self.state.trim(),
                    &[("used", "In use"), ("revoked", "Revoked")],
                ),
            ],
            cursor: self.cursor.clone(),
        })
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    Ok(page(&portal, &session, &query, None, KeyForm::default()).await?)
}

pub(super) async fn create(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<NewKeyForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let all = form.scope == "all";
    let (name, organization) = (form.name.trim().to_owned(), form.organization.trim().to_owned());
    let problem = |what, text: &str| check_name(what, text).err().map(|problem| problem.detail.to_string());
    let name_problem = problem("Name", &name);
    let organization_problem = if all { None } else { problem("Organization", &organization) };
    if name_problem.is_some() || organization_problem.is_some() {
        let form = KeyForm { name, all_organizations: all, organization, name_problem, organization_problem };
        return Ok(page(&portal, &session, &ListQuery::default(), None, form).await?);
    }
    let org_id = (!all).then_some(organization);
    let (key, token) = create_key(&session.cx(&portal), &name, org_id.clone()).await?;
    let new_key = NewKey { name: key.name, organization: org_id, token };
    Ok(page(&portal, &session, &ListQuery::default(), Some(new_key), KeyForm::default()).await?)
}

pub(super) async fn revoke(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<RevokeForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let did = if revoke_key(&session.cx(&portal), &id).await? { "revoke" } else { "nothing" };
    let list = if form.back.starts_with("/portal/keys?") { inside(&form.back) } else { "/portal/keys" };
    let join = if list.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{list}{join}did={did}")).into_response())
}

/// A new key of the same name and scope. The old one works on until somebody revokes it: both are in use meanwhile.
pub(super) async fn replace(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<RevokeForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let known = api_keys::list(&portal.api.cx.store).await?;
    let old = known.into_iter().find(|key| key.id == id && key.revoked_at.is_none());
    let old = old.ok_or_else(|| Problem::not_found("key that works"))?;
    let (key, token) = create_key(&session.cx(&portal), &old.name, old.org_id).await?;
    let new_key = NewKey { name: key.name, organization: key.org_id, token };
    let query = ListQuery { did: Some("replace".to_owned()), ..ListQuery::default() };
    Ok(page(&portal, &session, &query, Some(new_key), KeyForm::default()).await?)
}

fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "replace" => (Tone::Good, "The old key works on. Revoke it when whatever used it has the new one."),
        "revoke" => (Tone::Good, "The key is revoked. Whatever used it is refused from now on."),
        "nothing" => (Tone::Plain, "That key was revoked already."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}

async fn page(
    portal: &Portal,
    session: &Session,
    query: &ListQuery,
    new_key: Option<NewKey>,
    form: KeyForm,
) -> Result<Response, StoreError> {
    let store = &portal.api.cx.store;
    let narrow = query.narrow(portal).await?;
    let mut keys = api_keys::list(store).await?;
    let in_use = keys.iter().filter(|key| key.revoked_at.is_none()).count();
    keys.sort_by_key(|key| key.revoked_at.is_some());
    keys.retain(|key| !narrow.is_wrong() && query.admits(key));
    // People make dozens of keys, not thousands: the list is read as a whole.
    let (keys, older) = short::page(keys, &query.cursor, |key| &key.id);
    let organizations = suggest::organizations(portal).await?;
    let mut shell = session.shell(portal, Section::Keys);
    shell.notice = query.did.as_deref().and_then(said);
    let keys = keys.into_iter().map(row).collect();
    Ok(render(&KeysPage { shell, narrow, problem: None, in_use, keys, older, new_key, form, organizations }))
}

fn row(key: ApiKey) -> KeyRow {
    KeyRow {
        id: key.id,
        name: key.name,
        organization: key.org_id,
        prefix: key.prefix,
        created_at: key.created_at.to_string(),
        last_used_at: key.last_used_at.map(|at| at.to_string()),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
    }
}
