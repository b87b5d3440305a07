//! Looking for deliveries, whichever endpoint they go to.
//!
//! An index leads to some of what may be asked for ([`walks`](super::walks)); the rest is compared row by row. One page looks at
//! [`LOOKED_AT`] rows at most, whether they fit or not, and the next page goes on behind them: a page costs the same however much is stored.

use super::walks::{Piece, Walk};
use super::{Delivery, State};
use crate::value::{Value, in_list, storable};
use crate::{Result, Scope, Store};
use std::collections::HashMap;
use syncline_core::time::Timestamp;

/// Rows that one page looks at before it leaves the rest to the next.
pub const LOOKED_AT: usize = 2_000;

/// Rows that are looked at together, once the first of them were not enough.
const PIECE: usize = 500;

/// Which deliveries are meant. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Of this message.
    pub message_id: Option<String>,
    /// To this endpoint.
    pub endpoint_id: Option<String>,
    /// That are so.
    pub state: Option<State>,
    /// Of messages of this kind.
    pub kind: Option<String>,
    /// Of messages of this organization.
    pub org_id: Option<String>,
    /// Of messages that were not made before this.
    pub from: Option<Timestamp>,
    /// Of messages that were made before this.
    pub to: Option<Timestamp>,
}

/// A place in the order of a search.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where a state is asked for, the delivery's `at`; else when its message was made.
    pub at: Timestamp,
    /// The message.
    pub message_id: String,
    /// The endpoint; empty before all of them.
    pub endpoint_id: String,
}

/// A delivery with what its message says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The delivery.
    pub delivery: Delivery,
    /// Whose the message is; none when the message is gone.
    pub org_id: Option<String>,
    /// What happened; none when the message is gone.
    pub kind: Option<String>,
}

/// A page of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What was found: the latest message first; where a state is asked for, the latest `at` first.
    pub found: Vec<Found>,
    /// Where to go on; none at the end. A page may have one and nothing found.
    pub next: Option<Place>,
}

impl Search {
    /// The same with texts that every database takes.
    fn storable(&self) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(storable);
        Self {
            message_id: text(&self.message_id),
            endpoint_id: text(&self.endpoint_id),
            kind: text(&self.kind),
            org_id: text(&self.org_id),
            ..self.clone()
        }
    }

    /// Where a delivery stands in the order of this search.
    pub(super) fn place(&self, of: &Delivery) -> Place {
        let at = if self.state.is_some() { of.at } else { of.created_at };
        Place { at, message_id: of.message_id.clone(), endpoint_id: of.endpoint_id.clone() }
    }

    /// Whether a delivery is meant.
    fn fits(&self, one: &Found) -> bool {
        let of = &one.delivery;
        self.message_id.as_ref().is_none_or(|id| *id == of.message_id)
            && self.endpoint_id.as_ref().is_none_or(|id| *id == of.endpoint_id)
            && self.state.is_none_or(|state| state == of.state)
            && self.kind.as_ref().is_none_or(|kind| one.kind.as_ref() == Some(kind))
            && self.org_id.as_ref().is_none_or(|org_id| one.org_id.as_ref() == Some(org_id))
            && self.from.is_none_or(|from| of.created_at >= from)
            && self.to.is_none_or(|to| of.created_at < to)
    }
}

/// Deliveries that fit, at most `limit`; from the beginning, or behind `before`. A scope sees those to its own endpoints.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn search(
    store: &Store,
    scope: &Scope,
    search: &Search,
    before: Option<&Place>,
    limit: u32,
) -> Result<Page> {
    let search = search.storable();
    let mut at = before.map(|place| Place {
        at: place.at,
        message_id: storable(&place.message_id),
        endpoint_id: storable(&place.endpoint_id),
    });
    let walk = Walk::of(store, scope, &search, at.as_ref()).await?;
    let (mut page, mut looked_at) = (Page::default(), 0);
    let mut size = limit as usize + 1;
    loop {
        let Piece { rows, looked_at: some, end } = walk.piece(at.as_ref(), size).await?;
        looked_at += some;
        for one in with_messages(store, rows).await?.into_iter().filter(|one| search.fits(one)) {
            if page.found.len() == limit as usize {
                page.next = page.found.last().map(|last| search.place(&last.delivery));
                return Ok(page);
            }
            page.found.push(one);
        }
        if end.is_none() || looked_at >= LOOKED_AT {
            page.next = end;
            return Ok(page);
        }
        (at, size) = (end, PIECE);
    }
}

/// These, with what their messages say of themselves.
async fn with_messages(store: &Store, rows: Vec<Delivery>) -> Result<Vec<Found>> {
    let mut ids: Vec<&str> = rows.iter().map(|one| one.message_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut heads: HashMap<String, (String, String)> = HashMap::with_capacity(ids.len());
    for piece in ids.chunks(crate::notify::PIECE) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT id, org_id, kind FROM messages WHERE id IN ({marks})");
        for row in store.query(&sql, values).await? {
            heads.insert(row.text(0)?, (row.text(1)?, row.text(2)?));
        }
    }
    let with = |delivery: Delivery| {
        let (org_id, kind) = heads.get(&delivery.message_id).cloned().unzip();
        Found { delivery, org_id, kind }
    };
    Ok(rows.into_iter().map(with).collect())
}
