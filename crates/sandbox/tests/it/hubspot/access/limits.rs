//! Rate limits (HubSpot facts 2), in simulated time.

use super::{Client, text};
use crate::support::{Answer, TestSandbox, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use syncline_sandbox::Options;

const DETAILS: &str = "/hubspot/account-info/v3/details";

fn private_token(sandbox: &TestSandbox, account: usize) -> String {
    text(&sandbox.credentials()["hubspot"]["accounts"][account]["private_app_token"])
}

async fn details(sandbox: &TestSandbox, token: &str) -> Answer {
    sandbox.call(token, Method::GET, DETAILS, None).await
}

/// Calls until there is a 429; says how many calls were let in.
async fn exhaust(sandbox: &TestSandbox, token: &str) -> (u32, Answer) {
    for calls in 0..1000 {
        let answer = details(sandbox, token).await;
        if answer.status == 429 {
            return (calls, answer);
        }
        answer.expect(200);
    }
    panic!("no limit in a thousand calls")
}

#[tokio::test]
async fn an_app_with_oauth_has_110_calls_in_ten_seconds_and_no_day() {
    let sandbox = TestSandbox::start().await;
    let client = Client::of(&sandbox);
    let tokens = client.connect("").await;
    let first = details(&sandbox, &tokens.access).await;
    assert_eq!(first.header("x-hubspot-ratelimit-max"), "110");
    assert_eq!(first.header("x-hubspot-ratelimit-remaining"), "109");
    assert_eq!(first.header("x-hubspot-ratelimit-interval-milliseconds"), "10000");
    assert_eq!(first.header("x-hubspot-ratelimit-secondly"), "11");
    assert_eq!(first.header("x-hubspot-ratelimit-secondly-remaining"), "10");
    assert_eq!(first.header("x-hubspot-ratelimit-daily"), "");
    assert_eq!(first.header("x-hubspot-ratelimit-daily-remaining"), "");

    let (calls, refused) = exhaust(&sandbox, &tokens.access).await;
    assert_eq!(calls, 109);
    assert_eq!((refused.header("retry-after"), refused.header("x-hubspot-ratelimit-remaining")), ("", "0"));
    let body = refused.expect(429);
    assert_eq!(body["policyName"], "TEN_SECONDLY_ROLLING");
    assert!(text(&body["groupName"]).ends_with(":54321:62515"), "{body}");

    // Another token of the same app in the same account makes no difference; another account does.
    let second = client.refresh("v3/token", &tokens.refresh).await.expect(200);
    details(&sandbox, &text(&second["access_token"])).await.expect(429);
    let url = client.authorize_url("/oauth/77421/authorize", &[]);
    let code = super::parameter(&super::sent_back(&sandbox.get(&url).await), "code").expect("a code");
    let other = client.exchange("v3/token", &code).await.expect(200);
    details(&sandbox, &text(&other["access_token"])).await.expect(200);
    details(&sandbox, &private_token(&sandbox, 0)).await.expect(200);

    sandbox.advance(Duration::from_secs(10)).await;
    details(&sandbox, &tokens.access).await.expect(200);
}

#[tokio::test]
async fn a_private_app_is_told_its_day_and_refused_in_hubspots_words() {
    let sandbox = TestSandbox::start().await;
    let token = private_token(&sandbox, 0);
    let first = details(&sandbox, &token).await;
    assert_eq!(first.header("x-hubspot-ratelimit-max"), "190");
    assert_eq!(first.header("x-hubspot-ratelimit-daily"), "625000");
    assert_eq!(first.header("x-hubspot-ratelimit-daily-remaining"), "624999");
    let (calls, refused) = exhaust(&sandbox, &token).await;
    assert_eq!(calls, 189);
    let id = refused.header("x-hubspot-correlation-id");
    let expected = format!(
        "{{\"status\":\"error\",\"message\":\"You have reached your ten_secondly_rolling limit.\",\
         \"errorType\":\"RATE_LIMIT\",\"correlationId\":\"{id}\",\"policyName\":\"TEN_SECONDLY_ROLLING\",\
         \"groupName\":\"publicapi:private_app-api-calls-ten-secondly:1062515:62515\"}}"
    );
    assert_eq!((refused.status, refused.body.as_str()), (429, expected.as_str()));
    // What was refused did not count.
    sandbox.advance(Duration::from_secs(10)).await;
    let later = details(&sandbox, &token).await;
    assert_eq!(later.header("x-hubspot-ratelimit-remaining"), "189");
    assert_eq!(later.header("x-hubspot-ratelimit-daily-remaining"), "624809");
}

#[tokio::test]
async fn what_an_account_pays_for_decides_its_limits() {
    let sandbox = TestSandbox::start().await;
    let told = |answer: &Answer| {
        let number = |name: &str| answer.header(name).parse::<u64>().expect("a number");
        (number("x-hubspot-ratelimit-max"), number("x-hubspot-ratelimit-daily"))
    };
    for (settings, expected) in [
        (json!({"tier": "free"}), (100, 250_000)),
        (json!({"tier": "starter"}), (100, 250_000)),
        (json!({"tier": "professional"}), (190, 625_000)),
        (json!({"tier": "enterprise"}), (190, 1_000_000)),
        (json!({"limit_increases": 1}), (250, 2_000_000)),
        (json!({"limit_increases": 2}), (250, 3_000_000)),
        (json!({"tiers": {"62515": "starter"}, "limit_increases": 0}), (100, 250_000)),
        (json!({"private_app_burst": 7, "daily": 9}), (7, 9)),
    ] {
        sandbox.set(json!({"hubspot": {"limits": settings}})).await;
        assert_eq!(told(&details(&sandbox, &private_token(&sandbox, 0)).await), expected, "{settings}");
    }
    sandbox.set(json!({"hubspot": {"limits": {"private_app_burst": null, "daily": null}}})).await;
    assert_eq!(told(&details(&sandbox, &private_token(&sandbox, 1)).await), (190, 1_000_000));
}

#[tokio::test]
async fn a_day_ends_at_midnight_where_the_account_is() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"daily": 2}}})).await;
    // 2026-07-01T22:00Z: midnight in Berlin, eleven o'clock in London.
    let clock = json!({"now": "2026-07-01T21:59:59Z"});
    send(sandbox.request(Method::PUT, "/_sandbox/clock").json(&clock)).await.expect(200);
    let (london, berlin) = (private_token(&sandbox, 0), private_token(&sandbox, 1));
    for token in [&london, &berlin] {
        details(&sandbox, token).await.expect(200);
        details(&sandbox, token).await.expect(200);
        let refused = details(&sandbox, token).await;
        let id = refused.header("x-hubspot-correlation-id").to_owned();
        assert_eq!(refused.header("x-hubspot-ratelimit-daily-remaining"), "0");
        let mut body = refused.expect(429);
        let request_id = body.as_object_mut().expect("an object").remove("requestId").expect("a request id");
        assert_eq!(text(&request_id).len(), 32);
        assert_eq!(
            body,
            json!({
                "status": "error", "message": "You have reached your daily limit.",
                "errorType": "RATE_LIMIT", "correlationId": id, "policyName": "DAILY",
            })
        );
    }
    sandbox.advance(Duration::from_secs(1)).await;
    details(&sandbox, &berlin).await.expect(200);
    details(&sandbox, &london).await.expect(429);
    sandbox.advance(Duration::from_secs(3600)).await;
    details(&sandbox, &london).await.expect(200);
}

#[tokio::test]
async fn calls_with_oauth_do_not_count_against_the_day() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"daily": 3}}})).await;
    let tokens = Client::of(&sandbox).connect("").await;
    for _ in 0..10 {
        details(&sandbox, &tokens.access).await.expect(200);
    }
    let left = details(&sandbox, &private_token(&sandbox, 0)).await;
    assert_eq!(left.header("x-hubspot-ratelimit-daily-remaining"), "2");
}

#[tokio::test]
async fn a_rolling_window_lets_in_as_calls_grow_old_and_a_fixed_one_all_at_once() {
    for (window, after_six, after_ten) in [("rolling", 429, 429), ("fixed", 429, 200)] {
        let sandbox = TestSandbox::start().await;
        sandbox.set(json!({"hubspot": {"limits": {"window": window, "private_app_burst": 3}}})).await;
        let token = private_token(&sandbox, 0);
        details(&sandbox, &token).await.expect(200);
        sandbox.advance(Duration::from_secs(6)).await;
        details(&sandbox, &token).await.expect(200);
        details(&sandbox, &token).await.expect(200);
        assert_eq!(details(&sandbox, &token).await.status, after_six, "{window}");
        sandbox.advance(Duration::from_secs(4)).await;
        details(&sandbox, &token).await.expect(200);
        assert_eq!(details(&sandbox, &token).await.status, after_ten, "{window}");
    }
}

#[tokio::test]
async fn limits_can_be_switched_off_and_then_no_header_tells_of_them() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"enabled": false, "private_app_burst": 1}}})).await;
    let token = private_token(&sandbox, 0);
    for _ in 0..5 {
        let answer = details(&sandbox, &token).await;
        assert_eq!((answer.status, answer.header("x-hubspot-ratelimit-max")), (200, ""));
    }
}

#[tokio::test]
async fn a_retry_after_and_other_words_come_only_when_asked_for() {
    let sandbox = TestSandbox::start().await;
    let settings = json!({
        "retry_after": 10, "oauth_burst": 1, "oauth_group": "publicapi:app", "secondly_headers": false,
    });
    sandbox.set(json!({"hubspot": {"limits": settings}})).await;
    let tokens = Client::of(&sandbox).connect("").await;
    let first = details(&sandbox, &tokens.access).await;
    assert_eq!((first.status, first.header("x-hubspot-ratelimit-secondly")), (200, ""));
    let refused = details(&sandbox, &tokens.access).await;
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(refused.expect(429)["groupName"], "publicapi:app:54321:62515");
}

#[tokio::test]
async fn refused_credentials_count_nowhere() {
    let sandbox = TestSandbox::start().await;
    sandbox.set(json!({"hubspot": {"limits": {"private_app_burst": 1}}})).await;
    for _ in 0..3 {
        details(&sandbox, "nobody").await.expect(401);
    }
    details(&sandbox, &private_token(&sandbox, 0)).await.expect(200);
}

#[tokio::test]
async fn what_private_apps_called_today_can_be_read() {
    let sandbox = TestSandbox::start().await;
    let token = private_token(&sandbox, 1);
    details(&sandbox, &token).await.expect(200);
    for version in ["v3", "2026-03", "2026-09"] {
        let path = format!("/hubspot/account-info/{version}/api-usage/daily/private-apps");
        let usage: Value = sandbox.call(&token, Method::GET, &path, None).await.expect(200);
        let calls = match version {
            "v3" => 2,
            "2026-03" => 3,
            _ => 4,
        };
        assert_eq!(
            usage,
            json!({"results": [{
                "name": "private-apps-api-calls-daily", "usageLimit": 625_000, "currentUsage": calls,
                "collectedAt": "2026-01-01T00:00:00.000Z", "fetchStatus": "SUCCESS",
                "resetsAt": "2026-01-01T23:00:00.000Z",
            }]})
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_are_refused_as_are_too_many_however_many_come_at_once() {
    let running = Options { speed: 1.0, ..Options::for_tests() };
    let sandbox = Arc::new(TestSandbox::with(running).await);
    let token = private_token(&sandbox, 0);
    let most: usize =
        details(&sandbox, &token).await.header("x-hubspot-ratelimit-max").parse().expect("a number");
    let calls: Vec<_> = (0..most + 70)
        .map(|_| {
            let (sandbox, token) = (Arc::clone(&sandbox), token.clone());
            tokio::spawn(async move { details(&sandbox, &token).await.status })
        })
        .collect();
    let mut refused = 0;
    for call in calls {
        refused += usize::from(call.await.expect("it ends") == 429);
    }
    assert_eq!(refused, 71, "one call was made before");
}
