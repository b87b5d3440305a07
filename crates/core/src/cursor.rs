//! Cursors: where a page of a list of events ended, written so that nobody is tempted to build one.
//!
//! A page is "the first `n` events beyond this id", never "skip `n` rows". Events keep arriving while somebody turns
//! pages, some with an old `occurred_at`; by id nothing that was there gets skipped or shown twice, whatever comes in
//! between.

use crate::event::EventId;
use crate::signature::sha256;
use data_encoding::BASE64URL_NOPAD;

/// In which direction a list of events runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// By time of occurrence, the earliest first: ids grow.
    OldestFirst,
    /// By time of occurrence, the latest first: ids shrink.
    NewestFirst,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The direction the list runs in.
    pub order: Order,
    /// The last event of the page; the next page starts just beyond it.
    pub after: EventId,
    /// Which query the page belongs to, see [`filter_hash`].
    pub filter: u64,
}

/// Why a cursor is not followed. The messages are meant for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It cannot have come from here: damaged, invented, or written by a version with another format.
    #[error("cursor is not one of ours")]
    NotOurs,
    /// It came from here, but from a list with other filters or another order.
    #[error("cursor belongs to another query")]
    AnotherQuery,
}

/// The first byte of every cursor; another layout gets another number.
const VERSION: u8 = 1;
/// Version, order, event, filter.
const LENGTH: usize = 1 + 1 + 16 + 8;

impl Cursor {
    /// The cursor as it is handed out: URL-safe base 64 without padding, 35 characters.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = [0; LENGTH];
        bytes[0] = VERSION;
        bytes[1] = match self.order {
            Order::OldestFirst => 0,
            Order::NewestFirst => 1,
        };
        bytes[2..18].copy_from_slice(self.after.as_bytes());
        bytes[18..].copy_from_slice(&self.filter.to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a cursor as it was handed out, whatever query it belongs to.
    ///
    /// # Errors
    /// [`CursorError::NotOurs`] for every other text.
    pub fn decode(text: &str) -> Result<Self, CursorError> {
        // A check before the work: the text is as long as whoever sent it pleased.
        if text.len() > LENGTH * 2 {
            return Err(CursorError::NotOurs);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| CursorError::NotOurs)?;
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| CursorError::NotOurs)?;
        let order = match (bytes[0], bytes[1]) {
            (VERSION, 0) => Order::OldestFirst,
            (VERSION, 1) => Order::NewestFirst,
            _ => return Err(CursorError::NotOurs),
        };
        let after = EventId::from_slice(&bytes[2..18]).ok_or(CursorError::NotOurs)?;
        let filter = u64::from_be_bytes(bytes[18..].try_into().map_err(|_| CursorError::NotOurs)?);
        Ok(Self { order, after, filter })
    }

    /// Reads the cursor that came with a query which runs in `order` and filters as `filter` says; answers the event
    /// to go on after.
    ///
    /// # Errors
    /// Either [`CursorError`]; both are the caller's fault.
    pub fn resume(text: &str, order: Order, filter: u64) -> Result<EventId, CursorError> {
        let cursor = Self::decode(text)?;
        if cursor.order == order && cursor.filter == filter {
            Ok(cursor.after)
        } else {
            Err(CursorError::AnotherQuery)
        }
    }
}

/// A number for a query's filters (organization, account, kind, times, …): equal parts give equal numbers in every
/// version. `None` is a filter that was not given, which is not the same as an empty one. It guards against mistakes,
/// not against malice: what a caller may see is decided by the query, never by a cursor.
#[must_use]
pub fn filter_hash(parts: &[Option<&str>]) -> u64 {
    let mut bytes = Vec::new();
    for part in parts {
        match part {
            None => bytes.push(0),
            Some(text) => {
                bytes.push(1);
                bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[&bytes]);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::ops::Bound::{Excluded, Unbounded};

    fn order() -> impl Strategy<Value = Order> {
        prop_oneof![Just(Order::OldestFirst), Just(Order::NewestFirst)]
    }

    fn event() -> impl Strategy<Value = EventId> {
        any::<[u8; 16]>().prop_map(|bytes| EventId::from_slice(&bytes).unwrap())
    }

    /// What the database is asked for: the next `limit` ids beyond `after`.
    fn page(events: &BTreeSet<EventId>, order: Order, after: Option<EventId>, limit: usize) -> Vec<EventId> {
        let beyond = after.map_or(Unbounded, Excluded);
        match order {
            Order::OldestFirst => events.range((beyond, Unbounded)).take(limit).copied().collect(),
            Order::NewestFirst => events.range((Unbounded, beyond)).rev().take(limit).copied().collect(),
        }
    }

    proptest! {
        #[test]
        fn cursors_read_back(order in order(), after in event(), filter: u64) {
            let cursor = Cursor { order, after, filter };
            let text = cursor.encode();
            prop_assert_eq!(text.len(), 35);
            prop_assert_eq!(Cursor::decode(&text), Ok(cursor));
            prop_assert_eq!(Cursor::resume(&text, order, filter), Ok(after));
            let elsewhere = Cursor::resume(&text, order, filter ^ 1);
            prop_assert_eq!(elsewhere, Err(CursorError::AnotherQuery));
        }

        #[test]
        fn one_cursor_has_one_spelling(text in "[A-Za-z0-9_-]{0,60}|AQ[AE][A-Za-z0-9_-]{32}|.{0,50}") {
            match Cursor::decode(&text) {
                Ok(cursor) => prop_assert_eq!(cursor.encode(), text),
                Err(error) => prop_assert_eq!(error, CursorError::NotOurs),
            }
        }

        #[test]
        fn nothing_is_skipped_or_repeated_while_events_arrive(
            order in order(),
            at_start in prop::collection::btree_set(event(), 0..80),
            arriving in prop::collection::vec(prop::collection::vec(event(), 0..10), 0..40),
            limit in 1usize..9,
        ) {
            let mut events = at_start.clone();
            let mut arriving = arriving.into_iter();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let ids = page(&events, order, after, limit);
                let Some(last) = ids.last() else { break };
                let text = Cursor { order, after: *last, filter: 7 }.encode();
                after = Some(Cursor::resume(&text, order, 7).unwrap());
                seen.extend(ids);
                events.extend(arriving.next().unwrap_or_default());
            }
            let distinct: BTreeSet<EventId> = seen.iter().copied().collect();
            prop_assert_eq!(distinct.len(), seen.len(), "repeated");
            prop_assert!(at_start.is_subset(&distinct), "skipped");
            if order == Order::NewestFirst {
                seen.reverse();
            }
            prop_assert!(seen.is_sorted());
        }
    }

    #[test]
    fn the_other_direction_is_another_query() {
        let text = Cursor { order: Order::OldestFirst, after: EventId::MIN, filter: 1 }.encode();
        assert_eq!(Cursor::resume(&text, Order::NewestFirst, 1), Err(CursorError::AnotherQuery));
        assert_eq!(CursorError::AnotherQuery.to_string(), "cursor belongs to another query");
        assert_eq!(CursorError::NotOurs.to_string(), "cursor is not one of ours");
    }

    #[test]
    fn filters_are_told_apart() {
        let hashes: BTreeSet<u64> = [
            filter_hash(&[]),
            filter_hash(&[None]),
            filter_hash(&[Some("")]),
            filter_hash(&[Some("ab"), None]),
            filter_hash(&[None, Some("ab")]),
            filter_hash(&[Some("a"), Some("b")]),
        ]
        .into();
        assert_eq!(hashes.len(), 6);
        // Cursors outlive a release: the number may not change.
        assert_eq!(filter_hash(&[Some("org_1"), None]), 16_749_735_772_201_730_038);
    }
}
