//! Messages: what is told, once for all endpoints.

mod fan_out;
mod look;
mod outbox;
mod publish;

pub use fan_out::Routed;
pub use look::{Brief, Filter, get, kinds, of, page};
pub use outbox::{Dispatched, dispatch, pending};
pub use publish::{Idempotency, Publication, Published, publish};

pub(super) use fan_out::{Head, INSERT_ORDER, PLACE, Place, insert, place};
pub(super) use look::{BRIEF, brief};

use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, storable};
use crate::{Result, Tx};
use syncline_core::event::column_text;
use syncline_core::time::Timestamp;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same for every endpoint and at every attempt. Ids grow with the time they are made at.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// What happened (`sync.complete`).
    pub kind: String,
    /// What it keeps order with, at endpoints that want that; none: with nothing.
    pub order_key: Option<String>,
    /// The body, JSON.
    pub payload: String,
    /// When it happened.
    pub created_at: Timestamp,
}

pub(super) const COLUMNS: &str = "id, org_id, kind, order_key, payload, created_at";

const INSERT: Bulk = Bulk {
    table: "messages",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("kind", Kind::Text),
        ("order_key", Kind::Text),
        ("payload", Kind::Text),
        ("created_at", Kind::Int),
    ],
    unique: "id",
};

/// Keeps a message that is for one endpoint alone, and queues nothing: [`super::deliveries::resend`] does. No other endpoint is ever sent
/// it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn keep_for(tx: &mut Tx, message: &Message, endpoint_id: &str) -> Result<()> {
    store(tx, &[message]).await?;
    let sql = "UPDATE messages SET only_for = ? WHERE id = ?";
    tx.execute(sql, args![endpoint_id, message.id.as_str()]).await.map(|_| ())
}

/// Keeps messages; those that are there stay as they are.
async fn store(tx: &mut Tx, messages: &[&Message]) -> Result<()> {
    let mut messages = messages.to_vec();
    messages.sort_by(|a, b| a.id.cmp(&b.id));
    let rows: Vec<Vec<Value>> = messages.into_iter().map(row_of).collect();
    tx.insert_many(&INSERT, rows).await
}

fn row_of(message: &Message) -> Vec<Value> {
    args![
        message.id.as_str(),
        message.org_id.as_str(),
        message.kind.as_str(),
        message.order_key.as_deref().map(column_text),
        storable(&message.payload),
        message.created_at
    ]
}

pub(super) fn read(row: &Row) -> Result<Message> {
    Ok(Message {
        id: row.text(0)?,
        org_id: row.text(1)?,
        kind: row.text(2)?,
        order_key: row.maybe_text(3)?,
        payload: row.text(4)?,
        created_at: row.time(5)?,
    })
}
