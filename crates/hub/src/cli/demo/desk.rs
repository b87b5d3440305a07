//! The director's desk: where the hub's page asks what happens, and where its buttons lead. On this machine alone, and only for who has
//! the token.

use super::breaking::{Breakage, Spans, break_it};
use super::guide;
use super::stage::Stage;
use super::story::Mark;
use crate::http::server;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use syncline_core::secret::Secret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// So many lines of the story are on the page.
const LATELY: usize = 25;

/// The desk. It is there before the stage is: the hub's configuration has its address.
#[derive(Clone, Default)]
pub(super) struct Desk {
    stage: Arc<OnceLock<Arc<Stage>>>,
    broken: Arc<Mutex<BTreeSet<Breakage>>>,
}

impl Desk {
    /// Serves at `listener` until `stop`.
    pub(super) fn serve(&self, listener: TcpListener, stop: CancellationToken) {
        let router = Router::new()
            .route("/state", get(state))
            .route("/break/{what}", post(break_something))
            .with_state(self.clone());
        tokio::spawn(server::serve(listener, router, stop.clone(), stop));
    }

    /// The stage is there.
    pub(super) fn opens(&self, stage: &Arc<Stage>) {
        let _ = self.stage.set(Arc::clone(stage));
    }

    /// Breaks something, unless it is broken already; heals in the background. Says whether it was whole.
    pub(super) fn break_it(&self, stage: &Arc<Stage>, what: Breakage, spans: Spans) -> bool {
        if !self.lock().insert(what) {
            return false;
        }
        let (desk, stage) = (self.clone(), Arc::clone(stage));
        tokio::spawn(async move {
            if let Err(error) = break_it(&stage, what, spans).await {
                stage.story.tell(Mark::Broken, format!("it did not heal: {error:#}"));
            }
            desk.lock().remove(&what);
        });
        true
    }

    /// Whether nothing is broken.
    pub(super) fn is_whole(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<Breakage>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stage, for whoever has the token.
    fn enter(&self, headers: &HeaderMap) -> Result<Arc<Stage>, StatusCode> {
        let stage = self.stage.get().ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        let sent =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if Secret::new(sent) == Secret::new(format!("Bearer {}", stage.token)) {
            return Ok(Arc::clone(stage));
        }
        Err(StatusCode::UNAUTHORIZED)
    }
}

/// What happens, what to look at, what can be broken.
async fn state(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let stage = match desk.enter(&headers) {
        Ok(stage) => stage,
        Err(status) => return status.into_response(),
    };
    // While the hub is being set up, or is away, there is nothing to look at yet.
    let steps: Vec<Value> = match guide::standing(&stage).await {
        Ok(now) => guide::steps(&now).iter().map(guide::Step::to_json).collect(),
        Err(_) => Vec::new(),
    };
    let broken = desk.lock().clone();
    let breakage = |one: Breakage| json!({ "name": one.name(), "label": one.label(), "what": one.what(), "is_broken": broken.contains(&one) });
    Json(json!({
        "is_ready": stage.ids().is_ok(),
        "sandbox": format!("{}/_sandbox/", stage.world.url()),
        "steps": steps,
        "lately": stage.story.lately(LATELY),
        "breakages": Breakage::ALL.map(breakage),
    }))
    .into_response()
}

/// Breaks something: 202, and 409 when it is broken already.
async fn break_something(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Path(what): Path<String>,
) -> StatusCode {
    let stage = match desk.enter(&headers) {
        Ok(stage) => stage,
        Err(status) => return status,
    };
    match Breakage::named(&what) {
        None => StatusCode::NOT_FOUND,
        Some(_) if stage.ids().is_err() => StatusCode::CONFLICT,
        Some(what) if desk.break_it(&stage, what, Spans::TO_WATCH) => StatusCode::ACCEPTED,
        Some(_) => StatusCode::CONFLICT,
    }
}
