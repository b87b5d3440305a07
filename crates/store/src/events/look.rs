//! Looking for events that no index leads to, a piece of the timeline after the other, for as long as somebody has patience.
//!
//! A filter on a property, say, may fit nothing among millions of events. Whoever waits for a page wants an answer before all of them were
//! read: it says how far the look came, and the next one goes on from there.

use super::filter::{Clause, Reading, Span};
use super::search::PIECE;
use super::{Filter, StoredEvent, read_page};
use crate::value::Value;
use crate::{Result, Scope, Store, StoreError};
use std::time::Duration;
use syncline_core::cursor::Order;
use syncline_core::event::EventId;

/// Rows of an index that are looked through first. Every further piece is twice as large as the one before.
const FIRST: u32 = 2_000;
/// The largest piece.
const LARGEST: u32 = 1_000_000;
/// The fewest rows of an index where several lead.
const LEAST: u32 = 100;

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Events that fit, in order.
    pub events: Vec<StoredEvent>,
    /// Up to where everything was looked at, where patience ended before enough was found; there may be more beyond. None when the page is
    /// full, or when there is no more.
    pub reached: Option<EventId>,
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
    let span = Span::of(filter);
    if filter.is_led_to(scope) {
        let events = read_page(store, scope, filter, order, span.beyond(order, after), limit).await?;
        return Ok(Look { events, reached: None });
    }
    let ways = filter.search.as_ref().map_or_else(|| vec![filter.clone()], |search| search.ways(filter));
    let (mut found, mut after, mut rows) = (Look::default(), after, FIRST);
    loop {
        let rest = span.beyond(order, after);
        let end = end(store, scope, &ways, order, rest, rows).await?;
        let piece = end.map_or(rest, |end| rest.until(order, end));
        let missing = limit.saturating_sub(u32::try_from(found.events.len()).unwrap_or(u32::MAX));
        found.events.extend(read_page(store, scope, filter, order, piece, missing).await?);
        if found.events.len() >= limit as usize || end.is_none() {
            return Ok(found);
        }
        after = end;
        if !goes_on() {
            found.reached = end;
            return Ok(found);
        }
        rows = (rows * 2).min(LARGEST);
    }
}

/// Where a piece ends that has so many rows of each of the indexes that lead the reading: at the nearest of their ends, none when all of them
/// are shorter. It is the bound of a millisecond, which says nothing of the events in it: they may be somebody else's.
async fn end(
    store: &Store,
    scope: &Scope,
    ways: &[Filter],
    order: Order,
    span: Span,
    rows: u32,
) -> Result<Option<EventId>> {
    let direction = if order == Order::OldestFirst { "ASC" } else { "DESC" };
    let each = (rows / u32::try_from(ways.len()).unwrap_or(rows).max(1)).max(LEAST);
    let mut ends = Vec::new();
    for some in ways.chunks(PIECE) {
        let mut values = Vec::new();
        let of_one = |(place, way): (usize, &Filter)| {
            // Whose events they are is not looked at, unless that is what leads: the index alone is read.
            let leading = way.leading(scope);
            let clause = Clause::within(store.dialect(), &Scope::All, &leading, Reading::ByTime, span);
            values.extend(clause.values);
            values.push(Value::from(each - 1));
            let inner =
                format!("SELECT id FROM events{} ORDER BY id {direction} LIMIT 1 OFFSET ?", clause.text);
            format!("SELECT * FROM ({inner}) way_{place}")
        };
        let sql = some.iter().enumerate().map(of_one).collect::<Vec<_>>().join(" UNION ALL ");
        for row in store.query(&sql, values).await? {
            let id = row.bytes(0)?;
            let broken = || StoreError::Corrupt(format!("events: id of {} bytes", id.len()));
            ends.push(EventId::from_slice(&id).ok_or_else(broken)?);
        }
    }
    let millisecond = Duration::from_millis(1);
    Ok(match order {
        Order::OldestFirst => ends.into_iter().min().map(|id| {
            let next = EventId::first_at(id.occurred_at().plus(millisecond));
            next.before().max(id)
        }),
        Order::NewestFirst => ends.into_iter().max().map(|id| EventId::first_at(id.occurred_at())),
    })
}
