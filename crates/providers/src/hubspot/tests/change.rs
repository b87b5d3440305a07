//! Which records events make us read again. Events as they stand in the facts, section 6.3.

use crate::hubspot::HubSpot;
use crate::load::Load as _;

/// `type/id` of every record.
fn changed(kind: &str, object_type: &str, object_id: &str, raw: &str) -> Vec<String> {
    let changes = HubSpot.change(kind, object_type, object_id, raw.as_bytes());
    assert!(changes.iter().all(|change| change.collection.is_empty()));
    changes.into_iter().map(|change| format!("{}/{}", change.object_type, change.id)).collect()
}

#[test]
fn whatever_happens_to_a_record_makes_it_be_read_again() {
    for what in ["creation", "propertyChange", "deletion", "privacyDeletion", "restore"] {
        assert_eq!(changed(&format!("contact.{what}"), "contact", "123", "{}"), ["contacts/123"], "{what}");
    }
    for (kind, object_type, record) in [
        ("object.propertyChange", "2-9000001", "2-9000001/7"),
        ("object.propertyChange", "0-1", "contacts/7"),
        ("company.creation", "company", "companies/7"),
        ("line_item.deletion", "line_item", "line_items/7"),
        ("object.creation", "0-410", "0-410/7"),
    ] {
        assert_eq!(changed(kind, object_type, "7", "{}"), [record]);
    }
}

#[test]
fn events_about_no_record_change_none() {
    for (kind, object_type, id) in [
        ("conversation.newMessage", "conversation", "7"),
        ("conversation.deletion", "conversation", "7"),
        ("event.completed", "event", "7"),
        ("object.creation", "object", "7"),
        ("contact.creation", "contact", ""),
        ("contact.somethingNew", "contact", "7"),
        ("nonsense", "", ""),
    ] {
        assert!(changed(kind, object_type, id, "{}").is_empty(), "{kind}");
    }
}

#[test]
fn a_merge_concerns_the_new_record_and_the_old_ones() {
    let raw = r#"{"objectId":9,"primaryObjectId":7,"mergedObjectIds":[8,"6"],"newObjectId":9,"numberOfPropertiesMoved":3}"#;
    let all = ["contacts/9", "contacts/7", "contacts/8", "contacts/6"];
    assert_eq!(changed("contact.merge", "contact", "9", raw), all);
    assert_eq!(changed("contact.merge", "contact", "9", "not JSON"), ["contacts/9"]);
    assert_eq!(changed("deal.merge", "deal", "", r#"{"mergedObjectIds":{},"newObjectId":2}"#), ["deals/2"]);
}

#[test]
fn an_association_concerns_both_ends_as_far_as_they_are_known() {
    // Seen live: no objectId.
    let live = r#"{"subscriptionType":"company.associationChange","attemptNumber":0,"changeSource":"USER","associationType":"COMPANY_TO_DEAL","fromObjectId":1,"toObjectId":2,"associationRemoved":true,"isPrimaryAssociation":false,"sourceId":"userId:2"}"#;
    assert_eq!(changed("company.associationChange", "company", "1", live), ["companies/1", "deals/2"]);
    let generic = r#"{"fromObjectTypeId":"0-1","toObjectTypeId":"2-5","fromObjectId":1,"toObjectId":2,"associationTypeId":279}"#;
    assert_eq!(changed("object.associationChange", "object", "1", generic), ["contacts/1", "2-5/2"]);
    let unknown = r#"{"associationType":"SOMETHING_ELSE","toObjectId":2}"#;
    assert_eq!(changed("contact.associationChange", "contact", "1", unknown), ["contacts/1"]);
    assert!(changed("object.associationChange", "object", "", "{}").is_empty());
}

#[test]
fn what_the_mirror_holds_already_is_no_news() {
    let body = r#"{"id":"7","properties":{"firstname":"Ada","phone":null,"age":"3"}}"#;
    let is_known = |what: &str, raw: &str| HubSpot.is_known(&format!("contact.{what}"), raw.as_bytes(), body);
    let changed = |name: &str, value: &str| {
        let raw = format!(r#"{{"propertyName":"{name}","propertyValue":{value}}}"#);
        is_known("propertyChange", &raw)
    };
    assert!(changed("firstname", r#""Ada""#) && changed("age", r#""3""#));
    assert!(changed("phone", r#""""#) && changed("phone", "null"), "nothing is spelt in two ways");
    assert!(!changed("firstname", r#""Bea""#) && !changed("phone", r#""1""#));
    assert!(!changed("lastname", r#""""#), "what the mirror was never told of may hold anything");
    assert!(!changed("firstname", "7") && !is_known("propertyChange", "nonsense"));
    assert!(is_known("creation", "{}"));
    for what in ["deletion", "merge", "restore", "privacyDeletion", "associationChange"] {
        assert!(!is_known(what, "{}"), "{what}");
    }
}
