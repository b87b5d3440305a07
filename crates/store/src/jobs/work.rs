//! Working jobs off: who may have which, for how long, and what became of it.

use super::{COLUMNS, Job, State, read};
use crate::value::{Value, args, in_list, storable};
use crate::{Result, Store, Tx};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;

/// Gives the jobs of workers that died back to the queue; answers how many. Those that somebody else is changing just now wait for the next
/// look: to wait for one while holding others could be a circle, as in [`renew`].
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn reclaim_expired(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    let skip_locked = tx.dialect().skip_locked();
    let sql = format!("SELECT id FROM jobs WHERE state = 1 AND lease_until <= ? LIMIT 1000{skip_locked}");
    let rows = tx.query(&sql, args![now]).await?;
    let expired = rows.iter().map(|row| row.text(0).map(Value::from)).collect::<Result<Vec<Value>>>()?;
    if expired.is_empty() {
        return Ok(0);
    }
    let (marks, some) = in_list(expired);
    let mut values = args![now, now, now];
    values.extend(some);
    let sql = format!(
        "UPDATE jobs SET state = 0, lease_owner = NULL, lease_until = NULL, updated_at = ?, \
         run_at = CASE WHEN again_at < ? THEN again_at ELSE ? END, again_at = NULL, \
         last_error = 'the worker died while it ran' WHERE id IN ({marks})"
    );
    tx.execute(&sql, values).await
}

/// How many jobs run now, per organization, those of the kinds `except` not counted.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn running_by_organization(tx: &mut Tx, except: &[&str]) -> Result<BTreeMap<String, u32>> {
    let others = " AND kind <> ?".repeat(except.len());
    let sql = format!("SELECT org_id, COUNT(*) FROM jobs WHERE state = 1{others} GROUP BY org_id");
    let rows = tx.query(&sql, except.iter().map(|kind| Value::from(*kind)).collect()).await?;
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
    // Locked rows come with their latest content, so nobody takes over a payload that has just been replaced.
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE state = 0 AND org_id = ? AND run_at <= ? ORDER BY run_at, id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let mut claimed = Vec::new();
    for row in tx.query(&sql, args![org_id, now, limit]).await? {
        let mut job = read(&row)?;
        let won = tx
            .execute(
                "UPDATE jobs SET state = 1, lease_owner = ?, lease_until = ?, attempts = attempts + 1, updated_at = ? \
                 WHERE id = ? AND state = 0",
                args![owner, lease_until, now, job.id.as_str()],
            )
            .await?;
        if won == 1 {
            job.attempts += 1;
            job.state = State::Running;
            job.updated_at = now;
            claimed.push(job);
        }
    }
    Ok(claimed)
}

/// Keeps leases of `owner` alive; answers how many of `ids` it still holds. Of several, those that somebody else is changing just now are
/// passed over and not counted; one alone is waited for.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn renew(store: &Store, owner: &str, ids: &[String], lease_until: Timestamp) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    if let [id] = ids {
        let sql = "UPDATE jobs SET lease_until = ? WHERE state = 1 AND lease_owner = ? AND id = ?";
        return store.execute(sql, args![lease_until, owner, id.as_str()]).await;
    }
    // Whoever stores events queues work of several keys in one transaction. To wait for one of these jobs while holding another would be
    // a circle, which the server breaks only after a while, in which no process stores anything.
    let mut tx = store.begin().await?;
    let (marks, some) = in_list(ids.iter().map(|id| Value::from(id.as_str())).collect());
    let sql = format!(
        "SELECT id FROM jobs WHERE state = 1 AND lease_owner = ? AND id IN ({marks}){}",
        tx.dialect().skip_locked()
    );
    let mut values = args![owner];
    values.extend(some);
    let rows = tx.query(&sql, values).await?;
    let free = rows.iter().map(|row| row.text(0).map(Value::from)).collect::<Result<Vec<Value>>>()?;
    if free.is_empty() {
        return Ok(0);
    }
    let (marks, some) = in_list(free);
    let mut values = args![lease_until];
    values.extend(some);
    let renewed =
        tx.execute(&format!("UPDATE jobs SET lease_until = ? WHERE id IN ({marks})"), values).await?;
    tx.commit().await?;
    Ok(renewed)
}

/// How a run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Finished; the job goes, or waits to run once more if it was asked for meanwhile.
    Done,
    /// Not finished, not failed: go on at this time, attempts forgotten.
    Continue(Timestamp),
    /// Failed; try again then.
    Retry(Timestamp, String),
    /// Failed for good; a human looks at it, unless it was asked for meanwhile.
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
                "DELETE FROM jobs WHERE id = ? AND state = 1 AND lease_owner = ? AND again_at IS NULL",
                args![id, owner],
            )
            .await?;
        if gone == 1 {
            return Ok(true);
        }
    }
    let (changes, mut values) = after(outcome, now);
    let sql = format!(
        "UPDATE jobs SET {changes}, again_at = NULL, lease_owner = NULL, lease_until = NULL, updated_at = ? \
         WHERE id = ? AND state = 1 AND lease_owner = ?"
    );
    values.extend(args![now, id, owner]);
    Ok(tx.execute(&sql, values).await? == 1)
}

/// What becomes of a job that stays.
fn after(outcome: &Outcome, now: Timestamp) -> (&'static str, Vec<Value>) {
    match outcome {
        Outcome::Done => {
            ("state = 0, run_at = COALESCE(again_at, ?), attempts = 0, last_error = NULL", args![now])
        }
        Outcome::Continue(at) => (
            "state = 0, run_at = CASE WHEN again_at < ? THEN again_at ELSE ? END, attempts = 0, last_error = NULL",
            args![*at, *at],
        ),
        Outcome::Retry(at, why) => (
            "state = 0, run_at = CASE WHEN again_at < ? THEN again_at ELSE ? END, last_error = ?",
            args![*at, *at, storable(why)],
        ),
        Outcome::Park(why) => (
            "state = CASE WHEN again_at IS NULL THEN 2 ELSE 0 END, run_at = COALESCE(again_at, ?), \
             attempts = CASE WHEN again_at IS NULL THEN attempts ELSE 0 END, last_error = ?",
            args![now, storable(why)],
        ),
        Outcome::Release => (
            "state = 0, run_at = CASE WHEN again_at < ? THEN again_at ELSE ? END, attempts = attempts - 1",
            args![now, now],
        ),
    }
}

/// When the next waiting job is due, if one waits.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn next_due(store: &Store) -> Result<Option<Timestamp>> {
    let rows = store.query("SELECT MIN(run_at) FROM jobs WHERE state = 0", Vec::new()).await?;
    Ok(rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().map(Timestamp::from_millis))
}
