//! Endpoints: where the application wants to be told, what, how fast and in which order; with the secrets its messages are signed with.

mod health;
mod keep;
mod look;
pub mod secrets;

pub use health::{Health, disable, enable, give_up, set_health};
pub use keep::{count_to_add, create, delete, reseal, update};
pub use look::{Filter, get, get_in, get_many, list, listening_in, sealed_otherwise, sealing_keys};

use super::{maybe_time, small};
use crate::runs::words;
use crate::value::Row;
use crate::{Result, StoreError};
use std::fmt;
use std::time::Duration;
use syncline_core::notify::filter;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::notify::verdict::Streak;
use syncline_core::time::Timestamp;

words! {
    /// Whether an endpoint is sent anything.
    State in "endpoints.state" {
        /// It is.
        Enabled = "enabled",
        /// It is not, until somebody enables it. What waits for it goes on waiting; what is published meanwhile is not for it.
        Disabled = "disabled",
    }
}

/// Something sealed, and the key it was sealed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The seal.
    pub bytes: Vec<u8>,
    /// The key, as its id is written.
    pub key: String,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(with {})", self.key)
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Whose; empty when it gets every organization's messages.
    pub org_id: String,
    /// Where it is.
    pub url: String,
    /// For people.
    pub description: String,
    /// What it wants.
    pub filter: filter::Filter,
    /// Headers that its requests get, a JSON object; none: no more than the usual.
    pub headers: Option<Sealed>,
    /// How much at once; none: as fast as it answers.
    pub rate: Option<Rate>,
    /// Whether messages of one key come in strict order.
    pub ordered: bool,
    /// When it is tried again; none: the usual schedule.
    pub schedule: Option<Schedule>,
    /// Whether it is sent anything.
    pub state: State,
    /// Why it is disabled, for people.
    pub reason: Option<String>,
    /// How it does.
    pub health: Health,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed, the first time included.
    pub version: i64,
}

const COLUMNS: &str = "id, org_id, url, description, filter, headers, sealed_with, rate_calls, rate_millis, ordered, schedule, state, \
                       reason, failing_since, failed_at, failures, paused_until, created_at, updated_at, version";

fn read(row: &Row) -> Result<Endpoint> {
    let headers = match (row.maybe_bytes(5)?, row.maybe_text(6)?) {
        (Some(bytes), Some(key)) => Some(Sealed { bytes: bytes.to_vec(), key }),
        _ => None,
    };
    let streak = match (maybe_time(row, 13)?, maybe_time(row, 14)?) {
        (Some(since), Some(last)) => Some(Streak { since, last, failures: small(row, 15)? }),
        _ => None,
    };
    Ok(Endpoint {
        id: row.text(0)?,
        org_id: row.text(1)?,
        url: row.text(2)?,
        description: row.text(3)?,
        filter: filter_of(&row.text(4)?)?,
        headers,
        rate: rate_of(row.maybe_int(7)?, row.maybe_int(8)?),
        ordered: row.int(9)? != 0,
        schedule: row.maybe_text(10)?.map(|text| parsed("endpoints.schedule", &text)).transpose()?,
        state: State::stored(&row.text(11)?)?,
        reason: row.maybe_text(12)?,
        health: Health { streak, paused_until: maybe_time(row, 16)? },
        created_at: row.time(17)?,
        updated_at: row.time(18)?,
        version: row.int(19)?,
    })
}

fn rate_of(calls: Option<i64>, millis: Option<i64>) -> Option<Rate> {
    let (calls, millis) = (u32::try_from(calls?).ok()?, u64::try_from(millis?).ok()?);
    Rate::new(calls, Duration::from_millis(millis))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Rejected(error.into()))
}

/// A filter as it was kept.
pub(super) fn filter_of(text: &str) -> Result<filter::Filter> {
    let patterns: Vec<String> = parsed("endpoints.filter", text)?;
    Ok(filter::Filter::kept(patterns.iter().map(String::as_str)))
}

fn parsed<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}
