//! One attempt: one request, one answer, one time limit over all of it. The only place that calls URLs which somebody entered.
//!
//! Of the answer's body no more is read than is kept; then the connection is dropped with the rest. The limit runs from looking the name
//! up to the last byte read, so neither a receiver that drips nor one that never begins holds anything longer. What came of
//! the answer before that is kept, and a status that is no success counts.

use super::guard::{Blocked, Guard, Names};
use crate::http::client;
use crate::telemetry::Stopwatch;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::address;
use syncline_core::notify::answer::{Answer, retry_after};
use syncline_core::notify::target::{self, Policy};
use syncline_core::time::Clock;
use url::{Host, Url};

/// The most of an answer's headers that is kept, in bytes of their text.
const KEPT_HEADERS: usize = 4_096;

type Request = (Method, HeaderMap, Bytes);

/// Sends to endpoints.
pub struct Courier {
    client: reqwest::Client,
    policy: Policy,
    timeout: Duration,
    kept: usize,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Courier")
    }
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// As far as it decides what happens next.
    pub answer: Answer,
    /// How long it took.
    pub latency: Duration,
    /// The answer's headers, a JSON object.
    pub headers: Option<String>,
    /// The beginning of the answer's body.
    pub body: Option<String>,
    /// What went wrong, for people; none when the status says it all.
    pub error: Option<String>,
}

impl Exchange {
    /// An attempt that could not be made.
    #[must_use]
    pub fn impossible(why: impl Into<String>) -> Self {
        let (headers, body) = (None, None);
        Self { answer: Answer::Failed, latency: Duration::ZERO, headers, body, error: Some(why.into()) }
    }
}

impl Courier {
    /// Resolves with `names`, calls what `policy` lets through, takes at most `timeout` for everything, and reads `kept` bytes
    /// of a body.
    ///
    /// # Errors
    /// When the machine has no usable TLS set-up.
    pub fn new(
        names: Arc<dyn Names>,
        policy: Policy,
        timeout: Duration,
        kept: usize,
        clock: Arc<dyn Clock>,
    ) -> reqwest::Result<Self> {
        let client = client::guarded(Arc::new(Guard::new(names, &policy.networks)))?;
        Ok(Self { client, policy, timeout, kept, clock })
    }

    /// Posts a JSON body once.
    pub async fn send(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Exchange {
        self.call(url, (Method::POST, headers, body)).await
    }

    /// Reads what is at a URL once.
    pub async fn read(&self, url: &Url, headers: HeaderMap) -> Exchange {
        self.call(url, (Method::GET, headers, Bytes::new())).await
    }

    async fn call(&self, url: &Url, request: Request) -> Exchange {
        let watch = Stopwatch::start();
        // Outside of what is timed: what came before the limit was said.
        let mut got = Got::default();
        let (in_time, error) = match self.refused(url) {
            Some(why) => (true, Some(why)),
            None => match tokio::time::timeout(self.timeout, self.exchange(url, request, &mut got)).await {
                Ok(ended) => (true, ended.err()),
                Err(_) => (false, Some(format!("no whole answer within {} s", self.timeout.as_secs_f64()))),
            },
        };
        let latency = watch.elapsed();
        let answer = match &got.head {
            // A refusal is one as soon as it is there. Whether a message was taken is known when the limit is kept.
            Some((status, headers)) if in_time || !(200..300).contains(status) => {
                self.answer(*status, headers)
            }
            _ if in_time => Answer::Failed,
            _ => Answer::TimedOut,
        };
        Exchange {
            answer,
            latency,
            headers: got.head.as_ref().map(|(_, headers)| shown(headers)),
            body: got.head.is_some().then(|| text(&got.body)),
            error,
        }
    }

    /// Why a URL is not called. It was looked at when it was saved; what is allowed may have changed since.
    fn refused(&self, url: &Url) -> Option<String> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(Err(refused)) = address.map(|address| address::check(address, &self.policy.networks)) {
            return Some(Blocked::Address(refused.reason).to_string());
        }
        target::parse(url.as_str(), &self.policy).err().map(|refusal| format!("not sent: {refusal}"))
    }

    /// Puts into `got` what comes; the error is for people.
    async fn exchange(
        &self,
        url: &Url,
        (method, headers, body): Request,
        got: &mut Got,
    ) -> Result<(), String> {
        let request = self.client.request(method, url.clone()).headers(headers).body(body);
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let status = response.status();
        got.head = Some((status.as_u16(), std::mem::take(response.headers_mut())));
        while got.body.len() < self.kept {
            let chunk = response.chunk().await;
            let chunk = chunk.map_err(|error| format!("the answer broke off: {}", why(&error)))?;
            let Some(chunk) = chunk else { break };
            let room = self.kept - got.body.len();
            got.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        if status.is_redirection() {
            return Err(
                "the endpoint redirects, which is not followed: enter the address it leads to".to_owned()
            );
        }
        Ok(())
    }

    fn answer(&self, status: u16, headers: &HeaderMap) -> Answer {
        let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Answer::Status { status, not_before: asked.and_then(|text| retry_after(text, self.clock.now())) }
    }
}

/// What every request has.
pub(super) fn content_type() -> (http::HeaderName, HeaderValue) {
    (CONTENT_TYPE, HeaderValue::from_static("application/json"))
}

/// What came of an answer.
#[derive(Default)]
struct Got {
    head: Option<(u16, HeaderMap)>,
    body: Vec<u8>,
}

/// The innermost cause says most, and the URL, which may hold somebody's token, is in none of them.
fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(next) = cause.source() {
        if let Some(blocked) = next.downcast_ref::<Blocked>() {
            return blocked.to_string();
        }
        cause = next;
    }
    let cause = if error.source().is_none() { "no reason is known".to_owned() } else { cause.to_string() };
    if error.is_timeout() {
        "no connection within 5 s".to_owned()
    } else if error.is_connect() {
        format!("no connection: {cause}")
    } else {
        format!("no answer: {cause}")
    }
}

/// Headers as a JSON object, up to a limit. What would be a session of the receiver's is not kept.
fn shown(headers: &HeaderMap) -> String {
    let mut object = serde_json::Map::new();
    let mut bytes = 0;
    for (name, value) in headers {
        bytes += name.as_str().len() + value.len();
        if bytes > KEPT_HEADERS {
            break;
        }
        let value = if name == SET_COOKIE { "***".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        match object.get_mut(name.as_str()).and_then(|before| before.as_str().map(str::to_owned)) {
            Some(before) => object.insert(name.as_str().to_owned(), format!("{before}, {value}").into()),
            None => object.insert(name.as_str().to_owned(), value.into_owned().into()),
        };
    }
    serde_json::Value::Object(object).to_string()
}

/// Bytes as text, a character that was cut at the end left out.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&bytes[..error.valid_up_to()]),
        _ => String::from_utf8_lossy(bytes),
    }
    .into_owned()
}
