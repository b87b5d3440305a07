//! OAuth and accounts.

use crate::connect::{Account, Connect, OAuth, Refused, Tokens};
use crate::notion::{Notion, errors};
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use proptest::prelude::*;
use std::time::Duration;
use syncline_core::secret::Secret;

/// Facts 2.
const TOKENS: &str = r#"{"access_token":"a","token_type":"bearer","refresh_token":"r","bot_id":"b","workspace_id":"1f6d7c1e-93a4-4f0e-8d2b-0c5a7e9b1d3f",
 "workspace_name":"Ada's","workspace_icon":null,"duplicated_template_id":null,
 "owner":{"type":"user","user":{"object":"user","id":"u","type":"person","name":null,"avatar_url":null,"person":{"email":"ada@example.org"}}},
 "request_id":"q"}"#;
const WORKSPACE: &str = "1f6d7c1e-93a4-4f0e-8d2b-0c5a7e9b1d3f";

fn tokens(status: u16, body: &str) -> Result<Tokens, Refused> {
    Notion.tokens(&Answer::new(status, body).reply(), NOW)
}

fn account(status: u16, body: &str) -> Result<Account, Fault> {
    Notion.account(&Answer::new(status, body).reply(), &Secret::new("ntn_1"))
}

#[test]
fn the_browser_goes_to_the_consent_page_without_scopes() {
    let (page, query) = asked(&Notion, &["ignored"], &["too"]);
    assert_eq!(page, "https://web.example.com/v1/oauth/authorize");
    assert_eq!(
        query,
        [
            "client_id=id%201",
            "response_type=code",
            "owner=user",
            "redirect_uri=https%3A%2F%2Fhub.example.com%2Fcallback%3Fa%3Db%20c",
            "state=state-0123456789",
        ]
    );
}

#[test]
fn a_code_is_exchanged_with_basic_credentials_and_json() {
    let call = with_app("s", |app| {
        Notion.exchange(app, &Secret::new("c\"1"), &Secret::new("verifier"), "https://hub.example.com/c")
    });
    assert_eq!(
        raw(&call),
        "POST https://api.example.com/v1/oauth/token\nauthorization: Basic aWQgMTpz (sensitive)\n\
         content-type: application/json\nnotion-version: 2026-03-11\n\n\
         {\"code\":\"c\\\"1\",\"grant_type\":\"authorization_code\",\"redirect_uri\":\"https://hub.example.com/c\"}"
    );
    assert_eq!((call.cost, call.again), (Cost::Free, Again::LookFirst));
}

#[test]
fn tokens_are_refreshed_and_revoked() {
    let head = "authorization: Basic aWQgMTpz (sensitive)\ncontent-type: application/json\nnotion-version: 2026-03-11\n\n";
    let refresh = with_app("s", |app| Notion.refresh(app, &Secret::new("r")));
    let body = r#"{"grant_type":"refresh_token","refresh_token":"r"}"#;
    assert_eq!(raw(&refresh), format!("POST https://api.example.com/v1/oauth/token\n{head}{body}"));
    assert_eq!((refresh.cost, refresh.again), (Cost::Free, Again::LookFirst));
    let revoke = with_app("s", |app| Notion.revoke(app, &tokens(200, TOKENS).unwrap())).unwrap();
    let body = r#"{"token":"a"}"#;
    assert_eq!(raw(&revoke), format!("POST https://api.example.com/v1/oauth/revoke\n{head}{body}"));
    assert_eq!((revoke.cost, revoke.again), (Cost::Free, Again::Always));
}

#[test]
fn tokens_tell_the_workspace_and_no_end() {
    let known = tokens(200, TOKENS).unwrap();
    assert_eq!(
        known,
        Tokens {
            access: Secret::new("a"),
            refresh: Some(Secret::new("r")),
            expires_at: None,
            refresh_expires_at: None,
            scopes: Vec::new(),
            account: Some(Account { id: WORKSPACE.to_owned(), name: "Ada's".to_owned() }),
        }
    );
    let old = tokens(200, &TOKENS.replace(r#""r""#, "null").replace(r#""Ada's""#, "null")).unwrap();
    assert_eq!((old.refresh, old.account.unwrap().name), (None, WORKSPACE.to_owned()));
    for body in ["", "[]", "{}", r#"{"access_token":null}"#] {
        assert!(matches!(tokens(200, body), Err(Refused::Unreadable(_))), "{body}");
    }
}

#[test]
fn both_shapes_of_every_oauth_error_are_told_apart() {
    for (status, code, kind) in [
        (400, "invalid_grant", "grant"),
        (400, "invalid_request", "app"),
        (400, "unauthorized_client", "app"),
        (400, "unsupported_grant_type", "app"),
        (400, "invalid_scope", "app"),
        (400, "validation_error", "app"),
        (400, "missing_version", "app"),
        (401, "invalid_client", "app"),
        (401, "unauthorized", "app"),
        (403, "test_env_error", "app"),
        (400, "something_new", "later"),
        (429, "rate_limited", "later"),
        (500, "internal_server_error", "later"),
        (503, "service_unavailable", "later"),
        (529, "service_overload", "later"),
    ] {
        let own = format!(
            r#"{{"object":"error","status":{status},"code":"{code}","message":"why","request_id":"q"}}"#
        );
        let usual = format!(r#"{{"error":"{code}","error_description":"why"}}"#);
        for body in [own, usual] {
            assert_eq!(sort(&tokens(status, &body).unwrap_err()), kind, "{status} {body}");
        }
    }
    let said = tokens(400, r#"{"error":"invalid_grant","error_description":"was rotated"}"#).unwrap_err();
    assert_eq!(said, Refused::Grant("invalid_grant: was rotated".to_owned()));
    assert_eq!(sort(&tokens(403, "<html>").unwrap_err()), "later");
    let busy = Answer::new(529, "").with("retry-after", "7");
    let refused = Notion.tokens(&busy.reply(), NOW).unwrap_err();
    assert!(matches!(refused, Refused::Later { wait, .. } if wait == Some(Duration::from_secs(7))));
}

#[test]
fn the_bot_says_whose_token_it_is() {
    let call = Notion.identify(&hosts(), &Secret::new("ntn_1"));
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/v1/users/me\nauthorization: Bearer ntn_1 (sensitive)\nnotion-version: 2026-03-11\n\n"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    let bot = format!(
        r#"{{"object":"user","id":"b","type":"bot","name":"Sync","avatar_url":null,"bot":{{"owner":{{"type":"workspace","workspace":true}},"workspace_id":"{WORKSPACE}","workspace_name":"Ada's","workspace_limits":{{"max_file_upload_size_in_bytes":5242880}}}}}}"#
    );
    assert_eq!(account(200, &bot), Ok(Account { id: WORKSPACE.to_owned(), name: "Ada's".to_owned() }));
    for body in ["", "{}", r#"{"bot":{}}"#, r#"{"object":"user","type":"person","person":{}}"#] {
        assert!(matches!(account(200, body), Err(Fault::Unreadable(_))), "{body}");
    }
    let bad = r#"{"object":"error","status":401,"code":"unauthorized","message":"API token is invalid."}"#;
    assert_eq!(account(401, bad), Err(Fault::Unauthorized));
}

#[test]
fn any_plain_text_may_be_a_key() {
    for fine in ["ntn_123", "secret_123", "of-a-kind-to-come"] {
        assert_eq!(Notion.look_at_key(&Secret::new(fine)), None, "{fine}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        answers_are_survived(&Notion, errors::fault, &answer);
    }

    #[test]
    fn no_secret_shows(secret in any_secret()) {
        secrets_stay_hidden(&Notion, &secret);
    }
}
