//! Deliveries as providers really send them: every signature scheme, every odd but honest body; each event kept once, as it came.

use crate::support::{PUBLIC_URL, SECRET, START, TestHub, change, sign};
use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::Value;
use syncline_core::signature::sha256;

const PATH: &str = "/webhooks/hubspot/main";

async fn deliver(hub: &TestHub, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let mut request = hub.request(Method::POST, path).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = hub.send(request).await;
    hub.settled().await;
    answer.status
}

/// Version 3 with any secret, over any path.
async fn deliver_v3(hub: &TestHub, path: &str, secret: &str, body: &str, more: &[(&str, &str)]) -> u16 {
    let (timestamp, signature) = sign(secret, path, body, START);
    let signed =
        [("x-hubspot-signature-v3", signature.as_str()), ("x-hubspot-request-timestamp", &timestamp)];
    deliver(hub, path, &[&signed[..], more].concat(), body).await
}

async fn events(hub: &TestHub, query: &str) -> Vec<Value> {
    let page = hub.get(&format!("/v1/events?limit=500{query}")).await.json();
    assert!(page["next_cursor"].is_null());
    page["data"].as_array().unwrap().clone()
}

fn one(event_id: u32) -> String {
    serde_json::json!([change(event_id, START, 1, "firstname", "Zoë")]).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signature_version_opens_the_door() {
    let hub = TestHub::start(&[]).await;
    let secret = SECRET.as_bytes();
    let v1 = HEXLOWER.encode(&sha256(&[secret, one(1).as_bytes()]));
    assert_eq!(deliver(&hub, PATH, &[("x-hubspot-signature", &v1)], &one(1)).await, 200);
    let url = format!("{PUBLIC_URL}{PATH}");
    let v2 = HEXLOWER.encode(&sha256(&[secret, b"POST", url.as_bytes(), one(2).as_bytes()]));
    let headers = [("x-hubspot-signature", v2.as_str()), ("x-hubspot-signature-version", "v2")];
    assert_eq!(deliver(&hub, PATH, &headers, &one(2)).await, 200);
    // HubSpot sends v1 beside v3; then v3 alone decides, good or bad.
    let good_v1 = HEXLOWER.encode(&sha256(&[secret, one(3).as_bytes()]));
    let beside = [("x-hubspot-signature", good_v1.as_str()), ("x-hubspot-signature-version", "v1")];
    assert_eq!(deliver_v3(&hub, PATH, "wrong", &one(3), &beside).await, 401);
    let bad_v1 = [("x-hubspot-signature", "00"), ("x-hubspot-signature-version", "v1")];
    assert_eq!(deliver_v3(&hub, PATH, SECRET, &one(4), &bad_v1).await, 200);
    let mut ids: Vec<_> = events(&hub, "").await.iter().map(|e| e["raw"]["eventId"].as_u64()).collect();
    ids.sort();
    assert_eq!(ids, [Some(1), Some(2), Some(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rotated_both_are_accepted_and_no_third() {
    let previous = ("apps.main.previous_client_secret", "the secret before");
    let hub = TestHub::start(&[previous]).await;
    assert_eq!(deliver_v3(&hub, PATH, SECRET, &one(1), &[]).await, 200);
    assert_eq!(deliver_v3(&hub, PATH, previous.1, &one(2), &[]).await, 200);
    assert_eq!(deliver_v3(&hub, PATH, "the secret before that", &one(3), &[]).await, 401);
    assert_eq!(events(&hub, "").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_is_the_public_one_whatever_host_was_called_and_includes_the_query() {
    let hub = TestHub::start(&[]).await;
    let elsewhere = [("host", "evil.example:9999"), ("x-forwarded-host", "evil.example")];
    assert_eq!(deliver_v3(&hub, PATH, SECRET, &one(1), &elsewhere).await, 200);

    let with_query = format!("{PATH}?tenant=7&x=y");
    assert_eq!(deliver_v3(&hub, &with_query, SECRET, &one(2), &[]).await, 200);
    // A signature for one query is none for another.
    let (timestamp, signature) = sign(SECRET, &with_query, &one(3), START);
    let headers =
        [("x-hubspot-signature-v3", signature.as_str()), ("x-hubspot-request-timestamp", &timestamp)];
    assert_eq!(deliver(&hub, &format!("{PATH}?tenant=8&x=y"), &headers, &one(3)).await, 401);
    assert_eq!(events(&hub, "").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_byte_for_byte_with_fields_nobody_knows() {
    let hub = TestHub::start(&[]).await;
    let odd = "{ \"eventId\":\"one-off\" ,\t\"portalId\": 1, \"occurredAt\":5,\"subscriptionType\":\"contact.x\",\
               \"objectId\":9, \"unknown\": {\"b\":1.50e+01, \"a\":[ ], \"b\":\"\\u00e9 \\/\"},\"big\":123456789012345678901 }";
    hub.deliver(&format!("[ {odd} ]")).await;
    let answer = hub.get("/v1/events").await;
    assert!(answer.text().contains(&format!("\"raw\":{odd}")), "{}", answer.text());
    let event = &answer.json()["data"][0];
    assert_eq!((&event["account"], &event["object_id"]), (&"1".into(), &"9".into()));
    assert_eq!(
        (&event["object_type"], &event["occurred_at"]),
        (&"contact".into(), &"1970-01-01T00:00:00.005Z".into())
    );
    // The same with another string for an id is another event.
    hub.deliver(&format!("[{}]", odd.replace("one-off", "two-off"))).await;
    assert_eq!(events(&hub, "").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_events_of_several_portals_are_stored_each_under_its_own() {
    let hub = TestHub::start(&[]).await;
    let body: Vec<Value> = (0..100)
        .map(|n| {
            let mut event = change(n, START, n, "firstname", "Zoë");
            event["portalId"] = (1_000 + n % 3).into();
            event
        })
        .collect();
    hub.deliver(&Value::from(body).to_string()).await;
    for (portal, count) in [("1000", 34), ("1001", 33), ("1002", 33)] {
        assert_eq!(events(&hub, &format!("&account={portal}")).await.len(), count, "{portal}");
    }
    assert_eq!(events(&hub, "").await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_is_stored_once() {
    let hub = TestHub::start(&[]).await;
    let first = change(1, START, 1, "firstname", "Zoë");
    let mut again = first.clone();
    again["attemptNumber"] = 3.into();
    let other_property = change(1, START, 1, "lastname", "Zoë");
    // Within one delivery, in a retry, and in a delivery with something new.
    hub.deliver(&Value::from(vec![first.clone(), first.clone()]).to_string()).await;
    hub.deliver(&Value::from(vec![again.clone()]).to_string()).await;
    hub.deliver(&Value::from(vec![again, other_property]).to_string()).await;
    let stored = events(&hub, "&order=asc").await;
    assert_eq!(stored.len(), 2, "eventId alone is no identity: another property is another event");
    let kept = stored.iter().find(|event| event["property"] == "firstname").unwrap();
    assert_eq!(kept["raw"], first, "the first to arrive stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_array_is_accepted_and_stores_nothing() {
    let hub = TestHub::start(&[]).await;
    for body in ["[]", " [ ] "] {
        assert_eq!(deliver_v3(&hub, PATH, SECRET, body, &[]).await, 200);
    }
    assert_eq!(hub.get("/v1/status").await.json()["events"]["last_seq"], 0);
}
