//! Moving counters: the number, its place in the history, and the push it causes.

use super::history::{self, Entry};
use crate::counters::row::{self, Counter};
use crate::{Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::counters::change::{Bounds, Change, Refusal};
use syncline_core::counters::push::{self, Terms};
use syncline_core::time::Timestamp;

/// The rules of a definition that a change needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What its counters may be.
    pub bounds: Bounds,
    /// How they are pushed.
    pub push: Terms,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It was made.
    Made {
        /// What the counter is now.
        value: i64,
        /// How often it changed so far.
        version: i64,
    },
    /// The counter was that already.
    Same,
    /// It was refused.
    Refused(Refusal),
    /// The counter has changed since it was looked at.
    Meanwhile,
}

/// What is to be done to a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::counters) enum Op {
    /// A change that somebody asked for.
    Change(Change),
    /// Its Redis key holds this.
    Seen(i64),
    /// Its Redis key is not there.
    Vanished,
    /// It should be this, unless it has another version by now.
    Repair { to: i64, version: i64 },
}

/// The same, with whose.
#[derive(Clone, Debug)]
pub(in crate::counters) struct Move<'a> {
    pub(in crate::counters) key: &'a str,
    pub(in crate::counters) op: Op,
    pub(in crate::counters) source: &'a str,
}

/// Writes down what Redis holds under the keys of counters; none: the key is not there. What is new is pushed, what is gone is not.
/// Answers what became of each, in their order. Whoever calls this has asked Redis for these keys after the transaction before it ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn observe(
    tx: &mut Tx,
    definition_id: &str,
    seen: &[(&str, Option<i64>)],
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Moved>> {
    let moves: Vec<Move<'_>> = seen
        .iter()
        .map(|(key, value)| Move { key, op: value.map_or(Op::Vanished, Op::Seen), source: "redis" })
        .collect();
    make(tx, definition_id, &moves, rules, now).await
}

/// Makes moves of counters of one definition, in their order; counters that there are not are made, unless nothing moves them.
pub(in crate::counters) async fn make(
    tx: &mut Tx,
    definition_id: &str,
    moves: &[Move<'_>],
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Moved>> {
    let keys: BTreeSet<&str> = moves.iter().map(|one| one.key).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let mut counters = row::lock(tx, definition_id, &keys).await?;
    add_missing(tx, definition_id, moves, &mut counters, rules, now).await?;
    let (mut entries, mut outcomes, mut touched) =
        (Vec::new(), Vec::with_capacity(moves.len()), BTreeSet::new());
    for one in moves {
        let Some(counter) = counters.get_mut(one.key) else {
            outcomes.push(on_nothing(&one.op, rules.bounds));
            continue;
        };
        let (before, gone) = (counter.value, counter.vanished_at);
        let outcome = apply(counter, &one.op, rules, now);
        if let Moved::Made { value, version } = outcome {
            let (name, amount) = named(&one.op, value);
            let key = one.key.to_owned();
            let (op, source) = (name.to_owned(), one.source.to_owned());
            entries.push(Entry { key, version, at: now, op, amount, value, before, source });
        }
        if matches!(outcome, Moved::Made { .. }) || gone != counter.vanished_at {
            touched.insert(one.key);
        }
        outcomes.push(outcome);
    }
    let rows: Vec<&Counter> = touched.iter().filter_map(|key| counters.get(*key)).collect();
    row::save_changed(tx, definition_id, &rows).await?;
    history::add(tx, definition_id, &entries).await?;
    Ok(outcomes)
}

/// Adds those that something moves.
async fn add_missing(
    tx: &mut Tx,
    definition_id: &str,
    moves: &[Move<'_>],
    counters: &mut BTreeMap<String, Counter>,
    rules: &Rules,
    now: Timestamp,
) -> Result<()> {
    let moves_it = |one: &&Move<'_>| {
        !matches!(on_nothing(&one.op, rules.bounds), Moved::Refused(_) | Moved::Same | Moved::Meanwhile)
    };
    let missing: BTreeSet<&str> = moves
        .iter()
        .filter(|one| !counters.contains_key(one.key))
        .filter(moves_it)
        .map(|one| one.key)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().collect();
    let initial = rules.bounds.initial();
    let rows: Vec<_> =
        missing.iter().map(|key| row::blank(definition_id, key, initial, now)).collect::<Result<_>>()?;
    tx.insert_many(&row::INSERT, rows).await?;
    // Whoever else added one of them meanwhile has changed it by now.
    counters.extend(row::lock(tx, definition_id, &missing).await?);
    Ok(())
}

/// What becomes of a move of a counter that there is not; what would be made is not made here.
fn on_nothing(op: &Op, bounds: Bounds) -> Moved {
    match op {
        Op::Change(change) => match change.apply(bounds.initial(), bounds) {
            Ok(value) => Moved::Made { value, version: 1 },
            Err(refusal) => Moved::Refused(refusal),
        },
        Op::Seen(value) => Moved::Made { value: *value, version: 1 },
        Op::Vanished => Moved::Same,
        Op::Repair { .. } => Moved::Meanwhile,
    }
}

fn apply(counter: &mut Counter, op: &Op, rules: &Rules, now: Timestamp) -> Moved {
    let next = match op {
        Op::Change(change) => match change.apply(counter.value, rules.bounds) {
            Ok(next) => next,
            Err(refusal) => return Moved::Refused(refusal),
        },
        Op::Seen(value) => {
            let was_gone = counter.vanished_at.take().is_some();
            if *value == counter.value && counter.version > 0 && !was_gone {
                return Moved::Same;
            }
            *value
        }
        Op::Vanished => {
            counter.vanished_at = counter.vanished_at.or(Some(now));
            return Moved::Same;
        }
        Op::Repair { version, .. } if *version != counter.version => return Moved::Meanwhile,
        Op::Repair { to, .. } => {
            counter.vanished_at = None;
            *to
        }
    };
    counter.value = next;
    counter.version += 1;
    counter.changed_at = now;
    counter.waiting_since = counter.waiting_since.or(Some(now));
    (counter.push.stage, counter.push.due) =
        push::changed(counter.push.stage, counter.push.due, &rules.push, now);
    Moved::Made { value: next, version: counter.version }
}

fn named(op: &Op, value: i64) -> (&'static str, i64) {
    match op {
        Op::Change(change) => (change.name(), change.amount()),
        Op::Seen(_) | Op::Vanished => ("seen", value),
        Op::Repair { .. } => ("repair", value),
    }
}
