//! Who is asking: API keys, stored as hashes, of one organization or of all.

use super::Api;
use crate::audit::{self, Action, By, To};
use crate::cx::Cx;
use crate::http::Problem;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use syncline_store::api_keys::{self, ApiKey};
use syncline_store::audit::Door;
use syncline_store::{Scope, StoreError, portal};

/// What every key begins with, so that scanners and people recognise one.
pub const PREFIX: &str = "syn_";

/// The caller, proven by a key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What it may see.
    pub scope: Scope,
    /// Who it is, for the audit log.
    pub by: By,
}

impl Caller {
    /// The context for what is done on this caller's word.
    #[must_use]
    pub fn cx(&self, api: &Api) -> Cx {
        api.cx.on_word_of(&self.by)
    }
}

/// A caller, and the key: for what is kept under its name, or lasts only as long as it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Who.
    pub caller: Caller,
    /// The key's name.
    pub name: String,
    /// The key itself, to be asked for again.
    pub pass: Pass,
}

/// What lets somebody follow a stream. It is looked at again before anything more is read, so that a key that is revoked or a session that
/// ends takes its streams with it.
#[derive(Clone, Debug)]
pub enum Pass {
    /// An API key, by its hash.
    Key(String),
    /// A session of the portal, by its hash.
    Session(String),
}

impl Pass {
    /// Whether it still is one.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn is_good(&self, cx: &Cx) -> Result<bool, StoreError> {
        match self {
            Self::Key(hash) => Ok(api_keys::find(&cx.store, hash).await?.is_some()),
            Self::Session(hash) => Ok(portal::session(&cx.store, hash, cx.now()).await?.is_some()),
        }
    }
}

/// A caller that may see everything: an operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Who it is, for the audit log.
    pub by: By,
}

impl Operator {
    /// The context for what is done on this operator's word.
    #[must_use]
    pub fn cx(&self, api: &Api) -> Cx {
        api.cx.on_word_of(&self.by)
    }
}

impl FromRequestParts<Api> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let sent = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let secret = sent
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let Some((_, secret)) = secret else {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "key_missing",
                "Send an API key: `Authorization: Bearer syn_…`. `syncline api-key create` makes one.",
            ));
        };
        let hash = hash(secret.trim());
        let key = api_keys::find(&api.cx.store, &hash).await?.ok_or_else(|| {
            Problem::new(StatusCode::UNAUTHORIZED, "key_unknown", "This API key is unknown or was revoked.")
        })?;
        note_use(&api.cx, &key).await;
        let by = By::at(door(&parts.headers), key.name.as_str());
        Ok(Self { caller: Caller { scope: key.scope(), by }, name: key.name, pass: Pass::Key(hash) })
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Signed::from_request_parts(parts, api).await.map(|signed| signed.caller)
    }
}

impl FromRequestParts<Api> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Caller { scope, by } = Caller::from_request_parts(parts, api).await?;
        match scope {
            Scope::All => Ok(Self { by }),
            Scope::Organization(_) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "key_of_one_organization",
                "This needs an API key for all organizations.",
            )),
        }
    }
}

/// The command line says that it is one; a key proves the rest.
fn door(headers: &HeaderMap) -> Door {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if agent.starts_with(COMMAND_LINE) { Door::Cli } else { Door::Api }
}

/// What the command line calls itself, before its version.
pub const COMMAND_LINE: &str = "syncline-cli/";

/// Remembers the use, at most once a minute. Not being able to is no reason to refuse.
async fn note_use(cx: &Cx, key: &ApiKey) {
    let now = cx.now();
    if key.last_used_at.is_some_and(|last| now.since(last) < Duration::from_secs(60)) {
        return;
    }
    if let Err(error) = api_keys::touch(&cx.store, &key.id, now).await {
        tracing::debug!(%error, "the use of an API key was not noted");
    }
}

/// How a secret with enough chance in it is stored and looked up.
#[must_use]
pub fn hash(secret: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(secret.as_bytes()))
}

/// Makes a key; answers it and, this once, its secret.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn create_key(cx: &Cx, name: &str, org_id: Option<String>) -> Result<(ApiKey, String), StoreError> {
    let now = cx.now();
    let secret = format!("{PREFIX}{}", cx.dice.token());
    let key = ApiKey {
        id: cx.dice.id("key", now),
        name: name.to_owned(),
        org_id,
        prefix: secret.chars().take(PREFIX.len() + 6).collect(),
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = cx.store.begin().await?;
    api_keys::create(&mut tx, &key, &hash(&secret)).await?;
    let to = To { org_id: key.org_id.as_deref().unwrap_or_default(), id: &key.id };
    let of = if key.org_id.is_some() { "for one organization" } else { "for all organizations" };
    audit::note(cx, &mut tx, Action::KeyCreated, to, format!("{}, {of}", key.name)).await?;
    tx.commit().await?;
    Ok((key, secret))
}

/// Revokes a key; answers whether there was one to revoke.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn revoke_key(cx: &Cx, id: &str) -> Result<bool, StoreError> {
    let mut tx = cx.store.begin().await?;
    let Some(key) = api_keys::revoke(&mut tx, id, cx.now()).await? else { return Ok(false) };
    let to = To { org_id: key.org_id.as_deref().unwrap_or_default(), id };
    audit::note(cx, &mut tx, Action::KeyRevoked, to, key.name).await?;
    tx.commit().await?;
    Ok(true)
}
