//! Messages over the API: published, delivered, looked at, sent again; every refusal.

use crate::notify::receiver::{FINE, Got, Receiver, Reply};
use crate::support::wait::until;
use crate::support::{Answer, START, TestHub};
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::notify::secret::VerifyingKey;
use syncline_core::notify::verify::{Received, TOLERANCE, verify};
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;

/// A hub that may call this machine.
pub struct Hub(pub TestHub);

/// An endpoint that was made.
pub struct Made {
    pub id: String,
    secret: Secret,
}

impl Hub {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let here = [("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
        Self(TestHub::start(&[&here[..], settings].concat()).await)
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        call_as(&self.0, &self.0.key, method, path, body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.0.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    pub async fn endpoint(&self, org_id: Option<&str>, receiver: &Receiver, more: Value) -> Made {
        let mut body = json!({ "org_id": org_id, "url": receiver.url("/hook") });
        let Value::Object(more) = more else { panic!("no members: {more}") };
        body.as_object_mut().unwrap().extend(more);
        let made = self.post("/v1/endpoints", &body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Made { id: text(&made["id"]), secret: Secret::new(text(&made["signing"]["secret"])) }
    }

    /// Publishes `invoice.paid` of acme's with this number; answers its id.
    pub async fn publish(&self, number: u32) -> String {
        let body = json!({ "org_id": "acme", "type": "invoice.paid", "payload": { "number": number } });
        let answer = self.post("/v1/messages", &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn delivery(&self, message: &str, endpoint: &str) -> Value {
        self.get(&format!("/v1/messages/{message}/deliveries/{endpoint}")).await
    }

    /// Waits until a delivery is in this state, after so many attempts at least.
    pub async fn becomes(&self, message: &str, endpoint: &str, state: &str, tried: u64) -> Value {
        until(&format!("{message} is {state}"), async || {
            let found = self.delivery(message, endpoint).await;
            let settled = found["under_way"] == false && found["tried"].as_u64() >= Some(tried);
            Some(found).filter(|found| settled && found["state"] == state)
        })
        .await
    }

    pub fn later(&self, span: Duration) {
        self.0.clock.advance(span);
        self.0.cx.wake.news();
    }
}

fn is_signed(got: &Got, made: &Made, now: Timestamp) {
    let key = [VerifyingKey::parse(&made.secret).unwrap()];
    let received = Received {
        id: got.header("webhook-id"),
        timestamp: got.header("webhook-timestamp"),
        signature: got.header("webhook-signature"),
    };
    assert_eq!(verify(received, got.body.as_bytes(), &key, TOLERANCE, now), Ok(()), "{got:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_application_publishes_arrives_signed_and_byte_for_byte() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(Reply::Status(200, "x-request-id: r1\r\n", "thanks")).await;
    let made = hub.endpoint(Some("acme"), &receiver, json!({ "headers": { "x-api-key": "s3cret" } })).await;
    let body = r#"{"org_id":"acme","type":"invoice.paid","order_key":"i1","payload":{"b": 1.50,  "a":"ü"}}"#;
    let request = hub.0.request(Method::POST, "/v1/messages").bearer_auth(&hub.0.key);
    let answer = hub.0.send(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let accepted = answer.json();
    let id = accepted["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/v1/messages/{id}"));
    assert_eq!((&accepted["org_id"], &accepted["type"]), (&json!("acme"), &json!("invoice.paid")));

    let got = receiver.receives(1).await.remove(0);
    assert_eq!((got.path.as_str(), got.body.as_str()), ("/hook", r#"{"b": 1.50,  "a":"ü"}"#));
    assert_eq!((got.id().as_str(), got.header("x-api-key")), (id, "s3cret"));
    assert_eq!(got.header("content-type"), "application/json");
    is_signed(&got, &made, START);

    let delivery = hub.becomes(id, &made.id, "delivered", 1).await;
    assert_eq!(
        (&delivery["type"], &delivery["status"], &delivery["attempts"], &delivery["next_attempt_at"]),
        (&json!("invoice.paid"), &json!(200), &json!(1), &Value::Null)
    );
    let [attempt] = delivery["tries"].as_array().unwrap().as_slice() else { panic!("{delivery}") };
    assert_eq!(
        (&attempt["status"], &attempt["body"], &attempt["error"], &attempt["headers"]["x-request-id"]),
        (&json!(200), &json!("thanks"), &Value::Null, &json!("r1"))
    );
    assert!(attempt["latency_ms"].is_u64() && attempt["at"] == json!(START), "{attempt}");
    let attempts = hub.get(&format!("/v1/messages/{id}/deliveries/{}/attempts", made.id)).await;
    assert_eq!(attempts["data"], delivery["tries"]);

    let shown = hub.0.get(&format!("/v1/messages/{id}")).await;
    assert!(shown.text().contains(r#""payload":{"b": 1.50,  "a":"ü"}"#), "{}", shown.text());
    let shown = shown.json();
    assert_eq!((&shown["order_key"], &shown["deliveries"][0]["state"]), (&json!("i1"), &json!("delivered")));
    let listed = hub.get("/v1/messages?type=invoice.paid&org_id=acme").await;
    assert_eq!(listed["data"][0]["id"], id);
    assert_eq!(listed["data"][0].get("payload"), None, "a list is small");
    let of_endpoint = hub.get(&format!("/v1/endpoints/{}/deliveries?state=delivered", made.id)).await;
    assert_eq!(of_endpoint["data"][0]["message_id"], id);
    let statistics = hub.get(&format!("/v1/endpoints/{}/statistics?span=1h", made.id)).await;
    assert_eq!((&statistics["delivered"], &statistics["failed"]), (&json!(1), &json!(0)));
    let parts = statistics["parts"].as_array().unwrap();
    assert_eq!(
        (parts.len(), &parts[59]["delivered"], &parts[0]["latency_p50_ms"]),
        (60, &json!(1), &Value::Null)
    );
    assert_eq!(parts[59]["from"], json!(START), "the minute that is going on is the last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_one_idempotency_key_one_request_publishes_once_and_another_is_refused() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(FINE).await;
    hub.endpoint(Some("acme"), &receiver, json!({})).await;
    let send = async |org: &str, key: &str, number: u32| {
        let body = json!({ "org_id": org, "type": "invoice.paid", "payload": { "number": number } });
        let request = hub.0.request(Method::POST, "/v1/messages").bearer_auth(&hub.0.key);
        hub.0.send(request.header("Idempotency-Key", key).json(&body)).await
    };
    let first = send("acme", "k1", 1).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, ""), "{}", first.text());
    let again = send("acme", "k1", 1).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (202, "true"));
    assert_eq!(again.json(), first.json());
    let other = send("acme", "k1", 2).await;
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"));
    assert!(!other.text().contains(first.json()["id"].as_str().unwrap()), "not the old answer");
    assert_eq!(send("globex", "k1", 2).await.status, 202, "keys of organizations do not meet");
    for wrong in ["", "k".repeat(256).as_str()] {
        let refused = send("acme", wrong, 3).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_idempotency_key"), "{wrong:?}");
    }
    let all = hub.get("/v1/messages?org_id=acme").await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_published_is_refused_with_a_code_that_says_why() {
    let hub = Hub::with(&[("notify.max_payload", "2KiB")]).await;
    let good = json!({ "org_id": "acme", "type": "invoice.paid", "payload": {} });
    for (wrong, status, code) in [
        (json!({ "type": "sync.complete" }), 422, "bad_event_type"),
        (json!({ "type": "record.mine" }), 422, "bad_event_type"),
        (json!({ "type": "a b" }), 422, "bad_event_type"),
        (json!({ "type": 7 }), 400, "bad_body"),
        (json!({ "payload": [] }), 400, "bad_body"),
        (json!({ "payload": "text" }), 400, "bad_body"),
        (json!({ "payload": null }), 400, "bad_body"),
        (json!({ "order_key": "" }), 400, "bad_name"),
        (json!({ "order_key": "k".repeat(256) }), 400, "bad_name"),
        (json!({ "org_id": null }), 400, "bad_name"),
        (json!({ "color": "red" }), 400, "bad_body"),
        (json!({ "payload": { "text": "t".repeat(2_048) } }), 413, "payload_too_large"),
        (json!({ "payload": { "text": "t".repeat(80_000) } }), 413, "payload_too_large"),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let refused = hub.post("/v1/messages", &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{wrong}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    for text in ["", "{", "[]", "null", "\u{0}"] {
        let request = hub.0.request(Method::POST, "/v1/messages").bearer_auth(&hub.0.key);
        let refused = hub.0.send(request.body(text)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_body"), "{text:?}");
    }
    assert_eq!(hub.get("/v1/messages").await["data"], json!([]), "nothing was kept");
    for query in ["limit=0", "from=yesterday", "to=x", "cursor=x", "color=red"] {
        assert_eq!(hub.0.get(&format!("/v1/messages?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_shown_and_sent_again_when_somebody_asks() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(Reply::Status(500, "", "no")).await;
    let once = json!({ "schedule": { "waits": [60], "jitter_percent": 0 } });
    let made = hub.endpoint(Some("acme"), &receiver, once).await;
    let id = hub.publish(1).await;
    let waiting = hub.becomes(&id, &made.id, "waiting", 1).await;
    assert_eq!((&waiting["status"], &waiting["tries"][0]["body"]), (&json!(500), &json!("no")));
    assert_eq!(waiting["next_attempt_at"], json!(START.plus(Duration::from_secs(60))), "{waiting}");
    let shown = hub.get(&format!("/v1/endpoints/{}", made.id)).await;
    assert_eq!((&shown["failures"], &shown["failing_since"]), (&json!(1), &json!(START)), "{shown}");
    assert_eq!(shown["waiting"]["deliveries"], 1);

    hub.later(Duration::from_secs(60));
    hub.becomes(&id, &made.id, "failed", 2).await;
    let path = format!("/v1/messages/{id}/deliveries/{}", made.id);
    receiver.behave(|_, _| FINE);
    hub.later(Duration::from_secs(1));
    let resent = hub.post(&format!("{path}/resend"), &Value::Null).await;
    assert_eq!(resent.status, 202, "{}", resent.text());
    let delivered = hub.becomes(&id, &made.id, "delivered", 3).await;
    assert_eq!(delivered["tries"].as_array().unwrap().len(), 3);
    let ids: Vec<String> = receiver.got().iter().map(Got::id).collect();
    assert_eq!(ids, [id.as_str(), &id, &id], "under the same id each time");
    for wrong in
        [format!("/v1/messages/msg_x/deliveries/{}", made.id), format!("/v1/messages/{id}/deliveries/ep_x")]
    {
        assert_eq!(hub.post(&format!("{wrong}/resend"), &Value::Null).await.status, 404);
        assert_eq!(hub.0.get(&wrong).await.status, 404);
    }

    hub.post(&format!("/v1/endpoints/{}/disable", made.id), &Value::Null).await;
    for path in [format!("{path}/resend"), format!("/v1/endpoints/{}/test", made.id)] {
        let refused = hub.post(&path, &json!({})).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "endpoint_disabled"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_failed_since_a_moment_is_recovered() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(Reply::Status(500, "", "")).await;
    let never_again = json!({ "schedule": { "waits": [] } });
    let made = hub.endpoint(Some("acme"), &receiver, never_again).await;
    let early = hub.publish(1).await;
    hub.becomes(&early, &made.id, "failed", 1).await;
    hub.later(Duration::from_secs(100));
    let late = [hub.publish(2).await, hub.publish(3).await];
    for id in &late {
        hub.becomes(id, &made.id, "failed", 1).await;
    }
    receiver.behave(|_, _| FINE);
    let path = format!("/v1/endpoints/{}/recover", made.id);
    let since = START.plus(Duration::from_secs(50));
    let done = hub.post(&path, &json!({ "since": since })).await;
    assert_eq!(done.status, 202, "{}", done.text());
    let done = done.json();
    assert_eq!((&done["recovered"], &done["more"]), (&json!(2), &json!(false)), "{done}");
    for id in &late {
        hub.becomes(id, &made.id, "delivered", 2).await;
    }
    assert_eq!(hub.delivery(&early, &made.id).await["state"], "failed", "it failed before");
    let none = hub.post(&path, &json!({ "since": since })).await.json();
    assert_eq!(none["recovered"], 0, "nothing is left");
    for (body, code) in [
        (json!({}), "bad_body"),
        (json!({ "since": "yesterday" }), "bad_body"),
        (json!({ "since": "2026-01-02", "until": "2026-01-01" }), "bad_time"),
    ] {
        let refused = hub.post(&path, &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_endpoint_is_replayed_what_it_missed_and_what_waits_can_be_skipped() {
    let hub = Hub::start().await;
    let first = hub.publish(1).await;
    hub.later(Duration::from_secs(10));
    let second = hub.publish(2).await;
    let receiver = Receiver::always(FINE).await;
    let made = hub.endpoint(Some("acme"), &receiver, json!({ "event_types": ["invoice.*"] })).await;
    let path = format!("/v1/endpoints/{}", made.id);
    let from = START.plus(Duration::from_secs(5));
    let done = hub.post(&format!("{path}/replay"), &json!({ "from": from })).await;
    assert_eq!(done.status, 202, "{}", done.text());
    let done = done.json();
    assert_eq!(
        (&done["read"], &done["sent"], &done["next_cursor"]),
        (&json!(1), &json!(1), &Value::Null),
        "{done}"
    );
    hub.becomes(&second, &made.id, "delivered", 1).await;
    assert_eq!(hub.0.get(&format!("/v1/messages/{first}/deliveries/{}", made.id)).await.status, 404);
    hub.post(&format!("{path}/replay"), &json!({ "from": START })).await;
    hub.becomes(&first, &made.id, "delivered", 1).await;
    assert_eq!(receiver.count(), 2, "what arrived is not sent again");
    hub.post(&format!("{path}/replay"), &json!({ "from": START, "delivered": true })).await;
    receiver.receives(4).await;
    for (body, code) in [
        (json!({}), "bad_body"),
        (json!({ "from": "2026-01-02", "to": "2026-01-01" }), "bad_time"),
        (json!({ "from": "2026-01-01", "cursor": "x" }), "bad_cursor"),
    ] {
        let refused = hub.post(&format!("{path}/replay"), &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{body}");
    }

    receiver.behave(|_, _| Reply::Status(500, "", ""));
    let third = hub.publish(3).await;
    hub.becomes(&third, &made.id, "waiting", 1).await;
    let skipped = hub.post(&format!("{path}/skip"), &Value::Null).await;
    assert_eq!(skipped.json(), json!({ "skipped": 1, "more": false }));
    assert_eq!(hub.delivery(&third, &made.id).await["state"], "skipped");
    let waiting = hub.get(&format!("{path}/deliveries?state=waiting")).await;
    assert_eq!(waiting["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_goes_to_one_endpoint_alone_whatever_it_wants() {
    let hub = Hub::start().await;
    let (mine, other) = (Receiver::always(FINE).await, Receiver::always(FINE).await);
    let made = hub.endpoint(Some("acme"), &mine, json!({ "event_types": ["invoice.*"] })).await;
    let theirs = hub.endpoint(Some("acme"), &other, json!({ "event_types": ["*"] })).await;
    let path = format!("/v1/endpoints/{}/test", made.id);
    let sent = hub.post(&path, &Value::Null).await;
    assert_eq!(sent.status, 202, "{}", sent.text());
    let got = mine.receives(1).await.remove(0);
    is_signed(&got, &made, START);
    let example = hub.get("/v1/event-types/sync.complete").await["example"].clone();
    assert_eq!(serde_json::from_str::<Value>(&got.body).unwrap(), example);
    let sent = sent.json();
    let id = sent["message_id"].as_str().unwrap();
    hub.becomes(id, &made.id, "delivered", 1).await;
    hub.post(&path, &json!({ "type": "record.deleted" })).await;
    assert_eq!(mine.receives(2).await.len(), 2);
    assert_eq!(hub.post(&path, &json!({ "type": "record.gone" })).await.status, 422);
    let of_message = hub.get(&format!("/v1/messages/{id}/deliveries")).await;
    assert_eq!(of_message["data"].as_array().unwrap().len(), 1);
    // Nor does anybody send the made-up message elsewhere as if it had happened.
    let resent = hub.post(&format!("/v1/messages/{id}/deliveries/{}/resend", theirs.id), &Value::Null).await;
    assert_eq!((resent.status, resent.code().as_str()), (404, "not_found"));
    let span = json!({ "from": "2025-12-31", "to": "2026-01-02", "delivered": true });
    let replayed = hub.post(&format!("/v1/endpoints/{}/replay", theirs.id), &span).await.json();
    assert_eq!((&replayed["read"], &replayed["sent"]), (&json!(0), &json!(0)), "{replayed}");
    assert_eq!(other.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_see_their_own_messages_and_their_own_endpoints_deliveries() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(FINE).await;
    let own = hub.endpoint(Some("acme"), &receiver, json!({})).await;
    let global = hub.endpoint(None, &receiver, json!({})).await;
    let (acme, globex) = (key_of(&hub.0, "acme").await, key_of(&hub.0, "globex").await);
    let body = json!({ "type": "invoice.paid", "payload": {} });
    let published = call_as(&hub.0, &acme, Method::POST, "/v1/messages", &body).await;
    assert_eq!(published.status, 202, "{}", published.text());
    assert_eq!(published.json()["org_id"], "acme");
    let id = published.json()["id"].as_str().unwrap().to_owned();
    hub.becomes(&id, &own.id, "delivered", 1).await;
    hub.becomes(&id, &global.id, "delivered", 1).await;
    let foreign = json!({ "org_id": "acme", "type": "invoice.paid", "payload": {} });
    let refused = call_as(&hub.0, &globex, Method::POST, "/v1/messages", &foreign).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "key_of_one_organization"));

    let get = async |key: &str, path: &str| call_as(&hub.0, key, Method::GET, path, &Value::Null).await;
    let shown = get(&acme, &format!("/v1/messages/{id}")).await.json();
    let endpoints: Vec<&Value> =
        shown["deliveries"].as_array().unwrap().iter().map(|one| &one["endpoint_id"]).collect();
    assert_eq!(endpoints, [&json!(own.id)], "one that serves all is the operator's");
    let hidden = format!("/v1/messages/{id}/deliveries/{}", global.id);
    assert_eq!(get(&acme, &hidden).await.status, 404);
    assert_eq!(
        call_as(&hub.0, &acme, Method::POST, &format!("{hidden}/resend"), &Value::Null).await.status,
        404
    );
    for path in [
        format!("/v1/messages/{id}"),
        format!("/v1/messages/{id}/deliveries"),
        format!("/v1/messages/{id}/deliveries/{}", own.id),
    ] {
        assert_eq!(get(&globex, &path).await.status, 404, "{path}");
    }
    assert_eq!(get(&globex, "/v1/messages").await.json()["data"], json!([]));
    assert_eq!(get(&globex, "/v1/messages?org_id=acme").await.status, 403);

    let theirs = call_as(&hub.0, &globex, Method::POST, "/v1/messages", &body).await.json();
    let theirs = theirs["id"].as_str().unwrap();
    hub.becomes(theirs, &global.id, "delivered", 1).await;
    let across = format!("/v1/messages/{theirs}/deliveries/{}/resend", own.id);
    assert_eq!(hub.post(&across, &Value::Null).await.status, 404, "not to another organization's endpoint");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_go_on_where_the_page_before_ended() {
    let hub = Hub::start().await;
    let receiver = Receiver::always(FINE).await;
    let made = hub.endpoint(Some("acme"), &receiver, json!({})).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(hub.publish(number).await);
    }
    for id in &ids {
        hub.becomes(id, &made.id, "delivered", 1).await;
    }
    ids.reverse();
    let deliveries = format!("/v1/endpoints/{}/deliveries", made.id);
    for (path, name) in [
        ("/v1/messages?".to_owned(), "id"),
        (format!("{deliveries}?"), "message_id"),
        (format!("{deliveries}?state=delivered&"), "message_id"),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = hub.get(&format!("{path}limit=2&cursor={cursor}")).await;
            let page_ids =
                page["data"].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned());
            seen.extend(page_ids);
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(seen, ids, "{path}");
    }
    for query in ["state=lost", "limit=501", "cursor=x", "state=failed&cursor=x", "color=red"] {
        assert_eq!(hub.0.get(&format!("{deliveries}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(hub.0.get(&format!("/v1/endpoints/{}/statistics?span=1y", made.id)).await.code(), "bad_span");
}
