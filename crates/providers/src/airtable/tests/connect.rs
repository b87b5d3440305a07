//! OAuth and accounts.

use crate::airtable::{Airtable, errors};
use crate::connect::{Account, Connect, OAuth, Refused, Tokens};
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use proptest::prelude::*;
use std::time::Duration;
use syncline_core::secret::Secret;

/// Facts 2.
const TOKENS: &str = r#"{"access_token":"a","refresh_token":"r","token_type":"Bearer ","scope":"data.records:read schema.bases:read","expires_in":3600,"refresh_expires_in":5184000}"#;

fn tokens(status: u16, body: &str) -> Result<Tokens, Refused> {
    Airtable.tokens(&Answer::new(status, body).reply(), NOW)
}

fn account(status: u16, body: &str) -> Result<Account, Fault> {
    Airtable.account(&Answer::new(status, body).reply(), &Secret::new("pat1.2"))
}

#[test]
fn the_browser_goes_to_the_consent_page_with_a_challenge_and_each_scope_once() {
    let (page, query) = asked(
        &Airtable,
        &["data.records:read", "schema.bases:read"],
        &["webhook:manage", "data.records:read"],
    );
    assert_eq!(page, "https://web.example.com/oauth2/v1/authorize");
    assert_eq!(
        query,
        [
            "client_id=id%201",
            "redirect_uri=https%3A%2F%2Fhub.example.com%2Fcallback%3Fa%3Db%20c",
            "response_type=code",
            "scope=data.records%3Aread%20schema.bases%3Aread%20webhook%3Amanage",
            "state=state-0123456789",
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method=S256",
        ]
    );
}

#[test]
fn with_a_secret_the_header_says_who_we_are_and_without_one_the_body() {
    let exchange = |secret| {
        with_app(secret, |app| {
            Airtable.exchange(app, &Secret::new("c"), &Secret::new("v"), "https://hub.example.com/c")
        })
    };
    let body =
        "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fhub.example.com%2Fc&code_verifier=v";
    assert_eq!(
        raw(&exchange("s?>")),
        format!(
            "POST https://web.example.com/oauth2/v1/token\nauthorization: Basic aWQgMTpzPz4= (sensitive)\n\
             content-type: application/x-www-form-urlencoded\n\n{body}"
        )
    );
    assert_eq!(
        raw(&exchange("")),
        format!(
            "POST https://web.example.com/oauth2/v1/token\ncontent-type: application/x-www-form-urlencoded\n\n\
             {body}&client_id=id+1"
        )
    );
    assert_eq!((exchange("s").cost, exchange("s").again), (Cost::Free, Again::LookFirst));
}

#[test]
fn tokens_are_refreshed_and_there_is_no_way_to_revoke_them() {
    let refresh = |secret| with_app(secret, |app| Airtable.refresh(app, &Secret::new("r")));
    assert_eq!(
        raw(&refresh("s")),
        "POST https://web.example.com/oauth2/v1/token\nauthorization: Basic aWQgMTpz (sensitive)\n\
         content-type: application/x-www-form-urlencoded\n\ngrant_type=refresh_token&refresh_token=r"
    );
    assert_eq!(
        raw(&refresh("")),
        "POST https://web.example.com/oauth2/v1/token\ncontent-type: application/x-www-form-urlencoded\n\n\
         grant_type=refresh_token&refresh_token=r&client_id=id+1"
    );
    assert_eq!((refresh("s").cost, refresh("s").again), (Cost::Free, Again::LookFirst));
    assert!(with_app("s", |app| Airtable.revoke(app, &tokens(200, TOKENS).unwrap())).is_none());
}

#[test]
fn tokens_tell_scopes_and_both_ends_and_may_say_bearer_with_a_space() {
    assert_eq!(
        tokens(200, TOKENS).unwrap(),
        Tokens {
            access: Secret::new("a"),
            refresh: Some(Secret::new("r")),
            expires_at: Some(NOW.plus(Duration::from_secs(3600))),
            refresh_expires_at: Some(NOW.plus(Duration::from_secs(60 * 86_400))),
            scopes: vec!["data.records:read".to_owned(), "schema.bases:read".to_owned()],
            account: None,
        }
    );
    for body in ["", "[]", "{}", r#"{"access_token":"a","token_type":"mac"}"#] {
        assert!(matches!(tokens(200, body), Err(Refused::Unreadable(_))), "{body}");
    }
    let far = tokens(200, r#"{"access_token":"a","expires_in":18446744073709551615}"#).unwrap();
    assert!(far.expires_at > Some(NOW), "no wrap");
}

#[test]
fn refusals_are_told_apart_by_status_and_code() {
    for (status, body, kind) in [
        (401, r#"{"error":"invalid_client","error_description":"x"}"#, "app"),
        (400, r#"{"error":"invalid_request","error_description":"x"}"#, "app"),
        (400, r#"{"error":"unsupported_grant_type"}"#, "app"),
        (400, r#"{"error":"invalid_grant","error_description":"x"}"#, "grant"),
        (409, r#"{"error":"invalid_grant"}"#, "just refreshed"),
        (409, "", "just refreshed"),
        (409, "<html>", "later"),
        (400, r#"{"error":{"type":"SOMETHING","message":"x"}}"#, "later"),
        (400, r#"{"error":"server_error"}"#, "later"),
        (429, r#"{"error":{"type":"RATE_LIMIT_REACHED"}}"#, "later"),
        (500, r#"{"error":"invalid_grant"}"#, "later"),
        (503, "<html>", "later"),
    ] {
        assert_eq!(sort(&tokens(status, body).unwrap_err()), kind, "{status} {body}");
    }
    let said = tokens(400, r#"{"error":"invalid_grant","error_description":"Code was used"}"#).unwrap_err();
    assert_eq!(said, Refused::Grant("invalid_grant: Code was used".to_owned()));
    let wait = Some(Duration::from_secs(30));
    let limited = tokens(429, "").unwrap_err();
    let message = "Airtable's limit for a second was reached; again after 30 s".to_owned();
    assert_eq!(limited, Refused::Later { message, wait });
}

#[test]
fn whoami_says_whose_token_it_is() {
    let call = Airtable.identify(&hosts(), &Secret::new("pat1.2"));
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/v0/meta/whoami\nauthorization: Bearer pat1.2 (sensitive)\n\n"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    let id = "usr12345678901234".to_owned();
    assert_eq!(
        account(
            200,
            r#"{"id":"usr12345678901234","email":"ada@example.org","scopes":["data.records:read"]}"#
        ),
        Ok(Account { id: id.clone(), name: "ada@example.org".to_owned() })
    );
    assert_eq!(account(200, r#"{"id":"usr12345678901234"}"#), Ok(Account { id: id.clone(), name: id }));
    for body in ["", "{}", r#"{"id":""}"#, "[]"] {
        assert!(matches!(account(200, body), Err(Fault::Unreadable(_))), "{body}");
    }
    let bad = r#"{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}"#;
    assert_eq!(account(401, bad), Err(Fault::Unauthorized));
}

#[test]
fn a_pasted_token_is_looked_at() {
    let wrong = |key: &str| Airtable.look_at_key(&Secret::new(key));
    assert_eq!(wrong(&format!("pat12345678901234.{}", "0f".repeat(32))), None);
    for bad in ["", "pat", "pat12345678901234", "pat12345678901234.", "pat.0f", "key123", "pat1. 2"] {
        assert!(wrong(bad).is_some(), "{bad}");
    }
    assert_eq!(
        wrong("pat12345678901234"),
        Some("this is only the token's id; the token goes on after a dot")
    );
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        answers_are_survived(&Airtable, errors::fault, &answer);
    }

    #[test]
    fn no_secret_shows(secret in any_secret()) {
        secrets_stay_hidden(&Airtable, &secret);
    }
}
