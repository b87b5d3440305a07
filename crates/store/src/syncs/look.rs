//! Looking at syncs.

use super::clause::Clause;
use super::{Party, State, Sync, parsed};
use crate::records::pattern;
use crate::value::{Row, args};
use crate::{Result, Scope, Store, Tx};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::sync::{Side, Sides};

const COLUMNS: &str = "id, org_id, name, left_connection, right_connection, agreement, left_schema, right_schema, state, reason, \
                       every, primed_at, created_at, updated_at, version";

/// Of a sync: its latest run did not succeed.
const LATEST_FAILED: &str = "(SELECT r.state FROM sync_runs r WHERE r.sync_id = syncs.id ORDER BY r.created_at DESC, r.id DESC LIMIT 1) \
                             IN ('failed', 'partial')";

/// Which syncs to list. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those that this connection is a side of.
    pub connection_id: Option<String>,
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only those that are so.
    pub state: Option<State>,
    /// Only those whose name has this in it, in whichever case.
    pub search: Option<String>,
    /// Only those whose latest run failed, wholly or in part.
    pub failed: bool,
}

/// One sync.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Sync>> {
    let sql = format!("SELECT {COLUMNS} FROM syncs WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|sync| scope.admits(&sync.org_id)))
}

/// The same, whoever's it is, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, id: &str) -> Result<Option<Sync>> {
    let sql = format!("SELECT {COLUMNS} FROM syncs WHERE id = ?");
    tx.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// Up to `limit` syncs beyond the id `after`, by id, which is the order in which they were made.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Sync>> {
    let columns = match filter.connection_id {
        Some(_) => [Some("left_connection"), Some("right_connection")],
        None => [None, None],
    };
    let mut found = BTreeMap::new();
    // The syncs of which it is the left side, and those of which it is the right one; or all, once.
    for column in columns.iter().take(if columns[0].is_some() { 2 } else { 1 }) {
        let mut clause = Clause::new(store.dialect());
        if let (Some(column), Some(id)) = (column, &filter.connection_id) {
            clause.lead(column, id.as_str());
        }
        if let Scope::Organization(own) = scope {
            clause.equals("org_id", own.as_str());
        }
        if let Some(org_id) = &filter.org_id {
            clause.equals("org_id", org_id.as_str());
        }
        if let Some(state) = filter.state {
            clause.equals("state", state.name());
        }
        if let Some(search) = &filter.search {
            clause.and("LOWER(name) LIKE ? ESCAPE '!'", args![pattern(&search.to_lowercase())]);
        }
        if filter.failed {
            clause.and(LATEST_FAILED, []);
        }
        if let Some(after) = after {
            clause.and("id > ?", args![after]);
        }
        let (tests, values) = clause.end(args![limit]);
        let sql = format!("SELECT {COLUMNS} FROM syncs WHERE {tests} ORDER BY id LIMIT ?");
        for row in store.query(&sql, values).await? {
            let sync = read(&row)?;
            found.insert(sync.id.clone(), sync);
        }
    }
    Ok(found.into_values().take(limit as usize).collect())
}

/// The sides that a connection is of syncs, paused ones included, as seen by this transaction; by sync and side. One look into two
/// small indexes, for every transaction that stores records.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn on_connection(tx: &mut Tx, connection_id: &str) -> Result<Vec<Party>> {
    let columns = "SELECT id, org_id, state, left_connection, left_type, left_collection, right_connection, right_type, \
                   right_collection FROM syncs";
    let sql = format!(
        "{columns} WHERE left_connection = ? UNION ALL {columns} WHERE right_connection = ? AND left_connection <> ?"
    );
    let mut found = Vec::new();
    for row in tx.query(&sql, args![connection_id, connection_id, connection_id]).await? {
        for (side, at) in [(Side::Left, 3), (Side::Right, 6)] {
            if row.text(at)? == connection_id {
                found.push(Party {
                    sync_id: row.text(0)?,
                    org_id: row.text(1)?,
                    side,
                    object_type: row.text(at + 1)?,
                    collection: row.text(at + 2)?,
                    state: State::stored(&row.text(2)?)?,
                });
            }
        }
    }
    found.sort_by(|a, b| (&a.sync_id, a.side).cmp(&(&b.sync_id, b.side)));
    Ok(found)
}

fn read(row: &Row) -> Result<Sync> {
    Ok(Sync {
        id: row.text(0)?,
        org_id: row.text(1)?,
        name: row.text(2)?,
        connections: Sides { left: row.text(3)?, right: row.text(4)? },
        agreement: parsed("syncs.agreement", &row.text(5)?)?,
        schemas: Sides {
            left: parsed("syncs.left_schema", &row.text(6)?)?,
            right: parsed("syncs.right_schema", &row.text(7)?)?,
        },
        state: State::stored(&row.text(8)?)?,
        reason: row.maybe_text(9)?,
        every: row.maybe_int(10)?.map(|every| Duration::from_millis(every.unsigned_abs())),
        primed_at: super::maybe_time(row, 11)?,
        created_at: row.time(12)?,
        updated_at: row.time(13)?,
        version: row.int(14)?,
    })
}
