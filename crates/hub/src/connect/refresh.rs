//! Renewing tokens: by one process at a time, stored before they are used.
//!
//! Who renews holds a lease in the connection's row; everybody else looks at the row until it changed. What the provider gave is stored
//! over the version it was asked with, and goes on being stored when the caller has gone away or the database is away for a while: a
//! provider that rotates has ended the tokens before it (Airtable facts 2, Notion facts 2). When the process dies between the exchange and
//! the store, the next renewal asks with the token before: HubSpot's is still good, the others say that it is not, and a person connects
//! again.

use super::access::{Access, Current, Denied, current};
use super::after::{self, News};
use super::apps::{self, Registration};
use super::credentials::{self, Purse};
use super::{keep, wire};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::telemetry::metrics;
use std::time::Duration;
use syncline_core::renewal;
use syncline_core::secret::Secret;
use syncline_providers::connect::{OAuth, Refused, Tokens};
use syncline_store::StoreError;
use syncline_store::connections::{self, Connection, Credentials, Method, Renewal, Status};

/// How long one renewal owns the right: longer than two calls may take.
const LEASE: Duration = Duration::from_secs(60);
/// Stands in the lease's place while the token endpoint is to be left alone.
const POSTPONED: &str = "postponed";
/// How long to leave it alone when it refuses our app: the operator has to do something.
const APP_PAUSE: Duration = Duration::from_secs(60);
/// Looks of somebody who waits for a renewal, each after a longer pause.
const LOOKS: u32 = 280;
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(250);
/// How often to try to store what was renewed while the database is away.
const STORE_TRIES: u32 = 240;

/// Why a renewal is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The end is near; the token may still be good.
    Due,
    /// The provider refused the token.
    Refused,
}

/// The token after a renewal by us or by somebody else.
pub(super) async fn renewed(cx: &Cx, known: Current, why: Why) -> Result<Access, Denied> {
    let id = known.renewal.id.clone();
    let mut pause = FIRST_LOOK;
    for _ in 0..LOOKS {
        match connections::refresh_held(&cx.store, &id, cx.now()).await? {
            None => {
                let owner = format!("{}/{}", cx.me, cx.dice.id("ren", cx.now()));
                if let Some(row) = connections::hold_refresh(&cx.store, &id, &owner, cx.now(), LEASE).await? {
                    return hold(cx, &known, row, owner, why).await;
                }
            }
            Some(held) if held.owner == POSTPONED => {
                return instead(cx, known, why, held.until.since(cx.now()));
            }
            Some(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_LOOK);
        let now = current(cx, &id).await?;
        if now.renewal.version != known.renewal.version {
            return now.access(cx);
        }
    }
    let message = "the token is being renewed by another process, which takes very long".to_owned();
    Err(Denied::Later { message, wait: Duration::from_secs(5) })
}

/// While nobody may renew: the token that there is, if it is good yet.
fn instead(cx: &Cx, known: Current, why: Why, wait: Duration) -> Result<Access, Denied> {
    let expires_at = known.renewal.credentials.as_ref().and_then(|stored| stored.expires_at);
    if why == Why::Due && renewal::is_alive(expires_at, cx.now()) {
        return known.access(cx);
    }
    Err(Denied::Later { message: "the provider asked to wait before the token is renewed".to_owned(), wait })
}

/// Renews, as the holder of the right. The work belongs to nobody who could go away in the middle.
async fn hold(cx: &Cx, known: &Current, row: Renewal, owner: String, why: Why) -> Result<Access, Denied> {
    if row.version != known.renewal.version {
        connections::end_refresh(&cx.store, &row.id, &owner).await?;
        return current(cx, &row.id).await?.access(cx);
    }
    let holder = Holder { cx: cx.clone(), owner, connection: known.connection.clone(), row };
    let known = known.clone();
    let task = tokio::spawn(async move {
        let answered = holder.work().await;
        metrics::connect_refresh(&holder.row.provider, outcome(&answered));
        let wait = match &answered {
            Err(Denied::Later { wait, .. }) => *wait,
            Err(Denied::App(_)) => APP_PAUSE,
            _ => return answered,
        };
        // The token there is may be good for a while yet.
        answered.or_else(|denied| {
            tracing::warn!(connection = holder.row.id, %denied, "a token was not renewed; trying again");
            instead(&holder.cx, known, why, wait).map_err(|_| denied)
        })
    });
    let cut_short = |_| Denied::Later { message: "the renewal was cut short".to_owned(), wait: LEASE };
    task.await.map_err(cut_short)?
}

fn outcome(answered: &Result<Access, Denied>) -> &'static str {
    match answered {
        Ok(_) => "renewed",
        Err(Denied::NeedsReauthorization(_)) => "refused",
        Err(Denied::App(_)) => "app_refused",
        Err(Denied::Later { .. }) => "later",
        Err(_) => "failed",
    }
}

/// Who holds the right to renew.
struct Holder {
    cx: Cx,
    owner: String,
    connection: Connection,
    row: Renewal,
}

impl Holder {
    async fn work(&self) -> Result<Access, Denied> {
        let answered = self.renew().await;
        match &answered {
            // Stored, which ended the lease.
            Ok(_) | Err(Denied::NeedsReauthorization(_)) => {}
            Err(Denied::Later { wait, .. }) => self.postpone(*wait).await?,
            Err(Denied::App(_)) => self.postpone(APP_PAUSE).await?,
            Err(_) => connections::end_refresh(&self.cx.store, &self.row.id, &self.owner).await?,
        }
        answered
    }

    async fn postpone(&self, wait: Duration) -> Result<(), StoreError> {
        let until = self.cx.now().plus(wait);
        connections::postpone_refresh(&self.cx.store, &self.row.id, &self.owner, POSTPONED, until).await
    }

    async fn renew(&self) -> Result<Access, Denied> {
        let cx = &self.cx;
        let stored = self.row.credentials.as_ref().ok_or(Denied::Disconnected)?;
        let purse = credentials::open(cx, &self.row.id, &stored.sealed)?;
        let Some(refresh) = &purse.refresh else { return self.ended(self.no_way_on()).await };
        let unusable = |error: apps::AppError| Denied::App(error.to_string());
        let oauth = apps::oauth(&self.row.provider).map_err(unusable)?;
        let registration =
            apps::registration(&cx.config, &self.row.provider, Some(&self.row.app)).map_err(unusable)?;
        match ask(cx, oauth, &registration, refresh).await {
            Ok(tokens) => self.store(&tokens, Purse::of(&tokens, Some(&purse))).await,
            Err(Refused::Grant(said)) => self.ended(said).await,
            Err(Refused::App(said)) => Err(Denied::App(said)),
            Err(refused @ Refused::JustRefreshed) => Err(later(&refused, None)),
            Err(refused @ Refused::Unreadable(_)) => Err(later(&refused, None)),
            Err(ref refused @ Refused::Later { wait, .. }) => Err(later(refused, wait)),
        }
    }

    fn no_way_on(&self) -> String {
        match self.connection.method {
            Method::Key => "the provider does not accept the key any more".to_owned(),
            Method::Oauth => {
                "the provider does not accept the token any more, and gave none to renew it".to_owned()
            }
        }
    }

    /// The provider refuses for good: work waits for a person, and the application is told.
    async fn ended(&self, reason: String) -> Result<Access, Denied> {
        let cx = &self.cx;
        let mut tx = cx.store.begin().await?;
        let row = &self.row;
        if !connections::needs_reauthorization(&mut tx, &row.id, row.version, &reason, cx.now()).await? {
            // Somebody connected again, or ended the connection, in the meantime.
            drop(tx);
            return current(cx, &row.id).await?.access(cx);
        }
        let connection = Connection {
            status: Status::NeedsReauthorization,
            reason: Some(reason.clone()),
            updated_at: cx.now(),
            ..self.connection.clone()
        };
        after::tell(cx, &mut tx, News::NeedsReauthorization, &connection).await?;
        tx.commit().await?;
        cx.wake.jobs.notify_one();
        cx.wake.news();
        Err(Denied::NeedsReauthorization(reason))
    }

    /// Stores what was given, however long the database is away: nobody else has it.
    async fn store(&self, tokens: &Tokens, purse: Purse) -> Result<Access, Denied> {
        let cx = &self.cx;
        let new = credentials::seal(cx, &self.row.id, &purse, tokens.expires_at)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_to_store(&new).await {
                Ok(true) => break,
                Ok(false) => return self.overtaken(&new).await,
                Err(error) if error.is_transient() && tries < STORE_TRIES => {
                    tracing::warn!(connection = self.row.id, %error, "renewed tokens wait for the database");
                    tokio::time::sleep(LONGEST_LOOK).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        current(cx, &self.row.id).await?.access(cx)
    }

    async fn try_to_store(&self, new: &Credentials) -> Result<bool, StoreError> {
        let (cx, row) = (&self.cx, &self.row);
        let mut tx = cx.store.begin().await?;
        if !connections::renew(&mut tx, &row.id, row.version, new, cx.now()).await? {
            return Ok(false);
        }
        keep::renew_later(cx, &mut tx, &row.id, &self.connection.org_id, new).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The row was changed before the new tokens were stored: by us, if a commit's answer was lost, or by somebody who connected again or
    /// ended the connection. In the last case the new tokens are withdrawn, as the old ones were.
    async fn overtaken(&self, new: &Credentials) -> Result<Access, Denied> {
        let cx = &self.cx;
        let row = connections::credentials(&cx.store, &self.row.id).await?.ok_or(Denied::NoSuchConnection)?;
        if row.status == Status::Disconnected {
            let mut tx = cx.store.begin().await?;
            let revoke = Payload::revoke(&self.connection, &new.sealed);
            enqueue(cx, &mut tx, &revoke, cx.now()).await?;
            tx.commit().await?;
        }
        current(cx, &self.row.id).await?.access(cx)
    }
}

/// Asks with the present client secret, and during rotation with the one before it if that one is refused.
async fn ask(
    cx: &Cx,
    oauth: &dyn OAuth,
    registration: &Registration,
    refresh: &Secret,
) -> Result<Tokens, Refused> {
    let mut refused = None;
    for secret in &registration.secrets {
        let answer = wire::ask(cx, oauth.refresh(&registration.with(secret), refresh)).await?;
        match oauth.tokens(&answer.reply(), cx.now()) {
            Ok(tokens) => return Ok(tokens),
            Err(Refused::App(message)) => {
                // What the first secret is told stands: the second one is only a try.
                refused.get_or_insert(Refused::App(message));
            }
            Err(other) => return Err(other),
        }
    }
    Err(refused.unwrap_or(Refused::Unreadable("missing")))
}

fn later(refused: &Refused, wait: Option<Duration>) -> Denied {
    Denied::Later { message: refused.to_string(), wait: renewal::pause(wait) }
}
