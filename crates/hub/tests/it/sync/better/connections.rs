//! Connections that need a person, and connections that end.

use super::super::scene::Synced;
use serde_json::json;
use syncline_hub::connect::disconnect::{Data, disconnect};
use syncline_hub::sync::run::Wanted;
use syncline_hub::sync::{self as hub_sync};
use syncline_store::Scope;
use syncline_store::connections::Status;
use syncline_store::runs::{State as RunState, Trigger};
use syncline_store::syncs::{self, State, runs};

async fn sync_now(synced: &Synced) -> syncs::Sync {
    syncs::get(&synced.joined.hub.cx.store, &Scope::All, &synced.sync.id).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_key_is_withdrawn_rests_and_goes_on_when_a_person_connects_again() {
    let synced = Synced::start(0, &[]).await;
    for number in 0..12 {
        synced.new_contact(json!({ "firstname": format!("P{number}") })).await;
    }
    synced.joined.fault(json!({"provider": "tentoeight", "method": "POST", "skip": 4, "effect": {"kind": "revoked_token"}})).await;
    let cx = &synced.joined.hub.cx;
    let asked = hub_sync::request(cx, &synced.sync, Trigger::Manual, &Wanted::default()).await.unwrap();
    let run_id = asked.run().id.clone();
    let run = async || runs::get(&cx.store, &Scope::All, &run_id).await.unwrap();
    let paused = synced
        .as_time_passes("the run pauses", async || run().await.filter(|run| run.state == RunState::Paused))
        .await;
    assert!(paused.reason.is_some(), "{paused:?}");
    assert_eq!(synced.joined.connection(&synced.right.id).await.status, Status::NeedsReauthorization);
    assert!(sync_now(&synced).await.reason.is_some(), "people see why");
    synced.well().await;
    assert_eq!(synced.joined.connect("tentoeight").await.id, synced.right.id);
    let ended = synced.ended(&run_id).await;
    assert_eq!(ended.state, RunState::Succeeded, "{ended:?}");
    synced.quiet().await;
    assert_eq!(synced.heads().await, (12, 12));
    assert!(sync_now(&synced).await.reason.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_a_key_is_withdrawn_is_carried_over_afterwards() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    synced.joined.fault(json!({"provider": "tentoeight", "effect": {"kind": "revoked_token"}})).await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced
        .as_time_passes("a person is needed", async || {
            let status = synced.joined.connection(&synced.right.id).await.status;
            (status == Status::NeedsReauthorization).then_some(())
        })
        .await;
    synced.well().await;
    synced.joined.connect("tentoeight").await;
    synced.quiet().await;
    assert_eq!(synced.customer(&uri).await["name"], "Ada King");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnecting_ends_the_run_and_pauses_the_sync_and_leaves_all_records() {
    let synced = Synced::start(0, &[]).await;
    let (id, _) = synced.pair("Ada", "ada@example.org").await;
    for number in 0..20 {
        synced.new_customer(json!({ "name": format!("P{number}") })).await;
    }
    synced.joined.fault(json!({"provider": "tentoeight", "effect": {"kind": "latency", "ms": 150}})).await;
    let cx = &synced.joined.hub.cx;
    let asked = hub_sync::request(cx, &synced.sync, Trigger::Manual, &Wanted::default()).await.unwrap();
    disconnect(cx, &Scope::All, &synced.right.id, Data::Keep).await.unwrap();
    let ended = synced.ended(&asked.run().id).await;
    assert_eq!(ended.state, RunState::Cancelled, "{ended:?}");
    let sync = sync_now(&synced).await;
    assert_eq!((sync.state, sync.reason.is_some()), (State::Paused, true));
    let before = synced.written().await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced.joined.advance(std::time::Duration::from_secs(600)).await;
    synced.well().await;
    assert_eq!(synced.written().await, before);
    assert_eq!(synced.heads().await.1, 21, "nobody is deleted for that");
}
