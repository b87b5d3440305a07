//! The audit log: what people, applications and the command line do is in it, with the way they came in; secrets and values are not.

use crate::support::browser::{Browser, PASSWORD, csrf};
use crate::support::rows::connection;
use crate::support::scene::Scene;
use crate::support::wait::until;
use crate::support::{Answer, TestHub};
use crate::syncs_api_scene::call_as;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_hub::api::access::create_key;
use syncline_hub::audit::Action;
use syncline_store::Scope;
use syncline_store::audit::{self, Filter};

/// What the log says to this query, the latest first.
async fn entries(hub: &TestHub, query: &str) -> Vec<Value> {
    let answer = hub.get(&format!("/v1/audit?limit=500&{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].as_array().unwrap().clone()
}

/// Actions to this query, the earliest first.
async fn actions(hub: &TestHub, query: &str) -> Vec<String> {
    let found = entries(hub, query).await;
    found.iter().rev().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
}

async fn post(hub: &TestHub, key: &str, path: &str, body: &Value) -> Answer {
    let answer = call_as(hub, key, Method::POST, path, body).await;
    assert!(answer.status < 300, "{path}: {}", answer.text());
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_is_logged_by_its_session_from_the_password_to_the_door() {
    let hub = TestHub::start(&[]).await;
    let mut browser = Browser::signed_in(&hub).await;
    browser.log_in("wrong", "").await;
    browser.log_in(PASSWORD, "").await;
    let token = csrf(&browser.get("/portal/keys").await);
    let fields =
        [("csrf", &*token), ("name", "billing"), ("scope", "organization"), ("organization", "acme")];
    assert_eq!(browser.post("/portal/keys", &fields).await.status, 200);
    let key = entries(&hub, "action=api_key.created&org_id=acme").await.remove(0);
    assert_eq!((&key["door"], &key["org_id"]), (&json!("portal"), &json!("acme")));
    let session = key["actor"].as_str().unwrap().to_owned();
    assert!(session.starts_with("session ") && session.len() == 16, "{session}");
    let token = csrf(&browser.get("/portal/keys").await);
    let revoke = format!("/portal/keys/{}/revoke", key["object_id"].as_str().unwrap());
    assert_eq!(browser.post(&revoke, &[("csrf", &token)]).await.status, 303);
    assert_eq!(browser.post("/portal/logout", &[("csrf", &token)]).await.status, 303);
    let own = actions(&hub, &format!("actor={}", session.replace(' ', "%20"))).await;
    assert_eq!(own, ["portal.signed_in", "api_key.created", "api_key.revoked", "portal.signed_out"]);
    let all = actions(&hub, "action=portal").await;
    let expected = [
        "portal.password_set",
        "portal.signed_in",
        "portal.sign_in_refused",
        "portal.signed_in",
        "portal.signed_out",
    ];
    assert_eq!(all, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_over_the_api_is_logged_by_the_keys_name_and_the_command_line_as_such() {
    // Nobody listens there: a load goes on waiting.
    let hub = TestHub::start(&[("providers.hubspot.api_url", "http://127.0.0.1:9/hubspot")]).await;
    connection(&hub, "con_1", "acme", "62515").await;
    let (_, key) = create_key(&hub.cx, "billing", Some("acme".to_owned())).await.unwrap();
    let endpoint = json!({ "url": "https://93.184.216.34/hook", "description": "orders" });
    let made = post(&hub, &key, "/v1/endpoints", &endpoint).await.json();
    let id = made["id"].as_str().unwrap();
    post(&hub, &key, &format!("/v1/endpoints/{id}/disable"), &Value::Null).await;
    post(&hub, &key, &format!("/v1/endpoints/{id}/enable"), &Value::Null).await;
    post(&hub, &key, &format!("/v1/endpoints/{id}/enable"), &Value::Null).await;
    post(&hub, &key, &format!("/v1/endpoints/{id}/secrets"), &json!({})).await;
    post(&hub, &key, &format!("/v1/endpoints/{id}/test"), &json!({})).await;
    let changed =
        call_as(&hub, &key, Method::PATCH, &format!("/v1/endpoints/{id}"), &json!({ "ordered": true })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    post(&hub, &key, &format!("/v1/endpoints/{id}/replay"), &json!({ "from": "2020-01-01" })).await;
    assert_eq!(
        call_as(&hub, &key, Method::DELETE, &format!("/v1/endpoints/{id}"), &Value::Null).await.status,
        204
    );
    let run = post(&hub, &key, "/v1/connections/con_1/runs", &json!({ "mode": "full" })).await.json();
    post(&hub, &key, "/v1/connections/con_1/runs", &json!({ "mode": "full" })).await;
    post(&hub, &key, &format!("/v1/runs/{}/cancel", run["id"].as_str().unwrap()), &Value::Null).await;
    assert_eq!(
        hub.send(hub.request(Method::GET, "/v1/records/export?search=secret-person").bearer_auth(&key))
            .await
            .status,
        200
    );
    let ended = call_as(&hub, &key, Method::DELETE, "/v1/connections/con_1?data=erase", &Value::Null).await;
    assert_eq!(ended.status, 200, "{}", ended.text());

    let own = entries(&hub, "actor=billing").await;
    let names: Vec<&str> = own.iter().rev().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = [
        "endpoint.created",
        "endpoint.disabled",
        "endpoint.enabled",
        "endpoint.secret_rotated",
        "endpoint.tested",
        "endpoint.changed",
        "endpoint.replayed",
        "endpoint.removed",
        "run.started",
        "run.cancelled",
        "records.exported",
        "connection.disconnected",
        "connection.erased",
    ];
    assert_eq!(names, expected, "once each, and nothing for what changed nothing");
    assert!(own.iter().all(|entry| entry["door"] == "api"));
    let text = serde_json::to_string(&own).unwrap();
    for hidden in ["secret-person", "whsec_", "93.184.216.34", &key] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert!(text.contains("hubspot 62515") && text.contains("full of con_1"), "{text}");

    let as_command = hub.request(Method::POST, "/v1/portal/setup-link").bearer_auth(&hub.key);
    assert_eq!(hub.send(as_command.header("user-agent", "syncline-cli/0.1.0")).await.status, 201);
    assert_eq!(entries(&hub, "action=portal.link_made").await[0]["door"], "cli");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_connects_is_logged_as_the_application_named_them() {
    let scene = Scene::start(&[]).await;
    let hub = &scene.hub;
    for _ in 0..2 {
        assert_eq!(scene.connect("acme", "ada", "hubspot").await.status, 200);
    }
    let all = entries(hub, "action=connection&org_id=acme").await;
    let told: Vec<(&str, &str, &str)> = { all.iter().rev() }
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("action"), text("door"), text("actor"))
        })
        .collect();
    let by_key = all.last().unwrap()["actor"].as_str().unwrap();
    let expected = [
        ("connection.asked", "api", by_key),
        ("connection.authorized", "page", "ada"),
        ("connection.connected", "page", "ada"),
        ("connection.asked", "api", by_key),
        ("connection.authorized", "page", "ada"),
        ("connection.reconnected", "page", "ada"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_no_trace() {
    let hub = TestHub::start(&[]).await;
    let before = entries(&hub, "").await.len();
    for (method, path, body) in [
        (Method::POST, "/v1/endpoints", json!({ "url": "http://127.0.0.1/" })),
        (Method::POST, "/v1/counters", json!({ "name": "A" })),
        (Method::DELETE, "/v1/api-keys/key_x", Value::Null),
        (Method::POST, "/v1/jobs/job_x/retry", Value::Null),
        (Method::POST, "/v1/runs/run_x/cancel", Value::Null),
        (Method::DELETE, "/v1/syncs/syn_x", Value::Null),
    ] {
        assert!(call_as(&hub, &hub.key, method, path, &body).await.status >= 400, "{path}");
    }
    assert_eq!(entries(&hub, "").await.len(), before);
}

#[tokio::test]
async fn the_log_is_for_operators_narrowed_and_paged() {
    let hub = TestHub::start(&[]).await;
    for name in ["a", "b", "c", "d", "e"] {
        hub.clock.advance(Duration::from_secs(60));
        create_key(&hub.cx, name, None).await.unwrap();
    }
    let (_, own) = create_key(&hub.cx, "acme", Some("acme".to_owned())).await.unwrap();
    let answer = hub.send(hub.request(Method::GET, "/v1/audit").bearer_auth(&own)).await;
    assert_eq!((answer.status, answer.code().as_str()), (403, "key_of_one_organization"));
    for (query, code) in [
        ("door=window", "bad_door"),
        ("action=api", "bad_action"),
        ("action=api_key.x", "bad_action"),
        ("since=soon", "bad_time"),
        ("cursor=x", "bad_cursor"),
        ("limit=0", "bad_limit"),
    ] {
        let answer = hub.get(&format!("/v1/audit?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{query}");
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = hub.get(&format!("/v1/audit?action=api_key&limit=2&cursor={cursor}")).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["detail"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert!(
        seen.len() >= 6 && seen[0] == "acme, for one organization" && seen[1] == "e, for all organizations",
        "{seen:?}"
    );
    let since = hub.cx.now().minus(Duration::from_secs(60));
    assert_eq!(entries(&hub, &format!("action=api_key&since={since}")).await.len(), 3, "d, e and acme");

    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/audit?action=api_key.created").await.text();
    assert!(
        page.contains("title=\"api_key.created\"") && !page.contains("title=\"portal.signed_in\""),
        "{page}"
    );
    assert!(page.contains("The hub itself") && page.contains("aria-current=\"page\""), "{page}");
    assert!(browser.get("/portal/audit?actor=nobody").await.text().contains("No entry matches"));
    assert!(browser.get("/portal/audit?since=soon").await.text().contains("From: `soon` is not"));
    let found = browser.get("/portal/audit?search=FOR+one+organization").await.text();
    assert!(
        found.contains("acme, for one organization") && !found.contains("for all organizations"),
        "{found}"
    );
    let found = entries(&hub, "search=acme,%20FOR").await;
    assert_eq!(found.len(), 1, "the API finds the same");
    assert!(browser.get("/portal/audit").await.text().contains("title=\"portal.signed_in\""));
}

#[test]
fn the_documents_name_every_action() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let text = std::fs::read_to_string(path).unwrap();
    for action in Action::ALL {
        assert!(text.contains(&format!("`{}`", action.name())), "{}", action.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_entries_go_when_the_settings_say_so() {
    let hub = TestHub::start(&[("retention.audit", "1d"), ("jobs.poll", "10ms")]).await;
    create_key(&hub.cx, "old", None).await.unwrap();
    hub.clock.advance(Duration::from_secs(2 * 86_400));
    create_key(&hub.cx, "young", None).await.unwrap();
    hub.cx.wake.jobs.notify_one();
    let left = until("the old ones are gone", async || {
        let found = audit::page(&hub.cx.store, &Scope::All, &Filter::default(), None, 99).await.unwrap();
        (found.len() == 1).then_some(found)
    })
    .await;
    assert_eq!(left[0].detail, "young, for all organizations");
}
