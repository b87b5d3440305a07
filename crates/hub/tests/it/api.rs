//! The API: who may see what, the timeline in pages, and errors that programs can tell apart.

use crate::support::wait::until;
use crate::support::{Answer, START, TestHub, change};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_hub::api::access::create_key;

/// Delivers one event of `portal` for every offset in milliseconds.
async fn happened(hub: &TestHub, portal: u32, offsets: impl IntoIterator<Item = u64>) {
    let events: Vec<Value> = offsets
        .into_iter()
        .map(|offset| {
            let at = START.minus(Duration::from_millis(offset));
            let number = u32::try_from(offset).unwrap();
            let mut event = change(number, at, number, "firstname", "Zoë");
            event["portalId"] = portal.into();
            event
        })
        .collect();
    for delivery in events.chunks(100) {
        hub.deliver(&Value::from(delivery).to_string()).await;
    }
}

async fn assign(hub: &TestHub, account: &str, org_id: &str) -> Answer {
    let path = format!("/v1/accounts/hubspot/{account}");
    let request = hub.request(Method::PUT, &path).bearer_auth(&hub.key);
    hub.send(request.json(&json!({ "org_id": org_id }))).await
}

async fn get_as(hub: &TestHub, key: &str, path: &str) -> Answer {
    hub.send(hub.request(Method::GET, path).bearer_auth(key)).await
}

fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    assert!(problem["title"].is_string() && problem["type"].is_string(), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_key_there_is_nothing_to_see() {
    let hub = TestHub::start(&[]).await;
    for path in ["/v1/events", "/v1/events/stream", "/v1/jobs", "/v1/accounts", "/v1/api-keys", "/v1/status"]
    {
        let answer = hub.send(hub.request(Method::GET, path)).await;
        is_problem(&answer, 401, "key_missing");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        is_problem(&get_as(&hub, "syn_nobody", path).await, 401, "key_unknown");
        let basic = hub.request(Method::GET, path).header("authorization", format!("Basic {}", hub.key));
        is_problem(&hub.send(basic).await, 401, "key_missing");
    }
    let (key, secret) = create_key(&hub.cx, "for a while", None).await.unwrap();
    assert_eq!(get_as(&hub, &secret, "/v1/events").await.status, 200);
    let revoke = || hub.request(Method::DELETE, &format!("/v1/api-keys/{}", key.id)).bearer_auth(&hub.key);
    assert_eq!(hub.send(revoke()).await.status, 204);
    is_problem(&get_as(&hub, &secret, "/v1/events").await, 401, "key_unknown");
    is_problem(&hub.send(revoke()).await, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_sees_its_own_and_nobody_elses() {
    let hub = TestHub::start(&[]).await;
    assert_eq!(assign(&hub, "1", "org_a").await.status, 204);
    assert_eq!(assign(&hub, "2", "org_b").await.status, 204);
    for (portal, offset) in [(1, 1), (2, 2), (3, 3)] {
        happened(&hub, portal, [offset]).await;
    }
    hub.deliver("[{\"portalId\":1}]").await;
    let job = hub.get("/v1/jobs").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let all = hub.get("/v1/events").await.json();
    let id = |account: &str| {
        let all = all["data"].as_array().unwrap();
        let event = all.iter().find(|event| event["account"] == account).unwrap();
        event["id"].as_str().unwrap().to_owned()
    };

    let (_, key) = create_key(&hub.cx, "a", Some("org_a".to_owned())).await.unwrap();
    // Naming the other organization, or its account, does not help.
    for query in ["", "?org_id=org_a", "?account=1", "?order=asc"] {
        let seen = get_as(&hub, &key, &format!("/v1/events{query}")).await.json();
        let accounts: Vec<_> =
            seen["data"].as_array().unwrap().iter().map(|e| e["account"].clone()).collect();
        assert_eq!(accounts, ["1"], "{query}");
    }
    for query in ["?account=2", "?account=3"] {
        let seen = get_as(&hub, &key, &format!("/v1/events{query}")).await.json();
        assert_eq!(seen["data"], json!([]), "{query}");
    }
    for path in ["/v1/events?org_id=org_b", "/v1/events/stream?org_id=org_b", "/v1/events?org_id=nobody"] {
        is_problem(&get_as(&hub, &key, path).await, 403, "key_of_one_organization");
    }
    assert_eq!(get_as(&hub, &key, &format!("/v1/events/{}", id("1"))).await.json()["org_id"], "org_a");
    for account in ["2", "3"] {
        let others = get_as(&hub, &key, &format!("/v1/events/{}", id(account))).await;
        is_problem(&others, 404, "not_found");
    }

    assert_eq!(get_as(&hub, &key, "/v1/jobs").await.json()["data"], json!([]));
    is_problem(&get_as(&hub, &key, &format!("/v1/jobs/{job}")).await, 404, "not_found");
    for (method, path) in
        [(Method::POST, format!("/v1/jobs/{job}/retry")), (Method::DELETE, format!("/v1/jobs/{job}"))]
    {
        let answer = hub.send(hub.request(method, &path).bearer_auth(&key)).await;
        is_problem(&answer, 404, "not_found");
    }
    let retried = hub.send(hub.request(Method::POST, "/v1/jobs/retry").bearer_auth(&key)).await;
    assert_eq!(retried.json()["retried"], 0);
    assert_eq!(hub.get(&format!("/v1/jobs/{job}")).await.json()["attempts"], 0, "untouched");

    for (method, path) in [
        (Method::GET, "/v1/accounts"),
        (Method::PUT, "/v1/accounts/hubspot/2"),
        (Method::GET, "/v1/api-keys"),
        (Method::POST, "/v1/api-keys"),
        (Method::DELETE, "/v1/api-keys/key_x"),
        (Method::POST, "/v1/portal/setup-link"),
        (Method::GET, "/v1/status"),
    ] {
        let body = json!({ "org_id": "org_a", "name": "x" });
        let answer = hub.send(hub.request(method, path).bearer_auth(&key).json(&body)).await;
        is_problem(&answer, 403, "key_of_one_organization");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_events_follow_their_account_to_its_organization() {
    let hub = TestHub::start(&[]).await;
    // More than one batch of the job.
    happened(&hub, 1, 1..=700).await;
    happened(&hub, 2, [1_000]).await;
    let (_, key) = create_key(&hub.cx, "a", Some("org_a".to_owned())).await.unwrap();
    let seen = async |org: &str| {
        let page =
            hub.get(&format!("/v1/events?limit=500&org_id={org}&to=2025-12-31T23:59:59.999Z")).await.json();
        (page["data"].as_array().unwrap().len(), page["next_cursor"].is_string())
    };
    assert_eq!(get_as(&hub, &key, "/v1/events").await.json()["data"], json!([]));
    assert_eq!(assign(&hub, "1", "org_a").await.status, 204);
    until("all events are adopted", async || (seen("org_a").await == (500, true)).then_some(())).await;
    until("the job is done", async || {
        let jobs = hub.get("/v1/status").await.json()["jobs"].clone();
        jobs.as_array().unwrap().iter().all(|job| job["kind"] != "events.adopt").then_some(())
    })
    .await;
    assert_eq!(page_through(&hub, "order=asc&limit=500&org_id=org_a").await.len(), 700);
    // And on to another; new ones go there at once.
    assert_eq!(assign(&hub, "1", "org_b").await.status, 204);
    until("the first owner has none", async || (seen("org_a").await.0 == 0).then_some(())).await;
    happened(&hub, 1, [2_000]).await;
    assert_eq!(page_through(&hub, "limit=500&org_id=org_b").await.len(), 701);
    assert_eq!(get_as(&hub, &key, "/v1/events").await.json()["data"], json!([]));
    let accounts = hub.get("/v1/accounts").await.json();
    assert_eq!(accounts["data"].as_array().unwrap().len(), 1);
    assert_eq!(accounts["data"][0]["org_id"], "org_b");
}

/// All events of a query, page by page; between two pages one more event happens somewhere in the timeline.
async fn page_through(hub: &TestHub, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hub.get(&format!("/v1/events?{query}&cursor={cursor}")).await.json();
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_skip_nor_repeat_while_events_come_in_between() {
    for order in ["asc", "desc"] {
        let hub = TestHub::start(&[]).await;
        let before: BTreeSet<u64> = (1..=60).map(|n| n * 10).collect();
        happened(&hub, 1, before.clone()).await;
        let (mut seen, mut cursor, mut extra) = (Vec::new(), String::new(), 0);
        loop {
            let page = hub.get(&format!("/v1/events?order={order}&limit=7&cursor={cursor}")).await.json();
            let events = page["data"].as_array().unwrap();
            seen.extend(events.iter().map(|event| event["raw"]["eventId"].as_u64().unwrap()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            next.clone_into(&mut cursor);
            // Before, behind and around the place where we are.
            extra += 1;
            happened(&hub, 1, [extra, 300 + extra, 600 + extra]).await;
        }
        assert!(extra >= 8);
        let mut sorted = seen.clone();
        // The event's number is how long ago it happened.
        sorted.sort_unstable();
        if order == "asc" {
            sorted.reverse();
        }
        assert_eq!(seen, sorted, "{order}: in the order of the timeline");
        let distinct: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{order}: nothing twice");
        assert!(before.is_subset(&distinct), "{order}: nothing skipped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_with_a_code() {
    let hub = TestHub::start(&[]).await;
    happened(&hub, 1, 1..=3).await;
    let page = hub.get("/v1/events?limit=1&account=1").await.json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    for query in ["limit=1".to_owned(), "account=1&order=asc".to_owned(), "account=2".to_owned()] {
        let another = hub.get(&format!("/v1/events?{query}&cursor={cursor}")).await;
        is_problem(&another, 400, "bad_cursor");
        assert!(another.text().contains("another query"), "{another:?}");
    }
    // Another limit is the same query.
    assert_eq!(hub.get(&format!("/v1/events?limit=5&account=1&cursor={cursor}")).await.status, 200);
    for (path, code) in [
        ("/v1/events?cursor=nonsense", "bad_cursor"),
        ("/v1/events?limit=0", "bad_limit"),
        ("/v1/events?limit=501", "bad_limit"),
        ("/v1/events?limit=-1", "bad_query"),
        ("/v1/events?limit=many", "bad_query"),
        ("/v1/events?colour=red", "bad_query"),
        ("/v1/events?account=1&account=2", "bad_query"),
        ("/v1/events?from=yesterday", "bad_time"),
        ("/v1/events?to=2026-13-01", "bad_time"),
        ("/v1/events?order=up", "bad_order"),
        ("/v1/events/stream?from=yesterday", "bad_time"),
        ("/v1/events/stream?colour=red", "bad_query"),
        ("/v1/jobs?state=lost", "bad_state"),
        ("/v1/jobs?cursor=nonsense", "bad_cursor"),
        ("/v1/jobs?limit=0", "bad_limit"),
        ("/v1/jobs?colour=red", "bad_query"),
    ] {
        let answer = hub.get(path).await;
        assert_eq!(answer.code(), code, "{path}");
        is_problem(&answer, 400, code);
    }
    let resume =
        hub.request(Method::GET, "/v1/events/stream").bearer_auth(&hub.key).header("last-event-id", "x");
    is_problem(&hub.send(resume).await, 400, "bad_last_event_id");
    for path in ["/v1", "/v1/nothing", "/v2/events", "/favicon.ico", "/v1/events/evt_x", "/v1/jobs/job_x"] {
        let code = if path.ends_with("_x") { "not_found" } else { "no_such_route" };
        is_problem(&hub.get(path).await, 404, code);
    }
    for path in ["/v1/events", "/v1/status"] {
        let answer = hub.send(hub.request(Method::DELETE, path).bearer_auth(&hub.key)).await;
        is_problem(&answer, 405, "method_not_allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_check_their_bodies_and_change_nothing_when_they_are_wrong() {
    let hub = TestHub::start(&[]).await;
    let keys = hub.get("/v1/api-keys").await.json()["data"].as_array().unwrap().len();
    let long = "x".repeat(256);
    for (method, path, body, code) in [
        (Method::PUT, "/v1/accounts/hubspot/1", json!({}), "bad_body"),
        (Method::PUT, "/v1/accounts/hubspot/1", json!({ "org_id": "a", "more": 1 }), "bad_body"),
        (Method::PUT, "/v1/accounts/hubspot/1", json!({ "org_id": "" }), "bad_name"),
        (Method::PUT, "/v1/accounts/hubspot/1", json!({ "org_id": "a\u{0}" }), "bad_name"),
        (Method::PUT, "/v1/accounts/salesforce/1", json!({ "org_id": "a" }), "unknown_provider"),
        (Method::POST, "/v1/api-keys", json!({ "name": long }), "bad_name"),
        (Method::POST, "/v1/api-keys", json!({ "name": "a", "org_id": "" }), "bad_name"),
        (Method::POST, "/v1/api-keys", json!([]), "bad_body"),
    ] {
        let answer = hub.send(hub.request(method, path).bearer_auth(&hub.key).json(&body)).await;
        is_problem(&answer, 400, code);
    }
    assert_eq!(hub.get("/v1/accounts").await.json()["data"], json!([]));
    assert_eq!(hub.get("/v1/api-keys").await.json()["data"].as_array().unwrap().len(), keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let hub = TestHub::start(&[]).await;
    let create = hub.request(Method::POST, "/v1/api-keys").bearer_auth(&hub.key);
    let created = hub.send(create.json(&json!({ "name": "billing", "org_id": "org_a" }))).await;
    assert_eq!(created.status, 201);
    let secret = created.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("syn_"));
    assert_eq!(get_as(&hub, &secret, "/v1/events").await.status, 200);
    let list = hub.get("/v1/api-keys").await;
    assert!(!list.text().contains(&secret));
    let list = list.json();
    let row = list["data"].as_array().unwrap().iter().find(|key| key["name"] == "billing").unwrap();
    assert_eq!((&row["org_id"], &row["last_used_at"]), (&"org_a".into(), &json!(START.to_string())));
    assert!(secret.starts_with(row["prefix"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_text_gets_a_problem_too() {
    let hub = TestHub::start(&[]).await;
    for path in ["/v1/events/%ff", "/v1/accounts/hubspot/%ff", "/v1/jobs/%ff"] {
        let method = if path.contains("accounts") { Method::PUT } else { Method::GET };
        let answer =
            hub.send(hub.request(method, path).bearer_auth(&hub.key).json(&json!({"org_id": "a"}))).await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}: {}", answer.text());
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{path}");
    }
}
