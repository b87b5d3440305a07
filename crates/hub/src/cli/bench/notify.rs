//! `syncline bench notify`: messages published over the API, durable, delivered and settled. The hub is a process of its own; the
//! publishers and the receiver share the machine's cores with it.

use super::client::{Connection, Outcome};
use super::cpu;
use super::hub::{Hub, Setting};
use super::sink::{SENT, Sink};
use crate::cli::out;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Measure notifying.
#[derive(Debug, Args)]
pub struct Notify {
    /// Seconds for each part
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Bytes of a payload
    #[arg(long, default_value_t = 520)]
    payload: usize,
    /// Messages in the backlog that is drained
    #[arg(long, default_value_t = 20_000)]
    backlog: u64,
    /// The database: sqlite, or the URL of an empty PostgreSQL or MySQL database
    #[arg(long, default_value = "sqlite")]
    database: String,
    /// Directory for SQLite's files: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: PathBuf,
}

/// How messages are published.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Every publisher sends the next when the one before is answered, for so long.
    Closed(Duration),
    /// The same, until there are so many.
    Until(u64),
    /// So many a second, for so long.
    Paced(u64, Duration),
}

/// A hub with a receiver.
struct Stage {
    hub: Hub,
    sink: Sink,
    clock: Stopwatch,
    payload: usize,
    /// The name of the database server's processes.
    server: Option<&'static str>,
}

impl Notify {
    pub(super) fn run(self) -> Result<ExitCode> {
        let _ = std::fs::remove_dir_all(&self.dir);
        std::fs::create_dir_all(&self.dir)?;
        let outcome = crate::cli::runtime()?.block_on(self.measure());
        let _ = std::fs::remove_dir_all(&self.dir);
        outcome
    }

    async fn measure(&self) -> Result<ExitCode> {
        let settings: Vec<Setting> = vec![
            ("SYNCLINE_NOTIFY__ALLOW", "127.0.0.0/8".to_owned()),
            ("SYNCLINE_NOTIFY__PLAIN_HTTP", "true".to_owned()),
        ];
        let hub = Hub::start(&self.dir, &self.database, &settings).await?;
        let clock = Stopwatch::start();
        let sink = Sink::start(clock).await?;
        let server = cpu::server(&self.database);
        let stage = Stage { hub, sink, clock, payload: self.payload, server };
        let span = Duration::from_secs(self.seconds);
        out::line(
            "                        delivered/s   published/s   p50 ms   p99 ms   CPU ms each   hub MiB",
        );
        for publishers in [16, 64] {
            stage.part(&format!("{publishers} publishers"), publishers, 1, Pace::Closed(span)).await?;
        }
        stage.part("16, fan-out 10", 16, 10, Pace::Closed(span)).await?;
        stage.part("100 a second", 4, 1, Pace::Paced(100, span)).await?;
        stage.drain(self.backlog).await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Stage {
    /// One part: endpoints, publishers, and the wait until everything is settled.
    async fn part(&self, name: &str, publishers: u64, endpoints: u64, pace: Pace) -> Result<()> {
        let made = self.endpoints(endpoints).await?;
        let (before, cpu) = (self.sink.received(), self.cpu());
        let watch = Stopwatch::start();
        let outcome = self.publish(publishers, pace).await?;
        ensure!(outcome.refused == 0, "{} messages were refused", outcome.refused);
        self.settled(&made, before + outcome.accepted * endpoints).await?;
        let took = watch.elapsed();
        let deliveries = outcome.accepted * endpoints;
        let mut way = Outcome { latencies: self.sink.take_latencies(), ..Outcome::default() };
        out::line(format!(
            "{name:<22} {:>12.0} {:>13.0} {:>8.1} {:>8.1} {:>13.3} {:>9}",
            deliveries as f64 / took.as_secs_f64(),
            outcome.rate(),
            way.percentile(0.50),
            way.percentile(0.99),
            (self.cpu() - cpu) / deliveries.max(1) as f64,
            super::resident_mib(self.hub.id()),
        ));
        self.end(&made).await
    }

    /// Messages pile up while the receiver holds its answers back; then it answers at once.
    async fn drain(&self, backlog: u64) -> Result<()> {
        let made = self.endpoints(1).await?;
        let before = self.sink.received();
        self.sink.set_open(false);
        let outcome = self.publish(32, Pace::Until(backlog)).await?;
        ensure!(outcome.refused == 0, "{} messages were refused", outcome.refused);
        let cpu = self.cpu();
        let watch = Stopwatch::start();
        self.sink.set_open(true);
        self.settled(&made, before + outcome.accepted).await?;
        let took = watch.elapsed();
        out::line(format!(
            "{:<22} {:>12.0} {:>54.3}",
            format!("a backlog of {}", outcome.accepted),
            outcome.accepted as f64 / took.as_secs_f64(),
            (self.cpu() - cpu) / outcome.accepted.max(1) as f64,
        ));
        self.sink.take_latencies();
        self.end(&made).await
    }

    async fn endpoints(&self, count: u64) -> Result<Vec<String>> {
        let mut made = Vec::new();
        for number in 0..count {
            let url = format!("http://{}/{number}", self.sink.address);
            let endpoint = self.hub.post("/v1/endpoints", json!({"org_id": "bench", "url": url})).await?;
            made.push(endpoint["id"].as_str().context("no endpoint was made")?.to_owned());
        }
        // The first message finds the engine knowing them.
        let before = self.sink.received();
        self.hub.post("/v1/messages", json!({"org_id": "bench", "type": "warm.up", "payload": {}})).await?;
        self.settled(&made, before + count).await?;
        self.sink.take_latencies();
        Ok(made)
    }

    async fn end(&self, made: &[String]) -> Result<()> {
        for id in made {
            self.hub.delete(&format!("/v1/endpoints/{}", segment(id))).await?;
        }
        Ok(())
    }

    /// Waits until so much was received and nothing waits.
    async fn settled(&self, made: &[String], received: u64) -> Result<()> {
        let watch = Stopwatch::start();
        loop {
            if self.sink.received() >= received {
                let mut waiting = 0;
                for id in made {
                    let endpoint = self.hub.get(&format!("/v1/endpoints/{}", segment(id))).await?;
                    waiting +=
                        endpoint["waiting"]["deliveries"].as_u64().context("no count of what waits")?;
                }
                if waiting == 0 {
                    return Ok(());
                }
            }
            ensure!(
                watch.elapsed() < Duration::from_secs(120),
                "{} of {received} received",
                self.sink.received()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn publish(&self, publishers: u64, pace: Pace) -> Result<Outcome> {
        let address = self.hub.address()?;
        let left = Arc::new(AtomicU64::new(match pace {
            Pace::Until(count) => count,
            Pace::Closed(_) | Pace::Paced(..) => u64::MAX,
        }));
        let mut tasks = JoinSet::new();
        for number in 0..publishers {
            let request = Request { clock: self.clock, payload: self.payload, head: self.hub.head(address) };
            tasks.spawn(publisher(address, request, pace, (number, publishers), Arc::clone(&left)));
        }
        let mut all = Outcome::default();
        while let Some(one) = tasks.join_next().await {
            all.add(one??);
        }
        Ok(all)
    }

    /// Milliseconds of processor time of the hub and, if its server is on this machine, of the database.
    fn cpu(&self) -> f64 {
        cpu::of(self.hub.id()) + self.server.map_or(0.0, cpu::of_all)
    }
}

/// Requests that say when they were sent.
struct Request {
    clock: Stopwatch,
    payload: usize,
    head: String,
}

impl Request {
    fn now(&self) -> Vec<u8> {
        let sent =
            format!("{{{}{},\"text\":\"", String::from_utf8_lossy(SENT), self.clock.elapsed().as_micros());
        let fill = self.payload.saturating_sub(sent.len() + 2);
        let payload = format!("{sent}{}\"}}", "x".repeat(fill));
        let body = format!("{{\"org_id\":\"bench\",\"type\":\"invoice.paid\",\"payload\":{payload}}}");
        format!("{}Content-Length: {}\r\n\r\n{body}", self.head, body.len()).into_bytes()
    }
}

async fn publisher(
    address: SocketAddr,
    request: Request,
    pace: Pace,
    (number, publishers): (u64, u64),
    left: Arc<AtomicU64>,
) -> Result<Outcome> {
    let mut connection = Connection::open(address).await?;
    let mut outcome = Outcome::default();
    let whole = Stopwatch::start();
    let (span, mut ticks) = match pace {
        Pace::Closed(span) => (span, None),
        Pace::Until(_) => (Duration::MAX, None),
        Pace::Paced(rate, span) => {
            let every = Duration::from_secs_f64(publishers as f64 / rate.max(1) as f64);
            tokio::time::sleep(every.mul_f64(number as f64 / publishers as f64)).await;
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            (span, Some(ticks))
        }
    };
    while whole.elapsed() < span {
        let take = |left: u64| left.checked_sub(1);
        if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            break;
        }
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let watch = Stopwatch::start();
        let status = connection.exchange(&request.now()).await?;
        outcome.latencies.push(u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX));
        if (200..300).contains(&status) { outcome.accepted += 1 } else { outcome.refused += 1 }
    }
    outcome.took = whole.elapsed();
    Ok(outcome)
}
