//! Endpoints over the API: made, changed, ended; their secrets; every refusal.

use crate::support::{Answer, START, TestHub};
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::notify::secret::{SigningKey, VerifyingKey};
use syncline_core::secret::Secret;
use syncline_store::notify::endpoints::secrets;

const URL: &str = "https://hooks.example.com/syncline";

async fn call(hub: &TestHub, method: Method, path: &str, body: &Value) -> Answer {
    call_as(hub, &hub.key, method, path, body).await
}

async fn post(hub: &TestHub, path: &str, body: &Value) -> Answer {
    call(hub, Method::POST, path, body).await
}

/// Makes an endpoint of `acme` with these members besides its URL.
async fn make(hub: &TestHub, more: Value) -> Value {
    let mut body = json!({ "org_id": "acme", "url": URL });
    let Value::Object(more) = more else { panic!("no members: {more}") };
    body.as_object_mut().unwrap().extend(more);
    let made = post(hub, "/v1/endpoints", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

fn id_of(view: &Value) -> &str {
    view["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_made_shown_changed_and_ended() {
    let hub = TestHub::start(&[]).await;
    let body = json!({
        "org_id": "acme", "url": "HTTPS://Hooks.Example.com:443/a b".replace(' ', "%20"), "description": "Orders",
        "event_types": ["sync.*", "record.created", "invoice.paid"],
        "headers": { "X-Api-Key": "s3cret", "Authorization": "Bearer t0ken" },
        "rate": { "calls": 100, "per": "1s" }, "ordered": true,
        "schedule": { "waits": [1, 60], "jitter_percent": 0 }
    });
    let made = post(&hub, "/v1/endpoints", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let view = made.json();
    let path = made.header("location").to_owned();
    assert_eq!(path, format!("/v1/endpoints/{}", id_of(&view)));
    assert_eq!(
        (&view["org_id"], &view["url"], &view["description"], &view["state"], &view["version"]),
        (
            &json!("acme"),
            &json!("https://hooks.example.com/a%20b"),
            &json!("Orders"),
            &json!("enabled"),
            &json!(1)
        )
    );
    assert_eq!(view["event_types"], body["event_types"]);
    assert_eq!(view["header_names"], json!(["authorization", "x-api-key"]));
    assert_eq!((&view["rate"], &view["ordered"]), (&body["rate"], &json!(true)));
    assert_eq!(view["schedule"], body["schedule"]);

    let shown = hub.get(&path).await;
    let text = shown.text();
    for secret in ["s3cret", "t0ken", view["signing"]["secret"].as_str().unwrap()] {
        assert!(!text.contains(secret), "{text}");
    }
    let shown = shown.json();
    assert_eq!(shown["retries"], body["schedule"]);
    assert_eq!(shown["waiting"], json!({ "deliveries": 0, "next_at": null }));
    assert_eq!((&shown["failing_since"], &shown["failures"]), (&Value::Null, &json!(0)));

    hub.clock.advance(Duration::from_secs(60));
    let change = json!({ "description": "Invoices", "rate": null, "headers": {}, "state": "disabled" });
    let changed = call(&hub, Method::PATCH, &path, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(
        (&changed["description"], &changed["rate"], &changed["header_names"], &changed["url"]),
        (&json!("Invoices"), &Value::Null, &json!([]), &view["url"])
    );
    assert_eq!((&changed["state"], &changed["reason"]), (&json!("disabled"), &json!("disabled by a person")));
    assert_ne!(changed["updated_at"], view["updated_at"]);
    let enabled = post(&hub, &format!("{path}/enable"), &Value::Null).await.json();
    assert_eq!((&enabled["state"], &enabled["reason"]), (&json!("enabled"), &Value::Null));
    let disabled = post(&hub, &format!("{path}/disable"), &Value::Null).await.json();
    assert_eq!(disabled["state"], "disabled");
    let again = post(&hub, &format!("{path}/disable"), &Value::Null).await.json();
    assert_eq!(again["version"], disabled["version"], "it was disabled already");

    assert_eq!(call(&hub, Method::DELETE, &path, &Value::Null).await.status, 204);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::POST, format!("{path}/enable")),
        (Method::GET, format!("{path}/secrets")),
        (Method::POST, format!("{path}/secrets")),
        (Method::GET, format!("{path}/deliveries")),
        (Method::GET, format!("{path}/statistics")),
        (Method::POST, format!("{path}/test")),
        (Method::POST, format!("{path}/skip")),
    ] {
        let answer = call(&hub, method.clone(), &path, &json!({})).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_an_endpoint_is_refused_with_the_reason_and_changes_nothing() {
    let hub = TestHub::start(&[]).await;
    let many: Vec<String> = (0..65).map(|at| format!("own.{at}")).collect();
    let headers: Value =
        (0..64).map(|at| (format!("x-{at}"), json!("1"))).collect::<serde_json::Map<_, _>>().into();
    let refusals = [
        (json!({ "url": "ftp://hooks.example.com/" }), 422, "url_refused", "`ftp:`"),
        (json!({ "url": "http://hooks.example.com/" }), 422, "url_refused", "https"),
        (json!({ "url": "https://ada:pw@hooks.example.com/" }), 422, "url_refused", "user or password"),
        (json!({ "url": "https://127.0.0.1/" }), 422, "url_refused", "127.0.0.1"),
        (json!({ "url": "https://[::ffff:10.0.0.1]/" }), 422, "url_refused", "10.0.0.1"),
        (json!({ "url": "https://169.254.169.254/latest" }), 422, "url_refused", "169.254.169.254"),
        (json!({ "url": "https://2130706433/" }), 422, "url_refused", "disguise"),
        (json!({ "url": "https://localhost/" }), 422, "url_refused", "local name"),
        (json!({ "url": "https://hooks.example.com:25/" }), 422, "url_refused", "Port 25"),
        (
            json!({ "url": format!("https://hooks.example.com/{}", "a".repeat(2_048)) }),
            422,
            "url_refused",
            "longer",
        ),
        (json!({ "url": "" }), 422, "url_refused", "not a URL"),
        (json!({ "event_types": ["sync.completed"] }), 422, "bad_event_types", "sync.completed"),
        (json!({ "event_types": ["*.x"] }), 422, "bad_event_types", "*.x"),
        (json!({ "event_types": many }), 422, "bad_event_types", "64"),
        (json!({ "headers": { "Host": "x" } }), 422, "bad_headers", "Host"),
        (json!({ "headers": { "webhook-id": "x" } }), 422, "bad_headers", "webhook-id"),
        (json!({ "headers": { "x-key": "s3cret\r\nHost: x" } }), 422, "bad_headers", "x-key"),
        (json!({ "headers": headers }), 422, "bad_headers", "headers"),
        (json!({ "rate": { "calls": 0, "per": "1s" } }), 400, "bad_rate", "rate"),
        (json!({ "rate": { "calls": 1, "per": "soon" } }), 400, "bad_body", "duration"),
        (json!({ "schedule": { "waits": [0] } }), 400, "bad_body", "between 1 second"),
        (json!({ "description": "d".repeat(1_001) }), 400, "bad_description", "1000"),
        (json!({ "state": "paused" }), 400, "bad_state", "enabled"),
        (json!({ "color": "red" }), 400, "bad_body", "color"),
    ];
    let kept = make(&hub, json!({})).await;
    let path = format!("/v1/endpoints/{}", id_of(&kept));
    for (wrong, status, code, says) in refusals {
        let mut body = json!({ "org_id": "acme", "url": URL });
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        for (method, path, body) in
            [(Method::POST, "/v1/endpoints", &body), (Method::PATCH, path.as_str(), &wrong)]
        {
            let answer = call(&hub, method.clone(), path, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{method} {wrong}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let text = answer.text();
            assert!(text.contains(says) && !text.contains("s3cret"), "{text}");
        }
    }
    let all = hub.get("/v1/endpoints").await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    assert_eq!(all["data"][0]["version"], 1, "nothing changed");
    for (body, code) in [
        (json!({ "org_id": "acme" }), "bad_body"),
        (json!({ "org_id": "a\nb", "url": URL }), "bad_name"),
        (json!({ "org_id": "", "url": URL }), "bad_name"),
        (json!({ "org_id": "acme", "url": URL, "scheme": "rsa" }), "bad_body"),
        (json!({ "org_id": "acme", "url": URL, "scheme": "hmac", "secret": "whsec_x" }), "bad_body"),
    ] {
        let answer = post(&hub, "/v1/endpoints", &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
    }
    for secret in ["hunter2", "whsec_AAAA", "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let answer = post(&hub, "/v1/endpoints", &json!({ "url": URL, "secret": secret })).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "bad_secret"));
        assert!(!answer.text().contains(secret));
    }
    for query in ["limit=0", "limit=501", "state=paused", "cursor=msg_1", "color=red"] {
        assert_eq!(hub.get(&format!("/v1/endpoints?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_has_its_own_endpoints_and_the_operator_those_for_all() {
    let hub = TestHub::start(&[]).await;
    let acme = key_of(&hub, "acme").await;
    let globex = key_of(&hub, "globex").await;
    let global = post(&hub, "/v1/endpoints", &json!({ "url": URL })).await.json();
    assert_eq!(global["org_id"], Value::Null);
    let own = call_as(&hub, &acme, Method::POST, "/v1/endpoints", &json!({ "url": URL })).await.json();
    assert_eq!(own["org_id"], "acme", "a key of one organization makes that one's");
    let foreign = json!({ "url": URL, "org_id": "globex" });
    let refused = call_as(&hub, &acme, Method::POST, "/v1/endpoints", &foreign).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "key_of_one_organization"));

    let ids = async |key: &str, query: &str| {
        let path = format!("/v1/endpoints?{query}");
        let found = call_as(&hub, key, Method::GET, &path, &Value::Null).await.json();
        let ids = found["data"].as_array().unwrap().iter().map(|one| id_of(one).to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(&hub.key, "").await, [id_of(&global), id_of(&own)]);
    assert_eq!(ids(&hub.key, "org_id=acme").await, [id_of(&own)]);
    assert_eq!(ids(&acme, "").await, [id_of(&own)]);
    assert_eq!(ids(&globex, "").await, Vec::<String>::new());
    let first = call(&hub, Method::GET, "/v1/endpoints?limit=1", &Value::Null).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&hub.key, &format!("limit=1&cursor={cursor}")).await, [id_of(&own)]);

    let hidden = [(&acme, id_of(&global)), (&globex, id_of(&own)), (&globex, id_of(&global))];
    for (key, id) in hidden {
        let path = format!("/v1/endpoints/{id}");
        let span = json!({ "since": "2026-01-01", "from": "2026-01-01" });
        for (method, path, body) in [
            (Method::GET, path.clone(), json!({})),
            (Method::PATCH, path.clone(), json!({ "description": "mine" })),
            (Method::DELETE, path.clone(), json!({})),
            (Method::POST, format!("{path}/enable"), json!({})),
            (Method::POST, format!("{path}/disable"), json!({})),
            (Method::GET, format!("{path}/secrets"), json!({})),
            (Method::POST, format!("{path}/secrets"), json!({})),
            (Method::GET, format!("{path}/deliveries"), json!({})),
            (Method::GET, format!("{path}/statistics"), json!({})),
            (Method::POST, format!("{path}/test"), json!({})),
            (Method::POST, format!("{path}/recover"), json!({ "since": span["since"] })),
            (Method::POST, format!("{path}/replay"), json!({ "from": span["from"] })),
            (Method::POST, format!("{path}/skip"), json!({})),
        ] {
            let answer = call_as(&hub, key, method.clone(), &path, &body).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
        }
    }
    for id in [id_of(&global), id_of(&own)] {
        assert_eq!(hub.get(&format!("/v1/endpoints/{id}")).await.json()["version"], 1, "nothing changed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_shown_once_kept_sealed_and_rotates_with_an_overlap() {
    let hub = TestHub::start(&[]).await;
    let made = make(&hub, json!({})).await;
    let path = format!("/v1/endpoints/{}/secrets", id_of(&made));
    let first = made["signing"]["secret"].as_str().unwrap().to_owned();
    assert!(first.starts_with("whsec_"), "{first}");
    assert_eq!((&made["signing"]["scheme"], &made["signing"]["public_key"]), (&json!("hmac"), &Value::Null));
    let stored = secrets::of(&hub.cx.store, &[id_of(&made)]).await.unwrap();
    assert_eq!(stored.len(), 1);
    let bytes = String::from_utf8_lossy(&stored[0].secret.bytes).into_owned();
    assert!(!bytes.contains(first.trim_start_matches("whsec_")), "sealed at rest");

    let rotated = post(&hub, &path, &json!({ "overlap": "1h" })).await;
    assert_eq!(rotated.status, 201, "{}", rotated.text());
    let second = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let listed = hub.get(&path).await;
    assert!(!listed.text().contains("whsec_"), "{}", listed.text());
    let listed = listed.json();
    let ends: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|one| &one["not_after"]).collect();
    assert_eq!(ends, [&Value::Null, &json!(START.plus(Duration::from_hours(1)))]);
    hub.clock.advance(Duration::from_hours(1));
    assert_eq!(hub.get(&path).await.json()["data"].as_array().unwrap().len(), 1, "the old one ended");

    let pair = post(&hub, &path, &json!({ "scheme": "ed25519", "overlap": "0s" })).await.json();
    assert_eq!((&pair["scheme"], &pair["secret"]), (&json!("ed25519"), &Value::Null));
    let public = pair["public_key"].as_str().unwrap().to_owned();
    assert!(VerifyingKey::parse(&Secret::new(&public)).is_ok(), "{public}");
    let listed = hub.get(&path).await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "without an overlap the old one ends at once");
    assert_eq!(listed["data"][0]["public_key"], public, "a public key is no secret");

    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let given = post(&hub, &path, &json!({ "secret": own })).await.json();
    assert_eq!((&given["secret"], &given["scheme"]), (&json!(own), &json!("hmac")));
    let stored = secrets::of(&hub.cx.store, &[id_of(&made)]).await.unwrap();
    let opened = syncline_hub::notify::open_secret(&hub.cx, &stored[0].id, &stored[0].secret).unwrap();
    let signs = SigningKey::parse(&opened).unwrap().sign(&[b"x"]);
    assert!(VerifyingKey::parse(&Secret::new(own)).unwrap().verifies(&[b"x"], &signs));

    for (body, status, code) in [
        (json!({ "overlap": "8d" }), 400, "bad_overlap"),
        (json!({ "overlap": "-1s" }), 400, "bad_overlap"),
        (json!({ "secret": "whsec_AAAA" }), 422, "bad_secret"),
        (json!({ "scheme": "hmac", "secret": own }), 400, "bad_body"),
        (json!({ "color": "red" }), 400, "bad_body"),
    ] {
        let refused = post(&hub, &path, &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{body}");
    }
    assert_eq!(hub.get(&path).await.json()["data"].as_array().unwrap().len(), 2, "nothing changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_five_secrets_are_good_at_once() {
    let hub = TestHub::start(&[]).await;
    let made = make(&hub, json!({})).await;
    let path = format!("/v1/endpoints/{}/secrets", id_of(&made));
    let rotate = async |overlap: &str| post(&hub, &path, &json!({ "overlap": overlap })).await;
    let good = async || hub.get(&path).await.json()["data"].as_array().unwrap().len();
    for count in 2..=5 {
        assert_eq!(rotate("7d").await.status, 201);
        assert_eq!(good().await, count);
    }
    for overlap in ["7d", "1s"] {
        let refused = rotate(overlap).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "too_many_secrets"), "{overlap}");
        assert_eq!(good().await, 5, "nothing changed");
    }
    // A secret that got known is replaced at any time.
    assert_eq!(rotate("0s").await.status, 201);
    assert_eq!(good().await, 1);
    for _ in 0..4 {
        assert_eq!(rotate("1h").await.status, 201);
    }
    hub.clock.advance(Duration::from_hours(1));
    assert_eq!(rotate("1h").await.status, 201, "those that ended do not count");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_a_most_of_endpoints_for_one_organization() {
    let hub = TestHub::start(&[]).await;
    for _ in 0..100 {
        // An address, so that a hundred names need not be looked up; nothing is sent to who is disabled.
        make(&hub, json!({ "state": "disabled", "url": "https://1.1.1.1/" })).await;
    }
    let refused = post(&hub, "/v1/endpoints", &json!({ "org_id": "acme", "url": URL })).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "too_many_endpoints"));
    let other = post(&hub, "/v1/endpoints", &json!({ "org_id": "globex", "url": URL })).await;
    assert_eq!(other.status, 201, "another organization has its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_types_of_messages_come_with_a_schema_and_an_example() {
    let hub = TestHub::start(&[]).await;
    let acme = key_of(&hub, "acme").await;
    let all = call_as(&hub, &acme, Method::GET, "/v1/event-types", &Value::Null).await.json();
    let all = all["data"].as_array().unwrap();
    assert!(all.len() >= 12);
    for one in all {
        let path = format!("/v1/event-types/{}", one["name"].as_str().unwrap());
        let shown = hub.get(&path).await.json();
        assert_eq!(&shown, one);
        assert!(jsonschema::is_valid(&shown["schema"], &shown["example"]), "{shown}");
    }
    assert_eq!(hub.get("/v1/event-types/sync.completed").await.status, 404);
    assert_eq!(hub.send(hub.request(Method::GET, "/v1/event-types")).await.status, 401);
}
