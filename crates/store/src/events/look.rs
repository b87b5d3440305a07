//! Looking for events that no index leads to, a piece of the timeline after the other, for as long as somebody has patience.
//!
//! A filter on a property, say, may fit nothing among millions of events. Whoever waits for a page wants an answer before all of them were
//! read: it says how far the look came, and the next one goes on from there.

use super::filter::{Clause, Reading};
use super::{Filter, StoredEvent, read_page};
use crate::value::Value;
use crate::{Result, Scope, Store, StoreError};
use syncline_core::cursor::Order;
use syncline_core::event::EventId;

/// Rows of an index that are looked through first. Every further piece is twice as large as the one before.
const FIRST: u32 = 2_000;
/// The largest piece.
const LARGEST: u32 = 1_000_000;

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Events that fit, in order.
    pub events: Vec<StoredEvent>,
    /// The event up to which everything was looked at, where patience ended before enough was found; there may be more beyond. None when
    /// the page is full, or when there is no more.
    pub reached: Option<EventId>,
}

/// Some of the timeline's index: strictly beyond the one, up to and with the other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Piece {
    pub(super) after: Option<EventId>,
    pub(super) until: Option<EventId>,
}

impl Piece {
    /// Only events within it.
    pub(super) fn narrow(self, clause: &mut Clause, order: Order) {
        let (beyond, within) = match order {
            Order::OldestFirst => ("id > ?", "id <= ?"),
            Order::NewestFirst => ("id < ?", "id >= ?"),
        };
        for (test, id) in [(beyond, self.after), (within, self.until)] {
            if let Some(id) = id {
                clause.and(test, id);
            }
        }
    }
}

/// Up to `limit` events strictly beyond `after` in `order`, as [`super::page`] has them, or as many as are found while there is patience:
/// after each piece `goes_on` says whether another one, twice as large, is looked through. The first always is, so that whoever asks
/// again and again comes to the end.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn look(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    after: Option<EventId>,
    limit: u32,
    goes_on: &mut (dyn FnMut() -> bool + Send),
) -> Result<Look> {
    if filter.is_led_to(scope) {
        let events = read_page(store, scope, filter, order, Piece { after, until: None }, limit).await?;
        return Ok(Look { events, reached: None });
    }
    let (mut found, mut piece, mut rows) = (Look::default(), Piece { after, until: None }, FIRST);
    loop {
        piece.until = end(store, scope, filter, order, piece.after, rows).await?;
        let missing = limit.saturating_sub(u32::try_from(found.events.len()).unwrap_or(u32::MAX));
        found.events.extend(read_page(store, scope, filter, order, piece, missing).await?);
        if found.events.len() >= limit as usize || piece.until.is_none() {
            return Ok(found);
        }
        piece.after = piece.until;
        if !goes_on() {
            found.reached = piece.after;
            return Ok(found);
        }
        rows = (rows * 2).min(LARGEST);
    }
}

/// The event that ends a piece of so many rows of the index that leads the reading; none when there are fewer.
async fn end(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    order: Order,
    after: Option<EventId>,
    rows: u32,
) -> Result<Option<EventId>> {
    let mut clause = Clause::of(store.dialect(), scope, &filter.leading(scope), Reading::ByTime);
    Piece { after, until: None }.narrow(&mut clause, order);
    clause.values.push(Value::from(rows - 1));
    let direction = if order == Order::OldestFirst { "ASC" } else { "DESC" };
    let sql = format!("SELECT id FROM events{} ORDER BY id {direction} LIMIT 1 OFFSET ?", clause.text);
    let found = store.query(&sql, clause.values).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let id = row.bytes(0)?;
    let broken = || StoreError::Corrupt(format!("events: id of {} bytes", id.len()));
    EventId::from_slice(&id).map(Some).ok_or_else(broken)
}
