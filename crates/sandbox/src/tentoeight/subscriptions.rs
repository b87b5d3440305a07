//! Subscriptions over the API: list, create, delete (10to8 facts 6).

use super::Tentoeight;
use super::answers::{Refused, empty, wrong};
use super::customers::{List, created};
use super::door::Call;
use super::input;
use super::model::{Subscription, Waiting};
use super::parameters::{self, Wanted};
use super::settings::Subscriptions;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

/// A subscription as clients see one.
#[derive(Serialize)]
struct Face<'a> {
    resource_uri: String,
    callback_url: &'a str,
    scope: &'a str,
}

impl Call<'_> {
    fn face<'a>(&self, subscription: &'a Subscription) -> Face<'a> {
        Face {
            resource_uri: self.uris.subscription(subscription.id),
            callback_url: &subscription.callback_url,
            scope: &subscription.scope,
        }
    }
}

/// What a new subscription must be: a callback and a scope there is.
fn read<'a>(body: &'a Map<String, Value>, rules: &Subscriptions) -> Result<(&'a str, &'a str), Refused> {
    let mut errors = Map::new();
    let mut text = |field: &str| {
        let problem = match body.get(field) {
            Some(Value::String(text)) if !text.is_empty() => return Some(text.as_str()),
            Some(Value::String(_)) => "This field may not be blank.",
            Some(Value::Null) => "This field may not be null.",
            Some(_) => "Not a valid string.",
            None => "This field is required.",
        };
        errors.insert(field.to_owned(), Value::from(vec![problem]));
        None
    };
    let (callback_url, scope) = (text("callback_url"), text("scope"));
    if callback_url.is_some_and(|callback_url| !is_callback(callback_url, rules)) {
        errors.insert("callback_url".to_owned(), Value::from(vec!["Enter a valid URL."]));
    }
    if let Some(scope) = scope
        && !rules.scopes.iter().any(|known| known == scope)
    {
        errors.insert("scope".to_owned(), Value::from(vec![format!("\"{scope}\" is not a valid choice.")]));
    }
    match (callback_url, scope) {
        (Some(callback_url), Some(scope)) if errors.is_empty() => Ok((callback_url, scope)),
        _ => Err(Refused::Fields(errors)),
    }
}

fn is_callback(text: &str, rules: &Subscriptions) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && !rules.https_only))
    })
}

impl Tentoeight {
    pub(super) fn list_subscriptions(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted = Wanted::read(call.query, &call.settings.lists)?;
        let state = self.state.read();
        let all = &state.organizations[call.organization].subscriptions;
        let is_live = |subscription: &Subscription| subscription.is_live(call.now);
        let (entries, next) = parameters::page(all, &wanted, &call.settings.lists, is_live);
        let faces = entries.iter().map(|(_, subscription)| call.face(subscription));
        let next = next.map(|query| call.uris.collection("subscription", &query));
        Ok(List::answer(faces.collect(), next, call.settings))
    }

    pub(super) fn create_subscription(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let body = input::object(call.headers, call.body)?;
        let rules = &call.settings.subscriptions;
        let (callback_url, scope) = read(&body, rules)?;
        let mut state = self.state.write();
        let all = &state.organizations[call.organization].subscriptions;
        let mut live = all.iter().filter(|subscription| subscription.is_live(call.now));
        if rules.max.is_some_and(|max| live.clone().count() >= max) {
            return Err(wrong("non_field_errors", "There are too many subscriptions."));
        }
        if rules.unique && live.any(|other| other.callback_url == callback_url && other.scope == scope) {
            return Err(wrong("non_field_errors", "The fields callback_url, scope must make a unique set."));
        }
        state.last_subscription += 1;
        let subscription = Subscription {
            id: state.last_subscription,
            callback_url: callback_url.to_owned(),
            scope: scope.to_owned(),
            ends: rules.lifetime_ms.map(|lifetime| call.now.saturating_add(lifetime)),
            waiting: Waiting::default(),
        };
        let face = call.face(&subscription);
        let answer = created(rules.create_reply, &face, &face.resource_uri);
        let id = subscription.id;
        state.organizations[call.organization].subscriptions.push(subscription);
        if rules.ping {
            self.ping(&mut state, call.organization, id, call.settings);
        }
        Ok(answer)
    }

    pub(super) fn delete_subscription(&self, call: &Call<'_>, id: &str) -> Result<Response, Refused> {
        let id: u64 = id.parse().map_err(|_| Refused::NotFound)?;
        let mut state = self.state.write();
        let all = &mut state.organizations[call.organization].subscriptions;
        let live =
            all.iter_mut().find(|subscription| subscription.id == id && subscription.is_live(call.now));
        live.ok_or(Refused::NotFound)?.remove();
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(body: Value) -> Value {
        let Value::Object(body) = body else { panic!("an object") };
        match read(&body, &Subscriptions::default()) {
            Err(Refused::Fields(errors)) => Value::Object(errors),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_callback_is_a_web_address_and_a_scope_one_there_is() {
        let expected =
            json!({"callback_url": ["Enter a valid URL."], "scope": ["\"staff\" is not a valid choice."]});
        for callback in ["not a url", "ftp://h/", "mailto:a@b.example", "https://"] {
            assert_eq!(refused(json!({"callback_url": callback, "scope": "staff"})), expected, "{callback}");
        }
        let expected = json!({"callback_url": ["This field is required."], "scope": ["Not a valid string."]});
        assert_eq!(refused(json!({"scope": 5})), expected);
        let body = json!({"callback_url": "http://user:pass@h/x?y", "scope": "customer"});
        let body = body.as_object().expect("an object");
        assert_eq!(read(body, &Subscriptions::default()), Ok(("http://user:pass@h/x?y", "customer")));
        let https_only = Subscriptions { https_only: true, ..Subscriptions::default() };
        assert!(read(body, &https_only).is_err());
    }
}
