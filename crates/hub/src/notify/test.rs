//! A message to one endpoint, to see whether it arrives.

use super::desk::Handed;
use super::publish::hand_on;
use crate::audit::{self, Action, To};
use crate::cx::Cx;
use syncline_core::notify::kinds;
use syncline_store::notify::deliveries;
use syncline_store::notify::endpoints::{self, State};
use syncline_store::notify::messages::{self, Message, Routed};
use syncline_store::{Scope, StoreError};

/// Why there is no test.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// There is no such endpoint, or it is somebody else's.
    #[error("there is no endpoint with this id")]
    NoSuchEndpoint,
    /// It is disabled: nothing is sent to it.
    #[error("the endpoint is disabled: enable it first")]
    Disabled,
    /// There is no such kind of message.
    #[error("there is no event type `{0}`; the list is at /v1/event-types")]
    NoSuchKind(String),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends an endpoint the example of a kind of message, whether it wants that kind or not; answers the message's id. It is delivered, tried
/// again and kept like any other, and to no other endpoint, whatever is resent or replayed there: it is made up.
///
/// # Errors
/// [`TestError`]; then nothing was sent.
pub async fn test(cx: &Cx, scope: &Scope, endpoint_id: &str, kind: &str) -> Result<String, TestError> {
    let example =
        kinds::find(kind).ok_or_else(|| TestError::NoSuchKind(kind.to_owned()))?.example.to_string();
    let now = cx.now();
    let mut tx = cx.store.begin().await?;
    let endpoint = endpoints::get_in(&mut tx, scope, endpoint_id).await?.ok_or(TestError::NoSuchEndpoint)?;
    if endpoint.state == State::Disabled {
        return Err(TestError::Disabled);
    }
    let message = Message {
        id: cx.dice.id("msg", now),
        org_id: endpoint.org_id,
        kind: kind.to_owned(),
        order_key: None,
        payload: example,
        created_at: now,
    };
    let to = To { org_id: &message.org_id, id: endpoint_id };
    audit::note(cx, &mut tx, Action::EndpointTested, to, kind).await?;
    messages::keep_for(&mut tx, &message, endpoint_id).await?;
    deliveries::resend(&mut tx, scope, &message.id, endpoint_id, now).await?;
    tx.commit().await?;
    let id = message.id.clone();
    let routed = Routed { endpoint_id: endpoint.id, message_id: id.clone(), leased: false };
    hand_on(cx, Handed { messages: vec![message], routed: vec![routed], until: now, at: now });
    Ok(id)
}
