//! Looking at deliveries. A scope sees those to its own endpoints.

use super::State;
use crate::notify::{count_of, maybe_time, own, small};
use crate::value::{Row, Value, args};
use crate::{Result, Scope, Store};
use syncline_core::time::Timestamp;

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Delivery {
    /// The message.
    pub message_id: String,
    /// The endpoint.
    pub endpoint_id: String,
    /// How it is.
    pub state: State,
    /// When it is due, or, under way, when that is given up; afterwards when it was settled.
    pub at: Timestamp,
    /// Whether it is under way.
    pub under_way: bool,
    /// How many attempts there were since it was last queued.
    pub attempts: u32,
    /// How many there were in all.
    pub tried: u32,
    /// The latest answer's status; none when there was no answer.
    pub status: Option<u16>,
    /// When the message was made.
    pub created_at: Timestamp,
}

/// Which deliveries to an endpoint are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All, the latest message first; after the one whose message this is.
    All(Option<String>),
    /// Those in a state, the one with the latest `at` first; after this moment and message.
    In(State, Option<(Timestamp, String)>),
}

pub(super) const COLUMNS: &str =
    "message_id, endpoint_id, state, at, lease_owner, attempts, tried, status, created_at";

/// Deliveries to an endpoint, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of_endpoint(
    store: &Store,
    scope: &Scope,
    endpoint_id: &str,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let (mine, scope_values) = own(scope, "org_id");
    let mut values = args![endpoint_id];
    values.extend(scope_values);
    let (tests, order) = match filter {
        Filter::All(None) => ("", "message_id DESC"),
        Filter::All(Some(before)) => {
            values.push(before.as_str().into());
            (" AND message_id < ?", "message_id DESC")
        }
        Filter::In(state, None) => {
            values.push(state.code().into());
            (" AND state = ?", "at DESC, message_id DESC")
        }
        Filter::In(state, Some((at, id))) => {
            values.extend(args![state.code(), *at, *at, id.as_str()]);
            (" AND state = ? AND at <= ? AND (at < ? OR message_id < ?)", "at DESC, message_id DESC")
        }
    };
    values.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM deliveries WHERE endpoint_id = ?{mine}{tests} ORDER BY {order} LIMIT ?"
    );
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// A message's deliveries, by endpoint.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of_message(store: &Store, scope: &Scope, message_id: &str) -> Result<Vec<Delivery>> {
    let (mine, values) = own(scope, "org_id");
    let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE message_id = ?{mine} ORDER BY endpoint_id");
    let values: Vec<Value> = { args![message_id] }.into_iter().chain(values).collect();
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// One delivery.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(
    store: &Store,
    scope: &Scope,
    message_id: &str,
    endpoint_id: &str,
) -> Result<Option<Delivery>> {
    let (mine, values) = own(scope, "org_id");
    let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE message_id = ? AND endpoint_id = ?{mine}");
    let values: Vec<Value> = { args![message_id, endpoint_id] }.into_iter().chain(values).collect();
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// How many deliveries to an endpoint wait or are under way, and when the first of them is due.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn waiting(store: &Store, endpoint_id: &str) -> Result<(u64, Option<Timestamp>)> {
    let sql = "SELECT COUNT(*), MIN(at) FROM deliveries WHERE endpoint_id = ? AND state = 0";
    let rows = store.query(sql, args![endpoint_id]).await?;
    rows.first().map_or(Ok((0, None)), |row| Ok((count_of(row, 0)?, maybe_time(row, 1)?)))
}

/// How many deliveries wait or are under way for all enabled endpoints together.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn waiting_in_all(store: &Store) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM endpoints e JOIN deliveries d ON d.endpoint_id = e.id AND d.state = 0 WHERE e.state = 'enabled'";
    let rows = store.query(sql, Vec::new()).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

pub(super) fn read(row: &Row) -> Result<Delivery> {
    let state = State::from_code(row.int(2)?)?;
    Ok(Delivery {
        message_id: row.text(0)?,
        endpoint_id: row.text(1)?,
        state,
        at: row.time(3)?,
        under_way: state == State::Waiting && row.maybe_text(4)?.is_some(),
        attempts: small(row, 5)?,
        tried: small(row, 6)?,
        status: row.maybe_int(7)?.and_then(|status| u16::try_from(status).ok()),
        created_at: row.time(8)?,
    })
}
