//! `event.received`: what providers told us, after it was verified, for those who hear it.

use super::{News, queue_all};
use crate::cx::Cx;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::event::EventId;
use syncline_core::notify::filter::Filter;
use syncline_core::time::Timestamp;
use syncline_store::events::{self, Arrival, StoredEvent};
use syncline_store::notify::endpoints;
use syncline_store::{StoreError, Tx, accounts};

/// The message's type.
const KIND: &str = "event.received";

/// The organizations whose events are heard, before these are stored: each event is new once.
#[derive(Debug)]
pub struct Heard {
    orgs: BTreeSet<String>,
    /// The last event that was stored before.
    behind: i64,
}

/// Looks who hears of arrivals; none when nobody does. Part of the transaction that stores them, and before that.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn heard(tx: &mut Tx, arrivals: &[Arrival]) -> Result<Option<Heard>, StoreError> {
    let mut by_provider: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrival in arrivals {
        by_provider.entry(&arrival.provider).or_default().insert(&arrival.event.account);
    }
    let mut orgs: BTreeSet<String> = BTreeSet::new();
    for (provider, of) in by_provider {
        let of: Vec<&str> = of.into_iter().collect();
        orgs.extend(accounts::owners(tx, provider, &of).await?.into_values());
    }
    if orgs.is_empty() {
        return Ok(None);
    }
    let all: Vec<&str> = orgs.iter().map(String::as_str).collect();
    let listening = endpoints::listening_in(tx, &all).await?;
    let wants = |filter: &Filter| filter.wants(KIND);
    let everybody = listening.iter().any(|(org_id, filter)| org_id.is_empty() && wants(filter));
    orgs.retain(|org| everybody || listening.iter().any(|(org_id, filter)| org_id == org && wants(filter)));
    if orgs.is_empty() {
        return Ok(None);
    }
    Ok(Some(Heard { orgs, behind: events::last_seq_in(tx).await? }))
}

/// Tells of the events that were stored since [`heard`], each once. Part of the transaction that stores them.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn stored(cx: &Cx, tx: &mut Tx, heard: Option<Heard>) -> Result<(), StoreError> {
    let Some(Heard { orgs, behind }) = heard else { return Ok(()) };
    let stored = events::behind(tx, behind).await?;
    let limit = cx.config.notify.max_payload.bytes();
    let theirs = stored
        .iter()
        .filter_map(|event| Some((event.org_id.as_deref().filter(|org_id| orgs.contains(*org_id))?, event)));
    let mut news = Vec::new();
    for (org_id, event) in theirs {
        let payload = payload(org_id, event, limit).map_err(|error| StoreError::Rejected(error.into()))?;
        news.push(News { org_id, connection_id: None, kind: KIND, payload });
    }
    queue_all(cx, tx, news).await
}

/// The message.
#[derive(Serialize)]
struct Message<'a> {
    webhook_event_type: &'static str,
    event_id: EventId,
    customer_id: &'a str,
    provider_name: &'a str,
    account: &'a str,
    object_type: &'a str,
    object_id: &'a str,
    kind: &'a str,
    occurred_at: Timestamp,
    received_at: Timestamp,
    /// Byte by byte as it came.
    event: Option<&'a RawValue>,
}

/// An event that is no JSON object or larger than a message may be is left out of its message: whoever wants it asks for it.
fn payload(org_id: &str, event: &StoredEvent, limit: usize) -> serde_json::Result<String> {
    let fits = event.raw.len() + ROOM <= limit;
    let raw: Option<&RawValue> = serde_json::from_slice(&event.raw).ok();
    let message = Message {
        webhook_event_type: KIND,
        event_id: event.id,
        customer_id: org_id,
        provider_name: &event.provider,
        account: &event.account,
        object_type: &event.object_type,
        object_id: &event.object_id,
        kind: &event.kind,
        occurred_at: event.id.occurred_at(),
        received_at: event.received_at,
        event: raw.filter(|raw| fits && raw.get().starts_with('{')),
    };
    serde_json::to_string(&message)
}

/// What a message has around an event, with room to spare.
const ROOM: usize = 4 * 1_024;
