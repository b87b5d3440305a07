//! Who calls: an independent OAuth client walks through HubSpot's authorize page and token endpoints.

mod authorize;
mod door;
mod edits;
mod errors;
mod faults;
mod info;
mod limits;
mod limits_apart;
mod pages;
mod registered;
mod tokens;

use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::Value;
use url::Url;

/// Where codes are sent to: any address of this machine will do.
pub(crate) const REDIRECT: &str = "http://localhost:9/callback";

/// A client as the facts describe it, sharing nothing with the server.
pub(crate) struct Client<'a> {
    pub(crate) sandbox: &'a TestSandbox,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uri: String,
}

/// What a connection yields.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text, not {value}")).to_owned()
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The parameters a browser is sent back with.
#[track_caller]
pub(crate) fn sent_back(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.body);
    let location = Url::parse(answer.header("location")).expect("a location");
    location.query_pairs().into_owned().collect()
}

pub(crate) fn parameter(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

impl<'a> Client<'a> {
    /// The app every sandbox has.
    pub(crate) fn of(sandbox: &'a TestSandbox) -> Self {
        Self::with(sandbox, &sandbox.credentials()["hubspot"]["app"])
    }

    /// An app as the control interface shows it.
    pub(crate) fn with(sandbox: &'a TestSandbox, app: &Value) -> Self {
        Self {
            sandbox,
            client_id: text(&app["client_id"]),
            client_secret: text(&app["client_secret"]),
            redirect_uri: REDIRECT.to_owned(),
        }
    }

    /// An authorize URL's path and query, with further parameters.
    pub(crate) fn authorize_url(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut fields = vec![("client_id", self.client_id.as_str()), ("redirect_uri", &self.redirect_uri)];
        if !more.iter().any(|(name, _)| *name == "scope") {
            fields.push(("scope", "oauth"));
        }
        fields.extend(more);
        format!("/hubspot{path}?{}", encode(&fields))
    }

    /// Opens the authorize URL.
    pub(crate) async fn authorize(&self, more: &[(&str, &str)]) -> Answer {
        self.sandbox.get(&self.authorize_url("/oauth/authorize", more)).await
    }

    /// Fills in the page's form.
    pub(crate) async fn decide(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.sandbox.request(Method::POST, url);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        send(request.body(encode(form))).await
    }

    /// A code, consent being given at once.
    pub(crate) async fn code(&self, more: &[(&str, &str)]) -> String {
        let parameters = sent_back(&self.authorize(more).await);
        parameter(&parameters, "code").expect("a code")
    }

    /// A form to any OAuth endpoint, as it stands.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.decide(&format!("/hubspot/oauth/{path}"), fields).await
    }

    /// A form to an OAuth endpoint, with the app's credentials.
    pub(crate) async fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("client_id", self.client_id.as_str()), ("client_secret", &self.client_secret)];
        all.extend(fields);
        self.form(path, &all).await
    }

    /// A code for tokens.
    pub(crate) async fn exchange(&self, path: &str, code: &str) -> Answer {
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri)];
        self.signed(path, &fields).await
    }

    /// A refresh token for an access token.
    pub(crate) async fn refresh(&self, path: &str, token: &str) -> Answer {
        self.signed(path, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The whole way to tokens, with these optional scopes.
    pub(crate) async fn connect(&self, optional_scope: &str) -> Tokens {
        let code = self.code(&[("optional_scope", optional_scope)]).await;
        let answer = self.exchange("v3/token", &code).await.expect(200);
        Tokens { access: text(&answer["access_token"]), refresh: text(&answer["refresh_token"]) }
    }

    /// Calls an endpoint that needs a token and no scope.
    pub(crate) async fn details(&self, token: &str) -> Answer {
        self.sandbox.call(token, Method::GET, "/hubspot/account-info/v3/details", None).await
    }
}
