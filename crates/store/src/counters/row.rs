//! A counter's row.

use super::{Update, json, maybe_time, parsed};
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list};
use crate::{Result, StoreError, Tx};
use std::collections::BTreeMap;
use syncline_core::counters::push::{Push, Stage};
use syncline_core::time::Timestamp;

/// A counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The definition it belongs to.
    pub definition_id: String,
    /// Which of the definition's.
    pub key: String,
    /// What it is.
    pub value: i64,
    /// How often it changed.
    pub version: i64,
    /// How its value gets to the property.
    pub push: Push,
    /// The claim under which somebody is at that.
    pub lease_owner: Option<String>,
    /// The first change that the property has not shown yet.
    pub waiting_since: Option<Timestamp>,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Since when its Redis key is gone.
    pub vanished_at: Option<Timestamp>,
    /// When the property was last known to be right.
    pub agreed_at: Option<Timestamp>,
    /// The run that found it wrong, until it is right.
    pub repairing: Option<String>,
    /// How often it had changed when the property last showed what it was.
    pub shown_version: i64,
}

pub(super) const COLUMNS: &str = "definition_id, counter_key, value, version, stage, due_at, lease_owner, push, waiting_since, \
                                  changed_at, vanished_at, agreed_at, repairing, shown_version";

/// The number of a stage in the database.
pub(super) fn code(stage: Stage) -> i64 {
    match stage {
        Stage::Quiet => 0,
        Stage::Trigger => 1,
        Stage::Write => 2,
        Stage::Look => 3,
        Stage::Parked => 4,
    }
}

pub(super) fn stage_of(code: i64) -> Result<Stage> {
    match code {
        0 => Ok(Stage::Quiet),
        1 => Ok(Stage::Trigger),
        2 => Ok(Stage::Write),
        3 => Ok(Stage::Look),
        4 => Ok(Stage::Parked),
        _ => Err(StoreError::Corrupt(format!("counters.stage holds {code}"))),
    }
}

pub(super) fn read(row: &Row) -> Result<Counter> {
    let mut push: Push = parsed("counters.push", &row.text(7)?)?;
    // A change touches these two and leaves the rest as it was.
    (push.stage, push.due) = (stage_of(row.int(4)?)?, row.time(5)?);
    Ok(Counter {
        definition_id: row.text(0)?,
        key: row.text(1)?,
        value: row.int(2)?,
        version: row.int(3)?,
        push,
        lease_owner: row.maybe_text(6)?,
        waiting_since: maybe_time(row, 8)?,
        changed_at: row.time(9)?,
        vanished_at: maybe_time(row, 10)?,
        agreed_at: maybe_time(row, 11)?,
        repairing: row.maybe_text(12)?,
        shown_version: row.int(13)?,
    })
}

pub(super) const INSERT: Bulk = Bulk {
    table: "counters",
    columns: &[
        ("definition_id", Kind::Text),
        ("counter_key", Kind::Text),
        ("value", Kind::Int),
        ("version", Kind::Int),
        ("stage", Kind::Int),
        ("due_at", Kind::Int),
        ("push", Kind::Text),
        ("changed_at", Kind::Int),
        ("shown_version", Kind::Int),
    ],
    unique: "definition_id, counter_key",
};

/// The row of a counter before its first change.
pub(super) fn blank(definition_id: &str, key: &str, value: i64, now: Timestamp) -> Result<Vec<Value>> {
    let push = json(&Push::idle(now))?;
    Ok(args![definition_id, key, value, 0, code(Stage::Quiet), now, push, now, 0])
}

/// Those of these counters that there are, by key; locked in the order of the keys. To be given sorted keys.
pub(super) async fn lock(
    tx: &mut Tx,
    definition_id: &str,
    keys: &[&str],
) -> Result<BTreeMap<String, Counter>> {
    let mut found = BTreeMap::new();
    for piece in keys.chunks(super::PIECE * 4) {
        let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
        let sql = format!(
            "SELECT {COLUMNS} FROM counters WHERE definition_id = ? AND counter_key IN ({marks}) ORDER BY counter_key{}",
            tx.dialect().locked()
        );
        let values = { args![definition_id] }.into_iter().chain(some).collect();
        for row in tx.query(&sql, values).await? {
            let counter = read(&row)?;
            found.insert(counter.key.clone(), counter);
        }
    }
    Ok(found)
}

/// Writes counters of one definition that this transaction holds: what a change touches.
pub(super) async fn save_changed(tx: &mut Tx, definition_id: &str, rows: &[&Counter]) -> Result<()> {
    let set = ["value", "version", "stage", "due_at", "waiting_since", "changed_at", "vanished_at"];
    let of = |it: &Counter| {
        args![
            it.value,
            it.version,
            code(it.push.stage),
            it.push.due,
            it.waiting_since,
            it.changed_at,
            it.vanished_at
        ]
    };
    save(tx, definition_id, &set, rows.iter().map(|it| (it.key.as_str(), of(it))).collect()).await
}

/// The same: what who has a push in hand touches.
pub(super) async fn save_push(tx: &mut Tx, definition_id: &str, rows: &[&Counter]) -> Result<()> {
    let set = [
        "stage",
        "due_at",
        "lease_owner",
        "push",
        "waiting_since",
        "agreed_at",
        "repairing",
        "shown_version",
    ];
    let mut all = Vec::with_capacity(rows.len());
    for it in rows {
        let values = args![
            code(it.push.stage),
            it.push.due,
            it.lease_owner.as_deref(),
            json(&it.push)?,
            it.waiting_since,
            it.agreed_at,
            it.repairing.as_deref(),
            it.shown_version
        ];
        all.push((it.key.as_str(), values));
    }
    save(tx, definition_id, &set, all).await
}

async fn save(tx: &mut Tx, definition_id: &str, set: &[&str], rows: Vec<(&str, Vec<Value>)>) -> Result<()> {
    let update =
        Update { table: "counters", fixed: ("definition_id", definition_id), key: "counter_key", set };
    update.run(tx, &rows).await.map(|_| ())
}

/// The same: what comparing touches of those that are right.
pub(super) async fn save_agreed(tx: &mut Tx, definition_id: &str, rows: &[&Counter]) -> Result<()> {
    let of = |it: &Counter| args![it.agreed_at, it.repairing.as_deref()];
    let rows = rows.iter().map(|it| (it.key.as_str(), of(it))).collect();
    save(tx, definition_id, &["agreed_at", "repairing"], rows).await
}
