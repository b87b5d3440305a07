//! Requests: who is told, how many events at once, with which headers (HubSpot facts 6.4, 6.6, 7).

use super::scene::{ACME, APP, GLOBEX, Scene, events};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// As a receiver checks it: the address it was called at, the table's escapes written out.
fn v3(secret: &str, uri: &str, body: &[u8], timestamp: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    let mac = mac.chain_update("POST").chain_update(uri).chain_update(body).chain_update(timestamp);
    BASE64.encode(&mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_request_carries_both_signatures_and_hubspots_headers() {
    let scene = Scene::ready().await;
    scene.target(&scene.receiver.url("/in?tenant=7&at=09%3A30&who=a%20b"), 10).await;
    scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": "firstname"})).await;
    scene.create("contacts", json!({"email": "a@b.example", "firstname": "Zoë 日本 🙂"})).await;
    let received = scene.delivered().await.remove(0);
    let secret = scene.of_app("client_secret");
    let v1 = HEXLOWER.encode(&Sha256::new().chain_update(secret).chain_update(&received.body).finalize());
    assert_eq!(received.uri, "/in?tenant=7&at=09%3A30&who=a%20b");
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("user-agent"), "HubSpot Webhooks");
    assert_eq!(received.header("x-hubspot-signature"), v1);
    assert_eq!(received.header("x-hubspot-signature-version"), "v1");
    let timestamp = received.header("x-hubspot-request-timestamp");
    assert_eq!(timestamp, "1767225600200");
    let uri = scene.receiver.url("/in?tenant=7&at=09:30&who=a%20b");
    assert_eq!(received.header("x-hubspot-signature-v3"), v3(secret, &uri, &received.body, timestamp));
    let text = std::str::from_utf8(&received.body).expect("UTF-8");
    assert!(text.starts_with("[{\"eventId\":") && !text.contains(": "), "compact: {text}");
    assert!(text.contains("Zoë 日本 🙂"), "{text}");
}

#[tokio::test]
async fn a_bare_host_is_called_and_signed_with_its_slash() {
    let scene = Scene::ready().await;
    scene.target(&scene.receiver.url(""), 10).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let received = scene.delivered().await.remove(0);
    let secret = scene.of_app("client_secret");
    let timestamp = received.header("x-hubspot-request-timestamp").to_owned();
    let expected = v3(secret, &scene.receiver.url("/"), &received.body, &timestamp);
    assert_eq!((received.uri.as_str(), received.header("x-hubspot-signature-v3")), ("/", &*expected));
}

#[tokio::test]
async fn at_most_a_hundred_events_come_at_once() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create_contacts(100).await;
    let inputs: Vec<Value> =
        (0..30).map(|number| json!({"properties": {"email": format!("m{number}@people.example")}})).collect();
    let path = "/crm/v3/objects/contacts/batch/create";
    scene.call(Method::POST, path, Some(&json!({ "inputs": inputs }))).await.expect(201);
    let received = scene.delivered().await;
    let sizes: Vec<usize> = received.iter().map(|one| one.json().as_array().expect("a list").len()).collect();
    assert_eq!(sizes, [100, 30]);
    let told: BTreeSet<u64> =
        events(&received).iter().map(|event| event["objectId"].as_u64().expect("a number")).collect();
    assert_eq!(told.len(), 130);
}

#[tokio::test]
async fn requests_are_as_large_and_as_late_as_set() {
    let scene = Scene::ready().await;
    scene.set(json!({"batch_size": 2, "batch_window_ms": 1000})).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create_contacts(5).await;
    assert!(scene.after(std::time::Duration::from_millis(999)).await.is_empty());
    assert_eq!(scene.after(std::time::Duration::from_millis(1)).await.len(), 3);
}

#[tokio::test]
async fn only_accounts_that_installed_the_app_are_told_of() {
    let scene = Scene::bare().await;
    scene.target(&scene.receiver.url("/in"), 10).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert!(scene.events().await.is_empty());
    scene.install(ACME, "").await;
    scene.create("contacts", json!({"email": "c@b.example"})).await;
    assert_eq!(scene.events().await.len(), 1);
}

#[tokio::test]
async fn only_what_the_account_lets_the_app_read_is_told() {
    let scene = Scene::bare().await;
    scene.target(&scene.receiver.url("/in"), 10).await;
    scene.install(ACME, "crm.objects.companies.read").await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.subscribe(json!({"eventType": "company.creation"})).await;
    scene.create("contacts", json!({"firstname": "Ann"})).await;
    scene.create("companies", json!({"name": "Acme"})).await;
    let told = scene.events().await;
    assert_eq!((told.len(), &told[0]["subscriptionType"]), (1, &json!("company.creation")));
    scene.set(json!({"needs_read_scope": false})).await;
    scene.create("contacts", json!({"firstname": "Bob"})).await;
    assert_eq!(scene.events().await.len(), 1);
}

#[tokio::test]
async fn an_account_that_uninstalled_the_app_is_told_of_only_where_that_is_set() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.edit(json!({"action": "uninstall", "portal_id": ACME, "app_id": APP})).await;
    assert_eq!(scene.events().await.len(), 1, "what waited already is still delivered");
    scene.create("contacts", json!({"email": "c@b.example"})).await;
    assert!(scene.events().await.is_empty());
    scene.set(json!({"after_uninstall": true})).await;
    scene.create("contacts", json!({"email": "d@b.example"})).await;
    assert_eq!(scene.events().await.len(), 1);
}

#[tokio::test]
async fn accounts_share_requests_only_where_that_is_set() {
    let scene = Scene::ready().await;
    scene.install(GLOBEX, "").await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    let both = async |tag: &str| {
        for portal in [ACME, GLOBEX] {
            let properties = json!({"email": format!("{tag}{portal}@b.example")});
            scene.edit(json!({"action": "create", "portal_id": portal, "properties": properties})).await;
        }
        scene.delivered().await
    };
    let apart = both("a").await;
    assert_eq!(apart.len(), 2);
    scene.set(json!({"mix_portals": true})).await;
    let together = both("b").await;
    assert_eq!(together.len(), 1);
    let portals: BTreeSet<u64> =
        events(&together).iter().map(|event| event["portalId"].as_u64().expect("a number")).collect();
    assert_eq!(portals, BTreeSet::from([ACME, GLOBEX]));
}

#[tokio::test]
async fn an_event_may_come_twice_and_two_may_have_one_id() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.set(json!({"event_id_reuse_chance": 1.0})).await;
    scene.create_contacts(3).await;
    let told = scene.events().await;
    let ids: BTreeSet<u64> = told.iter().map(|event| event["eventId"].as_u64().expect("a number")).collect();
    assert_eq!((told.len(), ids.len()), (3, 1));
    scene.set(json!({"event_id_reuse_chance": 0.0, "duplicate_chance": 1.0})).await;
    scene.create("contacts", json!({"firstname": "Ann"})).await;
    let first = scene.events().await;
    assert_eq!(first.len(), 1);
    assert_eq!(scene.events().await, first);
    assert!(scene.events().await.is_empty(), "twice, not for ever");
}

#[tokio::test]
async fn faults_strike_deliveries_too() {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    let fault = async |effect: &str| {
        scene.sandbox.fault(json!({"provider": "hubspot", "times": 1, "effect": {"kind": effect}})).await;
    };
    fault("drop").await;
    scene.create("contacts", json!({"firstname": "Ann"})).await;
    assert!(scene.delivered().await.is_empty());
    fault("wrong_signature").await;
    scene.create("contacts", json!({"firstname": "Bob"})).await;
    let received = scene.delivered().await.remove(0);
    let secret = scene.of_app("client_secret");
    let v1 = HEXLOWER.encode(&Sha256::new().chain_update(secret).chain_update(&received.body).finalize());
    assert_ne!(received.header("x-hubspot-signature"), v1);
    assert_eq!(received.header("x-hubspot-signature").len(), v1.len());
    let record = scene.sandbox.get("/_sandbox/requests?direction=out").await.expect(200);
    let notes: Vec<&Value> =
        record["requests"].as_array().expect("a list").iter().map(|one| &one["note"]).collect();
    assert_eq!(notes, [&json!("dropped on purpose"), &json!("wrong_signature")]);
}
