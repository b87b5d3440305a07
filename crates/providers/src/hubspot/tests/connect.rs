//! OAuth and accounts. Bodies as they stand in the facts, sections 1.2 to 1.4 and 8.3.

use crate::connect::{Account, Connect, OAuth, Refused, Tokens};
use crate::hubspot::{HubSpot, errors};
use crate::testing::*;
use crate::wire::{Again, Cost, Fault};
use proptest::prelude::*;
use std::time::Duration;
use syncline_core::secret::Secret;

/// Facts 1.2.
const TOKENS: &str = r#"{"token_type":"bearer","token_use":"access_token","refresh_token":"na1-r","access_token":"a","expires_in":1800,
 "hub_id":62515,"user_id":42,"scopes":["oauth","crm.objects.contacts.read"]}"#;

fn tokens(status: u16, body: &str) -> Result<Tokens, Refused> {
    HubSpot.tokens(&Answer::new(status, body).reply(), NOW)
}

#[test]
fn the_browser_goes_to_the_consent_page_with_all_that_facts_1_1_lists() {
    let (page, query) = asked(&HubSpot, &["oauth", "crm.a"], &["crm.b", "crm.a", "crm.b"]);
    assert_eq!(page, "https://web.example.com/oauth/authorize");
    assert_eq!(
        query,
        [
            "client_id=id%201",
            "redirect_uri=https%3A%2F%2Fhub.example.com%2Fcallback%3Fa%3Db%20c",
            "scope=oauth%20crm.a",
            "optional_scope=crm.b",
            "state=state-0123456789",
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method=S256",
        ]
    );
    let (_, query) = asked(&HubSpot, &["oauth"], &[]);
    assert!(!query.iter().any(|parameter| parameter.starts_with("optional_scope")), "{query:?}");
}

#[test]
fn a_code_is_exchanged_with_secret_and_verifier_in_the_body() {
    let (code, verifier) = (Secret::new("na1-c/1"), Secret::new("v"));
    let call = with_app("s&1", |app| HubSpot.exchange(app, &code, &verifier, "https://hub.example.com/c"));
    assert_eq!(
        raw(&call),
        "POST https://api.example.com/oauth/2026-09/token\ncontent-type: application/x-www-form-urlencoded\n\n\
         grant_type=authorization_code&client_id=id+1&client_secret=s%261&\
         redirect_uri=https%3A%2F%2Fhub.example.com%2Fc&code=na1-c%2F1&code_verifier=v"
    );
    assert_eq!((call.cost, call.again), (Cost::Free, Again::LookFirst));
}

#[test]
fn tokens_are_refreshed_and_revoked_on_the_dated_paths() {
    let call = with_app("s", |app| HubSpot.refresh(app, &Secret::new("na1-r")));
    assert_eq!(
        raw(&call),
        "POST https://api.example.com/oauth/2026-09/token\ncontent-type: application/x-www-form-urlencoded\n\n\
         grant_type=refresh_token&client_id=id+1&client_secret=s&refresh_token=na1-r"
    );
    assert_eq!((call.cost, call.again), (Cost::Free, Again::Always));
    let both = tokens(200, TOKENS).unwrap();
    let access_only = Tokens { refresh: None, ..both.clone() };
    for (tokens, sent) in [
        (both, "token=na1-r&token_type_hint=refresh_token"),
        (access_only, "token=a&token_type_hint=access_token"),
    ] {
        let call = with_app("s", |app| HubSpot.revoke(app, &tokens)).unwrap();
        assert_eq!(
            raw(&call),
            format!(
                "POST https://api.example.com/oauth/2026-09/token/revoke\n\
                 content-type: application/x-www-form-urlencoded\n\nclient_id=id+1&client_secret=s&{sent}"
            )
        );
        assert_eq!((call.cost, call.again), (Cost::Free, Again::Always));
    }
}

#[test]
fn tokens_tell_account_scopes_and_when_they_end() {
    let known = tokens(200, TOKENS).unwrap();
    assert_eq!(
        known,
        Tokens {
            access: Secret::new("a"),
            refresh: Some(Secret::new("na1-r")),
            expires_at: Some(NOW.plus(Duration::from_secs(1800))),
            refresh_expires_at: None,
            scopes: vec!["oauth".to_owned(), "crm.objects.contacts.read".to_owned()],
            account: Some(Account { id: "62515".to_owned(), name: "62515".to_owned() }),
        }
    );
    let v1 = r#"{"token_type":"bearer","refresh_token":"r","access_token":"a","expires_in":"1800"}"#;
    let less = tokens(200, v1).unwrap();
    assert_eq!((less.account, less.scopes.len(), less.expires_at), (None, 0, known.expires_at));
}

#[test]
fn a_success_without_a_usable_token_is_not_understood() {
    for body in [
        "",
        "null",
        "[]",
        "<html>",
        "{}",
        r#"{"access_token":""}"#,
        r#"{"access_token":7}"#,
        r#"{"access_token":"a","token_type":"mac"}"#,
    ] {
        assert!(matches!(tokens(200, body), Err(Refused::Unreadable(_))), "{body}");
    }
    assert!(matches!(tokens(204, ""), Err(Refused::Unreadable(_))));
}

#[test]
fn both_shapes_of_every_oauth_error_are_told_apart() {
    for (status, body, kind) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"refresh token is invalid, expired or revoked","status":"BAD_REFRESH_TOKEN","message":"refresh token is invalid, expired or revoked"}"#,
            "grant",
        ),
        (
            400,
            r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token","correlationId":"c"}"#,
            "grant",
        ),
        (400, r#"{"error":"invalid_grant","error_description":"x"}"#, "grant"),
        (400, r#"{"status":"BAD_AUTH_CODE","message":"missing or unknown auth code"}"#, "grant"),
        (400, r#"{"status":"BAD_CODE_VERIFIER"}"#, "grant"),
        (400, r#"{"status":"BAD_HUB","message":"missing or unknown hub id"}"#, "grant"),
        (
            403,
            r#"{"status":"BAD_HUB","error":"access_denied","message":"missing or unknown hub id"}"#,
            "grant",
        ),
        (400, r#"{"status":"BAD_CLIENT_ID","message":"missing or unknown client id"}"#, "app"),
        (
            400,
            r#"{"status":"BAD_CLIENT_SECRET","error":"invalid_client","message":"missing or invalid client secret"}"#,
            "app",
        ),
        (
            400,
            r#"{"status":"BAD_REDIRECT_URI","error":"invalid_grant","message":"redirect URI mismatch"}"#,
            "app",
        ),
        (400, r#"{"status":"BAD_GRANT_TYPE","message":"missing or unknown grant type"}"#, "app"),
        (400, r#"{"status":"BAD_SCOPES"}"#, "app"),
        (401, r#"{"error":"invalid_client"}"#, "app"),
        (401, r#"{"status":"BAD_SOMETHING_NEW"}"#, "app"),
        (400, r#"{"status":"BAD_SOMETHING_NEW"}"#, "later"),
        (400, r#"{"status":"error","message":"?"}"#, "later"),
        (500, r#"{"status":"BAD_REFRESH_TOKEN"}"#, "later"),
        (502, "<html><h1>Bad gateway</h1></html>", "later"),
        (403, "<html><h1>Blocked</h1></html>", "later"),
        (401, "<html>", "later"),
        (400, "", "later"),
    ] {
        assert_eq!(sort(&tokens(status, body).unwrap_err()), kind, "{status} {body}");
    }
    let said = tokens(400, r#"{"status":"BAD_HUB","message":"missing or unknown hub id"}"#).unwrap_err();
    assert_eq!(said, Refused::Grant("BAD_HUB: missing or unknown hub id".to_owned()));
}

#[test]
fn the_token_endpoint_has_a_limit_of_its_own() {
    let body = r#"{"status":"error","message":"You have reached your rate limit.","policyName":"SECONDLY"}"#;
    let message = "HubSpot's limit for a second was reached; again after 1 s".to_owned();
    assert_eq!(tokens(429, body), Err(Refused::Later { message, wait: Some(Duration::from_secs(1)) }));
}

#[test]
fn account_details_say_whose_token_it_is() {
    let call = HubSpot.identify(&hosts(), &Secret::new("pat-na1-1"));
    assert_eq!(
        raw(&call),
        "GET https://api.example.com/account-info/2026-09/details\nauthorization: Bearer pat-na1-1 (sensitive)\n\n"
    );
    assert_eq!((call.cost, call.again), (Cost::Call, Again::Always));
    for (body, name) in [
        (
            r#"{"portalId":62515,"accountType":"STANDARD","timeZone":"US/Eastern","uiDomain":"app-eu1.hubspot.com"}"#,
            "62515 (app-eu1.hubspot.com)",
        ),
        (
            r#"{"portalId":62515,"accountType":"DEVELOPER_TEST","uiDomain":"app.hubspot.com"}"#,
            "62515 (app.hubspot.com, developer test)",
        ),
        (r#"{"portalId":"62515"}"#, "62515"),
    ] {
        let account = HubSpot.account(&Answer::new(200, body).reply(), &Secret::new("t"));
        assert_eq!(account, Ok(Account { id: "62515".to_owned(), name: name.to_owned() }));
    }
    for body in ["", "{}", r#"{"portalId":null}"#, r#"{"portalId":[]}"#] {
        let account = HubSpot.account(&Answer::new(200, body).reply(), &Secret::new("t"));
        assert!(matches!(account, Err(Fault::Unreadable(_))), "{body}");
    }
}

#[test]
fn a_pasted_key_is_looked_at() {
    let wrong = |key: &str| HubSpot.look_at_key(&Secret::new(key));
    for fine in ["pat-na1-91d91373-8e94-4872-893c-e7d080224a56", "pat-eu1-x", "any-service-key"] {
        assert_eq!(wrong(fine), None, "{fine}");
    }
    for bad in ["", "pat-", "pat-na1", "pat-na1-", "pat-na1-1 2"] {
        assert!(wrong(bad).is_some(), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_answer_makes_a_reader_panic(answer in any_answer()) {
        answers_are_survived(&HubSpot, errors::fault, &answer);
    }

    #[test]
    fn no_secret_shows(secret in any_secret()) {
        secrets_stay_hidden(&HubSpot, &secret);
    }
}
