//! Durable work. A job is claimed by a lease and settled by its worker; a worker that dies loses the lease, and the job is claimed again.
//!
//! At most one job exists per coalescing key, whoever asks for it and whenever. Asking for a key that waits keeps the earlier time and
//! takes the newer payload. Asking for one that is parked brings it back to life. Asking for one that runs counts as asking the moment
//! after it is settled: done, it runs once more; parked, it comes back to life.

mod look;
mod parked;
mod queue;
mod work;

pub use look::{Count, count, counts, get, list};
pub use parked::{discard_all_parked, discard_parked, discard_parked_before, retry_all_parked, retry_parked};
pub use queue::{enqueue, park_new};
pub use work::{
    Outcome, claim, next_due, organizations_due, reclaim_expired, renew, running_by_organization, settle,
};

use crate::records::pattern;
use crate::value::{Row, Value, args};
use crate::{Result, Scope, StoreError};
use syncline_core::time::Timestamp;

/// What a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waiting for its time, or for a worker.
    Waiting,
    /// Claimed by a worker.
    Running,
    /// Failed for good; waits for a human.
    Parked,
}

impl State {
    fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Running => 1,
            Self::Parked => 2,
        }
    }

    fn from_code(code: i64) -> Result<Self> {
        match code {
            0 => Ok(Self::Waiting),
            1 => Ok(Self::Running),
            2 => Ok(Self::Parked),
            _ => Err(StoreError::Corrupt(format!("jobs: state {code}"))),
        }
    }
}

/// Work to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id, unique.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// For whom; empty for the installation itself.
    pub org_id: String,
    /// Same key, same work; all organizations share the keys.
    pub coalesce_key: Option<String>,
    /// JSON, as the kind wants it.
    pub payload: String,
    /// Not before this.
    pub run_at: Timestamp,
}

/// A job as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What to do.
    pub kind: String,
    /// For whom; empty for the installation itself.
    pub org_id: String,
    /// Same key, same work.
    pub coalesce_key: Option<String>,
    /// JSON, as the kind wants it.
    pub payload: String,
    /// What it is doing.
    pub state: State,
    /// Not before this.
    pub run_at: Timestamp,
    /// How often it was claimed.
    pub attempts: u32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When anything last happened to it.
    pub updated_at: Timestamp,
}

const COLUMNS: &str =
    "id, kind, org_id, coalesce_key, payload, state, run_at, attempts, last_error, created_at, updated_at";

fn scoped(scope: &Scope) -> (String, Vec<Value>) {
    match scope {
        Scope::All => ("1 = 1".to_owned(), Vec::new()),
        Scope::Organization(org_id) => ("org_id = ?".to_owned(), args![org_id.as_str()]),
    }
}

/// Which jobs of a state. Empty fields do not filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only this kind.
    pub kind: Option<&'a str>,
    /// Only those whose payload or last error has this in it, in whichever case.
    pub search: Option<&'a str>,
}

/// The jobs of a scope that are in this state and fit.
fn fitting(scope: &Scope, state: State, filter: &Filter<'_>) -> (String, Vec<Value>) {
    let (mut tests, mut values) = scoped(scope);
    tests.push_str(" AND state = ?");
    values.push(state.code().into());
    if let Some(kind) = filter.kind {
        tests.push_str(" AND kind = ?");
        values.push(kind.into());
    }
    if let Some(search) = filter.search {
        let pattern = pattern(&search.to_lowercase());
        tests.push_str(" AND (LOWER(payload) LIKE ? ESCAPE '!' OR LOWER(last_error) LIKE ? ESCAPE '!')");
        values.extend(args![pattern.as_str(), pattern.as_str()]);
    }
    (tests, values)
}

fn read(row: &Row) -> Result<Job> {
    Ok(Job {
        id: row.text(0)?,
        kind: row.text(1)?,
        org_id: row.text(2)?,
        coalesce_key: row.maybe_text(3)?,
        payload: row.text(4)?,
        state: State::from_code(row.int(5)?)?,
        run_at: row.time(6)?,
        attempts: u32::try_from(row.int(7)?).unwrap_or(0),
        last_error: row.maybe_text(8)?,
        created_at: row.time(9)?,
        updated_at: row.time(10)?,
    })
}
