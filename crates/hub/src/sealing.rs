//! Changing the sealing keys while everything goes on: a new one in front, everything sealed anew by a job, the old ones taken out.

use crate::audit::{self, Action, To};
use crate::connect::{self, ConnectError};
use crate::counters;
use crate::cx::Cx;
use crate::jobs::{Failure, Payload, enqueue};
use crate::keys::{KeysError, Pruned};
use crate::notify;
use crate::setup;
use data_encoding::BASE64;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::seal::made_with;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, authorizations};
use syncline_store::counters::definitions;
use syncline_store::jobs::{self, Job, Outcome, State};
use syncline_store::{Scope, StoreError};

/// A sealing key, by its id.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyView {
    /// The id.
    pub id: String,
    /// Whether it seals now.
    pub current: bool,
    /// Whether it is there; what was sealed with one that is not cannot be opened.
    pub available: bool,
    /// How many connections' credentials are sealed with it.
    pub connections: i64,
    /// How many signing secrets and sets of headers of endpoints are sealed with it.
    pub endpoints: i64,
    /// How many secrets of counters are sealed with it.
    pub counters: i64,
}

/// All keys that there are and those that are needed, the one that seals first.
///
/// # Errors
/// [`ConnectError`].
pub async fn list(cx: &Cx) -> Result<Vec<KeyView>, ConnectError> {
    let mut used: BTreeMap<String, (i64, i64, i64)> = BTreeMap::new();
    for (id, count) in connections::sealing_keys(&cx.store).await? {
        used.entry(id).or_default().0 += count;
    }
    for (id, count) in notify::sealing_keys(&cx.store).await? {
        used.entry(id).or_default().1 += count;
    }
    for (id, count) in definitions::sealing_keys(&cx.store).await? {
        used.entry(id).or_default().2 += count;
    }
    let available = cx.keys.ids()?;
    let mut views: Vec<KeyView> = available
        .iter()
        .enumerate()
        .map(|(place, id)| {
            let id = id.to_string();
            let (connections, endpoints, counters) = used.remove(&id).unwrap_or_default();
            KeyView { id, current: place == 0, available: true, connections, endpoints, counters }
        })
        .collect();
    let lost = |(id, (connections, endpoints, counters))| KeyView {
        id,
        current: false,
        available: false,
        connections,
        endpoints,
        counters,
    };
    views.extend(used.into_iter().map(lost));
    Ok(views)
}

/// Puts a new key in front, where the keys are in a file, and queues sealing everything anew. Where they are a setting the operator has
/// put a new one in front: then that is what everything is sealed with. Answers the id of the key that seals now.
///
/// # Errors
/// [`KeysError::Configured`] when the keys are a setting and everything is sealed with the first one already.
pub async fn rotate(cx: &Cx) -> Result<String, ConnectError> {
    let id = if cx.keys.are_in_a_file() {
        cx.keys.rotate(&cx.dice, cx.now())?.to_string()
    } else {
        let id = cx.keys.current()?.to_string();
        let sealed = connections::sealing_keys(&cx.store).await?;
        let of_endpoints = notify::sealing_keys(&cx.store).await?;
        let of_counters = definitions::sealing_keys(&cx.store).await?;
        if sealed.iter().chain(&of_endpoints).chain(&of_counters).all(|(key, _)| *key == id) {
            return Err(KeysError::Configured.into());
        }
        id
    };
    let mut tx = cx.store.begin().await?;
    enqueue(cx, &mut tx, &Payload::ResealCredentials, cx.now()).await?;
    audit::note(cx, &mut tx, Action::SealingRotated, To { id: &id, ..To::default() }, "").await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    tracing::info!(key = id, "credentials are being sealed with another key");
    Ok(id)
}

/// Takes keys out of the file that nothing is sealed with any more, unless they changed a moment ago.
///
/// # Errors
/// [`KeysError::Configured`] when the keys are a setting.
pub async fn prune(cx: &Cx) -> Result<Pruned, ConnectError> {
    let needed = needed(cx).await?;
    let pruned = cx.keys.prune(cx.now(), |id| needed.contains(id))?;
    let gone = pruned.gone;
    audit::note_after(cx, Action::SealingPruned, To::default(), format!("{gone} taken out")).await;
    tracing::info!(gone, again_at = ?pruned.again_at, "sealing keys that nothing is sealed with were taken out");
    Ok(pruned)
}

/// Keys that something stored is sealed with: connections, webhooks, endpoints, counters, authorizations under way, tokens that are to be withdrawn.
async fn needed(cx: &Cx) -> Result<BTreeSet<String>, StoreError> {
    let of_connections = connections::sealing_keys(&cx.store).await?;
    let of_hooks = setup::sealing_keys(&cx.store).await?;
    let of_endpoints = notify::sealing_keys(&cx.store).await?;
    let of_counters = definitions::sealing_keys(&cx.store).await?;
    let all = of_connections.into_iter().chain(of_hooks).chain(of_endpoints).chain(of_counters);
    let mut needed: BTreeSet<String> = all.map(|(id, _)| id).collect();
    let mut seals = authorizations::verifiers(&cx.store, cx.now()).await?;
    for state in [State::Waiting, State::Running, State::Parked] {
        seals.extend(to_be_withdrawn(cx, state).await?);
    }
    needed.extend(seals.iter().filter_map(|seal| Some(made_with(seal).ok()?.to_string())));
    Ok(needed)
}

async fn to_be_withdrawn(cx: &Cx, state: State) -> Result<Vec<Vec<u8>>, StoreError> {
    const PAGE: u32 = 500;
    let revocations = jobs::Filter { kind: Some("connection.revoke"), search: None };
    let mut seals = Vec::new();
    let mut after: Option<(Timestamp, String)> = None;
    loop {
        let page = jobs::list(&cx.store, &Scope::All, state, &revocations, after, PAGE).await?;
        seals.extend(page.iter().filter_map(seal_in));
        match page.last() {
            Some(last) => after = Some((last.updated_at, last.id.clone())),
            None => return Ok(seals),
        }
    }
}

fn seal_in(job: &Job) -> Option<Vec<u8>> {
    match Payload::read(&job.kind, &job.payload).ok()? {
        Payload::RevokeTokens { sealed, .. } => BASE64.decode(sealed.as_bytes()).ok(),
        _ => None,
    }
}

/// Says in the log what stored credentials cannot be opened, so that nobody learns it first from an account that does not sync.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn warn_of_lost_keys(cx: &Cx) -> Result<(), StoreError> {
    let lost = match list(cx).await {
        Ok(views) => views.into_iter().filter(|view| !view.available).collect::<Vec<_>>(),
        Err(ConnectError::Store(error)) => return Err(error),
        // Was said when they were read.
        Err(ConnectError::Keys(_)) => Vec::new(),
    };
    for view in lost {
        tracing::error!(
            key = view.id,
            connections = view.connections,
            "credentials are sealed with a key that is not there: bring sealing.keys back from a backup, or connect these \
             accounts anew"
        );
    }
    Ok(())
}

/// `credentials.reseal`: seals everything with the key that seals now. What was sealed with a key that is lost is left, and said.
///
/// # Errors
/// [`Failure`]: given up, for the operator to see, when something cannot be opened.
pub(crate) async fn reseal(cx: &Cx) -> Result<Outcome, Failure> {
    let current = cx.keys.current().map_err(|error| Failure::Retry(error.to_string()))?.to_string();
    let (connections, lost) = connect::jobs::reseal(cx, &current).await?;
    let (hooks, hooks_lost) = setup::reseal(cx, &current).await?;
    let (endpoints, endpoints_lost) = notify::reseal(cx, &current).await?;
    let (counters, counters_lost) = counters::seal::reseal(cx, &current).await?;
    let done = connections + hooks + endpoints + counters;
    tracing::info!(
        key = current,
        done,
        lost,
        hooks_lost,
        endpoints_lost,
        counters_lost,
        "credentials were sealed anew"
    );
    match left_over(lost, endpoints_lost, counters_lost) {
        Some(say) => Err(Failure::GiveUp(say)),
        None => Ok(Outcome::Done),
    }
}

/// What the operator is told when something cannot be opened. Webhooks are none of it: they are set up anew by themselves.
fn left_over(connections: u64, endpoints: u64, counters: u64) -> Option<String> {
    const LOST: &str = "sealed with keys that are not there; add those keys and retry, or";
    match (connections, endpoints, counters) {
        (0, 0, 0) => None,
        (0, 0, _) => Some(format!(
            "the secrets of {counters} counters are {LOST} give the counters their trigger's URL again"
        )),
        (0, ..) => Some(format!(
            "{endpoints} secrets or headers of endpoints are {LOST} give the endpoints new ones"
        )),
        _ => Some(format!("{connections} connections are {LOST} connect anew")),
    }
}
