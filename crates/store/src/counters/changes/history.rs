//! What moved a counter.

use crate::counters::visible;
use crate::tx::Bulk;
use crate::value::{Kind, Row, args};
use crate::{Result, Scope, Store, Tx};
use syncline_core::event::column_text;
use syncline_core::time::Timestamp;

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The counter's key.
    pub key: String,
    /// How often it had changed then, this time included.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// How: `increment`, `decrement`, `set`, `seen` in Redis, or `repair`.
    pub op: String,
    /// By how much, or to what.
    pub amount: i64,
    /// What it was after it.
    pub value: i64,
    /// What it was before it.
    pub before: i64,
    /// Whose change it was (`api`, `cli`, `redis`, `reconciliation`).
    pub source: String,
}

const INSERT: Bulk = Bulk {
    table: "counter_changes",
    columns: &[
        ("definition_id", Kind::Text),
        ("counter_key", Kind::Text),
        ("version", Kind::Int),
        ("at", Kind::Int),
        ("op", Kind::Text),
        ("amount", Kind::Int),
        ("value", Kind::Int),
        ("value_before", Kind::Int),
        ("source", Kind::Text),
    ],
    unique: "definition_id, counter_key, version",
};

pub(super) async fn add(tx: &mut Tx, definition_id: &str, entries: &[Entry]) -> Result<()> {
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by(|a, b| (&a.key, a.version).cmp(&(&b.key, b.version)));
    let row_of = |one: &Entry| {
        args![
            definition_id,
            one.key.as_str(),
            one.version,
            one.at,
            one.op.as_str(),
            one.amount,
            one.value,
            one.before,
            column_text(&one.source)
        ]
    };
    tx.insert_many(&INSERT, entries.into_iter().map(row_of).collect::<Vec<_>>()).await
}

/// What moved a counter, latest first, at most `limit`; from its last change, or from the one before version `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn history(
    store: &Store,
    scope: &Scope,
    (definition_id, key): (&str, &str),
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let (mine, scope_values) = visible(scope, "counter_changes.definition_id");
    let sql = format!(
        "SELECT counter_key, version, at, op, amount, value, value_before, source FROM counter_changes \
         WHERE definition_id = ? AND counter_key = ? AND version < ?{mine} ORDER BY version DESC LIMIT ?"
    );
    let mut values = args![definition_id, key, before.unwrap_or(i64::MAX)];
    values.extend(scope_values);
    values.push(limit.into());
    let read = |row: &Row| {
        Ok(Entry {
            key: row.text(0)?,
            version: row.int(1)?,
            at: row.time(2)?,
            op: row.text(3)?,
            amount: row.int(4)?,
            value: row.int(5)?,
            before: row.int(6)?,
            source: row.text(7)?,
        })
    };
    store.query(&sql, values).await?.iter().map(read).collect()
}
