//! What an app's developer has set: where to, how many at a time, what to tell of (HubSpot facts 6.1). Nothing here knows
//! of HTTP but the words of the refusals.

use super::super::error::ApiError;
use super::super::types::TypeId;
use super::event_type::{EventType, Kind, Subject, UNSUBSCRIBABLE};
use super::settings::Settings;
use crate::house::clock::iso;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an app has set.
#[derive(Debug, Default)]
pub(crate) struct AppHooks {
    /// Where to.
    pub(crate) target: Cached<Option<Target>>,
    /// What of, by id.
    pub(crate) subscriptions: BTreeMap<u64, Subscription>,
    /// Whether `webhooks-hsmeta.json` declares all this: then the API cannot change it.
    pub(crate) declared: bool,
}

/// A value whose readers see a change late.
#[derive(Debug, Default)]
pub(crate) struct Cached<T> {
    now: T,
    before: T,
    /// Until this moment readers see the value before.
    until: i64,
}

impl<T: Clone> Cached<T> {
    /// What whoever set it sees.
    pub(crate) fn get(&self) -> &T {
        &self.now
    }

    /// What deliveries see.
    pub(crate) fn seen(&self, now: i64) -> &T {
        if now < self.until { &self.before } else { &self.now }
    }

    /// Changes it; deliveries see that after `cache_ms`.
    pub(crate) fn set(&mut self, value: T, now: i64, cache_ms: i64) {
        // A cache that was filled before an earlier change still holds what was there before that one.
        if now >= self.until {
            self.before = self.now.clone();
            self.until = now.saturating_add(cache_ms.max(0));
        }
        self.now = value;
    }
}

/// The app's webhook settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: String,
    /// Requests at a time per installing account.
    pub(crate) max_concurrent: usize,
    pub(crate) created_at: i64,
    pub(crate) updated_at: Option<i64>,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    pub(crate) wanted: Wanted,
    pub(crate) active: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: Option<i64>,
}

/// What a subscription is about; no app has two of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) event_type: EventType,
    /// As it was written, and as it is told.
    pub(crate) name: Arc<str>,
    pub(crate) property_name: Option<String>,
    pub(crate) object_type_id: Option<TypeId>,
    pub(crate) event_type_name: Option<String>,
}

impl Target {
    /// As the API shows it.
    pub(crate) fn show(&self) -> Value {
        let mut shown = json!({
            "targetUrl": self.url,
            "throttling": { "maxConcurrentRequests": self.max_concurrent },
            "createdAt": iso(self.created_at),
        });
        if let Some(at) = self.updated_at {
            shown["updatedAt"] = json!(iso(at));
        }
        shown
    }

    /// Reads `PUT /settings`.
    ///
    /// # Errors
    /// 400 when the address is none HubSpot would call, or so few requests at a time are too few.
    pub(crate) fn read(
        body: &Map<String, Value>,
        before: Option<&Self>,
        settings: &Settings,
        now: i64,
    ) -> Result<Self, ApiError> {
        let url = body.get("targetUrl").and_then(Value::as_str);
        let url = url.ok_or_else(|| ApiError::validation("targetUrl is required"))?;
        check_address(url, settings.allow_http_targets)?;
        Ok(Self {
            url: url.to_owned(),
            max_concurrent: concurrency(body.get("throttling"))?,
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: before.map(|_| now),
        })
    }
}

fn check_address(text: &str, http_too: bool) -> Result<(), ApiError> {
    let secure = "targetUrl must be a valid URL that starts with https://";
    let url = url::Url::parse(text).map_err(|_| ApiError::validation(secure))?;
    let scheme = url.scheme() == "https" || (http_too && url.scheme() == "http");
    if scheme && url.host_str().is_some_and(|host| !host.is_empty()) {
        return Ok(());
    }
    Err(ApiError::validation(secure))
}

/// HubSpot's default when nothing is said.
const REQUESTS_AT_A_TIME: usize = 10;

fn concurrency(throttling: Option<&Value>) -> Result<usize, ApiError> {
    let throttling = match throttling {
        None | Some(Value::Null) => return Ok(REQUESTS_AT_A_TIME),
        Some(Value::Object(throttling)) => throttling,
        Some(_) => return Err(ApiError::validation("throttling must be an object")),
    };
    // `throttling.period` is from another age: examples still send it, nothing comes of it.
    match throttling.get("maxConcurrentRequests") {
        None | Some(Value::Null) => Ok(REQUESTS_AT_A_TIME),
        Some(value) => value
            .as_u64()
            .filter(|number| *number > 5)
            .and_then(|number| i32::try_from(number).ok())
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| ApiError::validation("maxConcurrentRequests must be a number greater than 5")),
    }
}

/// As the API shows a subscription.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    id: String,
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    property_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type_id: Option<String>,
    active: bool,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl Subscription {
    /// As the API shows it.
    pub(crate) fn show(&self) -> Shown<'_> {
        Shown {
            id: self.id.to_string(),
            event_type: &self.wanted.name,
            property_name: self.wanted.property_name.as_deref(),
            object_type_id: self.wanted.object_type_id.map(|id| id.to_string()),
            active: self.active,
            created_at: iso(self.created_at),
            updated_at: self.updated_at.map(iso),
        }
    }
}

impl Wanted {
    /// Reads the body of `POST /subscriptions`.
    ///
    /// # Errors
    /// 400 when there is no such event, or what it needs is missing or out of place.
    pub(crate) fn read(body: &Map<String, Value>, settings: &Settings) -> Result<Self, ApiError> {
        let name = text(body, "eventType")?.ok_or_else(|| ApiError::validation("eventType is required"))?;
        let event_type = EventType::parse(&name)
            .ok_or_else(|| ApiError::validation(format!("{name} is not a valid eventType")))?;
        Ok(Self {
            property_name: property_name(event_type, text(body, "propertyName")?, settings)?,
            object_type_id: object_type_id(event_type, text(body, "objectTypeId")?.as_deref(), settings)?,
            event_type_name: text(body, "eventTypeName")?,
            event_type,
            name: name.into(),
        })
    }
}

fn property_name(
    event_type: EventType,
    name: Option<String>,
    settings: &Settings,
) -> Result<Option<String>, ApiError> {
    if event_type.kind != Kind::PropertyChange {
        if name.is_some() && settings.refuse_stray_property_name {
            return Err(ApiError::validation("propertyName can only be set for propertyChange events"));
        }
        return Ok(None);
    }
    let name = name.filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| ApiError::validation("propertyName is required for propertyChange events"))?;
    if UNSUBSCRIBABLE.contains(&name.as_str()) {
        return Err(ApiError::validation(format!("The property {name} cannot be subscribed to")));
    }
    Ok(Some(name))
}

fn object_type_id(
    event_type: EventType,
    id: Option<&str>,
    settings: &Settings,
) -> Result<Option<TypeId>, ApiError> {
    match (event_type.subject, id) {
        (Subject::Objects, None) if settings.object_type_id_required => {
            Err(ApiError::validation("objectTypeId is required for object events"))
        }
        (_, None) => Ok(None),
        (Subject::Objects, Some(text)) => TypeId::parse(text)
            .map(Some)
            .ok_or_else(|| ApiError::validation(format!("{text} is not a valid objectTypeId"))),
        (_, Some(_)) => Err(ApiError::validation("objectTypeId can only be set for object events")),
    }
}

fn text(body: &Map<String, Value>, key: &str) -> Result<Option<String>, ApiError> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ApiError::validation(format!("{key} must be a string"))),
    }
}

/// Whether a subscription is to be active, where a body says so.
///
/// # Errors
/// 400 when it says something else.
pub(crate) fn activity(body: &Map<String, Value>) -> Result<Option<bool>, ApiError> {
    match body.get("active") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(active)) => Ok(Some(*active)),
        Some(_) => Err(ApiError::validation("active must be a boolean")),
    }
}

impl AppHooks {
    /// Whether there is room for a subscription like this.
    ///
    /// # Errors
    /// When the app has as many as it may, or this one already.
    pub(crate) fn make_room(
        &self,
        wanted: &Wanted,
        settings: &Settings,
        request_id: &str,
    ) -> Result<(), ApiError> {
        if let Some(same) = self.subscriptions.values().find(|have| have.wanted == *wanted) {
            return Err(duplicate(same.id, settings));
        }
        if self.subscriptions.len() < settings.max_subscriptions {
            return Ok(());
        }
        let most = settings.max_subscriptions;
        let mut error = ApiError::bare(
            StatusCode::BAD_REQUEST,
            format!(
                "Couldn't create another subscription. You've reached the maximum number allowed per application ({most})."
            ),
        );
        error.more.insert("requestId".to_owned(), json!(request_id));
        Err(error)
    }

    /// Makes a subscription active or not.
    ///
    /// # Errors
    /// 404 when there is none with this id.
    pub(crate) fn activate(
        &mut self,
        id: u64,
        active: Option<bool>,
        now: i64,
    ) -> Result<&Subscription, ApiError> {
        let subscription = self.subscriptions.get_mut(&id).ok_or_else(ApiError::resource_not_found)?;
        if let Some(active) = active {
            subscription.active = active;
            subscription.updated_at = Some(now);
        }
        Ok(subscription)
    }
}

/// HubSpot's own sample app reads the id out of a JSON list inside a list of texts.
fn duplicate(id: u64, settings: &Settings) -> ApiError {
    let status = StatusCode::from_u16(settings.duplicate_status).unwrap_or(StatusCode::CONFLICT);
    let category = if status == StatusCode::CONFLICT { "CONFLICT" } else { "VALIDATION_ERROR" };
    ApiError::new(status, category, settings.duplicate_message.clone())
        .context(json!({ "subscriptionIds": [format!("[{id}]")] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).expect("an object")
    }

    fn wanted(body: Value) -> Result<Wanted, ApiError> {
        Wanted::read(&object(body), &Settings::default())
    }

    fn target(body: Value) -> Result<Target, ApiError> {
        Target::read(&object(body), None, &Settings::default(), 1)
    }

    #[test]
    fn a_change_is_seen_when_the_cache_has_run_out() {
        let mut value = Cached::<u8>::default();
        value.set(1, 1_000, 300);
        assert_eq!((*value.get(), *value.seen(1_299), *value.seen(1_300)), (1, 0, 1));
        value.set(2, 1_100, 300);
        assert_eq!((*value.get(), *value.seen(1_299), *value.seen(1_300)), (2, 0, 2));
        value.set(3, 2_000, 0);
        assert_eq!(*value.seen(2_000), 3);
    }

    #[test]
    fn more_than_five_requests_at_a_time_are_needed_and_ten_are_the_default() {
        let at_a_time = |throttling: Value| {
            target(json!({"targetUrl": "https://h.example/", "throttling": throttling}))
                .map(|target| target.max_concurrent)
        };
        assert_eq!(at_a_time(json!({"maxConcurrentRequests": 6})), Ok(6));
        assert_eq!(at_a_time(json!({"period": "SECONDLY"})), Ok(10));
        assert_eq!(at_a_time(Value::Null), Ok(10));
        for wrong in [json!(5), json!(0), json!(-1), json!("20"), json!(6.5), json!(5_000_000_000_u64)] {
            let refused = at_a_time(json!({"maxConcurrentRequests": wrong})).expect_err("too few");
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
        }
        assert!(at_a_time(json!([10])).is_err());
    }

    #[test]
    fn the_address_must_be_https_unless_http_is_let_in() {
        let strict = Settings { allow_http_targets: false, ..Settings::default() };
        let read = |url: &str, settings: &Settings| {
            Target::read(&object(json!({"targetUrl": url})), None, settings, 1)
        };
        assert!(read("https://h.example/in", &strict).is_ok());
        assert!(read("http://127.0.0.1:1/in", &strict).is_err());
        assert!(read("http://127.0.0.1:1/in", &Settings::default()).is_ok());
        for wrong in ["ftp://h.example/", "h.example", "https://", ""] {
            assert!(read(wrong, &Settings::default()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subscription_says_what_its_event_needs_and_no_more() {
        assert!(wanted(json!({"eventType": "contact.creation"})).is_ok());
        assert!(wanted(json!({"eventType": "contact.propertyChange", "propertyName": "email"})).is_ok());
        assert!(wanted(json!({"eventType": "object.creation", "objectTypeId": "2-50158913"})).is_ok());
        assert!(wanted(json!({"eventType": "event.completed", "eventTypeName": "e_visited_page"})).is_ok());
        let wrong = [
            json!({}),
            json!({"eventType": 1}),
            json!({"eventType": "contact.install"}),
            json!({"eventType": "contact.propertyChange"}),
            json!({"eventType": "contact.propertyChange", "propertyName": ""}),
            json!({"eventType": "contact.propertyChange", "propertyName": "hs_lastmodifieddate"}),
            json!({"eventType": "contact.propertyChange", "propertyName": "num_unique_conversion_events"}),
            json!({"eventType": "contact.creation", "objectTypeId": "0-1"}),
            json!({"eventType": "object.creation"}),
            json!({"eventType": "object.creation", "objectTypeId": "contacts"}),
        ];
        for body in wrong {
            let refused = wanted(body.clone()).expect_err("refused");
            assert_eq!(refused.category, Some("VALIDATION_ERROR"), "{body}");
        }
    }

    #[test]
    fn what_is_guessed_about_subscriptions_can_be_set() {
        let body = object(json!({"eventType": "contact.creation", "propertyName": "email"}));
        assert_eq!(Wanted::read(&body, &Settings::default()).expect("ignored").property_name, None);
        let strict = Settings { refuse_stray_property_name: true, ..Settings::default() };
        assert!(Wanted::read(&body, &strict).is_err());
        let loose = Settings { object_type_id_required: false, ..Settings::default() };
        assert!(Wanted::read(&object(json!({"eventType": "object.creation"})), &loose).is_ok());
    }
}
