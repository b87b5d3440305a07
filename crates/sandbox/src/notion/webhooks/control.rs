//! Subscriptions as they are made in Notion's own pages: `/_sandbox/notion/subscriptions` (Notion facts 8).

use super::event::TYPES;
use super::office::{Status, Subscription};
use crate::house::EditError;
use crate::notion::Notion;
use crate::notion::id::Id;
use crate::notion::version::Version;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The routes below `/_sandbox/notion`.
pub(crate) fn router(notion: &Arc<Notion>) -> Router {
    Router::new()
        .route("/subscriptions", get(list).post(create))
        .route("/subscriptions/{id}", get(show).patch(change).delete(remove))
        .route("/subscriptions/{id}/verify", post(verify))
        .route("/subscriptions/{id}/resend", post(resend))
        .route("/commit_then_503", post(late_failures))
        .with_state(Arc::clone(notion))
}

/// Why the control interface refuses.
pub(crate) struct Problem(StatusCode, String);

impl Problem {
    fn invalid(detail: impl Into<String>) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, detail.into())
    }

    fn missing(id: &str) -> Self {
        Self(StatusCode::NOT_FOUND, format!("there is no subscription {id}"))
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound(detail) => Self(StatusCode::NOT_FOUND, detail),
            EditError::Invalid(detail) => Self::invalid(detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "title": self.0.canonical_reason(), "status": self.0.as_u16(), "detail": self.1 });
        let mut response = (self.0, Json(body)).into_response();
        let kind = http::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        response
    }
}

type Answer = Result<Json<Value>, Problem>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    url: String,
    workspace_id: Option<String>,
    event_types: Option<BTreeSet<String>>,
    api_version: Option<String>,
    /// Active at once, without the handshake's token being shown.
    #[serde(default)]
    verify: bool,
}

async fn create(
    State(notion): State<Arc<Notion>>,
    body: Result<Json<New>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(new) = body?;
    let settings = notion.settings.get();
    check_url(&new.url, settings.webhooks.require_https)?;
    check_types(new.event_types.as_ref())?;
    let api_version = new.api_version.unwrap_or_else(|| settings.webhooks.api_version.clone());
    check_version(&api_version)?;
    let (workspace, integration) = match &new.workspace_id {
        None => (None, notion.app().integration),
        Some(named) => {
            let state = notion.state.read();
            let index = state.workspace_named(Some(named))?;
            let bot = state.workspaces[index].internal_bot;
            let connection = state.connections.get(&bot);
            (Some(index), connection.map_or(bot, |connection| connection.integration))
        }
    };
    let (id, token) = {
        let mut office = notion.office.lock();
        let id = Id::new(&mut office.dice);
        let token = format!("secret_{}", office.dice.alphanumeric(43));
        let status = if new.verify { Status::Active } else { Status::Pending };
        let subscription = Subscription {
            id,
            integration,
            workspace,
            url: new.url,
            token: token.clone(),
            status,
            types: new.event_types,
            api_version,
        };
        office.subscriptions.push(subscription);
        (id, token)
    };
    notion.shake_hands(id);
    let mut body = json!({ "subscription_id": id });
    if new.verify {
        body["verification_token"] = token.into();
    }
    Ok((StatusCode::CREATED, Json(body)))
}

impl Notion {
    /// Sends the verification token to a subscription's address.
    fn shake_hands(&self, id: Id) {
        let Some(me) = self.me.upgrade() else { return };
        self.house.schedule.at(self.house.now(), async move {
            let found = me.office.lock().find(id).cloned();
            let Some(subscription) = found else { return };
            let signed = me.settings.get().webhooks.sign_handshake;
            me.post(&subscription, &json!({ "verification_token": subscription.token }), signed).await;
        });
    }
}

fn check_url(url: &str, https: bool) -> Result<(), Problem> {
    let parsed =
        url::Url::parse(url).map_err(|error| Problem::invalid(format!("{url} is no address: {error}")))?;
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if !https => Ok(()),
        _ => Err(Problem::invalid(format!("{url}: the address must be https"))),
    }
}

fn check_types(types: Option<&BTreeSet<String>>) -> Result<(), Problem> {
    let unknown = types.into_iter().flatten().find(|kind| !TYPES.contains(&kind.as_str()));
    unknown.map_or(Ok(()), |kind| Err(Problem::invalid(format!("there is no event type {kind}"))))
}

fn check_version(version: &str) -> Result<(), Problem> {
    match Version::parse(version) {
        Some(_) => Ok(()),
        None => Err(Problem::invalid(format!("there is no API version {version}"))),
    }
}

fn render(notion: &Notion, subscription: &Subscription) -> Value {
    let workspace = subscription.workspace.map(|index| notion.state.read().workspaces[index].id);
    json!({
        "subscription_id": subscription.id, "url": subscription.url, "status": subscription.status.name(),
        "workspace_id": workspace, "integration_id": subscription.integration, "event_types": subscription.types,
        "api_version": subscription.api_version,
    })
}

async fn list(State(notion): State<Arc<Notion>>) -> Json<Value> {
    let subscriptions = notion.office.lock().subscriptions.clone();
    let all: Vec<Value> = subscriptions.iter().map(|one| render(&notion, one)).collect();
    Json(json!({ "subscriptions": all }))
}

fn find(notion: &Notion, id: &str) -> Result<Subscription, Problem> {
    let parsed = Id::parse(id).ok_or_else(|| Problem::missing(id))?;
    notion.office.lock().find(parsed).cloned().ok_or_else(|| Problem::missing(id))
}

async fn show(State(notion): State<Arc<Notion>>, Path(id): Path<String>) -> Answer {
    Ok(Json(render(&notion, &find(&notion, &id)?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    url: Option<String>,
    event_types: Option<BTreeSet<String>>,
    api_version: Option<String>,
    paused: Option<bool>,
}

async fn change(
    State(notion): State<Arc<Notion>>,
    Path(id): Path<String>,
    body: Result<Json<Changed>, JsonRejection>,
) -> Answer {
    let Json(changed) = body?;
    let known = find(&notion, &id)?;
    if let Some(url) = &changed.url {
        check_url(url, notion.settings.get().webhooks.require_https)?;
        if known.status != Status::Pending {
            return Err(Problem::invalid("the address can be changed only before it is verified"));
        }
    }
    check_types(changed.event_types.as_ref())?;
    changed.api_version.as_deref().map_or(Ok(()), check_version)?;
    if changed.paused.is_some() && known.status == Status::Pending {
        return Err(Problem::invalid("a subscription that is not verified cannot be paused"));
    }
    let moved = changed.url.is_some();
    if let Some(subscription) = notion.office.lock().find_mut(known.id) {
        if let Some(url) = changed.url {
            subscription.url = url;
        }
        if changed.event_types.is_some() {
            subscription.types = changed.event_types;
        }
        if let Some(version) = changed.api_version {
            subscription.api_version = version;
        }
        if let Some(paused) = changed.paused {
            subscription.status = if paused { Status::Paused } else { Status::Active };
        }
    }
    if moved {
        notion.shake_hands(known.id);
    }
    Ok(Json(render(&notion, &find(&notion, &id)?)))
}

async fn remove(State(notion): State<Arc<Notion>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let known = find(&notion, &id)?;
    notion.office.lock().subscriptions.retain(|subscription| subscription.id != known.id);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    verification_token: String,
}

async fn verify(
    State(notion): State<Arc<Notion>>,
    Path(id): Path<String>,
    body: Result<Json<Shown>, JsonRejection>,
) -> Answer {
    let Json(shown) = body?;
    let known = find(&notion, &id)?;
    if shown.verification_token != known.token {
        return Err(Problem::invalid("this is not the verification token that was sent"));
    }
    if let Some(subscription) = notion.office.lock().find_mut(known.id) {
        subscription.status = Status::Active;
    }
    Ok(Json(render(&notion, &find(&notion, &id)?)))
}

async fn resend(State(notion): State<Arc<Notion>>, Path(id): Path<String>) -> Answer {
    let known = find(&notion, &id)?;
    if known.status != Status::Pending {
        return Err(Problem::invalid("the address is verified already"));
    }
    notion.shake_hands(known.id);
    Ok(Json(render(&notion, &known)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Late {
    times: u64,
}

/// So many of the next writes are done and answered 503 (Notion facts 3).
async fn late_failures(State(notion): State<Arc<Notion>>, body: Result<Json<Late>, JsonRejection>) -> Answer {
    let Json(late) = body?;
    notion.arm_late_failures(late.times);
    Ok(Json(json!({ "times": late.times })))
}
