//! Making, changing and ending definitions, on a person's or an application's word.

use super::seal;
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::keys::KeysError;
use crate::notify::policy;
use std::time::Duration;
use syncline_core::counters::definition::{Definition, Keep, Problem, Rules};
use syncline_core::counters::trigger::{self, Allowed};
use syncline_core::counters::truth::Truth;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::counters::definitions::{self, Kept, State, Stored};
use syncline_store::{Scope, StoreError, Tx};

/// Why a definition is not made, changed or ended. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such definition, or not for this caller.
    #[error("there is no such counter")]
    Gone,
    /// There is no such connection, or not for this caller.
    #[error("there is no such connection")]
    NoConnection,
    /// The connection cannot have counters.
    #[error("counters are kept at HubSpot; the connection is one to {0}")]
    Provider(String),
    /// The connection is over.
    #[error("the connection was disconnected: connect the account again, or name another connection")]
    Ended,
    /// The definition says something that cannot be.
    #[error("the definition has {} problem{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Problems(Vec<Problem>),
    /// The organization has another of that name.
    #[error("there is a counter named {0:?} already")]
    NameTaken(String),
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed the counter meanwhile; look at it again")]
    Changed,
    /// Ours: the sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Ours: the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where triggers may be beside HubSpot's own hosts: where the configuration says that HubSpot is.
#[must_use]
pub fn allowed(cx: &Cx) -> Allowed {
    Allowed { bases: vec![cx.config.providers.hubspot.api_url.as_str().to_owned()] }
}

/// Everything that is wrong with a definition, and with its connection; answers the connection. What is secret has to be in it, as
/// [`create`] wants it. Nothing is kept: for forms, and for `check`.
///
/// # Errors
/// [`Refused`].
pub async fn check(cx: &Cx, scope: &Scope, definition: &Definition) -> Result<Connection, Refused> {
    checked(cx, scope, definition, None).await
}

/// The same for a definition that says something else already.
async fn checked(
    cx: &Cx,
    scope: &Scope,
    definition: &Definition,
    before: Option<&Definition>,
) -> Result<Connection, Refused> {
    let mut problems = problems(cx, scope, definition, before);
    problems.extend(elsewhere(cx, definition).await);
    if !problems.is_empty() {
        return Err(Refused::Problems(problems));
    }
    let connection = connection(cx, scope, &definition.connection_id).await?;
    match of_another_account(cx, definition, &connection) {
        Some(problem) => Err(Refused::Problems(vec![problem])),
        None => Ok(connection),
    }
}

/// A trigger changes records of its own account, whichever the connection reads.
fn of_another_account(cx: &Cx, definition: &Definition, connection: &Connection) -> Option<Problem> {
    let trigger = trigger::parse(definition.target.url()?.expose(), &allowed(cx)).ok()?;
    let (its, ours) = (&trigger.portal_id, &connection.account);
    (its != ours).then(|| Problem {
        field: "target.url".to_owned(),
        message: format!(
            "this webhook URL belongs to HubSpot account {its}, and the connection is one to {ours}: paste the URL of a workflow in \
             {ours}, or name a connection to {its}"
        ),
    })
}

/// What is wrong; `scope` decides which databases and Redis servers may be named, but for those that `before` names in just this way: whoever
/// may, has put them there.
fn problems(cx: &Cx, scope: &Scope, definition: &Definition, before: Option<&Definition>) -> Vec<Problem> {
    let settings = &cx.config.counters;
    let (triggers, endpoints) = (allowed(cx), policy(cx));
    let (mut databases, mut servers) = (settings.database_names(scope), settings.server_names(scope));
    if before.is_some_and(|before| before.truth == definition.truth) {
        databases = settings.database_names(&Scope::All);
    }
    if before.is_some_and(|before| before.store == definition.store) {
        servers = settings.server_names(&Scope::All);
    }
    let rules =
        Rules { triggers: &triggers, endpoints: &endpoints, databases: &databases, servers: &servers };
    definition.check(&rules)
}

/// Where the truth's endpoint leads, as far as its name says so now.
async fn elsewhere(cx: &Cx, definition: &Definition) -> Option<Problem> {
    let Truth::Http { url, .. } = &definition.truth else { return None };
    let url = syncline_core::counters::truth::url_of(url, "0");
    let refused = crate::notify::check_url(cx, &url).await.err()?;
    Some(Problem { field: "truth.url".to_owned(), message: refused.to_string() })
}

async fn connection(cx: &Cx, scope: &Scope, id: &str) -> Result<Connection, Refused> {
    let connection = connections::get(&cx.store, scope, id).await?.ok_or(Refused::NoConnection)?;
    if connection.provider != "hubspot" {
        return Err(Refused::Provider(connection.provider));
    }
    match connection.status {
        Status::Disconnected => Err(Refused::Ended),
        // A person has to connect again; what is counted until then is pushed then.
        Status::Active | Status::NeedsReauthorization => Ok(connection),
    }
}

/// Makes a definition: active, its first comparison an interval from now. It belongs to the organization of its connection. The answer has
/// no secrets in it.
///
/// # Errors
/// [`Refused`].
pub async fn create(cx: &Cx, scope: &Scope, definition: Definition) -> Result<Stored, Refused> {
    let connection = check(cx, scope, &definition).await?;
    let now = cx.now();
    let id = cx.dice.id("ctr", now);
    let new = Stored {
        secrets: seal::seal(cx, &id, &definition.secrets())?,
        trigger_shown: shown(cx, &definition),
        reconcile_at: next_run(cx, &definition, now),
        id,
        org_id: connection.org_id,
        state: State::Active,
        reason: None,
        created_at: now,
        updated_at: now,
        version: 1,
        definition,
    };
    let mut tx = cx.store.begin().await?;
    if !still_connected(&mut tx, &new).await? {
        return Err(Refused::Ended);
    }
    match definitions::create(&mut tx, &new).await? {
        Kept::Done => {}
        Kept::NameTaken => return Err(Refused::NameTaken(new.definition.name)),
        Kept::Changed => return Err(Refused::Changed),
    }
    noted(cx, &mut tx, Action::CounterDefined, &new).await?;
    tx.commit().await?;
    cx.wake.counters();
    kept(cx, &new.id).await
}

async fn noted(cx: &Cx, tx: &mut Tx, action: Action, of: &Stored) -> Result<(), StoreError> {
    audit::note(cx, tx, action, To { org_id: &of.org_id, id: &of.id }, of.definition.name.as_str()).await
}

/// Whether the connection still is, as this transaction sees it.
async fn still_connected(tx: &mut Tx, of: &Stored) -> Result<bool, StoreError> {
    let connection = connections::get_in(tx, &of.definition.connection_id).await?;
    Ok(connection.is_some_and(|now| now.status != Status::Disconnected && now.org_id == of.org_id))
}

async fn kept(cx: &Cx, id: &str) -> Result<Stored, Refused> {
    definitions::get(&cx.store, &Scope::All, id).await?.ok_or(Refused::Gone)
}

fn shown(cx: &Cx, definition: &Definition) -> Option<String> {
    let url = definition.target.url()?;
    trigger::parse(url.expose(), &allowed(cx)).ok().map(|trigger| trigger.shown)
}

/// When a definition's counters are compared next, a tenth sooner or later than it says, so that those that were made in one minute are
/// not all compared in one.
pub(super) fn next_run(cx: &Cx, definition: &Definition, now: Timestamp) -> Option<Timestamp> {
    use rand::RngExt as _;
    let span = Duration::from_secs(60 * u64::from(definition.reconcile_minutes?));
    Some(now.plus(span.mul_f64(cx.dice.with(|rng| rng.random_range(0.9..1.1)))))
}

/// Replaces what a definition says. Secrets that `definition` leaves out stay as they are, but for the authorization of a truth's endpoint
/// that is at another host now: that was not given for it. With `version`, only if it is still that one.
///
/// Where counters live (database or Redis) and what their keys are cannot be changed: make another definition. A definition that needed
/// attention is active after it, and every counter is pushed again where the property, its type, its connection or the target changed;
/// otherwise those that were parked are.
///
/// # Errors
/// [`Refused`].
pub async fn update(
    cx: &Cx,
    scope: &Scope,
    id: &str,
    mut definition: Definition,
    version: Option<i64>,
) -> Result<Stored, Refused> {
    let before = definitions::get(&cx.store, scope, id).await?.ok_or(Refused::Gone)?;
    if version.is_some_and(|version| version != before.version) {
        return Err(Refused::Changed);
    }
    let opened = seal::open(cx, &before)?;
    let mut secrets = opened.secrets();
    if host(&before.definition.truth) != host(&definition.truth) {
        secrets.authorization = None;
    }
    definition.fill(secrets);
    let fixed = fixed(&before.definition, &definition);
    if !fixed.is_empty() {
        return Err(Refused::Problems(fixed));
    }
    let connection = checked(cx, scope, &definition, Some(&opened)).await?;
    if connection.org_id != before.org_id {
        return Err(Refused::NoConnection);
    }
    let now = cx.now();
    let same_schedule = definition.reconcile_minutes == before.definition.reconcile_minutes;
    let stored = Stored {
        secrets: seal::seal(cx, id, &definition.secrets())?,
        trigger_shown: shown(cx, &definition),
        reconcile_at: if same_schedule { before.reconcile_at } else { next_run(cx, &definition, now) },
        updated_at: now,
        definition,
        ..before.clone()
    };
    store_update(cx, (&before, &opened), &stored).await?;
    kept(cx, id).await
}

async fn store_update(
    cx: &Cx,
    (before, opened): (&Stored, &Definition),
    stored: &Stored,
) -> Result<(), Refused> {
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    if !still_connected(&mut tx, stored).await? {
        return Err(Refused::Ended);
    }
    match definitions::update(&mut tx, stored).await? {
        Kept::Done => {}
        Kept::NameTaken => return Err(Refused::NameTaken(stored.definition.name.clone())),
        Kept::Changed => return Err(Refused::Changed),
    }
    if before.state == State::Attention {
        definitions::resume(&mut tx, &Scope::All, &stored.id, now).await?;
    }
    noted(cx, &mut tx, Action::CounterChanged, stored).await?;
    let all = is_elsewhere(opened, &stored.definition);
    enqueue(cx, &mut tx, &Payload::nudge_counters(stored, all), now).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    cx.wake.counters();
    Ok(())
}

fn host(truth: &Truth) -> Option<String> {
    let Truth::Http { url, .. } = truth else { return None };
    Some(url.split('/').take(3).collect::<Vec<_>>().join("/").to_ascii_lowercase())
}

/// What of a definition cannot be changed.
fn fixed(before: &Definition, after: &Definition) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut note = |field: &str, message: &str| {
        problems.push(Problem { field: field.to_owned(), message: message.to_owned() });
    };
    if before.key != after.key {
        note("key", "what a counter's keys are stays as it is: make another definition");
    }
    if matches!(before.store, Keep::Database) != matches!(after.store, Keep::Database) {
        note("store.kind", "where counters live stays as it is: make another definition");
    }
    problems
}

/// Whether what the property shows has to be looked at anew.
fn is_elsewhere(before: &Definition, after: &Definition) -> bool {
    let place = |it: &Definition| (it.connection_id.clone(), it.object_type.clone(), it.property.clone());
    place(before) != place(after) || before.target != after.target || before.payload != after.payload
}

/// Has a definition's counters no longer pushed and compared. They are counted all the same.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Store`].
pub async fn pause(cx: &Cx, scope: &Scope, id: &str) -> Result<Stored, Refused> {
    let stored = definitions::get(&cx.store, scope, id).await?.ok_or(Refused::Gone)?;
    let mut tx = cx.store.begin().await?;
    definitions::pause(&mut tx, scope, id, cx.now()).await?;
    noted(cx, &mut tx, Action::CounterPaused, &stored).await?;
    tx.commit().await?;
    cx.wake.counters();
    kept(cx, id).await
}

/// Has a definition's counters pushed and compared again: what waits goes on, and what was parked is tried again.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Ended`] when its connection is over, [`Refused::Store`].
pub async fn resume(cx: &Cx, scope: &Scope, id: &str) -> Result<Stored, Refused> {
    let stored = definitions::get(&cx.store, scope, id).await?.ok_or(Refused::Gone)?;
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    if !still_connected(&mut tx, &stored).await? {
        return Err(Refused::Ended);
    }
    definitions::resume(&mut tx, scope, id, now).await?;
    noted(cx, &mut tx, Action::CounterResumed, &stored).await?;
    enqueue(cx, &mut tx, &Payload::nudge_counters(&stored, false), now).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    cx.wake.counters();
    kept(cx, id).await
}

/// Ends a definition. The properties at HubSpot, and Redis keys, stay as they are; what was known of its counters is erased by a job.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Store`].
pub async fn delete(cx: &Cx, scope: &Scope, id: &str) -> Result<(), Refused> {
    let stored = definitions::get(&cx.store, scope, id).await?.ok_or(Refused::Gone)?;
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    if !definitions::delete(&mut tx, scope, id).await? {
        return Err(Refused::Gone);
    }
    noted(cx, &mut tx, Action::CounterRemoved, &stored).await?;
    let (definition_id, org_id) = (stored.id, stored.org_id);
    enqueue(cx, &mut tx, &Payload::EraseCounters { definition_id, org_id, again: true }, now).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    cx.wake.counters();
    Ok(())
}
