//! Looking at counters.

use super::row::{COLUMNS, Counter, code, read, stage_of};
use super::{count_of, visible};
use crate::value::{Value, args, in_list, storable};
use crate::{Dialect, Result, Scope, Store};
use std::collections::BTreeMap;
use syncline_core::counters::push::Stage;
use syncline_core::time::Timestamp;

/// One counter.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, definition_id: &str, key: &str) -> Result<Option<Counter>> {
    Ok(many(store, scope, definition_id, &[key]).await?.pop())
}

/// Those of these counters that there are, in the order of their keys.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn many(store: &Store, scope: &Scope, definition_id: &str, keys: &[&str]) -> Result<Vec<Counter>> {
    let (mine, scope_values) = visible(scope, "counters.definition_id");
    let mut found = BTreeMap::new();
    for piece in keys.chunks(512) {
        let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
        let sql = format!(
            "SELECT {COLUMNS} FROM counters WHERE definition_id = ? AND counter_key IN ({marks}){mine}"
        );
        let values = { args![definition_id] }.into_iter().chain(some).chain(scope_values.iter().cloned());
        for row in store.query(&sql, values.collect()).await? {
            let counter = read(&row)?;
            found.insert(counter.key.clone(), counter);
        }
    }
    Ok(found.into_values().collect())
}

/// Which counters of a definition are meant, and where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All, in the order of their keys, after this one.
    All(Option<String>),
    /// Those with which this is next, in the order in which they are due, after that.
    In(Stage, Option<(Timestamp, String)>),
    /// The same of those whose keys begin like this.
    Beginning(Stage, String, Option<(Timestamp, String)>),
}

/// Behind every key that begins with what stands before it.
const LAST: char = '\u{10ffff}';

/// Counters of a definition, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    definition_id: &str,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Counter>> {
    let (mine, scope_values) = visible(scope, "counters.definition_id");
    let mut values = args![definition_id];
    let (mut test, order) = match filter {
        Filter::All(after) => {
            values.push(after.as_deref().unwrap_or("").into());
            ("counter_key > ?".to_owned(), "counter_key")
        }
        Filter::In(stage, None) | Filter::Beginning(stage, _, None) => {
            values.push(code(*stage).into());
            ("stage = ?".to_owned(), "due_at, counter_key")
        }
        Filter::In(stage, Some((due, key))) | Filter::Beginning(stage, _, Some((due, key))) => {
            values.extend(args![code(*stage), *due, *due, key.as_str()]);
            let behind = "stage = ? AND due_at >= ? AND (due_at > ? OR counter_key > ?)";
            (behind.to_owned(), "due_at, counter_key")
        }
    };
    if let Filter::Beginning(_, begins, _) = filter {
        // Read off the index of the stage, in its order; SQLite would else take the one of the keys and sort.
        let hide = if store.dialect() == Dialect::Sqlite { "+" } else { "" };
        let begins = storable(begins);
        test.push_str(&format!(" AND {hide}counter_key >= ? AND {hide}counter_key < ?"));
        values.extend(args![begins.as_str(), format!("{begins}{LAST}")]);
    }
    values.extend(scope_values);
    values.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM counters WHERE definition_id = ? AND {test}{mine} ORDER BY {order} LIMIT ?"
    );
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// Counters of a definition to be compared, in the order of their keys, after the key `after`: as [`page`], for whoever compares.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn to_compare(store: &Store, definition_id: &str, after: &str, limit: u32) -> Result<Vec<Counter>> {
    page(store, &Scope::All, definition_id, &Filter::All(Some(after.to_owned())), limit).await
}

/// How many counters of a definition something is to be done with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// Their value is to be sent.
    pub to_send: u64,
    /// Their property is to be looked at.
    pub to_look_at: u64,
    /// A person is to decide.
    pub parked: u64,
}

/// Counts them, without looking at those that are done.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn waiting(store: &Store, scope: &Scope, definition_id: &str) -> Result<Waiting> {
    let (mine, scope_values) = visible(scope, "counters.definition_id");
    let sql = format!(
        "SELECT stage, COUNT(*) FROM counters WHERE definition_id = ? AND stage > ?{mine} GROUP BY stage"
    );
    let values = { args![definition_id, code(Stage::Quiet)] }.into_iter().chain(scope_values).collect();
    let mut waiting = Waiting::default();
    for row in store.query(&sql, values).await? {
        let count = count_of(&row, 1)?;
        match stage_of(row.int(0)?)? {
            Stage::Quiet => {}
            Stage::Trigger | Stage::Write => waiting.to_send += count,
            Stage::Look => waiting.to_look_at += count,
            Stage::Parked => waiting.parked += count,
        }
    }
    Ok(waiting)
}
