//! Our registrations at the providers, as the configuration names them: what to copy to the provider, what is missing, who uses them.

use super::query::Query;
use super::session::Session;
use super::short::{self, contains};
use super::show::provider_name;
use super::suggest;
use super::views::operate::{APP_STATES, AppRow, AppsPage, BY_HAND};
use super::views::{Filter, Narrow, Section, Turn};
use super::{Failure, Portal, render};
use crate::config::{App, Config, Provider};
use crate::connect::asked_scopes;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use syncline_store::overview;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    provider: String,
    state: String,
    cursor: Turn,
}

impl ListQuery {
    /// Whether an app is one of those that are asked for.
    fn admits(&self, app: &AppRow) -> bool {
        let (provider, state) = (self.provider.trim(), self.state.trim());
        let id = app.client_id.as_deref().unwrap_or_default();
        (contains(&app.name, &self.search) || contains(id, &self.search))
            && (provider.is_empty() || app.provider == provider)
            && (state.is_empty() || app.state() == state)
    }

    fn narrow(&self) -> Narrow {
        Narrow {
            base: "/portal/apps".into(),
            filters: vec![
                Filter::search("search", "Name contains", self.search.trim()).hinted("Name or client ID"),
                suggest::provider(&self.provider),
                Filter::of("state", "State", self.state.trim(), &APP_STATES),
            ],
            cursor: self.cursor.clone(),
        }
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let cx = &portal.api.cx;
    let uses = overview::apps(&cx.store).await?;
    let narrow = query.narrow();
    let rows = cx.config.apps.iter().map(|(name, app)| {
        let own = uses.iter().filter(|one| one.app == *name && one.provider == app.provider.as_str());
        let count = |status: &str| own.clone().filter(|one| one.status == status).map(|one| one.count).sum();
        AppRow {
            active: count("active"),
            broken: count("needs_reauthorization"),
            last_connected_at: own.clone().map(|one| one.last).max().map(|at| at.to_string()),
            ..row(&cx.config, name, app)
        }
    });
    let rows = rows.filter(|app| !narrow.is_wrong() && query.admits(app)).collect();
    let (rows, older) = short::page(rows, &query.cursor, |app: &AppRow| &app.name);
    let shell = session.shell(&portal, Section::Apps);
    let providers = suggest::providers();
    Ok(render(&AppsPage { shell, narrow, problem: None, rows, older, providers }))
}

fn row(config: &Config, name: &str, app: &App) -> AppRow {
    let id = app.provider.as_str();
    let public_url = config.server.public_url.as_str();
    let has_oauth = syncline_providers::connect::connect(id).is_some_and(|one| one.oauth().is_some());
    let (required, optional) = asked_scopes(app);
    // Airtable and 10to8 sign nothing we could check: their addresses prove themselves, each connection's its own.
    let one_address = matches!(app.provider, Provider::Hubspot | Provider::Notion);
    AppRow {
        name: name.to_owned(),
        provider: id.to_owned(),
        provider_name: provider_name(id).to_owned(),
        client_id: app.client_id.clone(),
        redirect_url: has_oauth.then(|| format!("{public_url}/integrations/{id}/oauth2callback")),
        webhook_url: one_address.then(|| format!("{public_url}/webhooks/{id}/{name}")),
        required,
        optional,
        rotating: app.previous_client_secret.is_some(),
        missing: missing(name, app, has_oauth),
        ..AppRow::default()
    }
}

/// What the configuration lacks, each with what does not work without it.
fn missing(name: &str, app: &App, has_oauth: bool) -> Vec<(String, &'static str)> {
    let is = |provider| app.provider == provider;
    let needs = [
        ("client_id", has_oauth && app.client_id.is_none(), "nobody can connect through it"),
        ("client_secret", has_oauth && app.client_secret.is_none(), "nobody can connect through it"),
        (
            "client_secret",
            is(Provider::Hubspot) && !has_oauth && app.client_secret.is_none(),
            "webhooks are refused",
        ),
        ("app_id", is(Provider::Hubspot) && app.app_id.is_none(), BY_HAND),
        ("developer_api_key", is(Provider::Hubspot) && app.developer_api_key.is_none(), BY_HAND),
        ("webhook_secret", is(Provider::Notion) && app.webhook_secret.is_none(), "webhooks are refused"),
    ];
    let missing = needs.into_iter().filter(|(_, is_missing, _)| *is_missing);
    missing.map(|(key, _, without)| (format!("apps.{name}.{key}"), without)).collect()
}
