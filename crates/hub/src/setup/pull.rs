//! `hooks.pull`: webhooks that say only that there is something are followed by asking what. The changes become events like all
//! others, in the transaction that moves the subscription's cursor on: none is missed, none counts twice.

use super::want;
use crate::connect::{Line, Patience, Trouble};
use crate::cx::Cx;
use crate::intake::stored::{self, Sorted};
use crate::jobs::{Failure, Payload, enqueue};
use crate::load::{Wanted, request_in};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use syncline_providers::setup::{self, Pulled, Setup};
use syncline_providers::wire::Fault;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::events::Arrival;
use syncline_store::hooks::{self, Hook};
use syncline_store::jobs::{Job, Outcome};
use syncline_store::runs::{Mode, Trigger};
use syncline_store::{Scope, StoreError, Tx};
use tokio_util::sync::CancellationToken;

/// How long what cannot be pulled now waits, where the provider names no time.
const COME_BACK: Duration = Duration::from_secs(30);

/// Connections whose subscriptions have something to tell, each once, in order.
pub type Pinged = BTreeSet<(String, String)>;

/// Whose subscriptions pinged.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn pinged(tx: &mut Tx, arrivals: &[Arrival]) -> Result<Pinged, StoreError> {
    let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for arrival in arrivals {
        let Some(setup) = setup::setup(&arrival.provider) else { continue };
        if let Some(id) = setup.pinged(&arrival.event.kind, &arrival.event.raw) {
            ids.entry(&arrival.provider).or_default().insert(id);
        }
    }
    let mut found = Pinged::new();
    for (provider, ids) in ids {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        found.extend(hooks::holders(tx, provider, &ids).await?);
    }
    Ok(found)
}

/// Queues the pulling: part of the transaction that stores the pings.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn note(cx: &Cx, tx: &mut Tx, pinged: Pinged) -> Result<(), StoreError> {
    for (connection_id, org_id) in pinged {
        enqueue(cx, tx, &Payload::PullHooks { connection_id, org_id }, cx.now()).await?;
    }
    Ok(())
}

/// Queues it where nothing pinged, because pings can be lost.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn unasked(cx: &Cx, connection: &Connection) -> Result<(), StoreError> {
    if !super::ends(&connection.provider) {
        return Ok(());
    }
    let mut tx = cx.store.begin().await?;
    let mut pinged = Pinged::new();
    pinged.insert((connection.id.clone(), connection.org_id.clone()));
    note(cx, &mut tx, pinged).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(())
}

/// Pulls from every subscription of a connection, until nothing is left.
///
/// # Errors
/// [`Failure`] as the database or the provider says.
pub(crate) async fn run(
    cx: &Cx,
    job: &Job,
    connection_id: &str,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, connection_id).await?;
    let active = connection.filter(|connection| connection.status == Status::Active);
    let Some(connection) = active else { return Ok(Outcome::Done) };
    let Some(setup) = setup::setup(&connection.provider) else { return Ok(Outcome::Done) };
    let mut later = None;
    for hook in hooks::list(&cx.store, connection_id).await? {
        // What has ended tells nothing; renewing makes another one.
        if hook.expires_at.is_some_and(|end| end <= cx.now()) {
            continue;
        }
        match pull(cx, &connection, setup, hook, stop).await {
            Ok(()) => {}
            // Connecting again queues this job again.
            Err(Trouble::Paused(_) | Trouble::Ended) => return Ok(Outcome::Done),
            Err(Trouble::Store(error)) => return Err(error.into()),
            Err(Trouble::Later { message, wait }) => {
                later = Some((cx.now().plus(wait.unwrap_or(COME_BACK)), message));
            }
            Err(Trouble::Keys(error)) => later = Some((cx.now().plus(COME_BACK), error.to_string())),
            Err(Trouble::Refused(fault)) => {
                tracing::warn!(connection_id, %fault, "the changes behind a webhook cannot be read");
            }
        }
        if stop.is_cancelled() {
            return Ok(Outcome::Release);
        }
    }
    Ok(match later {
        None => Outcome::Done,
        Some((at, _)) if job.attempts >= cx.config.jobs.max_attempts => Outcome::Continue(at),
        Some((at, message)) => Outcome::Retry(at, message),
    })
}

/// Everything one subscription has to tell.
async fn pull(
    cx: &Cx,
    connection: &Connection,
    setup: &dyn Setup,
    mut hook: Hook,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let line = Line::new(cx, &connection.id, "pull");
    let mut patience = Patience::default();
    while !stop.is_cancelled() {
        let cursor = hook.cursor.and_then(|cursor| u64::try_from(cursor).ok()).unwrap_or(1);
        let ready = line.ready().await?;
        let at = ready.at();
        let Some(call) = setup.pull(&at, &hook.part, &hook.remote_id, cursor) else { return Ok(()) };
        let pulled = match ready.send(&call).await {
            Ok(answer) => setup.pulled(&at, &hook.part, &answer.reply()),
            Err(fault) => Err(fault),
        };
        match pulled {
            Ok(pulled) => {
                // A cursor that does not move would go round for ever.
                let more = pulled.more && pulled.cursor > cursor;
                let cursor = i64::try_from(pulled.cursor).unwrap_or(i64::MAX);
                store(cx, connection, &hook, cursor, pulled).await?;
                hook.cursor = Some(cursor);
                patience = Patience::default();
                if !more {
                    return Ok(());
                }
            }
            // Airtable facts 8: 403 also means that there is no such thing.
            Err(Fault::Gone | Fault::Forbidden(_)) => return Ok(vanished(cx, connection, &hook).await?),
            Err(fault) => line.recover(&ready, &call, fault, &mut patience).await?,
        }
    }
    Ok(())
}

/// Stores what was told, moves the cursor on, and asks for a load where something was not told.
async fn store(
    cx: &Cx,
    connection: &Connection,
    hook: &Hook,
    cursor: i64,
    pulled: Pulled,
) -> Result<(), StoreError> {
    if hook.cursor == Some(cursor) && pulled.events.is_empty() && pulled.problems.is_empty() {
        return Ok(());
    }
    let now = cx.now();
    let app = want::app(cx, connection).map_or("", |(name, _)| name);
    let arrivals = pulled.events.into_iter().map(|mut event| {
        // The provider names the base; whose events they are goes by the connected account.
        event.account.clone_from(&connection.account);
        Arrival { event, provider: connection.provider.clone(), app: app.to_owned(), received_at: now }
    });
    let sorted = Sorted { arrivals: arrivals.collect(), ..Sorted::default() };
    for problem in &pulled.problems {
        tracing::warn!(
            connection = connection.id,
            hook = hook.remote_id,
            problem,
            "a webhook lost changes; loading"
        );
    }
    let is_lost = !pulled.problems.is_empty();
    stored::store(cx, sorted, async |tx| {
        if is_lost {
            request_in(cx, tx, connection, Mode::Full, Trigger::Webhook, &Wanted::default()).await?;
        }
        hooks::set_cursor(tx, &hook.id, cursor, now).await.map(|_| ())
    })
    .await?;
    cx.wake.events_stored();
    cx.wake.jobs.notify_one();
    Ok(())
}

/// A subscription that somebody took away: it is made again, and what it would have told is loaded.
async fn vanished(cx: &Cx, connection: &Connection, hook: &Hook) -> Result<(), StoreError> {
    tracing::warn!(
        connection = connection.id,
        hook = hook.remote_id,
        "a webhook of ours is not there any more"
    );
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    hooks::set_expiry(&mut tx, &hook.id, Some(now), now).await?;
    let renew =
        Payload::RenewHooks { connection_id: connection.id.clone(), org_id: connection.org_id.clone() };
    enqueue(cx, &mut tx, &renew, now).await?;
    request_in(cx, &mut tx, connection, Mode::Full, Trigger::Webhook, &Wanted::default()).await?;
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    Ok(())
}
