//! How definitions do, by the minute: counted as pushes are settled, so that a chart reads minutes and never calls.

use super::{count_of, stored, visible};
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args};
use crate::{Dialect, Result, Scope, Store, Tx};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::time::Timestamp;

/// A minute.
const MINUTE: i64 = 60_000;

/// The ends of the spans in which it is counted how long changes waited until they were shown, in seconds; the last has none.
pub const BOUNDS: [u64; 9] = [1, 2, 5, 10, 30, 60, 300, 900, 3_600];

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Changes that were shown, each by itself or with others.
    pub changes: u64,
    /// Calls that were accepted.
    pub accepted: u64,
    /// Calls that were not, or of which nobody knows.
    pub failed: u64,
    /// How long all calls took together, in milliseconds.
    pub call_total: u64,
    /// Values that were shown.
    pub shown: u64,
    /// Counters that became a matter for a person.
    pub parked: u64,
    /// How long all that was shown had waited together, in milliseconds.
    pub shown_total: u64,
    /// How long what had waited longest had, in milliseconds.
    pub shown_max: u64,
    /// How many had waited so long, by [`BOUNDS`].
    pub spans: [u64; BOUNDS.len() + 1],
}

impl Tally {
    /// How many of the calls were accepted, 0 to 1; none when there were none.
    #[must_use]
    pub fn success(&self) -> Option<f64> {
        let all = self.accepted + self.failed;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        (all > 0).then(|| self.accepted as f64 / all as f64)
    }

    /// How long the fastest `part` of what was shown had waited at most (0.5: the median), as exactly as the spans tell; none when there
    /// was nothing.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let all: u64 = self.spans.iter().sum();
        if all == 0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let wanted = ((all as f64 * part.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        let mut spans = self.spans.iter().zip(BOUNDS.iter().map(|end| end * 1_000).chain([self.shown_max]));
        let (_, end) = spans.find(|(count, _)| {
            seen += **count;
            seen >= wanted
        })?;
        Some(Duration::from_millis(end.min(self.shown_max)))
    }

    pub(super) fn call(&mut self, latency: Duration, accepted: bool) {
        if accepted {
            self.accepted += 1;
        } else {
            self.failed += 1;
        }
        self.call_total += millis(latency);
    }

    pub(super) fn shown(&mut self, waited: Duration) {
        self.shown += 1;
        self.shown_total += millis(waited);
        self.shown_max = self.shown_max.max(millis(waited));
        self.spans[BOUNDS.partition_point(|end| *end <= waited.as_secs())] += 1;
    }

    fn sums(&self) -> impl Iterator<Item = u64> {
        let counts = [
            self.changes,
            self.accepted,
            self.failed,
            self.call_total,
            self.shown,
            self.parked,
            self.shown_total,
        ];
        counts.into_iter().chain(self.spans)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The columns that are added up, in the order of [`Tally::sums`].
const SUMS: [&str; 17] = [
    "changes",
    "accepted",
    "failed",
    "call_total",
    "shown",
    "parked",
    "shown_total",
    "under_1",
    "under_2",
    "under_5",
    "under_10",
    "under_30",
    "under_60",
    "under_300",
    "under_900",
    "under_3600",
    "slower",
];

const INSERT: Bulk = Bulk {
    table: "counter_minutes",
    columns: &[
        ("definition_id", Kind::Text),
        ("minute", Kind::Int),
        ("shown_max", Kind::Int),
        ("changes", Kind::Int),
        ("accepted", Kind::Int),
        ("failed", Kind::Int),
        ("call_total", Kind::Int),
        ("shown", Kind::Int),
        ("parked", Kind::Int),
        ("shown_total", Kind::Int),
        ("under_1", Kind::Int),
        ("under_2", Kind::Int),
        ("under_5", Kind::Int),
        ("under_10", Kind::Int),
        ("under_30", Kind::Int),
        ("under_60", Kind::Int),
        ("under_300", Kind::Int),
        ("under_900", Kind::Int),
        ("under_3600", Kind::Int),
        ("slower", Kind::Int),
    ],
    unique: "definition_id, minute",
};

/// Adds what was counted to this minute, definition by definition in the order of their ids.
pub(super) async fn add_all(tx: &mut Tx, tallies: &BTreeMap<String, Tally>, now: Timestamp) -> Result<()> {
    let minute = now.as_millis().div_euclid(MINUTE) * MINUTE;
    for (definition_id, tally) in tallies {
        if *tally == Tally::default() || add(tx, definition_id, minute, tally).await? {
            continue;
        }
        // The first of a minute. Whoever else makes the same row now waits here, and then finds it.
        let zeros = vec![Value::from(0); INSERT.columns.len() - 2];
        let row = { args![definition_id.as_str(), minute] }.into_iter().chain(zeros).collect();
        tx.insert_many(&INSERT, [row]).await?;
        add(tx, definition_id, minute, tally).await?;
    }
    Ok(())
}

/// False when there is no such row yet.
async fn add(tx: &mut Tx, definition_id: &str, minute: i64, tally: &Tally) -> Result<bool> {
    let more: Vec<String> = SUMS.iter().map(|column| format!("{column} = {column} + ?")).collect();
    let sql = format!(
        "UPDATE counter_minutes SET {}, shown_max = CASE WHEN shown_max > ? THEN shown_max ELSE ? END \
         WHERE definition_id = ? AND minute = ?",
        more.join(", ")
    );
    let mut values: Vec<Value> = tally.sums().map(|sum| Value::from(stored(sum))).collect();
    let longest = stored(tally.shown_max);
    values.extend(args![longest, longest, definition_id, minute]);
    Ok(tx.execute(&sql, values).await? == 1)
}

/// A span of equal buckets that ends at the end of `until`'s minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// The last moment.
    pub until: Timestamp,
    /// How many minutes a bucket has; at least one.
    pub minutes: u32,
    /// How many there are.
    pub count: u32,
}

impl Buckets {
    /// How long each is, in milliseconds.
    pub(super) fn span(self) -> i64 {
        i64::from(self.minutes.max(1)) * MINUTE
    }

    /// The first moment, and the first one after them.
    pub(super) fn ends(self) -> (i64, i64) {
        let end = (self.until.as_millis().div_euclid(MINUTE) + 1) * MINUTE;
        (end - self.span() * i64::from(self.count), end)
    }

    /// The expression for a column's bucket, which takes the start and the length of a bucket; and the type of sums.
    pub(super) fn of_column(dialect: Dialect, column: &str) -> (String, &'static str) {
        match dialect {
            Dialect::MySql => (format!("({column} - ?) DIV ?"), "SIGNED"),
            Dialect::Sqlite | Dialect::Postgres => (format!("({column} - ?) / ?"), "BIGINT"),
        }
    }
}

/// How a definition did in each bucket, oldest first; nothing but zeros for one that is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn chart(
    store: &Store,
    scope: &Scope,
    definition_id: &str,
    buckets: Buckets,
) -> Result<Vec<Tally>> {
    let (start, end) = buckets.ends();
    let (bucket, int) = Buckets::of_column(store.dialect(), "minute");
    let sums: Vec<String> = SUMS.iter().map(|column| format!("CAST(SUM({column}) AS {int})")).collect();
    let (mine, scope_values) = visible(scope, "counter_minutes.definition_id");
    let sql = format!(
        "SELECT {bucket} AS bucket, MAX(shown_max), {} FROM counter_minutes \
         WHERE definition_id = ? AND minute >= ? AND minute < ?{mine} GROUP BY bucket",
        sums.join(", ")
    );
    let mut values = args![start, buckets.span(), definition_id, start, end];
    values.extend(scope_values);
    let mut chart = vec![Tally::default(); buckets.count as usize];
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
        *span = count_of(row, 9 + at)?;
    }
    Ok(Tally {
        shown_max: count_of(row, 1)?,
        changes: count_of(row, 2)?,
        accepted: count_of(row, 3)?,
        failed: count_of(row, 4)?,
        call_total: count_of(row, 5)?,
        shown: count_of(row, 6)?,
        parked: count_of(row, 7)?,
        shown_total: count_of(row, 8)?,
        spans,
    })
}
