//! The door: what a provider's room answers when a webhook knocks, before anything is stored.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

/// A webhook as it arrived: nothing decoded, nothing trusted.
#[derive(Clone, Copy, Debug)]
pub struct RawHook<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The full URL as the provider called it, rebuilt from the configured public base and the request's path and
    /// query, never from `Host`.
    pub url: &'a str,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The body's bytes, already limited in size.
    pub body: &'a [u8],
}

/// What to do with a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// Turn it away; nothing is stored.
    Refuse(Refusal),
    /// Write the body to the intake log, and only then give this answer.
    Accept {
        /// The answer this provider wants.
        answer: Answer,
        /// How many events the body holds.
        events: usize,
    },
}

/// The answer a provider gets once its webhook is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status of the answer.
    pub status: StatusCode,
    /// Body of the answer; empty where the provider insists on that.
    pub body: Bytes,
}

/// Why a webhook was turned away. Never contains anything secret: it is answered, logged and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Status of the answer (401 for anything about the signature, 400 for anything about the body).
    pub status: StatusCode,
    /// Stable code, also the label under which it is counted.
    pub code: &'static str,
    /// One sentence for whoever reads the answer.
    pub detail: &'static str,
}
