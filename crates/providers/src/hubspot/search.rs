//! Finding what changed, by search (HubSpot facts 3.4).
//!
//! A search shows 10,000 results at most, and its pages are offsets: a record that is changed while we read moves to the end,
//! all others move up, and one of them slips over the edge between two pages. So no second page is ever asked for. Every
//! search begins at the time where the last one ended, and what was seen of that very time is dropped. Where one time has
//! more records than a page, they are gone through by id, which no change alters.

use super::kind::Kind;
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// How many results one search may show (facts 2).
pub const PAGE: usize = 200;

/// How many characters the body of a search may have (facts 2).
pub const BODY: usize = 3_000;

/// Where the search begins whatever is asked for: a search from the epoch fails (facts 3.4), and there was no HubSpot before
/// 2006.
const FIRST: Timestamp = Timestamp::from_millis(1_136_073_600_000);

/// How far a search has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// Everything before `from` was seen, and of `from` itself these.
    Times {
        /// A time of change.
        from: Timestamp,
        /// Ids.
        seen: Vec<String>,
    },
    /// Everything before `at` was seen, and of `at` itself all ids up to `above`.
    Ids {
        /// A time of change that very many records have.
        at: Timestamp,
        /// An id.
        above: u64,
    },
}

/// What a result is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: String,
    /// When it was changed, as the search compares it.
    pub changed: Option<Timestamp>,
}

impl Cursor {
    /// Before everything that changed at or after `since`.
    pub fn since(since: Timestamp) -> Self {
        Self::Times { from: since.max(FIRST), seen: Vec::new() }
    }

    /// The body of the next search.
    pub fn body(&self, kind: &Kind, properties: &[String], limit: usize) -> Value {
        let filter = |name: &str, operator: &str, value: String| json!({ "propertyName": name, "operator": operator, "value": value });
        let time = |operator, at: Timestamp| filter(kind.modified(), operator, at.as_millis().to_string());
        let (filters, sort) = match self {
            Self::Times { from, .. } => (vec![time("GTE", *from)], kind.modified()),
            // Not EQ: times are shown in milliseconds and may be kept in less (facts 3.4).
            Self::Ids { at, above } => {
                let above = filter("hs_object_id", "GT", above.to_string());
                (vec![time("GTE", *at), time("LT", after(*at)), above], "hs_object_id")
            }
        };
        json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{ "propertyName": sort, "direction": "ASCENDING" }],
            "properties": properties,
            "limit": limit,
        })
    }

    /// Whether this result was already shown to this cursor.
    pub fn has_seen(&self, result: &Seen) -> bool {
        match self {
            Self::Times { from, seen } => result.changed == Some(*from) && seen.contains(&result.id),
            Self::Ids { .. } => false,
        }
    }

    /// Where to go on after these results, if there are `more`; none at the end.
    ///
    /// # Errors
    /// [`Fault`] when they do not say where.
    pub fn next(&self, results: &[Seen], more: bool) -> Result<Option<Self>, Fault> {
        match self {
            Self::Times { .. } if !more => Ok(None),
            Self::Times { from, .. } => Self::later(*from, results).map(Some),
            Self::Ids { at, .. } if !more => Ok(Some(Self::Times { from: after(*at), seen: Vec::new() })),
            Self::Ids { at, above } => {
                let ids = results.iter().map(|result| result.id.parse::<u64>());
                let ids = ids
                    .collect::<Result<Vec<u64>, _>>()
                    .map_err(|_| Fault::Unreadable("an id that is no number"))?;
                match ids.into_iter().max() {
                    Some(highest) if highest > *above => Ok(Some(Self::Ids { at: *at, above: highest })),
                    _ => Err(stuck()),
                }
            }
        }
    }

    /// After a page of times that is not the last.
    fn later(from: Timestamp, results: &[Seen]) -> Result<Self, Fault> {
        let last = results.last().ok_or_else(stuck)?;
        let last = last.changed.ok_or(Fault::Unreadable("a record without the time of its change"))?;
        if last <= from {
            return Ok(Self::Ids { at: from, above: 0 });
        }
        let same = results.iter().filter(|result| result.changed == Some(last));
        Ok(Self::Times { from: last, seen: same.map(|result| result.id.clone()).collect() })
    }
}

fn after(at: Timestamp) -> Timestamp {
    at.plus(Duration::from_millis(1))
}

/// It says that there is more, and not what.
fn stuck() -> Fault {
    Fault::Transient {
        message: "HubSpot's search says that there is more, and shows none".to_owned(),
        wait: None,
    }
}
