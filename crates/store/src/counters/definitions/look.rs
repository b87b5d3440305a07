//! Looking at definitions.

use super::{COLUMNS, State, Stored, read};
use crate::records::pattern;
use crate::value::{Value, args, in_list};
use crate::{Dialect, Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// Which definitions are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub org_id: Option<String>,
    /// Of which connection.
    pub connection_id: Option<String>,
    /// Whether their counters are pushed and compared.
    pub state: Option<State>,
    /// Whose name has this in it, in whichever case.
    pub search: Option<String>,
}

/// Definitions by id, beginning after the id `after`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Stored>> {
    let mine = match scope {
        Scope::All => None,
        Scope::Organization(org_id) => Some(org_id),
    };
    // What finds least comes first; the other indexes are hidden from SQLite, which has no statistics to choose by.
    let wanted =
        [("connection_id", &filter.connection_id), ("org_id", &mine.cloned()), ("org_id", &filter.org_id)]
            .map(|(column, value)| (column, value.clone()));
    let state = ("state", filter.state.map(|state| state.name().to_owned()));
    let (mut tests, mut values) = (Vec::new(), Vec::new());
    for (column, value) in wanted.into_iter().chain([state]) {
        if let Some(value) = value {
            let hide = if tests.is_empty() || store.dialect() != Dialect::Sqlite { "" } else { "+" };
            tests.push(format!("{hide}{column} = ?"));
            values.push(Value::from(value));
        }
    }
    if let Some(search) = &filter.search {
        tests.push("LOWER(name) LIKE ? ESCAPE '!'".to_owned());
        values.push(pattern(&search.to_lowercase()).into());
    }
    tests.push("id > ?".to_owned());
    values.extend(args![after.unwrap_or(""), limit]);
    let sql = format!(
        "SELECT {COLUMNS} FROM counter_definitions WHERE {} ORDER BY id LIMIT ?",
        tests.join(" AND ")
    );
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// One definition.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Stored>> {
    let (sql, values) = one(scope, id);
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Stored>> {
    let (sql, values) = one(scope, id);
    tx.query(&sql, values).await?.first().map(read).transpose()
}

/// The state of a definition that is of this version: it stays so until this transaction ends, and who changes it waits for that. To be asked
/// behind all other rows, which is where who settles a push touches it.
pub(in crate::counters) async fn state_of(tx: &mut Tx, id: &str, version: i64) -> Result<Option<State>> {
    let sql = format!(
        "SELECT state FROM counter_definitions WHERE id = ? AND version = ?{}",
        tx.dialect().shared()
    );
    let rows = tx.query(&sql, args![id, version]).await?;
    rows.first().map(|row| State::stored(&row.text(0)?)).transpose()
}

fn one(scope: &Scope, id: &str) -> (String, Vec<Value>) {
    match scope {
        Scope::All => (format!("SELECT {COLUMNS} FROM counter_definitions WHERE id = ?"), args![id]),
        Scope::Organization(org_id) => {
            let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE id = ? AND org_id = ?");
            (sql, args![id, org_id.as_str()])
        }
    }
}

/// An organization's definition of this name.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn by_name(store: &Store, org_id: &str, name: &str) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE org_id = ? AND name = ?");
    store.query(&sql, args![org_id, name]).await?.first().map(read).transpose()
}

/// Those of these definitions that there are: for whoever pushes.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_many(store: &Store, ids: &[&str]) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    for piece in ids.chunks(512) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE id IN ({marks})");
        for row in store.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// The same, as seen by this transaction: for whoever changes counters.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_many_in(tx: &mut Tx, ids: &[&str]) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    for piece in ids.chunks(512) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE id IN ({marks})");
        for row in tx.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// All definitions of a connection, by id, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn on_connection(tx: &mut Tx, connection_id: &str) -> Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE connection_id = ? ORDER BY id");
    tx.query(&sql, args![connection_id]).await?.iter().map(read).collect()
}

/// Active definitions whose counters are due to be compared, longest due first, at most `limit`. One that is in a dry run stays due until
/// that has ended, since it does not do what the schedule is for.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn due(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM counter_definitions WHERE state = ? AND reconcile_at <= ? AND NOT EXISTS (SELECT 1 \
         FROM counter_runs WHERE active_key = counter_definitions.id AND dry_run = 1) ORDER BY reconcile_at, id LIMIT ?"
    );
    store.query(&sql, args![State::Active.name(), now, limit]).await?.iter().map(read).collect()
}

/// The keys that secrets of definitions are sealed with, and how many with each.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT sealed_with, COUNT(*) FROM counter_definitions WHERE sealed_with IS NOT NULL \
               GROUP BY sealed_with ORDER BY sealed_with";
    store.query(sql, Vec::new()).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Definitions whose secrets were sealed with another key than `current`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealed_otherwise(store: &Store, current: &str, limit: u32) -> Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM counter_definitions WHERE sealed_with <> ? ORDER BY id LIMIT ?");
    store.query(&sql, args![current, limit]).await?.iter().map(read).collect()
}
