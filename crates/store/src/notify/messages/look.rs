//! Looking at messages.

use super::{COLUMNS, Message, read};
use crate::notify::{PIECE, own};
use crate::value::{Row, Value, args, in_list};
use crate::{Result, Scope, Store};
use std::collections::HashMap;
use syncline_core::time::Timestamp;

/// A message without what it says: a page of those is small, however large the messages are.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Brief {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it keeps order with.
    pub order_key: Option<String>,
    /// When it happened.
    pub created_at: Timestamp,
}

impl From<Message> for Brief {
    fn from(message: Message) -> Self {
        let Message { id, org_id, kind, order_key, payload: _, created_at } = message;
        Self { id, org_id, kind, order_key, created_at }
    }
}

pub(in crate::notify) const BRIEF: &str = "id, org_id, kind, order_key, created_at";

pub(in crate::notify) fn brief(row: &Row) -> Result<Brief> {
    Ok(Brief {
        id: row.text(0)?,
        org_id: row.text(1)?,
        kind: row.text(2)?,
        order_key: row.maybe_text(3)?,
        created_at: row.time(4)?,
    })
}

/// Which messages are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub org_id: Option<String>,
    /// What happened.
    pub kind: Option<String>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub to: Option<Timestamp>,
}

/// Messages, latest first, at most `limit`; from the beginning, or those older than `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<&(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Brief>> {
    let (mut tests, mut values) = (vec!["1 = 1".to_owned()], Vec::new());
    let mut and = |test: &str, some: Vec<Value>| {
        tests.push(test.to_owned());
        values.extend(some);
    };
    if let Scope::Organization(org_id) = scope {
        and("org_id = ?", args![org_id.as_str()]);
    }
    if let Some(org_id) = &filter.org_id {
        and("org_id = ?", args![org_id.as_str()]);
    }
    if let Some(kind) = &filter.kind {
        and("kind = ?", args![kind.as_str()]);
    }
    if let Some(from) = filter.from {
        and("created_at >= ?", args![from]);
    }
    if let Some(to) = filter.to {
        and("created_at < ?", args![to]);
    }
    if let Some((at, id)) = before {
        and("created_at <= ? AND (created_at < ? OR id < ?)", args![*at, *at, id.as_str()]);
    }
    values.push(limit.into());
    let sql = format!(
        "SELECT {BRIEF} FROM messages WHERE {} ORDER BY created_at DESC, id DESC LIMIT ?",
        tests.join(" AND ")
    );
    store.query(&sql, values).await?.iter().map(brief).collect()
}

/// What kinds these messages are of, by id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn kinds(store: &Store, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for piece in ids.chunks(PIECE) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT id, kind FROM messages WHERE id IN ({marks})");
        for row in store.query(&sql, values).await? {
            found.insert(row.text(0)?, row.text(1)?);
        }
    }
    Ok(found)
}

/// One message.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Message>> {
    let (test, values) = own(scope, "org_id");
    let values = { args![id] }.into_iter().chain(values).collect();
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id = ?{test}");
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// Those of these messages that there are.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of(store: &Store, scope: &Scope, ids: &[&str]) -> Result<Vec<Message>> {
    let (marks, some) = in_list(ids.iter().map(|id| Value::from(*id)).collect());
    let (test, values) = own(scope, "org_id");
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id IN ({marks}){test}");
    store.query(&sql, some.into_iter().chain(values).collect()).await?.iter().map(read).collect()
}
