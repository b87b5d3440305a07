//! Comparisons over the API: asked for, stopped, and what they found; statistics.

use crate::counters_api_scene::{Counting, EXAM, a_run_with_findings};
use crate::support::START;
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_store::counters::runs;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_says_what_was_wrong_by_how_much_since_when_and_what_was_done() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    for key in ["1", "2", "3", EXAM] {
        scene.post(&format!("{path}/values/{key}/set"), &json!({ "value": 8 })).await;
    }
    let run = a_run_with_findings(&scene, &path).await;
    let shown = scene.get(&run).await;
    assert_eq!(
        (&shown["state"], &shown["cause"], &shown["dry_run"]),
        (&json!("running"), &json!("schedule"), &json!(false))
    );
    let counts = &shown["counts"];
    assert_eq!(
        (&counts["checked"], &counts["drifted"], &counts["unknown"], &counts["size"], &counts["calls"]),
        (&json!(4), &json!(2), &json!(1), &json!(3), &json!(2))
    );
    let found = scene.get(&format!("{run}/findings")).await;
    let found = found["data"].as_array().unwrap();
    assert_eq!(
        found.iter().map(|one| &one["key"]).collect::<Vec<_>>(),
        [&json!("1"), &json!("2"), &json!("3")]
    );
    for (field, value) in [
        ("verdict", json!("drift")),
        ("outcome", json!("repairing")),
        ("expected", json!(8)),
        ("counter", json!(8)),
        ("property", json!(11)),
        ("property_off", json!(3)),
        ("counter_off", json!(0)),
        ("since", json!(START.to_string())),
    ] {
        assert_eq!(found[0][field], value, "{field} in {}", found[0]);
    }
    assert_eq!(
        (&found[1]["counter"], &found[1]["property_is"], &found[1]["expected"]),
        (&Value::Null, &json!("empty"), &Value::Null)
    );
    assert_eq!(
        (&found[2]["verdict"], &found[2]["words"]),
        (&json!("no_truth"), &json!("the endpoint answered 500"))
    );
    let first = scene.get(&format!("{run}/findings?limit=1&verdict=drift")).await;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["next_cursor"]), (1, &json!("1")));
    let next = scene.get(&format!("{run}/findings?limit=1&verdict=drift&cursor=1")).await;
    assert_eq!((&next["data"][0]["key"], &next["next_cursor"]), (&json!("2"), &Value::Null));
    assert_eq!(scene.get(&path).await["last_run"]["id"], shown["id"]);

    let refused = scene.hub.get(&format!("{run}/findings?verdict=wrong")).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_verdict"));
    let other = key_of(&scene.hub, "beta").await;
    for (method, rest) in [(Method::GET, ""), (Method::GET, "/findings"), (Method::POST, "/cancel")] {
        let answer = call_as(&scene.hub, &other, method, &format!("{run}{rest}"), &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{rest}");
    }
    let stopping = scene.post(&format!("{run}/cancel"), &Value::Null).await;
    assert_eq!((stopping.status, &stopping.json()["cancel_requested"]), (202, &json!(true)));

    let statistics = scene.get(&format!("{path}/statistics?span=1h")).await;
    let parts = statistics["parts"].as_array().unwrap();
    assert_eq!((parts.len(), &statistics["span"]), (60, &json!("1h")));
    let drift = &parts[59]["drift"];
    assert_eq!((&drift["runs"], &drift["checked"], &drift["drifted"]), (&json!(1), &json!(4), &json!(2)));
    let refused = scene.hub.get(&format!("{path}/statistics?span=2h")).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_span"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_is_asked_for_once_and_one_that_is_over_is_not_stopped() {
    let scene = Counting::start().await;
    let path = scene.make(json!({})).await;
    let run = a_run_with_findings(&scene, &path).await;
    let asked = scene.post(&format!("{path}/runs"), &json!({ "dry_run": true })).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = asked.json();
    assert_eq!(
        (&asked["id"], &asked["under_way"], &asked["dry_run"]),
        (&json!("crn_1"), &json!(true), &json!(false))
    );
    let cx = &scene.hub.cx;
    let mut tx = cx.store.begin().await.unwrap();
    runs::finish(&mut tx, "crn_1", runs::State::Succeeded, None, cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let over = scene.post(&format!("{run}/cancel"), &Value::Null).await;
    assert_eq!((over.status, over.code().as_str()), (409, "run_over"));
    scene.hub.clock.advance(Duration::from_secs(1));
    let new = scene.post(&format!("{path}/runs"), &json!({ "dry_run": true })).await;
    assert_eq!(new.status, 202, "{}", new.text());
    let view = new.json();
    assert_eq!(new.header("location"), format!("/v1/counter-runs/{}", view["id"].as_str().unwrap()));
    assert_eq!(
        (&view["under_way"], &view["dry_run"], &view["cause"]),
        (&json!(false), &json!(true), &json!("api"))
    );
    let listed = scene.get(&format!("{path}/runs?limit=1")).await;
    assert_eq!(listed["data"][0]["id"], view["id"], "the latest first");
    let cursor = listed["next_cursor"].as_str().unwrap();
    let rest = scene.get(&format!("{path}/runs?cursor={cursor}")).await;
    assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&json!("crn_1"), &Value::Null));
    let refused = scene.post(&format!("{path}/runs"), &json!({ "towards": "left" })).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_body"));
}
