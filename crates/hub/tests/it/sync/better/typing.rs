//! "No conflict handling": nor is overwritten what somebody types while a run is under way.

use super::super::scene::Synced;
use reqwest::Method;
use serde_json::{Value, json};
use syncline_hub::sync::run::Wanted;
use syncline_hub::sync::{self as hub_sync};
use syncline_store::runs::Trigger;

/// The first customer is being written and takes long; what people type into the others meanwhile is seen before they are written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_type_while_a_run_writes_one_record_after_the_other_is_not_overwritten() {
    let synced = Synced::start(0, &[("sync.calls", "1")]).await;
    let mut customers = Vec::new();
    for number in 0..6 {
        let (id, uri) = synced.pair(&format!("Ada{number}"), &format!("ada{number}@example.org")).await;
        customers.push((id, uri));
    }
    synced.deaf().await;
    for (id, _) in &customers {
        synced.edit_contact(id, json!({ "lastname": "King" })).await;
    }
    let slow = json!({"provider": "tentoeight", "method": "PATCH", "times": 1, "effect": {"kind": "latency", "ms": 2_000}});
    synced.joined.fault(slow).await;
    let cx = &synced.joined.hub.cx;
    hub_sync::request(cx, &synced.sync, Trigger::Manual, &Wanted::default()).await.unwrap();
    synced.as_time_passes("the first is being written", async || is_spent(&synced).await.then_some(())).await;
    for (number, (_, uri)) in customers.iter().enumerate() {
        synced.edit_customer(uri, "update", json!({ "name": format!("Typed{number}") })).await;
    }
    let run = syncline_store::syncs::runs::unfinished(&cx.store, &synced.sync.id).await.unwrap().unwrap();
    synced.ended(&run.id).await;
    let kept: Vec<Value> =
        synced.customers().await.into_values().map(|customer| customer["name"].clone()).collect();
    let typed =
        kept.iter().filter(|name| name.as_str().is_some_and(|name| name.starts_with("Typed"))).count();
    assert!(typed >= 5, "all but perhaps the one that was being written: {kept:?}");
    let both = kept.iter().filter(|name| name.as_str().is_some_and(|name| name.ends_with(" King"))).count();
    assert_eq!(both, 6, "and what was typed on the other side is there as well: {kept:?}");
}

/// Whether the fault has happened as often as it was to.
async fn is_spent(synced: &Synced) -> bool {
    let faults = synced.joined.control(Method::GET, "faults", Value::Null).await;
    faults["faults"].as_array().unwrap().iter().any(|rule| rule["method"] == "PATCH" && rule["struck"] == 1)
}
