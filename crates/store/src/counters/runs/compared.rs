//! What a page of a run found, and what is done about it, in one transaction.

use super::{Counts, State};
use crate::counters::changes::{Move, Moved, Op, Rules, make};
use crate::counters::definitions;
use crate::counters::findings::{self, Finding, Outcome, Verdict as Kept};
use crate::counters::pushes::Righted;
use crate::counters::row::{self, Counter};
use crate::counters::{json, stored};
use crate::value::args;
use crate::{Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::counters::definition::Policy;
use syncline_core::counters::push::Seen;
use syncline_core::counters::reconcile::{Drift, Repair, Verdict};
use syncline_core::time::Timestamp;

/// What comparing one counter found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The counter's key.
    pub key: String,
    /// Its version when it was read.
    pub version: i64,
    /// What the property showed; none: it was not read.
    pub seen: Option<Seen>,
    /// What was found.
    pub verdict: Verdict,
}

/// A page of a run.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The definition.
    pub definition_id: &'a str,
    /// The version of the definition that it was compared by.
    pub version: i64,
    /// Which pass it belongs to.
    pub pass: u32,
    /// The last key of the page.
    pub position: &'a str,
    /// What is done about drift: to report, in a dry run.
    pub policy: Policy,
    /// The calls it took.
    pub calls: u64,
    /// What was found, each key once.
    pub found: &'a [Found],
}

/// A counter that was wrong, and what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The counter's key.
    pub key: String,
    /// How it was wrong.
    pub drift: Drift,
    /// What was done. Whoever is to be told is told now, but for [`Outcome::Repairing`], which [`crate::counters::pushes::settle`] ends.
    pub outcome: Outcome,
}

/// Writes down what a page found, repairs what its policy says, and moves the run on; answers what was wrong, in the order of the keys. None
/// when the run is not under way any more, is not in this pass, or was asked to stop, or when the definition was changed or deleted since:
/// then the transaction is to be dropped.
///
/// A counter that has changed since it was read is not repaired; whoever changed it has it pushed.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn compared(
    tx: &mut Tx,
    page: &Compared<'_>,
    rules: &Rules,
    now: Timestamp,
) -> Result<Option<Vec<Handled>>> {
    let found: BTreeMap<&str, &Found> = page.found.iter().map(|one| (one.key.as_str(), one)).collect();
    let handled = handle(tx, page, &found, rules, now).await?;
    let agreed: Vec<&str> =
        found.values().filter(|one| one.verdict == Verdict::Equal).map(|one| one.key.as_str()).collect();
    let righted = agree(tx, page.definition_id, &agreed, now).await?;
    keep_findings(tx, page, &found, &handled, now).await?;
    findings::settled(tx, &righted, now).await?;
    let moved = move_on(tx, page, &counts(page, &handled), now).await?;
    let stands = definitions::state_of(tx, page.definition_id, page.version).await?.is_some();
    Ok((moved && stands).then_some(handled))
}

/// Repairs what is to be repaired.
async fn handle(
    tx: &mut Tx,
    page: &Compared<'_>,
    found: &BTreeMap<&str, &Found>,
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Handled>> {
    let drifts: Vec<(&Found, &Drift)> = found
        .values()
        .filter_map(|one| match &one.verdict {
            Verdict::Drift(drift) => Some((*one, drift)),
            _ => None,
        })
        .collect();
    let mending: Vec<(&Found, &Drift)> =
        drifts.iter().filter(|(_, drift)| !drift.repairs(page.policy).is_empty()).copied().collect();
    let mended = mend(tx, page, &mending, rules, now).await?;
    let of = |(one, drift): (&Found, &Drift)| Handled {
        key: one.key.clone(),
        drift: drift.clone(),
        outcome: mended.get(one.key.as_str()).copied().unwrap_or(Outcome::Reported),
    };
    Ok(drifts.into_iter().map(of).collect())
}

async fn mend<'a>(
    tx: &mut Tx,
    page: &Compared<'_>,
    mending: &[(&'a Found, &Drift)],
    rules: &Rules,
    now: Timestamp,
) -> Result<BTreeMap<&'a str, Outcome>> {
    let keys: Vec<&str> = mending.iter().map(|(one, _)| one.key.as_str()).collect();
    let mut counters = row::lock(tx, page.definition_id, &keys).await?;
    let (mut outcomes, mut moves, mut taken_over) = (BTreeMap::new(), Vec::new(), Righted::new());
    for (one, drift) in mending {
        let counter = counters.get_mut(&one.key).filter(|counter| counter.version == one.version);
        let repairs = drift.repairs(page.policy);
        let Some(counter) = counter else {
            // A key in Redis is set before this, and whoever follows it may have written that down already.
            let is = counters.get(&one.key).map(|counter| Repair::SetCounter(counter.value));
            let done = repairs.len() == 1 && is.is_some_and(|is| repairs[0] == is);
            outcomes.insert(one.key.as_str(), if done { Outcome::Repaired } else { Outcome::Moved });
            continue;
        };
        let pushes = repairs.contains(&Repair::Push);
        counter.push.nudge(one.seen.clone(), &rules.push, now);
        counter.waiting_since = counter.waiting_since.or(pushes.then_some(now));
        let next = pushes.then(|| page.run_id.to_owned());
        if let Some(earlier) = std::mem::replace(&mut counter.repairing, next).filter(|it| it != page.run_id)
        {
            taken_over.entry(earlier).or_default().push(one.key.clone());
        }
        outcomes.insert(one.key.as_str(), if pushes { Outcome::Repairing } else { Outcome::Repaired });
        let set = repairs.iter().find_map(|repair| match repair {
            Repair::SetCounter(to) => Some(*to),
            Repair::Push => None,
        });
        if let Some(to) = set {
            let op = Op::Repair { to, version: one.version };
            moves.push(Move { key: &one.key, op, source: "reconciliation" });
        }
    }
    counters.retain(|key, _| outcomes.get(key.as_str()).is_some_and(|outcome| *outcome != Outcome::Moved));
    row::save_push(tx, page.definition_id, &counters.values().collect::<Vec<&Counter>>()).await?;
    let moved = make(tx, page.definition_id, &moves, rules, now).await?;
    findings::left(tx, &taken_over, Outcome::Moved).await?;
    for (one, moved) in moves.iter().zip(moved) {
        if let Some((key, _)) = mending.iter().find(|(found, _)| found.key == one.key)
            && !matches!(moved, Moved::Made { .. })
        {
            outcomes.insert(key.key.as_str(), Outcome::Moved);
        }
    }
    Ok(outcomes)
}

/// Writes down when counters were last known to be right; answers those that an earlier run had found wrong.
async fn agree(tx: &mut Tx, definition_id: &str, keys: &[&str], now: Timestamp) -> Result<Righted> {
    let mut counters = row::lock(tx, definition_id, keys).await?;
    let mut righted = Righted::new();
    for counter in counters.values_mut() {
        counter.agreed_at = Some(now);
        if let Some(run_id) = counter.repairing.take() {
            righted.entry(run_id).or_default().push(counter.key.clone());
        }
    }
    row::save_agreed(tx, definition_id, &counters.values().collect::<Vec<_>>()).await?;
    Ok(righted)
}

async fn keep_findings(
    tx: &mut Tx,
    page: &Compared<'_>,
    found: &BTreeMap<&str, &Found>,
    handled: &[Handled],
    now: Timestamp,
) -> Result<()> {
    let outcomes: BTreeMap<&str, Outcome> =
        handled.iter().map(|one| (one.key.as_str(), one.outcome)).collect();
    let (mut new, mut over) = (Vec::new(), BTreeSet::new());
    for (key, one) in found {
        // What the first pass suspected is replaced by what the second found.
        over.insert(*key);
        let (verdict, outcome, detail) = match &one.verdict {
            Verdict::Suspect(seen) if page.pass == 1 => (Kept::Suspect, Outcome::Open, json(seen)?),
            Verdict::NoTruth(words) => (Kept::NoTruth, Outcome::Reported, json(words)?),
            Verdict::Drift(drift) => {
                let outcome = outcomes.get(key).copied().unwrap_or(Outcome::Reported);
                (Kept::Drift, outcome, json(drift)?)
            }
            Verdict::Suspect(_) | Verdict::Equal | Verdict::InFlight => continue,
        };
        let settled_at = (outcome == Outcome::Repaired).then_some(now);
        new.push(Finding { key: (*key).to_owned(), verdict, outcome, detail, found_at: now, settled_at });
    }
    if page.pass > 1 {
        findings::forget(tx, page.run_id, &over.into_iter().collect::<Vec<_>>()).await?;
    }
    findings::add(tx, page.run_id, &new).await
}

fn counts(page: &Compared<'_>, handled: &[Handled]) -> Counts {
    let mut counts = Counts { calls: page.calls, ..Counts::default() };
    for one in page.found {
        match &one.verdict {
            Verdict::Equal => counts.alike += 1,
            Verdict::InFlight => counts.in_flight += 1,
            Verdict::NoTruth(_) => counts.unknown += 1,
            // It is counted by the second pass as what it is then.
            Verdict::Suspect(_) if page.pass == 1 => continue,
            Verdict::Suspect(_) => counts.in_flight += 1,
            Verdict::Drift(drift) => {
                counts.drifted += 1;
                counts.size = counts.size.saturating_add(drift.size().unwrap_or(0));
            }
        }
        counts.checked += 1;
    }
    counts.repaired = handled.iter().filter(|one| one.outcome == Outcome::Repaired).count() as u64;
    counts
}

async fn move_on(tx: &mut Tx, page: &Compared<'_>, more: &Counts, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE counter_runs SET reason = NULL, position = ?, heartbeat_at = ?, checked = checked + ?, alike = alike + ?, \
               in_flight = in_flight + ?, unknown = unknown + ?, drifted = drifted + ?, repaired = repaired + ?, size = size + ?, \
               calls = calls + ? WHERE id = ? AND state = ? AND cancel_requested = 0 AND pass = ? AND position < ?";
    let values = args![
        page.position,
        now,
        stored(more.checked),
        stored(more.alike),
        stored(more.in_flight),
        stored(more.unknown),
        stored(more.drifted),
        stored(more.repaired),
        stored(more.size),
        stored(more.calls),
        page.run_id,
        State::Running.name(),
        page.pass,
        page.position
    ];
    Ok(tx.execute(sql, values).await? == 1)
}
