//! The token calls: exchange, refresh, introspect, revoke. All with Basic, none with a version (Notion facts 2).

use super::refusal::Refused;
use super::vault::Tokens;
use crate::notion::Notion;
use crate::notion::content::render;
use crate::notion::settings::{Oauth, Owner, Settings};
use axum::response::Response;
use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};

/// The keys of a token call.
type Fields = Map<String, Value>;

/// `POST /v1/oauth/{token,introspect,revoke}`
pub(crate) fn answer(notion: &Notion, call: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let settings = notion.settings.get();
    let done = authenticate(notion, headers).and_then(|()| {
        let fields = read(headers, body, &settings.oauth)?;
        match call {
            "introspect" => introspect(notion, &fields),
            "revoke" => revoke(notion, &fields),
            _ => token(notion, &settings, &fields),
        }
    });
    let request_id = notion.request_id();
    match done {
        Ok(mut body) => {
            body["request_id"] = request_id.as_str().into();
            notion.respond(200, &body, &request_id, None)
        }
        Err(refused) => {
            let body = refused.body(settings.oauth.error_shape, &request_id);
            notion.respond(refused.status, &body, &request_id, None)
        }
    }
}

/// Basic, standard alphabet.
fn authenticate(notion: &Notion, headers: &HeaderMap) -> Result<(), Refused> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let decoded = encoded.and_then(|(_, text)| BASE64.decode(text.trim().as_bytes()).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let app = notion.app();
    match text.split_once(':') {
        Some((id, secret)) if id == app.client_id && secret == app.client_secret => Ok(()),
        _ => Err(Refused::client()),
    }
}

fn read(headers: &HeaderMap, body: &Bytes, settings: &Oauth) -> Result<Fields, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if settings.accept_form && kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(body);
        return Ok(pairs.map(|(key, value)| (key.into_owned(), Value::String(value.into_owned()))).collect());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refused::new("invalid_request", "The body must be a JSON object.")),
        Err(_) => Err(Refused::new("invalid_request", "Error parsing JSON body.")),
    }
}

/// A text that must be there.
fn text<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, Refused> {
    match fields.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::Null) | None => Err(Refused::new(
            "invalid_request",
            format!("body failed validation: body.{key} should be defined."),
        )),
        Some(_) => Err(Refused::new(
            "invalid_request",
            format!("body failed validation: body.{key} should be a string."),
        )),
    }
}

fn token(notion: &Notion, settings: &Settings, fields: &Fields) -> Result<Value, Refused> {
    let tokens = match text(fields, "grant_type")? {
        "authorization_code" => exchange(notion, settings, fields)?,
        "refresh_token" => {
            let token = text(fields, "refresh_token")?;
            let refreshed = notion.vault.write().refresh(token, &settings.oauth, notion.house.now());
            refreshed.ok_or_else(|| Refused::new("invalid_grant", "The refresh token is invalid."))?
        }
        other => {
            return Err(Refused::new(
                "unsupported_grant_type",
                format!("The grant type {other} is not supported."),
            ));
        }
    };
    render(notion, settings, &tokens)
}

fn exchange(notion: &Notion, settings: &Settings, fields: &Fields) -> Result<Tokens, Refused> {
    let text_of_code = text(fields, "code")?;
    let now = notion.house.now();
    let mut vault = notion.vault.write();
    let Some(code) = vault.code(text_of_code, now) else {
        return Err(Refused::new("invalid_grant", "Invalid code."));
    };
    let given = match fields.get("redirect_uri") {
        None | Some(Value::Null) => None,
        Some(_) => Some(text(fields, "redirect_uri")?),
    };
    check_redirect(code.redirect_uri.as_deref(), given, settings.oauth.redirect_uris.len())?;
    let tokens = vault.exchange(text_of_code, &settings.oauth, now);
    tokens.ok_or_else(|| Refused::new("invalid_grant", "Invalid code."))
}

/// Required when the authorize URL had it or several are registered; not allowed when it had none and one is registered.
fn check_redirect(asked: Option<&str>, given: Option<&str>, registered: usize) -> Result<(), Refused> {
    match (asked, given) {
        (Some(asked), Some(given)) if asked == given => Ok(()),
        (Some(_), Some(_)) => {
            Err(Refused::new("invalid_grant", "The redirect URI is not the one of the authorization."))
        }
        (Some(_), None) => {
            Err(Refused::new("invalid_request", "Missing redirect_uri: the authorization had one."))
        }
        (None, None) if registered > 1 => {
            Err(Refused::new("invalid_request", "Missing redirect_uri: several are registered."))
        }
        (None, None) => Ok(()),
        (None, Some(_)) => {
            Err(Refused::new("invalid_request", "redirect_uri is not allowed: the authorization had none."))
        }
    }
}

/// What both grants answer. There is no `expires_in`.
fn render(notion: &Notion, settings: &Settings, tokens: &Tokens) -> Result<Value, Refused> {
    let state = notion.state.read();
    let Some(connection) = state.connections.get(&tokens.bot) else {
        return Err(Refused::new("invalid_grant", "The authorization was withdrawn."));
    };
    let workspace = &state.workspaces[connection.workspace];
    let owner = match (settings.oauth.owner, connection.owner) {
        (Owner::Workspace, _) | (_, None) => json!({ "type": "workspace", "workspace": true }),
        (Owner::PartialUser, Some(user)) => json!({ "type": "user", "user": render::partial_user(user) }),
        (Owner::User, Some(user)) => {
            let user = render::user(&state, connection.workspace, user, &settings.capabilities);
            json!({ "type": "user", "user": user })
        }
    };
    Ok(json!({
        "access_token": tokens.access, "token_type": "bearer", "refresh_token": tokens.refresh,
        "bot_id": tokens.bot, "workspace_id": workspace.id, "workspace_name": workspace.name,
        "workspace_icon": null, "duplicated_template_id": null, "owner": owner,
    }))
}

fn introspect(notion: &Notion, fields: &Fields) -> Result<Value, Refused> {
    let token = text(fields, "token")?;
    Ok(match notion.vault.read().inspect(token, notion.house.now()) {
        Some(known) if known.active => json!({ "active": true, "iat": known.issued }),
        _ => json!({ "active": false }),
    })
}

fn revoke(notion: &Notion, fields: &Fields) -> Result<Value, Refused> {
    // An unknown token is as good as revoked.
    notion.vault.write().revoke(text(fields, "token")?);
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_redirect_uri_is_required_or_forbidden_as_the_authorization_went() {
        let code = |asked, given, registered| {
            check_redirect(asked, given, registered).map_err(|refused| refused.code)
        };
        assert_eq!(code(Some("a"), Some("a"), 1), Ok(()));
        assert_eq!(code(Some("a"), Some("b"), 1), Err("invalid_grant"));
        assert_eq!(code(Some("a"), None, 1), Err("invalid_request"));
        assert_eq!(code(None, None, 1), Ok(()));
        assert_eq!(code(None, None, 2), Err("invalid_request"));
        assert_eq!(code(None, Some("a"), 1), Err("invalid_request"));
    }
}
