//! What became of a page (Notion facts 3, 7 and 9).

use super::property;
use crate::load::At;
use crate::notion::errors;
use crate::notion::record::{PAGE, is_id};
use crate::objects::text;
use crate::wire::{Fault, Reply, words};
use crate::write::Sent;
use crate::write::failure::{self, refused};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use syncline_core::sync::{Fields, Outcome, Refusal};

/// What became of it.
///
/// # Errors
/// [`Fault`].
pub fn outcome(at: &At<'_>, sent: &Sent<'_>, reply: &Reply<'_>) -> Result<Outcome, Fault> {
    let body = reply.json().unwrap_or_default();
    let outcome = if reply.status.is_success() {
        written(at, sent, reply, &body)
    } else {
        match committed(&body) {
            Some(id) if reply.status.as_u16() == 503 => {
                Ok(done(at, own_id(sent).unwrap_or(id), Fields::new()))
            }
            _ => failed(at, sent, reply, &body),
        }
    };
    failure::without(outcome.map_err(|fault| failure::of(sent, reply, fault)), at.token)
}

/// Facts 3: a write may be carried out and answered with 503; then the answer names what was written.
fn committed(body: &Json) -> Option<&str> {
    text(&body["additional_data"], "committed_resource_id").filter(|id| is_id(id))
}

fn done(at: &At<'_>, id: &str, fields: Fields) -> Outcome {
    Outcome::Done { id: id.to_owned(), fields, at: at.now }
}

/// The id of a page that was there before.
fn own_id<'a>(sent: &Sent<'a>) -> Option<&'a str> {
    match sent {
        Sent::Create(_) => None,
        Sent::Update(records) => records.first().map(|(id, _)| id.as_str()),
        Sent::Delete(records) => records.first().map(|(id, _)| id.as_str()),
    }
}

/// The page as it is now, or its id alone (facts 7).
fn written(at: &At<'_>, sent: &Sent<'_>, reply: &Reply<'_>, body: &Json) -> Result<Outcome, Fault> {
    if body["object"] != PAGE {
        return Err(Fault::Unreadable("a success without a page in it"));
    }
    let id = text(body, "id").filter(|id| is_id(id)).ok_or(Fault::Unreadable("a page without an id"))?;
    if matches!(sent, Sent::Delete(_)) && body["in_trash"] == false {
        return Ok(Outcome::Unknown);
    }
    let names: BTreeSet<String> = sent.fields(0).into_iter().flat_map(Fields::keys).cloned().collect();
    let body = std::str::from_utf8(reply.body).unwrap_or_default();
    Ok(done(at, own_id(sent).unwrap_or(id), property::told(body, &names)))
}

fn failed(at: &At<'_>, sent: &Sent<'_>, reply: &Reply<'_>, body: &Json) -> Result<Outcome, Fault> {
    let fault = errors::fault(reply);
    let is_gone = fault == Fault::Gone || is_in_trash(reply, body);
    match (fault, sent) {
        (fault @ Fault::Rejected(_), _) if reply.is_page() => Err(fault),
        (_, Sent::Update(_)) if is_gone => Ok(Outcome::Gone),
        (_, Sent::Delete(_)) if is_gone => Ok(done(at, own_id(sent).unwrap_or_default(), Fields::new())),
        (Fault::Rejected(said), _) => {
            let message = body["message"].as_str().unwrap_or_default();
            let field = sent.fields(0).and_then(|sent| Some((named(sent, message)?, sent)));
            Ok(match field {
                Some((field, sent)) => {
                    let value = sent.get(&field).cloned().unwrap_or_default();
                    Outcome::Refused(vec![Refusal { field, value, reason: words(message) }])
                }
                None => refused(said),
            })
        }
        (fault, _) => Err(fault),
    }
}

/// Facts 7: a page in the trash is not edited, and has to be unarchived first, as Notion says.
fn is_in_trash(reply: &Reply<'_>, body: &Json) -> bool {
    let message = body["message"].as_str().unwrap_or_default();
    reply.status.as_u16() == 400 && body["code"] == "validation_error" && message.contains("unarchive")
}

/// The property that was sent and that the words are about: they begin with its name, or have it in a path or in quotation marks; of
/// several the longest. Else the only one whose value they repeat.
fn named(sent: &Fields, message: &str) -> Option<String> {
    let about = |name: &&String| {
        message.starts_with(&format!("{name} is "))
            || message.contains(&format!("body.properties.{name}."))
            || ['"', '\'', '`'].iter().any(|mark| message.contains(&format!("{mark}{name}{mark}")))
    };
    if let Some(name) = sent.keys().filter(about).max_by_key(|name| name.len()) {
        return Some(name.clone());
    }
    let repeated =
        |name: &&String| sent[*name].texts().iter().any(|text| text.len() > 2 && message.contains(text));
    let mut repeated = sent.keys().filter(repeated);
    repeated.next().filter(|_| repeated.next().is_none()).cloned()
}
