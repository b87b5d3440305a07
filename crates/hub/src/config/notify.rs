//! Settings of notifying as types.

use super::lists;
use super::units::{Every, Size, Span};
use serde::{Deserialize, Deserializer};
use syncline_core::notify::address::Network;
use syncline_core::notify::schedule::Schedule;

/// `[notify]`: telling applications over HTTP.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Networks that endpoints may be in though they are not public.
    #[serde(deserialize_with = "networks")]
    pub allow: Vec<Network>,
    /// Whether endpoints may be called without encryption.
    pub plain_http: bool,
    /// How long the whole exchange of one message may take.
    pub timeout: Span,
    /// Messages under way at the same time, per process.
    pub concurrency: usize,
    /// Of these, at most so many to one endpoint.
    pub per_endpoint: usize,
    /// The largest message.
    pub max_payload: Size,
    /// How much of an answer's body is read and kept.
    pub kept_answer: Size,
    /// The waits between attempts.
    #[serde(deserialize_with = "schedule")]
    pub schedule: Schedule,
    /// How long an endpoint may do nothing but fail.
    pub disable_after: Every,
    /// How long a process owns a message that it sends.
    pub lease: Span,
}

fn networks<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Network>, D::Error> {
    let text = String::deserialize(source)?;
    lists::networks(&text).ok_or_else(|| serde::de::Error::custom("expected networks such as 127.0.0.0/8"))
}

fn schedule<'de, D: Deserializer<'de>>(source: D) -> Result<Schedule, D::Error> {
    let text = String::deserialize(source)?;
    lists::schedule(&text).ok_or_else(|| serde::de::Error::custom("expected waits such as 5s 5m 1h"))
}
