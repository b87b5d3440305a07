//! Everything that runs while the demo does: the simulated providers, the hub, the application that is told, and what they know of one
//! another.

use super::cast::Cast;
use super::hub::Hub;
use super::receiver::Receiver;
use super::story::Story;
use super::world::World;
use crate::cli::remote::{Remote, segment};
use crate::dice::Dice;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// How long a question to the hub is repeated: it may be away, and comes back.
const PATIENCE: Duration = Duration::from_secs(40);
/// The wait between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// The ids of what was set up.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    pub(super) hubspot: String,
    pub(super) tentoeight: String,
    pub(super) notion: String,
    pub(super) airtable: String,
    pub(super) sync: String,
    pub(super) counter: String,
    /// Endpoints, by the receiver's door.
    pub(super) endpoints: BTreeMap<String, String>,
}

/// What is right in any case, for the proof to compare with.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// By how much each exam was counted up and answered for.
    pub(super) counted: BTreeMap<String, i64>,
    /// Messages that were published and answered for.
    pub(super) published: Vec<String>,
    /// How often the hub was killed.
    pub(super) kills: u64,
}

/// All of it.
pub(super) struct Stage {
    pub(super) story: Story,
    pub(super) world: World,
    pub(super) hub: Hub,
    pub(super) receiver: std::sync::Arc<Receiver>,
    pub(super) client: reqwest::Client,
    pub(super) dice: Dice,
    /// How many times faster than usual people are.
    pub(super) pace: f64,
    /// What the hub and the director prove themselves with.
    pub(super) token: String,
    remote: OnceLock<Remote>,
    ids: OnceLock<Ids>,
    cast: Mutex<Cast>,
    ledger: Mutex<Ledger>,
}

/// What a stage begins with.
pub(super) struct Parts {
    pub(super) story: Story,
    pub(super) world: World,
    pub(super) hub: Hub,
    pub(super) receiver: std::sync::Arc<Receiver>,
    pub(super) dice: Dice,
    pub(super) pace: f64,
    pub(super) token: String,
}

impl Stage {
    /// With nothing set up yet.
    ///
    /// # Errors
    /// When the machine has no usable TLS.
    pub(super) fn new(parts: Parts) -> Result<Self> {
        let Parts { story, world, hub, receiver, dice, pace, token } = parts;
        Ok(Self {
            story,
            world,
            hub,
            receiver,
            client: crate::http::client::client()?,
            dice,
            pace,
            token,
            remote: OnceLock::new(),
            ids: OnceLock::new(),
            cast: Mutex::default(),
            ledger: Mutex::default(),
        })
    }

    /// The hub is ready: how it is asked.
    pub(super) fn has_hub(&self, remote: Remote) {
        let _ = self.remote.set(remote);
    }

    /// Everything is set up.
    pub(super) fn has_ids(&self, ids: Ids) {
        let _ = self.ids.set(ids);
    }

    /// What was set up.
    ///
    /// # Errors
    /// Before it was.
    pub(super) fn ids(&self) -> Result<&Ids> {
        self.ids.get().context("the demo is not set up yet")
    }

    /// Who is there.
    pub(super) fn cast(&self) -> MutexGuard<'_, Cast> {
        self.cast.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is right in any case.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the hub once.
    ///
    /// # Errors
    /// With what it said, or that it is away.
    pub(super) async fn ask_once(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let remote = self.remote.get().context("the hub is not ready yet")?;
        let mut request = remote.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        remote.json(request).await
    }

    /// Reads something of the hub, however often it has to be asked.
    ///
    /// # Errors
    /// With what it said last.
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.persist(Method::GET, path, None, None).await
    }

    /// Has the hub do something that does no harm when it is done twice, or that carries a key which makes it once.
    ///
    /// # Errors
    /// With what it said last.
    pub(super) async fn post(&self, path: &str, body: &Value, once: Option<&str>) -> Result<Value> {
        self.persist(Method::POST, path, Some(body), once).await
    }

    async fn persist(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        once: Option<&str>,
    ) -> Result<Value> {
        let remote = self.remote.get().context("the hub is not ready yet")?;
        let watch = Stopwatch::start();
        loop {
            let mut request = remote.request(method.clone(), path);
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(once) = once {
                request = request.header("Idempotency-Key", once);
            }
            match remote.json(request).await {
                Ok(answer) => return Ok(answer),
                Err(error) if watch.elapsed() > PATIENCE || is_final(&error) => return Err(error),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// All pages of a list of the hub's.
    ///
    /// # Errors
    /// As [`Stage::get`].
    pub(super) async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let with = if path.contains('?') { '&' } else { '?' };
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{with}limit=500{cursor}")).await?;
            if let Value::Array(rows) = page["data"].take() {
                all.extend(rows);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={}", segment(next)),
                None => return Ok(all),
            }
        }
    }
}

/// Whether the hub has answered, and would answer the same again: what is a mistake stays one.
fn is_final(error: &anyhow::Error) -> bool {
    let text = error.to_string();
    text.contains("the hub refused") && text.contains(", 4") && !text.contains("429")
}
