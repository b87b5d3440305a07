//! What an app wants the journal to hold (HubSpot facts 6.7).

use super::super::error::ApiError;
use super::super::types::TypeId;
use super::entry::Happening;
use crate::house::clock::iso;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a subscription is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    Object,
    Association,
    ListMembership,
    GdprPrivacyDeletion,
    AppLifecycleEvent,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
    Merge,
    Restore,
    AssociationAdded,
    AssociationRemoved,
    Snapshot,
    AppInstall,
    AppUninstall,
    AddedToList,
    RemovedFromList,
    GdprDelete,
}

/// The event of an app coming to an account.
pub(crate) const INSTALL: &str = "4-1909196";
/// The event of an app leaving an account.
pub(crate) const UNINSTALL: &str = "4-1916193";

/// One subscription.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    pub(crate) wanted: Wanted,
    pub(crate) created_at: i64,
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wanted {
    pub(crate) subscription_type: Kind,
    pub(crate) portal_id: Option<u64>,
    pub(crate) object_type_id: Option<String>,
    pub(crate) event_type_id: Option<String>,
    /// Empty: none are left out.
    #[serde(default)]
    pub(crate) actions: Vec<Action>,
    /// Only updates of these, and only their values.
    pub(crate) properties: Option<Vec<String>>,
    /// Only these records.
    pub(crate) object_ids: Option<Vec<u64>>,
    /// Only associations with these types.
    pub(crate) associated_object_type_ids: Option<Vec<String>>,
}

/// As the API shows a subscription.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    id: u64,
    app_id: u64,
    subscription_type: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    portal_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type_id: Option<&'a str>,
    actions: &'a [Action],
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ids: Option<&'a [u64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_object_type_ids: Option<&'a [String]>,
    created_at: String,
    updated_at: String,
}

impl Subscription {
    /// As the API shows it.
    pub(crate) fn show(&self, app_id: u64) -> Shown<'_> {
        let wanted = &self.wanted;
        Shown {
            id: self.id,
            app_id,
            subscription_type: wanted.subscription_type,
            portal_id: wanted.portal_id,
            object_type_id: wanted.object_type_id.as_deref(),
            event_type_id: wanted.event_type_id.as_deref(),
            actions: &wanted.actions,
            properties: wanted.properties.as_deref(),
            object_ids: wanted.object_ids.as_deref(),
            associated_object_type_ids: wanted.associated_object_type_ids.as_deref(),
            created_at: iso(self.created_at),
            updated_at: iso(self.created_at),
        }
    }
}

impl Wanted {
    /// Reads the body of `POST`.
    ///
    /// # Errors
    /// 400 when something is missing or no such thing exists.
    pub(crate) fn read(body: Map<String, Value>) -> Result<Self, ApiError> {
        let wanted: Self = serde_json::from_value(Value::Object(body))
            .map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))?;
        if wanted.subscription_type == Kind::AppLifecycleEvent {
            let known = [INSTALL, UNINSTALL];
            let event = wanted.event_type_id.as_deref().is_some_and(|id| known.contains(&id));
            return if event {
                Ok(wanted)
            } else {
                Err(ApiError::validation(format!(
                    "eventTypeId must be one of {INSTALL} (install) and {UNINSTALL} (uninstall)"
                )))
            };
        }
        if wanted.portal_id.is_none() {
            return Err(ApiError::validation("portalId is required"));
        }
        match wanted.object_type_id.as_deref() {
            Some(text) if TypeId::parse(text).is_none() => {
                Err(ApiError::validation(format!("{text} is not a valid objectTypeId")))
            }
            _ => Ok(wanted),
        }
    }

    /// Whether it is about this.
    pub(crate) fn concerns(&self, portal: u64, happening: &Happening) -> bool {
        let kind = match happening.action {
            Action::AssociationAdded | Action::AssociationRemoved => Kind::Association,
            Action::GdprDelete => Kind::GdprPrivacyDeletion,
            Action::AddedToList | Action::RemovedFromList => Kind::ListMembership,
            Action::AppInstall | Action::AppUninstall => Kind::AppLifecycleEvent,
            _ => Kind::Object,
        };
        let this_type = happening.object_type.to_string();
        kind == self.subscription_type
            && self.portal_id == Some(portal)
            && self.wants(happening.action)
            && self.object_type_id.as_deref().is_none_or(|id| id == this_type)
            && self.object_ids.as_ref().is_none_or(|ids| ids.contains(&happening.object_id))
            && self.values_fit(happening)
            && self.other_end_fits(happening)
    }

    /// Whether an action is not left out.
    pub(crate) fn wants(&self, action: Action) -> bool {
        self.actions.is_empty() || self.actions.contains(&action)
    }

    fn values_fit(&self, happening: &Happening) -> bool {
        let asked = |wanted: &Vec<String>| wanted.iter().any(|name| happening.values.contains_key(name));
        happening.action != Action::Update || self.properties.as_ref().is_none_or(asked)
    }

    fn other_end_fits(&self, happening: &Happening) -> bool {
        let (Some(types), Some((other, _))) = (&self.associated_object_type_ids, &happening.association)
        else {
            return true;
        };
        types.contains(&other.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn wanted(body: Value) -> Result<Wanted, ApiError> {
        Wanted::read(serde_json::from_value(body).expect("an object"))
    }

    fn update(name: &str) -> Happening {
        Happening {
            at: 0,
            action: Action::Update,
            object_type: TypeId::CONTACT,
            object_id: 7,
            values: BTreeMap::from([(name.to_owned(), "x".to_owned())]),
            association: None,
        }
    }

    #[test]
    fn all_but_the_lifecycle_need_an_account_and_the_lifecycle_needs_its_event() {
        for kind in ["OBJECT", "ASSOCIATION", "LIST_MEMBERSHIP", "GDPR_PRIVACY_DELETION"] {
            assert!(wanted(json!({"subscriptionType": kind, "portalId": 1})).is_ok(), "{kind}");
            assert!(wanted(json!({"subscriptionType": kind})).is_err(), "{kind}");
        }
        assert!(wanted(json!({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": INSTALL})).is_ok());
        for id in [json!(null), json!("4-1"), json!(4)] {
            assert!(wanted(json!({"subscriptionType": "APP_LIFECYCLE_EVENT", "eventTypeId": id})).is_err());
        }
        for wrong in [
            json!({}),
            json!({"subscriptionType": "FORM", "portalId": 1}),
            json!({"subscriptionType": "OBJECT", "portalId": 1, "actions": ["EXPLODE"]}),
            json!({"subscriptionType": "OBJECT", "portalId": 1, "objectTypeId": "contacts"}),
        ] {
            assert!(wanted(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subscription_hears_of_its_account_type_records_actions_and_properties() {
        let all = json!({"subscriptionType": "OBJECT", "portalId": 1});
        assert!(wanted(all.clone()).expect("fits").concerns(1, &update("email")));
        assert!(!wanted(all).expect("fits").concerns(2, &update("email")));
        for (more, hears) in [
            (json!({"objectTypeId": "0-1"}), true),
            (json!({"objectTypeId": "0-2"}), false),
            (json!({"objectIds": [7, 8]}), true),
            (json!({"objectIds": [8]}), false),
            (json!({"actions": ["UPDATE"]}), true),
            (json!({"actions": ["CREATE", "DELETE"]}), false),
            (json!({"properties": ["email"]}), true),
            (json!({"properties": ["phone"]}), false),
            (json!({"subscriptionType": "ASSOCIATION"}), false),
        ] {
            let mut body = json!({"subscriptionType": "OBJECT", "portalId": 1});
            body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            assert_eq!(wanted(body).expect("fits").concerns(1, &update("email")), hears, "{more}");
        }
    }
}
