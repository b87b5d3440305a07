//! What errors mean. Bodies as they stand in the facts, sections 1.5, 2, 3.3, 3.5, 4 and 9.

use crate::hubspot::errors::fault;
use crate::testing::Answer;
use crate::wire::Fault;
use std::time::Duration;

fn read(status: u16, body: &str) -> Fault {
    fault(&Answer::new(status, body).reply())
}

fn limited(limit: &'static str, wait: Option<u64>, passes: bool) -> Fault {
    Fault::RateLimited { limit, wait: wait.map(Duration::from_secs), passes }
}

#[test]
fn an_expired_or_unknown_token_is_unauthorized_and_the_wrong_kind_of_token_is_forbidden() {
    for body in [
        r#"{"status":"error","message":"The OAuth token used to make this call expired 12 second(s) ago.","correlationId":"c","category":"EXPIRED_AUTHENTICATION","context":{"expire time":["2026-01-01T00:00:00.000Z"]}}"#,
        r#"{"status":"error","message":"Authentication credentials not found. This API supports OAuth 2.0 authentication","category":"INVALID_AUTHENTICATION"}"#,
        "<html>",
        "",
    ] {
        assert_eq!(read(401, body), Fault::Unauthorized, "{body}");
    }
    let kind = r#"{"status":"error","message":"Give a developer API key in hapikey with a valid appId","category":"INVALID_AUTHENTICATION"}"#;
    assert_eq!(
        read(401, kind),
        Fault::Forbidden("Give a developer API key in hapikey with a valid appId".to_owned())
    );
}

#[test]
fn missing_scopes_are_named_from_either_place() {
    let nested = r#"{"status":"error","message":"This app hasn't been granted all required scopes to make this call.","category":"MISSING_SCOPES","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.read","crm.objects.contacts.write"]}}]}"#;
    let top = r#"{"status":"error","message":"One or more of the following scopes are required.","category":"MISSING_SCOPES","context":{"requiredGranularScopes":["crm.objects.contacts.read","crm.objects.contacts.write"]},"links":{"scopes":"https://developers.hubspot.com/scopes"}}"#;
    for body in [nested, top] {
        let named = "missing scopes: crm.objects.contacts.read, crm.objects.contacts.write";
        assert_eq!(read(403, body), Fault::Forbidden(named.to_owned()));
    }
    let unnamed = r#"{"status":"error","message":"The scope needed for this API call isn't available for public use","category":"MISSING_SCOPES"}"#;
    let said = "The scope needed for this API call isn't available for public use".to_owned();
    assert_eq!(read(403, unnamed), Fault::Forbidden(said));
    let edge = Fault::Transient { message: "HTTP 403".to_owned(), wait: None };
    assert_eq!(read(403, "<html>blocked</html>"), edge);
}

#[test]
fn each_limit_has_the_wait_that_is_known_to_help() {
    let rolling = r#"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","correlationId":"c","policyName":"TEN_SECONDLY_ROLLING","groupName":"publicapi:private_app-api-calls-ten-secondly:1:2"}"#;
    let secondly = r#"{"status":"error","message":"You have reached your secondly limit.","policyName":"SECONDLY","groupName":"publicapi:crm:search:oauth:1"}"#;
    let daily = r#"{"status":"error","message":"You have reached your daily limit.","policyName":"DAILY","requestId":"r"}"#;
    let (ten, one, day) =
        ("HubSpot's limit for ten seconds", "HubSpot's limit for a second", "HubSpot's limit for a day");
    assert_eq!(read(429, rolling), limited(ten, Some(10), true));
    assert_eq!(read(429, secondly), limited(one, Some(1), true));
    assert_eq!(read(429, daily), limited(day, None, false));
    assert_eq!(
        read(429, r#"{"message":"You have reached your ten_secondly_rolling limit."}"#),
        limited(ten, Some(10), true)
    );
    assert_eq!(read(429, "<html>"), limited("a limit of HubSpot's", Some(10), true));
    let interval = Answer::new(429, "").with("X-HubSpot-RateLimit-Interval-Milliseconds", "4000");
    assert_eq!(fault(&interval.reply()), limited("a limit of HubSpot's", Some(4), true));
    let told = Answer::new(429, rolling).with("Retry-After", "3");
    assert_eq!(fault(&told.reply()), limited(ten, Some(3), true), "what the answer says comes first");
}

#[test]
fn what_is_wrong_with_a_record_is_said_briefly() {
    let listed = r#"{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Email address x is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]","category":"VALIDATION_ERROR","errors":[{"message":"Email address x is invalid","code":"INVALID_EMAIL","context":{"propertyName":["email"]}},{"message":"no property"}]}"#;
    let older = r#"{"status":"error","message":"Property values were not valid","validationResults":[{"isValid":false,"message":"Email address x is invalid","error":"INVALID_EMAIL","name":"email"}]}"#;
    assert_eq!(
        read(400, listed),
        Fault::Rejected("email: Email address x is invalid; no property".to_owned())
    );
    assert_eq!(read(400, older), Fault::Rejected("email: Email address x is invalid".to_owned()));
    let duplicate = r#"{"status":"error","message":"Contact already exists. Existing ID: 3930701","correlationId":"c","category":"CONFLICT"}"#;
    let said = "Contact already exists. Existing ID: 3930701".to_owned();
    assert_eq!(read(409, duplicate), Fault::Rejected(said));
    let unlisted = r#"{"status":"error","message":"Duplicate IDs found in batch input: [123456]. IDs must be unique","category":"VALIDATION_ERROR","context":{"ids":["123456"]}}"#;
    assert!(matches!(read(400, unlisted), Fault::Rejected(said) if said.starts_with("Duplicate IDs")));
}

#[test]
fn both_bodies_of_404_mean_that_it_is_gone_and_an_edges_page_does_not() {
    for body in [
        r#"{"status":"error","message":"resource not found","correlationId":"c"}"#,
        r#"{"status":"error","message":"Object not found.  objectId are usually numeric.","correlationId":"c","context":{"id":["x"]},"category":"OBJECT_NOT_FOUND"}"#,
        "",
    ] {
        assert_eq!(read(404, body), Fault::Gone, "{body}");
    }
    let page = read(404, "<!DOCTYPE html><title>404</title>");
    assert_eq!(page, Fault::Transient { message: "HTTP 404".to_owned(), wait: None });
}

#[test]
fn the_odd_statuses_mean_what_facts_9_says() {
    let problem = r#"{"status":"error","message":"There was a problem with the request."}"#;
    let plan = "the account's plan does not include it (There was a problem with the request.)";
    assert_eq!(read(402, problem), Fault::Forbidden(plan.to_owned()));
    assert_eq!(read(414, "<html>"), Fault::Rejected("HTTP 414".to_owned()));
    let merge = r#"{"message":"Cannot have more than 250 identities on a profile"}"#;
    assert!(matches!(read(414, merge), Fault::Rejected(said) if said.starts_with("Cannot have")));
    let locked = Fault::Transient { message: "HTTP 423".to_owned(), wait: Some(Duration::from_secs(2)) };
    assert_eq!(read(423, ""), locked);
    for status in [500, 502, 503, 504, 521, 522, 523, 524, 525, 526] {
        for body in ["", "<html>", problem, "error code: 1015"] {
            assert!(matches!(read(status, body), Fault::Transient { wait: None, .. }), "{status}");
        }
    }
}

#[test]
fn an_account_that_moves_says_when_in_seconds_and_at_most_a_day() {
    for (header, wait) in [
        (None, None),
        (Some("3600"), Some(3600)),
        (Some("86400"), Some(86_400)),
        (Some("900000"), Some(86_400)),
    ] {
        let answer = Answer::new(477, "");
        let answer = if let Some(header) = header { answer.with("Retry-After", header) } else { answer };
        let message = "the account is being moved".to_owned();
        assert_eq!(fault(&answer.reply()), Fault::Transient { message, wait: wait.map(Duration::from_secs) });
    }
}

#[test]
fn every_field_of_an_error_may_be_missing_or_of_another_type() {
    for body in [
        "{}",
        "[]",
        "null",
        "7",
        r#"{"message":7,"errors":{},"category":[]}"#,
        r#"{"errors":[7,{"context":7}],"category":"VALIDATION_ERROR"}"#,
    ] {
        assert!(matches!(read(400, body), Fault::Rejected(_)), "{body}");
        assert!(matches!(read(403, body), Fault::Forbidden(_)), "{body}");
        assert!(matches!(read(429, body), Fault::RateLimited { .. }), "{body}");
    }
}
