//! The door: every request comes in here, and every answer leaves with Notion's headers (Notion facts 1, 3 and 9).

use super::Notion;
use super::api::{self, Call};
use super::check::object;
use super::error::Failure;
use super::late;
use super::limits::Asker;
use super::oauth::{authorize, token};
use super::settings::Settings;
use super::version::Version;
use crate::house::{clock, json};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use std::sync::Arc;

/// All paths: Notion words its own refusals.
pub(crate) fn router(notion: Arc<Notion>) -> Router {
    Router::new().fallback(enter).with_state(notion)
}

async fn enter(State(notion): State<Arc<Notion>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The house has read it already, and bounded it.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    match parts.uri.path() {
        "/v1/oauth/authorize" if parts.method == Method::GET => authorize::show(&notion, &query(&parts)),
        "/v1/oauth/authorize" if parts.method == Method::POST => {
            let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
            authorize::decide(&notion, &form)
        }
        "/v1/oauth/token" | "/v1/oauth/introspect" | "/v1/oauth/revoke" if parts.method == Method::POST => {
            let call = parts.uri.path().trim_start_matches("/v1/oauth/");
            token::answer(&notion, call, &parts.headers, &body)
        }
        _ => answer(&notion, &parts, &body),
    }
}

fn query(parts: &Parts) -> Vec<(String, String)> {
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn answer(notion: &Notion, parts: &Parts, body: &Bytes) -> Response {
    let request_id = notion.request_id();
    match work(notion, parts, body) {
        Ok(mut body) => {
            if let Value::Object(map) = &mut body {
                map.insert("request_id".to_owned(), request_id.as_str().into());
            }
            notion.respond(200, &body, &request_id, None)
        }
        Err(failure) => {
            notion.respond(failure.status, &failure.body(&request_id), &request_id, failure.retry_after)
        }
    }
}

fn work(notion: &Notion, parts: &Parts, body: &Bytes) -> Result<Value, Failure> {
    let path = parts.uri.path();
    let Some(rest) = path.strip_prefix("/v1/").filter(|rest| !rest.contains("..")) else {
        return Err(Failure::invalid_url());
    };
    let segments: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    let settings = notion.settings.get();
    let now = notion.house.now();
    let bot = bearer(&parts.headers).and_then(|token| notion.vault.read().holder(token, now));
    let state = notion.state.read();
    let Some(connection) = bot.and_then(|bot| state.connections.get(&bot)).cloned() else {
        return Err(Failure::unauthorized());
    };
    let (workspace, business) = {
        let workspace = &state.workspaces[connection.workspace];
        (workspace.id, workspace.business)
    };
    drop(state);
    let version = Version::of(&parts.headers)?;
    let asker = Asker {
        connection: &connection.bot.bare(),
        workspace: &workspace.bare(),
        business,
        endpoint: &api::endpoint(&parts.method, &segments),
    };
    notion.counters.lock().take(&settings.limits, asker, notion.house.now())?;
    let body = read(body, &settings)?;
    let mut call = Call {
        notion,
        settings: &settings,
        version,
        connection: &connection,
        now,
        query: query(parts),
        body,
    };
    if api::is_write(&parts.method, &segments) && notion.by_chance(settings.writes.conflict_share) {
        return Err(Failure::new(409, "conflict_error", "Conflict occurred while saving. Please try again."));
    }
    let done = api::dispatch(&mut call, &parts.method, &segments)?;
    match done.commit {
        Some(commit) if notion.fails_late(&settings.writes) => Err(late::failure(&commit, &settings.writes)),
        _ => Ok(done.body),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The body as JSON; an empty one is an empty object.
fn read(body: &Bytes, settings: &Settings) -> Result<Value, Failure> {
    let sizes = &settings.sizes;
    if body.len() > sizes.payload {
        return Err(Failure::new(
            sizes.payload_status,
            "validation_error",
            format!("Request body too large: at most {} bytes, instead was {}.", sizes.payload, body.len()),
        ));
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let Ok(value) = serde_json::from_slice(body) else {
        return Err(Failure::new(400, "invalid_json", "Error parsing JSON body."));
    };
    object(&value, "body")?;
    Ok(value)
}

impl Notion {
    /// A new request's id.
    pub(crate) fn request_id(&self) -> String {
        self.dice.lock().uuid()
    }

    /// An answer with the headers every answer has.
    pub(crate) fn respond(&self, status: u16, body: &Value, request_id: &str, wait: Option<u64>) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json::answer(status, body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        if let Ok(value) = HeaderValue::try_from(request_id) {
            headers.insert("x-notion-request-id", value);
        }
        // A ray is named by sixteen digits and an airport.
        let ray: String = request_id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        if let Ok(value) = HeaderValue::try_from(format!("{ray}-FRA")) {
            headers.insert("cf-ray", value);
        }
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if let Ok(date) = HeaderValue::try_from(http_date(self.house.now())) {
            headers.insert(header::DATE, date);
        }
        response
    }

    /// A refusal that no request led to.
    pub(crate) fn refusal(&self, failure: &Failure) -> Response {
        let request_id = self.request_id();
        self.respond(failure.status, &failure.body(&request_id), &request_id, failure.retry_after)
    }
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`, in simulated time.
fn http_date(now: i64) -> String {
    match jiff::Timestamp::from_millisecond(now) {
        Ok(at) => at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        Err(_) => clock::iso(now),
    }
}
