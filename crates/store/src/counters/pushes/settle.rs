//! What came of what was claimed, many at once.

use super::log::{self, Entry, What};
use crate::counters::findings;
use crate::counters::row::{self, Counter};
use crate::counters::statistics::{self, Tally};
use crate::{Result, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_core::counters::push::{Answer, Next, Push, Seen, Stage, Terms, Told};
use syncline_core::time::Timestamp;

/// What somebody who claimed a counter has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The definition.
    pub definition_id: String,
    /// Which of its counters.
    pub key: String,
    /// What happened.
    pub told: Told,
    /// How long the answer took.
    pub latency: Duration,
    /// The lease it was claimed under.
    pub lease: String,
}

/// What became of a counter that was told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The definition.
    pub definition_id: String,
    /// Which of its counters.
    pub key: String,
    /// What follows; none when somebody else holds it by now, or it is not there any more.
    pub next: Option<Next>,
    /// The run that had found it wrong, where it is right now (`Next::Shown`) or will not be by itself (`Next::Parked`).
    pub found_by: Option<String>,
}

/// Settles what is told, and answers what became of each counter, in the order of definitions and keys. `decide` is
/// [`Push::told`] with the definition's rules and dice; it is given the counter's value as it is now.
///
/// Only what belongs to the lease that a counter is under is heard: what was claimed before that is told too late. And telling twice, as after a commit whose answer was lost, changes nothing the second time.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn settle(
    tx: &mut Tx,
    reports: &[Report],
    mut decide: impl FnMut(&str, &mut Push, i64, Told) -> Next,
    now: Timestamp,
) -> Result<Vec<Settled>> {
    let mut by_definition: BTreeMap<&str, BTreeMap<&str, Vec<&Report>>> = BTreeMap::new();
    for report in reports {
        by_definition.entry(&report.definition_id).or_default().entry(&report.key).or_default().push(report);
    }
    let (mut settled, mut tallies) = (Vec::with_capacity(reports.len()), BTreeMap::new());
    let (mut righted, mut parked) = (Righted::new(), Righted::new());
    for (definition_id, reports) in by_definition {
        let keys: Vec<&str> = reports.keys().copied().collect();
        let mut counters = row::lock(tx, definition_id, &keys).await?;
        let told = |counter: &Counter| {
            let held = |it: &&&Report| counter.lease_owner.as_deref() == Some(it.lease.as_str());
            reports.get(counter.key.as_str())?.iter().find(held).copied()
        };
        counters.retain(|_, counter| told(counter).is_some());
        let mut book = Book::default();
        for key in reports.keys() {
            let next = counters.get_mut(*key).and_then(|counter| {
                let report = told(counter)?;
                let next = decide(definition_id, &mut counter.push, counter.value, report.told.clone());
                Some(book.note(counter, report, &next, now))
            });
            let (next, found_by) = next.unzip();
            let (definition_id, key) = (definition_id.to_owned(), (*key).to_owned());
            settled.push(Settled { definition_id, key, next, found_by: found_by.flatten() });
        }
        row::save_push(tx, definition_id, &counters.values().collect::<Vec<_>>()).await?;
        log::add(tx, definition_id, &book.entries).await?;
        for (run, keys) in book.righted {
            righted.entry(run).or_default().extend(keys);
        }
        for (run, keys) in book.parked {
            parked.entry(run).or_default().extend(keys);
        }
        tallies.insert(definition_id.to_owned(), book.tally);
    }
    // Last, since others who lock these have locked their counters before.
    findings::left(tx, &parked, findings::Outcome::Open).await?;
    findings::settled(tx, &righted, now).await?;
    statistics::add_all(tx, &tallies, now).await?;
    Ok(settled)
}

/// By run, counters whose repair is over.
pub(in crate::counters) type Righted = BTreeMap<String, Vec<String>>;

/// What is written down beside the counters.
#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    tally: Tally,
    /// Found wrong, and right again.
    righted: Righted,
    /// Found wrong, and a person's now.
    parked: Righted,
}

impl Book {
    /// Writes down what was told and what follows; answers the latter, and the run whose finding is settled by it.
    fn note(
        &mut self,
        counter: &mut Counter,
        report: &Report,
        next: &Next,
        now: Timestamp,
    ) -> (Next, Option<String>) {
        counter.lease_owner = None;
        let value = counter.push.call.as_ref().map_or(counter.value, |call| call.value);
        if let Told::Answer(answer) = &report.told {
            let (what, detail) = what_of(answer);
            self.tally.call(report.latency, what == What::Accepted);
            self.enter(counter, (what, value), report.latency, detail, now);
        }
        let mut found_by = None;
        match next {
            Next::Shown(shown) => {
                let latency = now.since(counter.waiting_since.unwrap_or(now));
                self.tally.shown(latency);
                self.enter(counter, (What::Shown, *shown), latency, None, now);
                // What it is by now has waited since it changed, not since the property showed what it was.
                counter.waiting_since = (counter.value != *shown).then_some(counter.changed_at);
                if counter.value == *shown {
                    let changes = counter.version.saturating_sub(counter.shown_version);
                    self.tally.changes += u64::try_from(changes).unwrap_or(0);
                    counter.shown_version = counter.version;
                    counter.agreed_at = Some(now);
                    found_by = counter.repairing.take();
                }
            }
            Next::Parked => {
                self.tally.parked += 1;
                let why = counter.push.parked.as_ref().map(ToString::to_string);
                self.enter(counter, (What::Parked, value), Duration::ZERO, why, now);
                found_by = counter.repairing.take();
            }
            Next::On | Next::Attention(_) => {}
        }
        if let Some(run) = &found_by {
            let over = if matches!(next, Next::Shown(_)) { &mut self.righted } else { &mut self.parked };
            over.entry(run.clone()).or_default().push(counter.key.clone());
        }
        (next.clone(), found_by)
    }

    fn enter(
        &mut self,
        counter: &Counter,
        (what, value): (What, i64),
        latency: Duration,
        detail: Option<String>,
        now: Timestamp,
    ) {
        let key = counter.key.clone();
        self.entries.push(Entry { seq: 0, key, at: now, what, value, latency, detail });
    }
}

fn what_of(answer: &Answer) -> (What, Option<String>) {
    match answer {
        Answer::Accepted | Answer::Written => (What::Accepted, None),
        Answer::NotTaken(_) => (What::NotTaken, None),
        Answer::Lost => (What::Lost, None),
        Answer::Refused(words) => (What::Refused, Some(words.clone())),
        Answer::NoRecord => (What::Refused, Some("there is no such record".to_owned())),
        Answer::Unusable(status) => (What::Refused, Some(format!("the trigger answered {status}"))),
    }
}

/// Has counters pushed whatever was seen before, such as those that a person has looked at: at once, where nothing is under way. `seen` is
/// what the property shows now, where somebody looked. Answers how many there are.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn nudge(
    tx: &mut Tx,
    definition_id: &str,
    keys: &[(&str, Option<Seen>)],
    terms: &Terms,
    now: Timestamp,
) -> Result<u64> {
    let seen: BTreeMap<&str, Option<&Seen>> = keys.iter().map(|(key, seen)| (*key, seen.as_ref())).collect();
    let sorted: Vec<&str> = seen.keys().copied().collect();
    let mut counters = row::lock(tx, definition_id, &sorted).await?;
    for counter in counters.values_mut() {
        let was = counter.push.stage;
        let shown = seen.get(counter.key.as_str()).and_then(|seen| seen.cloned());
        counter.push.nudge(shown, terms, now);
        if matches!(was, Stage::Quiet | Stage::Parked) {
            counter.waiting_since = counter.waiting_since.or(Some(now));
        }
    }
    row::save_push(tx, definition_id, &counters.values().collect::<Vec<_>>()).await?;
    Ok(counters.len() as u64)
}

/// Has counters pushed to another place than so far: what was seen and what is under way was about the old one, and whoever is at it is not
/// heard any more. Answers how many there are.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn redirect(
    tx: &mut Tx,
    definition_id: &str,
    keys: &[&str],
    terms: &Terms,
    now: Timestamp,
) -> Result<u64> {
    let keys: BTreeSet<&str> = keys.iter().copied().collect();
    let sorted: Vec<&str> = keys.into_iter().collect();
    let mut counters = row::lock(tx, definition_id, &sorted).await?;
    for counter in counters.values_mut() {
        let leased_until = counter.lease_owner.take().map(|_| counter.push.due);
        counter.push.redirect(leased_until, terms, now);
        counter.waiting_since = counter.waiting_since.or(Some(now));
        counter.agreed_at = None;
    }
    row::save_push(tx, definition_id, &counters.values().collect::<Vec<_>>()).await?;
    Ok(counters.len() as u64)
}
