//! `syncline bench events`: the whole way, accepted to queryable. A hub of its own process, deliveries at a steady rate, and
//! every second a look at how far storing is behind and how much memory the hub holds.

use super::client::Connection;
use super::sample;
use crate::api::local_key;
use crate::cli::out;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

const PUBLIC_URL: &str = "https://hooks.example.com";
const PATH: &str = "/webhooks/hubspot/bench";

/// Measure the whole way.
#[derive(Debug, Args)]
pub struct WholeWay {
    /// Events per second to send
    #[arg(long, default_value_t = 25_000)]
    rate: u64,
    /// Seconds to keep it up
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Connections to send over
    #[arg(long, default_value_t = 32)]
    connections: u64,
    /// The database: sqlite, or the URL of an empty PostgreSQL or MySQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Directory for SQLite's files: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: PathBuf,
}

/// One look.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    accepted: u64,
    stored: u64,
    lag_deliveries: u64,
    lag_seconds: f64,
    resident_mib: u64,
}

impl WholeWay {
    pub(super) fn run(self) -> Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        std::fs::create_dir_all(&self.dir)?;
        let outcome = runtime.block_on(self.measure());
        let _ = std::fs::remove_dir_all(&self.dir);
        outcome
    }

    async fn measure(&self) -> Result<ExitCode> {
        let address = free_address()?;
        let mut hub = Hub::start(address, &self.dir, &self.database)?;
        hub.wait_until_ready().await?;
        out::line(format!(
            "{} events/s in deliveries of {} for {} s, into {}; generator on the same cores\n",
            self.rate,
            sample::EVENTS,
            self.seconds,
            if self.database == "sqlite" { "SQLite" } else { "a server" },
        ));
        out::line("   s   accepted/s   stored/s   behind (deliveries)   behind (s)   resident MiB");
        let accepted = Arc::new(AtomicU64::new(0));
        let mut senders = self.send(address, &accepted);
        let looks = self.watch(&mut hub, &accepted).await?;
        while let Some(sender) = senders.join_next().await {
            sender??;
        }
        let drained = self.drain(&mut hub, &accepted).await?;
        self.report(&looks, &accepted, drained);
        Ok(ExitCode::SUCCESS)
    }

    /// Every connection sends its share at its own steady pace; a late answer delays the next delivery of that connection only.
    fn send(&self, address: SocketAddr, accepted: &Arc<AtomicU64>) -> JoinSet<Result<()>> {
        let every =
            Duration::from_secs_f64((sample::EVENTS as u64 * self.connections) as f64 / self.rate as f64);
        let (start, end) = (Instant::now(), Instant::now() + Duration::from_secs(self.seconds));
        let mut senders = JoinSet::new();
        for number in 0..self.connections {
            let accepted = Arc::clone(accepted);
            let step = self.connections;
            senders.spawn(async move {
                let mut connection = Connection::open(address).await?;
                let host = address.to_string();
                let offset = every.mul_f64(number as f64 / step as f64);
                let mut delivery = number;
                let mut due = start + offset;
                while due < end {
                    sleep_until(due).await;
                    let now = SystemClock.now();
                    let body = sample::body(delivery, now);
                    let status =
                        connection.exchange(&sample::request(&host, PUBLIC_URL, PATH, &body, now)).await?;
                    ensure!(status == 200, "the hub answered {status}");
                    accepted.fetch_add(sample::EVENTS as u64, Ordering::Relaxed);
                    delivery += step;
                    due += every;
                }
                Ok(())
            });
        }
        senders
    }

    async fn watch(&self, hub: &mut Hub, accepted: &AtomicU64) -> Result<Vec<Look>> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        second.tick().await;
        let mut looks: Vec<Look> = Vec::new();
        for number in 1..=self.seconds {
            second.tick().await;
            let look = hub.look(accepted.load(Ordering::Relaxed)).await?;
            let before = looks.last().copied().unwrap_or_default();
            if number % 5 == 0 {
                out::line(format!(
                    "{number:>4} {:>12} {:>10} {:>21} {:>12.2} {:>14}",
                    look.accepted - before.accepted,
                    look.stored - before.stored,
                    look.lag_deliveries,
                    look.lag_seconds,
                    look.resident_mib
                ));
            }
            looks.push(look);
        }
        Ok(looks)
    }

    /// Waits until all that was accepted is stored; answers how long that took.
    async fn drain(&self, hub: &mut Hub, accepted: &AtomicU64) -> Result<Duration> {
        let watch = Stopwatch::start();
        let wanted = accepted.load(Ordering::Relaxed);
        loop {
            let look = hub.look(wanted).await?;
            if look.stored >= wanted {
                ensure!(look.stored == wanted, "{} events stored, {wanted} accepted", look.stored);
                return Ok(watch.elapsed());
            }
            ensure!(watch.elapsed() < Duration::from_secs(120), "{} of {wanted} stored", look.stored);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn report(&self, looks: &[Look], accepted: &AtomicU64, drained: Duration) {
        let total = accepted.load(Ordering::Relaxed);
        let worst = looks.iter().map(|look| look.lag_seconds).fold(0.0, f64::max);
        let third = looks.len() / 3;
        let mean =
            |part: &[Look]| part.iter().map(|look| look.resident_mib).sum::<u64>() / part.len().max(1) as u64;
        let (early, late) = (mean(&looks[third..2 * third]), mean(&looks[2 * third..]));
        out::line(format!(
            "\n{total} events accepted and all of them stored, {:.0} a second; never more than {worst:.2} s behind, the last \
             ones after {:.2} s.\nResident memory: {early} MiB on average in the middle third, {late} MiB in the last, \
             {} MiB at most.",
            total as f64 / self.seconds as f64,
            drained.as_secs_f64(),
            looks.iter().map(|look| look.resident_mib).max().unwrap_or(0),
        ));
    }
}

/// A hub in a process of its own.
struct Hub {
    process: Child,
    base: String,
    data_dir: PathBuf,
    client: reqwest::Client,
}

impl Hub {
    fn start(address: SocketAddr, dir: &Path, database: &str) -> Result<Self> {
        let settings = [
            format!("data_dir={}", dir.display()),
            format!("database.url={database}"),
            format!("server.public_url={PUBLIC_URL}"),
            "apps.bench.provider=hubspot".to_owned(),
            format!("apps.bench.client_secret={}", sample::SECRET),
            "log.level=warn".to_owned(),
        ];
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--listen", &address.to_string()]);
        for setting in &settings {
            command.args(["--set", setting]);
        }
        let process = command.stderr(std::process::Stdio::null()).spawn().context("starting the hub")?;
        let client = crate::http::client::client()?;
        Ok(Self { process, base: format!("http://{address}"), data_dir: dir.to_owned(), client })
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        for _ in 0..200 {
            if let Some(status) = self.process.try_wait()? {
                bail!("the hub ended: {status}");
            }
            let answer = self.client.get(format!("{}/readyz", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the hub does not get ready; is the database there?")
    }

    async fn look(&mut self, accepted: u64) -> Result<Look> {
        let key = std::fs::read_to_string(local_key::path(&self.data_dir))?;
        let request = self.client.get(format!("{}/v1/status", self.base)).bearer_auth(key.trim());
        let status: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(Look {
            accepted,
            stored: status["events"]["stored"].as_u64().unwrap_or(0),
            lag_deliveries: status["log"]["waiting_deliveries"].as_u64().unwrap_or(0),
            lag_seconds: status["log"]["oldest_waiting_seconds"].as_f64().unwrap_or(0.0),
            resident_mib: super::resident_mib(self.process.id()),
        })
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
