//! Pings (Airtable facts 7).

use crate::airtable::Airtable;
use crate::json;
use crate::knocking::*;
use crate::{Provider, Reading};
use http::StatusCode;
use proptest::prelude::*;

/// Facts 7.
const PING: &str = r#"{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},"timestamp":"2022-02-01T21:25:05.663Z"}"#;

#[test]
fn a_ping_at_our_address_is_answered_200_without_a_body() {
    let (answer, count, log) = accepted(Knock::addressed(&Airtable, None, PING).door(&Airtable, &[]));
    assert_eq!((answer.status, answer.body.len(), count), (StatusCode::OK, 0, 1));
    assert_eq!(log, json::alone(PING.as_bytes()));
}

#[test]
fn pings_elsewhere_are_refused_before_they_are_read() {
    for body in [PING, "nonsense"] {
        assert_eq!(refused(&Knock::new(&Airtable, body).door(&Airtable, &["s"])), "url_token_missing");
        let mut other = Knock::addressed(&Airtable, None, body);
        other.url = other.url.replace("/main", "/other").replace("token=", "token=0");
        assert_eq!(refused(&other.door(&Airtable, &["s"])), "url_token_mismatch");
        let ours = Knock::addressed(&Airtable, None, body);
        assert_eq!(refused(&ours.door_with(&Airtable, &["s"], None)), "url_token_unavailable");
    }
    assert_eq!(refused(&Knock::addressed(&Airtable, None, "[]").door(&Airtable, &[])), "body_not_object");
    assert_eq!(refused(&Knock::addressed(&Airtable, None, "").door(&Airtable, &[])), "body_not_json");
}

#[test]
fn a_ping_is_an_event_of_its_base() {
    let event = events(&Airtable, &json::alone(PING.as_bytes())).remove(0);
    assert_eq!((event.kind.as_str(), event.account.as_str()), ("webhook.ping", "app00000000000000"));
    assert_eq!((event.object_type.as_str(), event.object_id.as_str()), ("base", "app00000000000000"));
    assert_eq!(event.id.occurred_at().to_string(), "2022-02-01T21:25:05.663Z");
    assert_eq!(event.id.to_string(), PINNED);
    let other = PING.replace("ach0", "ach1");
    assert_ne!(events(&Airtable, &json::alone(other.as_bytes()))[0].id, event.id);
    for lacking in [r#"{}"#, r#"{"base":{"id":"appA"},"timestamp":"2022-02-01"}"#, &PING.replace("2022", "x")]
    {
        let log = json::alone(lacking.as_bytes());
        assert!(matches!(&Airtable.events(&log).unwrap()[..], [Reading::Unreadable(_)]), "{lacking}");
    }
}

/// Computed apart from this code, from the description of ids: it must never become another.
const PINNED: &str = "evt_01FTVJTJFZ34M4SCAD1THB0GZB";

proptest! {
    #[test]
    fn whatever_is_in_the_log_is_read_or_parked(log in prop_oneof![".{0,80}", r#"\[(\{"base":\{"id":"a[0-9]"\},"webhook":\{"id":"w"\},"timestamp":[0-9]{1,16}\}(,|\]))+"#]) {
        the_log_is_read_and_divided(&Airtable, &log.into());
    }
}
