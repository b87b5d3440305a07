//! A load generator that costs little beside what it loads: one keep-alive connection per task, requests as ready bytes.

use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4_096) })
    }

    /// Sends a request and reads the whole answer; answers its status.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not HTTP.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(status) = whole_answer(&self.buffer)? {
                return Ok(status);
            }
        }
    }
}

/// The status, once head and body are there.
fn whole_answer(bytes: &[u8]) -> Result<Option<u16>> {
    let Some(head_end) = bytes.windows(4).position(|at| at == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..head_end])?;
    let status = head.get(9..12).context("no status line")?.parse()?;
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())?;
    Ok((bytes.len() >= head_end + 4 + length).then_some(status))
}

/// What a run of requests came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Answers with a 2xx.
    pub accepted: u64,
    /// Other answers.
    pub refused: u64,
    /// From first to last.
    pub took: Duration,
    /// Latencies in microseconds.
    pub latencies: Vec<u32>,
}

impl Outcome {
    /// Accepted requests per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }

    /// A latency that `share` of the requests did not exceed, in milliseconds.
    #[must_use]
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.latencies.sort_unstable();
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies.get(at).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }

    /// Adds what another connection came to.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.took = self.took.max(other.took);
        self.latencies.extend(other.latencies);
    }
}

/// As fast as the answers come: every connection sends its requests in turn, one at a time, for `span`.
///
/// # Errors
/// When a connection cannot be opened or breaks.
pub async fn closed_loop(
    address: SocketAddr,
    requests: Vec<Vec<Vec<u8>>>,
    span: Duration,
) -> Result<Outcome> {
    let mut tasks = tokio::task::JoinSet::new();
    for mine in requests {
        let mut connection = Connection::open(address).await?;
        tasks.spawn(async move {
            let mut outcome = Outcome::default();
            let whole = Stopwatch::start();
            for request in mine.iter().cycle() {
                if whole.elapsed() >= span {
                    break;
                }
                let watch = Stopwatch::start();
                let status = connection.exchange(request).await?;
                outcome.latencies.push(u32::try_from(watch.elapsed().as_micros()).unwrap_or(u32::MAX));
                if (200..300).contains(&status) { outcome.accepted += 1 } else { outcome.refused += 1 }
            }
            outcome.took = whole.elapsed();
            Ok::<_, anyhow::Error>(outcome)
        });
    }
    let mut all = Outcome::default();
    while let Some(one) = tasks.join_next().await {
        all.add(one??);
    }
    Ok(all)
}
