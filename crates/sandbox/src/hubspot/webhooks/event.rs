//! One event as it is delivered (HubSpot facts 6.3): which fields on which kind, in which order.

use super::super::change::{Change, What};
use super::super::state::Portal;
use super::event_type::{Kind, Subject, told_as};
use super::settings::{MergeObjectId, Settings};
use super::subscriptions::{Subscription, Wanted};
use serde::Serialize;
use std::sync::Arc;

/// One event. The order of the fields is the order on the wire.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    pub(crate) event_id: EventId,
    pub(crate) subscription_id: u64,
    pub(crate) portal_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_id: Option<u64>,
    pub(crate) occurred_at: i64,
    pub(crate) subscription_type: Arc<str>,
    pub(crate) attempt_number: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object_type_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change_flag: Option<&'static str>,
    pub(crate) change_source: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) merge: Option<Box<Merge>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) association: Option<Box<Association>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Box<Message>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_sensitive: Option<bool>,
    /// Sent already, and now once more although it arrived: it is not repeated again.
    #[serde(skip)]
    pub(crate) is_repeated: bool,
}

/// A number, but for a test event that was once seen with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum EventId {
    Number(u32),
    Text(String),
}

impl Default for EventId {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// What a merge tells besides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Merge {
    primary_object_id: u64,
    merged_object_ids: Vec<u64>,
    new_object_id: u64,
    number_of_properties_moved: u64,
}

/// What a change of an association tells besides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Association {
    association_type: String,
    from_object_id: u64,
    to_object_id: u64,
    association_removed: bool,
    is_primary_association: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    generic: Option<GenericAssociation>,
}

/// What only `object.associationChange` tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GenericAssociation {
    from_object_type_id: String,
    to_object_type_id: String,
    association_type_id: u64,
    association_category: &'static str,
}

/// What a new message tells besides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) message_id: String,
    pub(crate) message_type: &'static str,
}

/// Whether a subscription is to hear of a change.
pub(crate) fn concerns(wanted: &Wanted, what: &What) -> bool {
    let (kind, object_type) = told_as(what);
    let subject = match wanted.event_type.subject {
        Subject::Records(subject) => subject == object_type,
        Subject::Objects => wanted.object_type_id.is_none_or(|subject| subject == object_type),
        Subject::Conversation | Subject::Event => false,
    };
    subject && wanted.event_type.kind == kind && property_fits(wanted, what)
}

fn property_fits(wanted: &Wanted, what: &What) -> bool {
    match what {
        What::Property { name, .. } => wanted.property_name.as_deref() == Some(name),
        _ => true,
    }
}

/// The event that tells `subscription` of `change`.
pub(crate) fn event(
    portal: &Portal,
    app_id: u64,
    subscription: &Subscription,
    change: &Change,
    event_id: u32,
    settings: &Settings,
) -> Event {
    let generic = subscription.wanted.event_type.subject == Subject::Objects;
    let (kind, object_type) = told_as(&change.what);
    let mut event = Event {
        event_id: EventId::Number(event_id),
        subscription_id: subscription.id,
        portal_id: portal.id,
        app_id: Some(app_id),
        occurred_at: change.at,
        subscription_type: Arc::clone(&subscription.wanted.name),
        object_id: object_id(&change.what, settings.merge_object_id),
        object_type_id: generic.then(|| object_type.to_string()),
        change_source: change.source.kind,
        source_id: (!change.source.id.is_empty()).then(|| change.source.id.clone()),
        ..Event::default()
    };
    match (&change.what, kind) {
        (What::Property { name, value, sensitive, .. }, _) => {
            event.property_name = Some(name.clone());
            event.property_value = Some(value.clone());
            event.is_sensitive = settings.is_sensitive.then_some(*sensitive);
        }
        (What::Merged { .. }, _) => event.merge = merge(&change.what).map(Box::new),
        (What::Association { .. }, _) => {
            event.association = association(portal, &change.what, generic).map(Box::new);
        }
        (_, Kind::Creation) => event.change_flag = Some("CREATED"),
        (_, Kind::Deletion) => event.change_flag = Some("DELETED"),
        _ => {}
    }
    event
}

fn object_id(what: &What, of_merge: MergeObjectId) -> Option<u64> {
    match what {
        What::Created { id, .. }
        | What::Deleted { id, .. }
        | What::Restored { id, .. }
        | What::Property { id, .. }
        | What::PrivacyDeleted { id, .. } => Some(*id),
        What::Merged { new, primary, .. } => Some(match of_merge {
            MergeObjectId::New => *new,
            MergeObjectId::Primary => *primary,
        }),
        What::Association { .. } => None,
    }
}

fn merge(what: &What) -> Option<Merge> {
    let What::Merged { primary, merged, new, properties_moved, .. } = what else { return None };
    Some(Merge {
        primary_object_id: *primary,
        merged_object_ids: merged.clone(),
        new_object_id: *new,
        number_of_properties_moved: *properties_moved,
    })
}

fn association(portal: &Portal, what: &What, generic: bool) -> Option<Association> {
    let What::Association { from_type, from, to_type, to, type_id, category, removed, primary } = what else {
        return None;
    };
    let generic = generic.then(|| GenericAssociation {
        from_object_type_id: from_type.to_string(),
        to_object_type_id: to_type.to_string(),
        association_type_id: *type_id,
        association_category: category,
    });
    Some(Association {
        association_type: format!("{}_TO_{}", portal.type_label(*from_type), portal.type_label(*to_type)),
        from_object_id: *from,
        to_object_id: *to,
        association_removed: *removed,
        is_primary_association: *primary,
        generic,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::change::Source;
    use super::super::super::properties::testing::{MOCK_EXAM, portal};
    use super::super::super::types::TypeId;
    use super::*;
    use serde_json::json;

    const AT: i64 = 1_767_225_600_000;

    fn wanted(body: serde_json::Value) -> Wanted {
        let body = serde_json::from_value(body).expect("an object");
        Wanted::read(&body, &Settings::default()).expect("a subscription")
    }

    fn told(wanted: Wanted, what: What, source: Source, settings: &Settings) -> String {
        let subscription = Subscription { id: 7, wanted, active: true, created_at: AT, updated_at: None };
        let change = Change { at: AT, source, what };
        let event = event(&portal(), 54_321, &subscription, &change, 100, settings);
        serde_json::to_string(&event).expect("JSON")
    }

    const HEAD: &str = r#"{"eventId":100,"subscriptionId":7,"portalId":62515,"appId":54321,"occurredAt":1767225600000,"subscriptionType":"#;

    #[test]
    fn a_creation_is_flagged_and_tells_no_value() {
        let what = What::Created { object_type: TypeId::CONTACT, id: 123 };
        let text = told(
            wanted(json!({"eventType": "contact.creation"})),
            what,
            Source::person(1),
            &Settings::default(),
        );
        let rest = r#""contact.creation","attemptNumber":0,"objectId":123,"changeFlag":"CREATED","changeSource":"CRM_UI","sourceId":"userId:1"}"#;
        assert_eq!(text, format!("{HEAD}{rest}"));
    }

    #[test]
    fn a_generic_property_change_is_told_in_the_order_seen_live() {
        let what = What::Property {
            object_type: MOCK_EXAM,
            id: 180_584_432_881,
            name: "titel".to_owned(),
            value: "B2".to_owned(),
            sensitive: false,
        };
        let subscribed = json!({"eventType": "object.propertyChange", "objectTypeId": "2-50158913", "propertyName": "titel"});
        let text = told(wanted(subscribed), what, Source::person(1), &Settings::default());
        let rest = r#""object.propertyChange","attemptNumber":0,"objectId":180584432881,"objectTypeId":"2-50158913","propertyName":"titel","propertyValue":"B2","changeSource":"CRM_UI","sourceId":"userId:1","isSensitive":false}"#;
        assert_eq!(text, format!("{HEAD}{rest}"));
    }

    #[test]
    fn events_say_whether_a_value_is_sensitive_and_older_ones_do_not() {
        let what = || What::Property {
            object_type: TypeId::CONTACT,
            id: 1,
            name: "diagnosis".to_owned(),
            value: "REDACTED".to_owned(),
            sensitive: true,
        };
        let subscribed =
            || wanted(json!({"eventType": "contact.propertyChange", "propertyName": "diagnosis"}));
        let text = told(subscribed(), what(), Source::app(54_321), &Settings::default());
        let tail = r#""propertyValue":"REDACTED","changeSource":"INTEGRATION","sourceId":"54321","isSensitive":true}"#;
        assert!(text.ends_with(tail), "{text}");
        let older = Settings { is_sensitive: false, ..Settings::default() };
        let text = told(subscribed(), what(), Source::app(54_321), &older);
        assert!(text.ends_with(r#""sourceId":"54321"}"#), "{text}");
    }

    fn association(from_type: TypeId, to_type: TypeId) -> What {
        What::Association {
            from_type,
            from: 1,
            to_type,
            to: 2,
            type_id: 342,
            category: "HUBSPOT_DEFINED",
            removed: true,
            primary: false,
        }
    }

    #[test]
    fn an_association_change_has_no_object_id() {
        let source = Source { kind: "USER", id: "userId:2".to_owned(), user: Some(2), app: None };
        let text = told(
            wanted(json!({"eventType": "company.associationChange"})),
            association(TypeId::COMPANY, TypeId::DEAL),
            source.clone(),
            &Settings::default(),
        );
        let rest = r#""company.associationChange","attemptNumber":0,"changeSource":"USER","associationType":"COMPANY_TO_DEAL","fromObjectId":1,"toObjectId":2,"associationRemoved":true,"isPrimaryAssociation":false,"sourceId":"userId:2"}"#;
        assert_eq!(text, format!("{HEAD}{rest}"));
        let text = told(
            wanted(json!({"eventType": "object.associationChange", "objectTypeId": "0-2"})),
            association(TypeId::COMPANY, TypeId::DEAL),
            source,
            &Settings::default(),
        );
        let rest = r#""object.associationChange","attemptNumber":0,"objectTypeId":"0-2","changeSource":"USER","associationType":"COMPANY_TO_DEAL","fromObjectId":1,"toObjectId":2,"associationRemoved":true,"isPrimaryAssociation":false,"fromObjectTypeId":"0-2","toObjectTypeId":"0-3","associationTypeId":342,"associationCategory":"HUBSPOT_DEFINED","sourceId":"userId:2"}"#;
        assert_eq!(text, format!("{HEAD}{rest}"));
    }

    #[test]
    fn a_merge_names_all_records_concerned() {
        let what = || What::Merged {
            object_type: TypeId::CONTACT,
            primary: 1,
            merged: vec![1, 2],
            new: 3,
            properties_moved: 4,
        };
        let subscribed = || wanted(json!({"eventType": "contact.merge"}));
        let text = told(subscribed(), what(), Source::person(1), &Settings::default());
        let rest = r#""contact.merge","attemptNumber":0,"objectId":3,"changeSource":"CRM_UI","primaryObjectId":1,"mergedObjectIds":[1,2],"newObjectId":3,"numberOfPropertiesMoved":4,"sourceId":"userId:1"}"#;
        assert_eq!(text, format!("{HEAD}{rest}"));
        let primary = Settings { merge_object_id: MergeObjectId::Primary, ..Settings::default() };
        assert!(told(subscribed(), what(), Source::person(1), &primary).contains(r#""objectId":1,"#));
    }

    #[test]
    fn deletions_are_flagged_restores_and_privacy_deletions_are_not() {
        let flag = |event_type: &str, what: What| {
            let text =
                told(wanted(json!({"eventType": event_type})), what, Source::person(1), &Settings::default());
            text.contains(r#""changeFlag":"DELETED""#)
        };
        let object_type = TypeId::CONTACT;
        assert!(flag("contact.deletion", What::Deleted { object_type, id: 1 }));
        assert!(!flag("contact.restore", What::Restored { object_type, id: 1 }));
        assert!(!flag("contact.privacyDeletion", What::PrivacyDeleted { object_type, id: 1 }));
    }

    #[test]
    fn a_subscription_hears_of_its_own_kind_type_and_property_only() {
        let created = |object_type| What::Created { object_type, id: 1 };
        let contact = wanted(json!({"eventType": "contact.creation"}));
        assert!(concerns(&contact, &created(TypeId::CONTACT)));
        assert!(!concerns(&contact, &created(TypeId::DEAL)));
        assert!(!concerns(&contact, &What::Deleted { object_type: TypeId::CONTACT, id: 1 }));
        let exam = wanted(json!({"eventType": "object.creation", "objectTypeId": "2-50158913"}));
        assert!(concerns(&exam, &created(MOCK_EXAM)) && !concerns(&exam, &created(TypeId::CONTACT)));
        let email = wanted(json!({"eventType": "contact.propertyChange", "propertyName": "email"}));
        let property = |name: &str| What::Property {
            object_type: TypeId::CONTACT,
            id: 1,
            name: name.to_owned(),
            value: String::new(),
            sensitive: false,
        };
        assert!(concerns(&email, &property("email")) && !concerns(&email, &property("phone")));
        let company = wanted(json!({"eventType": "company.associationChange"}));
        assert!(concerns(&company, &association(TypeId::COMPANY, TypeId::DEAL)));
        assert!(!concerns(&company, &association(TypeId::DEAL, TypeId::COMPANY)));
    }
}
