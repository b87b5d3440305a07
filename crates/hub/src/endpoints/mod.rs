//! Endpoints as people set them up: made, changed, ended, their secrets, and messages sent again. What is sent to them is the room
//! `notify`'s; both meet through rows.
//!
//! Whatever is wrong with a wish is said before anything changes; a change is one transaction. An organization's endpoints are its own;
//! one without an organization gets everybody's messages and is the operator's.

mod keep;
mod mend;
mod secrets;
mod terms;

pub use keep::{BY_A_PERSON, create, delete, get, headers, set_state, update};
pub use mend::{Recovered, Replayed, Wish, recover, replay, resend, skip};
pub use secrets::{
    LONGEST_OVERLAP, MOST_SECRETS, Made, NewSecret, OVERLAP, SecretView, list as list_secrets, rotate,
};
pub use terms::{Change, NewEndpoint};

use crate::keys::KeysError;
use crate::notify::{HeadersRefused, TestError, UrlRefused};
use syncline_core::notify::filter::BadFilter;
use syncline_core::notify::schedule::BadSchedule;
use syncline_core::notify::secret::KeyError;
use syncline_store::StoreError;

/// How many endpoints one organization may have, and how many may serve all: each one is sent every message that it wants.
pub const MOST: u32 = 100;

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1_000;

/// Why something about an endpoint is refused. The texts are for whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none for whoever asks.
    #[error("there is no such endpoint")]
    Gone,
    /// Its URL is not called.
    #[error(transparent)]
    Url(#[from] UrlRefused),
    /// Its filter can match nothing, or is too long.
    #[error(transparent)]
    Filter(#[from] BadFilter),
    /// One of its headers cannot be.
    #[error(transparent)]
    Header(#[from] HeadersRefused),
    /// Its rate is none.
    #[error("a rate is 1 to 1000 calls a millisecond at most, in a span from 1 ms to 24 h")]
    Rate,
    /// Its retry schedule is none.
    #[error(transparent)]
    Schedule(#[from] BadSchedule),
    /// Its description is too long.
    #[error("a description has at most {MAX_DESCRIPTION} characters")]
    Description,
    /// There are [`MOST`] already.
    #[error("there are {MOST} endpoints already, which is the most; delete one that is not needed")]
    TooMany,
    /// The secret that was given is none.
    #[error(transparent)]
    Secret(#[from] KeyError),
    /// Old secrets cannot be good for that long.
    #[error("`overlap` is a number and a unit from `0s` to `7d`")]
    Overlap,
    /// There are [`MOST_SECRETS`] that are good already.
    #[error(
        "{MOST_SECRETS} secrets are good already, which is the most; wait until one of them ends, or end all of them with `overlap` `0s`"
    )]
    TooManySecrets,
    /// Somebody else changed it at the same moment.
    #[error("somebody else changed the endpoint at the same moment; look at it again")]
    Changed,
    /// The span of time is none.
    #[error("the span ends before it begins")]
    Span,
    /// There is no such message, or it is another organization's than the endpoint.
    #[error("there is no such message for this endpoint")]
    NoMessage,
    /// There is no such type of message.
    #[error("there is no event type `{0}`; the list is at /v1/event-types")]
    NoType(String),
    /// A disabled endpoint is sent nothing.
    #[error("the endpoint is disabled; enable it first")]
    Disabled,
    /// Nothing can be sealed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TestError> for Refused {
    fn from(error: TestError) -> Self {
        match error {
            TestError::NoSuchEndpoint => Self::Gone,
            TestError::Disabled => Self::Disabled,
            TestError::NoSuchKind(name) => Self::NoType(name),
            TestError::Store(error) => Self::Store(error),
        }
    }
}
