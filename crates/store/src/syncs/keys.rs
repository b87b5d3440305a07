//! Keys: what the records of a sync are found by when it is asked which of the other side is the same.

use super::{PIECE, among, lock, number_of};
use crate::tx::Bulk;
use crate::value::{Kind, args};
use crate::{Result, Store, Tx};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use syncline_core::event::{MAX_COLUMN_CHARS, column_text};
use syncline_core::sync::Side;

const INSERT: Bulk = Bulk {
    table: "sync_keys",
    columns: &[
        ("sync_id", Kind::Text),
        ("side", Kind::Int),
        ("record_id", Kind::Text),
        ("match_key", Kind::Text),
    ],
    unique: "sync_id, side, record_id, match_key",
};

/// How many characters of a long key stay; the rest of the column is a fingerprint of all of it.
const HEAD: usize = MAX_COLUMN_CHARS - 1 - 64;

/// How many records are answered for one key: who finds as many does not know them all.
pub const MOST: usize = 200;

/// A key as it is kept: itself, or, where it is longer than a column, its beginning and a fingerprint. Equal for equal keys, and
/// different for others.
#[must_use]
pub fn kept(key: &str) -> String {
    let plain = column_text(key);
    if plain == key {
        return plain;
    }
    let head: String = plain.chars().take(HEAD).collect();
    format!("{head}#{}", HEXLOWER.encode(&Sha256::digest(key.as_bytes())))
}

/// Records of a side are found by these keys from now on, and by no others. What is kept already is not written again.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn replace(
    tx: &mut Tx,
    sync_id: &str,
    side: Side,
    keys: &BTreeMap<String, BTreeSet<String>>,
) -> Result<()> {
    if keys.is_empty() || !lock(tx, sync_id).await? {
        return Ok(());
    }
    let wanted: BTreeMap<String, BTreeSet<String>> =
        keys.iter().map(|(id, keys)| (column_text(id), keys.iter().map(|key| kept(key)).collect())).collect();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let ids: Vec<&str> = wanted.keys().map(String::as_str).collect();
    for piece in ids.chunks(PIECE) {
        let (sql, values) = of_records(tx.dialect(), sync_id, side, piece);
        for row in tx.query(&sql, values).await? {
            known.entry(row.text(0)?).or_default().insert(row.text(1)?);
        }
    }
    let mut new = Vec::new();
    for (id, keys) in &wanted {
        let none = BTreeSet::new();
        let before = known.get(id).unwrap_or(&none);
        let over: Vec<&str> = before.difference(keys).map(String::as_str).collect();
        for piece in over.chunks(PIECE) {
            let (test, some) = among(tx.dialect(), "match_key", piece.iter().copied());
            let sql =
                format!("DELETE FROM sync_keys WHERE sync_id = ? AND side = ? AND record_id = ? AND {test}");
            let mut values = args![sync_id, number_of(side), id.as_str()];
            values.extend(some);
            tx.execute(&sql, values).await?;
        }
        let added = keys.difference(before);
        new.extend(added.map(|key| args![sync_id, number_of(side), id.as_str(), key.as_str()]));
    }
    tx.insert_many(&INSERT, new).await
}

/// What these records of a side are found by, as it is kept ([`kept`]). Those that are found by nothing are not in it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of(
    store: &Store,
    sync_id: &str,
    side: Side,
    ids: &[String],
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for piece in ids.chunks(PIECE) {
        let (sql, values) = of_records(store.dialect(), sync_id, side, piece);
        for row in store.query(&sql, values).await? {
            found.entry(row.text(0)?).or_default().insert(row.text(1)?);
        }
    }
    Ok(found)
}

/// The records of a side that are found by these keys: each key that finds any, as it was given, with each record, but the first
/// [`MOST`] only; in the order of both.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn find(
    store: &Store,
    sync_id: &str,
    side: Side,
    keys: &BTreeSet<String>,
) -> Result<Vec<(String, String)>> {
    find_without(store, sync_id, side, keys, &[]).await
}

/// The same, without the records that are found by any matching key of these numbers.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn find_without(
    store: &Store,
    sync_id: &str,
    side: Side,
    keys: &BTreeSet<String>,
    numbers: &[usize],
) -> Result<Vec<(String, String)>> {
    let mut without = String::new();
    for number in numbers {
        // All that begins with the number and a colon: a semicolon comes next.
        let _ = write!(
            without,
            " AND NOT EXISTS (SELECT 1 FROM sync_keys other WHERE other.sync_id = sync_keys.sync_id \
             AND other.side = sync_keys.side AND other.record_id = sync_keys.record_id \
             AND other.match_key >= '{number}:' AND other.match_key < '{number};')"
        );
    }
    let given: BTreeMap<String, &String> = keys.iter().map(|key| (kept(key), key)).collect();
    let kept: Vec<&str> = given.keys().map(String::as_str).collect();
    let mut found = Vec::new();
    for piece in kept.chunks(PIECE) {
        let (test, some) = among(store.dialect(), "match_key", piece.iter().copied());
        let sql = format!(
            "SELECT match_key, record_id FROM (SELECT match_key, record_id, ROW_NUMBER() OVER (PARTITION BY match_key \
             ORDER BY record_id) AS place FROM sync_keys WHERE sync_id = ? AND side = ? AND {test}{without}) AS found WHERE place <= ?"
        );
        let mut values = args![sync_id, number_of(side)];
        values.extend(some);
        values.push(i64::try_from(MOST).unwrap_or(i64::MAX).into());
        for row in store.query(&sql, values).await? {
            if let Some(key) = given.get(&row.text(0)?) {
                found.push(((*key).clone(), row.text(1)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// These records of a side are found by nothing any more; answers how many keys that were.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn forget(tx: &mut Tx, sync_id: &str, side: Side, ids: &[String]) -> Result<u64> {
    let ids: BTreeSet<String> = ids.iter().map(|id| column_text(id)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    if ids.is_empty() || !lock(tx, sync_id).await? {
        return Ok(0);
    }
    let mut gone = 0;
    for piece in ids.chunks(PIECE) {
        let (test, some) = among(tx.dialect(), "record_id", piece.iter().copied());
        let mut values = args![sync_id, number_of(side)];
        values.extend(some);
        gone += tx
            .execute(&format!("DELETE FROM sync_keys WHERE sync_id = ? AND side = ? AND {test}"), values)
            .await?;
    }
    Ok(gone)
}

/// The query for the keys of these records.
fn of_records(
    dialect: crate::Dialect,
    sync_id: &str,
    side: Side,
    ids: &[&str],
) -> (String, Vec<crate::Value>) {
    let (test, some) = among(dialect, "record_id", ids.iter().copied());
    let mut values = args![sync_id, number_of(side)];
    values.extend(some);
    (format!("SELECT record_id, match_key FROM sync_keys WHERE sync_id = ? AND side = ? AND {test}"), values)
}
