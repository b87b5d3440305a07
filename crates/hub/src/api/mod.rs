//! The JSON API under `/v1`, and what machines ask of a process: health, readiness, metrics.

pub mod access;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod connect_tokens;
pub mod connections;
pub mod counters;
pub mod events;
pub mod health;
pub mod integrations;
pub mod jobs;
pub mod keys;
pub mod local_key;
pub mod notify;
pub mod paging;
pub mod records;
pub mod refusals;
pub mod runs;
pub mod setup;
pub mod stream;
pub mod syncs;

use crate::cx::Cx;
use crate::gauges::{Health, LogGauge};
use crate::http::Problem;
use crate::http::problem::instead_of_plain_text;
use crate::openapi;
use crate::roles::Roles;
use crate::telemetry::{SPANS, metrics};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// What the API's handlers need.
#[derive(Clone)]
pub struct Api {
    /// The context.
    pub cx: Cx,
    /// The figures as last measured.
    pub health: Health,
    /// Where the log's lag is asked.
    pub log: LogGauge,
    /// Where metrics are rendered.
    pub recorder: Option<PrometheusHandle>,
    /// What this process does.
    pub roles: Roles,
    /// Ends the streams when the process stops.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api")
    }
}

/// All of `/v1`.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/v1/events", get(events::list))
        .route("/v1/events/stream", get(stream::stream))
        .route("/v1/events/{id}", get(events::show))
        .route("/v1/jobs", get(jobs::list))
        .route("/v1/jobs/retry", post(jobs::retry_all))
        .route("/v1/jobs/discard", post(jobs::discard_all))
        .route("/v1/jobs/{id}", get(jobs::show).delete(jobs::discard))
        .route("/v1/jobs/{id}/retry", post(jobs::retry))
        .route("/v1/accounts", get(accounts::list))
        .route("/v1/accounts/{provider}/{account}", put(accounts::assign))
        .route("/v1/connections", get(connections::list).post(connections::create))
        .route("/v1/connections/authorize", post(connections::authorize))
        .route("/v1/connections/{id}", get(connections::show).delete(connections::end))
        .route("/v1/connections/{id}/runs", get(runs::of_connection).post(runs::create))
        .route("/v1/connect-tokens", post(connect_tokens::create))
        .route("/v1/runs", get(runs::list))
        .route("/v1/runs/{id}", get(runs::show))
        .route("/v1/runs/{id}/cancel", post(runs::cancel))
        .route("/v1/records", get(records::list))
        .route("/v1/records/export", get(records::export::export))
        .route("/v1/records/{connection}/{type}/{id}", get(records::show))
        .route("/v1/budgets", get(runs::budgets))
        .route("/v1/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/v1/api-keys/{id}", delete(api_keys::revoke))
        .route("/v1/audit", get(audit::list))
        .route("/v1/keys", get(keys::list))
        .route("/v1/keys/rotate", post(keys::rotate))
        .route("/v1/keys/prune", post(keys::prune))
        .route("/v1/portal/setup-link", post(api_keys::setup_link))
        .route("/v1/status", get(health::status))
        .route("/v1/openapi.json", get(openapi::serve))
        .merge(syncs::routes())
        .merge(counters::routes())
        .merge(notify::routes(api.cx.config.notify.max_payload.bytes()))
        .layer(from_fn_with_state(api.clone(), bounded))
        .route("/v1/connections/{id}/setup", post(setup::create))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(api.clone(), until_ready))
        .layer(map_response(instead_of_plain_text))
        .layer(from_fn(count))
        .with_state(api)
}

/// What every process answers, whatever its role.
pub fn machine_router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .with_state(api)
}

/// Before the schema is in place nothing can be answered but "soon".
pub async fn until_ready(State(api): State<Api>, request: Request, next: Next) -> Response {
    if api.cx.ready.is_cancelled() {
        return next.run(request).await;
    }
    Problem::unavailable("starting", "Syncline is waiting for its database.", 2).into_response()
}

/// No caller waits longer than configured. A stream's answer begins at once, and is not bounded.
pub async fn bounded(State(api): State<Api>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(api.cx.config.server.request_timeout.get(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("too_slow", "The answer took too long.", 5).into_response(),
    }
}

/// Counts requests by route and status.
pub async fn count(request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str();
    let span = tracing::info_span!(target: SPANS, "request", method, route, status = tracing::field::Empty);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("status", status);
    metrics::http_request(&route, status);
    response
}

/// 404 for everything nobody serves.
pub async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "There is nothing at this address.")
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take that method.",
    )
}
