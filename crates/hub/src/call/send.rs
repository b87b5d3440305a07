//! One request, one answer: nothing is repeated here.

use crate::telemetry::{Stopwatch, metrics};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use syncline_providers::wire::{Again, Call, Fault, Reply};

/// The most of an answer that is read. The largest known are pages of 100 records with long texts.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// As the providers' rooms read it.
    #[must_use]
    pub fn reply(&self) -> Reply<'_> {
        Reply { status: self.status, headers: &self.headers, body: &self.body }
    }
}

/// Sends what the providers' rooms build.
#[derive(Debug)]
pub struct Sender {
    /// Sends it.
    pub client: reqwest::Client,
    /// How long an answer may take, to its last byte.
    pub timeout: Duration,
}

impl Sender {
    /// Sends a call once.
    ///
    /// # Errors
    /// As [`super::Calls::send`].
    pub async fn send(&self, provider: &'static str, call: &Call) -> Result<Answer, Fault> {
        let watch = Stopwatch::start();
        let outcome = match tokio::time::timeout(self.timeout, self.exchange(call)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Broken::Later(format!("no whole answer within {} s", self.timeout.as_secs()))),
        };
        let status = outcome.as_ref().map_or(0, |answer| answer.status.as_u16());
        metrics::call_finished(provider, status, watch.elapsed());
        outcome.map_err(|broken| broken.fault(call))
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, Broken> {
        let url = reqwest::Url::parse(&call.address())
            .map_err(|_| Broken::Before("the address is none".to_owned()))?;
        let request = self
            .client
            .request(call.method.clone(), url)
            .headers(call.headers.clone())
            .body(call.body.clone())
            .build()
            .map_err(|error| Broken::of(error, true))?;
        let mut response = self.client.execute(request).await.map_err(|error| {
            let before = error.is_connect() || error.is_builder();
            Broken::of(error, before)
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Broken::of(error, false))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Broken::Later("the answer is larger than any that makes sense".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

/// How a call broke off.
enum Broken {
    /// Before anything was sent: it was not carried out.
    Before(String),
    /// After that: it may have been.
    Later(String),
}

impl Broken {
    /// Without the URL, which says nothing that the call does not say.
    fn of(error: reqwest::Error, before: bool) -> Self {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        if before { Self::Before(text) } else { Self::Later(text) }
    }

    fn fault(self, call: &Call) -> Fault {
        match (self, call.again) {
            (Self::Later(message), Again::LookFirst) => Fault::MaybeCommitted(message),
            (Self::Before(message) | Self::Later(message), _) => Fault::Transient { message, wait: None },
        }
    }
}
