//! History: what was done and noticed about records, in the order it was stored.

use super::clause::Clause;
use super::{id_column, json, number_of, parsed, side_of};
use crate::tx::Bulk;
use crate::value::{Kind, Row, args, in_list};
use crate::{Result, Scope, Store, Tx, Value};
use syncline_core::event::column_text;
use syncline_core::sync::{Side, Sides};
use syncline_core::time::Timestamp;

/// Something that was done or noticed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HistoryRow {
    /// Its place in the order; the database gives it, whatever stands here before.
    pub seq: i64,
    /// The sync.
    pub sync_id: String,
    /// Whose.
    pub org_id: String,
    /// The link, where there is one.
    pub link_id: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The side where it was done or noticed, where it is one.
    pub side: Option<Side>,
    /// What it was, in a word.
    pub what: String,
    /// The records, as far as they were known.
    pub ids: Sides<Option<String>>,
    /// The particulars.
    pub detail: serde_json::Value,
}

/// Which part of a sync's history to read. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The sync.
    pub sync_id: String,
    /// Only this link's.
    pub link_id: Option<String>,
    /// Only this record's, of this side.
    pub record: Option<(Side, String)>,
}

const COLUMNS: &str = "seq, sync_id, org_id, link_id, at, side, what, left_id, right_id, detail";

const INSERT: Bulk = Bulk {
    table: "sync_history",
    columns: &[
        ("sync_id", Kind::Text),
        ("org_id", Kind::Text),
        ("link_id", Kind::Text),
        ("at", Kind::Int),
        ("side", Kind::Int),
        ("what", Kind::Text),
        ("left_id", Kind::Text),
        ("right_id", Kind::Text),
        ("detail", Kind::Text),
    ],
    unique: "seq",
};

/// Stores these, in their order.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn add(tx: &mut Tx, rows: &[HistoryRow]) -> Result<()> {
    let rows = rows.iter().map(|row| {
        Ok(args![
            row.sync_id.as_str(),
            row.org_id.as_str(),
            row.link_id.as_deref(),
            row.at,
            row.side.map(number_of),
            column_text(&row.what),
            row.ids.left.as_deref().map(column_text),
            row.ids.right.as_deref().map(column_text),
            json(&row.detail)?,
        ])
    });
    tx.insert_many(&INSERT, rows.collect::<Result<Vec<_>>>()?).await
}

/// Up to `limit` of them before the place `before`, latest first.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<HistoryRow>> {
    let mut clause = Clause::new(store.dialect());
    if let Some(link_id) = &filter.link_id {
        clause.lead("link_id", link_id.as_str());
    }
    if let (true, Some((side, id))) = (clause.is_empty(), &filter.record) {
        clause.lead("sync_id", filter.sync_id.as_str());
        clause.lead(id_column(*side), column_text(id));
    } else {
        clause.equals("sync_id", filter.sync_id.as_str());
        if let Some((side, id)) = &filter.record {
            clause.also(id_column(*side), column_text(id));
        }
    }
    if let Scope::Organization(own) = scope {
        clause.also("org_id", own.as_str());
    }
    if let Some(before) = before {
        clause.and("seq < ?", args![before]);
    }
    let (tests, values) = clause.end(args![limit]);
    let sql = format!("SELECT {COLUMNS} FROM sync_history WHERE {tests} ORDER BY seq DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// Deletes up to `limit` of the oldest from before `instant`; answers how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = "SELECT seq FROM sync_history WHERE at < ? ORDER BY at LIMIT ?";
    let old = tx.query(sql, args![instant, limit]).await?;
    let places = old.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    let mut gone = 0;
    for piece in places.chunks(super::PIECE) {
        let (marks, places) = in_list(piece.to_vec());
        gone += tx.execute(&format!("DELETE FROM sync_history WHERE seq IN ({marks})"), places).await?;
    }
    Ok(gone)
}

fn read(row: &Row) -> Result<HistoryRow> {
    Ok(HistoryRow {
        seq: row.int(0)?,
        sync_id: row.text(1)?,
        org_id: row.text(2)?,
        link_id: row.maybe_text(3)?,
        at: row.time(4)?,
        side: row.maybe_int(5)?.map(side_of).transpose()?,
        what: row.text(6)?,
        ids: Sides { left: row.maybe_text(7)?, right: row.maybe_text(8)? },
        detail: parsed("sync_history.detail", &row.text(9)?)?,
    })
}
