//! The record of requests: what came in, what went out, how it ended. Bounded in number and in bytes.

use bytes::Bytes;
use http::HeaderMap;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many requests are kept.
const KEPT: usize = 20_000;
/// How many bytes of bodies are kept in all.
const KEPT_BYTES: usize = 64 << 20;
/// How much of one body is kept.
const BODY: usize = 64 << 10;

/// Who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// A client called the vendor.
    In,
    /// The vendor called a client: a webhook.
    Out,
}

/// One request and its answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Exchange {
    /// Counts from 1, in the order in which the requests ended.
    pub(crate) seq: u64,
    /// When it began, simulated milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Whose wire.
    pub(crate) provider: &'static str,
    /// Who called.
    pub(crate) direction: Direction,
    /// `GET`.
    pub(crate) method: String,
    /// Path and query as the vendor's host would see them; for webhooks the whole URL.
    pub(crate) path: String,
    /// The request's headers, credentials shortened.
    pub(crate) headers: Vec<(String, String)>,
    /// The beginning of the request's body.
    #[serde(serialize_with = "as_text")]
    pub(crate) body: Bytes,
    /// The answer's status; none when no answer came or was sent.
    pub(crate) status: Option<u16>,
    /// The beginning of the answer's body.
    #[serde(serialize_with = "as_text")]
    pub(crate) answer: Bytes,
    /// How long it took, in real microseconds.
    pub(crate) micros: u64,
    /// What the sandbox did to it on purpose, or why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Exchange {
    fn weight(&self) -> usize {
        // What the headers and the path take is small and much the same for all.
        self.body.len() + self.answer.len() + 512
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_text<S: serde::Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// The last requests.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    bytes: usize,
    exchanges: VecDeque<Exchange>,
}

/// Which requests to show.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    provider: Option<String>,
    direction: Option<Direction>,
    method: Option<String>,
    /// Part of the path.
    path: Option<String>,
    /// Only what ended after this sequence number.
    after: Option<u64>,
    /// At most so many (default 100), the newest ones, oldest first.
    limit: Option<usize>,
}

impl Requests {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Notes one; gives it its number.
    pub(crate) fn note(&self, mut exchange: Exchange) {
        exchange.body = beginning(&exchange.body);
        exchange.answer = beginning(&exchange.answer);
        let mut kept = self.0.lock();
        kept.last += 1;
        exchange.seq = kept.last;
        kept.bytes += exchange.weight();
        kept.exchanges.push_back(exchange);
        while kept.exchanges.len() > KEPT || kept.bytes > KEPT_BYTES {
            let Some(oldest) = kept.exchanges.pop_front() else { break };
            kept.bytes -= oldest.weight();
        }
    }

    /// The newest that `filter` lets through, oldest first.
    pub(crate) fn find(&self, filter: &Filter) -> Vec<Exchange> {
        let kept = self.0.lock();
        let mut found: Vec<Exchange> = kept
            .exchanges
            .iter()
            .rev()
            .take_while(|exchange| filter.after.is_none_or(|after| exchange.seq > after))
            .filter(|exchange| filter.lets_through(exchange))
            .take(filter.limit.unwrap_or(100))
            .cloned()
            .collect();
        found.reverse();
        found
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        let mut kept = self.0.lock();
        kept.bytes = 0;
        kept.exchanges.clear();
    }
}

impl Filter {
    /// The newest `limit`, whatever they are.
    pub(crate) fn newest(limit: usize) -> Self {
        Self { limit: Some(limit), ..Self::default() }
    }

    fn lets_through(&self, exchange: &Exchange) -> bool {
        self.provider.as_deref().is_none_or(|provider| provider == exchange.provider)
            && self.direction.is_none_or(|direction| direction == exchange.direction)
            && self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(&exchange.method))
            && self.path.as_deref().is_none_or(|path| exchange.path.contains(path))
    }
}

/// A body that is kept must not keep a larger one alive.
fn beginning(body: &Bytes) -> Bytes {
    if body.len() <= BODY { body.clone() } else { Bytes::copy_from_slice(&body[..BODY]) }
}

/// The headers worth keeping. Credentials are shortened: somebody may have pointed real ones at the sandbox.
pub(crate) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let shown = if name == http::header::AUTHORIZATION || name == http::header::COOKIE {
                text.chars().take(16).chain("…".chars()).collect()
            } else {
                text.into_owned()
            };
            (name.as_str().to_owned(), shown)
        })
        .collect()
}
