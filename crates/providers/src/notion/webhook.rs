//! Notion's door: the signature first, then whether the body is an event; or the handshake that brings the token to check
//! signatures with (Notion facts 8).

use super::signature;
use crate::{DoorKeys, json};
use bytes::Bytes;
use http::StatusCode;
use syncline_core::door::{Answer, Door, RawHook};
use syncline_core::secret::Secret;

/// No handshake is longer: for a stranger's body nothing more than this is parsed.
const LONGEST_HANDSHAKE: usize = 1024;

/// How many bytes of a body can matter: of one without a signature no more than a handshake has.
pub fn worth_reading(hook: &RawHook<'_>) -> usize {
    if signature::is_there(hook) { usize::MAX } else { LONGEST_HANDSHAKE }
}

/// Decides over a webhook.
pub fn door(hook: &RawHook<'_>, keys: &DoorKeys<'_>) -> Door {
    // Notion facts 8: any 2xx acknowledges, and no body is read.
    let answer = Answer { status: StatusCode::OK, body: Bytes::new() };
    if let Some(token) = handshake(hook) {
        return Door::Handshake { answer, token };
    }
    let checked = signature::verify(hook, keys.secrets).and_then(|()| json::object(hook.body));
    match checked {
        Ok(_) => Door::Accept { answer, events: 1, log: Some(json::alone(hook.body)) },
        Err(refusal) => Door::Refuse(refusal),
    }
}

/// The token, if the body is exactly the one that tells it. It may be signed, with the token itself (Notion facts 8): then it
/// must be so signed.
fn handshake(hook: &RawHook<'_>) -> Option<Secret> {
    if hook.body.len() > LONGEST_HANDSHAKE {
        return None;
    }
    let body = json::object(hook.body).ok()?;
    let token = body["verification_token"].as_str().filter(|token| !token.is_empty())?;
    let alone = body.as_object().is_some_and(|fields| fields.len() == 1);
    let token = Secret::new(token);
    let signed = !signature::is_there(hook) || signature::verify(hook, &[&token]).is_ok();
    (alone && signed).then_some(token)
}
