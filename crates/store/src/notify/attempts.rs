//! Attempts: every request that was sent for a delivery, and what came back.

use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, storable};
use crate::{Result, Scope, Store, Tx};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attempt {
    /// The message.
    pub message_id: String,
    /// The endpoint.
    pub endpoint_id: String,
    /// When it began. Two of one delivery never begin in the same millisecond.
    pub at: Timestamp,
    /// How long it took, until the answer was read or it was given up. Kept in whole milliseconds.
    pub latency: Duration,
    /// The answer's status; none when there was no answer.
    pub status: Option<u16>,
    /// The answer's headers, a JSON object; none when there was no answer.
    pub headers: Option<String>,
    /// The beginning of the answer's body, as text; none when there was no answer.
    pub body: Option<String>,
    /// Why it failed, for people; none when the status says it all.
    pub error: Option<String>,
}

const INSERT: Bulk = Bulk {
    table: "attempts",
    columns: &[
        ("message_id", Kind::Text),
        ("endpoint_id", Kind::Text),
        ("at", Kind::Int),
        ("latency", Kind::Int),
        ("status", Kind::Int),
        ("headers", Kind::Text),
        ("body", Kind::Text),
        ("error", Kind::Text),
    ],
    unique: "message_id, endpoint_id, at",
};

/// Keeps attempts, each once.
pub(super) async fn insert<'a>(tx: &mut Tx, attempts: impl Iterator<Item = &'a Attempt>) -> Result<()> {
    let mut attempts: Vec<&Attempt> = attempts.collect();
    attempts.sort_by_key(|one| (&one.message_id, &one.endpoint_id, one.at));
    let rows: Vec<Vec<Value>> = attempts.into_iter().map(row_of).collect();
    tx.insert_many(&INSERT, rows).await
}

fn row_of(one: &Attempt) -> Vec<Value> {
    args![
        one.message_id.as_str(),
        one.endpoint_id.as_str(),
        one.at,
        millis(one.latency),
        one.status.map(i64::from),
        one.headers.as_deref().map(storable),
        one.body.as_deref().map(storable),
        one.error.as_deref().map(storable)
    ]
}

pub(super) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// The attempts of a delivery, latest first, at most `limit`; none when it is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    message_id: &str,
    endpoint_id: &str,
    limit: u32,
) -> Result<Vec<Attempt>> {
    if super::deliveries::get(store, scope, message_id, endpoint_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let sql = "SELECT message_id, endpoint_id, at, latency, status, headers, body, error FROM attempts \
               WHERE message_id = ? AND endpoint_id = ? ORDER BY at DESC LIMIT ?";
    store.query(sql, args![message_id, endpoint_id, limit]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        message_id: row.text(0)?,
        endpoint_id: row.text(1)?,
        at: row.time(2)?,
        latency: Duration::from_millis(u64::try_from(row.int(3)?).unwrap_or(0)),
        status: row.maybe_int(4)?.and_then(|status| u16::try_from(status).ok()),
        headers: row.maybe_text(5)?,
        body: row.maybe_text(6)?,
        error: row.maybe_text(7)?,
    })
}
