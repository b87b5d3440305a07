//! Who may ask what: keys, paths, methods (10to8 facts 1, 3 and 7), and refusals on demand.

use super::{CUSTOMERS, Clinic, SUBSCRIPTIONS, key};
use crate::support::send;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_key_is_taken_after_token_in_any_case() {
    let clinic = Clinic::start().await;
    let ask =
        |value: String| send(clinic.sandbox.request(Method::GET, CUSTOMERS).header("Authorization", value));
    for scheme in ["token", "Token", "TOKEN"] {
        ask(format!("{scheme} {}", clinic.key)).await.expect(200);
    }
    clinic.set(json!({"authorization": {"any_case": false}})).await;
    ask(format!("token {}", clinic.key)).await.expect(200);
    ask(format!("Token {}", clinic.key)).await.expect(401);
}

#[tokio::test]
async fn without_a_valid_key_everything_is_401_in_json() {
    let clinic = Clinic::start().await;
    let none = "Authentication credentials were not provided.";
    for (value, detail) in [
        (None, none),
        (Some("token wrong".to_owned()), "Invalid token."),
        (Some(format!("Bearer {}", clinic.key)), none),
        (Some("token".to_owned()), "Invalid token header. No credentials provided."),
        (Some("token a b".to_owned()), "Invalid token header. Token string should not contain spaces."),
    ] {
        for (method, path) in
            [(Method::GET, CUSTOMERS), (Method::POST, SUBSCRIPTIONS), (Method::PUT, CUSTOMERS)]
        {
            let mut request = clinic.sandbox.request(method, path);
            if let Some(value) = &value {
                request = request.header("Authorization", value);
            }
            let answer = send(request).await;
            assert_eq!(answer.expect(401), json!({ "detail": detail }));
            assert_eq!(answer.header("www-authenticate"), "Token");
        }
    }
}

#[tokio::test]
async fn a_key_opens_its_own_organization_only() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let subscription = clinic.subscribe("https://hub.example/tento").await;
    let other = Clinic { key: key(&clinic.sandbox, 1), ..clinic };
    other.get(&uri).await.expect(404);
    other.patch(&uri, &json!({"name": "Eve"})).await.expect(404);
    other.delete(&format!("{uri}?force=True")).await.expect(404);
    other.delete(&subscription).await.expect(404);
    assert_eq!(other.get(CUSTOMERS).await.expect(200)["results"], json!([]));
    assert_eq!(other.get(SUBSCRIPTIONS).await.expect(200)["results"], json!([]));
    assert_ne!(other.customer("Eve").await, uri);
}

#[tokio::test]
async fn a_revoked_key_is_invalid_and_a_new_one_opens() {
    let mut clinic = Clinic::start().await;
    let made = clinic.edit(json!({"action": "new_key", "organization": "Lakeside Clinic"})).await;
    let revoked = clinic.key.clone();
    clinic.edit(json!({"action": "revoke_key", "api_key": revoked})).await;
    assert_eq!(clinic.get(CUSTOMERS).await.expect(401), json!({"detail": "Invalid token."}));
    clinic.key = made["api_key"].as_str().expect("a key").to_owned();
    clinic.get(CUSTOMERS).await.expect(200);
    assert_eq!(key(&clinic.sandbox, 0), clinic.key);
    let page = clinic.sandbox.get("/tentoeight/api/enterprise/v2/manage-keys/").await;
    assert!(page.body.contains(&clinic.key) && !page.body.contains(&revoked), "{}", page.body);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn unknown_paths_and_ids_are_404_in_json() {
    let clinic = Clinic::start().await;
    clinic.customer("Ada").await;
    for path in [
        "/tentoeight",
        "/tentoeight/api/enterprise/v1/customer/",
        "/tentoeight/api/enterprise/v2/",
        "/tentoeight/api/enterprise/v2/customers/",
        "/tentoeight/api/enterprise/v2/customer/123/notes/",
        "/tentoeight/api/enterprise/v2/customer//",
        "/tentoeight/api/enterprise/v2/customer/0123/",
        "/tentoeight/api/enterprise/v2/customer/122/",
        "/tentoeight/api/enterprise/v2/customer/125/",
        "/tentoeight/api/enterprise/v2/customer/-1/",
        "/tentoeight/api/enterprise/v2/customer/%F0%9F%98%80/",
        "/tentoeight/api/enterprise/v2/customer/18446744073709551615/",
        "/tentoeight/api/enterprise/v2/customer/99999999999999999999999/",
    ] {
        let answer = clinic.get(path).await;
        assert_eq!(answer.expect(404), json!({"detail": "Not found."}), "{path}");
    }
    clinic.delete(&format!("{SUBSCRIPTIONS}99/")).await.expect(404);
    clinic.delete(&format!("{SUBSCRIPTIONS}x/")).await.expect(404);
}

#[tokio::test]
async fn other_methods_are_405_with_what_is_allowed() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let subscription = clinic.subscribe("https://hub.example/").await;
    for (method, to, allow) in [
        (Method::PUT, CUSTOMERS, "GET, HEAD, POST"),
        (Method::DELETE, CUSTOMERS, "GET, HEAD, POST"),
        (Method::PATCH, SUBSCRIPTIONS, "GET, HEAD, POST"),
        (Method::PUT, &uri, "GET, HEAD, PATCH, DELETE"),
        (Method::POST, &uri, "GET, HEAD, PATCH, DELETE"),
        (Method::GET, &subscription, "DELETE"),
    ] {
        let answer = send(clinic.request(method.clone(), to)).await;
        assert_eq!(answer.expect(405), json!({ "detail": format!("Method \"{method}\" not allowed.") }));
        assert_eq!(answer.header("allow"), allow);
    }
}

#[tokio::test]
async fn the_slash_at_the_end_matters_as_set() {
    let clinic = Clinic::start().await;
    let uri = clinic.customer("Ada").await;
    let bare = uri.trim_end_matches('/');
    clinic.get(bare).await.expect(200);
    clinic.set(json!({"uris": {"missing_slash": "redirect"}})).await;
    let moved = clinic.get(&format!("{bare}?a=b")).await;
    assert_eq!((moved.status, moved.header("location")), (301, format!("{uri}?a=b").as_str()));
    clinic.set(json!({"uris": {"missing_slash": "not_found"}})).await;
    clinic.get(bare).await.expect(404);
    clinic.set(json!({"uris": {"trailing_slash": false, "missing_slash": "serve"}})).await;
    assert_eq!(clinic.get(bare).await.expect(200)["resource_uri"], json!(bare));
}

#[tokio::test]
async fn uris_begin_and_are_numbered_as_set() {
    let clinic = Clinic::start().await;
    clinic.customer("Ada").await;
    clinic.set(json!({"uris": {"opaque_ids": true}})).await;
    let shown = clinic.get(CUSTOMERS).await.expect(200)["results"][0].clone();
    let uri = shown["resource_uri"].as_str().expect("a URI");
    assert!(uri.contains("/customer/c_"), "{uri}");
    assert_eq!(clinic.get(uri).await.expect(200), shown);
    clinic.set(json!({"uris": {"base": "https://10to8.com", "opaque_ids": false}})).await;
    let shown = clinic.get(&format!("{CUSTOMERS}123/")).await.expect(200);
    assert_eq!(shown["resource_uri"], "https://10to8.com/api/enterprise/v2/customer/123/");
}

#[tokio::test]
async fn refusals_on_demand_are_worded_as_real_ones() {
    let clinic = Clinic::start().await;
    let throttled = |seconds: u64| json!({ "detail": format!("Request was throttled. Expected available in {seconds} seconds.") });
    let cases: [(Value, u16, Value, &str); 5] = [
        (json!({"kind": "rate_limited", "retry_after": 42}), 429, throttled(42), "42"),
        (json!({"kind": "rate_limited"}), 429, throttled(7), "7"),
        (
            json!({"kind": "server_error", "status": 503}),
            503,
            json!({"detail": "A server error occurred."}),
            "",
        ),
        (json!({"kind": "revoked_token"}), 401, json!({"detail": "Invalid token."}), ""),
        (json!({"kind": "expired_token"}), 401, json!({"detail": "Invalid token."}), ""),
    ];
    for (effect, status, body, wait) in cases {
        clinic.sandbox.fault(json!({"provider": "tentoeight", "times": 1, "effect": effect})).await;
        let answer = clinic.get(CUSTOMERS).await;
        assert_eq!(answer.expect(status), body);
        assert_eq!(answer.header("retry-after"), wait);
        assert_eq!(answer.header("content-type"), "application/json");
    }
    clinic.get(CUSTOMERS).await.expect(200);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let clinic = Clinic::start().await;
    for patch in [
        json!({"notifications": {"twice_chance": 1.5}}),
        json!({"notifications": {"retry_after_ms": [10, -1]}}),
        json!({"limits": {"window_ms": 0}}),
        json!({"lists": {"max_limit": 0}}),
        json!({"deletion": {"twice": 500}}),
        json!({"deletion": {"thrice": 404}}),
    ] {
        let request = clinic.sandbox.request(Method::PATCH, "/_sandbox/settings");
        send(request.json(&json!({ "tentoeight": patch }))).await.expect(422);
    }
}
