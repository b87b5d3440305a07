//! Numbers over the API: counted up, down, set, read, many at once, each request once; what moved them; pages.

use crate::counters_api_scene::{Counting, EXAM};
use reqwest::Method;
use serde_json::{Value, json};

/// What a JSON number holds exactly.
const MOST: i64 = (1 << 53) - 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_is_counted_up_and_down_and_set_and_its_history_says_so() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let value = format!("{path}/values/{EXAM}");
    let never = scene.get(&value).await;
    assert_eq!((&never["value"], &never["version"], &never["push"]), (&json!(0), &json!(0), &Value::Null));
    for (verb, body, is, version) in [
        ("increment", Value::Null, 1, 1),
        ("increment", json!({ "by": 9 }), 10, 2),
        ("decrement", json!({}), 9, 3),
        ("set", json!({ "value": 8 }), 8, 4),
        ("decrement", json!({ "by": 8 }), 0, 5),
    ] {
        let made = scene.post(&format!("{value}/{verb}"), &body).await;
        assert_eq!(made.status, 200, "{verb}: {}", made.text());
        assert_eq!(made.json(), json!({ "key": EXAM, "value": is, "version": version }), "{verb}");
    }
    let shown = scene.get(&value).await;
    assert_eq!((&shown["value"], &shown["version"], &shown["shown"]), (&json!(0), &json!(5), &json!(false)));
    assert_eq!(shown["push"]["stage"], "trigger");
    assert!(shown["property"].is_null() && shown["waiting_since"].is_string(), "{shown}");
    let history = scene.get(&format!("{value}/history?limit=2")).await;
    let entries = history["data"].as_array().unwrap();
    assert_eq!(
        entries.iter().map(|one| (&one["op"], &one["before"], &one["value"])).collect::<Vec<_>>(),
        [(&json!("decrement"), &json!(8), &json!(0)), (&json!("set"), &json!(9), &json!(8))]
    );
    assert_eq!(entries[0]["source"], "api");
    let next = history["next_cursor"].as_str().unwrap();
    let rest = scene.get(&format!("{value}/history?cursor={next}")).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["next_cursor"]), (3, &Value::Null));
    assert_eq!(scene.get(&path).await["waiting"]["to_send"], 1);
    assert_eq!(scene.get(&format!("{path}/pushes?key={EXAM}")).await["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_leave_the_bounds_is_refused_with_what_the_counter_is_and_changes_nothing() {
    let scene = Counting::start().await;
    let path = scene.make(json!({ "minimum": -2 })).await;
    let value = format!("{path}/values/1");
    scene.post(&format!("{value}/set"), &json!({ "value": 3 })).await;
    for (verb, body, status, code) in [
        ("decrement", json!({ "by": 6 }), 409, "below_minimum"),
        ("set", json!({ "value": -3 }), 409, "below_minimum"),
        ("increment", json!({ "by": MOST }), 409, "counter_overflow"),
        ("set", json!({ "value": MOST + 1 }), 409, "counter_overflow"),
        ("set", json!({ "value": i64::MIN }), 409, "counter_overflow"),
        ("increment", json!({ "by": 0 }), 400, "bad_amount"),
        ("decrement", json!({ "by": -1 }), 400, "bad_amount"),
        ("increment", json!({ "by": 1.5 }), 400, "bad_body"),
        ("increment", json!({ "by": "1" }), 400, "bad_body"),
        ("increment", json!({ "value": 1 }), 400, "bad_body"),
        ("set", json!({}), 400, "bad_body"),
        ("set", Value::Null, 400, "bad_body"),
    ] {
        let refused = scene.post(&format!("{value}/{verb}"), &body).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (status, code),
            "{verb} {body}: {}",
            refused.text()
        );
        if status == 409 {
            assert_eq!(refused.json()["value"], 3, "{verb} {body}");
        }
    }
    for key in ["x", "123456789012345678901", "1%20", "-1", "1.5"] {
        let refused = scene.post(&format!("{path}/values/{key}/increment"), &Value::Null).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_counter_key"), "{key}");
        let refused = scene.hub.get(&format!("{path}/values/{key}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_counter_key"), "{key}");
    }
    assert_eq!(scene.value(&path, "1").await, 3);
    assert_eq!(scene.get(&format!("{path}/values")).await["data"].as_array().unwrap().len(), 1);
    assert_eq!(scene.post(&format!("{value}/decrement"), &json!({ "by": 5 })).await.json()["value"], -2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retried_request_counts_once_and_its_key_is_good_for_nothing_else() {
    let scene = Counting::start().await;
    let path = scene.make(json!({ "minimum": 0 })).await;
    let other = scene.make(json!({ "name": "other" })).await;
    let increment = format!("{path}/values/1/increment");
    let first = scene.once(&increment, "booking-1", &json!({ "by": 2 })).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, ""));
    scene.post(&increment, &Value::Null).await;
    let again = scene.once(&increment, "booking-1", &json!({ "by": 2 })).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, "true"));
    assert_eq!(again.json(), first.json(), "what was answered then");
    for (path, body) in [
        (increment.clone(), json!({ "by": 3 })),
        (format!("{path}/values/1/decrement"), json!({ "by": 2 })),
        (format!("{path}/values/2/increment"), json!({ "by": 2 })),
        (format!("{other}/values/1/increment"), json!({ "by": 2 })),
        (format!("{path}/changes"), json!({ "changes": [{ "key": "1", "op": "increment", "n": 2 }] })),
    ] {
        let refused = scene.once(&path, "booking-1", &body).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, "idempotency_key_reused"),
            "{path} {body}"
        );
    }
    let refused = scene.once(&format!("{path}/values/3/decrement"), "refused", &json!({})).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "below_minimum"));
    scene.post(&format!("{path}/values/3/increment"), &Value::Null).await;
    let again = scene.once(&format!("{path}/values/3/decrement"), "refused", &json!({})).await;
    assert_eq!(again.status, 409, "a refusal is answered alike as well");
    for key in ["", &"k".repeat(256)] {
        let refused = scene.once(&increment, key, &json!({})).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_idempotency_key"), "{key}");
    }
    assert_eq!(scene.value(&path, "1").await, 3);
    assert_eq!((scene.value(&path, "3").await, scene.value(&other, "1").await), (json!(1), json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_each_is_made_or_refused_by_itself_in_their_order() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let body = json!({ "changes": [
        { "key": "1", "op": "increment", "n": 5 },
        { "key": "2", "op": "decrement" },
        { "key": "1", "op": "decrement" },
        { "key": "x", "op": "increment" },
        { "key": "2", "op": "set", "n": 7 },
        { "key": "1", "op": "increment", "n": 0 },
    ]});
    let done = scene.once(&format!("{path}/changes"), "batch", &body).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let answer = done.json();
    assert_eq!((&answer["made"], &answer["refused"]), (&json!(3), &json!(3)));
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results[0], json!({ "key": "1", "value": 5, "version": 1 }));
    assert_eq!((&results[1]["key"], &results[1]["error"]["code"]), (&json!("2"), &json!("below_minimum")));
    assert_eq!(results[1]["error"]["value"], 0);
    assert_eq!(results[2], json!({ "key": "1", "value": 4, "version": 2 }));
    assert_eq!((&results[3]["key"], &results[3]["error"]["code"]), (&json!("x"), &json!("bad_counter_key")));
    assert_eq!(results[4], json!({ "key": "2", "value": 7, "version": 1 }));
    assert_eq!(results[5]["error"]["code"], "bad_amount");
    let again = scene.once(&format!("{path}/changes"), "batch", &body).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", answer.clone()));

    let read = scene.post(&format!("{path}/read"), &json!({ "keys": ["2", "3", "1", "2"] })).await.json();
    let found: Vec<(&Value, &Value)> =
        read["data"].as_array().unwrap().iter().map(|one| (&one["key"], &one["value"])).collect();
    assert_eq!(found, [(&json!("2"), &json!(7)), (&json!("3"), &json!(0)), (&json!("1"), &json!(4))]);

    let many = |count: usize| {
        (0..count).map(|at| json!({ "key": at.to_string(), "op": "increment" })).collect::<Value>()
    };
    for (body, code) in [
        (json!({ "changes": many(1_001) }), "too_many_items"),
        (json!({ "changes": [{ "key": "1", "op": "set" }] }), "bad_body"),
        (json!({ "changes": [{ "key": "1", "op": "double" }] }), "bad_body"),
        (json!({ "changes": [{ "key": "1", "op": "increment" }, { "op": "increment" }] }), "bad_body"),
        (json!([]), "bad_body"),
    ] {
        let refused = scene.post(&format!("{path}/changes"), &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{}", refused.text());
    }
    let nothing = scene.post(&format!("{path}/changes"), &json!({ "changes": [] })).await;
    assert_eq!((nothing.status, &nothing.json()["results"]), (200, &json!([])));
    let keys: Vec<String> = (0..1_001).map(|at| at.to_string()).collect();
    for (body, code) in
        [(json!({ "keys": keys }), "too_many_items"), (json!({ "keys": ["x"] }), "bad_counter_key")]
    {
        let refused = scene.post(&format!("{path}/read"), &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
    assert_eq!((scene.value(&path, "1").await, scene.value(&path, "2").await), (json!(4), json!(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_are_found_by_the_beginning_of_their_key_and_by_what_is_next_page_by_page() {
    let scene = Counting::start().await;
    let path = scene.make(json!({ "key": { "property": "code" } })).await;
    for key in ["a", "a1", "a2", "a30", "b", "ä ö/ü"] {
        let key = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
        let made = scene.post(&format!("{path}/values/{key}/increment"), &Value::Null).await;
        assert_eq!(made.status, 200, "{}", made.text());
    }
    let keys = async |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = scene.get(&format!("{path}/values?{query}&limit=2&cursor={cursor}")).await;
            for one in page["data"].as_array().unwrap() {
                found.push(one["key"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next_cursor"].as_str() else { return found };
            cursor =
                percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC).to_string();
        }
    };
    assert_eq!(keys("").await, ["a", "a1", "a2", "a30", "b", "ä ö/ü"]);
    assert_eq!(keys("search=a").await, ["a", "a1", "a2", "a30"]);
    assert_eq!(keys("search=a3").await, ["a30"]);
    assert_eq!(keys("search=c").await, [""; 0]);
    assert_eq!(keys("stage=trigger").await.len(), 6);
    assert_eq!(keys("stage=parked").await, [""; 0]);
    assert_eq!(keys("stage=trigger&search=a").await.len(), 4);
    assert_eq!(keys("stage=trigger&search=a3").await, ["a30"]);
    assert_eq!(keys("stage=look&search=a").await, [""; 0]);
    for (query, code) in
        [("stage=x", "bad_stage"), ("stage=look&cursor=x", "bad_cursor"), ("limit=501", "bad_limit")]
    {
        let refused = scene.hub.get(&format!("{path}/values?{query}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code), "{query}");
    }
    for rest in ["/pushes?cursor=x", "/values/a/history?cursor=x"] {
        let refused = scene.hub.get(&format!("{path}{rest}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_cursor"), "{rest}");
    }
    let pushed = scene.call(Method::POST, &format!("{path}/values/a/push"), &Value::Null).await;
    assert_eq!((pushed.status, &pushed.json()["key"]), (202, &json!("a")));
    let none = scene.call(Method::POST, &format!("{path}/values/c/push"), &Value::Null).await;
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"), "nobody has counted it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_that_is_forgotten_leaves_no_history_and_begins_anew() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    for key in ["1", "2"] {
        scene.call(Method::POST, &format!("{path}/values/{key}/increment"), &json!({ "by": 3 })).await;
    }
    let forgotten = scene.call(Method::DELETE, &format!("{path}/values/1"), &Value::Null).await;
    assert_eq!(forgotten.status, 204);
    let history = scene.hub.get(&format!("{path}/values/1/history")).await.json();
    assert_eq!(history["data"], json!([]));
    let again = scene.call(Method::POST, &format!("{path}/values/1/increment"), &json!({})).await.json();
    assert_eq!((&again["value"], &again["version"]), (&json!(1), &json!(1)));
    let other = scene.hub.get(&format!("{path}/values/2")).await.json();
    assert_eq!(other["value"], 3, "others stay");
    let none = scene.call(Method::DELETE, &format!("{path}/values/3"), &Value::Null).await;
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_is_answered_again_says_so() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let ask = async || {
        let url = format!("{path}/values/1/decrement");
        let request = scene.hub.request(Method::POST, &url).bearer_auth(&scene.hub.key);
        let request = request.header("Idempotency-Key", "once");
        scene.hub.send(request).await
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status, again.status), (409, 409));
    assert_eq!(first.headers.get("idempotent-replayed"), None);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(first.json(), again.json());
}
