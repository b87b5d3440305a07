//! Making, changing and ending syncs, on a person's or an application's word.

use super::engine::End;
use super::run::{self, Wanted};
use super::{Halt, schedule, schemas, tell};
use crate::audit::{self, Action, To};
use crate::connect::Trouble;
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::keys::KeysError;
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::mapping::{self, Mistake};
use syncline_core::sync::{Agreement, Schema, Side, Sides, defaults};
use syncline_providers::wire::Fault;
use syncline_providers::write::Object;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::runs::Trigger;
use syncline_store::syncs::{self, State, Sync};
use syncline_store::{Scope, StoreError, Tx};

/// A sync that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSync {
    /// What people call it.
    pub name: String,
    /// The two connections; of one organization.
    pub connections: Sides<String>,
    /// Its terms; none: those that are ready-made for these two providers.
    pub agreement: Option<Agreement>,
    /// How often it runs by itself; none: as the settings say; zero: never.
    pub every: Option<Duration>,
    /// Whether it runs at once; none: as the settings say.
    pub run: Option<bool>,
}

/// What is to be changed; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Other terms.
    pub agreement: Option<Agreement>,
    /// Another schedule: inside none as the settings say, zero never.
    pub every: Option<Option<Duration>>,
    /// Paused, or going on.
    pub state: Option<State>,
}

/// Why a sync is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such connection, or it is another organization's.
    #[error("there is no such connection on the {0}")]
    NoConnection(Side),
    /// Both sides are the same.
    #[error("both sides are the same records of the same connection")]
    Same,
    /// The connections are of two organizations.
    #[error("the two connections belong to different organizations")]
    OtherOrganization,
    /// A connection cannot be worked with now.
    #[error("the {side} connection needs a person first: {reason}")]
    NotActive {
        /// Which.
        side: Side,
        /// Why.
        reason: String,
    },
    /// Records of this type cannot be synced there.
    #[error("on the {side}: {reason}")]
    NotWritable {
        /// Which.
        side: Side,
        /// Why.
        reason: String,
    },
    /// There are no ready-made terms for these two providers.
    #[error(
        "there is no ready-made agreement for these two providers; say which fields belong together in `agreement`"
    )]
    NoTemplate,
    /// The agreement has mistakes.
    #[error("the agreement has {} mistake{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Mistakes(Vec<Mistake>),
    /// The provider did not say what fields there are.
    #[error("what fields the {side} has cannot be asked now: {reason}")]
    Provider {
        /// Which side's.
        side: Side,
        /// Why.
        reason: String,
    },
    /// There is no such sync.
    #[error("there is no such sync")]
    Gone,
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed the sync meanwhile; look at it again")]
    Changed,
    /// The sealing keys.
    #[error(transparent)]
    Keys(KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An agreement that was checked, with the fields that there are.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The connections.
    pub connections: Sides<Connection>,
    /// What fields each side has.
    pub schemas: Sides<Schema>,
    /// What is wrong with the agreement.
    pub mistakes: Vec<Mistake>,
}

/// The terms that are ready-made for two connections.
///
/// # Errors
/// [`Refused`].
pub async fn template(cx: &Cx, scope: &Scope, ids: &Sides<String>) -> Result<Agreement, Refused> {
    let connections = both(cx, scope, ids).await?;
    let usual = |connection: &Connection| match connection.provider.as_str() {
        "hubspot" => "contacts",
        "tentoeight" => "customer",
        "airtable" => "row",
        _ => "page",
    };
    let of = |connection: &Connection| (connection.provider.clone(), usual(connection));
    let (left, right) = (of(&connections.left), of(&connections.right));
    defaults::between((&left.0, left.1), (&right.0, right.1)).ok_or(Refused::NoTemplate)
}

/// Checks an agreement against what fields there are, without keeping anything.
///
/// # Errors
/// [`Refused`], but never [`Refused::Mistakes`]: those are in what it answers.
pub async fn check(
    cx: &Cx,
    scope: &Scope,
    ids: &Sides<String>,
    agreement: &Agreement,
) -> Result<Checked, Refused> {
    let connections = both(cx, scope, ids).await?;
    let same = ids.left == ids.right && agreement.sides.left == agreement.sides.right;
    if same {
        return Err(Refused::Same);
    }
    let left = schema(cx, &connections, agreement, Side::Left).await?;
    let right = schema(cx, &connections, agreement, Side::Right).await?;
    let schemas = Sides { left, right };
    let mistakes = mapping::check(agreement, schemas.as_ref());
    Ok(Checked { connections, schemas, mistakes })
}

async fn both(cx: &Cx, scope: &Scope, ids: &Sides<String>) -> Result<Sides<Connection>, Refused> {
    let left = connections::get(&cx.store, scope, &ids.left).await?;
    let right = connections::get(&cx.store, scope, &ids.right).await?;
    let left = left.ok_or(Refused::NoConnection(Side::Left))?;
    let right = right.ok_or(Refused::NoConnection(Side::Right))?;
    if left.org_id != right.org_id {
        return Err(Refused::OtherOrganization);
    }
    let connections = Sides { left, right };
    for (side, connection) in connections.iter() {
        if connection.status != Status::Active {
            let reason = connection.reason.clone().unwrap_or_else(|| connection.status.name().to_owned());
            return Err(Refused::NotActive { side, reason });
        }
    }
    Ok(connections)
}

async fn schema(
    cx: &Cx,
    connections: &Sides<Connection>,
    agreement: &Agreement,
    side: Side,
) -> Result<Schema, Refused> {
    let party = &agreement.sides[side];
    let object = Object { object_type: party.object_type.clone(), collection: party.collection.clone() };
    let names = mapping::fields(agreement, side);
    let end = End::of(connections[side].clone(), object, names)
        .map_err(|reason| Refused::NotWritable { side, reason })?;
    schemas::read(cx, &end).await.map_err(|halt| match halt {
        Halt::Refused(Fault::Gone) => Refused::NotWritable {
            side,
            reason: match party.collection.as_str() {
                "" => format!("there is no object type {}", party.object_type),
                place => format!("there is no {place}, or the connection may not see it"),
            },
        },
        Halt::Refused(fault) => Refused::Provider { side, reason: fault.to_string() },
        Halt::Trouble(Trouble::Store(error)) => Refused::Store(error),
        Halt::Trouble(Trouble::Keys(error)) => Refused::Keys(error),
        Halt::Trouble(trouble) => Refused::Provider { side, reason: trouble.to_string() },
        Halt::Stopped => Refused::Provider { side, reason: "the server stops".to_owned() },
    })
}

/// Makes a sync.
///
/// # Errors
/// [`Refused`].
pub async fn create(cx: &Cx, scope: &Scope, new: NewSync) -> Result<Sync, Refused> {
    let agreement = match new.agreement {
        Some(agreement) => agreement,
        None => template(cx, scope, &new.connections).await?,
    };
    let checked = check(cx, scope, &new.connections, &agreement).await?;
    if !checked.mistakes.is_empty() {
        return Err(Refused::Mistakes(checked.mistakes));
    }
    let now = cx.now();
    let sync = Sync {
        id: cx.dice.id("syn", now),
        org_id: checked.connections.left.org_id.clone(),
        name: named(&new.name, &checked.connections),
        connections: new.connections,
        agreement,
        schemas: checked.schemas,
        state: State::Active,
        reason: None,
        every: new.every,
        primed_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut tx = cx.store.begin().await?;
    syncs::create(&mut tx, &sync).await?;
    let to = To { org_id: &sync.org_id, id: &sync.id };
    audit::note(cx, &mut tx, Action::SyncCreated, to, sync.name.as_str()).await?;
    schedule::begin(cx, &mut tx, &sync.id, &sync.org_id).await?;
    watch(cx, &mut tx, &sync).await?;
    if new.run.unwrap_or(cx.config.sync.on_create) {
        run::request_in(cx, &mut tx, &sync, Trigger::Connect, &Wanted::default()).await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(sync)
}

/// Webhooks are to tell of the fields that it speaks of.
async fn watch(cx: &Cx, tx: &mut Tx, sync: &Sync) -> Result<(), StoreError> {
    // In the order of the jobs' keys, as everybody does who queues several.
    let connections = BTreeSet::from([&sync.connections.left, &sync.connections.right]);
    for connection_id in connections {
        crate::setup::watch::ask(cx, tx, connection_id, &sync.org_id).await?;
    }
    Ok(())
}

fn named(name: &str, connections: &Sides<Connection>) -> String {
    if !name.trim().is_empty() {
        return name.trim().to_owned();
    }
    let of = |connection: &Connection| match connection.account_name.trim() {
        "" => connection.provider.clone(),
        name => name.to_owned(),
    };
    format!("{} ↔ {}", of(&connections.left), of(&connections.right))
}

/// Changes a sync.
///
/// # Errors
/// [`Refused`].
pub async fn change(cx: &Cx, scope: &Scope, sync_id: &str, wanted: Change) -> Result<Sync, Refused> {
    let mut sync = syncs::get(&cx.store, scope, sync_id).await?.ok_or(Refused::Gone)?;
    let changes = wanted.agreement.is_some() || wanted.name.is_some() || wanted.every.is_some();
    let pauses = wanted.state == Some(State::Paused) && sync.state == State::Active;
    let resumes = wanted.state == Some(State::Active) && sync.state == State::Paused;
    if let Some(agreement) = wanted.agreement {
        let checked = check(cx, scope, &sync.connections, &agreement).await?;
        if !checked.mistakes.is_empty() {
            return Err(Refused::Mistakes(checked.mistakes));
        }
        (sync.agreement, sync.schemas) = (agreement, checked.schemas);
    } else if resumes {
        both(cx, scope, &sync.connections).await?;
    }
    if let Some(name) = wanted.name.filter(|name| !name.trim().is_empty()) {
        sync.name = name.trim().to_owned();
    }
    if let Some(every) = wanted.every {
        sync.every = every;
    }
    if let Some(state) = wanted.state {
        sync.reason = (state == State::Paused).then(|| "paused by a person".to_owned());
        sync.state = state;
    }
    sync.updated_at = cx.now();
    let mut tx = cx.store.begin().await?;
    if !syncs::update(&mut tx, &sync).await? {
        return Err(Refused::Changed);
    }
    for (action, is_so) in
        [(Action::SyncChanged, changes), (Action::SyncPaused, pauses), (Action::SyncResumed, resumes)]
    {
        if is_so {
            let to = To { org_id: &sync.org_id, id: &sync.id };
            audit::note(cx, &mut tx, action, to, sync.name.as_str()).await?;
        }
    }
    if pauses {
        tell::paused(cx, &mut tx, &sync, sync.reason.as_deref()).await?;
    }
    schedule::begin(cx, &mut tx, &sync.id, &sync.org_id).await?;
    watch(cx, &mut tx, &sync).await?;
    if sync.state == State::Active {
        let (sync_id, org_id) = (sync.id.clone(), sync.org_id.clone());
        enqueue(cx, &mut tx, &Payload::SyncWork { sync_id, org_id }, cx.now()).await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    cx.wake.news();
    sync.version += 1;
    Ok(sync)
}

/// Ends a sync. The records stay as they are on both sides; what was known of them is forgotten.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete(cx: &Cx, scope: &Scope, sync_id: &str) -> Result<bool, StoreError> {
    let Some(sync) = syncs::get(&cx.store, scope, sync_id).await? else { return Ok(false) };
    let mut tx = cx.store.begin().await?;
    let deleted = syncs::delete(&mut tx, sync_id).await?;
    if deleted {
        let to = To { org_id: &sync.org_id, id: sync_id };
        audit::note(cx, &mut tx, Action::SyncRemoved, to, sync.name.as_str()).await?;
    }
    let payload = Payload::SyncErase { sync_id: sync.id, org_id: sync.org_id };
    enqueue(cx, &mut tx, &payload, cx.now()).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(deleted)
}
