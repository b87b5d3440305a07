//! Sending again, and dropping what waits.
//!
//! What may be much is done in parts: each call does at most [`PART`] messages and says where to go on, so that it can be watched, stopped
//! and taken up again.

use super::{Refused, keep};
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use crate::notify;
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::notify::deliveries::{self, Span};
use syncline_store::notify::endpoints::State;

/// How many messages one call does.
pub const PART: u64 = 10_000;
/// How many one transaction does: others wait for it.
const BATCH: u32 = 500;

/// Sends a message to an endpoint again, whatever became of it there.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::NoMessage`], [`Refused::Disabled`], [`Refused::Store`].
pub async fn resend(cx: &Cx, scope: &Scope, message_id: &str, endpoint_id: &str) -> Result<(), Refused> {
    let endpoint = keep::get(cx, scope, endpoint_id).await?;
    if endpoint.state == State::Disabled {
        return Err(Refused::Disabled);
    }
    let mut tx = cx.store.begin().await?;
    if !deliveries::resend(&mut tx, scope, message_id, endpoint_id, cx.now()).await? {
        return Err(Refused::NoMessage);
    }
    let to = To { org_id: &endpoint.org_id, id: message_id };
    audit::note(cx, &mut tx, Action::DeliveryResent, to, format!("to {endpoint_id}")).await?;
    tx.commit().await?;
    notify::changed(cx);
    Ok(())
}

/// How far a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// How many deliveries were queued again.
    pub recovered: u64,
    /// Whether there is more in the span.
    pub more: bool,
    /// The end of the span: to be given again when there is more, so that what fails meanwhile is not in it.
    pub until: Timestamp,
}

/// Sends again what failed for good from `since` on, until `until` or now.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Span`], [`Refused::Store`].
pub async fn recover(
    cx: &Cx,
    scope: &Scope,
    endpoint_id: &str,
    since: Timestamp,
    until: Option<Timestamp>,
) -> Result<Recovered, Refused> {
    let endpoint = keep::get(cx, scope, endpoint_id).await?;
    // What failed in this very millisecond is meant too.
    let until = until.unwrap_or_else(|| cx.now().plus(std::time::Duration::from_millis(1)));
    let span = span(since, until)?;
    let (mut recovered, mut more) = (0, true);
    while more && recovered < PART {
        let mut tx = cx.store.begin().await?;
        let some = deliveries::recover(&mut tx, scope, endpoint_id, span, BATCH, cx.now()).await?;
        tx.commit().await?;
        notify::changed(cx);
        recovered += some;
        more = some > 0;
    }
    let to = To { org_id: &endpoint.org_id, id: endpoint_id };
    audit::note_after(cx, Action::EndpointRecovered, to, format!("{recovered} messages")).await;
    Ok(Recovered { recovered, more, until })
}

/// A replay that somebody wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Messages made from then on.
    pub from: Timestamp,
    /// And before then; none: until now.
    pub to: Option<Timestamp>,
    /// Whether those that arrived are sent again as well.
    pub delivered: bool,
    /// Where the part before this one ended.
    pub after: Option<(Timestamp, String)>,
}

/// How far a replay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many messages were looked at.
    pub read: u64,
    /// How many of them the endpoint wants.
    pub sent: u64,
    /// The end of the span.
    pub to: Timestamp,
    /// Where to go on; none when that was all.
    pub next: Option<(Timestamp, String)>,
}

/// Sends an endpoint what it wants of the messages made in a span of time.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Span`], [`Refused::Store`].
pub async fn replay(cx: &Cx, scope: &Scope, endpoint_id: &str, wish: Wish) -> Result<Replayed, Refused> {
    let to = wish.to.unwrap_or_else(|| cx.now().plus(std::time::Duration::from_millis(1)));
    let endpoint = keep::get(cx, scope, endpoint_id).await?;
    let span = span(wish.from, to)?;
    let mut done = Replayed { read: 0, sent: 0, to, next: wish.after };
    loop {
        let mut tx = cx.store.begin().await?;
        let part = (span, done.next.as_ref());
        let found =
            deliveries::replay(&mut tx, scope, endpoint_id, part, wish.delivered, BATCH, cx.now()).await?;
        let found = found.ok_or(Refused::Gone)?;
        tx.commit().await?;
        notify::changed(cx);
        done.read += found.read;
        done.sent += found.sent;
        let more = found.read == u64::from(BATCH);
        done.next = found.last.filter(|_| more);
        if !more || done.read >= PART {
            let of = To { org_id: &endpoint.org_id, id: endpoint_id };
            audit::note_after(cx, Action::EndpointReplayed, of, format!("{} messages", done.sent)).await;
            return Ok(done);
        }
    }
}

/// Drops what waits for an endpoint and is due before `before`, or at all; answers how many, and whether there is more.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Store`].
pub async fn skip(
    cx: &Cx,
    scope: &Scope,
    endpoint_id: &str,
    before: Option<Timestamp>,
) -> Result<(u64, bool), Refused> {
    let endpoint = keep::get(cx, scope, endpoint_id).await?;
    let before = before.unwrap_or(Timestamp::from_millis(Timestamp::MAX_MILLIS));
    let (mut skipped, mut more) = (0, true);
    while more && skipped < PART {
        let mut tx = cx.store.begin().await?;
        let some = deliveries::skip(&mut tx, scope, endpoint_id, before, BATCH, cx.now()).await?;
        tx.commit().await?;
        skipped += some;
        more = some > 0;
    }
    let to = To { org_id: &endpoint.org_id, id: endpoint_id };
    audit::note_after(cx, Action::EndpointSkipped, to, format!("{skipped} messages")).await;
    Ok((skipped, more))
}

fn span(from: Timestamp, to: Timestamp) -> Result<Span, Refused> {
    if to < from { Err(Refused::Span) } else { Ok(Span { from, to }) }
}
