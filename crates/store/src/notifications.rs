//! Notifications: what the application is to be told. Queued in the transaction that makes it true.

use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list, storable};
use crate::{Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// Something to be told.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Notification {
    /// Its id, unique.
    pub id: String,
    /// Whom it is about.
    pub org_id: String,
    /// Which connection it is about, if one.
    pub connection_id: Option<String>,
    /// What happened (`connection.created`, `sync.complete`).
    #[serde(rename = "type")]
    pub kind: String,
    /// The particulars, a JSON object.
    pub payload: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was handed to everybody who wants to be told; none until then.
    pub dispatched_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, org_id, connection_id, kind, payload, created_at, dispatched_at";

const INSERT: Bulk = Bulk {
    table: "notifications",
    columns: &[
        ("id", Kind::Text),
        ("org_id", Kind::Text),
        ("connection_id", Kind::Text),
        ("kind", Kind::Text),
        ("payload", Kind::Text),
        ("created_at", Kind::Int),
        ("dispatched_at", Kind::Int),
    ],
    unique: "id",
};

/// Queues a notification; one whose id is there already is there once.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn queue(tx: &mut Tx, new: &Notification) -> Result<()> {
    queue_all(tx, std::slice::from_ref(new)).await
}

/// Queues notifications; those whose ids are there already are there once.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn queue_all(tx: &mut Tx, new: &[Notification]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let row_of = |new: &Notification| {
        args![
            new.id.as_str(),
            new.org_id.as_str(),
            new.connection_id.as_deref(),
            new.kind.as_str(),
            storable(&new.payload),
            new.created_at,
            new.dispatched_at,
        ]
    };
    tx.insert_many(&INSERT, new.iter().map(row_of).collect::<Vec<_>>()).await
}

/// Notifications, latest first, at most `limit`: all, or those of one kind; from the beginning, or those older than `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    kind: Option<&str>,
    before: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Notification>> {
    let mut conditions = vec!["1 = 1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    if let Scope::Organization(org_id) = scope {
        conditions.push("org_id = ?".to_owned());
        values.push(org_id.as_str().into());
    }
    if let Some(kind) = kind {
        // Of two indexes SQLite has to be told which finds less: an organization's are few, a kind may be most of everybody's.
        let hide = if *scope != Scope::All && store.dialect() == crate::Dialect::Sqlite { "+" } else { "" };
        conditions.push(format!("{hide}kind = ?"));
        values.push(kind.into());
    }
    if let Some((at, id)) = &before {
        conditions.push("created_at <= ? AND (created_at < ? OR id < ?)".to_owned());
        values.extend(args![*at, *at, id.as_str()]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications WHERE {} ORDER BY created_at DESC, id DESC LIMIT ?",
        conditions.join(" AND ")
    );
    values.push(limit.into());
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// Deletes up to `limit` of the oldest notifications from before `instant` that were handed on; answers how many. What nobody was told yet
/// is kept, however old it is.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    // Of two indexes SQLite has to be told which has the order: almost all are handed on.
    let hide = if tx.dialect() == crate::Dialect::Sqlite { "+" } else { "" };
    let sql = format!(
        "SELECT id FROM notifications WHERE created_at < ? AND {hide}dispatched_at IS NOT NULL ORDER BY created_at, id LIMIT ?"
    );
    let old = tx.query(&sql, args![instant, limit]).await?;
    let ids = old.iter().map(|row| row.text(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    let mut gone = 0;
    for piece in ids.chunks(512) {
        let (marks, ids) = in_list(piece.to_vec());
        gone += tx.execute(&format!("DELETE FROM notifications WHERE id IN ({marks})"), ids).await?;
    }
    Ok(gone)
}

fn read(row: &Row) -> Result<Notification> {
    Ok(Notification {
        id: row.text(0)?,
        org_id: row.text(1)?,
        connection_id: row.maybe_text(2)?,
        kind: row.text(3)?,
        payload: row.text(4)?,
        created_at: row.time(5)?,
        dispatched_at: row.maybe_int(6)?.map(Timestamp::from_millis),
    })
}
