//! Our registrations at the providers, as the configuration names them: what to copy to the provider, what is missing, who uses them.

use super::session::Session;
use super::show::provider_name;
use super::views::operate::{AppRow, AppsPage, BY_HAND};
use super::views::{Choice, Section};
use super::{Failure, Portal, render};
use crate::config::{App, Config, Provider};
use crate::connect::asked_scopes;
use axum::extract::State;
use axum::response::Response;
use syncline_store::overview;

pub(super) async fn list(State(portal): State<Portal>, session: Session) -> Result<Response, Failure> {
    let cx = &portal.api.cx;
    let uses = overview::apps(&cx.store).await?;
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
    let providers = syncline_providers::connect::CONNECTORS.iter();
    let providers = providers
        .map(|(id, _)| Choice { value: (*id).to_owned(), label: provider_name(id).to_owned() })
        .collect();
    let rows = rows.collect();
    Ok(render(&AppsPage { shell: session.shell(&portal, Section::Apps), rows, providers }))
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
