//! Counters over the API: definitions made, changed, paused, ended; every refusal; organizations apart.

use crate::counters_api_scene::{Counting, EXAM, TRIGGER, definition, trigger_url};
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_is_made_shown_changed_paused_and_ended() {
    let scene = Counting::start().await;
    let made = scene.post("/v1/counters", &definition(json!({}))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(!made.text().contains(TRIGGER), "{}", made.text());
    let path = made.header("location").to_owned();
    let view = made.json();
    assert_eq!(path, format!("/v1/counters/{}", view["id"].as_str().unwrap()));
    for (field, value) in [
        ("org_id", json!("acme")),
        ("name", json!("exam-bookings")),
        ("connection_id", json!("con_a")),
        ("property", json!("total_bookings")),
        ("key", json!("record_id")),
        ("target", json!({ "kind": "trigger" })),
        ("payload", json!({ "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" })),
        ("window_ms", json!(1_000)),
        ("settle_ms", json!(60_000)),
        ("minimum", json!(0)),
        ("reconcile_minutes", json!(60)),
        ("policy", json!("repair")),
        ("store", json!({ "kind": "database" })),
        ("truth", json!({ "source": "counter" })),
        ("state", json!("active")),
        ("version", json!(1)),
    ] {
        assert_eq!(view[field], value, "{field} in {view}");
    }
    assert!(view["trigger"].as_str().unwrap().ends_with("/webhook-triggers/62515/…"), "{view}");
    let shown = scene.get(&path).await;
    assert_eq!(shown["waiting"], json!({ "to_send": 0, "to_look_at": 0, "parked": 0 }));
    assert_eq!((&shown["last_run"], &shown["name"]), (&Value::Null, &view["name"]));

    scene.hub.clock.advance(Duration::from_secs(60));
    let change = json!({ "minimum": -5, "reconcile_minutes": null, "window_ms": 250, "target": { "kind": "trigger_then_property" } });
    let changed = scene.call(Method::PATCH, &path, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let changed = changed.json();
    assert_eq!(
        (&changed["minimum"], &changed["reconcile_minutes"], &changed["reconcile_at"]),
        (&json!(-5), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&changed["trigger"], &changed["object_type"]),
        (&view["trigger"], &view["object_type"]),
        "kept"
    );
    assert_eq!((&changed["version"], &changed["window_ms"]), (&json!(2), &json!(250)));
    let stale = scene.call(Method::PATCH, &path, &json!({ "version": 1, "minimum": 0 })).await;
    assert_eq!((stale.status, stale.code().as_str()), (409, "counter_changed"));

    let paused = scene.post(&format!("{path}/pause"), &Value::Null).await.json();
    assert_eq!(paused["state"], "paused");
    let listed = scene.get("/v1/counters?state=paused&org_id=acme&connection_id=con_a").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(scene.get("/v1/counters?state=active").await["data"], json!([]));
    let resumed = scene.post(&format!("{path}/resume"), &Value::Null).await.json();
    assert_eq!(resumed["state"], "active");

    assert_eq!(scene.call(Method::DELETE, &path, &Value::Null).await.status, 204);
    for (method, rest) in routes() {
        let answer = scene.call(method.clone(), &format!("{path}{rest}"), &body_for(rest)).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {rest}");
    }
}

/// All routes below a definition.
fn routes() -> [(Method, &'static str); 20] {
    [
        (Method::GET, ""),
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::POST, "/pause"),
        (Method::POST, "/resume"),
        (Method::GET, "/values"),
        (Method::POST, "/read"),
        (Method::POST, "/changes"),
        (Method::GET, "/pushes"),
        (Method::GET, "/statistics"),
        (Method::GET, "/runs"),
        (Method::POST, "/runs"),
        (Method::GET, "/values/1"),
        (Method::DELETE, "/values/1"),
        (Method::POST, "/values/1/increment"),
        (Method::POST, "/values/1/set"),
        (Method::POST, "/values/1/push"),
        (Method::GET, "/values/1/history"),
        (Method::GET, "/values/1/property"),
        (Method::POST, "/values/1/test"),
    ]
}

fn body_for(rest: &str) -> Value {
    match rest {
        "/read" => json!({ "keys": ["1"] }),
        "/changes" => json!({ "changes": [{ "key": "1", "op": "increment" }] }),
        "/values/1/set" | "/values/1/test" => json!({ "value": 1 }),
        _ => json!({}),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_definition_is_refused_with_all_that_is_wrong_and_changes_nothing() {
    let scene = Counting::start().await;
    let path = scene.make(json!({ "name": "kept" })).await;
    let kept = scene.get(&path).await;
    let elsewhere = "https://hooks.example.com/automation/v4/webhook-triggers/62515/s3cretS3";
    for (more, status, code, says) in [
        (json!({ "name": "Exam Bookings" }), 422, "definition_invalid", "small letters"),
        (json!({ "object_type": "a b" }), 422, "definition_invalid", "object type"),
        (json!({ "property": "total bookings" }), 422, "definition_invalid", "internal name"),
        (json!({ "key": { "property": "total_bookings" } }), 422, "definition_invalid", "key"),
        (json!({ "payload": { "id": "{{key}}" } }), 422, "definition_invalid", "{{value}}"),
        (
            json!({ "payload": { "id": "{{key}}", "n": "{{value}}", "x": "{{who}}" } }),
            422,
            "definition_invalid",
            "{{who}}",
        ),
        (json!({ "target": { "kind": "trigger" } }), 422, "definition_invalid", "target.url"),
        (
            json!({ "target": { "kind": "trigger", "url": elsewhere } }),
            422,
            "definition_invalid",
            "api.hubapi.com",
        ),
        (json!({ "window_ms": 3_600_001 }), 422, "definition_invalid", "window_ms"),
        (json!({ "settle_ms": 1 }), 422, "definition_invalid", "settle_ms"),
        (json!({ "reconcile_minutes": 0 }), 422, "definition_invalid", "reconcile_minutes"),
        (
            json!({ "store": { "kind": "redis", "server": "main", "key": "exam:{key}" } }),
            422,
            "definition_invalid",
            "store.server",
        ),
        (
            json!({ "truth": { "source": "sql", "database": "x", "query": "DELETE FROM a" } }),
            422,
            "definition_invalid",
            "truth.query",
        ),
        (
            json!({ "truth": { "source": "http", "url": "https://10.0.0.1/{{key}}" } }),
            422,
            "definition_invalid",
            "truth.url",
        ),
        (json!({ "connection_id": "con_x" }), 404, "not_found", "connection"),
        (json!({ "target": elsewhere }), 400, "bad_body", "`target` is an object"),
        (json!({ "truth": "counter" }), 400, "bad_body", "`truth` is an object"),
        (json!({ "colour": "red" }), 400, "bad_body", "colour"),
        (json!({ "minimum": 1.5 }), 400, "bad_body", "1.5"),
        (json!({ "name": "kept" }), 409, "counter_name_taken", "kept"),
    ] {
        let refused = scene.post("/v1/counters", &definition(more.clone())).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{more}: {}", refused.text());
        assert!(refused.text().contains(says), "{more}: {}", refused.text());
        assert!(
            !refused.text().contains("s3cretS3") && !refused.text().contains(TRIGGER),
            "{}",
            refused.text()
        );
    }
    let wrong = json!({ "name": "A", "property": "b c", "settle_ms": 1 });
    let refused = scene.post("/v1/counters", &definition(wrong)).await.json();
    let fields: Vec<&str> =
        refused["problems"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "property", "settle_ms"], "all at once: {refused}");
    for (change, says) in [
        (json!({ "key": { "property": "code" } }), "another definition"),
        (json!({ "property": "b c" }), "internal name"),
    ] {
        let refused = scene.call(Method::PATCH, &path, &change).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "definition_invalid"), "{change}");
        assert!(refused.text().contains(says), "{}", refused.text());
    }
    let refused = scene.call(Method::PATCH, &path, &json!({ "version": "1" })).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_body"));
    assert_eq!(scene.get(&path).await, kept);
    assert_eq!(scene.get("/v1/counters").await["data"].as_array().unwrap().len(), 1);
    for (query, code) in [
        ("state=on", "bad_state"),
        ("limit=0", "bad_limit"),
        ("cursor=x", "bad_cursor"),
        ("colour=red", "bad_query"),
    ] {
        let refused = scene.hub.get(&format!("/v1/counters?{query}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn organizations_never_see_each_others_counters() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let id = path.rsplit_once('/').unwrap().1;
    scene.post(&format!("{path}/values/1/increment"), &Value::Null).await;
    let (own, other) = (key_of(&scene.hub, "acme").await, key_of(&scene.hub, "beta").await);
    for counter in [id, "exam-bookings"] {
        for (method, rest) in routes() {
            let path = format!("/v1/counters/{counter}{rest}");
            let answer = call_as(&scene.hub, &other, method.clone(), &path, &body_for(rest)).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}");
        }
    }
    let listed = call_as(&scene.hub, &other, Method::GET, "/v1/counters", &Value::Null).await.json();
    assert_eq!(listed["data"], json!([]));
    let asked = call_as(&scene.hub, &other, Method::GET, "/v1/counters?org_id=acme", &Value::Null).await;
    assert_eq!((asked.status, asked.code().as_str()), (403, "key_of_one_organization"));
    let theirs = call_as(&scene.hub, &other, Method::POST, "/v1/counters", &definition(json!({}))).await;
    assert_eq!((theirs.status, theirs.code().as_str()), (404, "not_found"), "another's connection");
    let same_name = definition(json!({ "connection_id": "con_b" }));
    assert_eq!(call_as(&scene.hub, &other, Method::POST, "/v1/counters", &same_name).await.status, 201);

    let by_name =
        call_as(&scene.hub, &own, Method::GET, "/v1/counters/exam-bookings/values/1", &Value::Null).await;
    assert_eq!((by_name.status, &by_name.json()["value"]), (200, &json!(1)), "a name will do for its own");
    let by_all = scene.hub.get("/v1/counters/exam-bookings").await;
    assert_eq!(by_all.status, 404, "with a key for all organizations a name says too little");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_event_is_refused_where_it_could_overtake_a_value_or_there_is_no_trigger() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let direct =
        scene.make(json!({ "name": "direct", "target": { "kind": "property" }, "payload": null })).await;
    scene.post(&format!("{path}/values/1/increment"), &Value::Null).await;
    for (path, body, status, code) in [
        (format!("{path}/values/1/test"), json!({ "value": 1 }), 409, "counted_already"),
        (format!("{direct}/values/1/test"), json!({ "value": 1 }), 409, "no_trigger"),
        (format!("{path}/values/x/test"), json!({ "value": 1 }), 400, "bad_counter_key"),
        (format!("{path}/values/2/test"), json!({}), 400, "bad_body"),
    ] {
        let refused = scene.post(&path, &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{path}: {}", refused.text());
    }
    let unanswered = scene.post(&format!("{path}/values/2/test"), &json!({ "value": 1 })).await;
    assert_eq!(
        (unanswered.status, &unanswered.json()["status"]),
        (200, &Value::Null),
        "nobody listens there"
    );
    assert_eq!(scene.value(&path, "2").await, 0, "nothing was counted");
    let wrong = scene.hub.get(&format!("{path}/values/x/property")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "bad_counter_key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_triggers_address_is_in_no_answer_and_no_history() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    scene.post(&format!("{path}/values/{EXAM}/increment"), &Value::Null).await;
    let mut said = String::new();
    for rest in ["", "/values", "/pushes", "/statistics", "/runs", &format!("/values/{EXAM}/history")] {
        said.push_str(&scene.hub.get(&format!("{path}{rest}")).await.text());
    }
    said.push_str(&scene.hub.get("/v1/counters").await.text());
    assert!(!said.contains(TRIGGER) && !said.contains(&trigger_url()), "{said}");
    assert!(said.contains("webhook-triggers/62515/…"), "{said}");
}
