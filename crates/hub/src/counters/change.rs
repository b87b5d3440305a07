//! Changing and reading counters.
//!
//! Changes of counters that live in the database and come at the same time share a transaction ([`crate::gather`]). Those of counters that
//! live in Redis are one script there. Either way whoever is answered has counted, and nothing remote is in the way.

pub use super::refusal::{ChangeError, MOST_ITEMS};

use super::desk::{Told, Waiting};
use super::request::terms;
use crate::cx::Cx;
use crate::gather::Full;
use crate::telemetry::{Stopwatch, metrics};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use syncline_core::counters::change::{Bounds, Change, Refusal};
use syncline_core::counters::definition::Keep;
use syncline_store::counters::changes::{self, Answer, Idempotency, Item, Outcome, Request, Rules};
use syncline_store::counters::definitions::{self, Stored};
use syncline_store::counters::{self as rows, Counter};
use syncline_store::{Scope, StoreError};
use tokio::sync::oneshot;

/// One change that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The definition's id.
    pub definition_id: String,
    /// Which of its counters.
    pub key: String,
    /// What to do.
    pub change: Change,
}

/// A request: each of its changes is made or refused by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// What to do, in this order.
    pub items: Vec<Wanted>,
    /// What makes asking twice equal asking once; the fingerprint is that of the whole request.
    pub idempotency: Option<Idempotency>,
    /// Whose change the history says it was: `api`, `cli`, `portal`.
    pub source: &'static str,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// An answer for every change, in their order. Of a counter in Redis the version is 0: its changes are counted as they are seen there.
    pub answers: Vec<Answer>,
    /// Whether the same request was carried out before; these are its answers then.
    pub before: bool,
}

/// Carries a request out; whoever is answered has counted. A change of a key that is none of the definition's, or of a counter that would
/// leave its bounds, or of a definition that was deleted meanwhile, is refused in its answer and changes nothing.
///
/// # Errors
/// [`ChangeError`]; then nothing was changed, but for what is said there.
pub async fn apply(cx: &Cx, scope: &Scope, wanted: Changes) -> Result<Applied, ChangeError> {
    if wanted.items.len() > MOST_ITEMS {
        return Err(ChangeError::TooMany(wanted.items.len()));
    }
    let ids: BTreeSet<&str> = wanted.items.iter().map(|item| item.definition_id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let found = definitions::get_many(&cx.store, &ids).await?;
    let known: BTreeMap<&str, &Stored> =
        found.iter().filter(|it| scope.admits(&it.org_id)).map(|it| (it.id.as_str(), it)).collect();
    if let Some(id) = ids.iter().find(|id| !known.contains_key(*id)) {
        return Err(ChangeError::NoDefinition((*id).to_owned()));
    }
    let orgs: BTreeSet<&str> = known.values().map(|it| it.org_id.as_str()).collect();
    let Some(org_id) = orgs.first().map(|id| (*id).to_owned()) else {
        return Ok(Applied { answers: Vec::new(), before: false });
    };
    if orgs.len() > 1 {
        return Err(ChangeError::Mixed);
    }
    let items: Vec<Item> = wanted.items.iter().map(|item| item_of(item, &known)).collect();
    let in_redis = |item: &Item| {
        let stored = known.get(item.definition_id.as_str());
        stored.is_some_and(|it| it.definition.store != Keep::Database)
    };
    let (there, here): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|at| in_redis(&items[*at]));
    let pick = |places: &[usize]| -> Vec<Item> { places.iter().map(|at| items[*at].clone()).collect() };
    let request = |items: Vec<Item>| Request {
        id: cx.dice.id("crq", cx.now()),
        org_id: org_id.clone(),
        idempotency: wanted.idempotency.clone(),
        items,
        source: wanted.source,
    };
    // Both parts know the key and what was asked for, so one that was broken off in between is made whole by asking again.
    let mut parts = Vec::new();
    if !here.is_empty() || there.is_empty() {
        parts.push((&here, queued(cx, request(pick(&here))).await?));
    }
    if !there.is_empty() {
        let applied = super::redis::apply(cx, &known, &request(pick(&there))).await?;
        parts.push((&there, applied));
    }
    let applied = join(items.len(), parts);
    let made = applied.answers.iter().filter(|answer| matches!(answer, Answer::Made { .. })).count() as u64;
    metrics::counter_changes(made, applied.answers.len() as u64 - made);
    Ok(applied)
}

/// Puts the answers of both parts where they belong.
fn join(length: usize, parts: Vec<(&Vec<usize>, Applied)>) -> Applied {
    let before = parts.iter().all(|(_, part)| part.before);
    let mut all: BTreeMap<usize, Answer> = BTreeMap::new();
    for (places, part) in parts {
        all.extend(places.iter().copied().zip(part.answers));
    }
    debug_assert_eq!(all.len(), length, "every change has an answer");
    Applied { answers: all.into_values().collect(), before }
}

fn item_of(wanted: &Wanted, known: &BTreeMap<&str, &Stored>) -> Item {
    let fine = known.get(wanted.definition_id.as_str()).map(|it| it.definition.check_key(&wanted.key));
    let change = match fine {
        Some(Err(message)) => Err(Refusal::Key { message: message.to_owned() }),
        _ => Ok(wanted.change),
    };
    Item { definition_id: wanted.definition_id.clone(), key: wanted.key.clone(), change }
}

/// A counter as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its key.
    pub key: String,
    /// What it is; none: its Redis key is not there. A counter in the database that never changed is what it is before its first change.
    pub value: Option<i64>,
    /// What is known of it and its push; none: it never changed, as far as is known.
    pub row: Option<Counter>,
}

/// Reads counters of a definition, in the order of `keys`: those in Redis there and then.
///
/// # Errors
/// [`ChangeError::Redis`], [`ChangeError::Store`].
pub async fn read(cx: &Cx, of: &Stored, keys: &[&str]) -> Result<Vec<Reading>, ChangeError> {
    let rows = rows::many(&cx.store, &Scope::All, &of.id, keys).await?;
    let mut rows: BTreeMap<String, Counter> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    let values = match &of.definition.store {
        Keep::Database => {
            let initial = bounds(of).initial();
            keys.iter().map(|key| Some(rows.get(*key).map_or(initial, |row| row.value))).collect()
        }
        Keep::Redis { .. } => super::redis::read(cx, of, keys).await?,
    };
    let one = |(key, value): (&&str, Option<i64>)| Reading {
        key: (*key).to_owned(),
        value,
        row: rows.remove(*key),
    };
    Ok(keys.iter().zip(values).map(one).collect())
}

/// What a definition's counters may be.
#[must_use]
pub fn bounds(of: &Stored) -> Bounds {
    Bounds { minimum: of.definition.minimum }
}

/// The rules for changing a definition's counters.
pub(super) fn rules(cx: &Cx, of: &Stored) -> Rules {
    Rules { bounds: bounds(of), push: terms(cx, of) }
}

/// Changes in one transaction, about.
const GROUP: usize = 1_000;
/// How long a caller waits. A database that says nothing is given up later than that.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A request weighs its changes.
fn weight(waiting: &Waiting) -> usize {
    waiting.request.items.len().max(1)
}

async fn queued(cx: &Cx, request: Request) -> Result<Applied, ChangeError> {
    let (reply, answer) = oneshot::channel();
    if cx.counters.changers.join(Waiting { request, reply }).map_err(|Full| ChangeError::Busy)? {
        // A task of its own: a caller that goes away takes nobody's change with it.
        tokio::spawn(lead(cx.clone()));
    }
    let gone = || Err(Arc::new(StoreError::unavailable("the change was cut off")));
    let late = || Ok(Err(Arc::new(StoreError::unavailable("the database has not answered for long"))));
    let answer = tokio::time::timeout(ANSWER_WITHIN, answer).await.unwrap_or_else(|_| late());
    match answer.unwrap_or_else(|_| gone()).map_err(ChangeError::Store)? {
        Outcome::Done(answers) => Ok(Applied { answers, before: false }),
        Outcome::Before(answers) => Ok(Applied { answers, before: true }),
        Outcome::AnotherRequest => Err(ChangeError::AnotherRequest),
    }
}

async fn lead(cx: Cx) {
    loop {
        let group = cx.counters.changers.group(GROUP, weight);
        if group.is_empty() {
            return;
        }
        let (requests, replies): (Vec<Request>, Vec<_>) =
            group.into_iter().map(|one| (one.request, one.reply)).unzip();
        // After a panic the callers hear that nobody knows, and the others are led on.
        let Some(told) = crate::notify::caught(carry_out(&cx, &requests)).await else { continue };
        for (reply, told) in replies.into_iter().zip(told) {
            // A caller that went away has nobody to tell.
            let _ = reply.send(told);
        }
    }
}

/// How often a group is tried, as when two transactions were in each other's way.
const TRIES: usize = 5;
/// Not for longer than this: then the database is away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a group was not carried out.
enum Broken {
    /// Nothing of it was kept.
    Before(StoreError),
    /// Its commit was not answered: nobody knows. A change without an idempotency key must not be made again then.
    AtCommit(StoreError),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Before(error)
    }
}

/// Carries a group out; where the database refuses it (not: is away), one by one, so that only the culprit is refused.
async fn carry_out(cx: &Cx, requests: &[Request]) -> Vec<Told> {
    let watch = Stopwatch::start();
    let mut tries = 1;
    let error = loop {
        match try_once(cx, requests).await {
            Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
            Err(Broken::Before(error))
                if error.is_transient() && tries < TRIES && watch.elapsed() < PATIENCE =>
            {
                tries += 1;
            }
            Err(Broken::Before(error) | Broken::AtCommit(error)) => break Arc::new(error),
        }
    };
    if error.is_transient() || requests.len() == 1 {
        return requests.iter().map(|_| Err(Arc::clone(&error))).collect();
    }
    let mut told = Vec::with_capacity(requests.len());
    for request in requests {
        let one = try_once(cx, std::slice::from_ref(request)).await;
        let one = one.map_err(|(Broken::Before(error) | Broken::AtCommit(error))| Arc::new(error));
        told.push(one.map(|mut outcomes| outcomes.remove(0)));
    }
    told
}

async fn try_once(cx: &Cx, requests: &[Request]) -> Result<Vec<Outcome>, Broken> {
    let items = requests.iter().flat_map(|request| &request.items);
    let ids: BTreeSet<&str> = items.map(|item| item.definition_id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut tx = cx.store.begin().await?;
    // As they are now: what was deleted meanwhile is not counted any more.
    let found = definitions::get_many_in(&mut tx, &ids).await?;
    let rules = found.into_iter().map(|it| (it.id.clone(), rules(cx, &it))).collect();
    let outcomes = changes::apply(&mut tx, requests, &rules, cx.now()).await?;
    tx.commit().await.map_err(Broken::AtCommit)?;
    cx.wake.counters();
    Ok(outcomes)
}
