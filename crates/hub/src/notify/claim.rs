//! Asking the database: which lanes have something and when, and what is due in those that have room.

use super::lanes::Task;
use crate::cx::Cx;
use std::collections::HashMap;
use std::sync::Arc;
use syncline_core::notify::lane::Rate;
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{self, Ask, Claim, LaneDue};
use syncline_store::{StoreError, leases};

/// Lanes in one question.
const PAGE: u32 = 1_000;

/// What came of a claim.
#[derive(Debug)]
pub(super) struct Claimed {
    /// What is ours now.
    pub tasks: Vec<Task>,
    /// When each of the lanes has more.
    pub next: HashMap<String, Option<Timestamp>>,
    /// When the leases end.
    pub until: Timestamp,
}

/// A lane that has room.
#[derive(Debug)]
pub(super) struct Wish {
    pub ask: Ask,
    /// Its rate. That is kept to by one process at a time, whoever holds the lane's lease.
    pub rate: Option<Rate>,
}

/// Claims what is due in these lanes, and looks when they have more.
pub(super) async fn claim(cx: &Cx, wishes: &[Wish]) -> Result<Claimed, StoreError> {
    let mut next: HashMap<String, Option<Timestamp>> = HashMap::new();
    let mut asks = Vec::with_capacity(wishes.len());
    for Wish { ask, rate } in wishes {
        if let Some(rate) = rate
            && !is_ours(cx, &ask.endpoint_id, *rate).await?
        {
            // Whoever has it may be gone when its lease ends.
            next.insert(ask.endpoint_id.clone(), Some(cx.now().plus(cx.config.notify.lease.get() / 2)));
        } else {
            asks.push(ask.clone());
        }
    }
    let now = cx.now();
    let until = now.plus(cx.config.notify.lease.get());
    let mut tx = cx.store.begin().await?;
    let claims = deliveries::claim(&mut tx, &asks, &cx.me, now, until).await?;
    tx.commit().await?;
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for claim in &claims {
        *counts.entry(&claim.endpoint_id).or_default() += 1;
    }
    let mut drained = Vec::new();
    for ask in &asks {
        if counts.get(ask.endpoint_id.as_str()).copied().unwrap_or(0) >= ask.limit {
            next.insert(ask.endpoint_id.clone(), Some(now));
        } else {
            drained.push(ask.endpoint_id.as_str());
        }
    }
    for lane in deliveries::next_due(&cx.store, (&cx.me, cx.now()), &drained).await? {
        next.insert(lane.endpoint_id, lane.due_at);
    }
    let tasks = contents(cx, claims).await?;
    Ok(Claimed { tasks, next, until })
}

/// Whether the lane's lease is ours now. It ends no sooner than a whole burst may leave again: whoever takes it next does not know what has
/// left.
async fn is_ours(cx: &Cx, endpoint_id: &str, rate: Rate) -> Result<bool, StoreError> {
    let name = format!("notify/{endpoint_id}");
    let span = cx.config.notify.lease.get().max(rate.rest());
    leases::hold(&cx.store, &name, &cx.me, cx.now(), span).await
}

/// With what the messages say. One that is not there any more was deleted with its deliveries.
async fn contents(cx: &Cx, claims: Vec<Claim>) -> Result<Vec<Task>, StoreError> {
    let mut ids: Vec<&str> = claims.iter().map(|claim| claim.message_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = deliveries::contents(&cx.store, &ids).await?;
    let found: HashMap<String, _> = found.into_iter().map(|(id, message)| (id, Arc::new(message))).collect();
    let task = |claim: Claim| {
        let message = Arc::clone(found.get(&claim.message_id)?);
        Some(Task { claim, message })
    };
    Ok(claims.into_iter().filter_map(task).collect())
}

/// All lanes of enabled endpoints.
pub(super) async fn look(cx: &Cx) -> Result<Vec<LaneDue>, StoreError> {
    let mut all: Vec<LaneDue> = Vec::new();
    loop {
        let after = all.last().map(|lane| lane.endpoint_id.clone());
        let page = deliveries::lanes(&cx.store, (&cx.me, cx.now()), after.as_deref(), PAGE).await?;
        let whole = page.len() == PAGE as usize;
        all.extend(page);
        if !whole {
            return Ok(all);
        }
    }
}

/// A claim in the shape that renewing and giving back take: who it is, and nothing else.
pub(super) fn named(endpoint_id: &str, message_id: &str) -> Claim {
    Claim {
        endpoint_id: endpoint_id.to_owned(),
        message_id: message_id.to_owned(),
        order_key: None,
        attempts: 0,
        tried: 0,
        due_at: Timestamp::default(),
    }
}

/// Gives back what was claimed and is not sent.
pub(super) async fn release(cx: &Cx, claims: &[Claim]) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    deliveries::release(&mut tx, claims, &cx.me, cx.now()).await?;
    tx.commit().await
}

/// Keeps leases alive until `until`.
pub(super) async fn renew(cx: &Cx, claims: &[Claim], until: Timestamp) -> Result<(), StoreError> {
    let mut tx = cx.store.begin().await?;
    deliveries::renew(&mut tx, claims, &cx.me, until).await?;
    tx.commit().await
}
