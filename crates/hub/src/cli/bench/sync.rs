//! `syncline bench sync`: HubSpot's contacts and 10to8's customers, simulated, of whom many are the same people. The first run: calls
//! against the fewest that batches allow, time against what HubSpot's limit alone dictates, memory. A second run with nothing to do.
//! Live changes at a given rate: from the edit on one side to the write on the other.

use super::hub::{Hub, Setting, hubspot};
use super::process::Process;
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What HubSpot lets an app with OAuth do in each account (HubSpot facts 2).
const CALLS: u64 = 110;
const SPAN_SECONDS: f64 = 10.0;
/// Records in one call to HubSpot, reading and writing.
const BATCH: u64 = 100;
/// Of a hundred made-up people 10to8 knows so many.
const KNOWN: usize = 85;

/// Measure two-way sync.
#[derive(Debug, Args)]
pub struct Sync {
    /// Records on each side
    #[arg(long, default_value_t = 100_000)]
    records: usize,
    /// Of a hundred records on each side so many are the same people
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u8).range(0..=100))]
    same: u8,
    /// Without HubSpot's limit
    #[arg(long)]
    no_limits: bool,
    /// Live changes a second; 0: none
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// For how many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u32,
    /// The database: sqlite, or the URL of an empty PostgreSQL or MySQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Directory for SQLite's files: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: PathBuf,
}

/// Two simulated accounts and a hub between them.
struct Scene {
    sandbox: Process,
    hub: Hub,
    sync: String,
}

/// A run, and what it took.
struct Ran {
    run: Value,
    took: Duration,
    resident: Vec<u64>,
    calls: u64,
}

impl Sync {
    pub(super) fn run(self) -> Result<ExitCode> {
        crate::cli::runtime()?.block_on(self.measure())
    }

    async fn measure(&self) -> Result<ExitCode> {
        let _ = std::fs::remove_dir_all(&self.dir);
        std::fs::create_dir_all(&self.dir)?;
        let scene = self.scene().await?;
        let left = scene.count("hubspot").await?;
        let right = scene.count("tentoeight").await?;
        out::line(format!("{left} contacts at HubSpot, {right} customers at 10to8"));
        let first = scene.ran().await?;
        self.tell_first(&first, left)?;
        let again = scene.ran().await?;
        tell_again(&again);
        if self.rate > 0 {
            self.live(&scene).await?;
        }
        drop(scene);
        let _ = std::fs::remove_dir_all(&self.dir);
        Ok(ExitCode::SUCCESS)
    }

    async fn scene(&self) -> Result<Scene> {
        let mut sandbox = Process::start(if self.no_limits { &["--no-limits"] } else { &[] })?;
        sandbox.wait_until_ready().await?;
        let (shared, own) = self.people();
        for (provider, people, seed) in [
            ("hubspot", shared, 1),
            ("tentoeight", shared, 1),
            ("hubspot", self.records.saturating_sub(shared), 2),
            ("tentoeight", own, 3),
        ] {
            let cast = json!({"people": people, "companies": 0, "deals": 0, "seed": seed});
            sandbox.post(&format!("/_sandbox/{provider}/seed"), cast).await?;
        }
        // Nothing is known of 10to8's true limit but that one call a second is safe: it would dictate days.
        let credentials = sandbox.get("/_sandbox/credentials", "").await?;
        let mut settings = hubspot(&sandbox.base, &credentials, if self.no_limits { "0.0" } else { "1.0" });
        settings.extend(tentoeight(&sandbox.base));
        let hub = Hub::start(&self.dir, &self.database, &settings).await?;
        sandbox.patch("/_sandbox/settings", json!({"tentoeight": {"limits": {"enabled": false}}})).await?;
        let left = hub.consent("hubspot").await?;
        let key = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().context("a key")?;
        let body = json!({"provider": "tentoeight", "org_id": "bench", "user_id": "bench", "key": key});
        let right = hub.post("/v1/connections/key", body).await?;
        let right = right["id"].as_str().context("a connection")?.to_owned();
        for connection in [&left, &right] {
            hub.post(&format!("/v1/connections/{}/setup", segment(connection)), json!({})).await?;
        }
        let sync = hub.post("/v1/syncs", json!({"left": left, "right": right, "run": false, "every": "never"})).await?;
        let sync = sync["id"].as_str().context("a sync")?.to_owned();
        Ok(Scene { sandbox, hub, sync })
    }

    /// How many people both are asked to know, and how many more only 10to8 is: it does not know everybody.
    fn people(&self) -> (usize, usize) {
        let same = self.records * usize::from(self.same) / 100;
        (same * 100 / KNOWN, (self.records - same) * 100 / KNOWN)
    }

    fn tell_first(&self, first: &Ran, left: u64) -> Result<()> {
        let counts = &first.run["counts"];
        let number = |what: &str, side: &str| counts[what][side].as_u64().unwrap_or(0);
        let (created, updated) = (number("created", "left"), number("updated", "left"));
        let fewest = left.div_ceil(BATCH) + created.div_ceil(BATCH) + updated.div_ceil(BATCH);
        ensure!(created + updated > 0, "nothing was written: {}", first.run);
        out::line("first run, both ways");
        out::line(format!(
            "  {} linked; created {} and {}, changed {updated} and {}; {} questions, {} values refused",
            counts["linked"],
            created,
            number("created", "right"),
            number("updated", "right"),
            counts["questions"],
            counts["refused"],
        ));
        out::line(format!(
            "  calls to HubSpot: {}, the fewest that batches allow {fewest}: {:.3} times that",
            first.calls,
            first.calls as f64 / fewest.max(1) as f64,
        ));
        let floor = fewest as f64 / CALLS as f64 * SPAN_SECONDS;
        if !self.no_limits {
            out::line(format!(
                "  dictated by HubSpot's limit: {floor:.0} s; taken: {:.1} s, {:.2} times that",
                first.took.as_secs_f64(),
                first.took.as_secs_f64() / floor.max(0.001)
            ));
        }
        tell_memory(first);
        Ok(())
    }

    /// Edits at a rate, to the left and to the right in turns, and when the other side was written.
    async fn live(&self, scene: &Scene) -> Result<()> {
        let links = scene.hub.get(&format!("/v1/syncs/{}/links?limit=100", segment(&scene.sync))).await?;
        let pairs: Vec<(String, String)> = { links["data"].as_array().context("links")? }
            .iter()
            .filter_map(|link| {
                let id = |side: &str| link["ids"][side].as_str().map(str::to_owned);
                Some((id("left")?, id("right")?))
            })
            .collect();
        ensure!(pairs.len() > 50, "too few links to edit");
        let mut tick = interval(Duration::from_secs_f64(1.0 / f64::from(self.rate)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut waiting = JoinSet::new();
        for number in 0..self.rate * self.seconds {
            tick.tick().await;
            let pair = &pairs[number as usize % pairs.len()];
            waiting.spawn(edit(scene.sandbox.base.clone(), number, pair.clone()));
        }
        let mut latencies = Vec::new();
        while let Some(took) = waiting.join_next().await {
            latencies.push(took??);
        }
        latencies.sort();
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_millis();
        out::line(format!("live, {} edits/s for {} s, left and right in turns", self.rate, self.seconds));
        out::line(format!(
            "  from the edit to the write on the other side: p50 {} ms, p99 {} ms, longest {} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        ));
        Ok(())
    }
}

/// What a hub has to know of a simulated 10to8, without a budget.
fn tentoeight(sandbox: &str) -> Vec<Setting> {
    vec![
        ("SYNCLINE_PROVIDERS__TENTOEIGHT__API_URL", format!("{sandbox}/tentoeight")),
        ("SYNCLINE_PROVIDERS__TENTOEIGHT__WEB_URL", format!("{sandbox}/tentoeight")),
        ("SYNCLINE_PROVIDERS__TENTOEIGHT__BUDGET", "0.0".to_owned()),
        ("SYNCLINE_APPS__CUSTOMERS__PROVIDER", "tentoeight".to_owned()),
    ]
}

/// Somebody gives a person another phone number on one side; answers how long it took to reach the other.
async fn edit(base: String, number: u32, (left, right): (String, String)) -> Result<Duration> {
    let client = crate::http::client::client()?;
    let phone = format!("+4420{:08}", 10_000_000 + number);
    let (provider, edit) = if number.is_multiple_of(2) {
        ("hubspot", json!({"action": "update", "id": left, "properties": {"phone": phone}}))
    } else {
        ("tentoeight", json!({"action": "update", "resource_uri": right, "numbers": [phone]}))
    };
    let sent = client.post(format!("{base}/_sandbox/{provider}/edit")).json(&edit).send().await?;
    sent.error_for_status()?;
    let watch = Stopwatch::start();
    let other = if provider == "hubspot" { "tentoeight" } else { "hubspot" };
    let written = format!("{base}/_sandbox/requests?provider={other}&direction=in&limit=400");
    loop {
        let page: Value = client.get(&written).send().await?.json().await?;
        let there = page["requests"].as_array().into_iter().flatten().any(|request| {
            request["method"] != "GET" && request["request_body"].to_string().contains(&phone)
        });
        if there {
            return Ok(watch.elapsed());
        }
        if watch.elapsed() > Duration::from_secs(30) {
            bail!("an edit at {provider} did not reach {other} within 30 s");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Scene {
    /// How many records a provider has.
    async fn count(&self, provider: &str) -> Result<u64> {
        let tables = self.sandbox.get(&format!("/_sandbox/{provider}/records"), "").await?;
        let rows = |table: &Value| {
            let key = table["table"].as_str().unwrap_or_default();
            let own = key.contains("contacts") || key.contains("customer");
            own.then(|| table["rows"].as_u64().unwrap_or(0))
        };
        Ok(tables["tables"].as_array().into_iter().flatten().filter_map(rows).max().unwrap_or(0))
    }

    /// A run of everything, to its end.
    async fn ran(&self) -> Result<Ran> {
        let before = self.calls().await?;
        let watch = Stopwatch::start();
        let run = self.hub.post(&format!("/v1/syncs/{}/runs", segment(&self.sync)), json!({})).await?;
        let id = run["id"].as_str().context("a run")?.to_owned();
        let mut resident = Vec::new();
        let mut tick = interval(Duration::from_millis(250));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            resident.push(super::resident_mib(self.hub.id()));
            let run = self.hub.get(&format!("/v1/sync-runs/{}", segment(&id))).await?;
            match run["state"].as_str() {
                Some("succeeded") => {
                    let took = watch.elapsed();
                    let calls = self.calls().await? - before;
                    return Ok(Ran { run, took, resident, calls });
                }
                Some("waiting" | "running") => {}
                _ => bail!("the run failed: {run}"),
            }
        }
    }

    /// How many calls HubSpot got so far.
    async fn calls(&self) -> Result<u64> {
        self.hub.calls("hubspot").await
    }
}

fn tell_again(again: &Ran) {
    let calls = &again.run["counts"]["calls"];
    out::line("second run, nothing to do");
    out::line(format!(
        "  {} pairs looked at, calls that wrote: {} and {}; {:.1} s",
        again.run["counts"]["looked_at"],
        calls["left"],
        calls["right"],
        again.took.as_secs_f64()
    ));
    tell_memory(again);
}

fn tell_memory(ran: &Ran) {
    let (half, end) = (ran.resident.len() / 2, ran.resident.last().copied().unwrap_or(0));
    out::line(format!(
        "  resident at half time {} MiB, at the end {end} MiB, at most {} MiB",
        ran.resident.get(half).copied().unwrap_or(0),
        ran.resident.iter().max().copied().unwrap_or(0),
    ));
}
