//! The door and the events behind it (Notion facts 8).

use crate::json;
use crate::knocking::*;
use crate::notion::Notion;
use crate::{Provider, Reading};
use bytes::Bytes;
use http::StatusCode;
use proptest::prelude::*;
use syncline_core::door::Door;
use syncline_core::signature::{hmac_sha256, to_hex};

const SIGNATURE: &str = "x-notion-signature";
/// Facts 8, with a vector that was checked by hand there.
const HANDSHAKE: &str = r#"{"verification_token":"secret_example"}"#;
const HANDSHAKE_MAC: &str = "sha256=c03804531a21a478ae9d36f0197e76c7bd817d9d7fe14e6dfe3f0673bb9e84f4";
/// Facts 8.
const EVENT: &str = r#"{"id":"e1","timestamp":"2026-01-01T00:00:00.000Z","workspace_id":"w1","workspace_name":"W","subscription_id":"s1","integration_id":"i1",
 "type":"page.properties_updated","api_version":"2025-09-03","attempt_number":1,
 "authors":[{"id":"u1","type":"person"}],"accessible_by":[{"id":"b1","type":"bot"}],
 "entity":{"id":"p1","type":"page"},"data":{"parent":{"id":"d1","type":"database","data_source_id":"ds1"},"updated_properties":["a"]}}"#;

fn mac(token: &str, body: &str) -> String {
    format!("sha256={}", to_hex(&hmac_sha256(token.as_bytes(), &[body.as_bytes()])))
}

fn signed(body: &str) -> Knock {
    Knock::new(&Notion, body).with(SIGNATURE, mac("secret_example", body))
}

#[test]
fn the_first_delivery_brings_the_token_signed_with_itself_or_not_at_all() {
    assert_eq!(mac("secret_example", HANDSHAKE), HANDSHAKE_MAC);
    for knock in
        [Knock::new(&Notion, HANDSHAKE), Knock::new(&Notion, HANDSHAKE).with(SIGNATURE, HANDSHAKE_MAC)]
    {
        for secrets in [&[][..], &["another"][..], &["secret_example"][..]] {
            let door = knock.door(&Notion, secrets);
            assert!(!format!("{door:?}").contains("secret_example"));
            let Door::Handshake { answer, token } = door else { panic!("no handshake") };
            assert_eq!((answer.status, token.expose()), (StatusCode::OK, "secret_example"));
        }
    }
}

#[test]
fn what_is_nearly_a_handshake_is_none() {
    let forged = Knock::new(&Notion, HANDSHAKE).with(SIGNATURE, mac("another", HANDSHAKE));
    assert_eq!(refused(&forged.door(&Notion, &["secret_example"])), "signature_mismatch");
    for body in [
        r#"{"verification_token":"secret_example","type":"page.created"}"#,
        r#"{"verification_token":""}"#,
        r#"{"verification_token":7}"#,
        r#"["verification_token"]"#,
        &format!(r#"{{"verification_token":"{}"}}"#, "x".repeat(1100)),
    ] {
        assert_eq!(refused(&Knock::new(&Notion, body).door(&Notion, &["t"])), "signature_missing", "{body}");
    }
}

#[test]
fn an_event_signed_with_any_of_the_tokens_is_taken_in_as_it_came() {
    for secrets in [&["secret_example"][..], &["new", "secret_example"][..]] {
        let (answer, count, log) = accepted(signed(EVENT).door(&Notion, secrets));
        assert_eq!((answer.status, count, log), (StatusCode::OK, 1, json::alone(EVENT.as_bytes())));
    }
}

#[test]
fn nothing_else_gets_in() {
    let door = |knock: &Knock, secrets: &[&str]| refused(&knock.door(&Notion, secrets));
    assert_eq!(door(&Knock::new(&Notion, EVENT), &["secret_example"]), "signature_missing");
    assert_eq!(door(&signed(EVENT), &["another"]), "signature_mismatch");
    assert_eq!(door(&signed(EVENT), &[]), "signature_mismatch");
    let by_nobody = Knock::new(&Notion, EVENT).with(SIGNATURE, mac("", EVENT));
    assert_eq!(door(&by_nobody, &[""]), "signature_mismatch", "anybody can sign with an empty token");
    let without_scheme = mac("secret_example", EVENT).replace("sha256=", "");
    assert_eq!(
        door(&Knock::new(&Notion, EVENT).with(SIGNATURE, without_scheme), &["secret_example"]),
        "signature_mismatch"
    );
    assert_eq!(door(&signed("[]"), &["secret_example"]), "body_not_object");
    assert_eq!(door(&signed("{} {}"), &["secret_example"]), "body_not_json");
    assert_eq!(door(&signed("nonsense"), &["secret_example"]), "body_not_json");
}

#[test]
fn an_event_is_the_same_in_every_attempt() {
    let log = json::alone(EVENT.as_bytes());
    let event = events(&Notion, &log).remove(0);
    assert_eq!((event.account.as_str(), event.kind.as_str()), ("w1", "page.properties_updated"));
    assert_eq!((event.object_type.as_str(), event.object_id.as_str()), ("page", "p1"));
    assert_eq!((event.property, &event.raw[..]), (None, EVENT.as_bytes()));
    assert_eq!(event.id.occurred_at().as_millis(), 1_767_225_600_000);
    // SHA-256 over the lengths and the parts `notion` and `e1`: it must never become another.
    assert_eq!(event.id.to_string(), PINNED);
    let again = EVENT.replace(r#""attempt_number":1"#, r#""attempt_number":2"#);
    assert_eq!(events(&Notion, &json::alone(again.as_bytes()))[0].id, event.id);
    let other = EVENT.replace(r#""id":"e1""#, r#""id":"e2""#);
    assert_ne!(events(&Notion, &json::alone(other.as_bytes()))[0].id, event.id);
}

/// Computed apart from this code, from the description of ids: it must never become another.
const PINNED: &str = "evt_01KDVDNA0069T5APP1Q5P91RP8";

#[test]
fn what_lacks_what_nothing_goes_on_without_is_parked() {
    for (from, to) in [
        ("\"id\":\"e1\"", "\"id\":7"),
        ("2026-01-01T00:00:00.000Z", "soon"),
        ("\"workspace_id\":\"w1\"", "\"workspace_id\":null"),
        ("page.properties_updated", ""),
    ] {
        let log = json::alone(EVENT.replace(from, to).as_bytes());
        assert!(matches!(&Notion.events(&log).unwrap()[..], [Reading::Unreadable(_)]), "{to}");
    }
    let bare = r#"[{"id":"e","timestamp":"2026-01-01","workspace_id":"w","type":"x.y"}]"#;
    assert_eq!(events(&Notion, &Bytes::from_static(bare.as_bytes()))[0].object_id, "");
}

proptest! {
    #[test]
    fn whatever_is_signed_is_taken_in_and_read_or_refused(body in prop_oneof![".{0,80}", r#"\{"(id|timestamp|type)":("[a-z0-9-]{0,9}"|[0-9]{1,20})\}"#]) {
        if let Door::Accept { log: Some(log), events, .. } = signed(&body).door(&Notion, &["secret_example"]) {
            prop_assert_eq!(Notion.events(&log).unwrap().len(), events);
            the_log_is_read_and_divided(&Notion, &log);
        }
        the_log_is_read_and_divided(&Notion, &body.into());
    }

    #[test]
    fn no_changed_bit_gets_in(at in 0..EVENT.len() * 8) {
        let mut knock = signed(EVENT);
        knock.body[at / 8] ^= 1 << (at % 8);
        prop_assert_eq!(refused(&knock.door(&Notion, &["secret_example"])), "signature_mismatch");
    }

    #[test]
    fn an_object_stays_in_one_partition(events in prop::collection::vec((0..3_u8, 0..5_u8), 0..20)) {
        let event = |(number, (account, object)): (usize, &(u8, u8))| format!(
            r#"{{"id":"e{number}","timestamp":"2026-01-01","workspace_id":"w{account}","type":"t","entity":{{"id":"p{object}"}}}}"#
        );
        let elements: Vec<String> = events.iter().enumerate().map(event).collect();
        the_log_is_read_and_divided(&Notion, &format!("[{}]", elements.join(" ,")).into());
    }
}
