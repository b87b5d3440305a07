//! The control interface: clock, settings, faults, the record of requests, the page.

use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// A path HubSpot does not have: what happens around an answer does not depend on the answer.
const SOMEWHERE: &str = "/hubspot/no/such/path";

async fn recorded(sandbox: &TestSandbox, query: &str) -> Vec<Value> {
    let answer = sandbox.get(&format!("/_sandbox/requests{query}")).await.expect(200);
    answer["requests"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn the_clock_stands_still_until_it_is_moved() {
    let sandbox = TestSandbox::start().await;
    let clock = sandbox.get("/_sandbox/clock").await.expect(200);
    assert_eq!(clock["now"], "2026-01-01T00:00:00.000Z");
    sandbox.advance(Duration::from_secs(90)).await;
    assert_eq!(sandbox.get("/_sandbox/clock").await.expect(200)["now"], "2026-01-01T00:01:30.000Z");
    let set = json!({"now": "2027-02-16T00:00:00Z"});
    let clock = send(sandbox.request(Method::PUT, "/_sandbox/clock").json(&set)).await.expect(200);
    assert_eq!(clock["now_ms"], 1_802_736_000_000_i64);
}

#[tokio::test]
async fn a_clock_that_is_told_nonsense_stays_where_it_is() {
    let sandbox = TestSandbox::start().await;
    for body in [
        json!({"now": "soon"}),
        json!({"now": "2026-01-01", "now_ms": 1}),
        json!({"speed": -1}),
        json!({"sped": 1}),
    ] {
        let refused = send(sandbox.request(Method::PUT, "/_sandbox/clock").json(&body)).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.body);
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    sandbox.post("/_sandbox/clock/advance", &json!({"ms": -1})).await.expect(422);
    let clock = sandbox.get("/_sandbox/clock").await.expect(200);
    assert_eq!((&clock["now"], &clock["speed"]), (&json!("2026-01-01T00:00:00.000Z"), &json!(0.0)));
}

#[tokio::test]
async fn settings_that_do_not_fit_change_nothing() {
    let sandbox = TestSandbox::start().await;
    let before = sandbox.get("/_sandbox/settings").await.expect(200);
    for patch in [
        json!({"consent": "deny", "hubspot": {"no_such_setting": 1}}),
        json!({"consent": "perhaps"}),
        json!({"consent": "deny", "salesforce": {}}),
        json!([]),
    ] {
        send(sandbox.request(Method::PATCH, "/_sandbox/settings").json(&patch)).await.expect(422);
        assert_eq!(sandbox.get("/_sandbox/settings").await.expect(200), before);
    }
    let patch = json!({"hubspot": {"no_such_setting": 1}});
    let refused = send(sandbox.request(Method::PATCH, "/_sandbox/settings").json(&patch)).await.expect(422);
    assert!(refused["detail"].as_str().expect("text").contains("no_such_setting"), "{refused}");
}

#[tokio::test]
async fn a_reset_puts_everything_back_to_the_start() {
    let sandbox = TestSandbox::start().await;
    let start = (sandbox.get("/_sandbox/settings").await.body, sandbox.credentials());
    sandbox.set(json!({"consent": "deny"})).await;
    sandbox.fault(json!({"effect": {"kind": "cut"}})).await;
    sandbox.advance(Duration::from_secs(60)).await;
    sandbox.post("/_sandbox/seed", &json!({"people": 5})).await.expect(200);
    sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    assert_eq!((sandbox.get("/_sandbox/settings").await.body, sandbox.credentials()), start);
    assert_eq!(sandbox.get("/_sandbox/faults").await.expect(200), json!({"faults": []}));
    assert_eq!(sandbox.get("/_sandbox/clock").await.expect(200)["now"], "2026-01-01T00:00:00.000Z");
    assert_eq!(recorded(&sandbox, "").await, Vec::<Value>::new());
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        let tables = sandbox.get(&format!("/_sandbox/{provider}/records")).await.expect(200);
        let rows: u64 = tables["tables"]
            .as_array()
            .expect("tables")
            .iter()
            .map(|table| table["rows"].as_u64().expect("a number"))
            .sum();
        assert_eq!(rows, 0, "{provider} still knows somebody");
    }
}

#[tokio::test]
async fn a_fault_answers_instead_of_the_vendor_as_often_as_it_was_told() {
    let sandbox = TestSandbox::start().await;
    let body = json!({"provider": "hubspot", "path": "/no/*", "skip": 1, "times": 1,
        "effect": {"kind": "status", "status": 418, "body": {"short": true}, "headers": [["X-Kind", "teapot"]]}});
    sandbox.fault(body).await;
    let mut answers: Vec<Answer> = Vec::new();
    for path in [SOMEWHERE, "/hubspot/elsewhere", SOMEWHERE, SOMEWHERE] {
        answers.push(sandbox.get(path).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [404, 404, 418, 404]);
    assert_eq!((answers[2].json(), answers[2].header("x-kind")), (json!({"short": true}), "teapot"));
    let rules = sandbox.get("/_sandbox/faults").await.expect(200);
    assert_eq!(rules["faults"][0]["struck"], 1);
}

#[tokio::test]
async fn an_edge_answers_with_a_page() {
    let sandbox = TestSandbox::start().await;
    sandbox.fault(json!({"effect": {"kind": "html", "status": 502}})).await;
    let answer = sandbox.get(SOMEWHERE).await;
    assert_eq!((answer.status, answer.header("content-type")), (502, "text/html; charset=UTF-8"));
    assert!(answer.body.starts_with("<!DOCTYPE html>"), "{}", answer.body);
}

#[tokio::test]
async fn a_cut_connection_gives_no_answer_and_a_lost_answer_was_one() {
    let sandbox = TestSandbox::start().await;
    for (kind, answered) in [("cut", false), ("lost_answer", true)] {
        sandbox.fault(json!({"times": 1, "effect": {"kind": kind}})).await;
        let sent = sandbox.request(Method::GET, SOMEWHERE).send().await;
        assert!(sent.is_err(), "{kind}: {sent:?}");
        let calls = recorded(&sandbox, "?provider=hubspot").await;
        let last = calls.last().expect("it is on record");
        assert_eq!(last["note"], kind);
        assert_eq!(last["status"] == 404, answered, "{last}");
    }
    assert_eq!(sandbox.get(SOMEWHERE).await.status, 404, "the next request is answered");
}

#[tokio::test]
async fn half_an_answer_is_not_an_answer() {
    let sandbox = TestSandbox::start().await;
    sandbox.fault(json!({"times": 1, "effect": {"kind": "half_answer"}})).await;
    let response = sandbox.request(Method::GET, SOMEWHERE).send().await.expect("the head arrives");
    assert_eq!(response.status(), 404);
    assert!(response.text().await.is_err(), "the body must break off");
}

#[tokio::test]
async fn a_slow_answer_takes_the_time_it_was_told() {
    let sandbox = TestSandbox::start().await;
    sandbox.fault(json!({"times": 1, "effect": {"kind": "latency", "ms": 120}})).await;
    sandbox.get(SOMEWHERE).await;
    let calls = recorded(&sandbox, "?provider=hubspot").await;
    assert!(calls[0]["micros"].as_u64().expect("a number") >= 120_000, "{}", calls[0]);
}

#[tokio::test]
async fn every_vendor_words_its_own_refusals() {
    let sandbox = TestSandbox::start().await;
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        for (effect, status) in [
            (json!({"kind": "rate_limited"}), 429),
            (json!({"kind": "server_error", "status": 503}), 503),
            (json!({"kind": "expired_token"}), 401),
            (json!({"kind": "revoked_token"}), 401),
        ] {
            sandbox.fault(json!({"provider": provider, "times": 1, "effect": effect})).await;
            let answer = sandbox.get(&format!("/{provider}/anything")).await;
            assert_eq!(answer.status, status, "{provider} {effect}: {}", answer.body);
            assert!(answer.json().is_object(), "{provider} {effect}: {}", answer.body);
        }
    }
    sandbox.fault(json!({"provider": "hubspot", "times": 1, "effect": {"kind": "rate_limited"}})).await;
    let search = sandbox.post("/hubspot/crm/v3/objects/contacts/search", &json!({})).await.expect(429);
    assert_eq!(search["policyName"], "SECONDLY", "search has a limit of its own");
}

#[tokio::test]
async fn a_fault_that_means_nothing_is_refused() {
    let sandbox = TestSandbox::start().await;
    for rule in [
        json!({"provider": "salesforce", "effect": {"kind": "cut"}}),
        json!({"effect": {"kind": "explode"}}),
        json!({"effect": {"kind": "status", "status": 99}}),
        json!({"chance": 1.5, "effect": {"kind": "cut"}}),
        json!({"efect": {"kind": "cut"}}),
    ] {
        let refused = sandbox.post("/_sandbox/faults", &rule).await;
        assert_eq!(refused.status, 422, "{rule}: {}", refused.body);
    }
    assert_eq!(sandbox.get("/_sandbox/faults").await.expect(200), json!({"faults": []}));
    assert_eq!(send(sandbox.request(Method::DELETE, "/_sandbox/faults/7")).await.status, 404);
}

#[tokio::test]
async fn the_record_tells_who_called_what_and_shortens_credentials() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .call(
            "a-very-long-and-secret-token",
            Method::POST,
            "/notion/v1/search?x=1",
            Some(&json!({"query": "q"})),
        )
        .await;
    sandbox.get(SOMEWHERE).await;
    let calls = recorded(&sandbox, "?provider=notion&direction=in&method=post&path=search").await;
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (&calls[0]["path"], &calls[0]["body"]),
        (&json!("/v1/search?x=1"), &json!(r#"{"query":"q"}"#))
    );
    assert!(!calls[0].to_string().contains("secret-token"), "{}", calls[0]);
    let seq = calls[0]["seq"].as_u64().expect("a number");
    let later = recorded(&sandbox, &format!("?after={seq}")).await;
    assert_eq!(later.len(), 1);
    assert_eq!(later[0]["provider"], "hubspot");
    sandbox.get("/_sandbox/requests?providr=x").await.expect(400);
}

#[tokio::test]
async fn the_page_shows_records_and_calls_and_tells_of_what_it_does_not_know() {
    let sandbox = TestSandbox::start().await;
    sandbox.post("/_sandbox/seed", &json!({"people": 100, "companies": 3, "deals": 3})).await.expect(200);
    sandbox.get("/hubspot/<script>alert(1)</script>").await;
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        let page = sandbox.get(&format!("/_sandbox/?provider={provider}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("<tbody>"), "{provider} shows no records");
        assert!(page.body.contains("rel=\"next\""), "{provider} has more than a page of people");
        assert!(!page.body.contains("<script>alert"), "what came from outside is escaped");
    }
    sandbox.get("/_sandbox/?provider=salesforce").await.expect(404);
    assert_eq!(sandbox.get("/").await.header("location"), "/_sandbox/");
    for asset in ["page.css", "page.js"] {
        assert_eq!(sandbox.get(&format!("/_sandbox/{asset}")).await.status, 200);
    }
}
