//! Webhooks (Notion facts 8).

use super::account::{Account, OLD, text, title};
use crate::support::receiver::{Received, Receiver};
use crate::support::{Answer, send};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

fn signature(token: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).expect("any key");
    mac.update(body);
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

async fn control(account: &Account, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = account.sandbox.request(method, &format!("/_sandbox/notion/subscriptions{path}"));
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// An active subscription of the workspace's internal integration; the handshake is taken away.
async fn subscribed(account: &Account, receiver: &Receiver, mut extra: Value) -> Value {
    extra["url"] = json!(receiver.url("/hook"));
    extra["verify"] = json!(true);
    if extra.get("workspace_id").is_none() {
        extra["workspace_id"] = account.workspace["workspace_id"].clone();
    } else if extra["workspace_id"].is_null() {
        extra.as_object_mut().expect("an object").remove("workspace_id");
    }
    let made = control(account, Method::POST, "", Some(extra)).await.expect(201);
    account.sandbox.settle().await;
    assert_eq!(receiver.take().len(), 1, "the handshake");
    made
}

/// Everything that comes within a minute.
async fn minute(account: &Account, receiver: &Receiver) -> Vec<Value> {
    account.sandbox.advance(Duration::from_secs(60)).await;
    receiver.take().iter().map(Received::json).collect()
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

fn types(events: &[Value]) -> Vec<String> {
    let mut types: Vec<String> = events.iter().map(|event| text(&event["type"])).collect();
    types.sort();
    types
}

async fn started() -> (Account, Receiver) {
    (Account::start().await, Receiver::start().await)
}

#[tokio::test]
async fn a_subscription_is_silent_until_the_token_it_was_sent_is_shown() {
    let (account, receiver) = started().await;
    let body = json!({"url": receiver.url("/hook"), "workspace_id": account.workspace["workspace_id"]});
    let made = control(&account, Method::POST, "", Some(body)).await.expect(201);
    account.sandbox.settle().await;
    let shaken = receiver.take();
    let token = text(&shaken[0].json()["verification_token"]);
    assert_eq!(shaken[0].body, json!({"verification_token": token}).to_string());
    assert!(token.starts_with("secret_"));
    assert_eq!(shaken[0].header("x-notion-signature"), signature(&token, &shaken[0].body));
    account.person("Ada").await;
    assert!(minute(&account, &receiver).await.is_empty());
    let path = format!("/{}/verify", text(&made["subscription_id"]));
    control(&account, Method::POST, &path, Some(json!({"verification_token": "secret_wrong"})))
        .await
        .expect(422);
    let active =
        control(&account, Method::POST, &path, Some(json!({"verification_token": token}))).await.expect(200);
    assert_eq!(active["status"], "active");
    account.person("Bob").await;
    assert!(!minute(&account, &receiver).await.is_empty());
}

#[tokio::test]
async fn the_handshake_may_come_unsigned() {
    let (account, receiver) = started().await;
    account.sandbox.set(json!({"notion": {"webhooks": {"sign_handshake": false}}})).await;
    control(&account, Method::POST, "", Some(json!({"url": receiver.url("/")}))).await.expect(201);
    account.sandbox.settle().await;
    assert_eq!(receiver.take()[0].header("x-notion-signature"), "");
}

#[tokio::test]
async fn subscriptions_are_changed_and_removed_as_in_the_settings() {
    let (account, receiver) = started().await;
    let made =
        control(&account, Method::POST, "", Some(json!({"url": receiver.url("/one")}))).await.expect(201);
    let path = format!("/{}", text(&made["subscription_id"]));
    let shown = control(&account, Method::GET, &path, None).await.expect(200);
    assert_eq!(
        (&shown["status"], &shown["api_version"]),
        (&json!("pending_verification"), &json!("2025-09-03"))
    );
    control(&account, Method::PATCH, &path, Some(json!({"url": receiver.url("/two")}))).await.expect(200);
    control(&account, Method::POST, &format!("{path}/resend"), None).await.expect(200);
    account.sandbox.settle().await;
    let shaken = receiver.take();
    // Whatever is due is sent to where the address points by then.
    assert_eq!(shaken.last().expect("handshakes").uri, "/two");
    let token = shaken[0].json()["verification_token"].clone();
    control(&account, Method::POST, &format!("{path}/verify"), Some(json!({"verification_token": token})))
        .await
        .expect(200);
    control(&account, Method::PATCH, &path, Some(json!({"url": receiver.url("/three")}))).await.expect(422);
    control(&account, Method::PATCH, &path, Some(json!({"event_types": ["comment.created"]})))
        .await
        .expect(200);
    for wrong in [
        json!({"event_types": ["page.sung"]}),
        json!({"api_version": "2020-01-01"}),
        json!({"colour": "red"}),
    ] {
        control(&account, Method::PATCH, &path, Some(wrong)).await.expect(422);
    }
    control(&account, Method::DELETE, &path, None).await.expect(204);
    control(&account, Method::GET, &path, None).await.expect(404);
    assert_eq!(control(&account, Method::GET, "", None).await.expect(200)["subscriptions"], json!([]));
    for wrong in [
        json!({"url": "nowhere"}),
        json!({"url": "ftp://h/"}),
        json!({"url": receiver.url("/"), "event_types": ["x"]}),
    ] {
        control(&account, Method::POST, "", Some(wrong)).await.expect(422);
    }
    control(&account, Method::POST, "", Some(json!({"url": receiver.url("/"), "workspace_id": "x"})))
        .await
        .expect(404);
    account.sandbox.set(json!({"notion": {"webhooks": {"require_https": true}}})).await;
    control(&account, Method::POST, "", Some(json!({"url": receiver.url("/")}))).await.expect(422);
}

#[tokio::test]
async fn an_event_says_what_happened_and_never_any_value() {
    let (account, receiver) = started().await;
    let made = subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
    account.sandbox.advance(Duration::from_millis(1234)).await;
    let id = account.person("Ada").await;
    account.sandbox.advance(Duration::from_secs(60)).await;
    let received = receiver.take();
    assert_eq!(received.len(), 1);
    let token = text(&made["verification_token"]);
    assert_eq!(received[0].header("x-notion-signature"), signature(&token, &received[0].body));
    assert!(received[0].header("content-type").starts_with("application/json"));
    let event = received[0].json();
    let mut expected = json!({
        "id": event["id"], "timestamp": "2026-01-01T00:00:01.234Z", "workspace_id": account.workspace["workspace_id"],
        "workspace_name": account.workspace["name"], "subscription_id": made["subscription_id"],
        "integration_id": account.workspace["integration_id"], "type": "page.created", "api_version": "2025-09-03",
        "attempt_number": 1, "authors": [{"id": account.workspace["bot_id"], "type": "bot"}],
        "entity": {"id": id, "type": "page"}, "data": {},
    });
    expected["data"]["parent"] = json!({"id": account.database("People"), "type": "database", "data_source_id": account.source("People")});
    assert_eq!(event, expected);
}

#[tokio::test]
async fn edits_of_a_page_are_gathered_into_one_event() {
    let (account, receiver) = started().await;
    let id = account.person("Ada").await;
    subscribed(&account, &receiver, json!({})).await;
    let people = &account.workspace["users"];
    let edit = |user: &Value, properties: Value| json!({"action": "update", "id": id, "user": user["email"], "properties": properties});
    account.sandbox.edit("notion", edit(&people[0], json!({"Email": "ada@example.com"}))).await;
    account.sandbox.advance(Duration::from_secs(3)).await;
    account
        .sandbox
        .edit("notion", edit(&people[1], json!({"Phone": "555", "Email": "ada@example.org"})))
        .await;
    account.sandbox.advance(Duration::from_secs(3)).await;
    assert!(receiver.take().is_empty(), "the window is still open");
    let events = minute(&account, &receiver).await;
    assert_eq!(types(&events), ["page.properties_updated"]);
    let event = &events[0];
    assert_eq!(event["timestamp"], "2026-01-01T00:00:03.000Z");
    let authors =
        json!([{"id": people[0]["id"], "type": "person"}, {"id": people[1]["id"], "type": "person"}]);
    assert_eq!(event["authors"], authors);
    let page = account.get(&format!("/pages/{id}")).await.expect(200);
    let ids = json!([page["properties"]["Email"]["id"], page["properties"]["Phone"]["id"]]);
    assert_eq!(event["data"]["updated_properties"], ids);
    assert!(!event.to_string().contains("example"), "no values");
}

#[tokio::test]
async fn what_came_and_went_within_the_window_is_not_told() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({"event_types": ["page.*"]})).await;
    let id = account.person("Ada").await;
    account.patch(&format!("/pages/{id}"), &json!({"in_trash": true})).await.expect(200);
    assert!(minute(&account, &receiver).await.is_empty());
    account.patch(&format!("/pages/{id}"), &json!({"in_trash": false})).await.expect(200);
    assert_eq!(types(&minute(&account, &receiver).await), ["page.undeleted"]);
    account.patch(&format!("/pages/{id}"), &json!({"in_trash": true})).await.expect(200);
    assert_eq!(types(&minute(&account, &receiver).await), ["page.deleted"]);
    account.sandbox.set(json!({"notion": {"webhooks": {"cancel_out": false}}})).await;
    let id = account.person("Bob").await;
    account.patch(&format!("/pages/{id}"), &json!({"in_trash": true})).await.expect(200);
    assert_eq!(types(&minute(&account, &receiver).await), ["page.created", "page.deleted"]);
}

#[tokio::test]
async fn every_kind_of_change_has_its_event() {
    let (account, receiver) = started().await;
    let id = account.person("Ada").await;
    subscribed(&account, &receiver, json!({})).await;
    let page = format!("/pages/{id}");
    let told = async |expected: &[&str]| assert_eq!(types(&minute(&account, &receiver).await), expected);
    account
        .patch(&format!("/blocks/{id}/children"), &json!({"children": [{"divider": {}}]}))
        .await
        .expect(200);
    told(&["page.content_updated"]).await;
    account
        .post(&format!("{page}/move"), &json!({"parent": {"data_source_id": account.source("Companies")}}))
        .await
        .expect(200);
    told(&["data_source.content_updated", "data_source.content_updated", "page.moved"]).await;
    account
        .patch(
            &format!("/data_sources/{}", account.source("Deals")),
            &json!({"properties": {"Size": {"number": {}}}}),
        )
        .await
        .expect(200);
    told(&["data_source.schema_updated"]).await;
    account
        .patch(&format!("/databases/{}", account.database("Deals")), &json!({"in_trash": true}))
        .await
        .expect(200);
    told(&["database.deleted", "page.content_updated"]).await;
    account
        .patch(&format!("/databases/{}", account.database("Deals")), &json!({"in_trash": false}))
        .await
        .expect(200);
    told(&["database.undeleted", "page.content_updated"]).await;
    let body = json!({"parent": {"page_id": account.crm()}, "initial_data_source": {"properties": {"N": {"title": {}}}}});
    let database = account.post("/databases", &body).await.expect(200);
    told(&["data_source.created", "database.created", "page.content_updated"]).await;
    let source = format!("/data_sources/{}", text(&database["data_sources"][0]["id"]));
    account.patch(&source, &json!({"in_trash": true})).await.expect(200);
    told(&["data_source.deleted"]).await;
    account
        .patch(&format!("/databases/{}", text(&database["id"])), &json!({"parent": {"page_id": id}}))
        .await
        .expect(200);
    told(&["database.moved", "page.content_updated", "page.content_updated"]).await;
}

#[tokio::test]
async fn new_options_are_changes_of_the_schema() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({"event_types": ["data_source.schema_updated"]})).await;
    account.row("People", json!({"Name": title("Ada"), "Tags": {"multi_select": [{"name": "Fresh"}]}})).await;
    let events = minute(&account, &receiver).await;
    let change = &events[0]["data"]["updated_properties"][0];
    assert_eq!((&change["name"], &change["action"]), (&json!("Tags"), &json!("updated")));
    let path = format!("/data_sources/{}", account.source("People"));
    account.patch(&path, &json!({"properties": {"Phone": null, "Size": {"number": {}}}})).await.expect(200);
    let events = minute(&account, &receiver).await;
    let actions: Vec<String> = events[0]["data"]["updated_properties"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| format!("{} {}", text(&change["name"]), text(&change["action"])))
        .collect();
    assert_eq!(actions, ["Phone deleted", "Size created"]);
    assert_eq!(events[0]["entity"], json!({"id": account.source("People"), "type": "data_source"}));
}

#[tokio::test]
async fn locks_and_comments_are_told_one_by_one() {
    let (account, receiver) = started().await;
    let id = account.person("Ada").await;
    subscribed(&account, &receiver, json!({})).await;
    for action in ["lock", "unlock", "lock"] {
        account.sandbox.edit("notion", json!({"action": action, "id": id})).await;
    }
    let comment = account.sandbox.edit("notion", json!({"action": "comment", "id": id, "text": "Hi"})).await;
    account
        .sandbox
        .edit("notion", json!({"action": "update_comment", "id": comment["id"], "text": "Ho"}))
        .await;
    account.sandbox.edit("notion", json!({"action": "delete_comment", "id": comment["id"]})).await;
    account.sandbox.advance(Duration::from_secs(5)).await;
    let events: Vec<Value> = receiver.take().iter().map(Received::json).collect();
    assert_eq!(
        types(&events),
        [
            "comment.created",
            "comment.deleted",
            "comment.updated",
            "page.locked",
            "page.locked",
            "page.unlocked"
        ]
    );
    let created = of_type(&events, "comment.created")[0];
    assert_eq!(created["entity"], json!({"id": comment["id"], "type": "comment"}));
    assert_eq!(created["data"], json!({"parent": {"id": id, "type": "page"}, "page_id": id}));
}

#[tokio::test]
async fn older_subscriptions_hear_of_databases() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({"api_version": OLD})).await;
    account.person("Ada").await;
    account
        .patch(
            &format!("/data_sources/{}", account.source("People")),
            &json!({"properties": {"Size": {"number": {}}}}),
        )
        .await
        .expect(200);
    let events = minute(&account, &receiver).await;
    assert_eq!(types(&events), ["database.content_updated", "database.schema_updated", "page.created"]);
    let schema = of_type(&events, "database.schema_updated")[0];
    assert_eq!(schema["entity"], json!({"id": account.database("People"), "type": "database"}));
    assert_eq!(schema["data"]["parent"], json!({"id": account.crm(), "type": "page"}));
    assert_eq!(schema["api_version"], OLD);
    let page = of_type(&events, "page.created")[0];
    assert_eq!(page["data"]["parent"], json!({"id": account.database("People"), "type": "database"}));
}

#[tokio::test]
async fn public_connections_are_told_who_may_see_it_and_hear_only_of_that() {
    let (account, receiver) = started().await;
    let tokens = super::tokens::authorized(&account).await;
    let public = json!({"workspace_id": Value::Null, "event_types": ["page.created"]});
    subscribed(&account, &receiver, public).await;
    account.person("Ada").await;
    account.sandbox.edit("notion", json!({"action": "create", "properties": {"title": "Diary"}})).await;
    let other = account.sandbox.credentials()["notion"]["workspaces"][1].clone();
    account.sandbox.edit("notion", json!({"action": "create", "workspace_id": other["workspace_id"], "database": "Deals", "properties": {"Name": "x"}})).await;
    let events = minute(&account, &receiver).await;
    assert_eq!(events.len(), 1, "{events:?}");
    let accessible = json!([{"id": account.workspace["users"][0]["id"], "type": "person"}, {"id": tokens.answer["bot_id"], "type": "bot"}]);
    assert_eq!(events[0]["accessible_by"], accessible);
}

#[tokio::test]
async fn what_nobody_acknowledges_is_sent_eight_times_within_a_day() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
    receiver.answer_with([500, 404, 302, 500, 500, 500, 500]);
    account.person("Ada").await;
    account.sandbox.advance(Duration::from_secs(15)).await;
    let first = receiver.take();
    assert_eq!(first.len(), 1);
    account.sandbox.advance(Duration::from_secs(59)).await;
    account.sandbox.advance(Duration::from_secs(86_400)).await;
    let rest = receiver.take();
    let attempts: Vec<u64> = first
        .iter()
        .chain(&rest)
        .map(|one| one.json()["attempt_number"].as_u64().expect("a number"))
        .collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(rest.iter().all(|one| one.json()["id"] == first[0].json()["id"]));
    account.sandbox.advance(Duration::from_secs(200_000)).await;
    assert!(receiver.take().is_empty());
}

#[tokio::test]
async fn what_is_acknowledged_may_come_again_when_that_is_set() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
    account.sandbox.set(json!({"notion": {"webhooks": {"redelivered_share": 1.0, "backoff_s": [60]}}})).await;
    account.person("Ada").await;
    account.sandbox.advance(Duration::from_secs(300)).await;
    let attempts: Vec<Value> =
        receiver.take().iter().map(|one| one.json()["attempt_number"].clone()).collect();
    assert_eq!(attempts, [1, 2]);
    account
        .sandbox
        .set(json!({"notion": {"webhooks": {"redelivered_share": 0.0, "any_answer_acknowledges": true}}}))
        .await;
    receiver.answer_with([500]);
    account.person("Bob").await;
    account.sandbox.advance(Duration::from_secs(300)).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn events_come_out_of_order_but_the_same_for_the_same_seed() {
    let order = async || {
        let (account, receiver) = started().await;
        subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
        for number in 0..8 {
            account.person(&format!("Person {number}")).await;
            account.sandbox.advance(Duration::from_millis(100)).await;
        }
        let events = minute(&account, &receiver).await;
        events.iter().map(|event| text(&event["timestamp"])).collect::<Vec<_>>()
    };
    let (one, other) = (order().await, order().await);
    assert_eq!(one, other);
    let mut sorted = one.clone();
    sorted.sort();
    assert_ne!(one, sorted);
    assert_eq!(sorted.len(), 8);
}

#[tokio::test]
async fn without_jitter_and_shuffling_events_come_in_order() {
    let (account, receiver) = started().await;
    account.sandbox.set(json!({"notion": {"webhooks": {"jitter_ms": 0, "shuffle": false}}})).await;
    subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
    for number in 0..5 {
        account.person(&format!("Person {number}")).await;
        account.sandbox.advance(Duration::from_millis(100)).await;
    }
    let times: Vec<String> =
        minute(&account, &receiver).await.iter().map(|event| text(&event["timestamp"])).collect();
    assert!(times.is_sorted() && times.len() == 5, "{times:?}");
}

#[tokio::test]
async fn paused_and_deleted_subscriptions_hear_nothing() {
    let (account, receiver) = started().await;
    let made = subscribed(&account, &receiver, json!({})).await;
    let path = format!("/{}", text(&made["subscription_id"]));
    control(&account, Method::PATCH, &path, Some(json!({"paused": true}))).await.expect(200);
    account.person("Ada").await;
    assert!(minute(&account, &receiver).await.is_empty());
    control(&account, Method::PATCH, &path, Some(json!({"paused": false}))).await.expect(200);
    account.person("Bob").await;
    control(&account, Method::DELETE, &path, None).await.expect(204);
    assert!(minute(&account, &receiver).await.is_empty());
}

#[tokio::test]
async fn types_that_nothing_here_leads_to_can_be_sent_by_hand() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({})).await;
    for kind in ["view.updated", "file_upload.completed", "page.dreamt"] {
        let event = json!({"type": kind, "entity": {"id": account.crm(), "type": "view"}, "data": {"updated_fields": ["name"]}});
        account
            .sandbox
            .edit("notion", json!({"action": "event", "event": event, "author_type": "agent"}))
            .await;
    }
    let events = minute(&account, &receiver).await;
    assert_eq!(types(&events), ["file_upload.completed", "page.dreamt", "view.updated"]);
    assert_eq!(events[0]["authors"][0]["type"], "agent");
    let id = account.person("Ada").await;
    let block =
        account.sandbox.edit("notion", json!({"action": "add_transcript", "id": id})).await["id"].clone();
    minute(&account, &receiver).await;
    account.sandbox.edit("notion", json!({"action": "delete_transcript", "id": block})).await;
    assert_eq!(types(&minute(&account, &receiver).await), ["page.transcription_block.transcript_deleted"]);
}

#[tokio::test]
async fn faults_reach_webhooks_too() {
    let (account, receiver) = started().await;
    let made = subscribed(&account, &receiver, json!({"event_types": ["page.created"]})).await;
    account
        .sandbox
        .fault(json!({"provider": "notion", "times": 1, "effect": {"kind": "wrong_signature"}}))
        .await;
    account.sandbox.fault(json!({"provider": "notion", "times": 1, "effect": {"kind": "duplicate"}})).await;
    account.person("Ada").await;
    account.sandbox.advance(Duration::from_secs(60)).await;
    let received = receiver.take();
    assert_eq!(received.len(), 2);
    assert_ne!(
        received[0].header("x-notion-signature"),
        signature(&text(&made["verification_token"]), &received[0].body)
    );
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_new_title_is_told_in_the_words_of_the_subscription() {
    let (account, receiver) = started().await;
    subscribed(&account, &receiver, json!({})).await;
    let title = json!({"title": [{"text": {"content": "Contacts"}}]});
    account.patch(&format!("/databases/{}", account.database("People")), &title).await.expect(200);
    assert_eq!(types(&minute(&account, &receiver).await), ["data_source.content_updated"]);
    subscribed(&account, &receiver, json!({"api_version": OLD})).await;
    account.patch(&format!("/databases/{}", account.database("People")), &title).await.expect(200);
    assert_eq!(
        types(&minute(&account, &receiver).await),
        ["data_source.content_updated", "database.content_updated"]
    );
}

#[tokio::test]
async fn the_other_end_of_a_relation_is_told_only_when_that_is_set() {
    let (account, receiver) = started().await;
    let company = account.row("Companies", json!({"Name": title("Acme")})).await["id"].clone();
    subscribed(&account, &receiver, json!({"event_types": ["page.properties_updated"]})).await;
    let relation = json!({"Company": {"relation": [{"id": company}]}});
    account.row("People", relation.clone()).await;
    assert!(minute(&account, &receiver).await.is_empty());
    account.sandbox.set(json!({"notion": {"pages": {"synced_relation_is_edit": true}}})).await;
    account.row("People", relation).await;
    let events = minute(&account, &receiver).await;
    assert_eq!(events[0]["entity"]["id"], company);
}
