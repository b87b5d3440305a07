//! The API on which a HubSpot app is set up, with the key of its developer (HubSpot facts 1.8 and 6.1).

use super::setup::host;
use super::{VERSION, errors};
use crate::load::At;
use crate::setup::{Kind, Planned, Step, Topic, Want};
use crate::wire::{Call, Cost, Fault, Reply};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use syncline_core::secret::Secret;

/// How many requests at a time HubSpot may make for one account, where nobody said otherwise: its own default.
pub const CONCURRENT: u64 = 10;

/// The API on which an app is set up.
#[derive(Clone, Debug)]
pub struct AppApi {
    app_id: String,
    /// The developer's key. Of this version it is the only one that is documented (facts 1.8).
    pub key: Secret,
}

/// Where the webhooks of an app go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// May be known to nobody else.
    pub url: Secret,
    /// Requests at a time for one account.
    pub concurrent: u64,
}

impl AppApi {
    /// The API for what is wanted.
    ///
    /// # Errors
    /// What a person has to do instead, where we have not what it takes.
    pub fn of(want: &Want) -> Result<Self, Planned> {
        let app = want.app.as_ref();
        let key = app.and_then(|app| app.developer_key.clone()).filter(|key| !key.is_empty());
        let id =
            app.and_then(|app| app.app_id.clone()).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let by_hand = |how: &str| {
            let topics: Vec<String> = want.topics.iter().map(say).collect();
            Planned { kind: Kind::ByHand, what: format!("{how}: {}", topics.join(", ")) }
        };
        match (id, key, &want.notify) {
            (Some(app_id), Some(key), Some(_)) if !app_id.is_empty() => Ok(Self { app_id, key }),
            (_, _, None) => {
                Err(by_hand("Webhooks need a public address of this hub; without one nothing subscribes to"))
            }
            _ if app.is_none() => Err(by_hand(
                "HubSpot lets nobody but people set up the webhooks of a private app: in its settings there, under \
                 Webhooks, give this hub's address for HubSpot and subscribe to",
            )),
            _ => Err(by_hand(
                "Webhooks are set up with the app's id and a developer API key: put both into the configuration, or in the \
                 app's settings at HubSpot give this hub's address for HubSpot and subscribe to",
            )),
        }
    }

    fn url(&self, at: &At<'_>, rest: &str) -> String {
        format!("{}/app-webhooks/{VERSION}/{}/{rest}", at.hosts.api, self.app_id)
    }

    fn change(&self, method: Method, at: &At<'_>, rest: &str, body: &Value) -> Call {
        Call::json(method, self.url(at, rest), body).keyed("hapikey", &self.key).costing(Cost::Free)
    }

    /// Asks for `settings` or `subscriptions`.
    pub fn look(&self, at: &At<'_>, what: &str) -> Call {
        Call::get(self.url(at, what)).keyed("hapikey", &self.key).costing(Cost::Free)
    }

    /// Has the app's webhooks come to us.
    pub fn redirect(&self, at: &At<'_>, target: &Target, before: Option<&Target>) -> Step {
        let to = host(&target.url);
        let planned = match before {
            None => Planned { kind: Kind::Create, what: format!("Have the app's webhooks go to {to}") },
            Some(before) => Planned {
                kind: Kind::Replace,
                what: format!("Have the app's webhooks go to {to} instead of {}", old_place(before, &to)),
            },
        };
        let throttling = json!({ "maxConcurrentRequests": target.concurrent });
        let body = json!({ "targetUrl": target.url.expose(), "throttling": throttling });
        Step::Change { call: self.change(Method::PUT, at, "settings", &body).repeatable(), what: planned }
    }

    /// Has a subscription work or rest.
    pub fn switch(&self, at: &At<'_>, id: &str, topic: &Topic, on: bool) -> Step {
        let (kind, verb) = if on { (Kind::Activate, "Activate") } else { (Kind::Pause, "Pause") };
        let path = format!("subscriptions/{}", super::read::segment(id));
        let call = self.change(Method::PATCH, at, &path, &json!({ "active": on })).repeatable();
        Step::Change {
            call,
            what: Planned { kind, what: format!("{verb} the subscription to {}", say(topic)) },
        }
    }

    /// Subscribes.
    pub fn subscribe(&self, at: &At<'_>, topic: &Topic) -> Step {
        let mut body = json!({ "eventType": topic.event, "active": true });
        if let Some(property) = &topic.property {
            body["propertyName"] = json!(property);
        }
        if let Some(object_type) = &topic.object_type {
            body["objectTypeId"] = json!(object_type);
        }
        let call = self.change(Method::POST, at, "subscriptions", &body);
        Step::Change {
            call,
            what: Planned { kind: Kind::Create, what: format!("Subscribe to {}", say(topic)) },
        }
    }
}

/// Where they went before, for people; on the same host it was another path.
fn old_place(before: &Target, to: &str) -> String {
    let old = host(&before.url);
    if old == to { "another address there".to_owned() } else { old }
}

/// A topic in words.
pub fn say(topic: &Topic) -> String {
    let of = [&topic.object_type, &topic.property].into_iter().flatten();
    of.fold(topic.event.clone(), |said, more| format!("{said} {more}"))
}

/// Reads where the app's webhooks go; none when nobody said so yet.
///
/// # Errors
/// [`Fault`].
pub fn target(reply: &Reply<'_>) -> Result<Option<Target>, Fault> {
    if reply.status == StatusCode::NOT_FOUND && !reply.is_page() {
        return Ok(None);
    }
    let body = success(reply)?;
    let url = body["targetUrl"].as_str().filter(|url| !url.is_empty());
    let concurrent = body["throttling"]["maxConcurrentRequests"].as_u64().unwrap_or(CONCURRENT);
    Ok(url.map(|url| Target { url: Secret::new(url), concurrent }))
}

/// The answer to a call that succeeded.
///
/// # Errors
/// [`Fault`].
pub fn success(reply: &Reply<'_>) -> Result<Value, Fault> {
    if !reply.status.is_success() {
        return Err(errors::fault(reply));
    }
    reply.json().ok_or(Fault::Unreadable("not JSON"))
}

/// Reads the answer to [`AppApi::redirect`].
///
/// # Errors
/// [`Fault`].
pub fn redirected(reply: &Reply<'_>) -> Result<(), Fault> {
    if reply.status.is_success() { Ok(()) } else { Err(errors::fault(reply)) }
}
