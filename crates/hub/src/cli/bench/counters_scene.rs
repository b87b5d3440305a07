//! A hub, a simulated HubSpot with its workflow, and the definition that counts between them.

use super::hub::{Hub, Setting, hubspot};
use super::process::Process;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The object that the sandbox's workflow writes.
pub(super) const EXAMS: &str = "2-50158913";
/// How long a call may take effect after its answer, in milliseconds: well above the workflow's slowest run.
const SETTLE_MS: u64 = 5_000;
/// Records in one call.
pub(super) const BATCH: usize = 100;
/// The same, in one that asks for histories.
const HISTORIES: usize = 50;

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
    /// With the numbers in the database, or in the Redis database at this URL. `said` stands in the definition instead of what is usual here.
    pub(super) async fn start(dir: &Path, database: &str, store: Option<&str>, said: Value) -> Result<Self> {
        let mut sandbox = Process::start(&["--no-limits"])?;
        sandbox.wait_until_ready().await?;
        let credentials = sandbox.get("/_sandbox/credentials", "").await?;
        let mut settings = hubspot(&sandbox.base, &credentials, "0.0");
        // A source of truth may be on this machine.
        settings.push(("SYNCLINE_NOTIFY__ALLOW", "127.0.0.0/8".to_owned()));
        settings.push(("SYNCLINE_NOTIFY__PLAIN_HTTP", "true".to_owned()));
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
        for (name, value) in said.as_object().into_iter().flatten() {
            definition[name] = value.clone();
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

    /// Calls HubSpot itself, past the hub.
    pub(super) async fn hubspot(&self, path: &str, body: Value) -> Result<Value> {
        let authorization = format!("Bearer {}", self.token);
        self.sandbox.post_as(&format!("/hubspot{path}"), &authorization, body).await
    }

    /// Makes so many records; their ids.
    pub(super) async fn exams(&self, count: u64) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let numbers: Vec<u64> = (0..count).collect();
        for numbers in numbers.chunks(BATCH) {
            let inputs: Vec<Value> = numbers
                .iter()
                .map(|number| json!({ "properties": { "mock_exam_name": format!("Exam {number}") } }))
                .collect();
            let path = format!("/crm/v3/objects/{EXAMS}/batch/create");
            let made = self.hubspot(&path, json!({ "inputs": inputs })).await?;
            let results = made["results"].as_array().context("the records that were made")?;
            ids.extend(results.iter().filter_map(|one| one["id"].as_str()).map(str::to_owned));
        }
        ensure!(ids.len() as u64 == count, "{} records were made", ids.len());
        Ok(ids)
    }

    /// What HubSpot shows of these, past the hub; an empty property is zero.
    pub(super) async fn properties(&self, ids: &[String]) -> Result<BTreeMap<String, u64>> {
        let mut found = BTreeMap::new();
        for ids in ids.chunks(BATCH) {
            let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
            let body = json!({ "inputs": inputs, "properties": ["total_bookings"] });
            let answer = self.hubspot(&format!("/crm/v3/objects/{EXAMS}/batch/read"), body).await?;
            for one in answer["results"].as_array().into_iter().flatten() {
                let shown = one["properties"]["total_bookings"].as_str().and_then(|text| text.parse().ok());
                found.insert(one["id"].as_str().unwrap_or_default().to_owned(), shown.unwrap_or(0));
            }
        }
        Ok(found)
    }

    /// Every number that the property of these had, oldest first, as HubSpot tells it.
    pub(super) async fn histories(&self, ids: &[String]) -> Result<BTreeMap<String, Vec<u64>>> {
        let mut found = BTreeMap::new();
        for ids in ids.chunks(HISTORIES) {
            let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
            let body =
                json!({ "inputs": inputs, "properties": [], "propertiesWithHistory": ["total_bookings"] });
            let answer = self.hubspot(&format!("/crm/v3/objects/{EXAMS}/batch/read"), body).await?;
            for one in answer["results"].as_array().context("the histories")? {
                let versions = one["propertiesWithHistory"]["total_bookings"].as_array();
                let number = |version: &Value| version["value"].as_str().and_then(|text| text.parse().ok());
                let mut held: Vec<u64> = versions.into_iter().flatten().filter_map(number).collect();
                held.reverse();
                found.insert(one["id"].as_str().unwrap_or_default().to_owned(), held);
            }
        }
        Ok(found)
    }

    /// Whether nothing is to be sent or looked at. Counters that were parked are an error: nothing here should need a person.
    pub(super) async fn is_idle(&self) -> Result<bool> {
        let path = format!("/v1/counters/{}", segment(&self.counter));
        let waiting = &self.hub.get(&path).await?["waiting"];
        let number = |name: &str| waiting[name].as_u64().unwrap_or(u64::MAX);
        ensure!(number("parked") == 0, "{} counters were parked", number("parked"));
        Ok(number("to_send") == 0 && number("to_look_at") == 0)
    }

    /// Waits until it is.
    pub(super) async fn until_idle(&self, patience: Duration) -> Result<()> {
        let watch = Stopwatch::start();
        while !self.is_idle().await? {
            ensure!(
                watch.elapsed() < patience,
                "something is still to be sent after {} s",
                patience.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Compares everything, and waits for the end: the run.
    pub(super) async fn compare(&self, patience: Duration) -> Result<Value> {
        let asked =
            self.hub.post(&format!("/v1/counters/{}/runs", segment(&self.counter)), json!({})).await?;
        let id = asked["id"].as_str().context("a run")?.to_owned();
        let watch = Stopwatch::start();
        loop {
            let run = self.hub.get(&format!("/v1/counter-runs/{}", segment(&id))).await?;
            match run["state"].as_str() {
                Some("succeeded") => return Ok(run),
                Some("failed" | "cancelled") => bail!("the comparison did not succeed: {run}"),
                _ => {}
            }
            ensure!(watch.elapsed() < patience, "the comparison takes more than {} s", patience.as_secs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
