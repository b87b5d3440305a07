//! Claiming what is due, definition by definition.

use crate::counters::definitions::{self, State};
use crate::counters::row::{self, Counter, code};
use crate::counters::{PIECE, maybe_time};
use crate::value::{Row, Value, args, in_list};
use crate::{Dialect, Result, Store, Tx};
use std::collections::BTreeMap;
use syncline_core::counters::push::{Begin, Push, Stage, Terms, Way};
use syncline_core::time::Timestamp;

/// An active definition, and when something of it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneDue {
    /// The definition.
    pub definition_id: String,
    /// Which state of its row this is: who knows another has to read it again.
    pub version: i64,
    /// The earliest moment at which the trigger can be called.
    pub trigger: Option<Timestamp>,
    /// The earliest moment at which a property can be written.
    pub write: Option<Timestamp>,
    /// The earliest moment at which a property can be read.
    pub look: Option<Timestamp>,
}

/// Active definitions by id, beginning after the id `after`, at most `limit`. Each costs three looks into one index, however many counters it
/// has: this is what a poll asks. What is under way counts from the end of its lease.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lanes(store: &Store, after: Option<&str>, limit: u32) -> Result<Vec<LaneDue>> {
    let due = |stage| {
        format!(
            "(SELECT MIN(c.due_at) FROM counters c WHERE c.definition_id = d.id AND c.stage = {})",
            code(stage)
        )
    };
    let sql = format!(
        "SELECT d.id, d.version, {}, {}, {} FROM counter_definitions d WHERE d.state = 'active' AND d.id > ? \
         ORDER BY d.id LIMIT ?",
        due(Stage::Trigger),
        due(Stage::Write),
        due(Stage::Look)
    );
    let read = |row: &Row| {
        Ok(LaneDue {
            definition_id: row.text(0)?,
            version: row.int(1)?,
            trigger: maybe_time(row, 2)?,
            write: maybe_time(row, 3)?,
            look: maybe_time(row, 4)?,
        })
    };
    store.query(&sql, args![after.unwrap_or(""), limit]).await?.iter().map(read).collect()
}

/// A lane that has room.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The definition.
    pub definition_id: &'a str,
    /// What somebody is ready to do: not [`Stage::Quiet`] and not [`Stage::Parked`].
    pub stage: Stage,
    /// Which version of the definition is known: nothing is claimed when it has another by now, or is not active.
    pub version: i64,
    /// The definition's rules.
    pub terms: &'a Terms,
    /// How many at most.
    pub limit: u32,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Send this value.
    Send(i64, Way),
    /// Read the property.
    Look,
}

/// A counter that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The definition.
    pub definition_id: String,
    /// Which of its counters.
    pub key: String,
    /// What is to be done.
    pub work: Work,
    /// When it was due.
    pub due_at: Timestamp,
    /// The lease it was claimed under.
    pub lease: String,
}

/// Claims what is due, what has waited longest first, until `until`; what others hold is passed over, unless their lease ended. `lease`
/// names this one claim: who claims again, be it the same process, names that otherwise, since what they did first may be told last. What
/// turns out to need nothing, or something else, is left so, and is not among what is answered: a claim of fewer than `limit` may leave
/// more that is due. A definition that was changed, paused or deleted meanwhile has nothing to claim for who knows it as it was.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn claim(
    tx: &mut Tx,
    asks: &[Ask<'_>],
    lease: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Claim>> {
    let mut asks: Vec<&Ask<'_>> = asks.iter().filter(|ask| ask.limit > 0).collect();
    asks.sort_by_key(|ask| (ask.definition_id, code(ask.stage)));
    let mut claims = Vec::new();
    for ask in asks {
        let mut counters = due(tx, ask, now).await?;
        // Behind them, and held: what is claimed goes where the definition says, or its change comes after that.
        if counters.is_empty()
            || definitions::state_of(tx, ask.definition_id, ask.version).await? != Some(State::Active)
        {
            continue;
        }
        for counter in &mut counters {
            claims.extend(take(counter, ask, lease, now, until));
        }
        counters.sort_by(|a, b| a.key.cmp(&b.key));
        row::save_push(tx, ask.definition_id, &counters.iter().collect::<Vec<_>>()).await?;
    }
    Ok(claims)
}

async fn due(tx: &mut Tx, ask: &Ask<'_>, now: Timestamp) -> Result<Vec<Counter>> {
    let sql = format!(
        "SELECT {} FROM counters WHERE definition_id = ? AND stage = ? AND due_at <= ? ORDER BY due_at, counter_key LIMIT ?{}",
        row::COLUMNS,
        tx.dialect().skip_locked()
    );
    let values = args![ask.definition_id, code(ask.stage), now, ask.limit];
    tx.query(&sql, values).await?.iter().map(row::read).collect()
}

fn take(
    counter: &mut Counter,
    ask: &Ask<'_>,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
) -> Option<Claim> {
    let due_at = counter.push.due;
    let work = match ask.stage {
        Stage::Look => Work::Look,
        _ => match begin(&mut counter.push, counter.value, ask.terms, now) {
            Some((value, way)) => Work::Send(value, way),
            None => {
                counter.lease_owner = None;
                if counter.push.stage == Stage::Quiet {
                    // It went and came back: the property shows it.
                    counter.waiting_since = None;
                }
                return None;
            }
        },
    };
    counter.push.due = until;
    counter.lease_owner = Some(lease.to_owned());
    let (definition_id, key) = (counter.definition_id.clone(), counter.key.clone());
    Some(Claim { definition_id, key, work, due_at, lease: lease.to_owned() })
}

fn begin(push: &mut Push, value: i64, terms: &Terms, now: Timestamp) -> Option<(i64, Way)> {
    match push.begin(value, terms, now) {
        Begin::Send(value, way) => Some((value, way)),
        Begin::Nothing => None,
    }
}

/// Keeps what was claimed; answers how many of them whoever claimed them still holds.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn renew(tx: &mut Tx, claims: &[Claim], until: Timestamp) -> Result<u64> {
    let hide = if tx.dialect() == Dialect::Sqlite { "+" } else { "" };
    let mut by_lease: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for claim in claims {
        by_lease.entry((&claim.definition_id, &claim.lease)).or_default().push(&claim.key);
    }
    let mut held = 0;
    for ((definition_id, lease), mut keys) in by_lease {
        keys.sort_unstable();
        for piece in keys.chunks(PIECE) {
            let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
            let sql = format!(
                "UPDATE counters SET due_at = ? WHERE definition_id = ? AND counter_key IN ({marks}) AND {hide}lease_owner = ?"
            );
            let values = { args![until, definition_id] }.into_iter().chain(some).chain(args![lease]);
            held += tx.execute(&sql, values.collect()).await?;
        }
    }
    Ok(held)
}
