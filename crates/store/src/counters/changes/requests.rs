//! Requests: changes that somebody asked for, each request once.
//!
//! Many requests share a transaction, as their senders please. Within a request every item is made or refused by itself; an item never is in
//! part.

use super::moves::{Move, Moved, Op, Rules, make};
use crate::counters::{PIECE, Update, json, parsed};
use crate::notify::messages::Idempotency;
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list};
use crate::{Result, StoreError, Tx};
use std::collections::{BTreeMap, HashMap};
use syncline_core::counters::change::{Change, Refusal};
use syncline_core::time::Timestamp;

/// One change of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The definition.
    pub definition_id: String,
    /// Which of its counters.
    pub key: String,
    /// What to do; or why not, where that was found before: it is part of the answer, which is kept.
    pub change: std::result::Result<Change, Refusal>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id, new for every request.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// What makes asking twice equal asking once.
    pub idempotency: Option<Idempotency>,
    /// The changes.
    pub items: Vec<Item>,
    /// Who asks (`api`, `cli`).
    pub source: &'static str,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was made.
    Made {
        /// What the counter is now.
        value: i64,
        /// How often it changed so far.
        version: i64,
    },
    /// It was refused, and changed nothing.
    Refused(Refusal),
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out: an answer for every item, in their order.
    Done(Vec<Answer>),
    /// The same request came before; this was answered then.
    Before(Vec<Answer>),
    /// The key came before with another request; nothing was changed.
    AnotherRequest,
}

const INSERT_KEY: Bulk = Bulk {
    table: "counter_requests",
    columns: &[
        ("org_id", Kind::Text),
        ("idempotency_key", Kind::Text),
        ("request_id", Kind::Text),
        ("fingerprint", Kind::Bytes),
        ("created_at", Kind::Int),
    ],
    unique: "org_id, idempotency_key",
};

/// Carries requests out, in their order, in one transaction: whoever commits it has counted. `rules` are those of every definition that is
/// named and is still there, as this transaction sees them: a change of any other is refused as [`Refusal::Deleted`].
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn apply(
    tx: &mut Tx,
    requests: &[Request],
    rules: &BTreeMap<String, Rules>,
    now: Timestamp,
) -> Result<Vec<Outcome>> {
    let holders = claim_keys(tx, requests, now).await?;
    let is_new = |request: &&Request| match holder(&holders, request) {
        None => true,
        Some(holder) => holder.request_id == request.id,
    };
    let new: Vec<&Request> = requests.iter().filter(is_new).collect();
    let answers = carry_out(tx, &new, rules, now).await?;
    keep_answers(tx, &new, &answers).await?;
    let outcome = |request: &Request| {
        if let Some(answers) = answers.get(request.id.as_str()) {
            return Ok(Outcome::Done(answers.clone()));
        }
        let holder = holder(&holders, request).ok_or_else(|| {
            StoreError::Corrupt("counter_requests: a key that was just written is gone".to_owned())
        })?;
        let same = request.idempotency.as_ref().is_some_and(|key| key.fingerprint() == holder.fingerprint);
        if !same {
            return Ok(Outcome::AnotherRequest);
        }
        match (answers.get(holder.request_id.as_str()), &holder.answer) {
            (Some(now), _) => Ok(Outcome::Before(now.clone())),
            (None, Some(text)) => Ok(Outcome::Before(parsed("counter_requests.answer", text)?)),
            (None, None) => {
                Err(StoreError::Corrupt("counter_requests: a request without an answer".to_owned()))
            }
        }
    };
    requests.iter().map(outcome).collect()
}

/// Whose a key is.
struct Holder {
    request_id: String,
    fingerprint: Vec<u8>,
    answer: Option<String>,
}

type Holders = HashMap<(String, String), Holder>;

fn holder<'a>(holders: &'a Holders, request: &Request) -> Option<&'a Holder> {
    let key = request.idempotency.as_ref()?;
    holders.get(&(request.org_id.clone(), key.key().to_owned()))
}

/// Whoever writes a key first has it; the others wait for that transaction and then see whose it is.
async fn claim_keys(tx: &mut Tx, requests: &[Request], now: Timestamp) -> Result<Holders> {
    let mut keyed: Vec<(&Request, &Idempotency)> =
        requests.iter().filter_map(|request| Some((request, request.idempotency.as_ref()?))).collect();
    // A stable order: of two in one batch with the same key, the first stays.
    keyed.sort_by_key(|(request, key)| (&request.org_id, key.key().to_owned()));
    let row_of = |(request, key): &(&Request, &Idempotency)| {
        args![request.org_id.as_str(), key.key(), request.id.as_str(), key.fingerprint(), now]
    };
    tx.insert_many(&INSERT_KEY, keyed.iter().map(row_of).collect::<Vec<_>>()).await?;
    let mut by_org: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (request, key) in &keyed {
        by_org.entry(&request.org_id).or_default().push(key.key());
    }
    let mut found = Holders::new();
    for (org_id, keys) in by_org {
        for piece in keys.chunks(PIECE) {
            let (marks, some) = in_list(piece.iter().map(|key| Value::from(*key)).collect());
            let sql = format!(
                "SELECT idempotency_key, request_id, fingerprint, answer FROM counter_requests \
                 WHERE org_id = ? AND idempotency_key IN ({marks})"
            );
            for row in tx.query(&sql, { args![org_id] }.into_iter().chain(some).collect()).await? {
                found.insert((org_id.to_owned(), row.text(0)?), holder_of(&row)?);
            }
        }
    }
    Ok(found)
}

fn holder_of(row: &Row) -> Result<Holder> {
    Ok(Holder { request_id: row.text(1)?, fingerprint: row.bytes(2)?.to_vec(), answer: row.maybe_text(3)? })
}

/// By request, an answer for every item.
type Answers<'a> = BTreeMap<&'a str, Vec<Answer>>;

async fn carry_out<'a>(
    tx: &mut Tx,
    new: &[&'a Request],
    rules: &BTreeMap<String, Rules>,
    now: Timestamp,
) -> Result<Answers<'a>> {
    // Definition by definition, as everybody who locks counters of several.
    let mut by_definition: BTreeMap<&str, Vec<(&'a Request, usize, Move<'a>)>> = BTreeMap::new();
    let mut answers: BTreeMap<&'a str, Vec<Option<Answer>>> = BTreeMap::new();
    for request in new {
        let of_request = answers.entry(&request.id).or_default();
        for (at, item) in request.items.iter().enumerate() {
            of_request.push(item.change.as_ref().err().cloned().map(Answer::Refused));
            if let Ok(change) = item.change {
                let one = Move { key: &item.key, op: Op::Change(change), source: request.source };
                by_definition.entry(&item.definition_id).or_default().push((request, at, one));
            }
        }
    }
    for (definition_id, moves) in by_definition {
        let Some(rules) = rules.get(definition_id) else {
            for (request, at, _) in &moves {
                if let Some(answers) = answers.get_mut(request.id.as_str()) {
                    answers[*at] = Some(Answer::Refused(Refusal::Deleted));
                }
            }
            continue;
        };
        let only: Vec<Move<'_>> = moves.iter().map(|(_, _, one)| one.clone()).collect();
        let made = make(tx, definition_id, &only, rules, now).await?;
        for ((request, at, _), moved) in moves.iter().zip(made) {
            if let Some(answers) = answers.get_mut(request.id.as_str()) {
                answers[*at] = Some(answer_of(moved)?);
            }
        }
    }
    Ok(answers.into_iter().map(|(id, answers)| (id, answers.into_iter().flatten().collect())).collect())
}

fn answer_of(moved: Moved) -> Result<Answer> {
    match moved {
        Moved::Made { value, version } => Ok(Answer::Made { value, version }),
        Moved::Refused(refusal) => Ok(Answer::Refused(refusal)),
        Moved::Same | Moved::Meanwhile => {
            Err(StoreError::Corrupt("counters: a change was neither made nor refused".to_owned()))
        }
    }
}

async fn keep_answers(tx: &mut Tx, new: &[&Request], answers: &Answers<'_>) -> Result<()> {
    let mut by_org: BTreeMap<&str, Vec<(&str, Vec<Value>)>> = BTreeMap::new();
    for request in new {
        if let (Some(key), Some(answers)) = (&request.idempotency, answers.get(request.id.as_str())) {
            by_org.entry(&request.org_id).or_default().push((key.key(), args![json(answers)?]));
        }
    }
    for (org_id, rows) in by_org {
        let update = Update {
            table: "counter_requests",
            fixed: ("org_id", org_id),
            key: "idempotency_key",
            set: &["answer"],
        };
        update.run(tx, &rows).await?;
    }
    Ok(())
}
