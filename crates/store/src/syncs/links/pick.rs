//! Reading links by many records at once.

use crate::Dialect;
use crate::syncs::id_column;
use crate::value::{Value, args, in_list};
use syncline_core::sync::Side;

/// The query for `columns` of the links of these records of a side, of which there are some, each once.
pub(super) fn query(
    dialect: Dialect,
    columns: &str,
    sync_id: &str,
    side: Side,
    ids: &[&str],
) -> (String, Vec<Value>) {
    let mut ids: Vec<Value> = ids.iter().map(|id| Value::from(*id)).collect();
    let column = id_column(side);
    if dialect != Dialect::Postgres {
        let (marks, ids) = in_list(ids);
        let sql = format!("SELECT {columns} FROM sync_links WHERE sync_id = ? AND {column} IN ({marks})");
        return (sql, args![sync_id].into_iter().chain(ids).collect());
    }
    // Where PostgreSQL's statistics do not know a sync yet, it takes it for small, and would read all of it to find a few, which lie
    // anywhere: so each is looked for by itself, which `OFFSET 0` keeps it from undoing. As with lists there are a few different
    // statements only; nothing is equal to NULL.
    ids.resize(ids.len().next_power_of_two(), Value::Text(None));
    let marks = vec!["(?)"; ids.len()].join(", ");
    let sql = format!(
        "SELECT found.* FROM (VALUES {marks}) AS wanted (one) CROSS JOIN LATERAL \
         (SELECT {columns} FROM sync_links WHERE sync_id = ? AND {column} = wanted.one OFFSET 0) AS found"
    );
    ids.extend(args![sync_id]);
    (sql, ids)
}
