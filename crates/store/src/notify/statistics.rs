//! How endpoints did, by the minute: counted as attempts are settled, so that a chart reads minutes and never attempts.

use super::attempts::{Attempt, millis};
use super::{count_of, own, stored};
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args};
use crate::{Dialect, Result, Scope, Store, Tx};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::time::Timestamp;

/// A minute.
const MINUTE: i64 = 60_000;

/// The ends of the spans that latencies are counted in, in milliseconds; the last has none.
pub const BOUNDS: [i64; 9] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Attempts that delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// How long all of them took together, in milliseconds.
    pub latency_total: u64,
    /// How long the longest took, in milliseconds.
    pub latency_max: u64,
    /// How many took so long, by [`BOUNDS`].
    pub spans: [u64; BOUNDS.len() + 1],
}

impl Tally {
    /// How long the fastest `part` of them took at most (0.5: the median), as exactly as the spans tell; none when there were none.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let all: u64 = self.spans.iter().sum();
        if all == 0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let wanted = ((all as f64 * part.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, count) in self.spans.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                let end = BOUNDS.get(at).and_then(|end| u64::try_from(*end).ok()).unwrap_or(self.latency_max);
                return Some(Duration::from_millis(end.min(self.latency_max)));
            }
        }
        None
    }

    fn add(&mut self, latency: Duration, delivered: bool) {
        let latency = millis(latency);
        if delivered {
            self.delivered += 1;
        } else {
            self.failed += 1;
        }
        let taken = u64::try_from(latency).unwrap_or(0);
        self.latency_total += taken;
        self.latency_max = self.latency_max.max(taken);
        self.spans[BOUNDS.partition_point(|end| *end <= latency)] += 1;
    }
}

/// The columns that are added up, in the order of the table.
const SUMS: [&str; 13] = [
    "delivered",
    "failed",
    "latency_total",
    "under_10",
    "under_25",
    "under_50",
    "under_100",
    "under_250",
    "under_500",
    "under_1000",
    "under_2500",
    "under_5000",
    "slower",
];

const INSERT: Bulk = Bulk {
    table: "endpoint_minutes",
    columns: &[
        ("endpoint_id", Kind::Text),
        ("minute", Kind::Int),
        ("latency_max", Kind::Int),
        ("delivered", Kind::Int),
        ("failed", Kind::Int),
        ("latency_total", Kind::Int),
        ("under_10", Kind::Int),
        ("under_25", Kind::Int),
        ("under_50", Kind::Int),
        ("under_100", Kind::Int),
        ("under_250", Kind::Int),
        ("under_500", Kind::Int),
        ("under_1000", Kind::Int),
        ("under_2500", Kind::Int),
        ("under_5000", Kind::Int),
        ("slower", Kind::Int),
    ],
    unique: "endpoint_id, minute",
};

/// Adds attempts to the minute they were settled in, with whether they delivered.
pub(super) async fn count<'a>(
    tx: &mut Tx,
    attempts: impl Iterator<Item = (&'a Attempt, bool)>,
    now: Timestamp,
) -> Result<()> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (attempt, delivered) in attempts {
        tallies.entry(&attempt.endpoint_id).or_default().add(attempt.latency, delivered);
    }
    let minute = now.as_millis().div_euclid(MINUTE) * MINUTE;
    // One after the other to its end: whoever counts for several endpoints locks their rows in the order of their ids.
    for (endpoint_id, tally) in &tallies {
        if add(tx, endpoint_id, minute, tally).await? {
            continue;
        }
        // The first of a minute. Whoever else makes the same row now waits here, and then finds it.
        let zeros = vec![Value::from(0); INSERT.columns.len() - 2];
        let row: Vec<Value> = { args![*endpoint_id, minute] }.into_iter().chain(zeros).collect();
        tx.insert_many(&INSERT, [row]).await?;
        add(tx, endpoint_id, minute, tally).await?;
    }
    Ok(())
}

/// False when there is no such row yet.
async fn add(tx: &mut Tx, endpoint_id: &str, minute: i64, tally: &Tally) -> Result<bool> {
    let more: Vec<String> = SUMS.iter().map(|column| format!("{column} = {column} + ?")).collect();
    let sql = format!(
        "UPDATE endpoint_minutes SET {}, latency_max = CASE WHEN latency_max > ? THEN latency_max ELSE ? END \
         WHERE endpoint_id = ? AND minute = ?",
        more.join(", ")
    );
    let sums = [tally.delivered, tally.failed, tally.latency_total].into_iter().chain(tally.spans);
    let mut values: Vec<Value> = sums.map(|sum| Value::from(stored(sum))).collect();
    let longest = stored(tally.latency_max);
    values.extend(args![longest, longest, endpoint_id, minute]);
    Ok(tx.execute(&sql, values).await? == 1)
}

/// How an endpoint did in each of `buckets` equal spans of so many minutes that end at the end of `until`'s minute, oldest first; nothing
/// but zeros for one that is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn chart(
    store: &Store,
    scope: &Scope,
    endpoint_id: &str,
    until: Timestamp,
    minutes: u32,
    buckets: u32,
) -> Result<Vec<Tally>> {
    let span = i64::from(minutes.max(1)) * MINUTE;
    let end = (until.as_millis().div_euclid(MINUTE) + 1) * MINUTE;
    let start = end - span * i64::from(buckets);
    let (divide, int) = match store.dialect() {
        Dialect::MySql => ("DIV", "SIGNED"),
        Dialect::Sqlite | Dialect::Postgres => ("/", "BIGINT"),
    };
    let sums: Vec<String> = SUMS.iter().map(|column| format!("CAST(SUM(m.{column}) AS {int})")).collect();
    let (mine, scope_values) = own(scope, "e.org_id");
    let visible = if mine.is_empty() {
        String::new()
    } else {
        format!(" AND EXISTS (SELECT 1 FROM endpoints e WHERE e.id = m.endpoint_id{mine})")
    };
    let sql = format!(
        "SELECT (m.minute - ?) {divide} ? AS bucket, MAX(m.latency_max), {} FROM endpoint_minutes m \
         WHERE m.endpoint_id = ? AND m.minute >= ? AND m.minute < ?{visible} GROUP BY bucket",
        sums.join(", ")
    );
    let mut values = args![start, span, endpoint_id, start, end];
    values.extend(scope_values);
    let mut chart = vec![Tally::default(); buckets as usize];
    for row in store.query(&sql, values).await? {
        if let Some(tally) = usize::try_from(row.int(0)?).ok().and_then(|at| chart.get_mut(at)) {
            *tally = read(&row)?;
        }
    }
    Ok(chart)
}

fn read(row: &Row) -> Result<Tally> {
    let mut spans = [0; BOUNDS.len() + 1];
    for (at, span) in spans.iter_mut().enumerate() {
        *span = count_of(row, 5 + at)?;
    }
    Ok(Tally {
        latency_max: count_of(row, 1)?,
        delivered: count_of(row, 2)?,
        failed: count_of(row, 3)?,
        latency_total: count_of(row, 4)?,
        spans,
    })
}
