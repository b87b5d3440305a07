//! `record.created`, `record.updated` and `record.deleted`: what happened to the mirror, for those who hear it.

use super::{News, queue_all};
use crate::cx::Cx;
use crate::item::RecordView;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::time::Timestamp;
use syncline_store::notify::endpoints;
use syncline_store::records::{self, Effect, EffectKind, Reading, Stored};
use syncline_store::{StoreError, Tx, connections};

/// The message's type for what happened to a record.
fn kind_of(effect: &Effect) -> &'static str {
    match effect.kind {
        // A record that was gone and is there again is new to whoever heard of the deletion.
        EffectKind::Updated if effect.revived => "record.created",
        EffectKind::Created => "record.created",
        EffectKind::Updated => "record.updated",
        EffectKind::Deleted => "record.deleted",
    }
}

/// Tells of what happened to records of a connection. Part of the transaction that changes the mirror.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn changed(
    cx: &Cx,
    tx: &mut Tx,
    reading: &Reading<'_>,
    effects: &[Effect],
) -> Result<(), StoreError> {
    if effects.is_empty() {
        return Ok(());
    }
    let listening = endpoints::listening_in(tx, &[reading.org_id]).await?;
    let is_heard = |kind: &str| listening.iter().any(|(_, filter)| filter.wants(kind));
    let heard: Vec<&Effect> = effects.iter().filter(|effect| is_heard(kind_of(effect))).collect();
    if heard.is_empty() {
        return Ok(());
    }
    let stored = states(tx, reading.connection_id, &heard).await?;
    let Some(connection) = connections::get_in(tx, reading.connection_id).await? else { return Ok(()) };
    let limit = cx.config.notify.max_payload.bytes();
    let news = heard.into_iter().filter_map(|effect| {
        let record = stored.get(&(effect.object_type.as_str(), effect.record_id.as_str()))?;
        Some(News {
            org_id: reading.org_id,
            connection_id: Some(reading.connection_id),
            kind: kind_of(effect),
            payload: payload(&connection.provider, effect, record, limit)?,
        })
    });
    queue_all(cx, tx, news.collect()).await
}

type States<'a> = BTreeMap<(&'a str, &'a str), Stored>;

/// How these records are now.
async fn states<'a>(
    tx: &mut Tx,
    connection_id: &str,
    effects: &[&'a Effect],
) -> Result<States<'a>, StoreError> {
    let mut by_type: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for effect in effects {
        by_type.entry(&effect.object_type).or_default().insert(&effect.record_id);
    }
    let mut found: BTreeMap<(String, String), Stored> = BTreeMap::new();
    for (object_type, ids) in by_type {
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        for stored in records::of_in(tx, connection_id, object_type, &ids).await? {
            found.insert((stored.object_type.clone(), stored.record_id.clone()), stored);
        }
    }
    let of = |effect: &&'a Effect| {
        let key = (effect.object_type.clone(), effect.record_id.clone());
        Some(((effect.object_type.as_str(), effect.record_id.as_str()), found.get(&key)?.clone()))
    };
    Ok(effects.iter().filter_map(of).collect())
}

/// The message.
#[derive(Serialize)]
struct Message<'a> {
    webhook_event_type: &'static str,
    connection_id: &'a str,
    customer_id: &'a str,
    provider_name: &'a str,
    object_type: &'a str,
    record_id: &'a str,
    modified_at: Option<Timestamp>,
    version: i64,
    record: Option<RecordView<'a>>,
    /// Of a deletion alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<Option<&'a str>>,
}

/// A record that is larger than a message may be is left out: whoever wants it asks for it.
fn payload(provider: &str, effect: &Effect, stored: &Stored, limit: usize) -> Option<String> {
    let gone = effect.kind == EffectKind::Deleted;
    let fits = stored.body.len() + ROOM <= limit;
    let message = Message {
        webhook_event_type: kind_of(effect),
        connection_id: &stored.connection_id,
        customer_id: &stored.org_id,
        provider_name: provider,
        object_type: &stored.object_type,
        record_id: &stored.record_id,
        modified_at: stored.modified_at,
        version: stored.version,
        record: (!gone && fits).then(|| RecordView::of(stored)),
        merged_into: gone.then_some(effect.merged_into.as_deref()),
    };
    serde_json::to_string(&message).ok()
}

/// What a message has around a record's body, with room to spare.
const ROOM: usize = 8 * 1_024;
