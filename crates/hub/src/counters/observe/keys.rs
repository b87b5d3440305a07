//! Reading keys and writing down what they hold.

use super::{Halt, redis};
use crate::counters::change::rules;
use crate::cx::Cx;
use crate::hold::Hold;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::counters::change::MOST;
use syncline_store::Scope;
use syncline_store::counters::changes::observe;
use syncline_store::counters::definitions::Stored;
use syncline_store::counters::{self as rows, Counter, Filter};

/// Keys read together.
const PIECE: usize = 500;
/// How often keys are read again that moved while what they held was written down.
const ROUNDS: usize = 20;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Number(i64),
    Nothing,
    /// Something that is no counter: left alone.
    Other,
}

/// All keys: those that the server has, and those that are known.
pub(super) async fn all(cx: &Cx, hold: &Hold, of: &Stored) -> Result<(), Halt> {
    scan(cx, hold, of).await?;
    let mut after = String::new();
    while hold.is_good() {
        let filter = Filter::All(Some(after.clone()));
        let limit = u32::try_from(PIECE).unwrap_or(u32::MAX);
        let page = rows::page(&cx.store, &Scope::All, &of.id, &filter, limit).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.key);
        note(cx, of, page.iter().map(|row| row.key.clone()).collect()).await?;
    }
    Ok(())
}

async fn scan(cx: &Cx, hold: &Hold, of: &Stored) -> Result<(), Halt> {
    let Some((server, template, _)) = redis::place(of) else { return Ok(()) };
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    let (mut cursor, mut found) = (0_u64, BTreeSet::new());
    while hold.is_good() {
        let (next, names): (u64, Vec<String>) = ::redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(template.pattern())
            .arg("COUNT")
            .arg(1_000)
            .query_async(&mut connection)
            .await
            .map_err(|error| redis::trouble(server, &error))?;
        found.extend(names.iter().filter_map(|name| template.key_of(name)).map(str::to_owned));
        if found.len() >= PIECE || next == 0 {
            note(cx, of, std::mem::take(&mut found)).await?;
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    Ok(())
}

/// These keys.
pub(super) async fn some(cx: &Cx, of: &Stored, keys: &BTreeSet<String>) -> Result<(), Halt> {
    note(cx, of, keys.clone()).await
}

/// Writes down what keys hold, and looks once more at those that were: should one have moved meanwhile, or somebody else have written, it is
/// written down again.
async fn note(cx: &Cx, of: &Stored, keys: BTreeSet<String>) -> Result<(), Halt> {
    let mut keys: Vec<String> = keys.into_iter().filter(|key| of.definition.check_key(key).is_ok()).collect();
    for _ in 0..ROUNDS {
        let mut changed = Vec::new();
        for piece in keys.chunks(PIECE) {
            changed.extend(note_once(cx, of, piece).await?);
        }
        if changed.is_empty() {
            return Ok(());
        }
        cx.wake.counters();
        keys = changed;
    }
    Ok(())
}

/// The same once; answers those whose rows differed.
async fn note_once(cx: &Cx, of: &Stored, keys: &[String]) -> Result<Vec<String>, Halt> {
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let known = rows::many(&cx.store, &Scope::All, &of.id, &names).await?;
    let known: BTreeMap<&str, &Counter> = known.iter().map(|row| (row.key.as_str(), row)).collect();
    let held = read(cx, of, &names).await?;
    let mut seen: Vec<(&str, Option<i64>)> = Vec::new();
    for (key, held) in names.iter().zip(held) {
        let row = known.get(key);
        let now = match held {
            Held::Other => continue,
            Held::Number(value) => Some(value),
            Held::Nothing => None,
        };
        let same = match (row, now) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(row), None) => row.vanished_at.is_some(),
            (Some(row), Some(value)) => row.vanished_at.is_none() && row.version > 0 && row.value == value,
        };
        if !same {
            seen.push((key, now));
        }
    }
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = cx.store.begin().await?;
    observe(&mut tx, &of.id, &seen, &rules(cx, of), cx.now()).await?;
    tx.commit().await?;
    Ok(seen.iter().map(|(key, _)| (*key).to_owned()).collect())
}

async fn read(cx: &Cx, of: &Stored, keys: &[&str]) -> Result<Vec<Held>, Halt> {
    let Some((server, template, _)) = redis::place(of) else { return Ok(vec![Held::Other; keys.len()]) };
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    let names: Vec<String> = keys.iter().map(|key| template.of(key)).collect();
    let held: Vec<Option<String>> = ::redis::cmd("MGET")
        .arg(&names)
        .query_async(&mut connection)
        .await
        .map_err(|error| redis::trouble(server, &error))?;
    let one = |text: Option<String>| match text.map(|text| text.parse::<i64>()) {
        None => Held::Nothing,
        Some(Ok(value)) if value.unsigned_abs() <= MOST.unsigned_abs() => Held::Number(value),
        Some(_) => Held::Other,
    };
    Ok(held.into_iter().map(one).collect())
}
