//! Figures that have to be asked for: lag of the log, jobs by state, whether the database answers. Asked every few
//! seconds, so that scraping costs nothing.

use crate::call::budget::BudgetView;
use crate::cx::Cx;
use crate::intake::log::embedded::ReadPosition;
use crate::telemetry::metrics;
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::embedded_log::LogReader;
use syncline_store::intake_log::{self, Lag};
use syncline_store::jobs::{self, State};
use syncline_store::notify::deliveries;
use syncline_store::{Scope, StoreError, events, syncs};
use tokio_util::sync::CancellationToken;

/// How often.
pub const EVERY: Duration = Duration::from_secs(2);

/// Where the log's lag is to be asked.
#[derive(Clone, Debug)]
pub enum LogGauge {
    /// The file beside SQLite.
    Embedded(LogReader, ReadPosition),
    /// The table.
    Database,
    /// Kafka's own tools know; here it is not counted.
    Elsewhere,
}

impl LogGauge {
    /// How much is waiting right now.
    ///
    /// # Errors
    /// [`StoreError`] as the log says.
    pub async fn lag(&self, cx: &Cx) -> Result<Lag, StoreError> {
        match self {
            Self::Embedded(reader, read) => reader.lag(read.load(Ordering::Acquire)).await,
            Self::Database => intake_log::lag(&cx.store).await,
            Self::Elsewhere => Ok(Lag::default()),
        }
    }
}

/// The figures as last measured, for `/readyz` and the portal.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Snapshot>>);

/// One measurement.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When it was taken.
    pub at: Timestamp,
    /// Whether the database answered.
    pub database: bool,
    /// What waits in the log.
    pub lag: Lag,
    /// Jobs a human has to look at.
    pub parked: u64,
    /// Conflicts of syncs that a human has to decide.
    pub conflicts: u64,
    /// How many events there are.
    pub stored: u64,
    /// Events stored between the last measurements, oldest first: at most [`SLICES`], [`EVERY`] apart.
    pub slices: VecDeque<u64>,
}

/// How many measurements are remembered: a minute's.
const SLICES: usize = 30;

impl Snapshot {
    /// Events stored in the last minute.
    #[must_use]
    pub fn last_minute(&self) -> u64 {
        self.slices.iter().sum()
    }
}

impl Health {
    /// The last measurement.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, snapshot: Snapshot) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

/// Measures until stopped.
pub async fn run(
    cx: Cx,
    log: LogGauge,
    health: Health,
    recorder: Option<PrometheusHandle>,
    stop: CancellationToken,
) {
    let mut seen = BTreeSet::new();
    loop {
        let snapshot = measure(&cx, &log, &health.snapshot(), &mut seen).await;
        metrics::database_up(snapshot.is_ok());
        health.set(snapshot.unwrap_or_else(|_| Snapshot { at: cx.now(), ..health.snapshot().gone() }));
        if let Some(recorder) = &recorder {
            // Empties the histograms' buffers, which otherwise grow until somebody scrapes.
            recorder.run_upkeep();
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Snapshot {
    fn gone(self) -> Self {
        Self { database: false, ..self }
    }
}

async fn measure(
    cx: &Cx,
    log: &LogGauge,
    before: &Snapshot,
    seen: &mut BTreeSet<(String, &'static str)>,
) -> Result<Snapshot, StoreError> {
    let now = cx.now();
    let lag = log.lag(cx).await?;
    metrics::log_lag(lag.deliveries, lag.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest)));
    let counts = jobs::counts(&cx.store, &Scope::All).await?;
    let due =
        counts.iter().filter(|count| count.state == State::Waiting).map(|count| count.oldest_run_at).min();
    metrics::jobs_oldest_due(due.map_or(Duration::ZERO, |due| now.since(due)));
    // What is no longer there counts zero, or its last value would stand for ever.
    for (kind, state) in seen.iter() {
        metrics::jobs(kind, state, 0);
    }
    for count in &counts {
        metrics::jobs(&count.kind, state_name(count.state), count.jobs);
        seen.insert((count.kind.clone(), state_name(count.state)));
    }
    budgets(&cx.calls.budgets.view());
    metrics::notify_waiting(deliveries::waiting_in_all(&cx.store).await?);
    let parked = counts.iter().filter(|count| count.state == State::Parked).map(|count| count.jobs).sum();
    let stored = events::stored(&cx.store).await?;
    let conflicts = syncs::conflicts::count_open(&cx.store, &Scope::All, None).await?;
    let mut slices = before.slices.clone();
    // The first measurement has nothing to compare with.
    slices.push_back(if before.database { stored.saturating_sub(before.stored) } else { 0 });
    slices.drain(..slices.len().saturating_sub(SLICES));
    Ok(Snapshot { at: now, database: true, lag, parked, conflicts, stored, slices })
}

/// By provider and limit, so that a thousand accounts do not make a thousand series. Accounts one by one are in the portal and at
/// `/v1/budgets`.
fn budgets(views: &[BudgetView]) {
    let mut by_limit: BTreeMap<(&'static str, &'static str), (f64, usize, usize)> = BTreeMap::new();
    for view in views {
        let (fullest, waiting, closed) = by_limit.entry((view.provider, view.limit)).or_default();
        *fullest = fullest.max(view.used as f64 / view.calls.max(1) as f64);
        *waiting += view.waiting;
        *closed += usize::from(view.closed_ms > 0);
    }
    for ((provider, limit), (fullest, waiting, closed)) in by_limit {
        metrics::budget(provider, limit, fullest, waiting, closed);
    }
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Waiting => "waiting",
        State::Running => "running",
        State::Parked => "parked",
    }
}
