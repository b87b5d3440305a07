//! What was not answered well comes again, and no more than so many requests are under way (HubSpot facts 6.5).

use super::scene::{ACME, Scene, events};
use axum::Router;
use axum::extract::State;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use syncline_sandbox::Options;
use tokio::sync::Barrier;

const DAY: Duration = Duration::from_secs(86_400);

async fn failing(statuses: impl IntoIterator<Item = u16>) -> Scene {
    let scene = Scene::ready().await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.receiver.answer_with(statuses);
    scene
}

#[tokio::test]
async fn an_event_is_tried_eleven_times_within_a_day_and_then_given_up() {
    let scene = failing([500; 20]).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let received = scene.after(DAY + Duration::from_secs(1)).await;
    let attempts: Vec<u64> =
        events(&received).iter().map(|event| event["attemptNumber"].as_u64().expect("a number")).collect();
    assert_eq!(attempts, (0..=10).collect::<Vec<u64>>());
    assert!(scene.after(30 * DAY).await.is_empty());
    let overview = scene.overview().await;
    assert_eq!(overview["counts"]["given_up_events"], 1);
    assert_eq!(overview["counts"]["failed_requests"], 11);
}

#[tokio::test]
async fn a_retry_is_the_same_event_signed_at_its_own_moment() {
    let scene = failing([500]).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    let first = scene.delivered().await.remove(0);
    let second = scene.after(Duration::from_secs(61)).await.remove(0);
    let (mut before, after) = (first.json()[0].clone(), second.json()[0].clone());
    before["attemptNumber"] = json!(1);
    assert_eq!(before, after);
    let at = |one: &crate::support::receiver::Received| {
        one.header("x-hubspot-request-timestamp").parse::<i64>().expect("a number")
    };
    let apart = at(&second) - at(&first);
    assert!((48_000..=61_000).contains(&apart), "{apart}");
    assert_ne!(first.header("x-hubspot-signature-v3"), second.header("x-hubspot-signature-v3"));
    assert!(scene.after(DAY).await.is_empty(), "the second attempt was answered well");
}

#[tokio::test]
async fn every_answer_but_two_hundred_and_something_is_a_failure() {
    for status in [301, 400, 401, 404, 410, 429, 503] {
        let scene = failing([status]).await;
        scene.create("contacts", json!({"email": "a@b.example"})).await;
        let attempts = events(&scene.after(Duration::from_secs(62)).await).len();
        assert_eq!(attempts, 2, "{status}");
    }
    let scene = failing([302]).await;
    scene.set(json!({"redirect_is_delivered": true})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert_eq!(events(&scene.after(DAY).await).len(), 1);
}

#[tokio::test]
async fn nobody_listening_is_a_failure() {
    let scene = failing([]).await;
    scene.target("http://127.0.0.1:9/in", 10).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert!(scene.delivered().await.is_empty());
    let overview = scene.overview().await;
    let pending = &overview["deliveries"][0]["pending"][0];
    assert_eq!(pending["event"]["attemptNumber"], 1, "{overview}");
    assert_eq!(overview["deliveries"][0]["portal_id"], json!(ACME));
    scene.target(&scene.receiver.url("/in"), 10).await;
    assert_eq!(scene.after(Duration::from_secs(61)).await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_failure() {
    let scene = failing([]).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = silent.local_addr().expect("bound");
    scene.set(json!({"timeout_ms": 50})).await;
    scene.target(&format!("http://{address}/in"), 10).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.delivered().await;
    assert_eq!(scene.overview().await["counts"]["failed_requests"], 1);
    let settings = scene.sandbox.get("/_sandbox/settings").await.expect(200);
    assert_eq!(settings["hubspot"]["webhooks"]["timeout_ms"], 50);
}

#[tokio::test]
async fn events_that_failed_together_come_back_apart() {
    let scene = failing([500]).await;
    scene.create_contacts(20).await;
    assert_eq!(scene.delivered().await.len(), 1);
    let again = scene.after(Duration::from_secs(61)).await;
    assert_eq!(events(&again).len(), 20);
    assert!(again.len() > 1, "each notification has a jitter of its own");
}

#[tokio::test]
async fn the_schedule_can_be_set() {
    let scene = failing([500; 9]).await;
    scene.set(json!({"retry_after_s": [10, 20], "retry_jitter": 0.0, "batch_window_ms": 0})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.sandbox.settle().await;
    assert_eq!(scene.receiver.take().len(), 1);
    assert!(scene.after(Duration::from_millis(9_999)).await.is_empty());
    assert_eq!(scene.after(Duration::from_millis(1)).await.len(), 1);
    assert!(scene.after(Duration::from_millis(19_999)).await.is_empty());
    assert_eq!(scene.after(Duration::from_millis(1)).await.len(), 1);
    assert!(scene.after(DAY).await.is_empty());
}

#[tokio::test]
async fn a_reset_forgets_what_waits() {
    let scene = failing([500]).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    assert_eq!(scene.delivered().await.len(), 1);
    scene.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    assert!(scene.after(DAY).await.is_empty());
    let overview = scene.overview().await;
    assert_eq!((&overview["apps"], &overview["deliveries"]), (&json!([]), &json!([])));
}

struct Gate {
    barrier: Barrier,
    now: AtomicUsize,
    most: AtomicUsize,
}

async fn through(State(gate): State<Arc<Gate>>) {
    let now = gate.now.fetch_add(1, Ordering::SeqCst) + 1;
    gate.most.fetch_max(now, Ordering::SeqCst);
    gate.barrier.wait().await;
    gate.now.fetch_sub(1, Ordering::SeqCst);
}

#[tokio::test]
async fn as_many_requests_are_under_way_as_the_app_allows_and_no_more() {
    let gate =
        Arc::new(Gate { barrier: Barrier::new(6), now: AtomicUsize::new(0), most: AtomicUsize::new(0) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let app = Router::new().fallback(through).with_state(Arc::clone(&gate));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let scene = Scene::with(Options { speed: 1.0, ..Options::for_tests() }).await;
    scene.install(ACME, "").await;
    scene.set(json!({"batch_size": 1, "batch_window_ms": 0})).await;
    scene.target(&format!("http://{address}/in"), 6).await;
    scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create_contacts(18).await;
    scene.sandbox.settle().await;
    // The gate opens for six at a time: fewer would never pass it, and more would have been counted.
    assert_eq!(scene.overview().await["counts"]["delivered_requests"], 18);
    assert_eq!(gate.most.load(Ordering::SeqCst), 6);
    server.abort();
}

#[tokio::test]
async fn a_slow_account_does_not_hold_up_what_is_told_of_another() {
    let scene = failing([500]).await;
    scene.install(super::scene::GLOBEX, "").await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.delivered().await;
    let edit = json!({"action": "create", "portal_id": 77_421, "properties": {"email": "z@b.example"}});
    scene.edit(edit).await;
    let told: BTreeSet<String> =
        scene.events().await.iter().map(|event| event["portalId"].to_string()).collect();
    assert_eq!(told, BTreeSet::from(["77421".to_owned()]));
}

#[tokio::test]
async fn a_subscription_that_is_gone_gets_what_waited_for_it_but_nothing_new() {
    let scene = Scene::ready().await;
    let id = scene.subscribe(json!({"eventType": "contact.creation"})).await;
    scene.create("contacts", json!({"email": "a@b.example"})).await;
    scene.hooks(Method::DELETE, &format!("/subscriptions/{id}"), None).await.expect(204);
    scene.create("contacts", json!({"email": "c@b.example"})).await;
    let told: Vec<Value> = scene.events().await;
    assert_eq!(told.len(), 1);
}
