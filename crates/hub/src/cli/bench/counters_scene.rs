//! A hub, a simulated HubSpot with its workflow, and the definition that counts between them.

use super::hub::{Hub, Setting, hubspot};
use super::process::Process;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The object that the sandbox's workflow writes.
pub(super) const EXAMS: &str = "2-50158913";
/// How long a call may take effect after its answer, in milliseconds: far above the workflow's own delay.
const SETTLE_MS: u64 = 5_000;

/// Both, joined.
pub(super) struct Scene {
    pub(super) sandbox: Process,
    pub(super) hub: Hub,
    /// The definition.
    pub(super) counter: String,
    /// What HubSpot's own API is called with.
    pub(super) token: String,
    dir: PathBuf,
    database: String,
    settings: Vec<Setting>,
    nonces: AtomicU64,
}

impl Scene {
    /// With the numbers in the database, or in the Redis database at this URL.
    pub(super) async fn start(dir: &Path, database: &str, store: Option<&str>) -> Result<Self> {
        let mut sandbox = Process::start(&["--no-limits"])?;
        sandbox.wait_until_ready().await?;
        let credentials = sandbox.get("/_sandbox/credentials", "").await?;
        let mut settings = hubspot(&sandbox.base, &credentials, "0.0");
        if let Some(url) = store {
            settings.push(("SYNCLINE_COUNTERS__SERVERS", format!("bench={url}")));
        }
        let hub = Hub::start(dir, database, &settings).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let token = text(&credentials["hubspot"]["accounts"][0]["private_app_token"]);
        let body = json!({"provider": "hubspot", "org_id": "bench", "user_id": "bench", "key": token});
        let connection = hub.post("/v1/connections", body).await?;
        let workflows = sandbox.get("/_sandbox/hubspot/workflows", "").await?;
        let url = workflows["workflows"][0]["trigger_url"].as_str().context("the sandbox's workflow")?;
        let mut definition = json!({
            "name": "bench", "connection_id": connection["id"], "object_type": EXAMS, "property": "total_bookings",
            "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
            "target": { "kind": "trigger", "url": url }, "window_ms": 1_000, "settle_ms": SETTLE_MS, "reconcile_minutes": null,
        });
        if store.is_some() {
            definition["store"] = json!({"kind": "redis", "server": "bench", "key": "exam:{key}:bookings"});
        }
        let made = hub.post("/v1/counters", definition).await?;
        let counter = made["id"].as_str().context("a definition")?.to_owned();
        let (dir, database) = (dir.to_owned(), database.to_owned());
        Ok(Self { sandbox, hub, counter, token, dir, database, settings, nonces: AtomicU64::new(0) })
    }

    /// The hub is killed as by a power cut, and another started over its database.
    pub(super) async fn kill(&mut self) -> Result<()> {
        self.hub.kill();
        self.hub = Hub::start(&self.dir, &self.database, &self.settings).await?;
        Ok(())
    }

    /// A text that no other call of this answers.
    pub(super) fn nonce(&self) -> u64 {
        self.nonces.fetch_add(1, Ordering::Relaxed)
    }
}
