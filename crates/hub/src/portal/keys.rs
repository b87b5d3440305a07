//! API keys: made, shown once, revoked.

use super::access::CsrfForm;
use super::form::{check_csrf, read};
use super::session::Session;
use super::views::{Filter, KeyForm, KeyRow, KeysPage, Narrow, NewKey, Section};
use super::{Failure, Portal, render};
use crate::api::access::{create_key, revoke_key};
use crate::api::accounts::check_name;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeSet;
use syncline_store::api_keys::{self, ApiKey};
use syncline_store::{StoreError, accounts};

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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    organization: String,
    state: String,
    cursor: String,
}

impl ListQuery {
    /// Whether a key is one of those that are asked for.
    fn admits(&self, key: &ApiKey) -> bool {
        let search = self.search.trim().to_lowercase();
        let organization = self.organization.trim();
        let state = match self.state.as_str() {
            "used" => key.revoked_at.is_none(),
            "revoked" => key.revoked_at.is_some(),
            _ => true,
        };
        state
            && (search.is_empty()
                || key.name.to_lowercase().contains(&search)
                || key.prefix.contains(self.search.trim()))
            && (organization.is_empty() || key.org_id.as_deref() == Some(organization))
    }

    fn narrow(&self) -> Narrow {
        Narrow {
            base: "/portal/keys".into(),
            filters: vec![
                Filter::new("search", "Name contains", self.search.trim()),
                Filter::new("organization", "Organization", self.organization.trim()),
                Filter::of(
                    "state",
                    "State",
                    self.state.trim(),
                    &[("used", "In use"), ("revoked", "Revoked")],
                ),
            ],
            cursor: self.cursor.clone(),
        }
    }
}

/// Keys on a page.
const PAGE: usize = 50;

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
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    revoke_key(&session.cx(&portal), &id).await?;
    Ok(Redirect::to("/portal/keys").into_response())
}

async fn page(
    portal: &Portal,
    session: &Session,
    query: &ListQuery,
    new_key: Option<NewKey>,
    form: KeyForm,
) -> Result<Response, StoreError> {
    let store = &portal.api.cx.store;
    let mut keys = api_keys::list(store).await?;
    keys.sort_by_key(|key| key.revoked_at.is_some());
    keys.retain(|key| query.admits(key));
    // People make dozens of keys, not thousands: the list is read as a whole, and shown in pages.
    let begin = keys.iter().position(|key| key.id == query.cursor).map_or(0, |place| place + 1);
    keys.drain(..begin);
    let older = keys.get(PAGE - 1).filter(|_| keys.len() > PAGE).map(|last| last.id.clone());
    keys.truncate(PAGE);
    let owners = accounts::list(store).await?.into_iter().map(|account| account.org_id);
    let organizations = owners.collect::<BTreeSet<_>>().into_iter().collect();
    let shell = session.shell(portal, Section::Keys);
    let keys = keys.into_iter().map(row).collect();
    Ok(render(&KeysPage {
        shell,
        narrow: query.narrow(),
        problem: None,
        keys,
        older,
        new_key,
        form,
        organizations,
    }))
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
