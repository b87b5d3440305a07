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
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What HubSpot lets an app with OAuth do in each account (HubSpot facts 2).
const CALLS: u64 = 110;
const SPAN_SECONDS: f64 = 10.0;
/// Records in one call to HubSpot, reading and writing.
const BATCH: u64 = 100;
/// Records on each side in the live part.
const LIVE: usize = 2_000;
/// Looks at the other side come no farther apart, so that they are not the load that is measured.
const LONGEST_PAUSE: Duration = Duration::from_millis(40);
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
    left: String,
}

/// A run, and what it took.
struct Ran {
    run: Value,
    took: Duration,
    resident: Vec<u64>,
    calls: u64,
    /// Pages that were read of the left side.
    pages: u64,
}

impl Sync {
    pub(super) fn run(self) -> Result<ExitCode> {
        crate::cli::runtime()?.block_on(self.measure())
    }

    async fn measure(&self) -> Result<ExitCode> {
        let _ = std::fs::remove_dir_all(&self.dir);
        std::fs::create_dir_all(&self.dir)?;
        let scene = self.scene(self.records, !self.no_limits).await?;
        let first = scene.ran().await?;
        self.tell_first(&first)?;
        let again = scene.ran().await?;
        tell_again(&again);
        scene.tell_written(&again).await?;
        drop(scene);
        if self.rate > 0 {
            let _ = std::fs::remove_dir_all(&self.dir);
            std::fs::create_dir_all(&self.dir)?;
            let scene = self.scene(LIVE, false).await?;
            scene.ran().await?;
            self.live(&scene).await?;
        }
        let _ = std::fs::remove_dir_all(&self.dir);
        Ok(ExitCode::SUCCESS)
    }

    /// Two accounts with so many records each, connected, set up and joined, with HubSpot's limit or without.
    async fn scene(&self, records: usize, limited: bool) -> Result<Scene> {
        let mut sandbox = Process::start(if limited { &[] } else { &["--no-limits"] })?;
        sandbox.wait_until_ready().await?;
        let (shared, own) = self.people(records);
        for (provider, people, seed) in [
            ("hubspot", shared, 1),
            ("tentoeight", shared, 1),
            ("hubspot", records.saturating_sub(shared), 2),
            ("tentoeight", own, 3),
        ] {
            let cast = json!({"people": people, "companies": 0, "deals": 0, "seed": seed});
            sandbox.post(&format!("/_sandbox/{provider}/seed"), cast).await?;
        }
        let credentials = sandbox.get("/_sandbox/credentials", "").await?;
        let mut settings = hubspot(&sandbox.base, &credentials, if limited { "1.0" } else { "0.0" });
        settings.extend(tentoeight(&sandbox.base));
        let hub = Hub::start(&self.dir, &self.database, &settings).await?;
        sandbox.patch("/_sandbox/settings", settings_of_sandbox()).await?;
        let left = hub.consent("hubspot").await?;
        let key = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().context("a key")?;
        let body = json!({"provider": "tentoeight", "org_id": "bench", "user_id": "bench", "key": key});
        let right = hub.post("/v1/connections", body).await?;
        let right = right["id"].as_str().context("a connection")?.to_owned();
        for connection in [&left, &right] {
            hub.post(&format!("/v1/connections/{}/setup", segment(connection)), json!({})).await?;
        }
        let sync = hub
            .post("/v1/syncs", json!({"left": left, "right": right, "run": false, "every": "never"}))
            .await?;
        let sync = sync["id"].as_str().context("a sync")?.to_owned();
        Ok(Scene { sandbox, hub, sync, left })
    }

    /// How many people both are asked to know, and how many more only 10to8 is: it does not know everybody.
    fn people(&self, records: usize) -> (usize, usize) {
        let same = records * usize::from(self.same) / 100;
        (same * 100 / KNOWN, (records - same) * 100 / KNOWN)
    }

    fn tell_first(&self, first: &Ran) -> Result<()> {
        let counts = &first.run["counts"];
        let number = |what: &str, side: &str| counts[what][side].as_u64().unwrap_or(0);
        let (created, updated) = (number("created", "left"), number("updated", "left"));
        // All that was there is read and written once; what is created is written once.
        let fewest = first.pages + created.div_ceil(BATCH) + updated.div_ceil(BATCH);
        let own = first.pages + counts["calls"]["left"].as_u64().unwrap_or(0);
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
            "  calls to HubSpot that listed or wrote: {own}, the fewest that batches allow {fewest}: {:.3} times that; with looks \
             before writing and what webhooks made it read again: {}, {:.3} times that",
            own as f64 / fewest.max(1) as f64,
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

    /// Edits at a rate, to the left and to the right in turns, each of another person: a later edit would overtake an earlier one.
    async fn live(&self, scene: &Scene) -> Result<()> {
        let pairs = scene.pairs((self.rate * self.seconds) as usize).await?;
        let credentials = scene.sandbox.get("/_sandbox/credentials", "").await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let looking = Arc::new(Looking {
            base: scene.sandbox.base.clone(),
            token: text(&credentials["hubspot"]["accounts"][0]["private_app_token"]),
            key: text(&credentials["tentoeight"]["organizations"][0]["api_key"]),
            client: crate::http::client::client()?,
        });
        let mut tick = interval(Duration::from_secs_f64(1.0 / f64::from(self.rate)));
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut waiting = JoinSet::new();
        for (number, pair) in (0..).zip(pairs) {
            tick.tick().await;
            waiting.spawn(edit(looking.clone(), number, pair));
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

/// Nothing is known of 10to8's true limit but that one call a second is safe, which would dictate days; and both tell at once.
fn settings_of_sandbox() -> Value {
    json!({
        "tentoeight": {"limits": {"enabled": false}, "notifications": {"coalesce_ms": 0}},
        "hubspot": {"webhooks": {"batch_window_ms": 0}},
    })
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
async fn edit(scene: Arc<Looking>, number: u32, (left, right): (String, String)) -> Result<Duration> {
    let phone = format!("+4420{:08}", 10_000_000 + number);
    let at_left = number.is_multiple_of(2);
    let (provider, edit) = if at_left {
        ("hubspot", json!({"action": "update", "id": left, "properties": {"phone": phone}}))
    } else {
        ("tentoeight", json!({"action": "update", "resource_uri": right, "numbers": [phone]}))
    };
    let sent =
        scene.client.post(format!("{}/_sandbox/{provider}/edit", scene.base)).json(&edit).send().await?;
    sent.error_for_status()?;
    let watch = Stopwatch::start();
    let mut pause = Duration::from_millis(5);
    loop {
        let there = if at_left { scene.customer(&right).await? } else { scene.contact(&left).await? };
        if there.contains(&phone) {
            return Ok(watch.elapsed());
        }
        ensure!(watch.elapsed() < Duration::from_secs(30), "an edit at {provider} went nowhere within 30 s");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Looking at the providers past the hub.
struct Looking {
    base: String,
    token: String,
    key: String,
    client: reqwest::Client,
}

impl Looking {
    async fn contact(&self, id: &str) -> Result<String> {
        let url = format!("{}/hubspot/crm/v3/objects/contacts/{id}?properties=phone", self.base);
        Ok(self.client.get(url).bearer_auth(&self.token).send().await?.text().await?)
    }

    async fn customer(&self, uri: &str) -> Result<String> {
        let request = self.client.get(uri).header("Authorization", format!("token {}", self.key));
        Ok(request.send().await?.text().await?)
    }
}

impl Scene {
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
                    let pages = self.pages().await?;
                    return Ok(Ran { run, took, resident, calls, pages });
                }
                Some("waiting" | "running") => {}
                _ => bail!("the run failed: {run}"),
            }
        }
    }

    /// So many linked pairs, as their ids on the left and on the right.
    async fn pairs(&self, wanted: usize) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::with_capacity(wanted);
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/syncs/{}/links?limit=100{cursor}", segment(&self.sync));
            let page = self.hub.get(&path).await?;
            pairs.extend(page["data"].as_array().into_iter().flatten().filter_map(|link| {
                let id = |side: &str| link[side].as_str().map(str::to_owned);
                Some((id("left_id")?, id("right_id")?))
            }));
            if pairs.len() >= wanted {
                break;
            }
            let next = page["next_cursor"].as_str().context("too few links for so many edits")?;
            cursor = format!("&cursor={next}");
        }
        pairs.truncate(wanted);
        Ok(pairs)
    }

    /// What a run that should have found nothing to do wrote, with all that ever became of those records.
    async fn tell_written(&self, ran: &Ran) -> Result<()> {
        let path = format!("/v1/syncs/{}/history?limit=20", segment(&self.sync));
        let since = ran.run["created_at"].as_str().unwrap_or_default().to_owned();
        for entry in self.hub.get(&path).await?["data"].as_array().into_iter().flatten() {
            if entry["at"].as_str().is_none_or(|at| at < since.as_str()) {
                continue;
            }
            let Some(link) = entry["link_id"].as_str() else { continue };
            out::line(format!("  {entry}"));
            let past = self.hub.get(&format!("/v1/links/{}/history?limit=10", segment(link))).await?;
            for before in past["data"].as_array().into_iter().flatten().skip(1) {
                out::line(format!("    before: {before}"));
            }
        }
        Ok(())
    }

    /// How many pages the last load of the left side read.
    async fn pages(&self) -> Result<u64> {
        let loads = self.hub.get(&format!("/v1/connections/{}/runs", segment(&self.left))).await?;
        let id = loads["data"][0]["id"].as_str().context("a load")?;
        let load = self.hub.get(&format!("/v1/runs/{}", segment(id))).await?;
        Ok(load["lanes"].as_array().into_iter().flatten().filter_map(|lane| lane["pages"].as_u64()).sum())
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
