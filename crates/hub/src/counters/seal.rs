//! What of a definition is secret, sealed for its row and opened again.

use crate::cx::Cx;
use crate::keys::KeysError;
use syncline_core::counters::definition::{Definition, Secrets};
use syncline_core::secret::Secret;
use syncline_store::StoreError;
use syncline_store::counters::Sealed;
use syncline_store::counters::definitions::{self, Stored};

fn place(definition_id: &str) -> String {
    format!("counter_definitions/{definition_id}/secrets")
}

/// Seals what is secret of a definition; none when nothing is.
///
/// # Errors
/// [`KeysError`] when there is no usable key.
pub(super) fn seal(cx: &Cx, definition_id: &str, secrets: &Secrets) -> Result<Option<Sealed>, KeysError> {
    secrets.to_text().map(|text| sealed(cx, &text, &place(definition_id))).transpose()
}

fn sealed(cx: &Cx, plain: &Secret, place: &str) -> Result<Sealed, KeysError> {
    let (bytes, key) = cx.keys.seal(plain, place, &cx.dice)?;
    Ok(Sealed { bytes, key: key.to_string() })
}

/// A definition with what is secret in it: for whoever is about to send.
///
/// # Errors
/// [`KeysError`]: an unknown key, a seal that was changed or moved, or no usable keys.
pub fn open(cx: &Cx, stored: &Stored) -> Result<Definition, KeysError> {
    let mut definition = stored.definition.clone();
    if let Some(sealed) = &stored.secrets {
        let text = cx.keys.open(&sealed.bytes, &place(&stored.id))?;
        definition.fill(Secrets::of_text(&text).unwrap_or_default());
    }
    Ok(definition)
}

/// Definitions whose secrets are sealed anew in one transaction.
const BATCH: u32 = 100;

/// Seals all secrets with the key that seals now; answers how many were, and how many cannot be opened.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(crate) async fn reseal(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    loop {
        // Lost ones stay where they are, so they are read past.
        let limit = BATCH.saturating_add(u32::try_from(lost).unwrap_or(u32::MAX));
        let batch = definitions::sealed_otherwise(&cx.store, current, limit).await?;
        let mut tx = cx.store.begin().await?;
        let (mut sealed_now, mut lost_now) = (0, 0);
        for row in &batch {
            let Some(before) = &row.secrets else { continue };
            let place = place(&row.id);
            match cx.keys.open(&before.bytes, &place).and_then(|text| sealed(cx, &text, &place)) {
                Ok(after) => {
                    let stored = definitions::reseal(&mut tx, &row.id, &before.key, &after.bytes, &after.key);
                    sealed_now += u64::from(stored.await?);
                }
                Err(error) => {
                    tracing::error!(counter = row.id, %error, "the secrets of a counter cannot be sealed anew");
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
