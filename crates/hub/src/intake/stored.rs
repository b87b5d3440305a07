//! From deliveries to stored events: taken apart, each event stored once; what cannot be read or stored is parked, and
//! the rest flows on.

use crate::cx::Cx;
use crate::jobs::{Misfit, Payload, park};
use crate::load::announced;
use crate::news;
use crate::setup::handshake::{self, Handshake};
use crate::setup::pull;
use bytes::Bytes;
use syncline_core::segment::LoggedDelivery;
use syncline_providers::{Reading, Unreadable};
use syncline_store::events::{self, Arrival};
use syncline_store::{StoreError, Tx};

/// Deliveries taken apart.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Events, ready to be stored.
    pub arrivals: Vec<Arrival>,
    /// What is not an event as we know them.
    pub unreadable: Vec<Misfit>,
    /// Secrets that providers told.
    pub handshakes: Vec<Handshake>,
}

/// What storing a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events stored for the first time.
    pub new: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Parked for a human.
    pub parked: u64,
}

/// Takes deliveries apart, in order.
#[must_use]
pub fn take_apart(deliveries: &[LoggedDelivery]) -> Sorted {
    let mut sorted = Sorted::default();
    for delivery in deliveries {
        if let Some(told) = handshake::told(delivery) {
            sorted.handshakes.push(told);
            continue;
        }
        let Some(provider) = syncline_providers::by_id(&delivery.provider) else {
            sorted.unreadable.push(misfit(delivery, "no such provider in this version", &delivery.body));
            continue;
        };
        match provider.events(&delivery.body) {
            Ok(readings) => readings.into_iter().for_each(|reading| sorted.push(delivery, reading)),
            Err(Unreadable { reason, raw }) => sorted.unreadable.push(misfit(delivery, reason, &raw)),
        }
    }
    sorted
}

impl Sorted {
    fn push(&mut self, delivery: &LoggedDelivery, reading: Reading) {
        match reading {
            Reading::Event(event) => self.arrivals.push(Arrival {
                event,
                provider: delivery.provider.to_string(),
                app: delivery.app.to_string(),
                received_at: delivery.received_at,
            }),
            Reading::Unreadable(Unreadable { reason, raw }) => {
                self.unreadable.push(misfit(delivery, reason, &raw));
            }
        }
    }
}

fn misfit(delivery: &LoggedDelivery, reason: &str, raw: &Bytes) -> Misfit {
    Misfit {
        provider: delivery.provider.to_string(),
        app: delivery.app.to_string(),
        received_at: delivery.received_at,
        raw: String::from_utf8_lossy(raw).into_owned(),
        reason: reason.to_owned(),
    }
}

/// Stores and parks in one transaction, with whatever `also` does to the log.
///
/// # Errors
/// [`StoreError`] as the database says; then nothing was kept.
pub async fn store(
    cx: &Cx,
    sorted: Sorted,
    also: impl AsyncFnOnce(&mut Tx) -> Result<(), StoreError>,
) -> Result<Tally, StoreError> {
    let mut tx = cx.store.begin().await?;
    let arrived = sorted.arrivals.len() as u64;
    let parked = sorted.unreadable.len() as u64;
    let announced = announced::announced(cx, &mut tx, &sorted.arrivals).await?;
    let pinged = pull::pinged(&mut tx, &sorted.arrivals).await?;
    // What locks comes in the same order in every transaction: the events' sequence, then marks and jobs.
    let heard = news::events::heard(&mut tx, &sorted.arrivals).await?;
    let new = events::store(&mut tx, sorted.arrivals).await?;
    news::events::stored(cx, &mut tx, heard).await?;
    for told in sorted.handshakes {
        handshake::store(&mut tx, told).await?;
    }
    pull::note(cx, &mut tx, pinged).await?;
    announced::note(cx, &mut tx, announced).await?;
    for misfit in sorted.unreadable {
        let reason = misfit.reason.clone();
        park(cx, &mut tx, Payload::StoreEvent(misfit), &reason).await?;
    }
    also(&mut tx).await?;
    tx.commit().await?;
    Ok(Tally { new, duplicates: arrived - new, parked })
}

/// The slow way, for a batch the database refused: one event at a time, so that only the culprit is parked.
///
/// # Errors
/// [`StoreError::Unavailable`] only; then some were stored, and the whole batch may be tried again.
pub async fn store_one_by_one(
    cx: &Cx,
    sorted: Sorted,
    also: impl AsyncFnOnce(&mut Tx) -> Result<(), StoreError>,
) -> Result<Tally, StoreError> {
    let mut tally = Tally::default();
    let mut refused = sorted.unreadable;
    for arrival in sorted.arrivals {
        let (provider, app, received_at) =
            (arrival.provider.clone(), arrival.app.clone(), arrival.received_at);
        let raw = arrival.event.raw.clone();
        let one = Sorted { arrivals: vec![arrival], ..Sorted::default() };
        match store(cx, one, async |_| Ok(())).await {
            Ok(single) => {
                tally.new += single.new;
                tally.duplicates += single.duplicates;
            }
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => refused.push(Misfit {
                provider,
                app,
                received_at,
                raw: String::from_utf8_lossy(&raw).into_owned(),
                reason: error.to_string(),
            }),
        }
    }
    let last = Sorted { arrivals: Vec::new(), unreadable: refused, handshakes: sorted.handshakes };
    let last = store(cx, last, also).await?;
    Ok(Tally { parked: last.parked, ..tally })
}
