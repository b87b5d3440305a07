//! Notion's OAuth (Notion facts 2).

use super::{Notion, errors, versioned};
use crate::connect::{App, Ask, OAuth, Refused, Tokens, account};
use crate::oauth::{self, Kind};
use crate::wire::{Call, Cost, Reply, words};
use http::Method;
use serde_json::{Value, json};
use syncline_core::oauth::basic;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

impl OAuth for Notion {
    /// Notion facts 2. There are no scopes: what the connection may do is set in Notion, and the person picks the pages. No
    /// proof key is known to be taken.
    fn authorize_url(&self, app: &App<'_>, ask: &Ask<'_>) -> String {
        let query = [
            ("client_id", app.client_id),
            ("response_type", "code"),
            ("owner", "user"),
            ("redirect_uri", ask.redirect_uri),
            ("state", ask.state.expose()),
        ];
        oauth::url(&format!("{}/v1/oauth/authorize", app.hosts.web), &query)
    }

    /// Notion facts 2. `redirect_uri` must stand here exactly because it always stands in the authorize URL.
    fn exchange(&self, app: &App<'_>, code: &Secret, _verifier: &Secret, redirect_uri: &str) -> Call {
        let body = json!({
            "code": code.expose(),
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
        });
        post(app, "token", &body)
    }

    /// Notion facts 2. Both tokens are new afterwards.
    fn refresh(&self, app: &App<'_>, refresh: &Secret) -> Call {
        post(app, "token", &json!({ "grant_type": "refresh_token", "refresh_token": refresh.expose() }))
    }

    /// Notion facts 2: no end is told, and there may be no refresh token; then the access token simply stays good.
    fn tokens(&self, reply: &Reply<'_>, now: Timestamp) -> Result<Tokens, Refused> {
        if !reply.status.is_success() {
            return Err(refused(reply));
        }
        let (tokens, body) = oauth::tokens(reply, now)?;
        Ok(Tokens { account: account(&body["workspace_id"], body["workspace_name"].as_str()), ..tokens })
    }

    /// Notion facts 2.
    fn revoke(&self, app: &App<'_>, tokens: &Tokens) -> Option<Call> {
        Some(post(app, "revoke", &json!({ "token": tokens.access.expose() })).repeatable())
    }
}

/// The keys of `body` are in alphabetical order, so that the bytes are the same however maps are built.
fn post(app: &App<'_>, path: &str, body: &Value) -> Call {
    let call = Call::json(Method::POST, format!("{}/v1/oauth/{path}", app.hosts.api), body);
    versioned(call.authorized("Basic", &basic(app.client_id, app.client_secret)).costing(Cost::Free))
}

/// Notion facts 2 and 9: `code` and `message` as every error has them, or `error` and `error_description` as OAuth has.
fn refused(reply: &Reply<'_>) -> Refused {
    let body = reply.json().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("code").or_else(|| text("error"));
    let said = match (code, text("message").or_else(|| text("error_description"))) {
        (Some(code), Some(message)) => words(&format!("{code}: {message}")),
        (Some(only), None) | (None, Some(only)) => words(only),
        (None, None) => reply.outline(),
    };
    oauth::refused(reply, code.and_then(kind), said, &errors::fault(reply))
}

/// Notion's codes besides those of OAuth: what it says of requests it cannot take, which we wrote.
fn kind(code: &str) -> Option<Kind> {
    oauth::kind(code).or(match code {
        "test_env_error"
        | "validation_error"
        | "invalid_json"
        | "invalid_request_url"
        | "missing_version" => Some(Refused::App),
        _ => None,
    })
}
