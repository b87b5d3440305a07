//! What a run does when it is stopped, refused, cut short or told of changes.

use crate::support::change;
use crate::support::joined::{Joined, ORG};
use crate::support::told::told;
use crate::support::wait::until;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::time::Clock as _;
use syncline_hub::load::{self, Wanted};
use syncline_store::Scope;
use syncline_store::connections::Status;
use syncline_store::runs::{self, LaneState, Mode, State, Trigger};

async fn completions(joined: &Joined) -> Vec<Value> {
    told(&joined.hub.cx, "sync.complete").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_type_that_fails_does_not_stop_the_others_and_the_run_says_which() {
    let joined = Joined::start(150, &[]).await;
    let connection = joined.connect("hubspot").await;
    let forbidden = json!({"status": "error", "message": "no", "category": "MISSING_SCOPES"});
    joined
        .fault(json!({"provider": "hubspot", "path": "/crm/objects/*/deals*",
            "effect": {"kind": "status", "status": 403, "body": forbidden}}))
        .await;
    let (run, lanes) = joined.load(&connection, Mode::Full).await;
    assert_eq!(run.state, State::Partial);
    assert!(run.reason.as_deref().unwrap().contains("Deals"), "{run:?}");
    for lane in &lanes {
        let expected = if lane.key == "deals" { LaneState::Failed } else { LaneState::Done };
        assert_eq!(lane.state, expected, "{lane:?}");
    }
    let told = completions(&joined).await;
    assert_eq!(told.len(), 3);
    for one in told {
        let (expected, error) = if one["object"] == "deal" { ("ERROR", true) } else { ("SUCCESS", false) };
        assert_eq!(
            (one["result"].as_str(), one["error_message"].is_string()),
            (Some(expected), error),
            "{one}"
        );
        assert_eq!(one["webhook_event_type"], "sync.complete");
        assert_eq!((&one["connection_id"], &one["customer_id"]), (&json!(connection.id), &json!(ORG)));
        assert_eq!((&one["provider_name"], &one["history_id"]), (&json!("hubspot"), &json!(run.id)));
        assert_eq!((&one["type"], &one["object_type"]), (&json!("object"), &json!("common")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_key_is_withdrawn_waits_for_a_person_and_goes_on_where_it_stopped() {
    let joined = Joined::start(450, &[("load.lanes", "1")]).await;
    let connection = joined.connect("hubspot").await;
    joined.fault(json!({"provider": "hubspot", "path": "/crm/objects/*", "skip": 3, "effect": {"kind": "revoked_token"}})).await;
    joined.advance(Duration::from_secs(1)).await;
    let run_id = joined.ask(&connection, Mode::Full, &Wanted::default()).await;
    let paused =
        until("the run pauses", async || joined.run(&run_id).await.filter(|run| run.state == State::Paused))
            .await;
    assert!(paused.reason.is_some());
    assert_eq!(joined.connection(&connection.id).await.status, Status::NeedsReauthorization);
    assert!(paused.read > 0, "some pages came before");
    joined.control(reqwest::Method::DELETE, "faults", json!({})).await;
    joined.advance(Duration::from_secs(1)).await;
    assert_eq!(joined.connect("hubspot").await.id, connection.id);
    let (run, lanes) = joined.ended(&run_id).await;
    assert_eq!(run.state, State::Succeeded, "{lanes:?}");
    let contacts = joined.hubspot("contacts", "email").await.len() as u64;
    let lane = lanes.iter().find(|lane| lane.key == "contacts").unwrap();
    assert_eq!(lane.read, contacts, "no page was read twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_can_be_cancelled_and_what_it_read_stays() {
    let joined = Joined::start(450, &[]).await;
    let connection = joined.connect("hubspot").await;
    joined.fault(json!({"provider": "hubspot", "skip": 4, "effect": {"kind": "latency", "ms": 400}})).await;
    joined.advance(Duration::from_secs(1)).await;
    let run_id = joined.ask(&connection, Mode::Full, &Wanted::default()).await;
    until("a page is there", async || joined.run(&run_id).await.filter(|run| run.read > 0)).await;
    assert!(!load::cancel(&joined.hub.cx, &Scope::Organization("other".to_owned()), &run_id).await.unwrap());
    assert!(load::cancel(&joined.hub.cx, &Scope::All, &run_id).await.unwrap());
    let (run, lanes) = joined.ended(&run_id).await;
    assert_eq!(run.state, State::Cancelled);
    assert!(lanes.iter().all(|lane| !matches!(lane.state, LaneState::Running | LaneState::Waiting)));
    assert!(!joined.mirror(&connection).await.is_empty());
    assert!(completions(&joined).await.is_empty(), "nobody is told that a cancelled run is complete");
    assert!(!load::cancel(&joined.hub.cx, &Scope::All, &run_id).await.unwrap(), "it is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_max_pages_cuts_off_is_said_and_nothing_counts_as_gone() {
    let joined = Joined::start(350, &[]).await;
    let connection = joined.connect("hubspot").await;
    joined.load(&connection, Mode::Full).await;
    let before = joined.mirror(&connection).await.len();
    joined.advance(Duration::from_secs(1)).await;
    let wanted = Wanted { types: vec!["contacts".to_owned()], max_pages: 1, ..Wanted::default() };
    let run_id = joined.ask(&connection, Mode::Full, &wanted).await;
    let (run, lanes) = joined.ended(&run_id).await;
    assert_eq!((run.state, lanes.len()), (State::Partial, 1));
    assert!(run.reason.as_deref().unwrap().contains("max_pages"), "{run:?}");
    assert_eq!((lanes[0].state, lanes[0].read), (LaneState::Cut, 100));
    assert_eq!(joined.mirror(&connection).await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_run_is_under_way_for_a_connection() {
    let joined = Joined::start(150, &[]).await;
    let connection = joined.connect("hubspot").await;
    joined.fault(json!({"provider": "hubspot", "effect": {"kind": "latency", "ms": 200}})).await;
    joined.advance(Duration::from_secs(1)).await;
    let first = joined.ask(&connection, Mode::Full, &Wanted::default()).await;
    assert_eq!(joined.ask(&connection, Mode::Incremental, &Wanted::default()).await, first);
    joined.ended(&first).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_has_the_record_read_again_and_a_deletion_seen() {
    let joined = Joined::start(120, &[]).await;
    let connection = joined.connect("hubspot").await;
    joined.load(&connection, Mode::Full).await;
    let ids: Vec<String> = joined.mirrored(&connection, "contacts").await.into_keys().collect();
    joined
        .edit("hubspot", json!({"action": "update", "id": ids[0], "properties": {"firstname": "Zoë"}}))
        .await;
    joined.edit("hubspot", json!({"action": "archive", "id": ids[1]})).await;
    joined.advance(Duration::from_secs(5)).await;
    let now = joined.hub.clock.now();
    let portal: u64 = connection.account.parse().unwrap();
    let events: Vec<Value> = [(1, &ids[0]), (2, &ids[0]), (3, &ids[1])]
        .into_iter()
        .map(|(number, id)| {
            let mut event = change(number, now, id.parse().unwrap_or(0), "firstname", "Zoë");
            event["portalId"] = json!(portal);
            event["objectId"] = json!(id.parse::<u64>().unwrap());
            event
        })
        .collect();
    joined.hub.deliver(&json!(events).to_string()).await;
    until("the change is read", async || {
        let contacts = joined.mirrored(&connection, "contacts").await;
        let changed = contacts.get(&ids[0])?["properties"]["firstname"] == "Zoë";
        (changed && !contacts.contains_key(&ids[1])).then_some(())
    })
    .await;
    let reads = joined.requests("hubspot", "/batch/read").await;
    assert_eq!(reads, 1, "three events about two records are one call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_is_read_by_the_clock_and_now_and_then_everything() {
    let settings = [("load.every", "15m"), ("load.full_every", "1h"), ("load.on_connect", "true")];
    let joined = Joined::start(50, &settings).await;
    let connection = joined.connect("hubspot").await;
    let filter = runs::Filter { connection_id: Some(connection.id.clone()), ..runs::Filter::default() };
    let ended = async |count: usize| {
        until("the runs end", async || {
            let all = runs::list(&joined.hub.cx.store, &Scope::All, &filter, None, 100).await.unwrap();
            let over = all.iter().all(|run| run.state == State::Succeeded);
            (over && all.len() >= count).then_some(all)
        })
        .await
    };
    let first = ended(1).await;
    assert_eq!((first[0].trigger, first[0].mode), (Trigger::Connect, Mode::Full));
    for round in 2..=6 {
        joined.advance(Duration::from_secs(17 * 60)).await;
        ended(round).await;
    }
    let by_clock: Vec<Mode> = ended(6).await.iter().rev().skip(1).map(|run| run.mode).collect();
    assert_eq!(by_clock[..3], [Mode::Incremental; 3], "{by_clock:?}");
    assert!(by_clock.contains(&Mode::Full), "{by_clock:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_and_the_run_goes_on() {
    for (provider, path) in
        [("hubspot", "/crm/objects/*"), ("airtable", "/v0/app*"), ("notion", "/v1/data_sources/*")]
    {
        let joined = Joined::start(150, &[]).await;
        let connection = joined.consent(provider).await;
        joined
            .fault(json!({"provider": provider, "path": path, "skip": 1, "times": 1, "effect": {"kind": "expired_token"}}))
            .await;
        let exchanged = joined.requests(provider, "/token").await;
        let (run, lanes) = joined.load(&connection, Mode::Full).await;
        assert_eq!(run.state, State::Succeeded, "{provider}: {run:?} {lanes:?}");
        assert_eq!(joined.requests(provider, "/token").await, exchanged + 1, "{provider}: renewed once");
        assert_eq!(joined.connection(&connection.id).await.status, Status::Active, "{provider}");
        assert!(run.read > 100, "{provider}: {run:?}");
    }
}
