//! `syncline bench load`: records of three object types from a simulated HubSpot into the mirror. With the real limits and latency,
//! against the time that the limits alone dictate; without them, against one type at a time and against plain downloading.

use super::process::Process;
use crate::cli::out;
use crate::cli::remote::segment;
use crate::local_key;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What HubSpot lets an app with OAuth do in each account (HubSpot facts 2).
const CALLS: u64 = 110;
const SPAN_SECONDS: u64 = 10;
/// The object types, all with as many records.
const TYPES: [&str; 3] = ["companies", "contacts", "deals"];

/// Measure loading.
#[derive(Debug, Args)]
pub struct Load {
    /// Records in all, over three object types
    #[arg(long, default_value_t = 300_000)]
    records: usize,
    /// How long the simulated HubSpot takes for an answer, in the part with limits
    #[arg(long, value_name = "MS", default_value_t = 150)]
    latency: u64,
    /// Only the part without limits and latency
    #[arg(long)]
    no_limits: bool,
    /// Only the part with limits and latency
    #[arg(long, conflicts_with = "no_limits")]
    only_limits: bool,
    /// The database: sqlite, or the URL of an empty PostgreSQL or MySQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Directory for SQLite's files: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: PathBuf,
}

/// What a load came to.
struct Loaded {
    took: Duration,
    pages: u64,
    records: u64,
    resident: Vec<u64>,
    refused: u64,
}

impl Load {
    pub(super) fn run(self) -> Result<ExitCode> {
        crate::cli::runtime()?.block_on(self.measure())
    }

    async fn measure(&self) -> Result<ExitCode> {
        if !self.no_limits {
            self.with_limits().await?;
        }
        if !self.only_limits {
            self.without_limits().await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn with_limits(&self) -> Result<()> {
        let sandbox = self.sandbox(&[]).await?;
        let latency = json!({"provider": "hubspot", "path": "/crm/*", "effect": {"kind": "latency", "ms": self.latency}});
        sandbox.post("/_sandbox/faults", latency).await?;
        let loaded = self.load(&sandbox, 8, "1.0").await?;
        let windows = (loaded.pages.max(1) - 1) / CALLS;
        let dictated = (windows * SPAN_SECONDS) as f64;
        out::line(format!("with {CALLS} calls in {SPAN_SECONDS} s and {} ms latency", self.latency));
        report(&loaded);
        out::line(format!(
            "  dictated by the limit alone: {dictated:.0} s; taken: {:.1} s, {:.3} times that; 429s: {}",
            loaded.took.as_secs_f64(),
            loaded.took.as_secs_f64() / dictated.max(0.001),
            loaded.refused
        ));
        Ok(())
    }

    async fn without_limits(&self) -> Result<()> {
        let sandbox = self.sandbox(&["--no-limits"]).await?;
        let ceiling = download(&sandbox).await?;
        out::line("\nwithout limits and latency");
        let records = self.records as f64;
        out::line(format!("  plain downloading: {:.0} records/s", records / ceiling.as_secs_f64()));
        for (lanes, what) in [(8, "types side by side"), (1, "one type at a time")] {
            let loaded = self.load(&sandbox, lanes, "0.0").await?;
            out::line(format!(
                "  {what}: {:.0} records/s, {:.0} % of plain downloading",
                loaded.records as f64 / loaded.took.as_secs_f64(),
                100.0 * ceiling.as_secs_f64() / loaded.took.as_secs_f64(),
            ));
            report(&loaded);
        }
        Ok(())
    }

    async fn sandbox(&self, more: &[&str]) -> Result<Process> {
        let mut sandbox = Process::start(more)?;
        sandbox.wait_until_ready().await?;
        let each = self.records / TYPES.len();
        sandbox
            .post("/_sandbox/hubspot/seed", json!({"people": each, "companies": each, "deals": each}))
            .await?;
        Ok(sandbox)
    }

    async fn load(&self, sandbox: &Process, lanes: usize, budget: &str) -> Result<Loaded> {
        let dir = self.dir.join(format!("lanes-{lanes}"));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir)?;
        let credentials = sandbox.get("/_sandbox/credentials", "").await?;
        let hub = Hub::start(&dir, &self.database, &sandbox.base, &credentials, lanes, budget).await?;
        let connection = hub.connect().await?;
        let watch = Stopwatch::start();
        let run = hub.post(&format!("/v1/connections/{connection}/runs"), json!({"mode": "full"})).await?;
        let run = run["id"].as_str().context("a run")?.to_owned();
        let mut resident = Vec::new();
        let mut tick = interval(Duration::from_millis(200));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tick.tick().await;
            resident.push(super::resident_mib(hub.child.id()));
            let run = hub.get(&format!("/v1/runs/{}", segment(&run))).await?;
            match run["state"].as_str() {
                Some("succeeded") => break run,
                Some("waiting" | "running") => {}
                _ => bail!("the load failed: {run}"),
            }
        };
        let took = watch.elapsed();
        let lanes = ended["lanes"].as_array().context("lanes")?;
        let sum = |name: &str| lanes.iter().filter_map(|lane| lane[name].as_u64()).sum();
        let loaded = Loaded {
            took,
            pages: sum("pages"),
            records: sum("read"),
            resident,
            refused: hub.refusals().await?,
        };
        ensure!(loaded.records >= self.records as u64, "{} records were loaded", loaded.records);
        drop(hub);
        let _ = std::fs::remove_dir_all(&self.dir);
        Ok(loaded)
    }
}

fn report(loaded: &Loaded) {
    let (half, end) = (loaded.resident.len() / 2, loaded.resident.last().copied().unwrap_or(0));
    out::line(format!(
        "  {} records in {} pages, {:.1} s; resident at half time {} MiB, at the end {end} MiB, at most {} MiB",
        loaded.records,
        loaded.pages,
        loaded.took.as_secs_f64(),
        loaded.resident.get(half).copied().unwrap_or(0),
        loaded.resident.iter().max().copied().unwrap_or(0),
    ));
}

/// Downloads the same pages of all types side by side; looks for the next page's cursor and at nothing else.
async fn download(sandbox: &Process) -> Result<Duration> {
    let credentials = sandbox.get("/_sandbox/credentials", "").await?;
    let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().context("a token")?;
    let watch = Stopwatch::start();
    let mut types = JoinSet::new();
    for object_type in TYPES {
        let base = format!("{}/hubspot/crm/objects/2026-09/{object_type}?limit=100", sandbox.base);
        let (token, client) = (token.to_owned(), crate::http::client::client()?);
        types.spawn(async move {
            let mut after = String::new();
            loop {
                let answer = client.get(format!("{base}{after}")).bearer_auth(&token).send().await?;
                let body = answer.error_for_status()?.bytes().await?;
                let text = std::str::from_utf8(&body)?;
                match text.rsplit_once("\"after\":\"").and_then(|(_, rest)| rest.split_once('"')) {
                    Some((next, _)) => after = format!("&after={next}"),
                    None => return anyhow::Ok(()),
                }
            }
        });
    }
    while let Some(done) = types.join_next().await {
        done??;
    }
    Ok(watch.elapsed())
}

/// A hub in a process of its own.
struct Hub {
    child: Child,
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Hub {
    async fn start(
        dir: &Path,
        database: &str,
        sandbox: &str,
        credentials: &Value,
        lanes: usize,
        budget: &str,
    ) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let app = &credentials["hubspot"]["app"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let base = format!("http://{address}");
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .current_dir(dir)
            .env("SYNCLINE_SERVER__LISTEN", address.to_string())
            .env("SYNCLINE_SERVER__PUBLIC_URL", &base)
            .env("SYNCLINE_DATA_DIR", "data")
            .env("SYNCLINE_DATABASE__URL", database)
            .env("SYNCLINE_LOG__LEVEL", "warn")
            .env("SYNCLINE_PROVIDERS__HUBSPOT__API_URL", format!("{sandbox}/hubspot"))
            .env("SYNCLINE_PROVIDERS__HUBSPOT__WEB_URL", format!("{sandbox}/hubspot"))
            .env("SYNCLINE_PROVIDERS__HUBSPOT__BUDGET", budget)
            .env("SYNCLINE_APPS__BENCH__PROVIDER", "hubspot")
            .env("SYNCLINE_APPS__BENCH__CLIENT_ID", text(&app["client_id"]))
            .env("SYNCLINE_APPS__BENCH__CLIENT_SECRET", text(&app["client_secret"]))
            .env("SYNCLINE_LOAD__ON_CONNECT", "false")
            .env("SYNCLINE_LOAD__EVERY", "never")
            .env("SYNCLINE_LOAD__LANES", lanes.to_string())
            .spawn()
            .context("starting the hub")?;
        let client = crate::http::client::client()?;
        let mut hub = Self { child, base, key: String::new(), client };
        hub.wait_until_ready(&dir.join("data")).await?;
        Ok(hub)
    }

    async fn wait_until_ready(&mut self, data_dir: &Path) -> Result<()> {
        for _ in 0..5_000 {
            if let Some(status) = self.child.try_wait()? {
                bail!("the hub ended: {status}");
            }
            if let Ok(key) = std::fs::read_to_string(local_key::path(data_dir)) {
                self.key = key.trim().to_owned();
                if self.get("/v1/status").await.is_ok() {
                    return Ok(());
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the hub does not get ready")
    }

    /// Connects the account as a browser does, by the page that consents at once.
    async fn connect(&self) -> Result<String> {
        let ask = json!({"provider": "hubspot", "org_id": "bench", "user_id": "bench"});
        let begun = self.post("/v1/connections/authorize", ask).await?;
        let mut next = begun["url"].as_str().context("an address")?.to_owned();
        let mut cookie = String::new();
        for _ in 0..5 {
            let answer = self.client.get(&next).header("Cookie", &cookie).send().await?;
            if let Some(set) = answer.headers().get("set-cookie").and_then(|set| set.to_str().ok()) {
                cookie = set.split(';').next().unwrap_or_default().to_owned();
            }
            match answer.headers().get("location").and_then(|to| to.to_str().ok()) {
                Some(to) => next = reqwest::Url::parse(&next)?.join(to)?.to_string(),
                None => break,
            }
        }
        let connections = self.get("/v1/connections").await?;
        let id = connections["data"][0]["id"].as_str().context("no connection was made")?;
        Ok(id.to_owned())
    }

    /// How often the simulated HubSpot said that it was too much.
    async fn refusals(&self) -> Result<u64> {
        let metrics = self.client.get(format!("{}/metrics", self.base)).send().await?.text().await?;
        let of = |line: &str| -> Option<u64> {
            line.strip_prefix("syncline_provider_rate_limited_total")?.rsplit(' ').next()?.parse().ok()
        };
        Ok(metrics.lines().filter_map(of).sum::<u64>())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(&self.key).json(&body);
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(answer.json().await?)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
