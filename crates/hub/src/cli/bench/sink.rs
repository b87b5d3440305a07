//! A receiver that costs little: it answers 204 to everything, and notes how long a message was on its way.

use crate::telemetry::Stopwatch;
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a message carries to say when it was published: microseconds on the benchmark's own clock.
pub(super) const SENT: &[u8] = b"\"sent\":";

struct Inner {
    clock: Stopwatch,
    received: AtomicU64,
    latencies: Mutex<Vec<u32>>,
    open: watch::Receiver<bool>,
}

/// The receiver. Its gate holds answers back while it is closed.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    gate: watch::Sender<bool>,
}

impl Sink {
    pub(super) async fn start(clock: Stopwatch) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (gate, open) = watch::channel(true);
        let inner = Arc::new(Inner { clock, received: AtomicU64::new(0), latencies: Mutex::default(), open });
        let mine = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mine = Arc::clone(&mine);
                tokio::spawn(async move {
                    // A sender that hangs up has ended.
                    let _ = serve(stream, &mine).await;
                });
            }
        });
        Ok(Self { address, inner, gate })
    }

    /// Opens the gate, or closes it.
    pub(super) fn set_open(&self, open: bool) {
        self.gate.send_replace(open);
    }

    pub(super) fn received(&self) -> u64 {
        self.inner.received.load(Ordering::Relaxed)
    }

    /// The latencies since the last time, in microseconds.
    pub(super) fn take_latencies(&self) -> Vec<u32> {
        std::mem::take(&mut *self.inner.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(mut stream: TcpStream, inner: &Inner) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut open = inner.open.clone();
    let mut buffer = Vec::with_capacity(4_096);
    loop {
        let Some((start, end)) = whole(&buffer) else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        if let Some(sent) = sent(&buffer[start..end]) {
            let now = u64::try_from(inner.clock.elapsed().as_micros()).unwrap_or(u64::MAX);
            let latency = u32::try_from(now.saturating_sub(sent)).unwrap_or(u32::MAX);
            inner.latencies.lock().unwrap_or_else(PoisonError::into_inner).push(latency);
        }
        inner.received.fetch_add(1, Ordering::Relaxed);
        buffer.drain(..end);
        open.wait_for(|open| *open).await?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}

/// Where the body of a whole request begins and ends.
fn whole(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|at| at == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Some(0), |(_, value)| value.trim().parse::<usize>().ok())?;
    let start = head + 4;
    (bytes.len() >= start + length).then_some((start, start + length))
}

fn sent(body: &[u8]) -> Option<u64> {
    let at = body.windows(SENT.len()).position(|at| at == SENT)? + SENT.len();
    let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit());
    std::str::from_utf8(&body[at..at + digits.count()]).ok()?.parse().ok()
}
