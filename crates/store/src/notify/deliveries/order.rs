//! Strict order: who is held back, how rarely that is looked at, and who may go when somebody is settled.
//!
//! What follows an unsettled message of its own key is not claimed. A claim that comes upon such a delivery puts it off, so that the next
//! one does not read it again: a dead endpoint's backlog, however long, is looked through once and then rarely. Whoever settles a message
//! calls up the one behind it, so nobody waits for that.
//!
//! **Invariant:** a delivery is put off only by who holds the row of the message that holds it back. So whoever settles that one either did
//! it before, and nothing is put off, or comes after, and calls up what was. Should it ever be missed, as when the message in between is
//! skipped at the same moment, it is looked at again by itself in no more than [`LATEST`].

use super::{PIECE, among, by_primary};
use crate::value::{Value, args};
use crate::{Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// The message that holds this delivery back. Only what was queued for an endpoint that wanted strict order has a key, so no other is
/// looked up: the row says it, and not what whoever asks knows of the endpoint. One look into one index: a join would have PostgreSQL go
/// through all that was ever delivered to the endpoint.
pub(super) const HELD_BY: &str = "CASE WHEN d.order_key IS NULL THEN NULL ELSE (SELECT MIN(o.message_id) FROM delivery_order o \
                                  WHERE o.endpoint_id = d.endpoint_id AND o.order_key = d.order_key \
                                  AND o.message_id < d.message_id) END";

/// A delivery that is held back, its key, and by which message.
pub(super) struct HeldBack {
    pub(super) message_id: String,
    pub(super) key: String,
    pub(super) by: String,
}

/// When what is held back is looked at again at the earliest, and at the latest. In between it is the age of the message, so that a
/// long backlog costs each of its messages a few looks in all.
pub(super) const EARLIEST: Duration = Duration::from_secs(60);
pub(super) const LATEST: Duration = Duration::from_secs(3_600);

/// Puts off what is held back, of rows that this transaction holds. What is held back by a row that somebody else holds is left as it is:
/// it may be settled in this moment.
pub(super) async fn put_off(tx: &mut Tx, endpoint_id: &str, held: &[HeldBack], now: Timestamp) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let heads: BTreeMap<&str, &str> = held.iter().map(|one| (one.by.as_str(), one.key.as_str())).collect();
    let skip = tx.dialect().skip_locked();
    let sure = unsettled(tx, endpoint_id, heads.keys().copied(), skip).await?;
    let mut ids: Vec<&str> =
        held.iter().filter(|one| sure.contains(&one.by)).map(|one| one.message_id.as_str()).collect();
    ids.sort_unstable();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "UPDATE deliveries{primary} SET at = CASE WHEN created_at > ? THEN ? WHEN created_at < ? THEN ? ELSE ? - created_at END, \
             lease_owner = NULL WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = 0",
            primary = by_primary(tx)
        );
        let (earliest, latest) = (now.plus(EARLIEST), now.plus(LATEST));
        let twice = now.as_millis().saturating_mul(2);
        let mut values = args![now.minus(EARLIEST), earliest, now.minus(LATEST), latest, twice];
        values.extend(some);
        values.push(endpoint_id.into());
        tx.execute(&sql, values).await?;
    }
    let doubtful: BTreeMap<&str, &str> = heads.into_iter().filter(|(id, _)| !sure.contains(*id)).collect();
    mend(tx, endpoint_id, &doubtful, now).await
}

/// Takes out of the order what is settled or gone, and is in it all the same, as after a table was restored without another: it would hold
/// back its key for ever. Messages with their keys.
async fn mend(tx: &mut Tx, endpoint_id: &str, doubtful: &BTreeMap<&str, &str>, now: Timestamp) -> Result<()> {
    // As others committed it, without waiting for anybody: what is being settled is unsettled here.
    let there = unsettled(tx, endpoint_id, doubtful.keys().copied(), "").await?;
    let stale: Vec<(&str, &str)> =
        doubtful.iter().filter(|(id, _)| !there.contains(**id)).map(|(id, key)| (*key, *id)).collect();
    free(tx, endpoint_id, &stale, now).await
}

/// Those of these messages, which are in order, that are not settled; `locked` is the end of the question.
async fn unsettled(
    tx: &mut Tx,
    endpoint_id: &str,
    ids: impl Iterator<Item = &str>,
    locked: &str,
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for piece in ids.collect::<Vec<_>>().chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "SELECT message_id FROM deliveries{primary} WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = 0 \
             ORDER BY message_id{locked}",
            primary = by_primary(tx)
        );
        for row in tx.query(&sql, some.into_iter().chain(args![endpoint_id]).collect()).await? {
            found.insert(row.text(0)?);
        }
    }
    Ok(found)
}

/// Takes messages that are settled, and only those, out of the order of their keys, and calls up those behind them.
pub(super) async fn free(
    tx: &mut Tx,
    endpoint_id: &str,
    pairs: &[(&str, &str)],
    now: Timestamp,
) -> Result<()> {
    for piece in pairs.chunks(PIECE) {
        let keys: Vec<&str> = piece.iter().map(|(key, _)| *key).collect();
        let mut ids: Vec<&str> = piece.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        let ((key_marks, keys), (id_marks, some)) = (among(&keys), among(&ids));
        // A message has one key, so no pair comes of this that was not meant.
        let sql = format!(
            "DELETE FROM delivery_order WHERE endpoint_id = ? AND order_key IN ({key_marks}) AND message_id IN ({id_marks}) \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.message_id = delivery_order.message_id \
             AND d.endpoint_id = delivery_order.endpoint_id AND d.state = 0)"
        );
        let values = { args![endpoint_id] }.into_iter().chain(keys).chain(some).collect();
        // Whoever took them out before has called up, too.
        if tx.execute(&sql, values).await? > 0 {
            call_up(tx, endpoint_id, &ids, now).await?;
        }
    }
    Ok(())
}

/// What comes next behind each of these messages is looked at now, if it was put off. Whether it may leave is for the claim to say. What
/// waits for another attempt was not put off, and goes on waiting for its time.
///
/// This waits for who holds those rows: passing them over would leave them put off. Nobody who does waits for a message before them.
async fn call_up(tx: &mut Tx, endpoint_id: &str, ids: &[&str], now: Timestamp) -> Result<()> {
    let (marks, some) = among(ids);
    let sql = format!(
        "SELECT (SELECT MIN(o.message_id) FROM delivery_order o WHERE o.endpoint_id = d.endpoint_id AND o.order_key = d.order_key \
         AND o.message_id > d.message_id) FROM deliveries d{primary} WHERE d.message_id IN ({marks}) AND d.endpoint_id = ?",
        primary = by_primary(tx)
    );
    let mut next = BTreeSet::new();
    for row in tx.query(&sql, some.into_iter().chain(args![endpoint_id]).collect()).await? {
        next.extend(row.maybe_text(0)?);
    }
    let next: Vec<&str> = next.iter().map(String::as_str).collect();
    if next.is_empty() {
        return Ok(());
    }
    let (marks, some) = among(&next);
    let sql = format!(
        "UPDATE deliveries{primary} SET at = ? WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = 0 AND attempts = 0 \
         AND lease_owner IS NULL AND at > ?",
        primary = by_primary(tx)
    );
    let values: Vec<Value> = { args![now] }.into_iter().chain(some).chain(args![endpoint_id, now]).collect();
    tx.execute(&sql, values).await.map(|_| ())
}
