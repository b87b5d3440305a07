//! Connecting an account from the portal: with a key at once, or by a link to the provider's consent page.
//!
//! The answer to the form is a page with that link, never a redirect: the policy lets forms lead to our own pages only, and a link
//! can be passed on to the person who may consent.

use super::connections::title;
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::Session;
use super::show::provider_name;
use super::suggest::organizations;
use super::views::{Choice, ConnectForm, ConnectLinkPage, ConnectPage, Section, WayGroup, text};
use super::{Failure, Portal, render};
use crate::api::connections::find;
use crate::config::Config;
use crate::connect::connect_with_key;
use crate::cx::Cx;
use crate::http::Problem;
use crate::popup::sealed::Ticket;
use crate::popup::ticket;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::secret::Secret;
use syncline_providers::connect::connect;
use syncline_store::connections::{Connection, Method};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    organization: String,
    user: String,
    way: String,
    /// A connection whose account is to be connected again.
    again: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewForm {
    csrf: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    way: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    key: Option<Secret>,
}

pub(super) async fn new(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<NewQuery>,
) -> Result<Response, Failure> {
    let NewQuery { organization, user, way, again } = query;
    let form = ConnectForm { organization, user, way, again, ..ConnectForm::default() };
    if form.again.is_empty() {
        return page(&portal, &session, form).await;
    }
    let Connection { org_id, user_id, app, provider, method, .. } =
        find(&portal.api, &session.caller(), &form.again).await?;
    let way = match method {
        Method::Oauth => format!("oauth:{app}"),
        Method::Key => format!("key:{provider}"),
    };
    let problem = (!is_offered(&ways(&portal.api.cx.config), &way)).then(|| {
        let app = text::preview(&app, 60);
        format!(
            "It was connected through the app {app}, which is not in the configuration any more, or not whole. Put it \
             back, or choose another way, which makes a connection of its own."
        )
    });
    page(&portal, &session, ConnectForm { organization: org_id, user: user_id, way, problem, ..form }).await
}

fn is_offered(groups: &[WayGroup], way: &str) -> bool {
    groups.iter().flat_map(|group| &group.ways).any(|offered| offered.value == way)
}

async fn page(portal: &Portal, session: &Session, form: ConnectForm) -> Result<Response, Failure> {
    let shell = session.shell(portal, Section::Connections);
    let organizations = organizations(portal).await?;
    // Which account it is stays at the top when the form comes back with a problem.
    let again = match form.again.as_str() {
        "" => None,
        id => Some(title(&find(&portal.api, &session.caller(), id).await?)),
    };
    Ok(render(&ConnectPage { shell, form, again, ways: ways(&portal.api.cx.config), organizations }))
}

/// The ways to connect: a consent page for every app that is complete, a key at every provider.
fn ways(config: &Config) -> Vec<WayGroup> {
    let providers = syncline_providers::connect::CONNECTORS.iter();
    let groups = providers.map(|(id, connector)| {
        let id = *id;
        let complete = config.apps.iter().filter(|(_, app)| {
            app.provider.as_str() == id && app.client_id.is_some() && app.client_secret.is_some()
        });
        let apps = complete.filter(|_| connector.oauth().is_some()).map(|(name, _)| Choice {
            value: format!("oauth:{name}"),
            label: format!("{}: consent page (app {name})", provider_name(id)),
        });
        let key =
            Choice { value: format!("key:{id}"), label: format!("{}: {}", provider_name(id), key_name(id)) };
        WayGroup { provider_name: provider_name(id).to_owned(), ways: apps.chain([key]).collect() }
    });
    groups.collect()
}

/// What a provider calls its keys.
fn key_name(provider: &str) -> &'static str {
    match provider {
        "hubspot" => "private app token or service key",
        "notion" => "integration token",
        "airtable" => "personal access token",
        _ => "API key",
    }
}

pub(super) async fn create(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<NewForm>, FormRejection>,
) -> Result<Response, Failure> {
    let NewForm { csrf, organization, user, way, again, key } = read(form)?;
    check_csrf(&csrf, &session.csrf)?;
    let (organization, user) = (organization.trim().to_owned(), user.trim().to_owned());
    let kept = |problem: &str| ConnectForm {
        organization: organization.clone(),
        user: user.clone(),
        way: way.clone(),
        again: again.clone(),
        problem: Some(problem.to_owned()),
    };
    let key = key.filter(|key| !key.expose().trim().is_empty());
    let done = match (way.split_once(':'), key) {
        (Some(("oauth", _)), Some(_)) => Err(Problem::bad_request(
            "bad_way",
            "A consent page takes no key. Choose the way with a key, or leave the key out.",
        )),
        (Some(("oauth", app)), None) => link(&portal, &session, &organization, &user, app).await,
        (Some(("key", provider)), Some(key)) => {
            with_key(&session.cx(&portal), &organization, &user, provider, &key).await
        }
        (Some(("key", _)), None) => Err(Problem::bad_request("bad_key", "This way needs a key.")),
        _ => Err(Problem::bad_request("bad_way", "Choose a provider and a way.")),
    };
    match done {
        Ok(response) => Ok(response),
        // What the person at the form can mend stays at the form; the rest is a page of its own.
        Err(problem) if problem.status.is_server_error() && problem.code != "provider_down" => {
            Err(problem.into())
        }
        Err(problem) => page(&portal, &session, kept(&problem.detail)).await,
    }
}

async fn with_key(
    cx: &Cx,
    organization: &str,
    user: &str,
    provider: &str,
    key: &Secret,
) -> Result<Response, Problem> {
    let connection = connect_with_key(cx, organization, user, provider, key).await?;
    let id = text::segment(&connection.id);
    Ok(Redirect::to(&format!("/portal/connections/{id}?did=connect")).into_response())
}

async fn link(
    portal: &Portal,
    session: &Session,
    organization: &str,
    user: &str,
    app: &str,
) -> Result<Response, Problem> {
    let cx = &session.cx(portal);
    let unknown = || Problem::bad_request("no_such_app", "No app of that name is configured.");
    let provider = cx.config.apps.get(app).map(|app| app.provider.as_str()).ok_or_else(unknown)?;
    connect(provider).ok_or_else(unknown)?;
    let ticket = Ticket {
        org_id: organization.to_owned(),
        user_id: user.to_owned(),
        provider: provider.to_owned(),
        app: Some(app.to_owned()),
        origin: None,
    };
    let link = ticket::link(cx, ticket).await?;
    Ok(render(&ConnectLinkPage {
        shell: session.shell(portal, Section::Connections),
        provider_name: provider_name(provider).to_owned(),
        organization: organization.to_owned(),
        url: link.url,
        expires_at: link.expires_at.to_string(),
    }))
}
