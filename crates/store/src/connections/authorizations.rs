//! Authorizations under way: from the moment a browser is sent to a provider until it comes back, once.

use crate::value::args;
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
    let rows = tx
        .query(
            "SELECT state, browser, org_id, user_id, provider, app, verifier, redirect_uri, origin, created_at, expires_at, \
             used_at FROM authorizations WHERE state = ?",
            args![state],
        )
        .await?;
    tx.commit().await?;
    let Some(row) = rows.first() else { return Ok(Taken::Unknown) };
    let authorization = Authorization {
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
    };
    Ok(match (taken, row.maybe_int(11)?) {
        (true, _) => Taken::Taken(authorization),
        (false, Some(_)) => Taken::Used(authorization),
        (false, None) => Taken::Expired(authorization),
    })
}
