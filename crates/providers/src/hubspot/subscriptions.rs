//! Where an app's webhooks go and what they tell (HubSpot facts 6.1 and 6.2). Both are the app's, the same for all accounts
//! that installed it, and an app has one target only.
//!
//! Ours are the subscriptions that tell what we want to be told, and those that an earlier set-up made. All others belong to
//! somebody else who uses the app: they stay as they are.

use super::app_api::{CONCURRENT, Target, redirected, say, success};
use super::kind::Kind as ObjectKind;
use super::record::text_or_number;
use super::setup::{Todo, host, refused};
use crate::setup::{Kept, Kind, Planned, Taken, Topic, Want};
use crate::wire::{Fault, Reply};
use serde_json::Value;

/// A subscription that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    id: String,
    topic: Topic,
    active: bool,
}

impl Existing {
    fn read(one: &Value) -> Option<Self> {
        let text = |key: &str| one[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let topic = Topic {
            event: text("eventType")?,
            object_type: text("objectTypeId"),
            property: text("propertyName"),
        };
        Some(Self { id: text_or_number(&one["id"])?, topic, active: one["active"] == true })
    }

    /// Whether it tells this. The type's id says something only where the event does not.
    fn tells(&self, topic: &Topic) -> bool {
        let same_type = !topic.event.starts_with("object.") || self.topic.object_type == topic.object_type;
        self.topic.event == topic.event && self.topic.property == topic.property && same_type
    }

    /// Whether it tells something that is wanted.
    pub fn is_wanted(&self, topics: &[Topic]) -> bool {
        topics.iter().any(|topic| self.tells(topic))
    }

    /// As we remember it.
    pub fn kept(&self) -> Kept {
        kept(&self.id)
    }
}

fn kept(id: &str) -> Kept {
    Kept { remote_id: id.to_owned(), part: String::new(), secret: None, expires_at: None }
}

/// What has to be done for what is wanted to be told, and told to us.
///
/// Where the target changes, ours are paused meanwhile: HubSpot uses the old one for up to five minutes more.
pub fn plan(want: &Want, target: Option<&Target>, existing: &[Existing]) -> Vec<Todo> {
    let Some(notify) = &want.notify else { return Vec::new() };
    let was_kept = |one: &Existing| want.kept.iter().any(|kept| kept.remote_id == one.id);
    let is_ours = |one: &&Existing| one.is_wanted(&want.topics) || was_kept(one);
    let moves = target.is_none_or(|target| target.url != *notify);
    if let Some(target) = target.filter(|_| moves && !want.take_over) {
        let others: Vec<&Existing> = existing.iter().filter(|one| one.active && !is_ours(one)).collect();
        if !others.is_empty() {
            return vec![Todo::Say(taken(target, &others))];
        }
    }
    let switch = |one: &Existing, on| Todo::Switch { id: one.id.clone(), topic: one.topic.clone(), on };
    let rests = |one: &&Existing| one.active && (moves && target.is_some() || !one.is_wanted(&want.topics));
    let mut todo: Vec<Todo> =
        existing.iter().filter(is_ours).filter(rests).map(|one| switch(one, false)).collect();
    if moves {
        let concurrent = target.map_or(CONCURRENT, |target| target.concurrent);
        todo.push(Todo::Redirect(Target { url: notify.clone(), concurrent }));
    }
    for topic in &want.topics {
        let telling = || existing.iter().filter(|one| one.tells(topic));
        todo.push(match telling().find(|one| one.active).or_else(|| telling().next()) {
            None => Todo::Subscribe(topic.clone()),
            Some(one) if one.active && !(moves && target.is_some()) => {
                let what = format!("The subscription to {} is there", say(topic));
                Todo::Say(Planned { kind: Kind::Unchanged, what })
            }
            Some(one) => switch(one, true),
        });
    }
    todo
}

/// Why nothing is done: the app is somebody else's, too.
fn taken(target: &Target, others: &[&Existing]) -> Planned {
    let mut topics: Vec<String> = others.iter().take(3).map(|one| say(&one.topic)).collect();
    if others.len() > topics.len() {
        topics.push("…".to_owned());
    }
    refused(format!(
        "The app's webhooks go to {}, with subscriptions that are not ours ({}), and an app has one target: use an app of \
         its own for this hub, or say that it is to take over.",
        host(&target.url),
        topics.join(", ")
    ))
}

/// Reads which subscriptions there are.
///
/// # Errors
/// [`Fault`].
pub fn listed(reply: &Reply<'_>) -> Result<Vec<Existing>, Fault> {
    let body = success(reply)?;
    let results = body["results"].as_array().ok_or(Fault::Unreadable("a list without results"))?;
    Ok(results.iter().filter_map(Existing::read).collect())
}

/// Reads the answer to [`super::app_api::AppApi::switch`]. What somebody deleted since we looked needs no pause, or is made again.
///
/// # Errors
/// [`Fault`].
pub fn switched(id: &str, topic: &Topic, on: bool, reply: &Reply<'_>) -> Result<(Taken, Vec<Todo>), Fault> {
    match redirected(reply) {
        Ok(()) => Ok((Taken { kept: vec![kept(id)], ..Taken::default() }, Vec::new())),
        Err(Fault::Gone) => {
            let again = on.then(|| Todo::Subscribe(topic.clone()));
            Ok((Taken { gone: vec![id.to_owned()], ..Taken::default() }, again.into_iter().collect()))
        }
        Err(fault) => Err(fault),
    }
}

/// Reads the answer to [`super::app_api::AppApi::subscribe`]. One that is there already is named in the refusal (facts 6.1), and activated.
///
/// # Errors
/// [`Fault`].
pub fn subscribed(topic: &Topic, reply: &Reply<'_>) -> Result<(Taken, Vec<Todo>), Fault> {
    if reply.status.is_client_error()
        && let Some(id) = reply.json().and_then(|body| existing_id(&body))
    {
        return Ok((Taken::default(), vec![Todo::Switch { id, topic: topic.clone(), on: true }]));
    }
    let id =
        text_or_number(&success(reply)?["id"]).ok_or(Fault::Unreadable("a subscription without an id"))?;
    Ok((Taken { kept: vec![kept(&id)], ..Taken::default() }, Vec::new()))
}

/// A JSON array in a text in an array.
fn existing_id(body: &Value) -> Option<String> {
    let ids = &body["context"]["subscriptionIds"][0];
    let inner: Value =
        ids.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| ids.clone());
    text_or_number(inner.get(0).unwrap_or(&inner))
}

/// What has to be told of a type of which these properties are read.
pub fn usual(kind: &ObjectKind, properties: &[String]) -> Vec<Topic> {
    let (subject, object_type) = kind.subject();
    let topic = |what: &str, property: Option<&String>| Topic {
        event: format!("{subject}.{what}"),
        object_type: object_type.clone(),
        property: property.cloned(),
    };
    let mut topics: Vec<Topic> =
        ["creation", "deletion", "merge", "restore"].iter().map(|what| topic(what, None)).collect();
    if subject == "contact" {
        topics.push(topic("privacyDeletion", None));
    }
    let told = properties.iter().filter(|name| !NEVER_TOLD.contains(&name.as_str()));
    topics.extend(told.map(|name| topic("propertyChange", Some(name))));
    topics
}

/// What cannot be subscribed (facts 6.2), and what changes only together with something else.
const NEVER_TOLD: [&str; 6] = [
    "num_unique_conversion_events",
    "hs_lastmodifieddate",
    "lastmodifieddate",
    "createdate",
    "hs_object_id",
    "hs_merged_object_ids",
];
