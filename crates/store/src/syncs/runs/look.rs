//! Looking at runs of syncs.

use super::{COLUMNS, SyncRun, read};
use crate::records::pattern;
use crate::runs::{State, Trigger};
use crate::syncs::clause::Clause;
use crate::value::{args, storable};
use crate::{Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// Which runs to list. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this sync's.
    pub sync_id: Option<String>,
    /// Only those that are so.
    pub state: Option<State>,
    /// Only those that plan, or only others.
    pub dry_run: Option<bool>,
    /// Only those that this began.
    pub trigger: Option<Trigger>,
    /// Only those with this in their id, or in why they ended as they did; in whichever case.
    pub search: Option<String>,
}

/// One run.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<SyncRun>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_runs WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|run| scope.admits(&run.org_id)))
}

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
) -> Result<Vec<SyncRun>> {
    let mut clause = Clause::new(store.dialect());
    // From the one that finds least to the one that finds most. The first leads.
    if let Some(sync_id) = &filter.sync_id {
        clause.equals("sync_id", sync_id.as_str());
    }
    if let Scope::Organization(own) = scope {
        clause.equals("org_id", own.as_str());
    }
    if let Some(state) = filter.state {
        clause.equals("state", state.name());
    }
    if let Some(dry_run) = filter.dry_run {
        clause.and("dry_run = ?", args![dry_run]);
    }
    if let Some(trigger) = filter.trigger {
        clause.and("cause = ?", args![trigger.name()]);
    }
    if let Some(search) = &filter.search {
        // Read off the index of the sync, and looked at run by run: a sync keeps few.
        let pattern = pattern(&storable(&search.to_lowercase()));
        let test = "(LOWER(id) LIKE ? ESCAPE '!' OR LOWER(reason) LIKE ? ESCAPE '!')";
        clause.and(test, args![pattern.as_str(), pattern.as_str()]);
    }
    if let Some((at, id)) = before {
        clause.and("created_at <= ? AND (created_at < ? OR id < ?)", args![at, at, id]);
    }
    let (tests, values) = clause.end(args![limit]);
    let sql =
        format!("SELECT {COLUMNS} FROM sync_runs WHERE {tests} ORDER BY created_at DESC, id DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// The unfinished run of a sync, if it has one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unfinished(store: &Store, sync_id: &str) -> Result<Option<SyncRun>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_runs WHERE active_key = ?");
    store.query(&sql, args![sync_id]).await?.first().map(read).transpose()
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn unfinished_in(tx: &mut Tx, sync_id: &str) -> Result<Option<SyncRun>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_runs WHERE active_key = ?");
    tx.query(&sql, args![sync_id]).await?.first().map(read).transpose()
}
