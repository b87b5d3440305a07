//! Looking at endpoints.

use super::{COLUMNS, Endpoint, State, filter_of, read};
use crate::notify::{PIECE, own};
use crate::records::pattern;
use crate::value::{Value, args, in_list};
use crate::{Dialect, Result, Scope, Store, Tx};
use syncline_core::notify::filter;

/// Which endpoints are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose; empty: those that serve all.
    pub org_id: Option<String>,
    /// Whether they are sent anything.
    pub state: Option<State>,
    /// Only those whose latest attempt failed.
    pub failing: bool,
    /// Whose address or description has this in it, in whichever case.
    pub search: Option<String>,
}

/// Endpoints by id, beginning after the id `after`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Endpoint>> {
    let (mut tests, mut values) = (Vec::new(), Vec::new());
    let mine = match scope {
        Scope::All => None,
        Scope::Organization(org_id) => Some(org_id),
    };
    for org_id in mine.into_iter().chain(&filter.org_id) {
        // Two organizations' are nobody's; an index leads to the first's.
        let hide = if tests.is_empty() { "" } else { hidden(store.dialect()) };
        tests.push(format!("{hide}org_id = ?"));
        values.push(Value::from(org_id.as_str()));
    }
    if let Some(state) = filter.state {
        let hide = if tests.is_empty() { "" } else { hidden(store.dialect()) };
        tests.push(format!("{hide}state = ?"));
        values.push(state.name().into());
    }
    if filter.failing {
        tests.push("failures > 0".to_owned());
    }
    if let Some(search) = &filter.search {
        let pattern = pattern(&search.to_lowercase());
        tests.push("(LOWER(url) LIKE ? ESCAPE '!' OR LOWER(description) LIKE ? ESCAPE '!')".to_owned());
        values.extend(args![pattern.as_str(), pattern.as_str()]);
    }
    tests.push("id > ?".to_owned());
    values.extend(args![after.unwrap_or(""), limit]);
    let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE {} ORDER BY id LIMIT ?", tests.join(" AND "));
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// Hides a column's index from SQLite, which has no statistics to choose by.
fn hidden(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Sqlite { "+" } else { "" }
}

/// One endpoint.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Endpoint>> {
    let (sql, values) = one(scope, id);
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<Endpoint>> {
    let (sql, values) = one(scope, id);
    tx.query(&sql, values).await?.first().map(read).transpose()
}

fn one(scope: &Scope, id: &str) -> (String, Vec<Value>) {
    let (test, values) = own(scope, "org_id");
    let values = { args![id] }.into_iter().chain(values).collect();
    (format!("SELECT {COLUMNS} FROM endpoints WHERE id = ?{test}"), values)
}

/// Those of these endpoints that there are: for whoever sends.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_many(store: &Store, ids: &[&str]) -> Result<Vec<Endpoint>> {
    let mut found = Vec::new();
    for piece in ids.chunks(PIECE) {
        let (marks, values) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
        let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE id IN ({marks})");
        for row in store.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// What the enabled endpoints that messages of these organizations may go to want, as seen by this transaction: with whose each is, empty
/// for one that serves all.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn listening_in(tx: &mut Tx, org_ids: &[&str]) -> Result<Vec<(String, filter::Filter)>> {
    let hide = hidden(tx.dialect());
    let mut found = Vec::new();
    let all: Vec<&str> = std::iter::once("").chain(org_ids.iter().copied()).collect();
    for piece in all.chunks(PIECE) {
        let (marks, mut values) = in_list(piece.iter().map(|org| Value::from(*org)).collect());
        values.push(State::Enabled.name().into());
        let sql =
            format!("SELECT org_id, filter FROM endpoints WHERE org_id IN ({marks}) AND {hide}state = ?");
        for row in tx.query(&sql, values).await? {
            found.push((row.text(0)?, filter_of(&row.text(1)?)?));
        }
    }
    Ok(found)
}

/// The keys that headers are sealed with, and how many with each.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT sealed_with, COUNT(*) FROM endpoints WHERE sealed_with IS NOT NULL GROUP BY sealed_with ORDER BY sealed_with";
    store.query(sql, Vec::new()).await?.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// Endpoints whose headers were sealed with another key than `current`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sealed_otherwise(store: &Store, current: &str, limit: u32) -> Result<Vec<Endpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE sealed_with <> ? ORDER BY id LIMIT ?");
    store.query(&sql, args![current, limit]).await?.iter().map(read).collect()
}
