//! The webhooks of a base: which of them are ours, what has to be done, and the calls that do it (Airtable facts 7).

use super::errors;
use super::setup::{Base, RENEW_BEFORE, Todo};
use crate::load::At;
use crate::objects::{segment, text, time};
use crate::setup::{Kept, Kind, Planned, Taken, Want};
use crate::wire::{Call, Fault, Reply};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// A webhook that is there.
#[derive(Clone, Debug)]
pub struct Existing {
    id: String,
    url: Option<Secret>,
    tells: BTreeSet<String>,
    /// Whether it tells of changes, and not only collects them.
    notifies: bool,
    /// Whether it has not ended.
    enabled: bool,
    expires_at: Option<Timestamp>,
}

impl Existing {
    /// Reads one of the list; none when it has no id.
    pub fn read(one: &Value) -> Option<Self> {
        let types = one["specification"]["options"]["filters"]["dataTypes"].as_array();
        let tells = types.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Some(Self {
            id: text(one, "id")?.to_owned(),
            url: text(one, "notificationUrl").map(Secret::new),
            tells: tells.collect(),
            notifies: one["areNotificationsEnabled"] != false,
            enabled: one["isHookEnabled"] != false,
            expires_at: time(one, "expirationTime"),
        })
    }

    /// Why it is of no use; none when it is.
    fn useless(&self, want: &Want, kept: Option<&Kept>, now: Timestamp) -> Option<&'static str> {
        let wanted: BTreeSet<&str> = want.topics.iter().map(|topic| topic.event.as_str()).collect();
        let told: BTreeSet<&str> = self.tells.iter().map(String::as_str).collect();
        if self.url != want.notify {
            Some("it goes to an old address")
        } else if kept.is_none_or(|kept| kept.secret.is_none()) {
            Some("its secret is not known here")
        } else if !self.enabled || self.expires_at.is_some_and(|end| end <= now) {
            Some("it has ended")
        } else if wanted != told {
            Some("it tells of something else")
        } else {
            None
        }
    }
}

/// What has to be done in a base, and what is known of it already.
pub fn plan(want: &Want, base: &Base, existing: &[Existing], now: Timestamp) -> (Taken, Vec<Todo>) {
    let kept_of = |one: &Existing| want.kept.iter().find(|kept| kept.remote_id == one.id);
    let is_ours = |one: &&Existing| one.url == want.notify || kept_of(one).is_some();
    let (mut taken, mut todo, mut good) = (Taken::default(), Vec::new(), None);
    for one in existing.iter().filter(is_ours) {
        match one.useless(want, kept_of(one), now) {
            None if good.is_none() => good = Some(one),
            None => todo.push(Todo::Delete(base.clone(), one.id.clone(), "there is another one")),
            Some(why) => todo.push(Todo::Delete(base.clone(), one.id.clone(), why)),
        }
    }
    let listed = |kept: &&Kept| existing.iter().any(|one| one.id == kept.remote_id);
    let lost = want.kept.iter().filter(|kept| kept.part == base.id && !listed(kept));
    taken.gone = lost.map(|kept| kept.remote_id.clone()).collect();
    match good {
        None => todo.push(Todo::Create(base.clone())),
        Some(one) => {
            let kept = kept(base, &one.id, None, one.expires_at);
            taken.kept.push(kept.clone());
            let ends = one.expires_at.is_some_and(|end| end <= now.plus(RENEW_BEFORE));
            if !one.notifies {
                todo.push(Todo::Enable(base.clone(), kept.clone()));
            }
            if ends {
                todo.push(Todo::Refresh(base.clone(), kept));
            } else if one.notifies {
                let what = format!("The webhook of {} is there", base.name);
                todo.push(Todo::Say(Planned { kind: Kind::Unchanged, what }));
            }
        }
    }
    (taken, todo)
}

fn kept(base: &Base, id: &str, secret: Option<Secret>, expires_at: Option<Timestamp>) -> Kept {
    Kept { remote_id: id.to_owned(), part: base.id.clone(), secret, expires_at }
}

/// Reads a webhook that was just made. Its secret is told now and never again.
///
/// # Errors
/// [`Fault::Unreadable`].
pub fn created(base: &Base, body: &Value) -> Result<Kept, Fault> {
    let id = text(body, "id").ok_or(Fault::Unreadable("a webhook without an id"))?;
    let secret =
        text(body, "macSecretBase64").ok_or(Fault::Unreadable("a new webhook without its secret"))?;
    Ok(kept(base, id, Some(Secret::new(secret)), time(body, "expirationTime")))
}

/// Reads until when a webhook was renewed.
///
/// # Errors
/// [`Fault::Unreadable`].
pub fn renewed(kept: &Kept, body: &Value) -> Result<Kept, Fault> {
    let end = time(body, "expirationTime").ok_or(Fault::Unreadable("a renewal without its end"))?;
    Ok(Kept { expires_at: Some(end), ..kept.clone() })
}

/// What ended or vanished since we looked is made anew.
///
/// # Errors
/// The fault, where it is another one.
pub fn anew(base: &Base, kept: &Kept, fault: Fault) -> Result<(Taken, Vec<Todo>), Fault> {
    let create = Todo::Create(base.clone());
    match fault {
        Fault::Gone => Ok((Taken { gone: vec![kept.remote_id.clone()], ..Taken::default() }, vec![create])),
        Fault::Rejected(_) => {
            let delete = Todo::Delete(base.clone(), kept.remote_id.clone(), "it has ended");
            Ok((Taken::default(), vec![delete, create]))
        }
        other => Err(other),
    }
}

/// Whether a call that answers nothing succeeded.
///
/// # Errors
/// [`Fault`].
pub fn done(reply: &Reply<'_>, at: &At<'_>) -> Result<(), Fault> {
    if reply.status.is_success() { Ok(()) } else { Err(errors::fault(reply).without(at.token)) }
}

fn url(at: &At<'_>, base: &Base, rest: &str) -> String {
    format!("{}/v0/bases/{}/webhooks{rest}", at.hosts.api, segment(&base.id))
}

fn sent(at: &At<'_>, base: &Base, call: Call) -> Call {
    call.authorized("Bearer", at.token).within(&base.id)
}

/// Asks which webhooks a base has.
pub fn look(at: &At<'_>, base: &Base) -> Call {
    sent(at, base, Call::get(url(at, base, "")))
}

/// Makes a webhook; none without an address.
pub fn create(at: &At<'_>, base: &Base, want: &Want) -> Option<Call> {
    let types: Vec<&str> = want.topics.iter().map(|topic| topic.event.as_str()).collect();
    let body = json!({
        "notificationUrl": want.notify.as_ref()?.expose(),
        "specification": { "options": { "filters": { "dataTypes": types } } },
    });
    Some(sent(at, base, Call::json(Method::POST, url(at, base, ""), &body)))
}

/// Has it tell of changes.
pub fn enable(at: &At<'_>, base: &Base, id: &str) -> Call {
    let path = format!("/{}/enableNotifications", segment(id));
    sent(at, base, Call::json(Method::POST, url(at, base, &path), &json!({ "enable": true })).repeatable())
}

/// Prolongs it.
pub fn refresh(at: &At<'_>, base: &Base, id: &str) -> Call {
    let call =
        Call { method: Method::POST, ..Call::get(url(at, base, &format!("/{}/refresh", segment(id)))) };
    sent(at, base, call)
}

/// Takes it away.
pub fn delete(at: &At<'_>, base: &Base, id: &str) -> Call {
    let call = Call { method: Method::DELETE, ..Call::get(url(at, base, &format!("/{}", segment(id)))) };
    sent(at, base, call)
}
