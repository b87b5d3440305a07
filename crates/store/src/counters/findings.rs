//! What runs found: suspicions until they are looked at again, drift with what was done about it, and sources that said nothing.

use super::pushes::Righted;
use super::{maybe_time, parsed};
use crate::runs::words;
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list, storable};
use crate::{Result, Scope, Store, Tx};
use syncline_core::counters::reconcile::{Drift, Suspicion};
use syncline_core::time::Timestamp;

words! {
    /// What was found.
    Verdict in "counter_findings.verdict" {
        /// A difference that is looked at again.
        Suspect = "suspect",
        /// A difference.
        Drift = "drift",
        /// The truth's source said nothing.
        NoTruth = "no_truth",
    }
}

words! {
    /// What became of it.
    Outcome in "counter_findings.outcome" {
        /// Nothing came of it yet: it is looked at again, or its repair was parked and waits for a person or another comparison.
        Open = "open",
        /// It was reported, and that is all.
        Reported = "reported",
        /// It is being repaired: the property does not show it yet.
        Repairing = "repairing",
        /// It is right again.
        Repaired = "repaired",
        /// The counter changed meanwhile and nothing was done, or a later run found it again and goes on with it.
        Moved = "moved",
    }
}

/// Something that a run found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The counter's key.
    pub key: String,
    /// What was found.
    pub verdict: Verdict,
    /// What became of it.
    pub outcome: Outcome,
    /// The particulars, JSON: a [`Suspicion`], a [`Drift`], or the source's words.
    pub detail: String,
    /// When.
    pub found_at: Timestamp,
    /// When it was right again.
    pub settled_at: Option<Timestamp>,
}

impl Finding {
    /// The difference, where it is one.
    ///
    /// # Errors
    /// [`crate::StoreError::Corrupt`] when the row holds something else.
    pub fn drift(&self) -> Result<Option<Drift>> {
        let is_drift = self.verdict == Verdict::Drift;
        is_drift.then(|| parsed("counter_findings.detail", &self.detail)).transpose()
    }
}

const COLUMNS: &str = "counter_key, verdict, outcome, detail, found_at, settled_at";

const INSERT: Bulk = Bulk {
    table: "counter_findings",
    columns: &[
        ("run_id", Kind::Text),
        ("counter_key", Kind::Text),
        ("verdict", Kind::Text),
        ("outcome", Kind::Text),
        ("detail", Kind::Text),
        ("found_at", Kind::Int),
        ("settled_at", Kind::Int),
    ],
    unique: "run_id, counter_key",
};

pub(super) async fn add(tx: &mut Tx, run_id: &str, new: &[Finding]) -> Result<()> {
    let row_of = |one: &Finding| {
        args![
            run_id,
            one.key.as_str(),
            one.verdict.name(),
            one.outcome.name(),
            storable(&one.detail),
            one.found_at,
            one.settled_at
        ]
    };
    tx.insert_many(&INSERT, new.iter().map(row_of).collect::<Vec<_>>()).await
}

/// Forgets what a run found about these counters.
pub(super) async fn forget(tx: &mut Tx, run_id: &str, keys: &[&str]) -> Result<()> {
    for piece in keys.chunks(512) {
        let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
        let sql = format!("DELETE FROM counter_findings WHERE run_id = ? AND counter_key IN ({marks})");
        tx.execute(&sql, { args![run_id] }.into_iter().chain(some).collect()).await?;
    }
    Ok(())
}

/// The property shows what these should be: what runs found about them is settled, and counted in the runs.
pub(super) async fn settled(tx: &mut Tx, righted: &Righted, now: Timestamp) -> Result<()> {
    let mut repaired = Vec::with_capacity(righted.len());
    for (run_id, keys) in righted {
        repaired.push((run_id, end(tx, run_id, keys, Outcome::Repaired, Some(now)).await?));
    }
    for (run_id, done) in repaired {
        let sql = "UPDATE counter_runs SET repaired = repaired + ? WHERE id = ?";
        tx.execute(sql, args![super::stored(done), run_id.as_str()]).await?;
    }
    Ok(())
}

/// Repairs of these are not under way any more, and came to something else: what runs found about them says so.
pub(super) async fn left(tx: &mut Tx, left: &Righted, outcome: Outcome) -> Result<()> {
    for (run_id, keys) in left {
        end(tx, run_id, keys, outcome, None).await?;
    }
    Ok(())
}

async fn end(
    tx: &mut Tx,
    run_id: &str,
    keys: &[String],
    outcome: Outcome,
    settled_at: Option<Timestamp>,
) -> Result<u64> {
    let mut done = 0;
    for piece in keys.chunks(512) {
        let (marks, some) = in_list(piece.iter().map(|key| Value::from(key.as_str())).collect());
        let sql = format!(
            "UPDATE counter_findings SET outcome = ?, settled_at = ? WHERE run_id = ? AND counter_key IN ({marks}) AND outcome = ?"
        );
        let values = { args![outcome.name(), settled_at, run_id] }
            .into_iter()
            .chain(some)
            .chain(args![Outcome::Repairing.name()]);
        done += tx.execute(&sql, values.collect()).await?;
    }
    Ok(done)
}

/// What a run suspects, in the order of the keys, after the key `after`, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn suspects(
    store: &Store,
    run_id: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, Suspicion)>> {
    let sql = "SELECT counter_key, detail FROM counter_findings WHERE run_id = ? AND verdict = ? AND counter_key > ? \
               ORDER BY counter_key LIMIT ?";
    let values = args![run_id, Verdict::Suspect.name(), after, limit];
    let read = |row: &Row| Ok((row.text(0)?, parsed("counter_findings.detail", &row.text(1)?)?));
    store.query(sql, values).await?.iter().map(read).collect()
}

/// Which findings of a run are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Of one kind.
    pub verdict: Option<Verdict>,
    /// About counters whose keys begin like this; empty: about all.
    pub begins: &'a str,
}

/// What a run found, in the order of the keys, after the key `after`, at most `limit`. Nothing when the run is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    run_id: &str,
    filter: Filter<'_>,
    after: &str,
    limit: u32,
) -> Result<Vec<Finding>> {
    let (mine, scope_values) = match scope {
        Scope::All => ("", Vec::new()),
        Scope::Organization(org_id) => {
            let test = " AND EXISTS (SELECT 1 FROM counter_runs r WHERE r.id = counter_findings.run_id AND r.org_id = ?)";
            (test, args![org_id.as_str()])
        }
    };
    let mut values = args![run_id];
    let of_kind = if let Some(verdict) = filter.verdict {
        values.push(verdict.name().into());
        " AND verdict = ?"
    } else {
        ""
    };
    let begins = storable(filter.begins);
    // Keys that begin alike stand together, and the first of them is the one that is no longer.
    let from = if after < begins.as_str() {
        values.push(begins.as_str().into());
        "counter_key >= ?"
    } else {
        values.push(after.into());
        "counter_key > ?"
    };
    values.extend(scope_values);
    values.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM counter_findings WHERE run_id = ?{of_kind} AND {from}{mine} ORDER BY counter_key LIMIT ?"
    );
    let mut found = store.query(&sql, values).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    found.retain(|one| one.key.starts_with(&begins));
    Ok(found)
}

/// What the latest run that found something about a counter found, with the run; none when none did, or the counter is not in `scope`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn latest_of(
    store: &Store,
    scope: &Scope,
    definition_id: &str,
    key: &str,
) -> Result<Option<(String, Finding)>> {
    let (mine, scope_values) = super::visible(scope, "r.definition_id");
    let sql = format!(
        "SELECT f.counter_key, f.verdict, f.outcome, f.detail, f.found_at, f.settled_at, r.id FROM counter_runs r \
         JOIN counter_findings f ON f.run_id = r.id AND f.counter_key = ? WHERE r.definition_id = ?{mine} \
         ORDER BY r.created_at DESC, r.id DESC LIMIT 1"
    );
    let values = { args![key, definition_id] }.into_iter().chain(scope_values).collect();
    store.query(&sql, values).await?.first().map(|row| Ok((row.text(6)?, read(row)?))).transpose()
}

/// What a run found about one counter, as seen by this transaction: for whoever tells that it is right again.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, run_id: &str, key: &str) -> Result<Option<Finding>> {
    let sql = format!("SELECT {COLUMNS} FROM counter_findings WHERE run_id = ? AND counter_key = ?");
    tx.query(&sql, args![run_id, key]).await?.first().map(read).transpose()
}

fn read(row: &Row) -> Result<Finding> {
    Ok(Finding {
        key: row.text(0)?,
        verdict: Verdict::stored(&row.text(1)?)?,
        outcome: Outcome::stored(&row.text(2)?)?,
        detail: row.text(3)?,
        found_at: row.time(4)?,
        settled_at: maybe_time(row, 5)?,
    })
}
