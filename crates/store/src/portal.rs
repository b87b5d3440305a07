//! The portal's password, its first-start link, and who is signed in. Secrets are here only as hashes.

use crate::tx::Bulk;
use crate::value::{Kind, args};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// A single value kept for the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The password's hash.
    Password,
    /// `expiry in milliseconds` and `hash`, separated by a space, of the link that sets the password.
    SetupLink,
}

impl Setting {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SetupLink => "setup_link",
        }
    }
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What its forms must carry.
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Reads a setting.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn setting(store: &Store, which: Setting) -> Result<Option<String>> {
    let rows = store.query("SELECT value FROM portal_settings WHERE name = ?", args![which.name()]).await?;
    rows.first().map(|row| row.text(0)).transpose()
}

/// Writes a setting, or removes it.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set(tx: &mut Tx, which: Setting, value: Option<&str>) -> Result<()> {
    let Some(value) = value else {
        let delete = "DELETE FROM portal_settings WHERE name = ?";
        return tx.execute(delete, args![which.name()]).await.map(|_| ());
    };
    let update = "UPDATE portal_settings SET value = ? WHERE name = ?";
    if tx.execute(update, args![value, which.name()]).await? == 0 {
        // Somebody else may have been first meanwhile; the last one wins.
        tx.insert_many(&SETTING, vec![args![which.name(), value]]).await?;
        tx.execute(update, args![value, which.name()]).await?;
    }
    Ok(())
}

const SETTING: Bulk = Bulk {
    table: "portal_settings",
    columns: &[("name", Kind::Text), ("value", Kind::Text)],
    unique: "name",
};

/// Starts a session known by the hash of its cookie.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sign_in(tx: &mut Tx, hash: &str, session: &Session, now: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM portal_sessions WHERE expires_at <= ?", args![now]).await?;
    tx.execute(
        "INSERT INTO portal_sessions (hash, csrf, created_at, expires_at) VALUES (?, ?, ?, ?)",
        args![hash, session.csrf.as_str(), now, session.expires_at],
    )
    .await
    .map(|_| ())
}

/// The session of this cookie, unless it has ended.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn session(store: &Store, hash: &str, now: Timestamp) -> Result<Option<Session>> {
    let sql = "SELECT csrf, expires_at FROM portal_sessions WHERE hash = ? AND expires_at > ?";
    let rows = store.query(sql, args![hash, now]).await?;
    rows.first().map(|row| Ok(Session { csrf: row.text(0)?, expires_at: row.time(1)? })).transpose()
}

/// Ends a session.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sign_out(tx: &mut Tx, hash: &str) -> Result<()> {
    tx.execute("DELETE FROM portal_sessions WHERE hash = ?", args![hash]).await.map(|_| ())
}

/// Ends every session: a new password asks everybody again.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn sign_everyone_out(tx: &mut Tx) -> Result<()> {
    tx.execute("DELETE FROM portal_sessions", Vec::new()).await.map(|_| ())
}
