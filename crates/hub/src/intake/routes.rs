//! `POST /webhooks/{provider}/{app}`: limit, signature, log, answer; in this order and nothing else.

use super::body::{Bodies, TOO_LARGE};
use super::log::{AppendError, IntakeLog};
use crate::config::Config;
use crate::dice::Dice;
use crate::http::Problem;
use crate::keys::{Addresses, Keys};
use crate::setup::handshake;
use crate::telemetry::{SPANS, Stopwatch, metrics};
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{Request, StatusCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use syncline_core::door::{Answer, Door, RawHook, Refusal};
use syncline_core::secret::Secret;
use syncline_core::segment::LoggedDelivery;
use syncline_core::time::{Clock, Timestamp};
use syncline_providers::{DoorKeys, Provider};
use tracing::Instrument as _;

/// What the route needs: no database, so that an intake with Kafka behind it starts and runs without one.
#[derive(Debug)]
pub struct Intake {
    apps: BTreeMap<(String, String), App>,
    public_url: String,
    bodies: Bodies,
    clock: Arc<dyn Clock>,
    proofs: Proofs,
    log: IntakeLog,
}

/// What webhooks are checked and their secrets kept with, besides what the configuration says of each app.
#[derive(Clone, Debug, Default)]
pub struct Proofs {
    /// What seals what a provider tells; without it nobody can tell anything.
    pub sealing: Option<(Keys, Arc<Dice>)>,
    /// What proves the addresses.
    pub addresses: Addresses,
}

#[derive(Debug)]
struct App {
    provider: &'static dyn Provider,
    provider_id: Arc<str>,
    name: Arc<str>,
    secrets: Vec<Secret>,
    /// When the last handshake was let through, in milliseconds.
    told_at: AtomicI64,
    metrics: metrics::Door,
}

impl Intake {
    /// Knows the configured apps of every provider that has webhooks here.
    #[must_use]
    pub fn new(config: &Config, clock: Arc<dyn Clock>, proofs: Proofs, log: IntakeLog) -> Self {
        let apps = config.apps.iter().filter_map(|(name, app)| {
            let provider = syncline_providers::by_id(app.provider.as_str())?;
            let secrets = app.door_secrets().cloned().collect();
            let metrics = metrics::Door::of(provider.id(), name);
            let door = App {
                provider,
                provider_id: provider.id().into(),
                name: name.as_str().into(),
                secrets,
                told_at: AtomicI64::new(i64::MIN),
                metrics,
            };
            Some(((provider.id().to_owned(), name.clone()), door))
        });
        Self {
            apps: apps.collect(),
            public_url: config.server.public_url.as_str().to_owned(),
            bodies: Bodies::new(config.intake.max_body.bytes(), config.server.request_timeout.get()),
            clock,
            proofs,
            log,
        }
    }
}

/// The route.
pub fn router(intake: Arc<Intake>) -> Router {
    Router::new().route("/webhooks/{provider}/{app}", post(receive).fallback(not_a_post)).with_state(intake)
}

async fn receive(
    State(intake): State<Arc<Intake>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let watch = Stopwatch::start();
    // A name that is not even text is nobody's.
    let path = path.map(|Path(names)| names).unwrap_or_default();
    let app = intake.apps.get(&path);
    let provider = app.map_or("unknown", |app| app.provider.id());
    let outcome = match app {
        Some(app) => {
            let span = tracing::info_span!(target: SPANS, "webhook", provider, app = path.1);
            take_in(&intake, app, request).instrument(span).await.map(|(answer, events)| {
                app.metrics.accepted(events, watch.elapsed());
                answer
            })
        }
        None => Err(unknown_app()),
    };
    match outcome {
        Ok(answer) => (answer.status, answer.body).into_response(),
        Err(problem) => {
            metrics::refused(provider, problem.code);
            tracing::debug!(provider, app = path.1, code = problem.code, "webhook refused");
            problem.into_response()
        }
    }
}

/// Somebody looking at the address with a browser, most likely.
async fn not_a_post() -> Problem {
    let code = "method_not_allowed";
    metrics::refused("unknown", code);
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, code, "Webhooks are delivered here by POST.")
}

fn unknown_app() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_app", "No app of that name is configured for this provider.")
}

async fn take_in(intake: &Intake, app: &App, request: Request<Body>) -> Result<(Answer, usize), Problem> {
    let (head, body) = request.into_parts();
    let path_and_query = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = [intake.public_url.as_str(), path_and_query].concat();
    let hook = RawHook { method: &head.method, url: &url, headers: &head.headers, body: &[] };
    let received_at = intake.clock.now();
    // A stranger's body is not even read.
    let most = match app.check(intake, |provider, keys| provider.knock(&hook, keys, received_at)) {
        Ok(most) => most,
        Err(refusal) => {
            intake.bodies.throw_away(body).await;
            return Err(refused(refusal));
        }
    };
    let (body, _room) = match intake.bodies.read(&head.headers, body, most).await {
        Ok(read) => read,
        Err(problem) => {
            // More than can be behind such a head is refused for the head.
            return Err(match app.check(intake, |provider, keys| provider.door(&hook, keys, received_at)) {
                Door::Refuse(refusal) if most < usize::MAX && problem.code == TOO_LARGE => refused(refusal),
                _ => problem,
            });
        }
    };
    let hook = RawHook { body: &body, ..hook };
    match app.check(intake, |provider, keys| provider.door(&hook, keys, received_at)) {
        Door::Refuse(refusal) => Err(refused(refusal)),
        Door::Handshake { answer, token } => {
            if app.secrets.is_empty() {
                keep_token(intake, app, &token, received_at).await?;
            }
            Ok((answer, 0))
        }
        Door::Accept { answer, events: 0, .. } => Ok((answer, 0)),
        Door::Accept { answer, events, log } => {
            let delivery = LoggedDelivery {
                provider: app.provider_id.clone(),
                app: app.name.clone(),
                received_at,
                body: log.unwrap_or(body),
            };
            intake.log.append(delivery).await.map_err(busy)?;
            Ok((answer, events))
        }
    }
}

impl App {
    /// Asks the provider's room, with all that this app's webhooks are checked with.
    fn check<T>(&self, intake: &Intake, ask: impl FnOnce(&dyn Provider, &DoorKeys<'_>) -> T) -> T {
        let secrets: Vec<&Secret> = self.secrets.iter().collect();
        intake.proofs.addresses.of(&self.name, |address| {
            let address = (!address.keys.is_empty()).then_some(address);
            ask(self.provider, &DoorKeys { secrets: &secrets, address })
        })
    }
}

fn refused(refusal: Refusal) -> Problem {
    Problem::new(refusal.status, refusal.code, refusal.detail)
}

/// How long after a handshake the next one is turned away: nothing vouches for them, and each is written down.
const BETWEEN_HANDSHAKES: Duration = Duration::from_secs(5);

/// Has the secret that a provider told written down, sealed, for a person to confirm. Once one is configured, others are answered and
/// mean nothing.
async fn keep_token(intake: &Intake, app: &App, token: &Secret, now: Timestamp) -> Result<(), Problem> {
    let last = app.told_at.swap(now.as_millis(), Ordering::Relaxed);
    let span = i64::try_from(BETWEEN_HANDSHAKES.as_millis()).unwrap_or(i64::MAX);
    if now.as_millis().saturating_sub(last) < span {
        let detail = "A verification token arrived a moment ago; have it sent again in a few seconds.";
        return Err(Problem {
            retry_after: Some(5),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "handshake_too_soon", detail)
        });
    }
    let Some((keys, dice)) = &intake.proofs.sealing else {
        return Err(Problem::unavailable("keys_unusable", "Nothing can be sealed here.", 60));
    };
    let body = handshake::body(keys, dice, app.provider.id(), &app.name, token)?;
    let (provider, name) = (Arc::clone(&app.provider_id), Arc::clone(&app.name));
    tracing::info!(%provider, app = %name, "a verification token arrived; `syncline setup` shows it");
    intake.log.append(LoggedDelivery { provider, app: name, received_at: now, body }).await.map_err(busy)
}

fn busy(error: AppendError) -> Problem {
    let (code, detail) = match error {
        AppendError::Full => ("log_full", "Too many deliveries are waiting to become durable."),
        AppendError::Slow => ("log_slow", "The delivery could not be made durable in time."),
        AppendError::Refused => ("log_unavailable", "The delivery could not be made durable."),
    };
    Problem::unavailable(code, detail, 5)
}
