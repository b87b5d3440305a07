//! From news to messages: what other rooms queued in the transactions that made it true ([`crate::notifications`]).

use super::fan_out::fan_out;
use super::{Message, Routed, store};
use crate::notify::{Handover, PIECE};
use crate::value::{Row, Value, args, in_list};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// What came of a look into the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// The messages that were made, in the order of the news. As many as were asked for: then there is more.
    pub messages: Vec<Message>,
    /// Where they go.
    pub routed: Vec<Routed>,
}

/// Makes messages of up to `limit` of the oldest news and queues them for every endpoint that wants them. What another process is at is
/// left to it.
///
/// The message's id is that of its news behind `msg_`, and it keeps order with what else happened on its connection.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn dispatch(
    tx: &mut Tx,
    limit: u32,
    handover: Option<&Handover>,
    now: Timestamp,
) -> Result<Dispatched> {
    let sql = format!(
        "SELECT id, org_id, kind, connection_id, payload, created_at FROM notifications WHERE dispatched_at IS NULL \
         ORDER BY created_at, id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let rows = tx.query(&sql, args![limit]).await?;
    let ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    let messages = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    if messages.is_empty() {
        return Ok(Dispatched::default());
    }
    let all: Vec<&Message> = messages.iter().collect();
    store(tx, &all).await?;
    let routed = fan_out(tx, &all, handover, now).await?;
    for piece in ids.chunks(PIECE) {
        let (marks, some) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        let sql = format!("UPDATE notifications SET dispatched_at = ? WHERE id IN ({marks})");
        tx.execute(&sql, { args![now] }.into_iter().chain(some).collect()).await?;
    }
    Ok(Dispatched { messages, routed })
}

/// Whether there is news that nobody was told yet, and since when the oldest has waited.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn pending(store: &Store) -> Result<Option<Timestamp>> {
    let sql =
        "SELECT created_at FROM notifications WHERE dispatched_at IS NULL ORDER BY created_at, id LIMIT 1";
    store.query(sql, Vec::new()).await?.first().map(|row| row.time(0)).transpose()
}

fn read(row: &Row) -> Result<Message> {
    let id = row.text(0)?;
    let bare = id.split_once('_').map_or(id.as_str(), |(_, bare)| bare);
    Ok(Message {
        id: format!("msg_{bare}"),
        org_id: row.text(1)?,
        kind: row.text(2)?,
        order_key: row.maybe_text(3)?,
        payload: row.text(4)?,
        created_at: row.time(5)?,
    })
}
