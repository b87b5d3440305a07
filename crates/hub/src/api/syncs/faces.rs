//! What both sides of a link show now, as the mirror has it: each record in short, and its fields as the agreement's rules see them.

use crate::api::Api;
use crate::api::access::Caller;
use crate::http::Problem;
use serde::Serialize;
use syncline_core::sync::{Face, Fields, Rule, Side, Sides, mapping};
use syncline_core::time::Timestamp;
use syncline_providers::write::{self, Object};
use syncline_store::connections;
use syncline_store::records::{self, Stored};
use syncline_store::syncs::Sync;

/// How a record is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    There,
    /// Archived at the provider.
    Archived,
    /// Deleted, or merged into another one.
    Gone,
    /// Somewhere else than what is synced.
    Elsewhere,
    /// The mirror has never seen it.
    Unknown,
}

/// A record in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordBrief {
    connection_id: String,
    object_type: String,
    id: String,
    state: Presence,
    name: Option<String>,
    url: Option<String>,
    merged_into: Option<String>,
    modified_at: Option<Timestamp>,
    read_at: Option<Timestamp>,
}

/// A record of one side, with the fields that the agreement speaks of.
#[derive(Clone, Debug)]
pub struct Seen {
    /// In short.
    pub brief: RecordBrief,
    /// Its fields; none while it is not there.
    pub fields: Option<Fields>,
}

impl Seen {
    /// What it shows in a rule's fields; none while it is not there.
    #[must_use]
    pub fn face(&self, rule: &Rule, side: Side) -> Option<Face> {
        self.fields.as_ref().map(|fields| mapping::face(rule, side, fields))
    }
}

/// What the mirror has of a record of a side.
///
/// # Errors
/// 503 when the database is away.
pub async fn record(api: &Api, caller: &Caller, sync: &Sync, side: Side, id: &str) -> Result<Seen, Problem> {
    let (connection_id, party) = (&sync.connections[side], &sync.agreement.sides[side]);
    let store = &api.cx.store;
    let found = records::get(store, &caller.scope, connection_id, &party.object_type, id).await?;
    let state = presence(found.as_ref(), &party.collection);
    let fields = match &found {
        Some(stored) if state == Presence::There => fields(api, caller, sync, side, stored).await?,
        _ => None,
    };
    let mut brief = RecordBrief {
        connection_id: connection_id.clone(),
        object_type: party.object_type.clone(),
        id: id.to_owned(),
        state,
        name: None,
        url: None,
        merged_into: None,
        modified_at: None,
        read_at: None,
    };
    if let Some(stored) = found {
        brief.name = Some(stored.item.name);
        brief.url = stored.item.url;
        brief.merged_into = stored.merged_into;
        brief.modified_at = stored.modified_at;
        brief.read_at = Some(stored.read_at);
    }
    Ok(Seen { brief, fields })
}

fn presence(stored: Option<&Stored>, collection: &str) -> Presence {
    match stored {
        None => Presence::Unknown,
        Some(stored) if stored.gone_at.is_some() => Presence::Gone,
        Some(stored) if stored.archived => Presence::Archived,
        Some(stored) if stored.collection != collection => Presence::Elsewhere,
        Some(_) => Presence::There,
    }
}

/// The fields of a record that the agreement speaks of; none where this version cannot read them.
async fn fields(
    api: &Api,
    caller: &Caller,
    sync: &Sync,
    side: Side,
    stored: &Stored,
) -> Result<Option<Fields>, Problem> {
    let connection = connections::get(&api.cx.store, &caller.scope, &stored.connection_id).await?;
    let writer = connection.and_then(|connection| write::write(&connection.provider));
    let party = &sync.agreement.sides[side];
    let object = Object { object_type: party.object_type.clone(), collection: party.collection.clone() };
    let names = mapping::fields(&sync.agreement, side);
    Ok(writer.map(|writer| writer.fields(&object, &sync.schemas[side], &stored.body, &names)))
}

/// What the mirror has of both, where their ids are known.
///
/// # Errors
/// 503 when the database is away.
pub async fn both(
    api: &Api,
    caller: &Caller,
    sync: &Sync,
    ids: Sides<Option<&str>>,
) -> Result<Sides<Option<Seen>>, Problem> {
    let mut seen = Sides { left: None, right: None };
    for (side, id) in ids.iter() {
        if let Some(id) = id {
            seen[side] = Some(record(api, caller, sync, side, id).await?);
        }
    }
    Ok(seen)
}
