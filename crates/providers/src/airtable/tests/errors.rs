//! What errors mean.

use crate::airtable::errors::fault;
use crate::testing::Answer;
use crate::wire::Fault;
use std::time::Duration;

fn read(status: u16, body: &str) -> Fault {
    fault(&Answer::new(status, body).reply())
}

#[test]
fn a_429_is_a_penalty_of_half_a_minute_or_the_end_of_the_month() {
    let second = |wait| Fault::RateLimited {
        limit: "Airtable's limit for a second",
        wait: Some(Duration::from_secs(wait)),
        passes: true,
    };
    let reached =
        r#"{"error":{"type":"RATE_LIMIT_REACHED","message":"Rate limit exceeded. Please try again later"}}"#;
    for body in [reached, "", "<html>", r#"{"error":"RATE_LIMIT_REACHED"}"#] {
        assert_eq!(read(429, body), second(30), "{body}");
    }
    assert_eq!(fault(&Answer::new(429, reached).with("Retry-After", "40").reply()), second(40));
    let month = Fault::RateLimited {
        limit: "what the workspace's plan allows in a month",
        wait: None,
        passes: false,
    };
    for body in [
        r#"{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"x"}}"#,
        r#"{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED"}"#,
    ] {
        assert_eq!(read(429, body), month);
    }
}

#[test]
fn unprocessable_requests_are_refused_with_type_and_message() {
    for (body, said) in [
        (
            r#"{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}"#,
            "LIST_RECORDS_ITERATOR_NOT_AVAILABLE",
        ),
        (
            r#"{"error":{"type":"INVALID_OFFSET_VALUE","message":"The value of offset x is invalid"}}"#,
            "INVALID_OFFSET_VALUE: The value of offset x is invalid",
        ),
        (
            r#"{"error":{"type":"INVALID_MULTIPLE_CHOICE_OPTIONS","message":"m"}}"#,
            "INVALID_MULTIPLE_CHOICE_OPTIONS: m",
        ),
        (r#"{"error":{"type":"INVALID_REQUEST_UNKNOWN","message":"m"}}"#, "INVALID_REQUEST_UNKNOWN: m"),
        (r#"{"error":{"message":"m"}}"#, "m"),
        (r#"{"error":"INVALID"}"#, "INVALID"),
        ("", "HTTP 422"),
        ("{}", "HTTP 422: {}"),
    ] {
        assert_eq!(read(422, body), Fault::Rejected(said.to_owned()));
    }
}

#[test]
fn every_other_status_of_facts_8_has_its_meaning() {
    let required = r#"{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}"#;
    assert_eq!(read(401, required), Fault::Unauthorized);
    for kind in ["INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "INVALID_PERMISSIONS"] {
        let body = format!(r#"{{"error":{{"type":"{kind}","message":"m"}}}}"#);
        assert_eq!(read(403, &body), Fault::Forbidden(format!("{kind}: m")));
    }
    for body in [r#"{"error":"NOT_FOUND"}"#, r#"{"error":{"type":"NOT_FOUND"}}"#] {
        assert_eq!(read(404, body), Fault::Gone);
    }
    assert!(matches!(read(404, "<html>"), Fault::Transient { .. }), "an edge knows no records");
    assert_eq!(read(400, "bad JSON"), Fault::Rejected("HTTP 400: bad JSON".to_owned()));
    assert_eq!(read(413, ""), Fault::Rejected("HTTP 413".to_owned()));
    for status in [500, 502, 503] {
        let message = format!("HTTP {status}");
        assert_eq!(read(status, "<html>"), Fault::Transient { message, wait: None });
    }
    let retriable = Answer::new(503, r#"{"error":{"type":"RETRIABLE_ERROR","message":"m"}}"#);
    let message = "RETRIABLE_ERROR: m".to_owned();
    let wait = Some(Duration::from_secs(4));
    assert_eq!(fault(&retriable.with("Retry-After", "4").reply()), Fault::Transient { message, wait });
}
