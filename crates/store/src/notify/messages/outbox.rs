//! From news to messages: what other rooms queued in the transactions that made it true ([`crate::notifications`]).

use super::fan_out::fan_out;
use super::{Message, Routed, store};
use crate::notify::{Handover, PIECE, count_of};
use crate::value::{Row, Value, args, in_list};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// What came of a look into the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// The messages that were made, in the order of the news.
    pub messages: Vec<Message>,
    /// Whether there may be more news.
    pub more: bool,
    /// Where they go.
    pub routed: Vec<Routed>,
}

/// Makes messages of up to `limit` of the oldest news, of about so many bytes together, and queues them for every endpoint that wants
/// them. One is always made, however large. What another process is at is left to it.
///
/// The message's id is that of its news behind `msg_`, and it keeps order with what else happened on its connection.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn dispatch(
    tx: &mut Tx,
    (limit, bytes): (u32, usize),
    handover: Option<&Handover>,
    now: Timestamp,
) -> Result<Dispatched> {
    let (ids, more) = oldest(tx, limit, bytes).await?;
    if ids.is_empty() {
        return Ok(Dispatched::default());
    }
    let mut messages = Vec::with_capacity(ids.len());
    for piece in ids.chunks(PIECE) {
        let (marks, some) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        let sql = format!(
            "SELECT id, org_id, kind, connection_id, payload, created_at FROM notifications WHERE id IN ({marks})"
        );
        for row in tx.query(&sql, some).await? {
            messages.push(read(&row)?);
        }
    }
    messages.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let all: Vec<&Message> = messages.iter().collect();
    store(tx, &all).await?;
    let routed = fan_out(tx, &all, handover, now).await?;
    for piece in ids.chunks(PIECE) {
        let (marks, some) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        let sql = format!("UPDATE notifications SET dispatched_at = ? WHERE id IN ({marks})");
        tx.execute(&sql, { args![now] }.into_iter().chain(some).collect()).await?;
    }
    Ok(Dispatched { messages, more, routed })
}

/// The oldest news, and whether there may be more. How long they are is asked before what they say is read: a batch of large ones would
/// else be in memory at once.
async fn oldest(tx: &mut Tx, limit: u32, bytes: usize) -> Result<(Vec<String>, bool)> {
    let sql = format!(
        "SELECT id, OCTET_LENGTH(payload) FROM notifications WHERE dispatched_at IS NULL ORDER BY created_at, id LIMIT ?{}",
        tx.dialect().skip_locked()
    );
    let rows = tx.query(&sql, args![limit]).await?;
    let (mut ids, mut so_far) = (Vec::with_capacity(rows.len()), 0);
    for row in &rows {
        so_far += count_of(row, 1)?;
        if !ids.is_empty() && so_far > bytes as u64 {
            return Ok((ids, true));
        }
        ids.push(row.text(0)?);
    }
    let more = ids.len() as u64 >= u64::from(limit);
    Ok((ids, more))
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
