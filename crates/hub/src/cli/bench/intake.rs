//! `syncline bench intake`: what durability costs. One server, three routes, the same requests, in turn:
//! the bare route reads the body and answers; the checked route verifies the signature and looks through the body; the durable route does
//! that and commits to the log before it answers. Quote the ratios, not the figures.

use super::client::{Outcome, closed_loop};
use super::sample;
use crate::cli::out;
use crate::config::{self, Config, Flag, Sources};
use crate::http::server;
use crate::intake::body::Bodies;
use crate::intake::log::{IntakeLog, embedded};
use crate::intake::routes::{self, Intake as Door, Proofs};
use crate::wake::Wake;
use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use clap::Args;
use http::HeaderMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use syncline_core::time::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

const PUBLIC_URL: &str = "https://hooks.example.com";

/// Measure durable intake.
#[derive(Debug, Args)]
pub struct Intake {
    /// Connections at once (repeatable) [default: 64 and 256]
    #[arg(long, value_name = "N")]
    connections: Vec<usize>,
    /// Seconds for each route in each round
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds; the median is reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Directory for the log: on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = "syncline-bench")]
    dir: std::path::PathBuf,
}

/// The routes, and what stands beside them in the report.
const ROUTES: [(&str, &str); 3] = [
    ("/bare", "(a) reads the body, answers"),
    ("/nowhere/webhooks/hubspot/bench", "(b) signature and parsing, not durable"),
    ("/webhooks/hubspot/bench", "(c) durable: flushed to disk, then answered"),
];

impl Intake {
    pub(super) fn run(self) -> Result<ExitCode> {
        let connections = if self.connections.is_empty() { vec![64, 256] } else { self.connections.clone() };
        std::fs::create_dir_all(&self.dir)?;
        let serving = runtime("server")?;
        let loading = runtime("load")?;
        let address = serving.block_on(start(&self.dir))?;
        out::line(format!(
            "Signed deliveries of {} events, {} bytes; SQLite, synchronous=FULL; {} rounds of {} s; generator on the same cores",
            sample::EVENTS,
            sample::body(1, SystemClock.now()).len(),
            self.rounds,
            self.seconds,
        ));
        for count in connections {
            let rounds =
                (0..self.rounds).map(|_| self.round(&loading, address, count)).collect::<Result<Vec<_>>>()?;
            report(count, rounds);
        }
        let _ = std::fs::remove_dir_all(&self.dir);
        Ok(ExitCode::SUCCESS)
    }

    fn round(&self, loading: &Runtime, address: SocketAddr, connections: usize) -> Result<Vec<Outcome>> {
        let now = SystemClock.now();
        let host = address.to_string();
        ROUTES
            .iter()
            .map(|(path, _)| {
                let request =
                    |number| sample::request(&host, PUBLIC_URL, path, &sample::body(number, now), now);
                let requests =
                    (0..connections as u64).map(|c| (0..16).map(|n| request(c * 16 + n)).collect()).collect();
                loading.block_on(closed_loop(address, requests, Duration::from_secs(self.seconds)))
            })
            .collect()
    }
}

fn runtime(name: &str) -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build()?)
}

/// The hub's own server and door over three logs.
async fn start(dir: &Path) -> Result<SocketAddr> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = config(PUBLIC_URL)?;
    let file = dir.join("intake.db");
    let _ = std::fs::remove_file(&file);
    let read = Arc::new(AtomicI64::new(0));
    let append = embedded::start(
        &file,
        read,
        config.intake.queue,
        Arc::clone(&clock),
        Wake::default(),
        Arc::default(),
    )?;
    let durable = IntakeLog::grouped(append, config.intake.commit_timeout.get());
    let app = Router::new()
        .route("/bare", post(bare))
        .merge(door(PUBLIC_URL, &clock, durable)?)
        // A nested router sees the path without its prefix, so the prefix belongs to this door's public URL.
        .nest("/nowhere", door(&format!("{PUBLIC_URL}/nowhere"), &clock, IntakeLog::nowhere())?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let never = CancellationToken::new();
    tokio::spawn(server::serve(listener, app, never.clone(), never));
    Ok(address)
}

async fn bare(body: Body) -> &'static str {
    // What is read is not looked at.
    let _ = Bodies::new(8 << 20, Duration::from_secs(30)).read(&HeaderMap::new(), body, usize::MAX).await;
    ""
}

fn door(public_url: &str, clock: &Arc<dyn Clock>, log: IntakeLog) -> Result<Router> {
    let config = config(public_url)?;
    Ok(routes::router(Arc::new(Door::new(&config, Arc::clone(clock), Proofs::default(), log))))
}

fn config(public_url: &str) -> Result<Config> {
    let flags = vec![
        Flag::new("bench", "server.public_url", public_url),
        Flag::new("bench", "apps.bench.provider", "hubspot"),
        Flag::new("bench", "apps.bench.client_secret", sample::SECRET),
    ];
    // No file and no environment: the same figures wherever it runs.
    let sources = Sources { flags, here: std::env::temp_dir(), ..Sources::default() };
    Ok(config::load(&sources).context("the benchmark's own settings")?.config)
}

fn report(connections: usize, rounds: Vec<Vec<Outcome>>) {
    out::line(format!(
        "\n{connections} connections        requests/s   events/s     p50 ms   p99 ms   of (a)   of (b)"
    ));
    let mut by_route: Vec<Vec<Outcome>> = ROUTES.iter().map(|_| Vec::new()).collect();
    for round in rounds {
        for (route, outcome) in by_route.iter_mut().zip(round) {
            route.push(outcome);
        }
    }
    let rate = |outcomes: &[Outcome]| median(outcomes.iter().map(Outcome::rate).collect());
    let (bare, checked) = (rate(&by_route[0]), rate(&by_route[1]));
    for ((_, name), outcomes) in ROUTES.iter().zip(&mut by_route) {
        let refused: u64 = outcomes.iter().map(|outcome| outcome.refused).sum();
        let own = rate(outcomes);
        let p50 = median(outcomes.iter_mut().map(|outcome| outcome.percentile(0.5)).collect());
        let p99 = median(outcomes.iter_mut().map(|outcome| outcome.percentile(0.99)).collect());
        out::line(format!(
            "{name:<45} {own:>8.0} {:>10.0} {p50:>9.2} {p99:>8.2} {:>7.0}% {:>7.0}%{}",
            own * sample::EVENTS as f64,
            100.0 * own / bare,
            100.0 * own / checked,
            if refused > 0 { format!("   {refused} REFUSED") } else { String::new() },
        ));
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
