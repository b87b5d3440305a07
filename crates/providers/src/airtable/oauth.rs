//! Airtable's OAuth (Airtable facts 2). All of it is on the host that people's browsers see.

use super::{Airtable, errors};
use crate::connect::{App, Ask, OAuth, Refused, Tokens};
use crate::oauth;
use crate::wire::{Call, Cost, Reply, words};
use http::StatusCode;
use serde_json::Value;
use syncline_core::oauth::basic;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

impl OAuth for Airtable {
    /// Airtable facts 2. No scope may stand there twice. Airtable has no optional ones, so what may be granted is asked for
    /// like the rest.
    fn authorize_url(&self, app: &App<'_>, ask: &Ask<'_>) -> String {
        let scope = oauth::scopes(ask.scopes.iter().chain(ask.optional_scopes), &[]);
        let query = [
            ("client_id", app.client_id),
            ("redirect_uri", ask.redirect_uri),
            ("response_type", "code"),
            ("scope", &scope),
            ("state", ask.state.expose()),
            ("code_challenge", ask.challenge),
            ("code_challenge_method", "S256"),
        ];
        oauth::url(&format!("{}/oauth2/v1/authorize", app.hosts.web), &query)
    }

    /// Airtable facts 2. A code is used up even if this fails.
    fn exchange(&self, app: &App<'_>, code: &Secret, verifier: &Secret, redirect_uri: &str) -> Call {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        post(app, &fields)
    }

    /// Airtable facts 2. The tokens before it are dead the moment this is carried out.
    fn refresh(&self, app: &App<'_>, refresh: &Secret) -> Call {
        post(app, &[("grant_type", "refresh_token"), ("refresh_token", refresh.expose())])
    }

    /// Airtable facts 2.
    fn tokens(&self, reply: &Reply<'_>, now: Timestamp) -> Result<Tokens, Refused> {
        if !reply.status.is_success() {
            return Err(refused(reply));
        }
        oauth::tokens(reply, now).map(|(tokens, _)| tokens)
    }

    /// No such call is known.
    fn revoke(&self, _app: &App<'_>, _tokens: &Tokens) -> Option<Call> {
        None
    }
}

/// Airtable facts 2: with a secret the header is required and `client_id` in the body is not; without one the header is
/// forbidden and `client_id` required.
fn post(app: &App<'_>, fields: &[(&str, &str)]) -> Call {
    let url = format!("{}/oauth2/v1/token", app.hosts.web);
    let call = if app.client_secret.is_empty() {
        Call::form(url, &[fields, &[("client_id", app.client_id)]].concat())
    } else {
        Call::form(url, fields).authorized("Basic", &basic(app.client_id, app.client_secret))
    };
    call.costing(Cost::Free)
}

/// Airtable facts 2: 409 when the same token was refreshed just now, otherwise the codes of OAuth.
fn refused(reply: &Reply<'_>) -> Refused {
    if reply.status == StatusCode::CONFLICT && !reply.is_page() {
        return Refused::JustRefreshed;
    }
    let body = reply.json().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let said = match (text("error"), text("error_description")) {
        (Some(code), Some(message)) => words(&format!("{code}: {message}")),
        (Some(only), None) | (None, Some(only)) => words(only),
        (None, None) => errors::said(reply),
    };
    oauth::refused(reply, text("error").and_then(oauth::kind), said, &errors::fault(reply))
}
