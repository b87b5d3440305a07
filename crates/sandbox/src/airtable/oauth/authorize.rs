//! What an authorize URL must carry (Airtable facts 2).

use super::scopes::Scopes;
use super::{pkce, redirect};
use crate::airtable::accounts::Integration;
use crate::airtable::settings;

/// A sensible request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) integration: usize,
    pub(super) redirect_uri: String,
    pub(super) scopes: Scopes,
    pub(super) state: String,
    pub(super) challenge: String,
}

/// Why it is not sensible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The client or the redirect URI is wrong: the browser is sent nowhere.
    Shown(String),
    /// The browser is sent back with an error.
    SentBack { redirect_uri: String, state: Option<String>, error: &'static str, description: String },
}

/// Reads the parameters; unknown ones are tolerated.
pub(super) fn read(
    params: &[(String, String)],
    integrations: &[Integration],
    rules: &settings::OAuth,
) -> Result<Wanted, Wrong> {
    let param = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let client = param("client_id").unwrap_or_default();
    let integration = integrations
        .iter()
        .position(|integration| integration.client_id == client)
        .ok_or_else(|| Wrong::Shown("There is no OAuth integration with this client_id.".to_owned()))?;
    let redirect_uri = param("redirect_uri").unwrap_or_default().to_owned();
    if !redirect::is_registered(&redirect_uri, &rules.redirect_uris, rules.any_loopback_redirect) {
        let shown = "The redirect_uri is not one that is registered for this integration.";
        return Err(Wrong::Shown(shown.to_owned()));
    }
    let state = param("state").map(str::to_owned);
    let sent_back = |error, description: &str| Wrong::SentBack {
        redirect_uri: redirect_uri.clone(),
        state: state.clone(),
        error,
        description: description.to_owned(),
    };
    match param("response_type") {
        Some("code") => {}
        None => return Err(sent_back("invalid_request", "response_type is missing")),
        Some(_) => return Err(sent_back("unsupported_response_type", "response_type must be code")),
    }
    if !state.as_deref().is_some_and(pkce::is_state) {
        let rule = "state must have 16 to 1024 characters of A-Z, a-z, 0-9, '.', '-' and '_'";
        return Err(sent_back("invalid_request", rule));
    }
    if param("code_challenge_method") != Some("S256") {
        return Err(sent_back("invalid_request", "code_challenge_method must be S256"));
    }
    let challenge = param("code_challenge").unwrap_or_default();
    if !pkce::is_challenge(challenge) {
        let rule = "code_challenge must be the base64url of a SHA-256 without padding";
        return Err(sent_back("invalid_request", rule));
    }
    let scopes = Scopes::parse(param("scope").unwrap_or_default())
        .map_err(|description| sent_back("invalid_scope", &description))?;
    let challenge = challenge.to_owned();
    Ok(Wanted { integration, redirect_uri, scopes, state: state.unwrap_or_default(), challenge })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn read_with(name: &str, value: Option<&str>) -> Result<Wanted, Wrong> {
        let mut params: Vec<(String, String)> = [
            ("client_id", "one"),
            ("redirect_uri", "http://localhost/back"),
            ("response_type", "code"),
            ("scope", "data.records:read"),
            ("state", "0123456789abcdef"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("owner", "user"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        params.retain(|(key, _)| key != name);
        params.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        let integrations =
            [Integration { name: "One".to_owned(), client_id: "one".to_owned(), secret: None }];
        read(&params, &integrations, &settings::OAuth::default())
    }

    #[test]
    fn a_complete_request_is_understood() {
        let wanted = read_with("x", None).expect("complete");
        assert_eq!((wanted.integration, wanted.scopes.to_string().as_str()), (0, "data.records:read"));
    }

    #[test]
    fn a_wrong_client_or_redirect_is_shown_and_not_sent_back() {
        for (name, value) in [
            ("client_id", None),
            ("client_id", Some("two")),
            ("redirect_uri", None),
            ("redirect_uri", Some("https://evil.example/")),
        ] {
            assert!(matches!(read_with(name, value), Err(Wrong::Shown(_))), "{name} {value:?}");
        }
    }

    #[test]
    fn everything_else_is_sent_back_with_its_error() {
        for (name, value, expected) in [
            ("response_type", None, "invalid_request"),
            ("response_type", Some("token"), "unsupported_response_type"),
            ("state", None, "invalid_request"),
            ("state", Some("short"), "invalid_request"),
            ("state", Some("padded-is-not-allowed=="), "invalid_request"),
            ("code_challenge", None, "invalid_request"),
            ("code_challenge", Some("plain"), "invalid_request"),
            ("code_challenge_method", None, "invalid_request"),
            ("code_challenge_method", Some("plain"), "invalid_request"),
            ("scope", None, "invalid_scope"),
            ("scope", Some("data.records:read data.records:read"), "invalid_scope"),
            ("scope", Some("enterprise.user:read"), "invalid_scope"),
        ] {
            let Err(Wrong::SentBack { error, .. }) = read_with(name, value) else {
                panic!("{name} {value:?}")
            };
            assert_eq!(error, expected, "{name} {value:?}");
        }
    }
}
