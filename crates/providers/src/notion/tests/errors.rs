//! What errors mean.

use crate::notion::errors::fault;
use crate::testing::Answer;
use crate::wire::Fault;
use serde_json::{Value, json};
use std::time::Duration;

fn read(status: u16, body: &str) -> Fault {
    fault(&Answer::new(status, body).reply())
}

/// An error as Notion writes them (facts 9).
fn error(status: u16, code: &str, more: &Value) -> String {
    json!({ "object": "error", "status": status, "code": code, "message": "why", "request_id": "q", "additional_data": more })
        .to_string()
}

fn limited(limit: &'static str, wait: Option<u64>, passes: bool) -> Fault {
    Fault::RateLimited { limit, wait: wait.map(Duration::from_secs), passes }
}

#[test]
fn every_status_and_code_of_facts_9_has_its_meaning() {
    let none = json!({});
    let said = |code: &str| format!("{code}: why");
    for code in [
        "invalid_json",
        "invalid_request_url",
        "invalid_request",
        "validation_error",
        "missing_version",
        "invalid_beta",
    ] {
        assert_eq!(read(400, &error(400, code, &none)), Fault::Rejected(said(code)));
    }
    assert_eq!(read(401, &error(401, "unauthorized", &none)), Fault::Unauthorized);
    let restricted = error(403, "restricted_resource", &json!({ "block_limit": "1000" }));
    assert_eq!(read(403, &restricted), Fault::Forbidden(said("restricted_resource")));
    assert_eq!(read(404, &error(404, "object_not_found", &none)), Fault::Gone);
    let conflict = Fault::Transient { message: said("conflict_error"), wait: None };
    assert_eq!(read(409, &error(409, "conflict_error", &none)), conflict);
    let full = read(409, &error(409, "row_limit_exceeded", &none));
    assert_eq!(full, Fault::Rejected(said("row_limit_exceeded")));
    assert_eq!(read(413, ""), Fault::Rejected("HTTP 413".to_owned()));
    for (status, code) in [
        (500, "internal_server_error"),
        (502, "bad_gateway"),
        (503, "service_unavailable"),
        (503, "database_connection_unavailable"),
        (504, "gateway_timeout"),
    ] {
        let failed = Fault::Transient { message: said(code), wait: None };
        assert_eq!(read(status, &error(status, code, &none)), failed);
    }
}

#[test]
fn an_edges_page_is_no_lack_of_permission() {
    let page =
        Answer::new(403, "<!DOCTYPE html><title>Attention Required!</title>").with("cf-ray", "8f0-LHR");
    assert_eq!(fault(&page.reply()), Fault::Transient { message: "HTTP 403".to_owned(), wait: None });
}

#[test]
fn the_reason_of_a_429_says_which_limit_and_whether_it_passes() {
    let body = |reason: &str| {
        error(429, "rate_limited", &json!({ "rate_limit_reason": reason, "retry_after": "12" }))
    };
    for (reason, limit) in [
        ("public_api_request_rate_limit", "Notion's limit for the connection"),
        ("public_api_space_request_rate_limit", "Notion's limit for the workspace"),
        ("public_api_endpoint_rate_limit", "Notion's limit for this kind of call"),
        ("something_new", "a limit of Notion's"),
    ] {
        assert_eq!(read(429, &body(reason)), limited(limit, Some(12), true));
    }
    let blocked = limited("the point where Notion blocks a connection", None, false);
    assert_eq!(read(429, &body("public_api_request_blocked")), blocked);
}

#[test]
fn the_wait_is_the_headers_then_the_bodys_then_a_window() {
    let limit = "Notion's limit for the workspace";
    let body = |wait: &str| {
        let more = json!({ "rate_limit_reason": "public_api_space_request_rate_limit", "retry_after": wait });
        error(429, "rate_limited", &more)
    };
    let both = Answer::new(429, body("12")).with("Retry-After", "300");
    assert_eq!(fault(&both.reply()), limited(limit, Some(300), true), "longer than a window is not cut");
    let date = Answer::new(429, body("12")).with("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT");
    assert_eq!(fault(&date.reply()), limited(limit, Some(12), true));
    assert_eq!(read(429, &body("soon")), limited(limit, Some(60), true));
    assert_eq!(read(429, "<html>"), limited("a limit of Notion's", Some(60), true));
    let overload = Answer::new(529, error(529, "service_overload", &json!({}))).with("Retry-After", "5");
    assert_eq!(fault(&overload.reply()), limited("Notion's capacity", Some(5), true));
}

#[test]
fn a_503_that_gives_advice_or_names_what_it_made_may_have_done_it() {
    let guided = json!({ "retry_guidance": ["read before you repeat"], "from": "x", "elapsed_ms": "55001", "deadline_ms": "55000" });
    let made = json!({ "committed_resource_id": "1f6d7c1e-93a4-4f0e-8d2b-0c5a7e9b1d3f", "committed_child_ids": ["c"] });
    let said = "service_unavailable: why";
    assert_eq!(
        read(503, &error(503, "service_unavailable", &guided)),
        Fault::MaybeCommitted(said.to_owned())
    );
    let look = format!("{said} (look at 1f6d7c1e-93a4-4f0e-8d2b-0c5a7e9b1d3f)");
    assert_eq!(read(503, &error(503, "service_unavailable", &made)), Fault::MaybeCommitted(look));
    let empty = error(503, "service_unavailable", &json!({ "retry_guidance": [] }));
    assert!(matches!(read(503, &empty), Fault::Transient { .. }));
    let told = Answer::new(503, error(503, "service_unavailable", &json!({}))).with("Retry-After", "9");
    let message = said.to_owned();
    assert_eq!(fault(&told.reply()), Fault::Transient { message, wait: Some(Duration::from_secs(9)) });
}

#[test]
fn several_data_sources_behind_one_database_are_refused_in_notions_words() {
    let body = r#"{"object":"error","status":400,"code":"validation_error","message":"Databases with multiple data sources are not supported in this API version.","additional_data":{"error_type":"multiple_data_sources_for_database","database_id":"d","child_data_source_ids":["a","b"],"minimum_api_version":"2025-09-03"}}"#;
    let said =
        "validation_error: Databases with multiple data sources are not supported in this API version.";
    assert_eq!(read(400, body), Fault::Rejected(said.to_owned()));
}

#[test]
fn every_field_of_an_error_may_be_missing_or_of_another_type() {
    for body in ["", "{}", "[]", "null", "7", r#"{"code":7,"message":[],"additional_data":"x"}"#] {
        assert!(matches!(read(400, body), Fault::Rejected(_)), "{body}");
        assert!(matches!(read(403, body), Fault::Forbidden(_)), "{body}");
        assert!(matches!(read(429, body), Fault::RateLimited { .. }), "{body}");
        assert!(matches!(read(503, body), Fault::Transient { .. }), "{body}");
    }
}
