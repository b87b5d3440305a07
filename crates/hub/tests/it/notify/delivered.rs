//! Messages arrive: signed, at whom they are meant for, once, with what became of them kept.

use super::receiver::{FINE, Got, Receiver, Reply};
use super::scene::{Scene, draft};
use crate::support::START;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use syncline_core::notify::secret::{Scheme, VerifyingKey};
use syncline_core::notify::verify::{Received, TOLERANCE, verify};
use syncline_core::time::{Clock as _, ManualClock, SystemClock, Timestamp};
use syncline_hub::endpoints::{self as rows, Change, NewSecret};
use syncline_hub::notify::{self, PublishError, TestError};
use syncline_store::Scope;
use syncline_store::notifications::{self, Notification};
use syncline_store::notify::deliveries::State;
use syncline_store::notify::messages::Idempotency;

pub fn genuine(got: &Got, key: &VerifyingKey, now: Timestamp) -> bool {
    let received = Received {
        id: got.header("webhook-id"),
        timestamp: got.header("webhook-timestamp"),
        signature: got.header("webhook-signature"),
    };
    verify(received, got.body.as_bytes(), std::slice::from_ref(key), TOLERANCE, now).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_whole_and_signed_and_its_attempt_is_kept() {
    let scene = Scene::new(&[]).await;
    let receiver =
        Receiver::always(Reply::Status(202, "X-Request-Id: 7\r\nSet-Cookie: s=1\r\n", "thanks")).await;
    let made = scene.endpoint(&receiver).await;
    let id = scene.publish("invoice.paid").await;
    let delivery = scene.becomes(&id, &made.id, State::Delivered).await;
    assert_eq!((delivery.tried, delivery.status), (1, Some(202)));
    let got = &receiver.receives(1).await[0];
    assert_eq!((got.path.as_str(), got.body.as_str()), ("/hook", r#"{"type":"invoice.paid"}"#));
    assert_eq!((got.id(), got.header("content-type")), (id.clone(), "application/json"));
    assert!(got.header("user-agent").starts_with("syncline/"));
    assert!(genuine(got, &made.key, START));
    let attempts = scene.attempts(&id, &made.id).await;
    assert_eq!((attempts.len(), attempts[0].status, attempts[0].at), (1, Some(202), START));
    assert_eq!((attempts[0].body.as_deref(), attempts[0].error.as_deref()), (Some("thanks"), None));
    let headers: serde_json::Value = serde_json::from_str(attempts[0].headers.as_deref().unwrap()).unwrap();
    assert_eq!((&headers["x-request-id"], &headers["set-cookie"]), (&"7".into(), &"***".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_verifier_accepts_what_is_sent_while_secrets_rotate() {
    let now = SystemClock.now();
    let scene = Scene::with(Arc::new(SystemClock), Arc::new(ManualClock::at(now)), &[]).await;
    let receiver = Receiver::always(FINE).await;
    let made = scene.endpoint(&receiver).await;
    let hour = Duration::from_secs(3_600);
    let rotate = |scheme| rows::rotate(&scene.cx, &Scope::All, &made.id, NewSecret::Generated(scheme), hour);
    let second = rotate(Scheme::Hmac).await.unwrap();
    let third = rotate(Scheme::Ed25519).await.unwrap();
    crate::support::wait::until("all three secrets are used", async || {
        let count = receiver.count();
        scene.publish("invoice.paid").await;
        let got = receiver.receives(count + 1).await.pop().unwrap();
        (got.header("webhook-signature").split(' ').count() == 3).then_some(())
    })
    .await;
    let got = receiver.got().pop().unwrap();
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, got.header(name).parse().unwrap());
    }
    for secret in [&made.secret, &second.secret] {
        let verifier = standardwebhooks::Webhook::new(secret.expose()).unwrap();
        verifier.verify(got.body.as_bytes(), &headers).expect("a good signature");
        assert!(verifier.verify(b"{}", &headers).is_err());
    }
    assert!(genuine(&got, &VerifyingKey::parse(&third.secret).unwrap(), scene.cx.now()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_that_wants_a_message_gets_it_and_nobody_elses_does() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let only = |types: &[&str]| Change {
        event_types: Some(types.iter().map(|name| (*name).to_owned()).collect()),
        ..Change::default()
    };
    scene.endpoint_of(Some("acme"), &receiver.url("/acme"), Change::default()).await;
    scene.endpoint_of(Some("acme"), &receiver.url("/acme/other"), only(&["order.*"])).await;
    scene.endpoint_of(Some("other"), &receiver.url("/other"), Change::default()).await;
    scene.endpoint_of(None, &receiver.url("/all"), only(&["invoice.paid"])).await;
    scene.publish("invoice.paid").await;
    scene.publish("order.made").await;
    let mut paths: Vec<String> =
        receiver.receives(4).await.into_iter().map(|got| got.path + &got.body).collect();
    paths.sort();
    let expected = [
        r#"/acme/other{"type":"order.made"}"#,
        r#"/acme{"type":"invoice.paid"}"#,
        r#"/acme{"type":"order.made"}"#,
        r#"/all{"type":"invoice.paid"}"#,
    ];
    assert_eq!(paths, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoints_own_headers_come_along() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer t0ken".to_owned())]);
    let change = Change { headers: Some(headers), ..Change::default() };
    scene.endpoint_at(&receiver.url("/"), change).await;
    scene.publish("invoice.paid").await;
    assert_eq!(receiver.receives(1).await[0].header("authorization"), "Bearer t0ken");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_publishes_once_and_another_under_its_key_never() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let made = scene.endpoint(&receiver).await;
    let keyed = |request: &str| {
        let mut draft = draft("invoice.paid");
        draft.idempotency = Idempotency::new("key-1", request.as_bytes());
        draft
    };
    let all = futures_util::future::join_all((0..20).map(|_| scene.try_publish(keyed("one")))).await;
    let receipts: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts.iter().filter(|receipt| !receipt.before).count(), 1);
    assert!(receipts.iter().all(|receipt| receipt.id == receipts[0].id));
    let refused = scene.try_publish(keyed("two")).await.unwrap_err();
    assert!(matches!(refused, PublishError::AnotherRequest), "{refused}");
    scene.becomes(&receipts[0].id, &made.id, State::Delivered).await;
    assert_eq!(receiver.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_as_large_as_it_may_be_and_no_larger() {
    let scene = Scene::new(&[("notify.max_payload", "2KiB")]).await;
    let receiver = Receiver::always(FINE).await;
    let made = scene.endpoint(&receiver).await;
    let sized = |bytes: usize| {
        let mut draft = draft("invoice.paid");
        draft.payload = format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes - 8));
        draft
    };
    let refused = scene.try_publish(sized(2_049)).await.unwrap_err();
    assert!(matches!(refused, PublishError::TooLarge { bytes: 2_049, limit: 2_048 }), "{refused}");
    let id = scene.try_publish(sized(2_048)).await.unwrap().id;
    scene.becomes(&id, &made.id, State::Delivered).await;
    assert_eq!(receiver.got()[0].body.len(), 2_048);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_goes_to_one_endpoint_whatever_it_wants() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    let nothing = Change { event_types: Some(vec!["order.made".to_owned()]), ..Change::default() };
    let made = scene.endpoint_at(&receiver.url("/one"), nothing).await;
    scene.endpoint_at(&receiver.url("/two"), Change::default()).await;
    let id = notify::test(&scene.cx, &Scope::All, &made.id, "sync.complete").await.unwrap();
    scene.becomes(&id, &made.id, State::Delivered).await;
    let got = receiver.got();
    assert_eq!((got.len(), got[0].path.as_str()), (1, "/one"));
    assert!(got[0].body.contains("\"webhook_event_type\":\"sync.complete\""), "{}", got[0].body);
    let theirs = Scope::Organization("other".to_owned());
    let refused = notify::test(&scene.cx, &theirs, &made.id, "sync.complete").await.unwrap_err();
    assert!(matches!(refused, TestError::NoSuchEndpoint));
    let refused = notify::test(&scene.cx, &Scope::All, &made.id, "sync.none").await.unwrap_err();
    assert!(matches!(refused, TestError::NoSuchKind(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_rooms_queued_is_told() {
    let scene = Scene::new(&[]).await;
    let receiver = Receiver::always(FINE).await;
    scene.endpoint(&receiver).await;
    let news = Notification {
        id: "ntf_1".to_owned(),
        org_id: "acme".to_owned(),
        connection_id: Some("con_1".to_owned()),
        kind: "connection.created".to_owned(),
        payload: r#"{"webhook_event_type":"connection.created"}"#.to_owned(),
        created_at: START,
        dispatched_at: None,
    };
    let mut tx = scene.cx.store.begin().await.unwrap();
    notifications::queue(&mut tx, &news).await.unwrap();
    tx.commit().await.unwrap();
    let got = &receiver.receives(1).await[0];
    assert_eq!((got.id().as_str(), got.body.as_str()), ("msg_1", news.payload.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_under_way_and_gives_the_rest_back() {
    let mut scene = Scene::new(&[("notify.per_endpoint", "1")]).await;
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let receiver = Receiver::always(Reply::Held(Arc::clone(&gate))).await;
    let made = scene.endpoint(&receiver).await;
    let first = scene.publish("invoice.paid").await;
    receiver.receives(1).await;
    let second = scene.publish("invoice.paid").await;
    scene.soft.cancel();
    // What was not sent is given back at once, and not when the slow one is done.
    crate::support::wait::until("the second is given back", async || {
        Some(scene.delivery(&second, &made.id).await).filter(|it| it.at <= START && !it.under_way)
    })
    .await;
    gate.add_permits(1);
    scene.stop().await;
    assert_eq!(scene.delivery(&first, &made.id).await.state, State::Delivered);
    assert_eq!((scene.delivery(&second, &made.id).await.tried, receiver.count()), (0, 1));
}
