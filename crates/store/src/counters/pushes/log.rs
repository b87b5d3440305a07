//! What was sent and what came of it, for as long as it is kept.

use crate::counters::visible;
use crate::runs::words;
use crate::tx::Bulk;
use crate::value::{Kind, Row, args, storable};
use crate::{Result, Scope, Store, Tx};
use std::time::Duration;
use syncline_core::time::Timestamp;

words! {
    /// What happened.
    What in "counter_pushes.what" {
        /// A call was accepted, or a write answered.
        Accepted = "accepted",
        /// A call was turned away for now.
        NotTaken = "not_taken",
        /// Nobody knows what came of a call.
        Lost = "lost",
        /// A call was refused.
        Refused = "refused",
        /// The property shows the value.
        Shown = "shown",
        /// A person is to decide.
        Parked = "parked",
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its place in the order; the database gives it, whatever stands here before.
    pub seq: i64,
    /// The counter's key.
    pub key: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The value.
    pub value: i64,
    /// How long the answer took; of what is shown, how long the change had waited for that.
    pub latency: Duration,
    /// The particulars, for people.
    pub detail: Option<String>,
}

const INSERT: Bulk = Bulk {
    table: "counter_pushes",
    columns: &[
        ("definition_id", Kind::Text),
        ("counter_key", Kind::Text),
        ("at", Kind::Int),
        ("what", Kind::Text),
        ("value", Kind::Int),
        ("latency", Kind::Int),
        ("detail", Kind::Text),
    ],
    unique: "seq",
};

pub(super) async fn add(tx: &mut Tx, definition_id: &str, entries: &[Entry]) -> Result<()> {
    let row_of = |one: &Entry| {
        args![
            definition_id,
            one.key.as_str(),
            one.at,
            one.what.name(),
            one.value,
            i64::try_from(one.latency.as_millis()).unwrap_or(i64::MAX),
            one.detail.as_deref().map(storable)
        ]
    };
    tx.insert_many(&INSERT, entries.iter().map(row_of).collect::<Vec<_>>()).await
}

/// Whose log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFilter<'a> {
    /// The definition.
    pub definition_id: &'a str,
    /// Only this counter's.
    pub key: Option<&'a str>,
}

/// What happened, latest first, at most `limit`; from the end, or from before `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn log(
    store: &Store,
    scope: &Scope,
    filter: LogFilter<'_>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let (mine, scope_values) = visible(scope, "counter_pushes.definition_id");
    let mut values = args![filter.definition_id];
    let of_key = if let Some(key) = filter.key {
        values.push(key.into());
        " AND counter_key = ?"
    } else {
        ""
    };
    values.push(before.unwrap_or(i64::MAX).into());
    values.extend(scope_values);
    values.push(limit.into());
    let sql = format!(
        "SELECT seq, counter_key, at, what, value, latency, detail FROM counter_pushes \
         WHERE definition_id = ?{of_key} AND seq < ?{mine} ORDER BY seq DESC LIMIT ?"
    );
    store.query(&sql, values).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Entry> {
    Ok(Entry {
        seq: row.int(0)?,
        key: row.text(1)?,
        at: row.time(2)?,
        what: What::stored(&row.text(3)?)?,
        value: row.int(4)?,
        latency: Duration::from_millis(u64::try_from(row.int(5)?).unwrap_or(0)),
        detail: row.maybe_text(6)?,
    })
}
