//! The first start: a one-time link lets the operator choose the portal's password.

use crate::api::access::hash;
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_store::StoreError;
use syncline_store::portal::{self, Setting};

/// How long a link works.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// Makes a link that sets the password; one made before stops working.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn new_link(cx: &Cx) -> Result<String, StoreError> {
    let token = cx.dice.token();
    let value = format!("{} {}", cx.now().plus(LIFETIME).as_millis(), hash(&token));
    let mut tx = cx.store.begin().await?;
    portal::set(&mut tx, Setting::SetupLink, Some(&value)).await?;
    if cx.by.is_somebody() {
        audit::note(cx, &mut tx, Action::LinkMade, To::default(), "").await?;
    }
    tx.commit().await?;
    Ok(format!("{}/portal/setup?token={token}", cx.config.server.public_url))
}

/// Whether `token` is the one of a link that still works.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn is_valid(cx: &Cx, token: &str) -> Result<bool, StoreError> {
    let Some(stored) = portal::setting(&cx.store, Setting::SetupLink).await? else { return Ok(false) };
    let Some((expires, wanted)) = stored.split_once(' ') else { return Ok(false) };
    let in_time = expires.parse::<i64>().is_ok_and(|expires| cx.now().as_millis() < expires);
    Ok(in_time && Secret::new(wanted) == Secret::new(hash(token)))
}

/// A link, when nobody has chosen a password yet.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn first_link(cx: &Cx) -> Result<Option<String>, StoreError> {
    if portal::setting(&cx.store, Setting::Password).await?.is_some() {
        return Ok(None);
    }
    new_link(cx).await.map(Some)
}
