//! Connections: an organization's authorized accounts, with their sealed credentials and their health.

pub mod authorizations;
mod credentials;

pub use credentials::{
    Credentials, Held, Renewal, credentials, end_refresh, hold_refresh, lock_credentials,
    needs_reauthorization, postpone_refresh, refresh_due, refresh_held, renew, reseal, sealed_otherwise,
    sealing_keys,
};

use crate::records::pattern;
use crate::value::{Row, Value, args, in_list};
use crate::{Result, Scope, Store, Tx};
use syncline_core::time::Timestamp;

/// A connection as everybody may see it: without its credentials.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// Who connected it, as the calling application names its users; may be empty.
    pub user_id: String,
    /// Where.
    pub provider: String,
    /// Through which app; empty for a key.
    pub app: String,
    /// The account's id there.
    pub account: String,
    /// What people call the account.
    pub account_name: String,
    /// How it was authorized.
    pub method: Method,
    /// How it is.
    pub status: Status,
    /// Why it is not active, for people.
    pub reason: Option<String>,
    /// What was granted, where the provider says.
    pub scopes: Vec<String>,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// How a connection was authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// OAuth: tokens that may be refreshed.
    Oauth,
    /// A key or personal token that a user pasted.
    Key,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its credentials are good as far as is known.
    Active,
    /// The provider does not accept them any more: a person has to connect again. Work waits.
    NeedsReauthorization,
    /// It was ended on our side. Its credentials are gone.
    Disconnected,
}

impl Method {
    /// As stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Key => "key",
        }
    }
}

impl Status {
    /// As stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NeedsReauthorization => "needs_reauthorization",
            Self::Disconnected => "disconnected",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::NeedsReauthorization, Self::Disconnected]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

const COLUMNS: &str = "id, org_id, user_id, provider, app, account, account_name, method, status, reason, scopes, \
                       created_at, updated_at";

/// Which connections to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this organization's. Ignored where the [`Scope`] already says one.
    pub org_id: Option<String>,
    /// Only of this provider.
    pub provider: Option<String>,
    /// Only of this account there.
    pub account: Option<String>,
    /// Only those that were authorized through this app.
    pub app: Option<String>,
    /// Only these.
    pub status: Option<Status>,
    /// Only those whose account or its name has this in it, in whichever case.
    pub search: Option<String>,
    /// Only older than this one.
    pub before: Option<(Timestamp, String)>,
}

/// Connections, latest first, at most `limit`.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn list(store: &Store, scope: &Scope, filter: &Filter, limit: u32) -> Result<Vec<Connection>> {
    let mut conditions = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let own = match scope {
        Scope::All => filter.org_id.as_deref(),
        Scope::Organization(own) => Some(own.as_str()),
    };
    let status = filter.status.map(Status::name);
    for (column, value) in [
        ("org_id", own),
        ("provider", filter.provider.as_deref()),
        ("account", filter.account.as_deref()),
        ("app", filter.app.as_deref()),
        ("status", status),
    ] {
        if let Some(value) = value {
            conditions.push(format!("{column} = ?"));
            values.push(value.into());
        }
    }
    if let Some(search) = &filter.search {
        let pattern = pattern(&search.to_lowercase());
        conditions
            .push("(LOWER(account_name) LIKE ? ESCAPE '!' OR LOWER(account) LIKE ? ESCAPE '!')".to_owned());
        values.extend(args![pattern.as_str(), pattern.as_str()]);
    }
    if let Some((at, id)) = &filter.before {
        conditions.push("(created_at < ? OR (created_at = ? AND id < ?))".to_owned());
        values.extend(args![*at, *at, id.as_str()]);
    }
    let conditions = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
    let sql = format!(
        "SELECT {COLUMNS} FROM connections WHERE {conditions} ORDER BY created_at DESC, id DESC LIMIT ?"
    );
    values.push(limit.into());
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// One connection.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(store: &Store, scope: &Scope, id: &str) -> Result<Option<Connection>> {
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?");
    let found = store.query(&sql, args![id]).await?.first().map(read).transpose()?;
    Ok(found.filter(|connection| scope.admits(&connection.org_id)))
}

/// The same, as seen by this transaction, whosever it is.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_in(tx: &mut Tx, id: &str) -> Result<Option<Connection>> {
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE id = ?");
    tx.query(&sql, args![id]).await?.first().map(read).transpose()
}

/// Who holds an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The account.
    pub account: String,
    /// The connection to it.
    pub connection_id: String,
    /// Whose connection it is.
    pub org_id: String,
}

/// Connections to these accounts that are in use or wait for a person, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn on_accounts(tx: &mut Tx, provider: &str, accounts: &[&str]) -> Result<Vec<Holder>> {
    let mut found = Vec::new();
    for piece in accounts.chunks(512) {
        let (marks, accounts) = in_list(piece.iter().map(|account| Value::from(*account)).collect());
        let sql = format!(
            "SELECT account, id, org_id, status FROM connections WHERE provider = ? AND account IN ({marks})"
        );
        let mut values = args![provider];
        values.extend(accounts);
        for row in tx.query(&sql, values).await? {
            if row.text(3)? != Status::Disconnected.name() {
                found.push(Holder {
                    account: row.text(0)?,
                    connection_id: row.text(1)?,
                    org_id: row.text(2)?,
                });
            }
        }
    }
    Ok(found)
}

/// The ids of all connections an organization ever had, in order.
pub(crate) async fn ids_of(store: &Store, org_id: &str) -> Result<Vec<String>> {
    let rows = store.query("SELECT id FROM connections WHERE org_id = ?", args![org_id]).await?;
    let mut ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    ids.sort();
    Ok(ids)
}

/// Keeps a connection that was just authorized; answers its id, which is the old one where the organization had connected this account
/// through this app before: then it is active again, and what waited for it goes on.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn connect(tx: &mut Tx, new: &Connection, credentials: &Credentials) -> Result<String> {
    let key = args![new.provider.as_str(), new.account.as_str(), new.org_id.as_str(), new.app.as_str()];
    let find = "SELECT id FROM connections WHERE provider = ? AND account = ? AND org_id = ? AND app = ?";
    if let Some(row) = tx.query(find, key).await?.first() {
        let id = row.text(0)?;
        credentials::replace(tx, &id, new, credentials).await?;
        return Ok(id);
    }
    tx.execute(
        "INSERT INTO connections (id, org_id, user_id, provider, app, account, account_name, method, status, scopes, credentials, \
         sealed_with, version, expires_at, refresh_at, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
        args![
            new.id.as_str(),
            new.org_id.as_str(),
            new.user_id.as_str(),
            new.provider.as_str(),
            new.app.as_str(),
            new.account.as_str(),
            new.account_name.as_str(),
            new.method.name(),
            Status::Active.name(),
            new.scopes.join(" "),
            credentials.sealed.clone(),
            credentials.sealed_with.as_str(),
            credentials.expires_at,
            credentials.refresh_at,
            new.created_at,
            new.updated_at,
        ],
    )
    .await?;
    Ok(new.id.clone())
}

/// Ends a connection: its credentials are gone. Answers whether it was not ended before.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn disconnect(tx: &mut Tx, id: &str, reason: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE connections SET status = ?, reason = ?, credentials = NULL, sealed_with = NULL, expires_at = NULL, \
               refresh_at = NULL, refresh_owner = NULL, refresh_until = NULL, version = version + 1, updated_at = ? \
               WHERE id = ? AND status <> ?";
    let ended = Status::Disconnected.name();
    Ok(tx.execute(sql, args![ended, reason, now, id, ended]).await? == 1)
}

fn read(row: &Row) -> Result<Connection> {
    let (method, status) = (row.text(7)?, row.text(8)?);
    Ok(Connection {
        id: row.text(0)?,
        org_id: row.text(1)?,
        user_id: row.text(2)?,
        provider: row.text(3)?,
        app: row.text(4)?,
        account: row.text(5)?,
        account_name: row.text(6)?,
        method: if method == Method::Key.name() { Method::Key } else { Method::Oauth },
        status: Status::named(&status)
            .ok_or_else(|| crate::StoreError::Corrupt(format!("connections.status holds {status:?}")))?,
        reason: row.maybe_text(9)?,
        scopes: row.text(10)?.split_whitespace().map(str::to_owned).collect(),
        created_at: row.time(11)?,
        updated_at: row.time(12)?,
    })
}
