//! The application's side of notifications: each message is verified, counted, and answered 204. One of the doors is shut now and then.

use crate::http::server;
use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use syncline_core::notify::secret::VerifyingKey;
use syncline_core::notify::sign;
use syncline_core::notify::verify::{Received, TOLERANCE, verify};
use syncline_core::secret::Secret;
use syncline_core::time::{Clock as _, SystemClock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest message.
const LARGEST: usize = 1 << 20;

/// What receives, at `<url>/<door>`.
#[derive(Debug)]
pub(super) struct Receiver {
    url: String,
    doors: Mutex<BTreeMap<String, Door>>,
}

/// What came to one endpoint.
#[derive(Debug, Default)]
struct Door {
    key: Option<VerifyingKey>,
    is_shut: bool,
    /// How often each message came and was answered 204.
    taken: BTreeMap<String, u64>,
    forged: u64,
    refused: u64,
}

/// What came to one endpoint, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Messages, by id, and how often each came.
    pub(super) messages: BTreeMap<String, u64>,
    /// Requests whose signature was not right.
    pub(super) forged: u64,
    /// Requests that found the door shut.
    pub(super) refused: u64,
}

impl Receiver {
    /// Listens on this machine until `stop`.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) async fn start(stop: CancellationToken) -> Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let receiver = Arc::new(Self { url, doors: Mutex::default() });
        let router = Router::new()
            .route("/{door}", axum::routing::post(receive))
            .layer(DefaultBodyLimit::max(LARGEST))
            .with_state(Arc::clone(&receiver));
        tokio::spawn(server::serve(listener, router, stop.clone(), stop));
        Ok(receiver)
    }

    /// Where a door is.
    pub(super) fn url(&self, door: &str) -> String {
        format!("{}/{door}", self.url)
    }

    /// What a door verifies with, from now on.
    ///
    /// # Errors
    /// When that is no secret.
    pub(super) fn trust(&self, door: &str, secret: &Secret) -> Result<()> {
        let key = VerifyingKey::parse(secret)?;
        self.with(door, |door| door.key = Some(key));
        Ok(())
    }

    /// Shuts a door, which then answers 503, or opens it.
    pub(super) fn shut(&self, door: &str, is_shut: bool) {
        self.with(door, |door| door.is_shut = is_shut);
    }

    /// Whether a door is shut.
    pub(super) fn is_shut(&self, door: &str) -> bool {
        self.with(door, |door| door.is_shut)
    }

    /// What came so far.
    pub(super) fn taken(&self, door: &str) -> Taken {
        self.with(door, |door| Taken {
            messages: door.taken.clone(),
            forged: door.forged,
            refused: door.refused,
        })
    }

    fn with<T>(&self, door: &str, act: impl FnOnce(&mut Door) -> T) -> T {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        act(doors.entry(door.to_owned()).or_default())
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Path(door): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let received =
        Received { id: text(sign::ID), timestamp: text(sign::TIMESTAMP), signature: text(sign::SIGNATURE) };
    receiver.with(&door, |door| {
        let verdict = verify(received, &body, door.key.as_slice(), TOLERANCE, SystemClock.now());
        if verdict.is_err() {
            door.forged += 1;
            return StatusCode::UNAUTHORIZED;
        }
        if door.is_shut {
            door.refused += 1;
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        *door.taken.entry(received.id.to_owned()).or_insert(0) += 1;
        StatusCode::NO_CONTENT
    })
}
