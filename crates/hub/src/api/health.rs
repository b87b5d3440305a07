//! Is it alive, is it ready, how is it doing: for supervisors, load balancers, Prometheus and operators.

use super::Api;
use super::access::Operator;
use crate::config::IntakeLog;
use crate::http::{Problem, json};
use crate::intake::log::kafka;
use crate::roles::Roles;
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

/// What readiness looks at.
#[derive(Clone, Copy, Debug)]
struct Checks {
    database: bool,
    log_writes: bool,
    /// None where this process has nothing to do with Kafka.
    kafka: Option<bool>,
}

impl Checks {
    /// Whether a process that does this can do its part. With Kafka behind it, who takes webhooks can without the database.
    fn are_enough(self, roles: Roles) -> bool {
        let can_wait = roles.intake && self.kafka.is_some();
        self.log_writes && self.kafka.unwrap_or(true) && (self.database || can_wait)
    }
}

/// Whether a process that does this reads or writes the log.
fn uses_the_log(roles: Roles) -> bool {
    roles.intake || roles.worker
}

/// `GET /readyz`: 200 when this process can do its part, 503 and which part is missing otherwise.
pub async fn readyz(State(api): State<Api>) -> Response {
    let with_kafka = api.cx.config.intake.log == IntakeLog::Kafka && uses_the_log(api.roles);
    let failed_at = Timestamp::from_millis(api.cx.log_failed_at.load(Ordering::Relaxed));
    let found = Checks {
        database: api.cx.ready.is_cancelled() && api.cx.store.ping(PATIENCE).await.is_ok(),
        log_writes: api.cx.now().since(failed_at) > LOG_REST,
        kafka: if with_kafka { Some(kafka::ping(&api.cx.config.intake.kafka).await.is_ok()) } else { None },
    };
    let ready = found.are_enough(api.roles);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |fine| if fine { "ok" } else { "unavailable" };
    let mut checks = value!({ "database": word(found.database), "log": word(found.log_writes) });
    if let Some(answers) = found.kafka {
        checks["kafka"] = word(answers).into();
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

#[cfg(test)]
mod tests {
    use super::*;

    const INTAKE: Roles = Roles { intake: true, worker: false, api: false };
    const WORKER: Roles = Roles { intake: false, worker: true, api: false };
    const API: Roles = Roles { intake: false, worker: false, api: true };

    #[test]
    fn the_database_is_missed_by_all_but_those_who_can_leave_webhooks_in_kafka() {
        let away = Checks { database: false, log_writes: true, kafka: None };
        for roles in [INTAKE, WORKER, API, Roles::ALL] {
            assert!(!away.are_enough(roles), "{roles:?}");
            assert!(Checks { database: true, ..away }.are_enough(roles), "{roles:?}");
        }
        let kept = Checks { kafka: Some(true), ..away };
        assert!(kept.are_enough(INTAKE) && kept.are_enough(Roles::ALL) && !kept.are_enough(WORKER));
    }

    #[test]
    fn kafka_is_missed_by_those_who_use_the_log_and_a_log_that_fails_by_all() {
        assert!(
            uses_the_log(INTAKE) && uses_the_log(WORKER) && uses_the_log(Roles::ALL) && !uses_the_log(API)
        );
        let away = Checks { database: true, log_writes: true, kafka: Some(false) };
        assert!(!away.are_enough(INTAKE) && !away.are_enough(WORKER));
        assert!(!Checks { log_writes: false, kafka: None, ..away }.are_enough(Roles::ALL));
    }
}
