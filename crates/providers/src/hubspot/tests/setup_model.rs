//! An account and an app at HubSpot, as far as a set-up sees them (HubSpot facts 4 and 6.1).

use crate::wire::{Call, Cost};
use http::Method;
use serde_json::{Value, json};

pub const OURS: &str = "https://hub.example.com/webhooks/hubspot/s3cret-path";
pub const OLD: &str = "https://old.example.net/webhooks";

/// An account and an app at HubSpot.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub properties: Vec<Value>,
    pub groups: Vec<Value>,
    pub target: Option<Value>,
    pub subscriptions: Vec<Value>,
}

impl Model {
    /// An account with a property of its own, and an app of which nothing was set up.
    pub fn fresh() -> Self {
        Self {
            properties: vec![json!({ "name": "email", "type": "string", "hubspotDefined": true })],
            groups: vec![json!({ "name": "contactinformation" })],
            target: None,
            subscriptions: Vec::new(),
        }
    }

    /// With these subscriptions, their ids counted from 1, and a target.
    pub fn with(target: &str, subscriptions: &[(&str, Option<&str>, bool)]) -> Self {
        let mut model = Self::fresh();
        model.target = Some(json!({ "targetUrl": target, "throttling": { "maxConcurrentRequests": 25 } }));
        for (event, property, active) in subscriptions {
            let body = json!({ "eventType": event, "propertyName": property, "active": active });
            model.subscribe(&body);
        }
        model
    }

    fn subscribe(&mut self, body: &Value) -> Value {
        let mut made = body.clone();
        made["id"] = json!((self.subscriptions.len() + 1).to_string());
        self.subscriptions.push(made.clone());
        made
    }

    pub fn answer(&mut self, call: &Call) -> (u16, Value) {
        let path = call.url.strip_prefix("https://api.example.com/").unwrap();
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let secret = call.key.as_ref().map(|(name, key)| (*name, key.expose()));
        if path.starts_with("app-webhooks/") {
            // Facts 1.8: this version takes the developer's key alone.
            assert_eq!(
                (secret, call.headers.contains_key("authorization")),
                (Some(("hapikey", "dev-key-1")), false)
            );
            assert_eq!(call.cost, Cost::Free);
        } else {
            assert_eq!((secret, call.cost), (None, Cost::Call));
        }
        match (call.method.clone(), path) {
            (Method::GET, "crm/properties/2026-09/contacts") => (200, json!({ "results": self.properties })),
            (Method::GET, "crm/properties/2026-09/contacts/groups") => {
                (200, json!({ "results": self.groups }))
            }
            (Method::POST, "crm/properties/2026-09/contacts/groups") => {
                self.groups.push(body.clone());
                (201, body)
            }
            (Method::POST, "crm/properties/2026-09/contacts") => {
                assert!(self.groups.iter().any(|group| group["name"] == body["groupName"]));
                self.properties.push(body.clone());
                (201, body)
            }
            (Method::GET, "app-webhooks/2026-09/54321/settings") => self
                .target
                .clone()
                .map_or((404, json!({ "message": "resource not found" })), |target| (200, target)),
            (Method::PUT, "app-webhooks/2026-09/54321/settings") => {
                self.target = Some(body.clone());
                (200, body)
            }
            (Method::GET, "app-webhooks/2026-09/54321/subscriptions") => {
                (200, json!({ "results": self.subscriptions }))
            }
            (Method::POST, "app-webhooks/2026-09/54321/subscriptions") => (201, self.subscribe(&body)),
            (Method::PATCH, path) => {
                let id = path.strip_prefix("app-webhooks/2026-09/54321/subscriptions/").unwrap();
                let found = self.subscriptions.iter_mut().find(|one| one["id"] == *id).unwrap();
                found["active"] = body["active"].clone();
                (200, found.clone())
            }
            (method, path) => panic!("{method} {path}"),
        }
    }

    /// Every subscription: `+` or `-`, the event, the property.
    pub fn told(&self) -> Vec<String> {
        let told = |one: &Value| {
            let sign = if one["active"] == true { '+' } else { '-' };
            let event = one["eventType"].as_str().unwrap();
            one["propertyName"]
                .as_str()
                .map_or(format!("{sign}{event}"), |name| format!("{sign}{event} {name}"))
        };
        self.subscriptions.iter().map(told).collect()
    }
}
