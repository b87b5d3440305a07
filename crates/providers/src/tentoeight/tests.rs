//! What holds for 10to8. Most bodies are the facts' assumptions (sections 2 and 7): none were seen.

mod load;
mod setup;
mod webhook;
mod write;
mod write_answer;

use super::{TenToEight, errors};
use crate::connect::{Account, Connect};
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use proptest::prelude::*;
use std::time::Duration;
use syncline_core::secret::Secret;

fn read(status: u16, body: &str) -> Fault {
    errors::fault(&Answer::new(status, body).reply())
}

fn account(status: u16, body: &str, key: &str) -> Result<Account, Fault> {
    TenToEight.account(&Answer::new(status, body).reply(), &Secret::new(key))
}

#[test]
fn a_key_is_tested_with_the_first_customer() {
    let call = TenToEight.identify(&hosts(), &Secret::new("k1"));
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/api/enterprise/v2/customer/?include_deleted=False&limit=1\n\
         authorization: token k1 (sensitive)\n\n"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    assert!(TenToEight.oauth().is_none());
}

#[test]
fn the_account_is_known_by_a_fingerprint_of_its_key() {
    let page = r#"{"results":[{"resource_uri":"https://10to8.com/api/enterprise/v2/customer/123/","name":"Ada Lovelace","emails":["ada@example.org"],"numbers":[],"custom_fields":{}}],"next":null}"#;
    // SHA-256 of "abc", FIPS 180-2.
    let known = Account { id: "key-ba7816bf8f01".to_owned(), name: "key-ba7816bf8f01".to_owned() };
    for body in [page, r#"{"results":[],"next":null}"#, r#"{"results":null,"next":null}"#] {
        assert_eq!(account(200, body, "abc"), Ok(known.clone()), "{body}");
    }
    assert_ne!(account(200, page, "abd"), Ok(known));
    for body in ["", "{}", "[]", r#"{"results":7}"#, "<html>"] {
        assert!(matches!(account(200, body, "abc"), Err(Fault::Unreadable(_))), "{body}");
    }
    assert_eq!(account(401, r#"{"detail":"Invalid token."}"#, "abc"), Err(Fault::Unauthorized));
}

#[test]
fn any_plain_text_may_be_a_key() {
    assert_eq!(TenToEight.look_at_key(&Secret::new("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b")), None);
}

#[test]
fn the_wait_is_the_headers_then_the_first_number_of_the_words_then_a_minute() {
    let limited = |seconds| Fault::RateLimited {
        limit: "10to8's limit",
        wait: Some(Duration::from_secs(seconds)),
        passes: true,
    };
    let body = r#"{"detail":"Request was throttled. Expected available in 7 seconds."}"#;
    let both = Answer::new(429, body).with("Retry-After", "9");
    assert_eq!(errors::fault(&both.reply()), limited(9));
    assert_eq!(read(429, body), limited(7));
    assert_eq!(read(429, r#"{"detail":"3 calls; wait 8"}"#), limited(3));
    for silent in [r#"{"detail":"Request was throttled."}"#, r#"{"detail":7}"#, "", "<html>", "[]"] {
        assert_eq!(read(429, silent), limited(60), "{silent}");
    }
    let absurd = r#"{"detail":"in 99999999999999999999999 seconds"}"#;
    assert_eq!(read(429, absurd), limited(60));
}

#[test]
fn every_status_of_facts_7_has_its_meaning() {
    let invalid =
        r#"{"emails":["Enter a valid email address.","Or none."],"name":["This field is required."]}"#;
    let said = "emails: Enter a valid email address. Or none.; name: This field is required.".to_owned();
    assert_eq!(read(400, invalid), Fault::Rejected(said));
    assert_eq!(read(401, r#"{"detail":"Invalid token."}"#), Fault::Unauthorized);
    assert_eq!(read(403, r#"{"detail":"No."}"#), Fault::Forbidden("No.".to_owned()));
    assert_eq!(read(404, r#"{"detail":"Not found."}"#), Fault::Gone);
    assert!(matches!(read(404, "<html>"), Fault::Transient { .. }), "an edge knows no customers");
    for status in [405, 415] {
        assert_eq!(read(status, r#"{"detail":"d"}"#), Fault::Rejected("d".to_owned()));
    }
    let booked = "Customer has future bookings.";
    assert_eq!(read(409, &format!(r#"{{"detail":"{booked}"}}"#)), Fault::Rejected(booked.to_owned()));
    assert_eq!(read(400, "raw text"), Fault::Rejected("HTTP 400: raw text".to_owned()));
    for status in [500, 502, 503, 504] {
        assert!(matches!(read(status, "<html>"), Fault::Transient { wait: None, .. }));
    }
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        answers_are_survived(&TenToEight, errors::fault, &answer);
    }

    #[test]
    fn no_secret_shows(secret in any_secret()) {
        secrets_stay_hidden(&TenToEight, &secret);
    }
}
