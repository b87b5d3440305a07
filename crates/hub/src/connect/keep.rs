//! The end of connecting, whichever way it began: everything about a new connection in one transaction.

use super::after::{self, News};
use super::credentials::{self, Purse};
use super::disconnect::described;
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use crate::keys::KeysError;
use std::time::Duration;
use syncline_core::renewal;
use syncline_core::time::Timestamp;
use syncline_providers::connect::Account;
use syncline_store::accounts::{self, Claim};
use syncline_store::connections::{self, Connection, Credentials, Filter, Method, Status, authorizations};
use syncline_store::{Scope, StoreError, Tx};

/// Why nothing could be stored: ours, not the caller's.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sealing keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What was just authorized.
#[derive(Clone, Debug)]
pub(super) struct New {
    pub org_id: String,
    pub user_id: String,
    pub provider: String,
    /// Empty for a key.
    pub app: String,
    pub account: Account,
    pub method: Method,
    pub purse: Purse,
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
    /// The fingerprint of the `state` it was authorized with.
    pub state: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Kept {
    Connected(Box<Connection>),
    /// Nothing is stored: the account's webhooks belong to another organization.
    OfAnother,
}

/// How often to try: while the database is away for a moment, or the row has another id than was sealed for.
const TRIES: u32 = 20;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Stores a connection with all that follows from it: its account is the organization's, its renewal is queued, the application is told,
/// what waited goes on.
pub(super) async fn keep(cx: &Cx, new: &New) -> Result<Kept, ConnectError> {
    // Credentials are bound to the row's id, so that must be known before they are sealed.
    let mut id = match known(cx, new).await? {
        Some(id) => id,
        None => cx.dice.id("con", cx.now()),
    };
    for tries in 1.. {
        let credentials = credentials::seal(cx, &id, &new.purse, new.expires_at)?;
        match store(cx, new, &id, &credentials).await {
            Ok(Stored::Kept(kept)) => {
                cx.wake.jobs.notify_one();
                return Ok(kept);
            }
            Ok(Stored::As(other)) if tries < TRIES => id = other,
            // The code is used up: what was given for it is not let go for a moment's trouble.
            Err(error) if error.is_transient() && tries < TRIES => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
            Ok(Stored::As(_)) => break,
        }
    }
    Err(StoreError::Unavailable("connections of the same account come and go too fast".into()).into())
}

enum Stored {
    Kept(Kept),
    /// The row has another id: nothing is stored.
    As(String),
}

async fn known(cx: &Cx, new: &New) -> Result<Option<String>, StoreError> {
    let filter = Filter {
        org_id: Some(new.org_id.clone()),
        provider: Some(new.provider.clone()),
        account: Some(new.account.id.clone()),
        ..Filter::default()
    };
    let found = connections::list(&cx.store, &Scope::All, &filter, 100).await?;
    Ok(found.into_iter().find(|connection| connection.app == new.app).map(|connection| connection.id))
}

async fn store(cx: &Cx, new: &New, id: &str, credentials: &Credentials) -> Result<Stored, StoreError> {
    let now = cx.now();
    let connection = Connection {
        id: id.to_owned(),
        org_id: new.org_id.clone(),
        user_id: new.user_id.clone(),
        provider: new.provider.clone(),
        app: new.app.clone(),
        account: new.account.id.clone(),
        account_name: new.account.name.clone(),
        method: new.method,
        status: Status::Active,
        reason: None,
        scopes: new.scopes.clone(),
        created_at: now,
        updated_at: now,
    };
    let mut tx = cx.store.begin().await?;
    // The account first: its lock orders those who connect the same account.
    let claim = accounts::claim(&mut tx, &new.provider, &new.account.id, &new.org_id, now).await?;
    let exclusive = syncline_providers::connect::connect(&new.provider).is_some_and(|one| one.is_exclusive());
    if claim == Claim::OfAnother && exclusive {
        return Ok(Stored::Kept(Kept::OfAnother));
    }
    let action = match connections::get_in(&mut tx, id).await? {
        Some(_) => Action::ConnectionReconnected,
        None => Action::ConnectionConnected,
    };
    let stored_as = connections::connect(&mut tx, &connection, credentials).await?;
    if stored_as != id {
        return Ok(Stored::As(stored_as));
    }
    if let Some(state) = &new.state {
        authorizations::connected(&mut tx, state, id).await?;
    }
    let how = match new.method {
        Method::Oauth => format!("{}, by consent through the app {}", described(&connection), new.app),
        Method::Key => format!("{}, with a key", described(&connection)),
    };
    audit::note(cx, &mut tx, action, To { org_id: &new.org_id, id }, how).await?;
    after::tell(cx, &mut tx, News::Created, &connection).await?;
    after::resumed(cx, &mut tx, &connection).await?;
    renew_later(cx, &mut tx, id, &new.org_id, credentials).await?;
    if claim == Claim::Given {
        let (provider, account) = (new.provider.clone(), new.account.id.clone());
        let adopt = Payload::AdoptEvents { provider, account, org_id: new.org_id.clone() };
        enqueue(cx, &mut tx, &adopt, now).await?;
    }
    tx.commit().await?;
    cx.wake.news();
    let kept = connections::get(&cx.store, &Scope::All, id).await?.unwrap_or(connection);
    Ok(Stored::Kept(Kept::Connected(Box::new(kept))))
}

/// Queues the renewal of a connection that may be idle by then.
pub(super) async fn renew_later(
    cx: &Cx,
    tx: &mut Tx,
    id: &str,
    org_id: &str,
    credentials: &Credentials,
) -> Result<(), StoreError> {
    let Some(due) = credentials.refresh_at else { return Ok(()) };
    let job = Payload::RefreshConnection { connection_id: id.to_owned(), org_id: org_id.to_owned() };
    let before = cx.config.connect.refresh_before.get();
    let at = cx.dice.with(|rng| renewal::job_at(due, before, cx.now(), rng));
    enqueue(cx, tx, &job, at).await
}
