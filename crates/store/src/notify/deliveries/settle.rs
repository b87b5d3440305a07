//! What became of attempts, many at once.

use super::order::free;
use super::{PIECE, State, among, by_primary, lock};
use crate::notify::attempts::{self, Attempt};
use crate::notify::statistics;
use crate::value::{Value, args};
use crate::{Dialect, Result, Tx};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It is due again then.
    Retry(Timestamp),
    /// It is not tried again by itself.
    Failed,
}

/// An attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What happened.
    pub attempt: Attempt,
    /// What follows.
    pub outcome: Outcome,
    /// What the delivery keeps order with, as it was claimed.
    pub order_key: Option<String>,
}

/// Settles attempts of `owner`, keeps them and counts them; answers how many deliveries changed for it. An attempt whose delivery is not
/// there any more is counted and not kept: nothing would ever forget it.
///
/// What arrived has arrived, whoever holds the lease by now. Everything else counts only while `owner` holds it: then somebody else is
/// trying. So settling twice, as after a commit whose answer was lost, equals settling once in everything but the statistics.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn settle(tx: &mut Tx, owner: &str, settled: &[Settlement], now: Timestamp) -> Result<u64> {
    let (changed, kept) = change(tx, owner, settled, now).await?;
    attempts::insert(tx, kept.into_iter()).await?;
    statistics::count(tx, settled.iter().map(|one| (&one.attempt, one.outcome == Outcome::Delivered)), now)
        .await?;
    Ok(changed)
}

/// The same without keeping or counting the attempts: for what the database takes no attempt of.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn settle_outcomes(
    tx: &mut Tx,
    owner: &str,
    settled: &[Settlement],
    now: Timestamp,
) -> Result<u64> {
    Ok(change(tx, owner, settled, now).await?.0)
}

/// Writes the outcomes; answers how many deliveries changed for it, and the attempts whose deliveries there are.
async fn change<'a>(
    tx: &mut Tx,
    owner: &str,
    settled: &'a [Settlement],
    now: Timestamp,
) -> Result<(u64, Vec<&'a Attempt>)> {
    let mut by_lane: BTreeMap<&str, Vec<&Settlement>> = BTreeMap::new();
    for one in settled {
        by_lane.entry(&one.attempt.endpoint_id).or_default().push(one);
    }
    let mut changed = 0;
    for (endpoint_id, lane) in &mut by_lane {
        // In the order of the primary key, as everybody who changes several.
        lane.sort_by(|a, b| a.attempt.message_id.cmp(&b.attempt.message_id));
        let ids: Vec<&str> = lane.iter().map(|one| one.attempt.message_id.as_str()).collect();
        if ids.len() > 1 && tx.dialect() != Dialect::Sqlite {
            lock(tx, endpoint_id, &ids).await?;
        }
        let touched = settle_lane(tx, endpoint_id, owner, lane, now).await?;
        let_others_go(tx, endpoint_id, lane, now).await?;
        if touched < ids.len() as u64 {
            let there = lock(tx, endpoint_id, &ids).await?;
            lane.retain(|one| there.contains(&one.attempt.message_id));
        }
        changed += touched;
    }
    Ok((changed, by_lane.into_values().flatten().map(|one| &one.attempt).collect()))
}

/// Deliveries that change alike, but for when they are due again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Delivered,
    Retry,
    Failed,
}

type Alike<'a> = BTreeMap<(Change, Option<u16>), Vec<(&'a str, Timestamp)>>;

async fn settle_lane(
    tx: &mut Tx,
    endpoint_id: &str,
    owner: &str,
    lane: &[&Settlement],
    now: Timestamp,
) -> Result<u64> {
    let mut alike = Alike::new();
    for one in lane {
        let (change, at) = match one.outcome {
            Outcome::Delivered => (Change::Delivered, now),
            Outcome::Retry(at) => (Change::Retry, at),
            Outcome::Failed => (Change::Failed, now),
        };
        alike.entry((change, one.attempt.status)).or_default().push((&one.attempt.message_id, at));
    }
    let mut changed = 0;
    for ((change, status), rows) in alike {
        for piece in rows.chunks(PIECE) {
            changed += apply(tx, endpoint_id, owner, change, status, piece, now).await?;
        }
    }
    Ok(changed)
}

async fn apply(
    tx: &mut Tx,
    endpoint_id: &str,
    owner: &str,
    change: Change,
    status: Option<u16>,
    rows: &[(&str, Timestamp)],
    now: Timestamp,
) -> Result<u64> {
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
    let (state, (at, mut values)) = match change {
        Change::Delivered => (State::Delivered, ("?".to_owned(), args![now])),
        Change::Failed => (State::Failed, ("?".to_owned(), args![now])),
        Change::Retry => (State::Waiting, moments(rows)),
    };
    let (marks, some) = among(&ids);
    let mine = if change == Change::Delivered { "" } else { " AND lease_owner = ?" };
    let sql = format!(
        "UPDATE deliveries{primary} SET at = {at}, status = ?, attempts = attempts + 1, tried = tried + 1, lease_owner = NULL, state = ? \
         WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = 0{mine}",
        primary = by_primary(tx)
    );
    values.extend(args![status.map(i64::from), state.code()]);
    values.extend(some);
    values.extend(args![endpoint_id]);
    if change != Change::Delivered {
        values.push(owner.into());
    }
    tx.execute(&sql, values).await
}

/// For each of these messages its own moment. Padded to a power of two like [`among`], for the same reason.
fn moments(rows: &[(&str, Timestamp)]) -> (String, Vec<Value>) {
    let length = rows.len().next_power_of_two();
    let mut values = Vec::with_capacity(length * 2);
    for (id, at) in rows.iter().chain(std::iter::repeat_n(&rows[rows.len() - 1], length - rows.len())) {
        values.extend(args![*id, *at]);
    }
    (format!("CASE message_id{} ELSE at END", " WHEN ? THEN ?".repeat(length)), values)
}

/// What is settled holds back nobody any more.
async fn let_others_go(tx: &mut Tx, endpoint_id: &str, lane: &[&Settlement], now: Timestamp) -> Result<()> {
    let over = |one: &&&Settlement| !matches!(one.outcome, Outcome::Retry(_));
    let pairs: Vec<(&str, &str)> = lane
        .iter()
        .filter(over)
        .filter_map(|one| one.order_key.as_deref().map(|key| (key, one.attempt.message_id.as_str())))
        .collect();
    free(tx, endpoint_id, &pairs, now).await
}
