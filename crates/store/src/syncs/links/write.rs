//! Storing links, many at a time. What changes is taken away and stored anew, in one transaction: so ids may move between links
//! without one of them standing in two for a moment, and it takes as few statements as storing them the first time.

use super::{LinkRow, pick};
use crate::syncs::{PIECE, id_column, json, lock, number_of};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list};
use crate::{Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::column_text;
use syncline_core::sync::{Ending, Side, Sides, link};

const INSERT: Bulk = Bulk {
    table: "sync_links",
    columns: &[
        ("id", Kind::Text),
        ("sync_id", Kind::Text),
        ("org_id", Kind::Text),
        ("left_id", Kind::Text),
        ("right_id", Kind::Text),
        ("name", Kind::Text),
        ("state", Kind::Text),
        ("trouble", Kind::Text),
        ("ended_on", Kind::Int),
        ("ended_at", Kind::Int),
        ("link", Kind::Text),
        ("created_at", Kind::Int),
        ("updated_at", Kind::Int),
        ("version", Kind::Int),
    ],
    unique: "id",
};

/// What is stored of a link that is to be stored again.
struct Known {
    version: i64,
    ids: Sides<Option<String>>,
}

/// Stores new links, as version 1. Answers the ids of those that were not stored: a record of theirs is in another link already, of
/// the database or of these, or the id is taken, or there is no such sync any more.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn insert(tx: &mut Tx, rows: &[LinkRow]) -> Result<BTreeSet<String>> {
    let mut refused = BTreeSet::new();
    for (sync_id, rows) in by_sync(rows) {
        if !lock(tx, sync_id).await? {
            refused.extend(rows.iter().map(|row| row.id.clone()));
            continue;
        }
        let known = known(tx, &rows).await?;
        let new = rows.iter().copied().filter(|row| !known.contains_key(&row.id)).collect();
        let storing = free(tx, sync_id, new, &BTreeMap::new()).await?;
        refused.extend(
            rows.iter().filter(|row| !storing.contains_key(row.id.as_str())).map(|row| row.id.clone()),
        );
        let rows = storing.values().map(|row| row_of(row, 1)).collect::<Result<Vec<_>>>()?;
        tx.insert_many(&INSERT, rows).await?;
    }
    Ok(refused)
}

/// Stores links as they are now, each with the version after the one it has, which is the one that was read. Ids may move between
/// these links, and from them to new ones that [`insert`] stores afterwards. Answers the ids of those that were not stored: somebody
/// stored them since they were read, or a record of theirs is in another link.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn update(tx: &mut Tx, rows: &[LinkRow]) -> Result<BTreeSet<String>> {
    let mut refused = BTreeSet::new();
    for (sync_id, rows) in by_sync(rows) {
        if !lock(tx, sync_id).await? {
            refused.extend(rows.iter().map(|row| row.id.clone()));
            continue;
        }
        let known = known(tx, &rows).await?;
        let as_read = |row: &LinkRow| known.get(&row.id).is_some_and(|known| known.version == row.version);
        let fresh = rows.iter().copied().filter(|row| as_read(row)).collect();
        let storing = free(tx, sync_id, fresh, &known).await?;
        refused.extend(
            rows.iter().filter(|row| !storing.contains_key(row.id.as_str())).map(|row| row.id.clone()),
        );
        let ids: Vec<&str> = storing.keys().copied().collect();
        for piece in ids.chunks(PIECE) {
            let (marks, ids) = in_list(piece.iter().map(|id| Value::from(*id)).collect());
            tx.execute(&format!("DELETE FROM sync_links WHERE id IN ({marks})"), ids).await?;
        }
        let rows = storing.values().map(|row| row_of(row, row.version + 1)).collect::<Result<Vec<_>>>()?;
        tx.insert_many(&INSERT, rows).await?;
    }
    Ok(refused)
}

/// Takes links away of which nothing is worth knowing: a creation that came to nothing.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn remove(tx: &mut Tx, sync_id: &str, ids: &[String]) -> Result<()> {
    if ids.is_empty() || !lock(tx, sync_id).await? {
        return Ok(());
    }
    for piece in ids.chunks(PIECE) {
        let (marks, ids) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        tx.execute(&format!("DELETE FROM sync_links WHERE id IN ({marks})"), ids).await?;
    }
    Ok(())
}

/// The rows of each sync, in the order of the syncs.
fn by_sync(rows: &[LinkRow]) -> BTreeMap<&str, Vec<&LinkRow>> {
    let mut by_sync: BTreeMap<&str, Vec<&LinkRow>> = BTreeMap::new();
    for row in rows {
        by_sync.entry(&row.sync_id).or_default().push(row);
    }
    by_sync
}

/// What is stored of these.
async fn known(tx: &mut Tx, rows: &[&LinkRow]) -> Result<BTreeMap<String, Known>> {
    let mut found = BTreeMap::new();
    for piece in rows.chunks(PIECE) {
        let (marks, ids) = in_list(piece.iter().map(|row| Value::from(row.id.as_str())).collect());
        let sql = format!("SELECT id, version, left_id, right_id FROM sync_links WHERE id IN ({marks})");
        for row in tx.query(&sql, ids).await? {
            let ids = Sides { left: row.maybe_text(2)?, right: row.maybe_text(3)? };
            found.insert(row.text(0)?, Known { version: row.int(1)?, ids });
        }
    }
    Ok(found)
}

/// Those of `rows`, by id, whose records no other link has once these are stored.
async fn free<'a>(
    tx: &mut Tx,
    sync_id: &str,
    rows: Vec<&'a LinkRow>,
    known: &BTreeMap<String, Known>,
) -> Result<BTreeMap<&'a str, &'a LinkRow>> {
    let (mut storing, mut wanted) = apart(rows);
    // Ids that stay where they are need not be looked for.
    wanted.retain(|(side, id), link| {
        known.get(*link).is_none_or(|known| known.ids[*side].as_ref() != Some(id))
    });
    let mut held: Vec<(&str, String)> = Vec::new();
    for side in Side::BOTH {
        let ids: Vec<&str> = wanted.keys().filter(|(of, _)| *of == side).map(|(_, id)| id.as_str()).collect();
        for piece in ids.chunks(PIECE) {
            for (id, holder) in holders(tx, sync_id, side, piece).await? {
                held.extend(wanted.get(&(side, id)).map(|link| (*link, holder)));
            }
        }
    }
    // A link that is not stored keeps its ids, so who wants one of those is not stored either.
    loop {
        let before = storing.len();
        for (link, holder) in &held {
            if !storing.contains_key(holder.as_str()) {
                storing.remove(link);
            }
        }
        if storing.len() == before {
            return Ok(storing);
        }
    }
}

/// Links by id, and the records they want: of several that want the same record, or have the same id, the first.
fn apart(rows: Vec<&LinkRow>) -> (BTreeMap<&str, &LinkRow>, BTreeMap<(Side, String), &str>) {
    let (mut storing, mut wanted) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let ids = ids_of(row);
        let of: Vec<_> = ids.iter().filter_map(|(side, id)| Some((side, id.clone()?))).collect();
        if of.iter().all(|key| !wanted.contains_key(key)) && !storing.contains_key(row.id.as_str()) {
            wanted.extend(of.into_iter().map(|key| (key, row.id.as_str())));
            storing.insert(row.id.as_str(), row);
        }
    }
    (storing, wanted)
}

/// The records of these that are in a link, with the link's id.
async fn holders(tx: &mut Tx, sync_id: &str, side: Side, ids: &[&str]) -> Result<Vec<(String, String)>> {
    let columns = format!("{}, id", id_column(side));
    let (sql, values) = pick::query(tx.dialect(), &columns, sync_id, side, ids);
    tx.query(&sql, values).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// The ids of its records as columns hold them.
fn ids_of(row: &LinkRow) -> Sides<Option<String>> {
    row.link.ids.as_ref().map(|id| id.as_deref().map(column_text))
}

fn row_of(row: &LinkRow, version: i64) -> Result<Vec<Value>> {
    let ids = ids_of(row);
    let (ended_on, ended_at) = match row.link.state {
        link::State::Ended(ending) => {
            let carried_over = match ending {
                Ending::Deleted { side } => Some(number_of(side)),
                Ending::Unlinked { .. } | Ending::Merged { .. } => None,
            };
            (carried_over, Some(row.ended_at.unwrap_or(row.updated_at)))
        }
        link::State::Linked | link::State::Creating(_) => (None, None),
    };
    Ok(args![
        row.id.as_str(),
        row.sync_id.as_str(),
        row.org_id.as_str(),
        ids.left,
        ids.right,
        column_text(&row.name.to_lowercase()),
        row.state().name(),
        row.trouble.name(),
        ended_on,
        ended_at,
        json(&row.link)?,
        row.created_at,
        row.updated_at,
        version,
    ])
}
