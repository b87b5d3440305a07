//! Events: stored once, read by time of occurrence or in the order they were stored.

mod filter;
mod look;
pub mod search;

pub use filter::Filter;
pub use look::{Look, look};
pub use search::{Search, meaning};
pub use syncline_core::cursor::Order;

use crate::accounts::owners;
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args};
use crate::{Dialect, Result, Scope, Store, StoreError, Tx};
use bytes::Bytes;
use filter::{Clause, Reading, Span};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::{Event, EventId};
use syncline_core::time::Timestamp;

/// Events of one provider that came through one app, ready to be stored.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The event.
    pub event: Event,
    /// The provider's name.
    pub provider: String,
    /// The app whose webhook URL it came to.
    pub app: String,
    /// When it was received.
    pub received_at: Timestamp,
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the order of storing; grows with every event, has gaps, and differs between databases.
    pub seq: i64,
    /// Identity and place in the timeline.
    pub id: EventId,
    /// The organization its account belongs to; `None` while nobody claimed the account.
    pub org_id: Option<String>,
    /// The provider's name.
    pub provider: String,
    /// The app whose webhook URL it came to.
    pub app: String,
    /// The account at the provider.
    pub account: String,
    /// What kind of record it is about.
    pub object_type: String,
    /// The record's id.
    pub object_id: String,
    /// What happened, in the provider's word.
    pub kind: String,
    /// The property that changed.
    pub property: Option<String>,
    /// When it was received.
    pub received_at: Timestamp,
    /// The event exactly as it came.
    pub raw: Bytes,
}

const COLUMNS: &str =
    "seq, id, org_id, provider, app, account, object_type, object_id, kind, property, received_at, raw";

const INSERT: Bulk = Bulk {
    table: "events",
    columns: &[
        ("seq", Kind::Int),
        ("id", Kind::Bytes),
        ("org_id", Kind::Text),
        ("provider", Kind::Text),
        ("app", Kind::Text),
        ("account", Kind::Text),
        ("object_type", Kind::Text),
        ("object_id", Kind::Text),
        ("kind", Kind::Text),
        ("property", Kind::Text),
        ("occurred_at", Kind::Int),
        ("received_at", Kind::Int),
        ("raw", Kind::Bytes),
    ],
    unique: "id",
};

/// Stores events, each once however often it arrives; answers how many were new.
///
/// The sequence's row is locked first, so events become visible in the order of their `seq` whichever process stores them:
/// whoever reads on from the last `seq` it saw misses nothing.
///
/// # Errors
/// [`StoreError`] as the database says; then nothing of this transaction may be committed.
pub async fn store(tx: &mut Tx, mut arrivals: Vec<Arrival>) -> Result<u64> {
    if arrivals.is_empty() {
        return Ok(0);
    }
    // In the order of the index, and each once: the databases then touch each page once. The first to arrive stays.
    arrivals.sort_by_key(|arrival| arrival.event.id);
    arrivals.dedup_by_key(|arrival| arrival.event.id);
    let first = lock_sequence(tx).await? + 1;
    let count =
        i64::try_from(arrivals.len()).map_err(|_| StoreError::Corrupt("too many events".to_owned()))?;
    tx.execute("UPDATE sequences SET value = ? WHERE name = 'event'", args![first + count - 1]).await?;
    let owners = owners_of(tx, &arrivals).await?;
    let rows = (first..).zip(arrivals).map(|(seq, arrival)| row_of(seq, arrival, &owners));
    tx.insert_many(&INSERT, rows).await?;
    let new = tx
        .query("SELECT COUNT(*) FROM events WHERE seq >= ? AND seq < ?", args![first, first + count])
        .await?;
    let new = new.first().ok_or_else(|| StoreError::Corrupt("COUNT without a row".to_owned()))?.int(0)?;
    count_stored(tx, new).await?;
    Ok(u64::try_from(new).unwrap_or(0))
}

/// Keeps the number of stored events true.
async fn count_stored(tx: &mut Tx, more: i64) -> Result<()> {
    let sql = "UPDATE sequences SET value = value + ? WHERE name = 'events_stored'";
    tx.execute(sql, args![more]).await.map(|_| ())
}

/// The number of the event that was stored last, as this transaction sees it; nobody else stores any until it ends.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn last_seq_in(tx: &mut Tx) -> Result<i64> {
    lock_sequence(tx).await
}

/// The events behind `seq`, in the order of storing, as seen by this transaction: for whoever tells of what it just stored.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn behind(tx: &mut Tx, seq: i64) -> Result<Vec<StoredEvent>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq");
    tx.query(&sql, args![seq]).await?.iter().map(read).collect()
}

/// Locks the event sequence until the transaction ends; answers the last number handed out.
pub(crate) async fn lock_sequence(tx: &mut Tx) -> Result<i64> {
    // An update is a row lock in every dialect; `FOR UPDATE` is not.
    tx.execute("UPDATE sequences SET value = value + 0 WHERE name = 'event'", Vec::new()).await?;
    let rows = tx.query("SELECT value FROM sequences WHERE name = 'event'", Vec::new()).await?;
    rows.first().ok_or_else(|| StoreError::Corrupt("sequences: row `event` is missing".to_owned()))?.int(0)
}

type Owners = BTreeMap<String, BTreeMap<String, String>>;

async fn owners_of(tx: &mut Tx, arrivals: &[Arrival]) -> Result<Owners> {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrival in arrivals {
        accounts.entry(&arrival.provider).or_default().insert(&arrival.event.account);
    }
    let mut by_provider = BTreeMap::new();
    for (provider, accounts) in accounts {
        let accounts: Vec<&str> = accounts.into_iter().collect();
        by_provider.insert(provider.to_owned(), owners(tx, provider, &accounts).await?);
    }
    Ok(by_provider)
}

fn row_of(seq: i64, arrival: Arrival, owners: &Owners) -> Vec<Value> {
    let event = arrival.event;
    let owner = owners.get(&arrival.provider).and_then(|accounts| accounts.get(&event.account));
    args![
        seq,
        event.id,
        owner.cloned().unwrap_or_default(),
        arrival.provider,
        arrival.app,
        event.account,
        event.object_type,
        event.object_id,
        event.kind,
        event.property,
        event.id.occurred_at(),
        arrival.received_at,
        event.raw,
    ]
}

/// A page of the timeline: up to `limit` events strictly beyond `after` in `order`.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    after: Option<EventId>,
    limit: u32,
) -> Result<Vec<StoredEvent>> {
    read_page(store, scope, filter, order, Span::of(filter).beyond(order, after), limit).await
}

/// Up to `limit` events of a part of the timeline.
async fn read_page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    span: Span,
    limit: u32,
) -> Result<Vec<StoredEvent>> {
    if let Some(search) = &filter.search {
        return search::page(store, scope, (filter, search), order, span, limit).await;
    }
    let mut clause = Clause::within(store.dialect(), scope, filter, Reading::ByTime, span);
    let direction = if order == Order::OldestFirst { "ASC" } else { "DESC" };
    clause.values.push(limit.into());
    let sql = format!("SELECT {COLUMNS} FROM events{} ORDER BY id {direction} LIMIT ?", clause.text);
    store.query(&sql, clause.values).await?.iter().map(read).collect()
}

/// Up to `limit` events stored after `seq`, in the order of storing: what a live stream sends.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn since(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    seq: i64,
    limit: u32,
) -> Result<Vec<StoredEvent>> {
    let mut clause = Clause::of(store.dialect(), scope, filter, Reading::ByStoring);
    clause.and("seq > ?", seq);
    clause.values.push(limit.into());
    let sql = format!("SELECT {COLUMNS} FROM events{} ORDER BY seq LIMIT ?", clause.text);
    store.query(&sql, clause.values).await?.iter().map(read).collect()
}

/// One event.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: EventId) -> Result<Option<StoredEvent>> {
    let mut clause = Clause::of(store.dialect(), scope, &Filter::default(), Reading::One);
    clause.and("id = ?", id);
    let sql = format!("SELECT {COLUMNS} FROM events{}", clause.text);
    store.query(&sql, clause.values).await?.first().map(read).transpose()
}

/// The last number of the event sequence that is visible: where a stream of new events starts.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn last_seq(store: &Store) -> Result<i64> {
    let rows = store.query("SELECT value FROM sequences WHERE name = 'event'", Vec::new()).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// How many events there are.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn stored(store: &Store) -> Result<u64> {
    let rows = store.query("SELECT value FROM sequences WHERE name = 'events_stored'", Vec::new()).await?;
    rows.first().map_or(Ok(0), |row| row.int(0).map(|count| u64::try_from(count).unwrap_or(0)))
}

/// How many events occurred in each of `buckets` equal spans of `span_millis` that end at `until`, oldest first.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn histogram(
    store: &Store,
    scope: &Scope,
    until: Timestamp,
    span_millis: i64,
    buckets: u32,
) -> Result<Vec<u64>> {
    let start = until.as_millis() - span_millis * i64::from(buckets);
    let range = Filter { from: Some(Timestamp::from_millis(start)), to: Some(until), ..Filter::default() };
    let clause = Clause::of(store.dialect(), scope, &range, Reading::ByTime);
    // MySQL's `/` yields decimals.
    let divide = if store.dialect() == Dialect::MySql { "DIV" } else { "/" };
    let sql = format!(
        "SELECT (occurred_at - ?) {divide} ? AS bucket, COUNT(*) FROM events{} GROUP BY bucket",
        clause.text
    );
    let mut values = args![start, span_millis];
    values.extend(clause.values);
    let mut counts = vec![0; buckets as usize];
    for row in store.query(&sql, values).await? {
        if let Some(count) = usize::try_from(row.int(0)?).ok().and_then(|at| counts.get_mut(at)) {
            *count = u64::try_from(row.int(1)?).unwrap_or(0);
        }
    }
    Ok(counts)
}

/// Deletes up to `limit` of the oldest events that occurred before `instant`; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let old = tx
        .query(
            "SELECT id FROM events WHERE id < ? ORDER BY id LIMIT ?",
            args![EventId::first_at(instant), limit],
        )
        .await?;
    let Some(last) = old.last() else { return Ok(0) };
    // The sequence first, as whoever stores events does: two who lock in opposite orders block each other for ever.
    lock_sequence(tx).await?;
    let gone = tx.execute("DELETE FROM events WHERE id <= ?", args![last.bytes(0)?]).await?;
    count_stored(tx, -i64::try_from(gone).unwrap_or(0)).await?;
    Ok(gone)
}

fn read(row: &Row) -> Result<StoredEvent> {
    let id = row.bytes(1)?;
    Ok(StoredEvent {
        seq: row.int(0)?,
        id: EventId::from_slice(&id)
            .ok_or_else(|| StoreError::Corrupt(format!("events: id of {} bytes", id.len())))?,
        org_id: Some(row.text(2)?).filter(|org| !org.is_empty()),
        provider: row.text(3)?,
        app: row.text(4)?,
        account: row.text(5)?,
        object_type: row.text(6)?,
        object_id: row.text(7)?,
        kind: row.text(8)?,
        property: row.maybe_text(9)?,
        received_at: row.time(10)?,
        raw: row.bytes(11)?,
    })
}
