//! Durable work. A job is claimed by a lease and settled by its worker; a worker that dies loses the lease, and the job is claimed again.
//!
//! At most one job exists per coalescing key. Asking for a key that waits keeps the earlier time and takes the newer
//! payload; asking for one that runs makes it run once more.

use crate::value::{Row, Value, args, in_list};
use crate::{Result, Scope, Store, StoreError, Tx};
use std::collections::BTreeMap;
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
    /// Same key, same work.
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

/// Queues work in the transaction that makes it necessary.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn enqueue(tx: &mut Tx, job: &NewJob, now: Timestamp) -> Result<()> {
    if let Some(key) = &job.coalesce_key {
        let merged = tx
            .execute(
                "UPDATE jobs SET payload = ?, again = CASE WHEN state = 1 THEN 1 ELSE again END, \
                 run_at = CASE WHEN state = 0 AND run_at < ? THEN run_at ELSE ? END, \
                 attempts = CASE WHEN state = 2 THEN 0 ELSE attempts END, \
                 state = CASE WHEN state = 2 THEN 0 ELSE state END, updated_at = ? WHERE coalesce_key = ?",
                args![job.payload.as_str(), job.run_at, job.run_at, now, key.as_str()],
            )
            .await?;
        if merged > 0 {
            return Ok(());
        }
    }
    insert(tx, job, State::Waiting, None, now).await
}

/// Puts work that already failed where a human sees it and can retry it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn park_new(tx: &mut Tx, job: &NewJob, error: &str, now: Timestamp) -> Result<()> {
    insert(tx, job, State::Parked, Some(error), now).await
}

async fn insert(tx: &mut Tx, job: &NewJob, state: State, error: Option<&str>, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO jobs (id, kind, org_id, coalesce_key, payload, state, run_at, attempts, again, lease_owner, \
         lease_until, last_error, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, NULL, NULL, ?, ?, ?)",
        args![
            job.id.as_str(),
            job.kind.as_str(),
            job.org_id.as_str(),
            job.coalesce_key.as_deref(),
            job.payload.as_str(),
            state.code(),
            job.run_at,
            error,
            now,
            now
        ],
    )
    .await
    .map(|_| ())
}

/// Gives the jobs of workers that died back to the queue; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn reclaim_expired(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE jobs SET state = 0, lease_owner = NULL, lease_until = NULL, run_at = ?, updated_at = ?, \
         last_error = 'the worker died while it ran' WHERE state = 1 AND lease_until <= ?",
        args![now, now, now],
    )
    .await
}

/// How many jobs run now, per organization.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn running_by_organization(tx: &mut Tx) -> Result<BTreeMap<String, u32>> {
    let rows =
        tx.query("SELECT org_id, COUNT(*) FROM jobs WHERE state = 1 GROUP BY org_id", Vec::new()).await?;
    rows.iter().map(|row| Ok((row.text(0)?, u32::try_from(row.int(1)?).unwrap_or(u32::MAX)))).collect()
}

/// The organizations with due work that follow `after` in order, going round once; at most `limit`. Each costs one look into the
/// index, however much work is queued.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn organizations_due(
    tx: &mut Tx,
    after: Option<&str>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let mut last = after.map(str::to_owned);
    let mut wrapped = after.is_none();
    while found.len() < limit {
        let next = match &last {
            Some(last) => {
                tx.query(
                    "SELECT org_id FROM jobs WHERE state = 0 AND org_id > ? AND run_at <= ? ORDER BY org_id LIMIT 1",
                    args![last.as_str(), now],
                )
                .await?
            }
            None => {
                tx.query(
                    "SELECT org_id FROM jobs WHERE state = 0 AND run_at <= ? ORDER BY org_id LIMIT 1",
                    args![now],
                )
                .await?
            }
        };
        match next.first().map(|row| row.text(0)).transpose()? {
            Some(org) if found.contains(&org) => break,
            Some(org) => {
                last = Some(org.clone());
                found.push(org);
            }
            None if wrapped => break,
            None => {
                wrapped = true;
                last = None;
            }
        }
    }
    Ok(found)
}

/// Claims up to `limit` due jobs of one organization for `owner` until `lease_until`, oldest first.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn claim(
    tx: &mut Tx,
    org_id: &str,
    owner: &str,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Job>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE state = 0 AND org_id = ? AND run_at <= ? ORDER BY run_at, id LIMIT ?"
    );
    let mut claimed = Vec::new();
    for row in tx.query(&sql, args![org_id, now, limit]).await? {
        let mut job = read(&row)?;
        let won = tx
            .execute(
                "UPDATE jobs SET state = 1, lease_owner = ?, lease_until = ?, attempts = attempts + 1, again = 0, \
                 updated_at = ? WHERE id = ? AND state = 0",
                args![owner, lease_until, now, job.id.as_str()],
            )
            .await?;
        if won == 1 {
            job.attempts += 1;
            job.state = State::Running;
            claimed.push(job);
        }
    }
    Ok(claimed)
}

/// Keeps leases of `owner` alive; answers how many of `ids` it still holds.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn renew(store: &Store, owner: &str, ids: &[String], lease_until: Timestamp) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let (marks, some) = in_list(ids.iter().map(|id| Value::from(id.as_str())).collect());
    let sql =
        format!("UPDATE jobs SET lease_until = ? WHERE state = 1 AND lease_owner = ? AND id IN ({marks})");
    let mut values = args![lease_until, owner];
    values.extend(some);
    store.execute(&sql, values).await
}

/// How a run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Finished; the job goes, or runs once more if it was asked for meanwhile.
    Done,
    /// Not finished, not failed: go on at this time, attempts forgotten.
    Continue(Timestamp),
    /// Failed; try again then.
    Retry(Timestamp, String),
    /// Failed for good.
    Park(String),
    /// Given back untouched, because the worker is stopping.
    Release,
}

/// Settles a job that `owner` holds; answers false when the lease was lost meanwhile, and changes nothing then.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn settle(tx: &mut Tx, id: &str, owner: &str, outcome: &Outcome, now: Timestamp) -> Result<bool> {
    if *outcome == Outcome::Done {
        let gone = tx
            .execute(
                "DELETE FROM jobs WHERE id = ? AND state = 1 AND lease_owner = ? AND again = 0",
                args![id, owner],
            )
            .await?;
        if gone == 1 {
            return Ok(true);
        }
    }
    let (state, run_at, error, attempts) = match outcome {
        Outcome::Done => (State::Waiting, now, None, "0"),
        Outcome::Continue(at) => (State::Waiting, *at, None, "0"),
        Outcome::Retry(at, why) => (State::Waiting, *at, Some(why.as_str()), "attempts"),
        Outcome::Park(why) => (State::Parked, now, Some(why.as_str()), "attempts"),
        Outcome::Release => (State::Waiting, now, None, "attempts - 1"),
    };
    let sql = format!(
        "UPDATE jobs SET state = ?, run_at = ?, last_error = ?, attempts = {attempts}, again = 0, lease_owner = NULL, \
         lease_until = NULL, updated_at = ? WHERE id = ? AND state = 1 AND lease_owner = ?"
    );
    let touched = tx.execute(&sql, args![state.code(), run_at, error, now, id, owner]).await?;
    Ok(touched == 1)
}

/// When the next waiting job is due, if one waits.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn next_due(store: &Store) -> Result<Option<Timestamp>> {
    let rows = store.query("SELECT MIN(run_at) FROM jobs WHERE state = 0", Vec::new()).await?;
    Ok(rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().map(Timestamp::from_millis))
}

/// How many jobs are in each state, and since when the oldest is due.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// What the jobs do.
    pub kind: String,
    /// Their state.
    pub state: State,
    /// How many.
    pub jobs: u64,
    /// The earliest time one of them was or is due.
    pub oldest_run_at: Timestamp,
}

/// Counts by kind and state, for one scope.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn counts(store: &Store, scope: &Scope) -> Result<Vec<Count>> {
    let (filter, values) = scoped(scope);
    let sql = format!(
        "SELECT kind, state, COUNT(*), MIN(run_at) FROM jobs WHERE {filter} GROUP BY kind, state ORDER BY kind, state"
    );
    let rows = store.query(&sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                kind: row.text(0)?,
                state: State::from_code(row.int(1)?)?,
                jobs: u64::try_from(row.int(2)?).unwrap_or(0),
                oldest_run_at: row.time(3)?,
            })
        })
        .collect()
}

/// Jobs in one state, latest change first; `after` is the `(updated_at, id)` of the last one seen.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    state: State,
    kind: Option<&str>,
    after: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Job>> {
    let (mut filter, mut values) = scoped(scope);
    filter.push_str(" AND state = ?");
    values.push(state.code().into());
    if let Some(kind) = kind {
        filter.push_str(" AND kind = ?");
        values.push(kind.into());
    }
    if let Some((at, id)) = after {
        filter.push_str(" AND (updated_at < ? OR (updated_at = ? AND id < ?))");
        values.extend(args![at, at, id]);
    }
    values.push(limit.into());
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {filter} ORDER BY updated_at DESC, id DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// One job.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Job>> {
    let (filter, mut values) = scoped(scope);
    values.push(id.into());
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {filter} AND id = ?");
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// Lets a parked job run again, attempts forgotten; answers whether there was one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_parked(store: &Store, scope: &Scope, id: &str, now: Timestamp) -> Result<bool> {
    let (filter, own) = scoped(scope);
    let sql = format!(
        "UPDATE jobs SET state = 0, run_at = ?, attempts = 0, updated_at = ? WHERE state = 2 AND id = ? AND {filter}"
    );
    let mut values = args![now, now, id];
    values.extend(own);
    Ok(store.execute(&sql, values).await? == 1)
}

/// Lets all parked jobs of one kind (or of all kinds) run again; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn retry_all_parked(
    store: &Store,
    scope: &Scope,
    kind: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    let (mut filter, own) = scoped(scope);
    let mut values = args![now, now];
    values.extend(own);
    if let Some(kind) = kind {
        filter.push_str(" AND kind = ?");
        values.push(kind.into());
    }
    let sql = format!(
        "UPDATE jobs SET state = 0, run_at = ?, attempts = 0, updated_at = ? WHERE {filter} AND state = 2"
    );
    store.execute(&sql, values).await
}

/// Throws a parked job away; answers whether there was one.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_parked(store: &Store, scope: &Scope, id: &str) -> Result<bool> {
    let (filter, own) = scoped(scope);
    let mut values = args![id];
    values.extend(own);
    Ok(store.execute(&format!("DELETE FROM jobs WHERE state = 2 AND id = ? AND {filter}"), values).await?
        == 1)
}

/// Throws away up to `limit` jobs parked before `instant`; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn discard_parked_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let old = tx
        .query(
            "SELECT id FROM jobs WHERE state = 2 AND updated_at < ? ORDER BY updated_at LIMIT ?",
            args![instant, limit],
        )
        .await?;
    let mut gone = 0;
    for row in old {
        gone += tx.execute("DELETE FROM jobs WHERE state = 2 AND id = ?", args![row.text(0)?]).await?;
    }
    Ok(gone)
}

fn scoped(scope: &Scope) -> (String, Vec<Value>) {
    match scope {
        Scope::All => ("1 = 1".to_owned(), Vec::new()),
        Scope::Organization(org_id) => ("org_id = ?".to_owned(), args![org_id.as_str()]),
    }
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
