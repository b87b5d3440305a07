//! Receiving: verified, answered at once, then printed and passed on.

use super::say::{self, Arrived};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use syncline_core::notify::secret::VerifyingKey;
use syncline_core::notify::sign;
use syncline_core::notify::verify::{Received, TOLERANCE, verify};
use syncline_core::time::{Clock as _, SystemClock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// The largest message.
const LARGEST: usize = 16 << 20;
/// How long the application may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Headers that are not passed on: those that say how one connection carries a message, and whom it is for.
const OF_A_CONNECTION: [&str; 7] =
    ["host", "connection", "content-length", "transfer-encoding", "keep-alive", "accept", "accept-encoding"];

/// What receives.
pub(super) struct Receiver {
    keys: Vec<VerifyingKey>,
    forward: Option<Url>,
    client: reqwest::Client,
    json: bool,
    seen: AtomicU64,
    count: Option<u64>,
    stop: CancellationToken,
    forwards: TaskTracker,
}

impl Receiver {
    pub(super) fn new(
        keys: Vec<VerifyingKey>,
        forward: Option<Url>,
        client: reqwest::Client,
        json: bool,
    ) -> Self {
        Self {
            keys,
            forward,
            client,
            json,
            seen: AtomicU64::new(0),
            count: None,
            stop: CancellationToken::new(),
            forwards: TaskTracker::new(),
        }
    }

    /// It cancels `stop` after so many verified messages.
    pub(super) fn until(self, count: Option<u64>, stop: CancellationToken) -> Self {
        Self { count, stop, ..self }
    }

    /// Waits for what is being passed on.
    pub(super) async fn forwarded(&self) {
        self.forwards.close();
        self.forwards.wait().await;
    }

    fn noted(&self) {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        if self.count.is_some_and(|count| seen >= count) {
            self.stop.cancel();
        }
    }
}

/// Every path receives.
pub(super) fn router(receiver: Arc<Receiver>) -> Router {
    Router::new().fallback(receive).layer(DefaultBodyLimit::max(LARGEST)).with_state(receiver)
}

/// 204 for what is genuine, 401 for what is not.
async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let received =
        Received { id: text(sign::ID), timestamp: text(sign::TIMESTAMP), signature: text(sign::SIGNATURE) };
    let verdict = verify(received, &body, &receiver.keys, TOLERANCE, SystemClock.now());
    let arrived = Arrived { id: received.id, timestamp: received.timestamp, body: &body };
    say::arrived(&arrived, verdict, receiver.json);
    if verdict.is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    if let Some(url) = receiver.forward.clone() {
        let (me, id, headers) = (Arc::clone(&receiver), received.id.to_owned(), headers.clone());
        receiver.forwards.spawn(async move { forward(&me, url, &id, headers, body).await });
    }
    receiver.noted();
    StatusCode::NO_CONTENT
}

/// Passes a message on as it came: the application verifies it by itself.
async fn forward(receiver: &Receiver, url: Url, id: &str, mut headers: HeaderMap, body: Bytes) {
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
    let request = receiver.client.post(url).headers(headers).body(body).timeout(PATIENCE);
    let answer = request.send().await.map(|answer| answer.status().as_u16());
    say::forwarded(id, answer.map_err(|error| error.without_url().to_string()), receiver.json);
}
