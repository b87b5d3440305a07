//! Looking at links.

use super::{COLUMNS, Counts, LinkRow, pick, read};
use crate::syncs::clause::Clause;
use crate::syncs::{LinkState, PIECE, Sync, Trouble, count_of, id_column, number_of};
use crate::value::{Value, args};
use crate::{Dialect, Result, Scope, Store, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::{MAX_COLUMN_CHARS, column_text};
use syncline_core::sync::Side;
use syncline_core::time::Timestamp;

/// Which links of a sync to list. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The sync.
    pub sync_id: String,
    /// Only those that are so.
    pub state: Option<LinkState>,
    /// Only those that have this about them.
    pub trouble: Option<Trouble>,
    /// Only those of this record, of whichever side.
    pub record_id: Option<String>,
    /// Only those with this somewhere in their name, in capital or small letters.
    pub search: Option<String>,
}

/// One link.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<LinkRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_links WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|link| scope.admits(&link.org_id)))
}

/// The same, whoever's it is, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, id: &str) -> Result<Option<LinkRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sync_links WHERE id = ?");
    tx.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// The links of these records of a side, living and ended, by id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn by_records(store: &Store, sync_id: &str, side: Side, ids: &[String]) -> Result<Vec<LinkRow>> {
    let mut found = Vec::new();
    for (sql, values) in of_records(store.dialect(), sync_id, side, ids) {
        for row in store.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn by_records_in(tx: &mut Tx, sync_id: &str, side: Side, ids: &[String]) -> Result<Vec<LinkRow>> {
    let mut found = Vec::new();
    for (sql, values) in of_records(tx.dialect(), sync_id, side, ids) {
        for row in tx.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// The queries for them, a piece each.
fn of_records(dialect: Dialect, sync_id: &str, side: Side, ids: &[String]) -> Vec<(String, Vec<Value>)> {
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.chunks(PIECE).map(|piece| pick::query(dialect, COLUMNS, sync_id, side, piece)).collect()
}

/// Up to `limit` links beyond the id `after`, by id.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<LinkRow>> {
    let sides: &[Option<Side>] = match filter.record_id {
        Some(_) => &[Some(Side::Left), Some(Side::Right)],
        None => &[None],
    };
    let mut found = BTreeMap::new();
    for side in sides {
        let (tests, values) = clause_of(store.dialect(), scope, filter, *side, after).end(args![limit]);
        let sql = format!("SELECT {COLUMNS} FROM sync_links WHERE {tests} ORDER BY id LIMIT ?");
        for row in store.query(&sql, values).await? {
            let link = read(&row)?;
            found.insert(link.id.clone(), link);
        }
    }
    Ok(found.into_values().take(limit as usize).collect())
}

fn clause_of(
    dialect: Dialect,
    scope: &Scope,
    filter: &Filter,
    side: Option<Side>,
    after: Option<&str>,
) -> Clause {
    let mut clause = Clause::new(dialect);
    clause.lead("sync_id", filter.sync_id.as_str());
    // From what finds least to what finds most: the first leads.
    let tests = [
        side.map(id_column).zip(filter.record_id.as_deref().map(column_text)),
        filter.trouble.map(|trouble| ("trouble", trouble.name().to_owned())),
        filter.state.map(|state| ("state", state.name().to_owned())),
    ];
    for (place, (column, value)) in tests.into_iter().flatten().enumerate() {
        if place == 0 { clause.lead(column, value) } else { clause.also(column, value) }
    }
    if let Scope::Organization(own) = scope {
        clause.also("org_id", own.as_str());
    }
    if let Some(after) = after {
        clause.and("id > ?", args![after]);
    }
    match filter.search.as_deref().map(str::to_lowercase) {
        // No name in this column is that long, and SQLite refuses long patterns.
        Some(search) if search.chars().count() > MAX_COLUMN_CHARS => clause.and("1 = 0", []),
        Some(search) if !search.is_empty() => {
            clause.and("name LIKE ? ESCAPE '!'", args![crate::records::pattern(&search)]);
        }
        _ => {}
    }
    clause
}

/// How many links a sync has. Read from the indexes alone.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count(store: &Store, sync_id: &str) -> Result<Counts> {
    let mut counts = Counts::default();
    let sql = "SELECT state, COUNT(*) FROM sync_links WHERE sync_id = ? GROUP BY state";
    for row in store.query(sql, args![sync_id]).await? {
        let count = count_of(&row, 1)?;
        match LinkState::stored(&row.text(0)?)? {
            LinkState::Linked => counts.linked = count,
            LinkState::Creating => counts.creating = count,
            LinkState::Ended => counts.ended = count,
        }
    }
    let sql = "SELECT COUNT(*) FROM sync_links WHERE sync_id = ? AND trouble = ?";
    for (trouble, place) in [(Trouble::Held, &mut counts.held), (Trouble::Conflict, &mut counts.conflicts)] {
        let rows = store.query(sql, args![sync_id, trouble.name()]).await?;
        *place = rows.first().map_or(Ok(0), |row| count_of(row, 0))?;
    }
    Ok(counts)
}

/// How many links ended since `since` because we carried over a deletion that somebody made on `side`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn deleted_since(store: &Store, sync_id: &str, side: Side, since: Timestamp) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM sync_links WHERE sync_id = ? AND ended_on = ? AND ended_at >= ?";
    let rows = store.query(sql, args![sync_id, number_of(side), since]).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}

/// How many records of `side` are gone whose links go on: deletions that are yet to be carried over, those included that wait for
/// their delay or for the guard. Those that a person is asked about one by one are not counted.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn deletions_due(store: &Store, sync: &Sync, side: Side) -> Result<u64> {
    let party = &sync.agreement.sides[side];
    let sql = format!(
        "SELECT COUNT(*) FROM sync_links l JOIN records r ON r.connection_id = ? AND r.object_type = ? AND r.record_id = l.{} \
         WHERE l.sync_id = ? AND l.state = ? AND l.trouble <> ? AND l.{} IS NOT NULL \
         AND r.merged_into IS NULL AND (r.gone_at IS NOT NULL OR r.archived <> 0 OR r.collection <> ?)",
        id_column(side),
        id_column(side.other())
    );
    let values = args![
        sync.connections[side].as_str(),
        column_text(&party.object_type),
        sync.id.as_str(),
        LinkState::Linked.name(),
        Trouble::Conflict.name(),
        column_text(&party.collection)
    ];
    let rows = store.query(&sql, values).await?;
    rows.first().map_or(Ok(0), |row| count_of(row, 0))
}
