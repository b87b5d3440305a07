//! Is it alive, is it ready, how is it doing: for supervisors, load balancers, Prometheus and operators.

use super::Api;
use super::access::Operator;
use crate::config::IntakeLog;
use crate::http::{Problem, json};
use crate::intake::log::kafka;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::json as value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_store::{Scope, events, jobs};

/// How long readiness waits for an answer from the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /healthz`: the process runs and answers. Says nothing about what it depends on: restarting does not mend those.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// For how long after a failed write the log counts as broken: then it is tried again.
const LOG_REST: Duration = Duration::from_secs(10);

/// `GET /readyz`: 200 when webhooks can be taken in (or, where this process takes none, when the database answers), 503 and
/// which part is missing otherwise. With Kafka behind it an intake is ready without the database.
pub async fn readyz(State(api): State<Api>) -> Response {
    let database = api.cx.ready.is_cancelled() && api.cx.store.ping(PATIENCE).await.is_ok();
    let with_kafka = api.cx.config.intake.log == IntakeLog::Kafka;
    let kafka_answers = !with_kafka || kafka::ping(&api.cx.config.intake.kafka).await.is_ok();
    let failed_at = Timestamp::from_millis(api.cx.log_failed_at.load(Ordering::Relaxed));
    let log_writes = api.cx.now().since(failed_at) > LOG_REST;
    let ready = kafka_answers && log_writes && (database || (with_kafka && api.takes_webhooks));
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |fine| if fine { "ok" } else { "unavailable" };
    let mut checks = value!({ "database": word(database), "log": word(log_writes) });
    if with_kafka {
        checks["kafka"] = word(kafka_answers).into();
    }
    (status, json(&value!({ "ready": ready, "checks": checks }))).into_response()
}

/// `GET /metrics`, guarded by a token where one is configured.
///
/// # Errors
/// 401 without that token, 404 when metrics are off.
pub async fn metrics(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    let telemetry = &api.cx.config.telemetry;
    let Some(recorder) = api.recorder.as_ref().filter(|_| telemetry.metrics) else {
        return Err(Problem::not_found("page: metrics are off"));
    };
    if let Some(token) = &telemetry.metrics_token {
        let sent =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if Secret::new(sent) != Secret::new(format!("Bearer {}", token.expose())) {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "token_wrong",
                "The metrics token is missing or wrong.",
            ));
        }
    }
    let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((text, recorder.render()).into_response())
}

/// `GET /v1/status`: the figures an operator asks for first.
///
/// # Errors
/// 503 when the database is away.
pub async fn status(State(api): State<Api>, _: Operator) -> Result<Response, Problem> {
    let lag = api.log.lag(&api.cx).await?;
    let now = api.cx.now();
    Ok(json(&value!({
        "now": now,
        "version": env!("CARGO_PKG_VERSION"),
        "database": api.cx.store.dialect().name(),
        "log": {
            "waiting_deliveries": lag.deliveries,
            "oldest_waiting_seconds": lag.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()),
        },
        "events": {
            "stored": events::stored(&api.cx.store).await?,
            "last_seq": events::last_seq(&api.cx.store).await?,
            "stored_last_minute": api.health.snapshot().last_minute(),
        },
        "jobs": jobs::counts(&api.cx.store, &Scope::All).await?,
    })))
}
