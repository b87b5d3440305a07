//! Counters: their definitions, the numbers with how each gets to its property, what changed them, and what comparing them found.
//!
//! A counter is one row: the number, and the push of it as `core::counters::push` decides it. A change touches the number and, when nothing
//! was under way, the stage; everything else of a push is touched only by who claimed it ([`pushes`]). A claim is a lease that is written
//! where the due time is, so what a worker that died had in hand is due again when the lease ends, and what it may have sent stands in the
//! row before it was sent.
//!
//! **Invariant:** a change, the idempotency key it came with, its place in the history and the push it causes are one transaction.
//! **Invariant:** only who holds the lease tells what came of a push; what others tell late is not heard.
//! **Invariant:** rows of several counters are locked definition by definition, in the order of their keys.
//! **Invariant:** a finder of counters takes a [`crate::Scope`] and the definition they belong to.

pub mod changes;
pub mod definitions;
pub mod findings;
mod look;
pub mod pushes;
mod retention;
mod row;
pub mod runs;
pub mod statistics;

pub use look::{Filter, Waiting, get, many, page, to_compare, waiting};
pub use retention::{delete_before, erase, forget};
pub use row::Counter;

pub use crate::notify::endpoints::Sealed;

use crate::value::{Row, Value, args, in_list};
use crate::{Result, Scope, StoreError, Tx};
use syncline_core::time::Timestamp;

/// Rows in one statement that changes each of them to something else.
const PIECE: usize = 128;

/// The test for what belongs to definitions of an organization, with its value; nothing for everybody's. `column` names the definition.
fn visible(scope: &Scope, column: &str) -> (String, Vec<Value>) {
    match scope {
        Scope::All => (String::new(), Vec::new()),
        Scope::Organization(org_id) => {
            let test = format!(
                " AND EXISTS (SELECT 1 FROM counter_definitions d WHERE d.id = {column} AND d.org_id = ?)"
            );
            (test, args![org_id.as_str()])
        }
    }
}

/// Rows that are told apart by one column beside a fixed one, each changed to values of its own.
struct Update<'a> {
    table: &'a str,
    fixed: (&'a str, &'a str),
    key: &'a str,
    set: &'a [&'a str],
}

impl Update<'_> {
    /// Changes them; each row is its key and the values of `set`, in that order. To be given the rows locked.
    async fn run(&self, tx: &mut Tx, rows: &[(&str, Vec<Value>)]) -> Result<u64> {
        let mut touched = 0;
        for piece in rows.chunks(PIECE) {
            // Padded to a power of two, so that a few statements serve all numbers of rows.
            let length = piece.len().next_power_of_two();
            let padded: Vec<&(&str, Vec<Value>)> = piece
                .iter()
                .chain(std::iter::repeat_n(&piece[piece.len() - 1], length - piece.len()))
                .collect();
            let (mut sets, mut values) = (Vec::with_capacity(self.set.len()), Vec::new());
            for (at, column) in self.set.iter().enumerate() {
                let cases = " WHEN ? THEN ?".repeat(length);
                sets.push(format!("{column} = CASE {}{cases} ELSE {column} END", self.key));
                for (key, row) in &padded {
                    values.push(Value::from(*key));
                    values.push(row[at].clone());
                }
            }
            let (marks, keys) = in_list(piece.iter().map(|(key, _)| Value::from(*key)).collect());
            values.push(self.fixed.1.into());
            values.extend(keys);
            let sql = format!(
                "UPDATE {} SET {} WHERE {} = ? AND {} IN ({marks})",
                self.table,
                sets.join(", "),
                self.fixed.0,
                self.key
            );
            touched += tx.execute(&sql, values).await?;
        }
        Ok(touched)
    }
}

fn maybe_time(row: &Row, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.maybe_int(at)?.map(Timestamp::from_millis))
}

fn count_of(row: &Row, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(at)?).unwrap_or(0))
}

/// A count as columns hold it.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Rejected(error.into()))
}

fn parsed<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}
