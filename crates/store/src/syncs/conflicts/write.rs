//! Opening, refreshing and ending conflicts.

use super::{About, COLUMNS, ConflictRow, open_key, read, words_of};
use crate::syncs::{ConflictState, PIECE, among, json, lock};
use crate::tx::Bulk;
use crate::value::{Kind, Value, args, in_list};
use crate::{Result, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::column_text;
use syncline_core::sync::{Conflict, Sides};
use syncline_core::time::Timestamp;

/// Whose conflicts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose<'a> {
    /// The sync.
    pub sync_id: &'a str,
    /// The organization it belongs to.
    pub org_id: &'a str,
}

/// A conflict that was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConflict {
    /// The id it gets if it is new.
    pub id: String,
    /// The link, for one between two records that are linked.
    pub link_id: Option<String>,
    /// The records, as far as they are known.
    pub ids: Sides<Option<String>>,
    /// What both sides show.
    pub conflict: Conflict,
}

impl NewConflict {
    /// Whom it is about.
    #[must_use]
    pub fn about(&self) -> About {
        About::of(self.link_id.as_deref(), &self.conflict.kind)
    }

    /// What tells it from others while it is open.
    #[must_use]
    pub fn open_key(&self) -> String {
        open_key(&self.about(), &self.conflict.kind)
    }
}

const INSERT: Bulk = Bulk {
    table: "sync_conflicts",
    columns: &[
        ("id", Kind::Text),
        ("sync_id", Kind::Text),
        ("org_id", Kind::Text),
        ("link_id", Kind::Text),
        ("open_about", Kind::Text),
        ("open_key", Kind::Text),
        ("kind", Kind::Text),
        ("subject", Kind::Text),
        ("left_id", Kind::Text),
        ("right_id", Kind::Text),
        ("conflict", Kind::Text),
        ("state", Kind::Text),
        ("choice", Kind::Text),
        ("resolved_by", Kind::Text),
        ("opened_at", Kind::Int),
        ("updated_at", Kind::Int),
        ("resolved_at", Kind::Int),
    ],
    unique: "id",
};

/// These are conflicts now: those that are open already are brought up to date where they differ, the others are opened. Answers the
/// ids of those that were opened; none when there is no such sync any more.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn put(
    tx: &mut Tx,
    whose: Whose<'_>,
    conflicts: &[NewConflict],
    now: Timestamp,
) -> Result<Vec<String>> {
    if conflicts.is_empty() || !lock(tx, whose.sync_id).await? {
        return Ok(Vec::new());
    }
    let mut new: BTreeMap<String, &NewConflict> = conflicts.iter().map(|new| (new.open_key(), new)).collect();
    let keys: Vec<String> = new.keys().cloned().collect();
    for piece in keys.chunks(PIECE) {
        let (test, some) = among(tx.dialect(), "open_key", piece.iter().map(String::as_str));
        let sql = format!("SELECT open_key, id, conflict FROM sync_conflicts WHERE sync_id = ? AND {test}");
        let mut values = args![whose.sync_id];
        values.extend(some);
        for row in tx.query(&sql, values).await? {
            let Some(conflict) = new.remove(&row.text(0)?) else { continue };
            let text = json(&conflict.conflict)?;
            if text != row.text(2)? {
                refresh(tx, &row.text(1)?, conflict, text, now).await?;
            }
        }
    }
    let rows = new.values().map(|new| row_of(whose, new, None, now)).collect::<Result<Vec<_>>>()?;
    tx.insert_many(&INSERT, rows).await?;
    Ok(new.into_values().map(|new| new.id.clone()).collect())
}

async fn refresh(tx: &mut Tx, id: &str, as_now: &NewConflict, text: String, now: Timestamp) -> Result<()> {
    let sql =
        "UPDATE sync_conflicts SET conflict = ?, left_id = ?, right_id = ?, updated_at = ? WHERE id = ?";
    let ids = as_now.ids.as_ref().map(|id| id.as_deref().map(column_text));
    tx.execute(sql, args![text, ids.left, ids.right, now, id]).await.map(|_| ())
}

/// About each of these, only the conflicts with these [`open_key`]s are left: the other open ones end as `how` says. Answers the ids
/// of those that ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn close(
    tx: &mut Tx,
    sync_id: &str,
    left: &BTreeMap<About, BTreeSet<String>>,
    how: ConflictState,
    now: Timestamp,
) -> Result<Vec<String>> {
    if left.is_empty() || !lock(tx, sync_id).await? {
        return Ok(Vec::new());
    }
    let left: BTreeMap<String, &BTreeSet<String>> =
        left.iter().map(|(about, keys)| (about.column(), keys)).collect();
    let abouts: Vec<&String> = left.keys().collect();
    let mut over = Vec::new();
    for piece in abouts.chunks(PIECE) {
        let (test, some) = among(tx.dialect(), "open_about", piece.iter().map(|about| about.as_str()));
        let sql = format!("SELECT open_about, open_key, id FROM sync_conflicts WHERE sync_id = ? AND {test}");
        let mut values = args![sync_id];
        values.extend(some);
        for row in tx.query(&sql, values).await? {
            let key = row.text(1)?;
            if !left.get(&row.text(0)?).is_some_and(|keys| keys.contains(&key)) {
                over.push(row.text(2)?);
            }
        }
    }
    over.sort();
    for piece in over.chunks(PIECE) {
        let (marks, ids) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
        let sql = format!(
            "UPDATE sync_conflicts SET state = ?, open_about = NULL, open_key = NULL, updated_at = ?, resolved_at = ? \
             WHERE id IN ({marks})"
        );
        let mut values = args![how.name(), now, now];
        values.extend(ids);
        tx.execute(&sql, values).await?;
    }
    Ok(over)
}

/// Keeps conflicts that the policy decided, for the record. One whose id is there already is there once.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn record_decided(
    tx: &mut Tx,
    whose: Whose<'_>,
    decided: &[NewConflict],
    now: Timestamp,
) -> Result<()> {
    let row = |new: &NewConflict| {
        let winner = new.conflict.winner.map(|side| serde_json::json!({ "winner": side }));
        row_of(whose, new, Some(winner), now)
    };
    tx.insert_many(&INSERT, decided.iter().map(row).collect::<Result<Vec<_>>>()?).await
}

/// Somebody decided. Answers the conflict as it is then; none when there is no such open one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn resolve(
    tx: &mut Tx,
    scope: &Scope,
    id: &str,
    choice: &serde_json::Value,
    by: &str,
    now: Timestamp,
) -> Result<Option<ConflictRow>> {
    let find = format!("SELECT {COLUMNS} FROM sync_conflicts WHERE id = ?");
    let found = tx.query(&find, args![id]).await?.first().map(read).transpose()?;
    let Some(found) = found.filter(|found| scope.admits(&found.org_id)) else { return Ok(None) };
    if !lock(tx, &found.sync_id).await? {
        return Ok(None);
    }
    let sql = "UPDATE sync_conflicts SET state = ?, open_about = NULL, open_key = NULL, choice = ?, resolved_by = ?, \
               updated_at = ?, resolved_at = ? WHERE id = ? AND state = ?";
    let values = args![
        ConflictState::Resolved.name(),
        json(choice)?,
        column_text(by),
        now,
        now,
        id,
        ConflictState::Open.name()
    ];
    if tx.execute(sql, values).await? == 0 {
        return Ok(None);
    }
    tx.query(&find, args![id]).await?.first().map(read).transpose()
}

/// Deletes up to `limit` of the conflicts that were over before `instant`, the oldest first; answers how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let sql = "SELECT id FROM sync_conflicts WHERE resolved_at < ? ORDER BY resolved_at LIMIT ?";
    let old = tx.query(sql, args![instant, limit]).await?;
    let ids = old.iter().map(|row| row.text(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    let mut gone = 0;
    for piece in ids.chunks(PIECE) {
        let (marks, ids) = in_list(piece.to_vec());
        gone += tx.execute(&format!("DELETE FROM sync_conflicts WHERE id IN ({marks})"), ids).await?;
    }
    Ok(gone)
}

/// A row that is open, or, with what was chosen, decided by the policy.
fn row_of(
    whose: Whose<'_>,
    new: &NewConflict,
    chosen: Option<Option<serde_json::Value>>,
    now: Timestamp,
) -> Result<Vec<Value>> {
    let about = new.about();
    let (kind, subject) = words_of(&new.conflict.kind);
    let open = chosen.is_none();
    let state = if open { ConflictState::Open } else { ConflictState::Resolved };
    Ok(args![
        new.id.as_str(),
        whose.sync_id,
        whose.org_id,
        new.link_id.as_deref(),
        open.then(|| about.column()),
        open.then(|| open_key(&about, &new.conflict.kind)),
        kind,
        column_text(subject),
        new.ids.left.as_deref().map(column_text),
        new.ids.right.as_deref().map(column_text),
        json(&new.conflict)?,
        state.name(),
        chosen.flatten().map(|choice| choice.to_string()),
        (!open).then_some("policy"),
        now,
        now,
        (!open).then_some(now),
    ])
}
