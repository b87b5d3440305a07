//! `syncline bench load`: records of three object types from a simulated HubSpot into the mirror. With the real limits and latency,
//! against the time that the limits alone dictate; without them, against one type at a time and against plain downloading.

use super::hub::{Hub, hubspot};
use super::process::Process;
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
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
        let mut settings = hubspot(&sandbox.base, &credentials, budget);
        settings.push(("SYNCLINE_LOAD__LANES", lanes.to_string()));
        let hub = Hub::start(&dir, &self.database, &settings).await?;
        let connection = hub.consent("hubspot").await?;
        let watch = Stopwatch::start();
        let run = hub.post(&format!("/v1/connections/{connection}/runs"), json!({"mode": "full"})).await?;
        let run = run["id"].as_str().context("a run")?.to_owned();
        let mut resident = Vec::new();
        let mut tick = interval(Duration::from_millis(200));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tick.tick().await;
            resident.push(super::resident_mib(hub.id()));
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
