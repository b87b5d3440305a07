//! The room's work in the background: renewing idle connections, withdrawing tokens, erasing, sealing anew.

use super::access::{Denied, current};
use super::refresh::{self, Why};
use super::{after, apps, credentials, disconnect, wire};
use crate::cx::Cx;
use crate::jobs::{Failure, Payload};
use data_encoding::BASE64;
use std::time::Duration;
use syncline_core::renewal;
use syncline_providers::connect::Tokens;
use syncline_providers::wire::{Call, Fault};
use syncline_store::connections::{self, Connection, Renewal, Status};
use syncline_store::jobs::Outcome;
use syncline_store::{Scope, StoreError};

/// Credentials per transaction when they are sealed anew.
const BATCH: u32 = 100;
/// How soon to look again when only the operator can help.
const OPERATOR_PAUSE: Duration = Duration::from_secs(15 * 60);

/// `connection.refresh`: renews an idle connection's token when it is time.
///
/// # Errors
/// [`Failure`] when something other than the provider is wrong.
pub(crate) async fn refresh(cx: &Cx, id: &str) -> Result<Outcome, Failure> {
    match renew_if_due(cx, id).await {
        Ok(Some(at)) => {
            let before = cx.config.connect.refresh_before.get();
            Ok(Outcome::Continue(cx.dice.with(|rng| renewal::job_at(at, before, cx.now(), rng))))
        }
        Ok(None) | Err(Denied::NoSuchConnection | Denied::NeedsReauthorization(_) | Denied::Disconnected) => {
            Ok(Outcome::Done)
        }
        Err(Denied::Later { wait, .. }) => Ok(Outcome::Continue(cx.now().plus(wait))),
        Err(Denied::App(message)) => {
            tracing::error!(connection = id, message, "a token cannot be renewed: check [apps]");
            Ok(Outcome::Continue(cx.now().plus(OPERATOR_PAUSE)))
        }
        Err(Denied::Store(error)) => Err(error.into()),
        Err(Denied::Keys(error)) => {
            tracing::error!(connection = id, %error, "a token cannot be renewed: run `syncline doctor`");
            Ok(Outcome::Continue(cx.now().plus(OPERATOR_PAUSE)))
        }
    }
}

/// Answers when it is due next, if ever.
async fn renew_if_due(cx: &Cx, id: &str) -> Result<Option<syncline_core::time::Timestamp>, Denied> {
    let known = current(cx, id).await?;
    if !renewal::is_due(known.refresh_at(), cx.now()) {
        return Ok(known.refresh_at());
    }
    refresh::renewed(cx, known, Why::Due).await?;
    let next = current(cx, id).await?.refresh_at();
    // Still due: the provider asked to wait, and the old token is good until then.
    Ok(next
        .map(|at| if renewal::is_due(Some(at), cx.now()) { cx.now().plus(renewal::pause(None)) } else { at }))
}

impl Payload {
    /// The job that withdraws the tokens of `connection`, as they are sealed in its row.
    pub(super) fn revoke(connection: &Connection, sealed: &[u8]) -> Self {
        Self::RevokeTokens {
            connection_id: connection.id.clone(),
            org_id: connection.org_id.clone(),
            sealed: BASE64.encode(sealed),
        }
    }
}

/// `connection.revoke`: withdraws the tokens of an ended connection at the provider, where it has a call for that and nobody else uses
/// them.
///
/// # Errors
/// [`Failure`]: tried again while the provider is away; given up when it refuses or the tokens cannot be opened.
pub(crate) async fn revoke(cx: &Cx, id: &str, sealed: &str) -> Result<Outcome, Failure> {
    let Some(connection) = connections::get(&cx.store, &Scope::All, id).await? else {
        return Ok(Outcome::Done);
    };
    // A grant is one per account and app: to withdraw it would end theirs too, or what was connected again meanwhile.
    let used = |other: &Connection| other.app == connection.app;
    if connection.status != Status::Disconnected
        || disconnect::others(cx, &connection).await?.iter().any(used)
    {
        return Ok(Outcome::Done);
    }
    let sealed = BASE64.decode(sealed.as_bytes()).map_err(|error| Failure::GiveUp(error.to_string()))?;
    let purse = credentials::open(cx, id, &sealed)
        .map_err(|error| Failure::GiveUp(format!("not withdrawn: {error}")))?;
    let Some(calls) = withdrawals(cx, &connection, &purse.tokens()) else { return Ok(Outcome::Done) };
    for call in calls {
        let answer = wire::send(cx, call).await.map_err(|fault| Failure::Retry(fault.to_string()))?;
        let status = answer.status;
        match status.as_u16() {
            // Gone is gone, whoever did it. The secret before the present one comes second.
            200..300 | 404 | 410 => return Ok(Outcome::Done),
            408 | 425 | 429 | 500.. => {
                let fault = Fault::usual(&answer.reply(), format!("HTTP {}", status.as_u16()));
                return wait_or_retry(cx, &fault);
            }
            _ => tracing::warn!(connection = id, %status, "the provider did not withdraw the tokens"),
        }
    }
    // The tokens are gone on our side; what is left at the provider ends by itself or by the account's owner.
    Ok(Outcome::Done)
}

fn wait_or_retry(cx: &Cx, fault: &Fault) -> Result<Outcome, Failure> {
    match fault {
        Fault::RateLimited { wait: Some(wait), .. } | Fault::Transient { wait: Some(wait), .. } => {
            Ok(Outcome::Continue(cx.now().plus(*wait)))
        }
        other => Err(Failure::Retry(other.to_string())),
    }
}

/// The call that withdraws, with each of the client secrets; none where there is no such call.
fn withdrawals(cx: &Cx, connection: &Connection, tokens: &Tokens) -> Option<Vec<Call>> {
    let oauth = apps::oauth(&connection.provider).ok()?;
    let app = apps::registration(&cx.config, &connection.provider, Some(&connection.app)).ok()?;
    app.secrets.iter().map(|secret| oauth.revoke(&app.with(secret), tokens)).collect()
}

/// `connection.erase`: erases what was loaded through an ended connection, a batch a run.
///
/// # Errors
/// [`Failure`] as the database says.
pub(crate) async fn erase(cx: &Cx, id: &str) -> Result<Outcome, Failure> {
    let connection = connections::get(&cx.store, &Scope::All, id).await?;
    // Connected again meanwhile: what is there now is wanted.
    if connection.is_some_and(|connection| connection.status != Status::Disconnected) {
        return Ok(Outcome::Done);
    }
    let more = after::erase(cx, id).await?;
    Ok(if more { Outcome::Continue(cx.now()) } else { Outcome::Done })
}

/// Seals the credentials of all connections with the key that seals now. Those whose key is lost are left, and said. Answers how many were
/// sealed anew, and how many are lost.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(crate) async fn reseal(cx: &Cx, current: &str) -> Result<(u64, u64), StoreError> {
    let (mut after, mut done, mut lost) = (String::new(), 0, 0);
    loop {
        let batch = connections::sealed_otherwise(&cx.store, current, &after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok((done, lost)) };
        after.clone_from(&last.id);
        let (batch_done, batch_lost) = reseal_batch(cx, &batch).await?;
        done += batch_done;
        lost += batch_lost;
    }
}

async fn reseal_batch(cx: &Cx, batch: &[Renewal]) -> Result<(u64, u64), StoreError> {
    let (mut done, mut lost) = (0, 0);
    let mut tx = cx.store.begin().await?;
    for row in batch {
        let Some(stored) = &row.credentials else { continue };
        match credentials::reseal(cx, &row.id, &stored.sealed) {
            Ok((sealed, key)) => {
                let seals = (stored.sealed_with.as_str(), sealed.as_slice(), key.as_str());
                done += u64::from(connections::reseal(&mut tx, &row.id, row.version, seals).await?);
            }
            Err(error) => {
                tracing::error!(connection = row.id, %error, "credentials cannot be sealed anew");
                lost += 1;
            }
        }
    }
    tx.commit().await?;
    Ok((done, lost))
}
