//! `syncline bench counters`: changes a second that are accepted durably, against what the disk and the server alone allow; and with
//! `--proof`, many keys changed by many clients while things go wrong: calls made, against keys changed and changes made, and whether every
//! property is right in the end; with `--reconcile`, what a comparison of many keys costs.

use super::client::{Connection, Outcome, closed_loop};
use super::counters_proof::{Proof, Scale};
use super::counters_reconcile::Comparison;
use super::counters_scene::Scene;
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::task::JoinSet;

/// Measure counters.
#[derive(Debug, Args)]
pub struct Counters {
    /// Seconds for each part
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Keys
    #[arg(long, default_value_t = 10_000)]
    keys: u64,
    /// Where the numbers live: database, or the URL of an empty Redis database (redis://host/1)
    #[arg(long, default_value = "database")]
    store: String,
    /// The database: sqlite, or the URL of an empty PostgreSQL or MySQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Instead: change all keys through a simulated HubSpot with faults, and look whether every property is right
    #[arg(long)]
    proof: bool,
    /// Changes in the proof
    #[arg(long, default_value_t = 100_000)]
    changes: u64,
    /// How often the hub is killed in the proof
    #[arg(long, default_value_t = 2)]
    kills: u64,
    /// With --proof and a Redis: the command that restarts it without persistence, half way; what it forgot is repaired in the end
    #[arg(long, value_name = "COMMAND", requires = "proof")]
    restart: Option<String>,
    /// Instead: make one key of 33 drift, in each of the three places, and compare all of them: calls made, against the fewest
    #[arg(long, conflicts_with = "proof")]
    reconcile: bool,
    /// Directory for SQLite's files: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: PathBuf,
}

impl Counters {
    pub(super) fn run(self) -> Result<ExitCode> {
        let _ = std::fs::remove_dir_all(&self.dir);
        std::fs::create_dir_all(&self.dir)?;
        let outcome = crate::cli::runtime()?.block_on(self.measure());
        let _ = std::fs::remove_dir_all(&self.dir);
        outcome
    }

    async fn measure(&self) -> Result<ExitCode> {
        let store = Some(self.store.as_str()).filter(|store| *store != "database");
        if self.proof {
            let scale = Scale {
                keys: self.keys,
                changes: self.changes,
                kills: self.kills,
                restart: self.restart.clone(),
            };
            return Box::pin(Proof::run(&self.dir, &self.database, store, scale)).await;
        }
        if self.reconcile {
            return Box::pin(Comparison::run(&self.dir, &self.database, self.keys)).await;
        }
        let flushes = flushes(&self.dir, Duration::from_secs(self.seconds.min(3)))?;
        let scene = Scene::start(&self.dir, &self.database, store, json!({})).await?;
        // Counted is what is measured; a push costs the same whether one change caused it or a thousand.
        scene.hub.post(&format!("/v1/counters/{}/pause", segment(&scene.counter)), json!({})).await?;
        out::line(format!(
            "{} keys, numbers in {}; this disk alone: {flushes:.0} flushes/s, one after the other",
            self.keys,
            if store.is_some() { "Redis" } else { &self.database },
        ));
        out::line(
            "                              changes/s   p50 ms   p99 ms   of the bare server   per flush",
        );
        let span = Duration::from_secs(self.seconds);
        for clients in [1, 16, 64] {
            let bare = bare(&scene, clients, span).await?;
            for keyed in [false, true] {
                let mut made = self.changes_of(&scene, clients, (1, keyed), span).await?;
                let name = format!("{clients} clients{}", if keyed { ", idempotent" } else { "" });
                tell(&name, &mut made, 1, bare, flushes);
            }
        }
        let bare = bare(&scene, 16, span).await?;
        let mut made = self.changes_of(&scene, 16, (100, false), span).await?;
        tell("16 clients, 100 in each", &mut made, 100, bare, flushes);
        Ok(ExitCode::SUCCESS)
    }

    /// Clients that send the next request when the one before is answered; each request has so many changes.
    async fn changes_of(
        &self,
        scene: &Scene,
        clients: u64,
        (each, keyed): (u64, bool),
        span: Duration,
    ) -> Result<Outcome> {
        let address = scene.hub.address()?;
        let mut tasks = JoinSet::new();
        for number in 0..clients {
            let writer = Writer {
                head: scene.hub.head_of(address, &format!("/v1/counters/{}", segment(&scene.counter))),
                keys: self.keys,
                each,
                idempotency: keyed.then(|| format!("{}-{number}", scene.nonce())),
                at: number * 7_919,
            };
            tasks.spawn(writer.write(address, span));
        }
        let mut all = Outcome::default();
        while let Some(one) = tasks.join_next().await {
            all.add(one??);
        }
        ensure!(all.refused == 0, "{} requests were refused", all.refused);
        Ok(all)
    }
}

/// One client.
struct Writer {
    head: [String; 2],
    keys: u64,
    each: u64,
    idempotency: Option<String>,
    at: u64,
}

impl Writer {
    async fn write(mut self, address: std::net::SocketAddr, span: Duration) -> Result<Outcome> {
        let mut connection = Connection::open(address).await?;
        let (mut outcome, whole) = (Outcome::default(), Stopwatch::start());
        while whole.elapsed() < span {
            let request = self.next();
            let watch = Stopwatch::start();
            let status = connection.exchange(request.as_bytes()).await?;
            outcome.latencies.push(u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX));
            if (200..300).contains(&status) { outcome.accepted += 1 } else { outcome.refused += 1 }
        }
        outcome.took = whole.elapsed();
        Ok(outcome)
    }

    fn key(&mut self) -> u64 {
        // A step that has no divisor in common with any round number of keys visits all of them.
        self.at = self.at.wrapping_add(1_000_003);
        1 + self.at % self.keys
    }

    fn next(&mut self) -> String {
        let once = self.idempotency.clone();
        let once = once.map(|key| format!("Idempotency-Key: {key}-{}\r\n", self.at)).unwrap_or_default();
        let [before, behind] = self.head.clone();
        let (path, body) = if self.each == 1 {
            (format!("/values/{}/increment", self.key()), String::new())
        } else {
            let change = |key: u64| format!("{{\"key\":\"{key}\",\"op\":\"increment\"}}");
            let all: Vec<String> = (0..self.each).map(|_| change(self.key())).collect();
            ("/changes".to_owned(), format!("{{\"changes\":[{}]}}", all.join(",")))
        };
        format!("{before}{path}{behind}{once}Content-Length: {}\r\n\r\n{body}", body.len())
    }
}

/// What the same server answers without counting.
async fn bare(scene: &Scene, clients: u64, span: Duration) -> Result<f64> {
    let address = scene.hub.address()?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes();
    let requests = vec![vec![request]; usize::try_from(clients)?];
    Ok(closed_loop(address, requests, span).await?.rate())
}

fn tell(name: &str, made: &mut Outcome, each: u64, bare: f64, flushes: f64) {
    let changes = made.rate() * each as f64;
    out::line(format!(
        "{name:<28} {changes:>10.0} {:>8.2} {:>8.2} {:>19.0}% {:>11.1}",
        made.percentile(0.50),
        made.percentile(0.99),
        100.0 * made.rate() / bare.max(f64::EPSILON),
        changes / flushes.max(f64::EPSILON),
    ));
}

/// How often a page can be written and flushed to this disk, one after the other: what one client at a time cannot exceed.
fn flushes(dir: &Path, span: Duration) -> Result<f64> {
    let path = dir.join("flushes");
    let mut file = std::fs::File::create(&path).context("a file to flush")?;
    let (watch, mut count) = (Stopwatch::start(), 0_u64);
    while watch.elapsed() < span {
        file.rewind()?;
        file.write_all(&[u8::try_from(count % 251).unwrap_or(0); 4_096])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = count as f64 / watch.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
