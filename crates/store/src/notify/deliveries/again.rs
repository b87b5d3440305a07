//! Mending: sending again, and dropping what waits.

use super::order::free;
use super::{PIECE, State, among, by_primary};
use crate::notify::messages::{BRIEF, Brief, Head, INSERT_ORDER, PLACE, Place, brief, insert, place};
use crate::notify::own;
use crate::value::{Row, Value, args};
use crate::{Result, Scope, Tx};
use std::collections::BTreeSet;
use syncline_core::time::Timestamp;

/// Sends a message to an endpoint again, at once, whatever became of it there; also to one that did not want it or that there was not
/// when it was published. One that is under way is left to who sends it. False when one of the two is not in `scope`, or the message is
/// another organization's than the endpoint, or for another endpoint alone.
///
/// At an endpoint that wants strict order it takes its place among the messages of its key that are not settled.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn resend(
    tx: &mut Tx,
    scope: &Scope,
    message_id: &str,
    endpoint_id: &str,
    now: Timestamp,
) -> Result<bool> {
    let Some(place) = place_of(tx, scope, endpoint_id).await? else { return Ok(false) };
    let sql = format!("SELECT {BRIEF} FROM messages WHERE id = ? AND (only_for IS NULL OR only_for = ?)");
    let rows = tx.query(&sql, args![message_id, endpoint_id]).await?;
    let Some(message) = rows.first().map(brief).transpose()? else { return Ok(false) };
    if !place.org_id.is_empty() && place.org_id != message.org_id {
        return Ok(false);
    }
    send(tx, &place, &[Head::from(&message)], &State::ALL, now).await?;
    Ok(true)
}

/// From one moment to another, the second not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// Sends again what failed for good in a span of time, at most `limit`, the earliest first; answers how many. To be called until that is
/// none, with a span that ends where the first call began: what fails again meanwhile is not in it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn recover(
    tx: &mut Tx,
    scope: &Scope,
    endpoint_id: &str,
    failed: Span,
    limit: u32,
    now: Timestamp,
) -> Result<u64> {
    let Some(place) = place_of(tx, scope, endpoint_id).await? else { return Ok(0) };
    let rows = settled_at(tx, scope, endpoint_id, State::Failed, (failed, now), limit).await?;
    let ids: Vec<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
    queue(tx, &place, &ids, &[State::Failed], now).await
}

/// How far a replay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// How many messages were looked at: as many as were asked for, then there may be more.
    pub read: u64,
    /// How many of them the endpoint wants.
    pub sent: u64,
    /// The last one looked at: where to go on.
    pub last: Option<(Timestamp, String)>,
}

/// Sends an endpoint what it wants of the messages made in a span of time, `limit` of them looked at, beginning after `after`: those it
/// never got, and those that failed or were skipped; with `delivered`, those that arrived as well. Messages that are for one endpoint
/// alone, as tests are, are left out. None when there is no such endpoint in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn replay(
    tx: &mut Tx,
    scope: &Scope,
    endpoint_id: &str,
    (made, after): (Span, Option<&(Timestamp, String)>),
    delivered: bool,
    limit: u32,
    now: Timestamp,
) -> Result<Option<Replay>> {
    let Some(place) = place_of(tx, scope, endpoint_id).await? else { return Ok(None) };
    let found = made_in(tx, &place, made, after, limit).await?;
    let wanted: Vec<Head<'_>> =
        found.iter().filter(|message| place.filter.wants(&message.kind)).map(Head::from).collect();
    let states = [State::Failed, State::Skipped, State::Delivered];
    send(tx, &place, &wanted, if delivered { &states } else { &states[..2] }, now).await?;
    let last = found.last().map(|message| (message.created_at, message.id.clone()));
    Ok(Some(Replay { read: found.len() as u64, sent: wanted.len() as u64, last }))
}

/// Without what they say: a page of those is small, however large the messages are.
async fn made_in(
    tx: &mut Tx,
    place: &Place,
    made: Span,
    after: Option<&(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Brief>> {
    let (whose, mut values) = if place.org_id.is_empty() {
        ("", Vec::new())
    } else {
        (" AND org_id = ?", args![place.org_id.as_str()])
    };
    let (from, id) = after.map_or((made.from, ""), |(at, id)| (made.from.max(*at), id.as_str()));
    // Of a moment where the last page ended, only what comes behind it.
    values.extend(args![from, made.to, from, id, limit]);
    let sql = format!(
        "SELECT {BRIEF} FROM messages WHERE only_for IS NULL{whose} AND created_at >= ? AND created_at < ? \
         AND (created_at > ? OR id > ?) ORDER BY created_at, id LIMIT ?"
    );
    tx.query(&sql, values).await?.iter().map(brief).collect()
}

/// Drops what waits for an endpoint and is due before `before`, at most `limit`; answers how many were dropped: none when there is no more.
/// What is under way is left to who sends it, unless the lease ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn skip(
    tx: &mut Tx,
    scope: &Scope,
    endpoint_id: &str,
    before: Timestamp,
    limit: u32,
    now: Timestamp,
) -> Result<u64> {
    let span = Span { from: Timestamp::from_millis(i64::MIN), to: before };
    let mut rows = settled_at(tx, scope, endpoint_id, State::Waiting, (span, now), limit).await?;
    if rows.len() < limit as usize {
        rows.extend(held_back(tx, scope, endpoint_id, before, limit).await?);
    }
    let mut skipped = 0;
    for piece in rows.chunks(PIECE) {
        let mut ids: Vec<&str> = piece.iter().map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        let (marks, some) = among(&ids);
        let sql = format!(
            "UPDATE deliveries{primary} SET state = ?, at = ?, lease_owner = NULL WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = ? \
             AND (lease_owner IS NULL OR at <= ?)",
            primary = by_primary(tx)
        );
        let mut values = args![State::Skipped.code(), now];
        values.extend(some);
        values.extend(args![endpoint_id, State::Waiting.code(), now]);
        skipped += tx.execute(&sql, values).await?;
        let pairs: Vec<(&str, &str)> =
            piece.iter().filter_map(|(id, key)| key.as_deref().map(|key| (key, id.as_str()))).collect();
        free(tx, endpoint_id, &pairs, now).await?;
    }
    Ok(skipped)
}

/// The deliveries of a state whose `at` is in a span and that nobody sends at `now`, with what they keep order with.
async fn settled_at(
    tx: &mut Tx,
    scope: &Scope,
    endpoint_id: &str,
    state: State,
    (span, now): (Span, Timestamp),
    limit: u32,
) -> Result<Vec<(String, Option<String>)>> {
    let (mine, scope_values) = own(scope, "org_id");
    let sql = format!(
        "SELECT message_id, order_key FROM deliveries WHERE endpoint_id = ?{mine} AND state = ? AND at >= ? AND at < ? \
         AND (lease_owner IS NULL OR at <= ?) ORDER BY at, message_id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let mut values = args![endpoint_id];
    values.extend(scope_values);
    values.extend(args![state.code(), span.from, span.to, now, limit]);
    let read = |row: &Row| Ok((row.text(0)?, row.maybe_text(1)?));
    tx.query(&sql, values).await?.iter().map(read).collect()
}

/// The deliveries that were due before `before` and were put off since, because they are held back ([`super::order`]).
async fn held_back(
    tx: &mut Tx,
    scope: &Scope,
    endpoint_id: &str,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(String, Option<String>)>> {
    let (mine, scope_values) = own(scope, "org_id");
    let sql = format!(
        "SELECT message_id, order_key FROM deliveries WHERE endpoint_id = ?{mine} AND state = ? AND at >= ? AND created_at < ? \
         AND order_key IS NOT NULL AND attempts = 0 AND lease_owner IS NULL ORDER BY at, message_id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let mut values = args![endpoint_id];
    values.extend(scope_values);
    values.extend(args![State::Waiting.code(), before, before, limit]);
    let read = |row: &Row| Ok((row.text(0)?, row.maybe_text(1)?));
    tx.query(&sql, values).await?.iter().map(read).collect()
}

/// Queues messages for an endpoint: those that never were, and of the others those in one of the states.
async fn send(
    tx: &mut Tx,
    place: &Place,
    wanted: &[Head<'_>],
    states: &[State],
    now: Timestamp,
) -> Result<()> {
    let mut known = BTreeSet::new();
    let ids: Vec<&str> = wanted.iter().map(|message| message.id).collect();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "SELECT message_id FROM deliveries{primary} WHERE message_id IN ({marks}) AND endpoint_id = ?",
            primary = by_primary(tx)
        );
        for row in tx.query(&sql, some.into_iter().chain(args![place.id.as_str()]).collect()).await? {
            known.insert(row.text(0)?);
        }
    }
    let new: Vec<(&Place, Head<'_>)> = wanted
        .iter()
        .filter(|message| !known.contains(message.id))
        .map(|message| (place, *message))
        .collect();
    insert(tx, &new, None, now).await?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    queue(tx, place, &known, states, now).await.map(|_| ())
}

/// Makes those of these deliveries that are in one of the states due at once, as if they had never been tried.
async fn queue(tx: &mut Tx, place: &Place, ids: &[&str], states: &[State], now: Timestamp) -> Result<u64> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut queued = 0;
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let codes = vec!["?"; states.len()].join(", ");
        let sql = format!(
            "UPDATE deliveries{primary} SET state = ?, at = ?, attempts = 0, lease_owner = NULL WHERE message_id IN ({marks}) \
             AND endpoint_id = ? AND state IN ({codes}) AND (lease_owner IS NULL OR at <= ?)",
            primary = by_primary(tx)
        );
        let mut values = args![State::Waiting.code(), now];
        values.extend(some);
        values.push(place.id.as_str().into());
        values.extend(states.iter().map(|state| Value::from(state.code())));
        values.push(now.into());
        queued += tx.execute(&sql, values).await?;
        if place.ordered {
            line_up(tx, &place.id, piece).await?;
        }
    }
    Ok(queued)
}

/// Puts those of these messages that wait into the order of their keys.
async fn line_up(tx: &mut Tx, endpoint_id: &str, ids: &[&str]) -> Result<()> {
    let (marks, some) = among(ids);
    let sql = format!(
        "SELECT order_key, message_id FROM deliveries{primary} WHERE message_id IN ({marks}) AND endpoint_id = ? AND state = ? \
         AND order_key IS NOT NULL ORDER BY message_id",
        primary = by_primary(tx)
    );
    let values = some.into_iter().chain(args![endpoint_id, State::Waiting.code()]).collect();
    let mut rows = Vec::new();
    for row in tx.query(&sql, values).await? {
        rows.push(args![endpoint_id, row.text(0)?, row.text(1)?]);
    }
    tx.insert_many(&INSERT_ORDER, rows).await
}

/// The endpoint, if it is in `scope`.
async fn place_of(tx: &mut Tx, scope: &Scope, endpoint_id: &str) -> Result<Option<Place>> {
    let (mine, values) = own(scope, "org_id");
    let sql = format!("SELECT {PLACE} FROM endpoints WHERE id = ?{mine}");
    let values = { args![endpoint_id] }.into_iter().chain(values).collect();
    tx.query(&sql, values).await?.first().map(place).transpose()
}
