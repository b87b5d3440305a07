//! What a developer does in HubSpot's own pages, below `/_sandbox/hubspot/webhooks`: the test button, declared webhooks,
//! conversations (which no room of the sandbox holds), and a look at what waits.

use super::super::Hubspot;
use super::event::{Event, EventId, Message};
use super::event_type::{EventType, Kind, Subject};
use super::lane::{Lane, LaneKey};
use super::settings::Settings;
use super::subscriptions::{AppHooks, Subscription};
use super::{audience, declared, delivery, queue, signature};
use crate::control::problem::Problem;
use crate::house::clock::iso;
use crate::house::{Outcome, post};
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The routes.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
        .route("/webhooks", get(overview))
        .route("/webhooks/test", post(test))
        .route("/webhooks/sign", post(sign))
        .route("/webhooks/conversations", post(conversation))
        .route("/webhooks/hsmeta", post(declare))
}

/// `GET /_sandbox/hubspot/webhooks`
async fn overview(State(hubspot): State<Arc<Hubspot>>) -> Json<Value> {
    let hooks = hubspot.webhooks.hooks.lock();
    let apps: Vec<Value> = hooks.apps.iter().map(|(id, app)| app_as_json(*id, app)).collect();
    let lanes: Vec<Value> = hooks.lanes.iter().map(|(key, lane)| lane_as_json(*key, lane)).collect();
    Json(json!({ "apps": apps, "deliveries": lanes, "counts": hooks.counts }))
}

fn app_as_json(app_id: u64, app: &AppHooks) -> Value {
    let subscriptions: Vec<_> = app.subscriptions.values().map(Subscription::show).collect();
    let target = app.target.get().as_ref();
    json!({
        "app_id": app_id, "settings": target.map(super::subscriptions::Target::show),
        "paused": target.is_none(), "declared": app.declared, "subscriptions": subscriptions,
    })
}

fn lane_as_json((app_id, portal_id): LaneKey, lane: &Lane) -> Value {
    let pending: Vec<Value> = lane
        .pending
        .iter()
        .map(|pending| json!({ "ready_at": iso(pending.ready_at), "event": pending.event }))
        .collect();
    json!({
        "app_id": app_id, "portal_id": portal_id, "pending": pending,
        "waiting_requests": lane.ready.len(), "under_way": lane.in_flight,
    })
}

fn the_app(hubspot: &Hubspot, wanted: Option<u64>) -> Result<(u64, String), Problem> {
    let state = hubspot.state.read();
    let app = match wanted {
        Some(id) => state.apps.iter().find(|app| app.app_id == id),
        None => state.apps.first(),
    };
    app.map(|app| (app.app_id, app.client_secret.clone()))
        .ok_or_else(|| Problem::not_found("there is no such app"))
}

/// Which event to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// None: the first app.
    app_id: Option<u64>,
    /// A subscription of it. Either this or `event_type`.
    subscription_id: Option<u64>,
    /// As for a subscription.
    event_type: Option<String>,
    /// For `propertyChange`.
    property_name: Option<String>,
    /// None: the app's `targetUrl`.
    target_url: Option<String>,
}

/// `POST /_sandbox/hubspot/webhooks/test`: the button that sends a sample and shows how it was answered.
async fn test(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Test>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(test) = body?;
    let (app_id, secret) = the_app(&hubspot, test.app_id)?;
    let url = match &test.target_url {
        Some(url) => url.clone(),
        None => delivery::destination(&hubspot, app_id)
            .map(|(url, _)| url)
            .ok_or_else(|| Problem::invalid("the app has no settings: give target_url"))?,
    };
    let settings = hubspot.settings.get();
    let event = sample(&hubspot, app_id, &test, &settings.webhooks)?;
    let body = serde_json::to_vec(&[&event]).unwrap_or_default();
    let webhook = delivery::webhook(&hubspot.house, &url, secret, body.into(), &settings.webhooks);
    Ok(Json(match post::send(&hubspot.house, webhook).await {
        Outcome::Answered { status, body } => {
            json!({ "sent": [event], "status": status, "body": String::from_utf8_lossy(&body) })
        }
        Outcome::Failed(reason) => json!({ "sent": [event], "status": null, "failed": reason }),
    }))
}

/// What the button sends: about an object 123 that nobody has.
fn sample(hubspot: &Hubspot, app_id: u64, test: &Test, settings: &Settings) -> Result<Event, Problem> {
    let portal_id = hubspot.state.read().portals.keys().next().copied().unwrap_or_default();
    let mut hooks = hubspot.webhooks.hooks.lock();
    let subscription = test.subscription_id.and_then(|id| {
        let app = hooks.apps.get(&app_id)?;
        app.subscriptions.get(&id).map(|some| (some.id, some.wanted.clone()))
    });
    if test.subscription_id.is_some() && subscription.is_none() {
        return Err(Problem::not_found("the app has no such subscription"));
    }
    let (id, wanted) = subscription.map_or((0, None), |(id, wanted)| (id, Some(wanted)));
    let name = match (&wanted, &test.event_type) {
        (Some(wanted), _) => wanted.name.to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => return Err(Problem::invalid("give subscription_id or event_type")),
    };
    let kind = EventType::parse(&name).map(|event_type| event_type.kind);
    let kind = kind.ok_or_else(|| Problem::invalid(format!("there is no event type {name}")))?;
    let property = wanted
        .as_ref()
        .and_then(|wanted| wanted.property_name.clone())
        .or_else(|| test.property_name.clone());
    let change = kind == Kind::PropertyChange;
    Ok(Event {
        event_id: match settings.test_event_id_is_text {
            true => EventId::Text("100".to_owned()),
            false => EventId::Number(100),
        },
        subscription_id: id,
        portal_id,
        app_id: hooks.dice.chance(settings.test_app_id_chance).then_some(app_id),
        occurred_at: hubspot.house.now(),
        subscription_type: name.into(),
        object_id: (kind != Kind::AssociationChange).then_some(123),
        object_type_id: wanted.and_then(|wanted| wanted.object_type_id).map(|id| id.to_string()),
        property_name: change.then(|| property.unwrap_or_else(|| "sample-property".to_owned())),
        property_value: change.then(|| "sample-value".to_owned()),
        change_flag: match kind {
            Kind::Creation => Some("NEW"),
            Kind::Deletion => Some("DELETED"),
            _ => None,
        },
        change_source: "CRM",
        ..Event::default()
    })
}

/// What to sign.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    app_id: Option<u64>,
    version: u8,
    #[serde(default = "post_method")]
    method: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    body: String,
    /// None: now.
    timestamp: Option<i64>,
}

fn post_method() -> String {
    "POST".to_owned()
}

/// `POST /_sandbox/hubspot/webhooks/sign`: the signature HubSpot would send, to compare one's own with.
async fn sign(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Sign>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(sign) = body?;
    let (_, secret) = the_app(&hubspot, sign.app_id)?;
    let (method, body) = (sign.method.as_str(), sign.body.as_bytes());
    let timestamp = sign.timestamp.unwrap_or_else(|| hubspot.house.now());
    let lower_case_too = hubspot.settings.get().webhooks.decode_lower_case_escapes;
    let uri = signature::decoded(&sign.url, lower_case_too);
    Ok(Json(match sign.version {
        1 => json!({ "signature": signature::v1(&secret, body) }),
        2 => json!({ "signature": signature::v2(&secret, method, &sign.url, body) }),
        3 => {
            let signature = signature::v3(&secret, method, &uri, body, timestamp);
            json!({ "signature": signature, "uri": uri, "timestamp": timestamp })
        }
        other => return Err(Problem::invalid(format!("there are versions 1, 2 and 3, not {other}"))),
    }))
}

/// What happens to a conversation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversation {
    portal_id: u64,
    thread_id: u64,
    /// `creation`, `deletion`, `newMessage`, `privacyDeletion`, `propertyChange`.
    what: String,
    property_name: Option<String>,
    property_value: Option<String>,
    message_id: Option<String>,
    #[serde(default)]
    comment: bool,
}

/// `POST /_sandbox/hubspot/webhooks/conversations`: something happens in an inbox.
async fn conversation(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Conversation>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(happened) = body?;
    let name = format!("conversation.{}", happened.what);
    let event_type =
        EventType::parse(&name).ok_or_else(|| Problem::invalid(format!("there is no event type {name}")))?;
    if event_type.kind == Kind::PropertyChange && happened.property_name.is_none() {
        return Err(Problem::invalid("propertyChange needs property_name"));
    }
    if !hubspot.state.read().portals.contains_key(&happened.portal_id) {
        return Err(Problem::not_found("there is no such account"));
    }
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let mut hooks = hubspot.webhooks.hooks.lock();
    let hearing = hearing(&hubspot, &hooks.apps, &happened, event_type, &settings.webhooks);
    let told = hearing.len();
    for (app_id, subscription_id) in hearing {
        let key = (app_id, (!settings.webhooks.mix_portals).then_some(happened.portal_id));
        let id = hooks.ids.throw(settings.webhooks.event_id_reuse_chance);
        let event = conversation_event(&happened, event_type.kind, &name, (app_id, subscription_id), id, now);
        queue(&hubspot, &mut hooks, key, now, event, settings.webhooks.batch_window_ms);
    }
    Ok(Json(json!({ "events": told })))
}

/// The subscriptions that hear of it, with their apps.
fn hearing(
    hubspot: &Hubspot,
    apps: &std::collections::BTreeMap<u64, AppHooks>,
    happened: &Conversation,
    event_type: EventType,
    settings: &Settings,
) -> Vec<(u64, u64)> {
    debug_assert_eq!(event_type.subject, Subject::Conversation);
    let mut hearing = Vec::new();
    for (app_id, app) in apps {
        let audience = audience::of(hubspot, *app_id, happened.portal_id, settings);
        let hears = audience.is_some_and(|audience| audience.may_hear(Some("conversations.read")));
        if !hears || app.target.seen(hubspot.house.now()).is_none() {
            continue;
        }
        let fits = app.subscriptions.values().filter(|some| {
            some.active
                && some.wanted.event_type == event_type
                && (event_type.kind != Kind::PropertyChange
                    || some.wanted.property_name == happened.property_name)
        });
        hearing.extend(fits.map(|some| (*app_id, some.id)));
    }
    hearing
}

fn conversation_event(
    happened: &Conversation,
    kind: Kind,
    name: &str,
    (app_id, subscription_id): (u64, u64),
    id: u32,
    now: i64,
) -> Event {
    let change = kind == Kind::PropertyChange;
    let message = (kind == Kind::NewMessage).then(|| {
        let message_id =
            happened.message_id.clone().unwrap_or_else(|| format!("{:032x}", happened.thread_id));
        Box::new(Message { message_id, message_type: if happened.comment { "COMMENT" } else { "MESSAGE" } })
    });
    Event {
        event_id: EventId::Number(id),
        subscription_id,
        portal_id: happened.portal_id,
        app_id: Some(app_id),
        occurred_at: now,
        subscription_type: name.into(),
        object_id: Some(happened.thread_id),
        property_name: change.then(|| happened.property_name.clone()).flatten(),
        property_value: change.then(|| happened.property_value.clone().unwrap_or_default()),
        change_flag: match kind {
            Kind::Creation => Some("CREATED"),
            Kind::Deletion => Some("DELETED"),
            _ => None,
        },
        change_source: "CRM_UI",
        message,
        ..Event::default()
    }
}

/// A project's webhooks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    app_id: Option<u64>,
    /// What `webhooks-hsmeta.json` holds. Null: the API may change the webhooks again.
    hsmeta: Value,
}

/// `POST /_sandbox/hubspot/webhooks/hsmeta`: uploads a project.
async fn declare(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Declaration>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(declaration) = body?;
    let (app_id, _) = the_app(&hubspot, declaration.app_id)?;
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let mut hooks = hubspot.webhooks.hooks.lock();
    if declaration.hsmeta.is_null() {
        let app = hooks.apps.entry(app_id).or_default();
        app.declared = false;
        return Ok(Json(app_as_json(app_id, app)));
    }
    let mut last = hooks.last_subscription;
    let app = declared::read(&declaration.hsmeta, &mut last, &settings.webhooks, now);
    let app = app.map_err(Problem::invalid)?;
    let shown = app_as_json(app_id, &app);
    hooks.last_subscription = last;
    hooks.apps.insert(app_id, app);
    Ok(Json(shown))
}
