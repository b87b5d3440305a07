//! One page of a run: three numbers of each counter, what they say, what is done.

use super::{Running, keys, trouble};
use crate::connect::Trouble;
use crate::counters::ask::{self, Stopped};
use crate::counters::change::{ChangeError, bounds, rules};
use crate::counters::redis::{self, Repaired};
use crate::counters::request::terms;
use crate::counters::truth::{self, Asker};
use crate::news::{self, News};
use crate::telemetry::metrics;
use std::collections::BTreeMap;
use syncline_core::counters::change::Bounds;
use syncline_core::counters::definition::{Keep, Policy};
use syncline_core::counters::news::{DRIFT, Whose, drift};
use syncline_core::counters::push::Seen;
use syncline_core::counters::reconcile::{Known, Numbers, Repair, Suspicion, Terms, Verdict, compare};
use syncline_core::counters::truth::Truth;
use syncline_providers::hubspot::counters::{BATCH, Shown};
use syncline_store::counters::Counter;
use syncline_store::counters::definitions::State;
use syncline_store::counters::findings::Outcome;
use syncline_store::counters::runs::{Compared, Found, Handled, compared};
use syncline_store::{StoreError, Tx};

/// A page.
pub(super) struct Page {
    rows: Vec<Counter>,
    /// What was suspected of them.
    before: BTreeMap<String, Suspicion>,
    /// Where the run is when it is through.
    position: String,
}

/// Where a run is after a page.
pub(super) enum Through {
    /// At this key.
    On(String),
    /// Nowhere: it is not under way any more, or by another definition.
    Off,
}

/// What is known of the counters of a page.
struct Looked {
    shown: Vec<Option<Shown>>,
    seen: Vec<Seen>,
    truths: Vec<Known>,
    /// Of each its number and whether it moved while it was looked at; what Redis says where it lives there.
    live: Vec<(Option<i64>, bool)>,
    calls: u64,
}

impl Page {
    /// Of the first pass; none when there are no counters any more.
    pub fn of(rows: Vec<Counter>) -> Option<Self> {
        let position = rows.last()?.key.clone();
        Some(Self { rows, before: BTreeMap::new(), position })
    }

    /// Of the second.
    pub fn again(rows: Vec<Counter>, before: Vec<(String, Suspicion)>, last: Option<String>) -> Option<Self> {
        Some(Self { rows, before: before.into_iter().collect(), position: last? })
    }

    /// Goes through with it.
    pub async fn through(self, running: &Running<'_>) -> Result<Through, Stopped> {
        let looked = self.look(running).await?;
        let mut found = self.compare(running, &looked);
        // What rests is looked at, and left as it is.
        let policy = match running.run.dry_run || running.stored.state != State::Active {
            true => Policy::Report,
            false => running.definition.policy,
        };
        if policy == Policy::Repair && running.definition.store != Keep::Database {
            if !running.stands().await? {
                return Ok(Through::Off);
            }
            repair_in_redis(running, &mut found).await?;
        }
        let page = Compared {
            run_id: &running.run.id,
            definition_id: &running.stored.id,
            version: running.stored.version,
            pass: running.run.pass,
            position: &self.position,
            policy,
            calls: looked.calls,
            found: &found,
        };
        let kept = keep(running, &page).await.map_err(trouble)?;
        Ok(if kept { Through::On(self.position) } else { Through::Off })
    }

    async fn look(&self, running: &Running<'_>) -> Result<Looked, Stopped> {
        let keys = keys(&self.rows);
        let (mut shown, mut seen, mut calls) = (Vec::new(), Vec::new(), 0);
        let asker = Asker {
            cx: running.cx,
            line: &running.line,
            hold: running.hold,
            definition: &running.definition,
        };
        // A source of the application's comes first: while it is away, HubSpot is not asked in vain.
        let early = match running.definition.truth {
            Truth::Sql { .. } | Truth::Http { .. } => Some(truth::of(&asker, &keys, &[], &mut calls).await?),
            _ => None,
        };
        for piece in keys.chunks(BATCH) {
            let looked = ask::look(&running.line, running.hold, &mut calls, &running.definition, piece);
            let (some, at) = looked.await?;
            seen.extend(some.iter().map(|shown| ask::seen(shown.as_ref(), at)));
            shown.extend(some);
        }
        let truths = match early {
            Some(truths) => truths,
            None => truth::of(&asker, &keys, &shown, &mut calls).await?,
        };
        let bounds = bounds(&running.stored);
        let truths = truths.into_iter().map(|known| within(bounds, known)).collect();
        let live = self.live(running).await?;
        Ok(Looked { shown, seen, truths, live, calls })
    }

    async fn live(&self, running: &Running<'_>) -> Result<Vec<(Option<i64>, bool)>, Stopped> {
        if running.definition.store == Keep::Database {
            return Ok(self.rows.iter().map(|row| (Some(row.value), false)).collect());
        }
        let held = redis::read(running.cx, &running.stored, &keys(&self.rows)).await.map_err(later)?;
        let one = |(row, held): (&Counter, Option<i64>)| {
            let known = row.vanished_at.is_none().then_some(row.value);
            // What is not told yet by whoever follows the key is on its way.
            (held, held.is_some() && held != known)
        };
        Ok(self.rows.iter().zip(held).map(one).collect())
    }

    fn compare(&self, running: &Running<'_>, looked: &Looked) -> Vec<Found> {
        let now = running.cx.now();
        let (push, lag) = (terms(running.cx, &running.stored), Terms { lag: running.lag });
        let one = |(at, row): (usize, &Counter)| {
            let (counter, moved) = looked.live[at];
            let numbers = Numbers {
                truth: looked.truths[at].clone(),
                counter,
                version: row.version,
                property: looked.seen[at].property.clone(),
                // When it was read, which may be a while ago.
                in_flight: row.push.is_in_flight(&push, looked.seen[at].at),
                agreed_at: row.agreed_at,
            };
            let verdict = match moved {
                true => Verdict::InFlight,
                false => compare(&numbers, self.before.get(&row.key), lag, now),
            };
            let seen = Some(looked.seen[at].clone());
            Found { key: row.key.clone(), version: row.version, seen, verdict }
        };
        debug_assert_eq!(looked.shown.len(), self.rows.len(), "every counter was looked at");
        self.rows.iter().enumerate().map(one).collect()
    }
}

/// What a source says, if a counter may be that.
fn within(bounds: Bounds, known: Known) -> Known {
    match known {
        Known::Is(number) if !bounds.admit(number) => Known::Missing(format!(
            "the source says {number}, which the counter may not be: it is {} at least, and a number that JSON holds exactly",
            bounds.minimum
        )),
        known => known,
    }
}

/// Redis being away is no reason to end a run.
fn later(error: ChangeError) -> Stopped {
    Stopped::Trouble(match error {
        ChangeError::Store(error) => Trouble::Later { message: error.to_string(), wait: None },
        other => Trouble::Later { message: other.to_string(), wait: None },
    })
}

/// Sets keys first: a key that moved since it was read is not set, and then nothing is done about it here either. Should the process die
/// after this, whoever follows the key sees the right number.
async fn repair_in_redis(running: &Running<'_>, found: &mut [Found]) -> Result<(), Stopped> {
    let wanted: Vec<(usize, String, Option<i64>, i64)> = { found.iter().enumerate() }
        .filter_map(|(at, one)| {
            let Verdict::Drift(drift) = &one.verdict else { return None };
            let to = drift.repairs(Policy::Repair).into_iter().find_map(|repair| match repair {
                Repair::SetCounter(to) => Some(to),
                Repair::Push => None,
            })?;
            Some((at, one.key.clone(), drift.counter, to))
        })
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let asked: Vec<(&str, Option<i64>, i64)> =
        wanted.iter().map(|(_, key, was, to)| (key.as_str(), *was, *to)).collect();
    let set = redis::repair(running.cx, &running.stored, &asked).await.map_err(later)?;
    for ((at, ..), set) in wanted.iter().zip(set) {
        match (set, &mut found[*at].verdict) {
            (Repaired::Set, _) => {}
            (Repaired::Moved, verdict) => *verdict = Verdict::InFlight,
            // It stays as it is, and so does the property: somebody keeps something else there.
            (Repaired::NotANumber, Verdict::Drift(drift)) => {
                (drift.counter_wrong, drift.property_wrong) = (false, false);
            }
            (Repaired::NotANumber, _) => {}
        }
    }
    Ok(())
}

/// Keeps what a page found, with what is to be told of it; false when the run is not under way any more.
async fn keep(running: &Running<'_>, page: &Compared<'_>) -> Result<bool, StoreError> {
    let cx = running.cx;
    let mut tx = cx.store.begin().await?;
    let rules = rules(cx, &running.stored);
    let Some(handled) = compared(&mut tx, page, &rules, cx.now()).await? else { return Ok(false) };
    // Who only looks tells nobody but whoever asked.
    let told = !running.run.dry_run && tell(running, &mut tx, &handled).await?;
    tx.commit().await?;
    count(page);
    cx.wake.counters();
    if told {
        cx.wake.news();
    }
    Ok(true)
}

async fn tell(running: &Running<'_>, tx: &mut Tx, handled: &[Handled]) -> Result<bool, StoreError> {
    let stored = &running.stored;
    let connection_id = stored.definition.connection_id.as_str();
    let mut all = Vec::new();
    for one in handled {
        let repaired = match one.outcome {
            Outcome::Repaired => true,
            Outcome::Reported => false,
            // Told when the property shows it; or not at all, since somebody else moved it.
            Outcome::Open | Outcome::Repairing | Outcome::Moved => continue,
        };
        let counter = stored.definition.name.as_str();
        let whose = Whose { org_id: &stored.org_id, connection_id, counter, key: &one.key };
        if let Some(payload) = drift(whose, &one.drift, repaired) {
            let connection_id = Some(connection_id);
            all.push(News { org_id: &stored.org_id, connection_id, kind: DRIFT, payload });
        }
    }
    let any = !all.is_empty();
    news::queue_all(running.cx, tx, all).await?;
    Ok(any)
}

fn count(page: &Compared<'_>) {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for one in page.found {
        let found = match one.verdict {
            Verdict::Equal => "alike",
            Verdict::InFlight => "in_flight",
            Verdict::Suspect(_) => "suspect",
            Verdict::NoTruth(_) => "no_truth",
            Verdict::Drift(_) => "drift",
        };
        *counts.entry(found).or_default() += 1;
    }
    for (found, count) in counts {
        metrics::counters_compared(found, count);
    }
}
