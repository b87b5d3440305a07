//! Looking at runs.

use super::{COLUMNS, Run, State, read};
use crate::counters::statistics::Buckets;
use crate::counters::{count_of, visible};
use crate::value::{Value, args};
use crate::{Dialect, Result, Scope, Store};
use syncline_core::time::Timestamp;

/// One run.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Run>> {
    let (test, values) = own(scope);
    let sql = format!("SELECT {COLUMNS} FROM counter_runs WHERE id = ?{test}");
    let values = { args![id] }.into_iter().chain(values).collect();
    store.query(&sql, values).await?.first().map(read).transpose()
}

/// A definition's unfinished run.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unfinished(store: &Store, definition_id: &str) -> Result<Option<Run>> {
    let sql = format!("SELECT {COLUMNS} FROM counter_runs WHERE active_key = ?");
    store.query(&sql, args![definition_id]).await?.first().map(read).transpose()
}

/// Which runs are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of which definition.
    pub definition_id: Option<String>,
    /// How they are. Read row by row: a definition has no more runs than are kept.
    pub state: Option<State>,
    /// Whether they only look; read row by row as well.
    pub dry_run: Option<bool>,
}

/// Runs, latest first, at most `limit`; from the beginning, or those asked for before `before`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<&(Timestamp, String)>,
    limit: u32,
) -> Result<Vec<Run>> {
    let (mut tests, mut values) = (vec!["1 = 1".to_owned()], Vec::new());
    if let Some(definition_id) = &filter.definition_id {
        tests.push("definition_id = ?".to_owned());
        values.push(Value::from(definition_id.as_str()));
    }
    if let Scope::Organization(org_id) = scope {
        // A definition has fewer runs than its organization; SQLite has to be told.
        let hide = filter.definition_id.is_some() && store.dialect() == Dialect::Sqlite;
        tests.push(format!("{}org_id = ?", if hide { "+" } else { "" }));
        values.push(org_id.as_str().into());
    }
    if let Some(state) = filter.state {
        tests.push("state = ?".to_owned());
        values.push(state.name().into());
    }
    if let Some(dry_run) = filter.dry_run {
        tests.push("dry_run = ?".to_owned());
        values.push(dry_run.into());
    }
    if let Some((at, id)) = before {
        tests.push("created_at <= ? AND (created_at < ? OR id < ?)".to_owned());
        values.extend(args![*at, *at, id.as_str()]);
    }
    values.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM counter_runs WHERE {} ORDER BY created_at DESC, id DESC LIMIT ?",
        tests.join(" AND ")
    );
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// What runs of a span of time found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DriftBucket {
    /// How many runs were asked for in it.
    pub runs: u64,
    /// Counters that were looked at.
    pub checked: u64,
    /// That were wrong.
    pub drifted: u64,
    /// Of these, that are right by now.
    pub repaired: u64,
    /// By how much all that were wrong were wrong together.
    pub size: u64,
}

/// A definition's drift over time, oldest first; nothing but zeros for one that is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn drift(
    store: &Store,
    scope: &Scope,
    definition_id: &str,
    buckets: Buckets,
) -> Result<Vec<DriftBucket>> {
    let (start, end) = buckets.ends();
    let (bucket, int) = Buckets::of_column(store.dialect(), "created_at");
    let sums =
        ["checked", "drifted", "repaired", "size"].map(|column| format!("CAST(SUM({column}) AS {int})"));
    let (mine, scope_values) = visible(scope, "counter_runs.definition_id");
    let sql = format!(
        "SELECT {bucket} AS bucket, COUNT(*), {} FROM counter_runs \
         WHERE definition_id = ? AND created_at >= ? AND created_at < ?{mine} GROUP BY bucket",
        sums.join(", ")
    );
    let mut values = args![start, buckets.span(), definition_id, start, end];
    values.extend(scope_values);
    let mut chart = vec![DriftBucket::default(); buckets.count as usize];
    for row in store.query(&sql, values).await? {
        if let Some(bucket) = usize::try_from(row.int(0)?).ok().and_then(|at| chart.get_mut(at)) {
            *bucket = DriftBucket {
                runs: count_of(&row, 1)?,
                checked: count_of(&row, 2)?,
                drifted: count_of(&row, 3)?,
                repaired: count_of(&row, 4)?,
                size: count_of(&row, 5)?,
            };
        }
    }
    Ok(chart)
}

fn own(scope: &Scope) -> (&'static str, Vec<Value>) {
    match scope {
        Scope::All => ("", Vec::new()),
        Scope::Organization(org_id) => (" AND org_id = ?", args![org_id.as_str()]),
    }
}
