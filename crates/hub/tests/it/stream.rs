//! The event stream: everything stored after one subscribed, in order, nothing lost over a break.

use crate::support::sse::SseStream;
use crate::support::{START, TestHub, change};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use syncline_hub::api::access::create_key;
use syncline_hub::lifecycle::Ending;

async fn store(hub: &TestHub, numbers: impl IntoIterator<Item = u32>) {
    let events: Vec<_> = numbers.into_iter().map(|n| change(n, START, n, "firstname", "Zoë")).collect();
    for delivery in events.chunks(100) {
        hub.deliver(&serde_json::Value::from(delivery).to_string()).await;
    }
}

fn ask(hub: &TestHub, query: &str) -> reqwest::RequestBuilder {
    hub.request(Method::GET, &format!("/v1/events/stream{query}")).bearer_auth(&hub.key)
}

/// The numbers of the next `count` events, and the last one's place.
async fn read(stream: &mut SseStream, count: usize) -> (Vec<u64>, i64) {
    let (mut numbers, mut last) = (Vec::new(), i64::MIN);
    for _ in 0..count {
        let message = stream.next_of("event").await;
        let id = message.id.expect("an id to go on from");
        assert!(id > last, "in the order of storing");
        last = id;
        numbers.push(message.json()["raw"]["eventId"].as_u64().unwrap());
    }
    numbers.sort_unstable();
    (numbers, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_begins_with_the_next_event_and_shows_what_the_api_shows() {
    let hub = TestHub::start(&[]).await;
    store(&hub, [1]).await;
    let mut stream = SseStream::open(ask(&hub, "")).await;
    store(&hub, [2]).await;
    let message = stream.next_of("event").await;
    let event = message.json();
    assert_eq!(event["raw"]["eventId"], 2);
    assert_eq!(hub.get(&format!("/v1/events/{}", event["id"].as_str().unwrap())).await.json(), event);
    store(&hub, [2, 3]).await;
    assert_eq!(read(&mut stream, 1).await.0, [3], "a repetition is no event");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_with_the_last_id_misses_nothing_and_sees_nothing_twice() {
    let hub = TestHub::start(&[]).await;
    let mut stream = SseStream::open(ask(&hub, "")).await;
    store(&hub, 1..=5).await;
    let (first, last) = read(&mut stream, 5).await;
    assert_eq!(first, [1, 2, 3, 4, 5]);
    drop(stream);
    // More than one chunk while nobody listens.
    store(&hub, 6..=455).await;
    let expected: Vec<u64> = (6..=455).collect();
    let by_header = ask(&hub, "").header("Last-Event-ID", last.to_string());
    assert_eq!(read(&mut SseStream::open(by_header).await, 450).await.0, expected);
    let mut by_parameter = SseStream::open(ask(&hub, &format!("?last_event_id={last}"))).await;
    assert_eq!(read(&mut by_parameter, 450).await.0, expected);
    store(&hub, [456]).await;
    assert_eq!(read(&mut by_parameter, 1).await.0, [456], "and goes on live");
    // From zero: everything there is.
    let mut all = SseStream::open(ask(&hub, "?last_event_id=0")).await;
    assert_eq!(read(&mut all, 456).await.0.len(), 456);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_only_what_was_asked_for_and_may_be_seen() {
    let hub = TestHub::start(&[]).await;
    let assign = hub.request(Method::PUT, "/v1/accounts/hubspot/7").bearer_auth(&hub.key);
    assert_eq!(hub.send(assign.json(&json!({ "org_id": "org_a" }))).await.status, 204);
    let (_, key) = create_key(&hub.cx, "a", Some("org_a".to_owned())).await.unwrap();
    let of_a = hub.request(Method::GET, "/v1/events/stream").bearer_auth(&key);
    let mut of_a = SseStream::open(of_a).await;
    let mut emails = SseStream::open(ask(&hub, "?property=email&object_type=contact")).await;

    let mut own = change(1, START, 1, "firstname", "Zoë");
    own["portalId"] = 7.into();
    let mut email = change(2, START, 1, "email", "z@example.com");
    email["portalId"] = 8.into();
    let mut last = own.clone();
    last["eventId"] = 3.into();
    last["propertyName"] = "email".into();
    let other = change(4, START, 1, "firstname", "Zoë");
    for event in [&own, &other, &email, &last] {
        hub.deliver(&json!([event]).to_string()).await;
    }
    assert_eq!(read(&mut of_a, 2).await.0, [1, 3]);
    assert_eq!(read(&mut emails, 2).await.0, [2, 3]);
    // Nothing else comes: the next thing is the end.
    assert_eq!(hub.stop().await, Ending::Drained);
    assert_eq!((of_a.next().await, emails.next().await), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_key_that_opened_it() {
    let hub = TestHub::start(&[]).await;
    let (key, secret) = create_key(&hub.cx, "for a while", None).await.unwrap();
    let of_the_key = hub.request(Method::GET, "/v1/events/stream").bearer_auth(&secret);
    let (mut ended, mut going_on) = (SseStream::open(of_the_key).await, SseStream::open(ask(&hub, "")).await);
    store(&hub, [1]).await;
    assert_eq!((read(&mut ended, 1).await.0, read(&mut going_on, 1).await.0), (vec![1], vec![1]));
    let revoke = hub.request(Method::DELETE, &format!("/v1/api-keys/{}", key.id)).bearer_auth(&hub.key);
    assert_eq!(hub.send(revoke).await.status, 204);
    store(&hub, [2]).await;
    assert_eq!(read(&mut going_on, 1).await.0, [2]);
    assert_eq!(ended.next().await, None, "not even what came right after");
}

#[tokio::test(flavor = "multi_thread")]
async fn line_breaks_between_the_parts_of_an_event_do_not_break_the_message() {
    let hub = TestHub::start(&[]).await;
    let mut stream = SseStream::open(ask(&hub, "")).await;
    let raw = "{\r\n\"eventId\":1,\n\n \"portalId\":1,\r\"occurredAt\":5,\"subscriptionType\":\"contact.x\",\
               \"propertyValue\":\"a\\r\\n\\nid: 7\\u2028\"}";
    hub.deliver(&format!("[\r\n{raw}\r\n]")).await;
    let message = stream.next_of("event").await;
    let expected: serde_json::Value = serde_json::from_str(raw).unwrap();
    assert_eq!(message.json()["raw"], expected);
    store(&hub, [2]).await;
    assert_eq!(read(&mut stream, 1).await.0, [2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_the_hub_stops() {
    let hub = TestHub::start(&[]).await;
    let mut idle = SseStream::open(ask(&hub, "")).await;
    let mut used = SseStream::open(ask(&hub, "")).await;
    store(&hub, [1]).await;
    assert_eq!(read(&mut used, 1).await.0, [1]);
    let stopping = tokio::time::timeout(Duration::from_secs(15), hub.stop());
    assert_eq!(stopping.await.expect("open streams do not hold up the end"), Ending::Drained);
    assert_eq!(used.next().await, None);
    read(&mut idle, 1).await;
    assert_eq!(idle.next().await, None);
}
