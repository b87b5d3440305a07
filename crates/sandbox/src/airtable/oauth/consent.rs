//! The authorize page: who allows what, and in which bases. Or the answer at once, when consent is a setting.

use super::authorize::{self, Wanted, Wrong};
use super::grants::Agreed;
use super::redirect::with_query;
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::call::Call;
use crate::airtable::model::base::World;
use crate::airtable::settings::{AuthorizeError, Settings};
use crate::house::consent::Consent;
use crate::house::json;
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};

#[derive(Template)]
#[template(path = "airtable/consent.html")]
struct ConsentPage<'a> {
    integration: &'a str,
    params: &'a [(String, String)],
    users: Vec<(&'a str, &'a str, &'a str)>,
    bases: Vec<(&'a str, &'a str)>,
    scopes: Vec<&'static str>,
    host: String,
}

#[derive(Template)]
#[template(path = "airtable/error.html")]
struct ErrorPage<'a> {
    reason: &'a str,
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    let mut response = Response::new(Body::from(page.render().unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn redirect(to: &str) -> Response {
    let mut response = json::empty(StatusCode::FOUND);
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn send_back(redirect_uri: &str, state: Option<&str>, error: &str, description: &str) -> Response {
    let mut pairs = vec![("error", error), ("error_description", description)];
    pairs.extend(state.map(|state| ("state", state)));
    redirect(&with_query(redirect_uri, &pairs))
}

/// The parameters that the page's form carries on.
const CARRIED: [&str; 7] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// The bases of these that the user may see.
fn visible(world: &World, user: usize, wanted: Option<&[&str]>) -> Vec<String> {
    let bases = world.bases.iter().filter(|base| base.level(user) > Level::None);
    let picked = bases.filter(|base| wanted.is_none_or(|ids| ids.contains(&base.id.as_str())));
    picked.map(|base| base.id.clone()).collect()
}

impl Airtable {
    /// `GET /oauth2/v1/authorize` shows the page; its form is sent with POST.
    pub(in crate::airtable) fn authorize(&self, call: &Call) -> Response {
        let settings = self.settings.get();
        let params = if call.method == Method::POST { call.form() } else { call.query.clone() };
        let world = self.world.read();
        let wanted = match authorize::read(&params, &self.integrations.read(), &settings.oauth) {
            Ok(wanted) => wanted,
            Err(Wrong::Shown(reason)) => {
                return page(StatusCode::BAD_REQUEST, &ErrorPage { reason: &reason });
            }
            Err(Wrong::SentBack { redirect_uri, state, error, description }) => {
                return send_back(&redirect_uri, state.as_deref(), error, &description);
            }
        };
        if let Some(error) = settings.oauth.authorize_fails_with {
            let error = match error {
                AuthorizeError::ServerError => "server_error",
                AuthorizeError::TemporarilyUnavailable => "temporarily_unavailable",
            };
            return send_back(&wanted.redirect_uri, Some(&wanted.state), error, "Please try again");
        }
        if call.method == Method::POST {
            return self.answered(&world, wanted, &params, &settings);
        }
        match *self.house.consent.get() {
            Consent::Page => self.ask(&world, &wanted, params),
            Consent::Deny => denied(&wanted),
            Consent::Approve => {
                let named = settings.oauth.user.as_deref().and_then(|name| world.user(name));
                let user = named.unwrap_or(0);
                let bases = visible(&world, user, None);
                self.approve(wanted, user, bases, &settings)
            }
        }
    }

    fn ask(&self, world: &World, wanted: &Wanted, mut params: Vec<(String, String)>) -> Response {
        params.retain(|(key, _)| CARRIED.contains(&key.as_str()));
        let back = url::Url::parse(&wanted.redirect_uri).ok();
        page(
            StatusCode::OK,
            &ConsentPage {
                integration: &self.integrations.read()[wanted.integration].name,
                params: &params,
                users: world
                    .users
                    .iter()
                    .map(|user| (user.id.as_str(), user.name.as_str(), user.email.as_str()))
                    .collect(),
                bases: world.bases.iter().map(|base| (base.id.as_str(), base.name.as_str())).collect(),
                scopes: wanted.scopes.descriptions(),
                host: back.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default(),
            },
        )
    }

    /// The page's form came back.
    fn answered(
        &self,
        world: &World,
        wanted: Wanted,
        form: &[(String, String)],
        settings: &Settings,
    ) -> Response {
        let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if value("decision") != Some("authorize") {
            return denied(&wanted);
        }
        let Some(user) = value("user").and_then(|user| world.user(user)) else {
            return page(StatusCode::BAD_REQUEST, &ErrorPage { reason: "There is no such user." });
        };
        let picked: Vec<&str> =
            form.iter().filter(|(key, _)| key == "base").map(|(_, value)| value.as_str()).collect();
        let bases = visible(world, user, Some(&picked));
        if bases.is_empty() {
            let reason = "Add at least one base that this user can open.";
            return page(StatusCode::BAD_REQUEST, &ErrorPage { reason });
        }
        self.approve(wanted, user, bases, settings)
    }

    fn approve(&self, wanted: Wanted, user: usize, bases: Vec<String>, settings: &Settings) -> Response {
        let Wanted { integration, redirect_uri, scopes, state, challenge } = wanted;
        let agreed = Agreed {
            integration,
            user,
            scopes,
            bases,
            redirect_uri: redirect_uri.clone(),
            challenge: challenge.clone(),
        };
        let now = self.house.now();
        let code = self.grants.write().agree(agreed, now, &settings.oauth, &mut self.dice.lock());
        let pairs = [
            ("code", code.as_str()),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        redirect(&with_query(&redirect_uri, &pairs))
    }
}

fn denied(wanted: &Wanted) -> Response {
    let description = "The user denied the request";
    send_back(&wanted.redirect_uri, Some(&wanted.state), "access_denied", description)
}
