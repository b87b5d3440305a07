//! Plans: what a dry run would have done, in its order. They go with their run.

use super::{count_of, json, number_of, parsed, runs, side_of};
use crate::tx::Bulk;
use crate::value::{Kind, Row, args};
use crate::{Result, Scope, Store, Tx};
use syncline_core::event::column_text;
use syncline_core::sync::{Side, Sides};

/// Something that would have been done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Planned {
    /// Its place in the order of the run.
    pub n: u64,
    /// The side that would have been written to, where it is one.
    pub side: Option<Side>,
    /// What it is, in a word.
    pub what: String,
    /// The records, as far as they are known.
    pub ids: Sides<Option<String>>,
    /// The particulars.
    pub detail: serde_json::Value,
}

const COLUMNS: &str = "n, side, what, left_id, right_id, detail";

const INSERT: Bulk = Bulk {
    table: "sync_plans",
    columns: &[
        ("run_id", Kind::Text),
        ("n", Kind::Int),
        ("side", Kind::Int),
        ("what", Kind::Text),
        ("left_id", Kind::Text),
        ("right_id", Kind::Text),
        ("detail", Kind::Text),
    ],
    unique: "run_id, n",
};

/// Adds to the plan of a run. A place that is taken stays as it is, so that a page that is planned twice is there once.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn add(tx: &mut Tx, run_id: &str, rows: &[Planned]) -> Result<()> {
    let rows = rows.iter().map(|row| {
        Ok(args![
            run_id,
            i64::try_from(row.n).unwrap_or(i64::MAX),
            row.side.map(number_of),
            column_text(&row.what),
            row.ids.left.as_deref().map(column_text),
            row.ids.right.as_deref().map(column_text),
            json(&row.detail)?,
        ])
    });
    tx.insert_many(&INSERT, rows.collect::<Result<Vec<_>>>()?).await
}

/// Up to `limit` of the plan of a run beyond the place `after`, in their order.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    run_id: &str,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<Planned>> {
    if runs::get(store, scope, run_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
    let sql = format!("SELECT {COLUMNS} FROM sync_plans WHERE run_id = ? AND n > ? ORDER BY n LIMIT ?");
    store.query(&sql, args![run_id, after, limit]).await?.iter().map(read).collect()
}

/// How long the plan of a run is.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count(store: &Store, run_id: &str) -> Result<u64> {
    let rows = store.query("SELECT COUNT(*) FROM sync_plans WHERE run_id = ?", args![run_id]).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

/// Deletes the first of a run's plan, up to `limit`; answers how many.
pub(super) async fn erase(tx: &mut Tx, run_id: &str, limit: u32) -> Result<u64> {
    let sql = "SELECT n FROM sync_plans WHERE run_id = ? ORDER BY n LIMIT ?";
    let rows = tx.query(sql, args![run_id, limit]).await?;
    let Some(last) = rows.last() else { return Ok(0) };
    tx.execute("DELETE FROM sync_plans WHERE run_id = ? AND n <= ?", args![run_id, last.int(0)?]).await
}

fn read(row: &Row) -> Result<Planned> {
    Ok(Planned {
        n: count_of(row, 0)?,
        side: row.maybe_int(1)?.map(side_of).transpose()?,
        what: row.text(2)?,
        ids: Sides { left: row.maybe_text(3)?, right: row.maybe_text(4)? },
        detail: parsed("sync_plans.detail", &row.text(5)?)?,
    })
}
