//! The door: what a provider's room answers when a webhook knocks, before anything is stored.

use crate::secret::Secret;
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
    /// Write the webhook to the intake log, and only then give this answer.
    Accept {
        /// The answer this provider wants.
        answer: Answer,
        /// How many events it holds.
        events: usize,
        /// What to write to the log; none: the body as it came. What a webhook says outside its body (in its URL) is lost
        /// behind the door, so a provider that needs it later puts it in here.
        log: Option<Bytes>,
    },
    /// The provider tells a secret with which it will sign from now on. **Anybody can send one:** nothing vouches for it, so
    /// a person has to confirm it before it counts.
    Handshake {
        /// The answer this provider wants.
        answer: Answer,
        /// The secret.
        token: Secret,
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
