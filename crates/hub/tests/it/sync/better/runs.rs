//! Runs that tell first, go one way, come by the clock, stop when asked, and are good to be asked for again.

use super::super::acts::text;
use super::super::scene::Synced;
use serde_json::json;
use std::time::Duration;
use syncline_core::sync::Side;
use syncline_hub::sync::run::Wanted;
use syncline_hub::sync::{self as hub_sync};
use syncline_store::Scope;
use syncline_store::runs::{State, Trigger};
use syncline_store::syncs::{plans, runs};

/// People of whom some are new, some changed and some gone.
async fn mixed() -> Synced {
    let synced = Synced::start(0, &[]).await;
    let (bea, _) = synced.pair("Bea", "bea@example.org").await;
    let (_, c) = synced.pair("Cy", "cy@example.org").await;
    let (di, _) = synced.pair("Di", "di@example.org").await;
    synced.deaf().await;
    synced.new_contact(json!({ "firstname": "Ada", "email": "ada@example.org" })).await;
    synced.new_customer(json!({ "name": "Eve", "emails": ["eve@example.org"] })).await;
    synced.new_contact(json!({ "firstname": "Flo", "email": "flo@example.org" })).await;
    synced.new_customer(json!({ "name": "Flo", "emails": ["FLO@example.org"] })).await;
    synced.edit_contact(&bea, json!({ "lastname": "King" })).await;
    synced.edit_customer(&c, "update", json!({ "numbers": ["+441234567890"] })).await;
    synced.archive_contact(&di).await;
    synced
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_writes_nothing_and_its_counts_are_what_the_run_then_does() {
    let synced = mixed().await;
    let before = (synced.written().await, synced.contacts().await, synced.customers().await);
    let links = synced.links().await;
    let (run, told) = synced.run_as(Wanted { dry_run: true, ..Wanted::default() }).await;
    assert_eq!(before, (synced.written().await, synced.contacts().await, synced.customers().await));
    assert_eq!(links, synced.links().await, "nothing is linked either");
    assert_eq!((told.calls.left, told.calls.right), (0, 0));
    let store = &synced.joined.hub.cx.store;
    let plan = plans::page(store, &Scope::All, &run.id, None, 100).await.unwrap();
    let of = |side: Side, what: &str| {
        u64::try_from(plan.iter().filter(|one| one.side == Some(side) && one.what == what).count()).unwrap()
    };
    for side in Side::BOTH {
        assert_eq!(of(side, "created"), told.created[side], "{plan:#?}");
        assert_eq!(of(side, "deleted"), told.deleted[side], "{plan:#?}");
    }
    let done = synced.run().await;
    assert_eq!(
        (told.created, told.deleted, told.linked),
        (done.created, done.deleted, done.linked),
        "{done:?}"
    );
    assert_eq!((told.created.left, told.created.right, told.deleted.right, told.linked), (1, 1, 1, 1));
    // Whoever has a new counterpart is told its id.
    for side in Side::BOTH {
        assert_eq!(told.updated[side] + told.created[side.other()], done.updated[side], "{told:?} {done:?}");
    }
    assert_eq!(
        (told.conflicts, told.questions, told.refused),
        (done.conflicts, done.questions, done.refused)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_in_one_direction_writes_to_that_side_only() {
    for side in Side::BOTH {
        let synced = mixed().await;
        let (_, tally) = synced.run_as(Wanted { towards: Some(side), ..Wanted::default() }).await;
        assert_eq!((tally.created[side], tally.created[side.other()]), (1, 0), "{side}: {tally:?}");
        // Told are the one that has a new counterpart, those who were found to be the same, and whose change was carried over.
        assert_eq!(tally.updated[side.other()], 3, "{side}: {tally:?}");
        assert!(tally.updated[side] >= 1, "{side}: {tally:?}");
        let (contacts, customers) = (synced.contacts().await, synced.customers().await);
        let king = customers.values().any(|customer| customer["name"] == "Bea King");
        let phone = contacts.values().any(|contact| text(contact, "phone") == "+441234567890");
        assert_eq!((king, phone), (side == Side::Right, side == Side::Left), "{side}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_runs_by_the_clock_and_finds_what_nobody_told() {
    let synced = Synced::start(0, &[("sync.every", "1h")]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    synced.deaf().await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced.joined.advance(Duration::from_secs(70 * 60)).await;
    synced
        .as_time_passes("the change is carried over", async || {
            (synced.customer(&uri).await["name"] == "Ada King").then_some(())
        })
        .await;
    let filter = runs::Filter { sync_id: Some(synced.sync.id.clone()), ..runs::Filter::default() };
    let all = runs::list(&synced.joined.hub.cx.store, &Scope::All, &filter, None, 100).await.unwrap();
    assert!(all.iter().any(|run| run.trigger == Trigger::Schedule), "{all:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_ends_and_the_next_one_goes_on_without_doing_anything_twice() {
    let synced = Synced::start(0, &[("sync.calls", "1")]).await;
    for number in 0..60 {
        synced.new_contact(json!({ "firstname": format!("P{number}") })).await;
    }
    synced
        .joined
        .fault(json!({"provider": "tentoeight", "method": "POST", "effect": {"kind": "latency", "ms": 100}}))
        .await;
    let cx = &synced.joined.hub.cx;
    let asked = hub_sync::request(cx, &synced.sync, Trigger::Manual, &Wanted::default()).await.unwrap();
    let twice = hub_sync::request(cx, &synced.sync, Trigger::Manual, &Wanted::default()).await.unwrap();
    assert_eq!(twice.run().id, asked.run().id, "there is only ever one");
    synced
        .as_time_passes("some are created", async || {
            let all = synced.joined.recorded("tentoeight").await;
            let posted = all.iter().filter(|one| one["method"] == "POST").count();
            (posted > 10).then_some(())
        })
        .await;
    let other = Scope::Organization("other".to_owned());
    assert!(!hub_sync::cancel(cx, &other, &asked.run().id).await.unwrap());
    assert!(hub_sync::cancel(cx, &Scope::All, &asked.run().id).await.unwrap());
    let ended = synced.ended(&asked.run().id).await;
    assert_eq!(ended.state, State::Cancelled, "{ended:?}");
    synced.well().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (60, 60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_run_of_two_systems_that_know_the_same_people_makes_links_and_no_duplicates() {
    let synced = Synced::start(200, &[]).await;
    let before = synced.heads().await;
    let tally = synced.run().await;
    let after = synced.heads().await;
    let (made_left, made_right) = (tally.created.left as usize, tally.created.right as usize);
    assert_eq!(after, (before.0 + made_left, before.1 + made_right));
    synced.everybody_is_linked_or_asked_about().await;
    assert!(tally.linked as usize > before.0 / 3, "{tally:?} of {before:?}");
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "what was decided stays decided: {again:?}");
}

/// Of people who are found by the same telephone one goes on at a time, and none of them is left for the next run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_share_a_telephone_are_all_dealt_with_by_the_first_run() {
    let synced = Synced::start(0, &[]).await;
    synced.deaf().await;
    for number in 0..12 {
        let email = format!("p{number}@example.org");
        synced
            .new_contact(
                json!({ "firstname": format!("P{number}"), "email": email, "phone": "+441234567890" }),
            )
            .await;
    }
    let first = synced.run().await;
    assert_eq!((first.created.right, first.questions), (12, 0), "{first:?}");
    let again = synced.run().await;
    assert_eq!((again.created.right, again.calls.left, again.calls.right), (0, 0, 0), "{again:?}");
    assert_eq!(synced.heads().await, (12, 12));
}
