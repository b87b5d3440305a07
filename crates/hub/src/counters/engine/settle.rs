//! Settling: what came of what was sent or read, in one transaction with what is to be told of it.

use super::Known;
use crate::cx::Cx;
use crate::news::{self, News};
use crate::telemetry::metrics;
use std::sync::atomic::Ordering;
use std::time::Duration;
use syncline_core::counters::news::{DRIFT, Whose, drift};
use syncline_core::counters::push::{Answer, Next, Told};
use syncline_store::counters::pushes::{self, Report, Settled};
use syncline_store::counters::{definitions, findings};
use syncline_store::{StoreError, Tx};

/// What of it a lane has to know.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turned {
    /// Something was taken.
    pub taken: bool,
    /// Something was turned away for now, and how long that was said to last.
    pub away: Option<Option<Duration>>,
}

/// The first wait while the database is away; it doubles up to the longest.
const WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Settles, however long the database is away; what it refuses is left to whoever finds the lease ended.
pub(super) async fn settle(cx: &Cx, known: &Known, reports: Vec<Report>) -> Turned {
    let turned = turned(cx, &reports);
    let mut wait = WAIT;
    while !reports.is_empty() {
        match try_settle(cx, known, &reports).await {
            Ok(()) => break,
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, counters = reports.len(), "pushes cannot be settled; trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            Err(error) => {
                tracing::error!(%error, counter = known.stored.id, "pushes cannot be settled");
                break;
            }
        }
    }
    turned
}

fn turned(cx: &Cx, reports: &[Report]) -> Turned {
    let mut turned = Turned::default();
    for report in reports {
        match &report.told {
            Told::Answer(Answer::NotTaken(until)) => {
                turned.away = Some(until.map(|until| until.since(cx.now())));
            }
            Told::Answer(Answer::Unusable(_)) => turned.away = Some(None),
            Told::Answer(_) | Told::Look(_) => turned.taken = true,
            Told::LookFailed(_) | Told::Unsent(_) => {}
        }
    }
    turned
}

async fn try_settle(cx: &Cx, known: &Known, reports: &[Report]) -> Result<(), StoreError> {
    let now = cx.now();
    let decide = |_: &str, push: &mut syncline_core::counters::push::Push, value, told| {
        cx.dice.with(|rng| push.told(value, told, &known.terms, now, rng))
    };
    let mut tx = cx.store.begin().await?;
    let settled = pushes::settle(&mut tx, reports, decide, now).await?;
    let told = tell(cx, &mut tx, known, &settled).await?;
    note_trouble(&mut tx, known, reports, &settled).await?;
    tx.commit().await?;
    if told {
        cx.wake.news();
    }
    for one in &settled {
        match &one.next {
            Some(Next::Shown(_)) => metrics::counter_ended("shown"),
            Some(Next::Parked) => metrics::counter_ended("parked"),
            _ => {}
        }
    }
    Ok(())
}

/// Tells of counters that a comparison had found wrong and that are right now, or will not be by themselves.
async fn tell(cx: &Cx, tx: &mut Tx, known: &Known, settled: &[Settled]) -> Result<bool, StoreError> {
    let stored = &known.stored;
    let mut all = Vec::new();
    for one in settled {
        let Some(run_id) = &one.found_by else { continue };
        let repaired = match one.next {
            Some(Next::Shown(_)) => true,
            Some(Next::Parked) => false,
            _ => continue,
        };
        let finding = findings::get_in(tx, run_id, &one.key).await?;
        let Some(found) = finding.map(|it| it.drift()).transpose()?.flatten() else { continue };
        let whose = Whose {
            org_id: &stored.org_id,
            connection_id: &stored.definition.connection_id,
            counter: &stored.definition.name,
            key: &one.key,
        };
        if let Some(payload) = drift(whose, &found, repaired) {
            let connection_id = Some(stored.definition.connection_id.as_str());
            all.push(News { org_id: &stored.org_id, connection_id, kind: DRIFT, payload });
        }
    }
    let any = !all.is_empty();
    news::queue_all(cx, tx, all).await?;
    Ok(any)
}

/// Says on the definition that its trigger cannot be called, or no longer says so.
async fn note_trouble(
    tx: &mut Tx,
    known: &Known,
    reports: &[Report],
    settled: &[Settled],
) -> Result<(), StoreError> {
    let why = settled.iter().find_map(|one| match &one.next {
        Some(Next::Attention(why)) => Some(why.as_str()),
        _ => None,
    });
    let accepted = reports.iter().any(|report| matches!(report.told, Told::Answer(Answer::Accepted)));
    let remarked = &known.remarked;
    if let Some(why) = why {
        tracing::warn!(counter = known.stored.id, why, "a counter's trigger cannot be called");
        definitions::remark(tx, &known.stored.id, Some(why)).await?;
        remarked.store(true, Ordering::Relaxed);
    } else if accepted && remarked.swap(false, Ordering::Relaxed) {
        definitions::remark(tx, &known.stored.id, None).await?;
    }
    Ok(())
}
