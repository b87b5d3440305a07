//! Following counters that live in Redis: a server has one follower at a time, which is a job.
//!
//! Where the server tells of changes (`notify-keyspace-events` with `K`, `$`, `g` and `x`, or `KA`), a key is read as soon as something happened to it,
//! and all keys once in a while, since what is told while nobody listens is told to nobody. Elsewhere all keys are read
//! every `counters.poll`. A key that is gone is written down as gone; nothing is pushed for it.

mod events;
mod keys;

use super::change::ChangeError;
use super::redis;
use crate::cx::Cx;
use crate::hold::Hold;
use crate::jobs::Failure;
use events::Events;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::counters::definition::Keep;
use syncline_store::counters::definitions::{self, Filter, Stored};
use syncline_store::jobs::Outcome;
use syncline_store::{Scope, StoreError};
use tokio_util::sync::CancellationToken;

/// The wait before a server that is away is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Where changes are told, all keys are read so many polls apart.
const ROUNDS: u32 = 12;
/// What happens to keys within this time is read together.
const GATHER: Duration = Duration::from_millis(50);
/// Definitions read at a time.
const PAGE: u32 = 500;

/// Why following stops for now.
#[derive(Debug, thiserror::Error)]
enum Halt {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Redis(#[from] ChangeError),
    /// There are other definitions now.
    #[error("the definitions changed")]
    Changed,
}

/// `counters.follow`: follows the counters in a server for as long as the process works and the job is its own.
///
/// # Errors
/// None: what fails is tried again.
pub(crate) async fn run(
    cx: &Cx,
    hold: &Hold,
    server: &str,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    if !cx.config.counters.servers.contains_key(server) {
        return Ok(Outcome::Done);
    }
    while hold.is_good() && !stop.is_cancelled() {
        let halt = tokio::select! {
            halt = Box::pin(follow(cx, hold, server)) => halt,
            () = stop.cancelled() => break,
        };
        match halt {
            Ok(()) => break,
            Err(Halt::Changed) => continue,
            Err(error) => {
                tracing::warn!(server, %error, "counters in Redis cannot be followed; trying again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = stop.cancelled() => break,
        }
    }
    Ok(Outcome::Release)
}

/// Follows until something fails, or the job is lost.
async fn follow(cx: &Cx, hold: &Hold, server: &str) -> Result<(), Halt> {
    let followed = of_server(cx, server).await?;
    let poll = cx.config.counters.poll.get();
    let mut events = Events::open(cx, server, &followed).await?;
    let every = if events.is_on() { poll * ROUNDS } else { poll };
    let mut since = every;
    let mut ticks = tokio::time::interval(poll);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        if !hold.is_good() {
            return Ok(());
        }
        if since >= every {
            for of in followed.values() {
                keys::all(cx, hold, of).await?;
            }
            since = Duration::ZERO;
        }
        tokio::select! {
            told = events.next() => {
                let told = told.ok_or_else(|| events.gone())?;
                for (id, names) in events.gather(told, GATHER).await {
                    if let Some(of) = followed.get(&id) {
                        keys::some(cx, of, &names).await?;
                    }
                }
            }
            () = cx.counters.seen.notified(), if !events.is_on() => {
                // Something was changed through here: others that were go with it.
                tokio::time::sleep(GATHER * 4).await;
                since = every;
            }
            _ = ticks.tick() => {
                since += poll;
                if of_server(cx, server).await? != followed {
                    return Err(Halt::Changed);
                }
            }
        }
    }
}

/// The definitions whose counters live in a server, by id; also those that are paused: they are counted all the same.
async fn of_server(cx: &Cx, server: &str) -> Result<BTreeMap<String, Stored>, StoreError> {
    let (mut found, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let page =
            definitions::list(&cx.store, &Scope::All, &Filter::default(), after.as_deref(), PAGE).await?;
        let whole = page.len() == PAGE as usize;
        after = page.last().map(|of| of.id.clone());
        let here = page
            .into_iter()
            .filter(|of| matches!(&of.definition.store, Keep::Redis { server: name, .. } if name == server));
        // When they are compared next is nothing that following depends on.
        found.extend(here.map(|of| (of.id.clone(), Stored { reconcile_at: None, reason: None, ..of })));
        if !whole {
            return Ok(found);
        }
    }
}
