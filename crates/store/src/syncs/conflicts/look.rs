//! Looking at conflicts.

use super::{COLUMNS, ConflictRow, read};
use crate::records::pattern;
use crate::syncs::clause::Clause;
use crate::syncs::{ConflictState, count_of};
use crate::value::args;
use crate::{Result, Scope, Store};
use syncline_core::event::{MAX_COLUMN_CHARS, column_text};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// Which conflicts to list. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this sync's.
    pub sync_id: Option<String>,
    /// Only those that are so.
    pub state: Option<ConflictState>,
    /// Only those of this kind (`field`, `deletion`, `match`, `duplicate`, `guard`).
    pub kind: Option<String>,
    /// Only this link's.
    pub link_id: Option<String>,
    /// Only those about a record whose name has this in it, in whichever case, or whose id it is.
    pub search: Option<String>,
}

/// One conflict.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<ConflictRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_conflicts WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|conflict| scope.admits(&conflict.org_id)))
}

/// Up to `limit` conflicts before the id `before`, latest first: by id, which is the order in which they were noticed.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<ConflictRow>> {
    let mut clause = clause_of(store, scope, filter);
    if let Some(before) = before {
        clause.and("id < ?", args![before]);
    }
    let (tests, values) = clause.end(args![limit]);
    let sql = format!("SELECT {COLUMNS} FROM sync_conflicts WHERE {tests} ORDER BY id DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// From what finds least to what finds most: whose it is leads, together with its state or its kind.
fn clause_of(store: &Store, scope: &Scope, filter: &Filter) -> Clause {
    let mut clause = Clause::new(store.dialect());
    if let Some(link_id) = &filter.link_id {
        clause.lead("link_id", link_id.as_str());
    }
    let by_link = !clause.is_empty();
    if let Some(sync_id) = &filter.sync_id {
        clause.equals("sync_id", sync_id.as_str());
    }
    let by_sync = filter.sync_id.is_some() && !by_link;
    if let Scope::Organization(own) = scope {
        clause.equals("org_id", own.as_str());
    }
    match filter.state {
        Some(state) if by_link => clause.also("state", state.name()),
        Some(state) => clause.lead("state", state.name()),
        None => {}
    }
    match filter.kind.as_deref() {
        Some(kind) if by_sync && filter.state.is_none() => clause.lead("kind", kind),
        Some(kind) => clause.also("kind", kind),
        None => {}
    }
    if let Some(search) = &filter.search {
        about(&mut clause, search);
    }
    clause
}

/// Those about a record that has this name or this id. The mirror knows the names; each takes a look by its primary key.
fn about(clause: &mut Clause, search: &str) {
    let lower = search.to_lowercase();
    // No name in these columns is that long, and SQLite refuses long patterns.
    if lower.chars().count() > MAX_COLUMN_CHARS {
        return clause.and("1 = 0", []);
    }
    let named = |side: &str| {
        format!(
            "EXISTS (SELECT 1 FROM syncs s JOIN records r ON r.connection_id = s.{side}_connection AND r.object_type = s.{side}_type \
             AND r.record_id = sync_conflicts.{side}_id WHERE s.id = sync_conflicts.sync_id AND r.name LIKE ? ESCAPE '!')"
        )
    };
    let tests =
        format!("(left_id = ? OR right_id = ? OR subject = ? OR {} OR {})", named("left"), named("right"));
    let (id, pattern) = (column_text(search), pattern(&lower));
    clause.and(&tests, args![id.as_str(), id.as_str(), id.as_str(), pattern.as_str(), pattern.as_str()]);
}

/// How many conflicts are open: of a sync, or of all that the scope admits.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count_open(store: &Store, scope: &Scope, sync_id: Option<&str>) -> Result<u64> {
    let filter =
        Filter { sync_id: sync_id.map(str::to_owned), state: Some(ConflictState::Open), ..Filter::default() };
    let (tests, values) = clause_of(store, scope, &filter).end([]);
    let rows = store.query(&format!("SELECT COUNT(*) FROM sync_conflicts WHERE {tests}"), values).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

/// What was answered last, since then, to the guard's question about records deleted on this side.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn guard_answer(
    store: &Store,
    sync_id: &str,
    side: Side,
    since: Timestamp,
) -> Result<Option<serde_json::Value>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sync_conflicts WHERE sync_id = ? AND kind = ? AND subject = ? AND state = ? \
         AND resolved_at >= ? ORDER BY resolved_at DESC, id DESC LIMIT 1"
    );
    let values = args![sync_id, "guard", side.name(), ConflictState::Resolved.name(), since];
    let found = store.query(&sql, values).await?.first().map(read).transpose()?;
    Ok(found.and_then(|row| row.choice))
}
