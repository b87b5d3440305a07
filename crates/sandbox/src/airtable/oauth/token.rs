//! `POST /oauth2/v1/token`

use super::grants::{Exchange, Rules};
use super::{Refused, client};
use crate::airtable::Airtable;
use crate::airtable::call::Call;
use crate::house::json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

impl Airtable {
    pub(in crate::airtable) fn token(&self, call: &Call) -> Response {
        match self.tokens(call) {
            Ok(tokens) => {
                let mut response = json::answer(StatusCode::OK, &tokens);
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
            Err(refused) => refused.into_response(),
        }
    }

    fn tokens(&self, call: &Call) -> Result<Value, Refused> {
        let settings = self.settings.get();
        let kind = call.header(header::CONTENT_TYPE).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            let rule = "The Content-Type must be application/x-www-form-urlencoded";
            return Err(Refused::invalid_request(rule));
        }
        let form = call.form();
        let value = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            found.filter(|value| !value.is_empty())
        };
        let integration = client::identify(
            &self.integrations.read(),
            call.header(header::AUTHORIZATION),
            value("client_id"),
            &settings.errors.forbidden_header,
        )?;
        let rules = Rules { oauth: &settings.oauth, errors: &settings.errors };
        let now = self.house.now();
        let mut grants = self.grants.write();
        let dice = &mut self.dice.lock();
        let tokens = match value("grant_type") {
            None => return Err(Refused::invalid_request("grant_type is missing")),
            Some("authorization_code") => {
                let exchange = Exchange {
                    code: value("code"),
                    redirect_uri: value("redirect_uri"),
                    verifier: value("code_verifier"),
                };
                grants.exchange(integration, &exchange, now, rules, dice)?
            }
            Some("refresh_token") => {
                let missing = || Refused::invalid_request("refresh_token is missing");
                let token = value("refresh_token").ok_or_else(missing)?;
                grants.refresh(integration, token, value("scope"), now, rules, dice)?
            }
            Some(_) => return Err(Refused::unsupported_grant_type()),
        };
        // The space after Bearer is Airtable's own, and deliberate.
        Ok(json!({
            "access_token": tokens.access, "refresh_token": tokens.refresh, "token_type": "Bearer ",
            "scope": tokens.scopes.to_string(), "expires_in": settings.oauth.access_secs,
            "refresh_expires_in": settings.oauth.refresh_secs,
        }))
    }
}
