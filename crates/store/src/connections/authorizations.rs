//! Authorizations under way: from the moment a browser is sent to a provider until it comes back, once.

use crate::value::{Row, args};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// An authorization under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Fingerprint of the `state`, in hexadecimal digits.
    pub state: String,
    /// Fingerprint of the browser session's token, in hexadecimal digits.
    pub browser: String,
    /// For which organization.
    pub org_id: String,
    /// By which of its users.
    pub user_id: String,
    /// At which provider.
    pub provider: String,
    /// Through which app.
    pub app: String,
    /// The proof key's verifier, sealed.
    pub verifier: Vec<u8>,
    /// Where the provider was told to send the browser.
    pub redirect_uri: String,
    /// The page that opened the popup and is to be told the result.
    pub origin: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "state, browser, org_id, user_id, provider, app, verifier, redirect_uri, origin, created_at, \
                       expires_at, used_at, connection_id";

/// What came of a `state` that a browser brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is good, and nobody can use it again.
    Taken(Authorization),
    /// Nobody knows it, or it was forgotten long ago.
    Unknown,
    /// It came back before.
    Used(Authorization),
    /// It came back too late.
    Expired(Authorization),
}

/// Begins one, and forgets those that ended more than a day ago: until then a late or double return can be told apart from an
/// invented one.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn begin(tx: &mut Tx, new: &Authorization) -> Result<()> {
    const REMEMBERED_MS: i64 = 86_400_000;
    let forget = Timestamp::from_millis(new.created_at.as_millis() - REMEMBERED_MS);
    tx.execute("DELETE FROM authorizations WHERE expires_at <= ?", args![forget]).await?;
    tx.execute(
        "INSERT INTO authorizations (state, browser, org_id, user_id, provider, app, verifier, redirect_uri, origin, \
         created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        args![
            new.state.as_str(),
            new.browser.as_str(),
            new.org_id.as_str(),
            new.user_id.as_str(),
            new.provider.as_str(),
            new.app.as_str(),
            new.verifier.clone(),
            new.redirect_uri.as_str(),
            new.origin.as_deref(),
            new.created_at,
            new.expires_at,
        ],
    )
    .await
    .map(|_| ())
}

/// Takes the authorization with this fingerprint of a state: of any number who try, one gets it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn take(store: &Store, state: &str, now: Timestamp) -> Result<Taken> {
    let mut tx = store.begin().await?;
    let used = "UPDATE authorizations SET used_at = ? WHERE state = ? AND used_at IS NULL AND expires_at > ?";
    let taken = tx.execute(used, args![now, state, now]).await? == 1;
    let rows =
        tx.query(&format!("SELECT {COLUMNS} FROM authorizations WHERE state = ?"), args![state]).await?;
    tx.commit().await?;
    let Some(row) = rows.first() else { return Ok(Taken::Unknown) };
    let authorization = read(row)?;
    Ok(match (taken, row.maybe_int(11)?) {
        (true, _) => Taken::Taken(authorization),
        (false, Some(_)) => Taken::Used(authorization),
        (false, None) => Taken::Expired(authorization),
    })
}

/// The authorization with this fingerprint of a state, which stays as it is, and the connection that came of it. None when nobody knows
/// it, or it was forgotten.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn find(store: &Store, state: &str) -> Result<Option<(Authorization, Option<String>)>> {
    let sql = format!("SELECT {COLUMNS} FROM authorizations WHERE state = ?");
    let rows = store.query(&sql, args![state]).await?;
    rows.first().map(|row| Ok((read(row)?, row.maybe_text(12)?))).transpose()
}

/// Notes which connection came of an authorization: whoever brings its state once more is told.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn connected(tx: &mut Tx, state: &str, connection_id: &str) -> Result<()> {
    let sql = "UPDATE authorizations SET connection_id = ? WHERE state = ?";
    tx.execute(sql, args![connection_id, state]).await.map(|_| ())
}

/// The sealed verifiers that may still be needed.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn verifiers(store: &Store, now: Timestamp) -> Result<Vec<Vec<u8>>> {
    let sql = "SELECT verifier FROM authorizations WHERE used_at IS NULL AND expires_at > ?";
    let rows = store.query(sql, args![now]).await?;
    rows.iter().map(|row| row.bytes(0).map(|verifier| verifier.to_vec())).collect()
}

fn read(row: &Row) -> Result<Authorization> {
    Ok(Authorization {
        state: row.text(0)?,
        browser: row.text(1)?,
        org_id: row.text(2)?,
        user_id: row.text(3)?,
        provider: row.text(4)?,
        app: row.text(5)?,
        verifier: row.bytes(6)?.to_vec(),
        redirect_uri: row.text(7)?,
        origin: row.maybe_text(8)?,
        created_at: row.time(9)?,
        expires_at: row.time(10)?,
    })
}
