//! What is remembered of our subscriptions, their secrets sealed.

use crate::cx::Cx;
use crate::keys::KeysError;
use syncline_providers::setup::Kept;
use syncline_store::hooks::{self, Hook};
use syncline_store::{Store, StoreError};

/// Rows that are sealed anew in one transaction.
const BATCH: u32 = 100;

/// Where the secret of a row is sealed for.
pub(super) fn place(id: &str) -> String {
    format!("hooks/{id}/secret")
}

/// What was kept under this name. A secret that cannot be opened is none: then what it is for is made anew.
pub(super) async fn kept(cx: &Cx, owner: &str) -> Result<Vec<Kept>, StoreError> {
    let rows = hooks::list(&cx.store, owner).await?;
    Ok(rows.into_iter().map(|row| of_row(cx, row)).collect())
}

fn of_row(cx: &Cx, row: Hook) -> Kept {
    let secret = row.secret.and_then(|sealed| {
        cx.keys
            .open(&sealed, &place(&row.id))
            .inspect_err(
                |error| tracing::warn!(hook = row.id, %error, "the secret of a webhook cannot be opened"),
            )
            .ok()
    });
    Kept { remote_id: row.remote_id, part: row.part, secret, expires_at: row.expires_at }
}

/// The row of what was just made or found.
pub(super) fn row(
    cx: &Cx,
    (owner, provider, url): (&str, &str, &str),
    kept: &Kept,
) -> Result<Hook, KeysError> {
    let now = cx.now();
    let id = cx.dice.id("hok", now);
    let sealed =
        kept.secret.as_ref().map(|secret| cx.keys.seal(secret, &place(&id), &cx.dice)).transpose()?;
    let (secret, sealed_with) = sealed.map(|(sealed, key)| (sealed, key.to_string())).unzip();
    Ok(Hook {
        id,
        connection_id: owner.to_owned(),
        provider: provider.to_owned(),
        remote_id: kept.remote_id.clone(),
        part: kept.part.clone(),
        url: url.to_owned(),
        secret,
        sealed_with,
        cursor: None,
        expires_at: kept.expires_at,
        created_at: now,
        updated_at: now,
    })
}

/// How many secrets each key seals.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn sealing_keys(store: &Store) -> Result<Vec<(String, i64)>, StoreError> {
    hooks::sealing_keys(store).await
}

/// Seals all secrets with the key that seals now; answers how many were, and how many cannot be opened. What cannot is made anew by
/// the next set-up.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn reseal(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    loop {
        // Lost ones stay where they are, so they are read past.
        let limit = BATCH.saturating_add(u32::try_from(lost).unwrap_or(u32::MAX));
        let batch = hooks::sealed_otherwise(&cx.store, current, limit).await?;
        let mut tx = cx.store.begin().await?;
        let (mut sealed_now, mut lost_now) = (0, 0);
        for row in &batch {
            let (Some(sealed), Some(before)) = (&row.secret, &row.sealed_with) else { continue };
            let anew = cx
                .keys
                .open(sealed, &place(&row.id))
                .and_then(|secret| cx.keys.seal(&secret, &place(&row.id), &cx.dice));
            match anew {
                Ok((sealed, key)) => {
                    let stored = hooks::reseal(&mut tx, &row.id, before, &sealed, &key.to_string()).await?;
                    sealed_now += u64::from(stored);
                }
                Err(error) => {
                    tracing::error!(hook = row.id, %error, "the secret of a webhook cannot be sealed anew");
                    lost_now += 1;
                }
            }
        }
        tx.commit().await?;
        done += sealed_now;
        lost = lost_now;
        if sealed_now == 0 {
            return Ok((done, lost));
        }
    }
}
