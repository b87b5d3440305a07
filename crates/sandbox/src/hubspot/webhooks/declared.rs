//! `webhooks-hsmeta.json`: how developer-platform apps declare the same (HubSpot facts 6.1).

use super::super::types::TypeId;
use super::settings::Settings;
use super::subscriptions::{AppHooks, Subscription, Target, Wanted, activity};
use serde_json::{Map, Value, json};

/// What a declaration sets, in place of what was there.
///
/// # Errors
/// The reason why it makes no sense.
pub(super) fn read(
    config: &Value,
    last_id: &mut u64,
    settings: &Settings,
    now: i64,
) -> Result<AppHooks, String> {
    let inner = &config["config"];
    let config = if inner.is_object() { inner } else { config };
    let mut hooks = AppHooks { declared: true, ..AppHooks::default() };
    hooks.target.set(Some(target(&config["settings"], settings, now)?), now, 0);
    let kinds = config["subscriptions"].as_object().ok_or("subscriptions is an object of lists")?;
    let mut id = *last_id;
    for (kind, list) in kinds {
        if !["crmObjects", "legacyCrmObjects", "hubEvents"].contains(&kind.as_str()) {
            return Err(format!("there are no subscriptions of the kind {kind}"));
        }
        for declared in list.as_array().ok_or_else(|| format!("{kind} is a list"))? {
            id += 1;
            let (wanted, active) = subscription(declared, settings)?;
            hooks.make_room(&wanted, settings, "").map_err(|error| error.message)?;
            let subscription = Subscription { id, wanted, active, created_at: now, updated_at: None };
            hooks.subscriptions.insert(id, subscription);
        }
    }
    *last_id = id;
    Ok(hooks)
}

fn target(declared: &Value, settings: &Settings, now: i64) -> Result<Target, String> {
    let mut body = Map::new();
    body.insert("targetUrl".to_owned(), declared["targetUrl"].clone());
    let most = &declared["maxConcurrentRequests"];
    body.insert("throttling".to_owned(), json!({ "maxConcurrentRequests": most }));
    Target::read(&body, None, settings, now).map_err(|error| error.message)
}

fn subscription(declared: &Value, settings: &Settings) -> Result<(Wanted, bool), String> {
    let mut body = Map::new();
    body.insert("eventType".to_owned(), declared["subscriptionType"].clone());
    for key in ["propertyName", "active"] {
        body.insert(key.to_owned(), declared[key].clone());
    }
    if let Some(name) = declared["objectType"].as_str() {
        let id = TypeId::parse(name).or_else(|| TypeId::named(name));
        let id = id.ok_or_else(|| format!("there is no object type {name}"))?;
        body.insert("objectTypeId".to_owned(), json!(id.to_string()));
    }
    let wanted = Wanted::read(&body, settings).map_err(|error| error.message)?;
    let active = activity(&body).map_err(|error| error.message)?;
    Ok((wanted, active.unwrap_or(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_read_whole_or_not_at_all() {
        let mut id = 10;
        let mut config = json!({"config": {
            "settings": {"targetUrl": "https://h.example/", "maxConcurrentRequests": 20},
            "subscriptions": {
                "crmObjects": [
                    {"subscriptionType": "object.creation", "objectType": "contact", "active": true},
                    {"subscriptionType": "object.propertyChange", "objectType": "2-7", "propertyName": "a"},
                ],
                "legacyCrmObjects": [{"subscriptionType": "contact.deletion", "active": true}],
                "hubEvents": [{"subscriptionType": "contact.privacyDeletion", "active": true}],
            },
        }});
        let hooks = read(&config, &mut id, &Settings::default(), 5).expect("makes sense");
        let target = hooks.target.seen(5).clone().expect("set");
        assert_eq!((target.max_concurrent, hooks.declared, id), (20, true, 14));
        let types: Vec<_> = hooks.subscriptions.values().map(|some| some.wanted.object_type_id).collect();
        assert_eq!(types, [Some(TypeId::CONTACT), TypeId::parse("2-7"), None, None]);
        config["config"]["subscriptions"]["crmObjects"][0]["objectType"] = json!("butterfly");
        assert!(read(&config, &mut id, &Settings::default(), 5).is_err());
        assert_eq!(id, 14, "what failed took no ids");
    }
}
