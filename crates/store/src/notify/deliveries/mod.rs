//! Deliveries: one for every message and endpoint that wants it.

mod again;
mod claim;
mod look;
mod lost;
mod order;
mod search;
mod settle;
mod walks;

pub use again::{Replay, Span, recover, replay, resend, skip};
pub use claim::{Ask, Claim, LaneDue, claim, contents, lanes, next_due, release, renew};
pub use look::{Delivery, Filter, get, of_endpoint, of_message, waiting, waiting_in_all};
pub use search::{Found, LOOKED_AT, Page, Place, Search, search};
pub use settle::{Outcome, Settlement, settle, settle_outcomes};

use crate::value::{Value, args, in_list};
use crate::{Dialect, Result, StoreError, Tx};
use std::collections::BTreeSet;

/// How a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its time, or is under way.
    Waiting,
    /// Arrived.
    Delivered,
    /// Did not arrive and is not tried again by itself.
    Failed,
    /// Was dropped because somebody asked for that.
    Skipped,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Delivered, Self::Failed, Self::Skipped];

    /// Its name, as it is serialized.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Delivered => 1,
            Self::Failed => 2,
            Self::Skipped => 3,
        }
    }

    fn from_code(code: i64) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|state| state.code() == code);
        known.ok_or_else(|| StoreError::Corrupt(format!("deliveries: state {code}")))
    }
}

/// Ids in one statement that changes rows.
const PIECE: usize = 256;

/// Has rows found by the primary key. By another index MySQL may read, and lock on the way, all of an endpoint; and SQLite does read all of
/// it when it is given more than a few ids.
fn by_primary(tx: &Tx) -> &'static str {
    match tx.dialect() {
        Dialect::Sqlite => " INDEXED BY sqlite_autoindex_deliveries_1",
        Dialect::MySql => " FORCE INDEX (PRIMARY)",
        Dialect::Postgres => "",
    }
}

/// Locks the deliveries of messages to an endpoint in the order of their ids, as everybody who changes several; answers those that there
/// are. To be given sorted ids.
pub(in crate::notify) async fn lock(
    tx: &mut Tx,
    endpoint_id: &str,
    ids: &[&str],
) -> Result<BTreeSet<String>> {
    // A database that updates many rows at once takes them in an order of its own.
    let order = match tx.dialect() {
        Dialect::Sqlite => String::new(),
        servers => format!(" ORDER BY message_id{}", servers.locked()),
    };
    let mut found = BTreeSet::new();
    for piece in ids.chunks(PIECE) {
        let (marks, some) = among(piece);
        let sql = format!(
            "SELECT message_id FROM deliveries{primary} WHERE message_id IN ({marks}) AND endpoint_id = ?{order}",
            primary = by_primary(tx)
        );
        for row in tx.query(&sql, some.into_iter().chain(args![endpoint_id]).collect()).await? {
            found.insert(row.text(0)?);
        }
    }
    Ok(found)
}

/// Placeholders and values for these messages.
fn among(ids: &[&str]) -> (String, Vec<Value>) {
    in_list(ids.iter().map(|id| Value::from(*id)).collect())
}
