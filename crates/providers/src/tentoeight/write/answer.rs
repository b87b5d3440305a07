//! What became of a customer (10to8 facts 3, 5 and 7).

use super::fields::{self, CUSTOM, named, told};
use crate::load::At;
use crate::tentoeight::errors;
use crate::tentoeight::load::key_in;
use crate::tentoeight::record::LONGEST;
use crate::wire::{Fault, Reply, words};
use crate::write::Sent;
use crate::write::failure::{self, refused};
use serde_json::Value as Json;
use syncline_core::sync::{Fields, Outcome, Refusal};

/// What became of it.
///
/// # Errors
/// [`Fault`].
pub fn outcome(at: &At<'_>, sent: &Sent<'_>, reply: &Reply<'_>) -> Result<Outcome, Fault> {
    let outcome = match sent {
        Sent::Create(records) if reply.status.is_success() => created(at, records.first(), reply),
        Sent::Update(records) if reply.status.is_success() => {
            let record = records.first().ok_or(Fault::Unreadable("an answer to nothing"))?;
            updated(at, record, reply)
        }
        // The body of a success says nothing (facts 3); a page is not 10to8's word.
        Sent::Delete(records) if reply.status.is_success() && !reply.is_page() => Ok(deleted(at, records)),
        Sent::Delete(_) if reply.status.is_success() => Err(Fault::Unreadable("a page")),
        _ => failed(at, sent, reply),
    };
    failure::without(outcome.map_err(|fault| failure::of(sent, reply, fault)), at.token)
}

/// Facts 5: the new customer's URI is in the header `Location`; that the body is the customer is supposed, and then it has its URI
/// as lists and webhooks write it.
fn created(at: &At<'_>, sent: Option<&Fields>, reply: &Reply<'_>) -> Result<Outcome, Fault> {
    let located = || reply.header("location").map(|location| resolved(at, location));
    let uri = fields::uri(reply.body).or_else(located);
    let id = uri
        .filter(|uri| uri.len() <= LONGEST && key_in(uri).is_some())
        .ok_or(Fault::Unreadable("a new customer without an address"))?;
    let fields = sent.map(|sent| told_by(reply, sent)).unwrap_or_default();
    Ok(Outcome::Done { id, fields, at: at.now })
}

/// A path alone is one at the same host.
fn resolved(at: &At<'_>, location: &str) -> String {
    if location.starts_with('/') { format!("{}{location}", at.hosts.api) } else { location.to_owned() }
}

/// Facts 5: 10to8 answers with the customer. A success without a body is one all the same.
fn updated(at: &At<'_>, (id, sent): &(String, Fields), reply: &Reply<'_>) -> Result<Outcome, Fault> {
    if reply.body.trim_ascii().is_empty() {
        return Ok(Outcome::Done { id: id.clone(), fields: Fields::new(), at: at.now });
    }
    match reply.json() {
        Some(customer) if customer["deleted"] == true => Ok(Outcome::Gone),
        Some(Json::Object(_)) => {
            Ok(Outcome::Done { id: id.clone(), fields: told_by(reply, sent), at: at.now })
        }
        _ => Err(Fault::Unreadable("a success without a customer in it")),
    }
}

fn told_by(reply: &Reply<'_>, sent: &Fields) -> Fields {
    if fields::uri(reply.body).is_none() {
        return Fields::new();
    }
    std::str::from_utf8(reply.body).map(|body| told(body, sent)).unwrap_or_default()
}

fn deleted(at: &At<'_>, records: &[(String, bool)]) -> Outcome {
    let id = records.first().map(|(id, _)| id.clone()).unwrap_or_default();
    Outcome::Done { id, fields: Fields::new(), at: at.now }
}

fn failed(at: &At<'_>, sent: &Sent<'_>, reply: &Reply<'_>) -> Result<Outcome, Fault> {
    let body = reply.json().unwrap_or_default();
    match (errors::fault(reply), sent) {
        // Deleting twice: what is not there any more is deleted.
        (Fault::Gone, Sent::Delete(records)) => Ok(deleted(at, records)),
        (Fault::Gone, Sent::Update(_)) => Ok(Outcome::Gone),
        // Facts 5: bookings to come.
        (Fault::Rejected(message), Sent::Delete(_)) if reply.status.as_u16() == 409 && !reply.is_page() => {
            Ok(Outcome::Objected(message))
        }
        (fault @ Fault::Rejected(_), _) if reply.is_page() => Err(fault),
        (Fault::Rejected(message), _) => Ok(match refusals(&body, sent.fields(0)) {
            refusals if refusals.is_empty() => refused(message),
            refusals => Outcome::Refused(refusals),
        }),
        (fault, _) => Err(fault),
    }
}

/// Facts 7: field, and what is wrong with it. Of custom fields there may be one for each.
fn refusals(body: &Json, sent: Option<&Fields>) -> Vec<Refusal> {
    let mut wrong: Vec<(String, String)> = Vec::new();
    for (name, messages) in body.as_object().into_iter().flatten() {
        match (name.as_str(), messages) {
            ("detail" | "non_field_errors", _) => {}
            (CUSTOM, Json::Object(each)) => {
                let each = each.iter().filter_map(|(own, messages)| Some((named(own), first(messages)?)));
                wrong.extend(each);
            }
            _ => wrong.extend(first(messages).map(|message| (name.clone(), message))),
        }
    }
    let value = |field: &str| sent.and_then(|sent| sent.get(field)).cloned().unwrap_or_default();
    let refusal = |(field, reason): (String, String)| Refusal { value: value(&field), field, reason };
    wrong.into_iter().map(refusal).collect()
}

/// The first thing that is said, however deep: of lists Django says it of each element.
fn first(messages: &Json) -> Option<String> {
    match messages {
        Json::String(text) if !text.trim().is_empty() => Some(words(text)),
        Json::Array(all) => all.iter().find_map(first),
        Json::Object(all) => all.values().find_map(first),
        _ => None,
    }
}
