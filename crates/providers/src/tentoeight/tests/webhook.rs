//! Notifications (10to8 facts 6).

use crate::knocking::*;
use crate::tentoeight::TenToEight;
use crate::{Provider, Reading};
use bytes::Bytes;
use http::StatusCode;
use proptest::prelude::*;
use serde_json::json;

/// Facts 6.
const BODY: &str = r#"{"scope":"customer","items":["https://10to8.com/api/enterprise/v2/customer/123/","https://10to8.com/api/enterprise/v2/customer/124/"]}"#;

fn addressed(body: &str) -> Knock {
    Knock::addressed(&TenToEight, Some("key-ba7816bf8f01"), body)
}

#[test]
fn every_customer_in_a_notification_is_an_event_of_the_account_in_the_address() {
    let (answer, count, log) = accepted(addressed(BODY).door(&TenToEight, &[]));
    assert_eq!((answer.status, count), (StatusCode::OK, 2));
    let found = events(&TenToEight, &log);
    let uris: Vec<&str> = found.iter().map(|event| event.object_id.as_str()).collect();
    let uri = |id| format!("https://10to8.com/api/enterprise/v2/customer/{id}/");
    assert_eq!(uris, [uri(123), uri(124)]);
    assert!(
        found.iter().all(|event| event.account == "key-ba7816bf8f01" && event.kind == "customer.changed")
    );
    assert!(found.iter().all(|event| event.object_type == "customer"));
    assert_eq!(found[0].id.occurred_at().to_string(), "2026-01-01T00:00:00.000Z", "when it arrived");
    assert_eq!(found[0].id.to_string(), PINNED);
    assert_ne!(found[0].id, found[1].id);
    assert!(!String::from_utf8_lossy(&log).contains("token"), "the address stays out of the log");
    the_log_is_read_and_divided(&TenToEight, &log);
}

/// Computed apart from this code, from the description of ids: it must never become another.
const PINNED: &str = "evt_01KDVDNA00VWWZ0F3SEMHRJ7S6";

#[test]
fn other_scopes_and_notifications_without_items_are_answered_and_hold_nothing() {
    for body in [
        r#"{"scope":"booking","items":["https://10to8.com/x"]}"#,
        r#"{"scope":"customer"}"#,
        r#"{"scope":"customer","items":null}"#,
        r#"{"scope":"customer","items":[]}"#,
        "{}",
    ] {
        let (answer, count, _) = accepted(addressed(body).door(&TenToEight, &[]));
        assert_eq!((answer.status, count), (StatusCode::OK, 0), "{body}");
    }
}

#[test]
fn nothing_gets_in_without_an_address_of_ours() {
    let door = |knock: &Knock| refused(&knock.door(&TenToEight, &[]));
    for body in [BODY, "nonsense"] {
        assert_eq!(door(&Knock::new(&TenToEight, body)), "url_token_missing");
        let mut other = addressed(body);
        other.url = other.url.replace("key-ba78", "key-0000");
        assert_eq!(door(&other), "url_token_mismatch", "another account's");
        assert_eq!(refused(&addressed(body).door_with(&TenToEight, &[], None)), "url_token_unavailable");
    }
    assert_eq!(door(&Knock::addressed(&TenToEight, None, BODY)), "url_token_missing", "nobody's account");
    assert_eq!(door(&addressed("[]")), "body_not_object");
    assert_eq!(door(&addressed("nonsense")), "body_not_json");
    let many = json!({ "scope": "customer", "items": vec!["x"; 1001] }).to_string();
    assert_eq!(door(&addressed(&many)), "too_many_events");
}

#[test]
fn an_item_that_is_no_uri_is_parked_and_the_others_go_on() {
    let body = r#"{"scope":"customer","items":[7,1e999,"https://10to8.com/api/enterprise/v2/customer/123/",""],"x":1e999}"#;
    let (_, count, log) = accepted(addressed(body).door(&TenToEight, &[]));
    let readings = TenToEight.events(&log).unwrap();
    assert_eq!(count, 4);
    let is_event = |reading: &Reading| matches!(reading, Reading::Event(_));
    assert_eq!(readings.iter().map(is_event).collect::<Vec<_>>(), [false, false, true, false]);
    let Reading::Unreadable(number) = &readings[1] else { panic!("{readings:?}") };
    assert!(String::from_utf8_lossy(&number.raw).contains("1e999"), "as it was written: {number:?}");
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(body in ".{0,60}", items in prop::collection::vec(".{0,20}", 0..6)) {
        the_log_is_read_and_divided(&TenToEight, &Bytes::from(body.clone()));
        let listed = json!({ "scope": "customer", "items": items }).to_string();
        let (_, count, log) = accepted(addressed(&listed).door(&TenToEight, &[]));
        prop_assert_eq!(TenToEight.events(&log).unwrap().len(), count);
        the_log_is_read_and_divided(&TenToEight, &log);
    }
}
