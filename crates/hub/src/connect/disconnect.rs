//! Ending a connection. Here it ends at once; at the provider as soon as a job has said so there.

use super::after::{self, News};
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use syncline_store::connections::{self, Connection, Filter, Method, Status};
use syncline_store::{Scope, StoreError, Tx, accounts};

/// What becomes of what was loaded through the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// It stays.
    Keep,
    /// It is erased.
    Erase,
}

/// Why a connection is not ended.
#[derive(Debug, thiserror::Error)]
pub enum DisconnectError {
    /// There is none, or not for this caller.
    #[error("there is no such connection")]
    NoSuchConnection,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why, for people.
const ON_REQUEST: &str = "disconnected on request";

/// Ends a connection; answers it as it is then. Ending it twice is ending it once, but erasing can be asked for later.
///
/// # Errors
/// [`DisconnectError`].
pub async fn disconnect(cx: &Cx, scope: &Scope, id: &str, data: Data) -> Result<Connection, DisconnectError> {
    let connection =
        connections::get(&cx.store, scope, id).await?.ok_or(DisconnectError::NoSuchConnection)?;
    let mut tx = cx.store.begin().await?;
    let (to, what) = (To { org_id: &connection.org_id, id }, described(&connection));
    // Locked before it is ended: the tokens to be withdrawn are the last ones there were.
    let last = connections::lock_credentials(&mut tx, id).await?;
    if connections::disconnect(&mut tx, id, ON_REQUEST, cx.now()).await? {
        // A key is the account's own: only its owner withdraws it.
        let grant = last.filter(|_| connection.method == Method::Oauth);
        if let Some(stored) = grant.and_then(|last| last.credentials) {
            enqueue(cx, &mut tx, &Payload::revoke(&connection, &stored.sealed), cx.now()).await?;
        }
        let reason = Some(ON_REQUEST.to_owned());
        let (status, updated_at) = (Status::Disconnected, cx.now());
        let ended = Connection { status, reason, updated_at, ..connection.clone() };
        after::ended(cx, &mut tx, id).await?;
        after::tell(cx, &mut tx, News::Deleted, &ended).await?;
        audit::note(cx, &mut tx, Action::ConnectionDisconnected, to, what.as_str()).await?;
    }
    if data == Data::Erase {
        let erase =
            Payload::EraseConnection { connection_id: id.to_owned(), org_id: connection.org_id.clone() };
        enqueue(cx, &mut tx, &erase, cx.now()).await?;
        audit::note(cx, &mut tx, Action::ConnectionErased, to, what.as_str()).await?;
    }
    if !others(cx, &connection).await?.iter().any(|other| other.org_id == connection.org_id) {
        let_go(&mut tx, &connection).await?;
    }
    tx.commit().await?;
    cx.wake.jobs.notify_one();
    cx.wake.news();
    connections::get(&cx.store, scope, id).await?.ok_or(DisconnectError::NoSuchConnection)
}

/// Which account it is, for the audit log.
pub(super) fn described(connection: &Connection) -> String {
    format!("{} {}", connection.provider, connection.account)
}

/// The account is nobody's from now on, unless it was given to the organization before it was connected, which was not our doing.
async fn let_go(tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    let Connection { provider, account, org_id, created_at, .. } = connection;
    accounts::release(tx, provider, account, org_id, *created_at).await.map(|_| ())
}

/// Other connections to the same account, of any organization, that are not ended.
pub(super) async fn others(cx: &Cx, connection: &Connection) -> Result<Vec<Connection>, StoreError> {
    let filter = Filter {
        provider: Some(connection.provider.clone()),
        account: Some(connection.account.clone()),
        ..Filter::default()
    };
    let mut found = connections::list(&cx.store, &Scope::All, &filter, 1_000).await?;
    found.retain(|other| other.id != connection.id && other.status != Status::Disconnected);
    Ok(found)
}
