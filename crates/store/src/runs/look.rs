//! Looking at runs.

use super::work::active_key;
use super::{COLUMNS, Run, State, read};
use crate::records::pattern;
use crate::value::{Value, args};
use crate::{Dialect, Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// Which runs to list. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this connection's.
    pub connection_id: Option<String>,
    /// Only those that are so.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only those of accounts whose id or name has this in it, in whichever case.
    pub search: Option<String>,
    /// Only those that were not read to their end, and that no later one of their connection made up for.
    pub attention: bool,
}

/// One run.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|run| scope.admits(&run.org_id)))
}

const OF_ACCOUNT: &str = "SELECT c.id FROM connections c \
                          WHERE LOWER(c.account_name) LIKE ? ESCAPE '!' OR LOWER(c.account) LIKE ? ESCAPE '!'";

const UNMENDED: &str = "state IN ('failed', 'partial') AND created_at = \
                        (SELECT MAX(x.created_at) FROM runs x WHERE x.connection_id = runs.connection_id)";

/// Runs, latest first, at most `limit`: from the beginning, or those older than `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Run>> {
    let org_id = match scope {
        Scope::All => None,
        Scope::Organization(own) => Some(own.as_str()),
    };
    // From the one that finds least to the one that finds most. The first leads, and is shown to SQLite alone, which has no
    // statistics to choose by.
    let tests = [
        ("connection_id", filter.connection_id.as_deref()),
        ("org_id", org_id),
        ("state", filter.state.map(State::name)),
        ("kind", filter.kind.as_deref()),
    ];
    let mut conditions: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for (column, value) in tests {
        if let Some(value) = value {
            let hide = if conditions.is_empty() || store.dialect() != Dialect::Sqlite { "" } else { "+" };
            conditions.push(format!("{hide}{column} = ?"));
            values.push(value.into());
        }
    }
    if let Some(search) = &filter.search {
        let pattern = pattern(&search.to_lowercase());
        conditions.push(format!("connection_id IN ({OF_ACCOUNT})"));
        values.extend(args![pattern.as_str(), pattern.as_str()]);
    }
    if filter.attention {
        conditions.push(UNMENDED.to_owned());
    }
    if let Some((at, id)) = &before {
        conditions.push("created_at <= ? AND (created_at < ? OR id < ?)".to_owned());
        values.extend(args![*at, *at, id.as_str()]);
    }
    let conditions = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
    let sql =
        format!("SELECT {COLUMNS} FROM runs WHERE {conditions} ORDER BY created_at DESC, id DESC LIMIT ?");
    values.push(limit.into());
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// The unfinished load of a connection, if it has one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unfinished(store: &Store, connection_id: &str) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE active_key = ?");
    store.query(&sql, args![active_key("load", connection_id)]).await?.first().map(read).transpose()
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unfinished_in(tx: &mut Tx, connection_id: &str) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM runs WHERE active_key = ?");
    tx.query(&sql, args![active_key("load", connection_id)]).await?.first().map(read).transpose()
}
