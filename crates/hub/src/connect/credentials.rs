//! Tokens as they are kept: sealed, and bound to the row of their connection.

use crate::cx::Cx;
use crate::keys::KeysError;
use syncline_core::renewal;
use syncline_core::seal::SealError;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_providers::connect::Tokens;
use syncline_store::connections::Credentials;

/// What is sealed of a connection's tokens. A key is an access token without anything else.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Purse {
    /// The access token, or the key.
    pub access: Secret,
    /// The refresh token, where there is one.
    pub refresh: Option<Secret>,
}

impl Purse {
    /// What a token endpoint gave. Without a new refresh token the one it was asked with stays good (RFC 6749, 6).
    pub fn of(tokens: &Tokens, before: Option<&Self>) -> Self {
        let kept = before.and_then(|before| before.refresh.clone());
        Self { access: tokens.access.clone(), refresh: tokens.refresh.clone().or(kept) }
    }

    /// As the providers' functions want it.
    pub fn tokens(&self) -> Tokens {
        Tokens {
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            expires_at: None,
            refresh_expires_at: None,
            scopes: Vec::new(),
            account: None,
        }
    }

    fn text(&self) -> Secret {
        let refresh = self.refresh.as_ref().map(Secret::expose);
        Secret::new(serde_json::json!({ "access": self.access.expose(), "refresh": refresh }).to_string())
    }
}

/// Seals tokens for the row of connection `id`.
pub(super) fn seal(
    cx: &Cx,
    id: &str,
    purse: &Purse,
    expires_at: Option<Timestamp>,
) -> Result<Credentials, KeysError> {
    let (sealed, key) = cx.keys.seal(&purse.text(), &place(id), &cx.dice)?;
    let before = cx.config.connect.refresh_before.get();
    // What cannot be renewed is used until its end.
    let ends = expires_at.filter(|_| purse.refresh.is_some());
    Ok(Credentials {
        sealed,
        sealed_with: key.to_string(),
        expires_at,
        refresh_at: renewal::refresh_at(ends, before, cx.now()),
    })
}

/// Opens what [`seal`] made.
pub(super) fn open(cx: &Cx, id: &str, sealed: &[u8]) -> Result<Purse, KeysError> {
    let text = cx.keys.open(sealed, &place(id))?;
    serde_json::from_str(text.expose()).map_err(|_| KeysError::Seal(SealError::Broken))
}

/// Seals anew what another key sealed.
pub(super) fn reseal(cx: &Cx, id: &str, sealed: &[u8]) -> Result<(Vec<u8>, String), KeysError> {
    let text = cx.keys.open(sealed, &place(id))?;
    let (sealed, key) = cx.keys.seal(&text, &place(id), &cx.dice)?;
    Ok((sealed, key.to_string()))
}

fn place(id: &str) -> String {
    format!("connections/{id}/credentials")
}
