//! HubSpot's OAuth (HubSpot facts 1.1 to 1.6).

use super::{HubSpot, VERSION, errors};
use crate::connect::{App, Ask, OAuth, Refused, Tokens, account};
use crate::oauth::{self, Kind};
use crate::wire::{Call, Cost, Reply, words};
use serde_json::Value;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

impl OAuth for HubSpot {
    /// HubSpot facts 1.1 and 1.6. The challenge is sent although no page asks apps with a secret for one: HubSpot has an
    /// error for a wrong verifier, so it checks those it gets.
    fn authorize_url(&self, app: &App<'_>, ask: &Ask<'_>) -> String {
        let scope = oauth::scopes(ask.scopes, &[]);
        let optional = oauth::scopes(ask.optional_scopes, ask.scopes);
        let mut query = vec![("client_id", app.client_id), ("redirect_uri", ask.redirect_uri)];
        query.extend(
            [("scope", scope.as_str()), ("optional_scope", &optional)].iter().filter(|(_, v)| !v.is_empty()),
        );
        query.extend([
            ("state", ask.state.expose()),
            ("code_challenge", ask.challenge),
            ("code_challenge_method", "S256"),
        ]);
        oauth::url(&format!("{}/oauth/authorize", app.hosts.web), &query)
    }

    /// HubSpot facts 1.2.
    fn exchange(&self, app: &App<'_>, code: &Secret, verifier: &Secret, redirect_uri: &str) -> Call {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", app.client_id),
            ("client_secret", app.client_secret.expose()),
            ("redirect_uri", redirect_uri),
            ("code", code.expose()),
            ("code_verifier", verifier.expose()),
        ];
        post(app, "token", &fields)
    }

    /// HubSpot facts 1.2. May be repeated: as far as was seen the refresh token stays the same.
    fn refresh(&self, app: &App<'_>, refresh: &Secret) -> Call {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", app.client_id),
            ("client_secret", app.client_secret.expose()),
            ("refresh_token", refresh.expose()),
        ];
        post(app, "token", &fields).repeatable()
    }

    /// HubSpot facts 1.2 and 1.4.
    fn tokens(&self, reply: &Reply<'_>, now: Timestamp) -> Result<Tokens, Refused> {
        if !reply.status.is_success() {
            return Err(refused(reply));
        }
        let (tokens, body) = oauth::tokens(reply, now)?;
        Ok(Tokens { account: account(&body["hub_id"], None), ..tokens })
    }

    /// HubSpot facts 1.3: the refresh token goes; access tokens live on for their half hour. The app stays installed: to
    /// take it out of the account would end other connections to the same account too.
    fn revoke(&self, app: &App<'_>, tokens: &Tokens) -> Option<Call> {
        let (token, hint) = match &tokens.refresh {
            Some(refresh) => (refresh, "refresh_token"),
            None => (&tokens.access, "access_token"),
        };
        let fields = [
            ("client_id", app.client_id),
            ("client_secret", app.client_secret.expose()),
            ("token", token.expose()),
            ("token_type_hint", hint),
        ];
        Some(post(app, "token/revoke", &fields).repeatable())
    }
}

fn post(app: &App<'_>, path: &str, fields: &[(&str, &str)]) -> Call {
    Call::form(format!("{}/oauth/{VERSION}/{path}", app.hosts.api), fields).costing(Cost::Free)
}

/// Reads both shapes of HubSpot facts 1.4: the older one with `status` and `message`, the one of RFC 6749, and bodies
/// that have both. `status` is asked first, because it tells more: a wrong redirect URI may also be an `invalid_grant`.
fn refused(reply: &Reply<'_>) -> Refused {
    let body = reply.json().unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let status = text("status").filter(|status| *status != "error");
    let kind = status.and_then(kind).or_else(|| oauth::kind(text("error")?));
    let code = status.or_else(|| text("error"));
    let said = match (code, text("message").or_else(|| text("error_description"))) {
        (Some(code), Some(message)) => words(&format!("{code}: {message}")),
        (Some(only), None) | (None, Some(only)) => words(only),
        (None, None) => reply.outline(),
    };
    oauth::refused(reply, kind, said, &errors::fault(reply))
}

/// HubSpot's own codes (HubSpot facts 1.4). A wrong verifier takes a new authorization, as a wrong code does.
fn kind(status: &str) -> Option<Kind> {
    Some(match status {
        "BAD_REFRESH_TOKEN" | "BAD_AUTH_CODE" | "BAD_HUB" | "BAD_CODE_VERIFIER" => Refused::Grant,
        "BAD_CLIENT_ID" | "BAD_CLIENT_SECRET" | "BAD_REDIRECT_URI" | "BAD_GRANT_TYPE" | "BAD_SCOPES" => {
            Refused::App
        }
        _ => return None,
    })
}
