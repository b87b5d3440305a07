//! "Loops avoided by luck": what we wrote ourselves comes back and changes nothing, whatever the provider says of its source.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use crate::support::{SECRET, change};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::signature::hmac_sha256;
use syncline_core::time::Clock as _;
use syncline_hub::jobs::{Payload, enqueue};
use syncline_store::stale::{self, Mark};

/// How many customers are read in one go.
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_is_one_write_there_and_one_status_here() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    let before = synced.written().await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced.quiet().await;
    assert_eq!(synced.written().await, (before.0 + 1, before.1 + 1));
    synced.edit_customer(&uri, "update", json!({ "name": "Ada Lovelace" })).await;
    synced.quiet().await;
    assert_eq!(synced.written().await, (before.0 + 2, before.1 + 2));
    // A day later nothing has moved.
    synced.joined.advance(Duration::from_secs(24 * 3_600)).await;
    synced.quiet().await;
    assert_eq!(synced.written().await, (before.0 + 2, before.1 + 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_that_hubspot_tells_counts_for_nothing() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    let before = synced.written().await;
    // What we wrote is told as if people had typed it, and what people typed as if we had written it.
    let tell = async |source: &str, property: &str, value: &str| {
        let now = synced.joined.hub.clock.now();
        let mut event = change(9_000 + u32::try_from(property.len()).unwrap(), now, 1, property, value);
        event["portalId"] = json!(synced.left.account.parse::<u64>().unwrap());
        event["objectId"] = json!(id.parse::<u64>().unwrap());
        event["changeSource"] = json!(source);
        let body = json!([event]).to_string();
        let url = synced.joined.hub.url("/webhooks/hubspot/main");
        let time = now.as_millis().to_string();
        let parts = [b"POST", url.as_bytes(), body.as_bytes(), time.as_bytes()];
        let signature = data_encoding::BASE64.encode(&hmac_sha256(SECRET.as_bytes(), &parts));
        let request = synced.joined.hub.request(Method::POST, "/webhooks/hubspot/main");
        let request =
            request.header("content-type", "application/json").header("x-hubspot-signature-v3", signature);
        let answer =
            synced.joined.hub.send(request.header("x-hubspot-request-timestamp", time).body(body)).await;
        assert!((200..300).contains(&answer.status), "{answer:?}");
        synced.quiet().await;
    };
    tell("CRM_UI", "tte_customer_uri", &uri).await;
    tell("CRM_UI", "email", "ada@example.org").await;
    assert_eq!(synced.written().await, before, "nothing changed, whoever is said to have changed it");
    synced.deaf().await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    tell("INTEGRATION", "lastname", "King").await;
    assert_eq!(synced.customer(&uri).await["name"], "Ada King");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_come_twice_late_and_in_another_order_write_nothing_more() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    for effect in [
        json!({"kind": "duplicate", "copies": 3}),
        json!({"kind": "reorder"}),
        json!({"kind": "delay", "ms": 20_000}),
    ] {
        synced.joined.fault(json!({ "chance": 0.7, "effect": effect })).await;
    }
    let before = synced.written().await;
    for number in 0..4 {
        synced.edit_contact(&id, json!({ "lastname": format!("L{number}") })).await;
        synced.edit_customer(&uri, "update", json!({ "numbers": [format!("+44123456789{number}")] })).await;
        synced.joined.advance(Duration::from_secs(60)).await;
        synced.quiet().await;
    }
    // The last ones may still wait for one that follows them.
    synced.well().await;
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced.edit_customer(&uri, "update", json!({ "numbers": ["+441234567800"] })).await;
    synced.quiet().await;
    let (contact, customer) = (synced.contact(&id).await, synced.customer(&uri).await);
    assert_eq!((text(&contact, "phone"), &customer["name"]), ("+441234567800", &json!("Ada King")));
    let after = synced.written().await;
    assert!(
        after.0 <= before.0 + 10 && after.1 <= before.1 + 10,
        "no more than one for each edit: {before:?} {after:?}"
    );
    synced.joined.advance(Duration::from_secs(600)).await;
    synced.quiet().await;
    assert_eq!(synced.written().await, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_only_tells_another_time_changes_nothing() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    let before = synced.written().await;
    let local = "Last synced: 2021-10-20T21:33:48.123456";
    synced.edit_contact(&id, json!({ "tte_customer_sync_status": local })).await;
    synced.edit_customer(&uri, "update", json!({ "custom_fields": { "Sync Status": local } })).await;
    synced.quiet().await;
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0));
    assert_eq!(synced.written().await, before);
    assert_eq!(custom(&synced.customer(&uri).await, "Sync Status"), local);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_over_everybody_in_step_writes_nothing() {
    let synced = Synced::start(150, &[]).await;
    let first = synced.run().await;
    assert!(first.created.left + first.created.right > 0 && first.linked > 50, "{first:?}");
    assert_eq!(
        synced.heads().await.0,
        synced.links().await.iter().filter(|row| row.state().name() == "linked").count()
    );
    let before = (synced.written().await, synced.contacts().await, synced.customers().await);
    synced.joined.advance(Duration::from_secs(3_600)).await;
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "{again:?}");
    assert_eq!(before, (synced.written().await, synced.contacts().await, synced.customers().await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_edits_of_one_record_ends_with_the_last_one_on_both_sides() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    for number in 0..20 {
        synced.edit_contact(&id, json!({ "lastname": format!("L{number}") })).await;
        if number % 5 == 0 {
            synced.joined.advance(Duration::from_secs(1)).await;
        }
    }
    synced.quiet().await;
    let (contact, customer): (Value, Value) = (synced.contact(&id).await, synced.customer(&uri).await);
    assert_eq!((text(&contact, "lastname"), &customer["name"]), ("L19", &json!("Ada L19")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_wrote_to_hubspot_is_not_read_again_because_it_tells_of_it() {
    let synced = Synced::start(0, &[]).await;
    let (_, uri) = synced.pair("Ada", "ada@example.org").await;
    let read = async || {
        let all = synced.joined.recorded("hubspot").await;
        all.iter().filter(|one| one["path"].as_str().unwrap().contains("/batch/read")).count()
    };
    let before = read().await;
    for number in 0..5 {
        synced.new_customer(json!({ "name": format!("P{number}") })).await;
    }
    synced.quiet().await;
    assert_eq!(synced.heads().await, (6, 6));
    assert_eq!(read().await, before, "new contacts, and what they were given");
    synced.edit_customer(&uri, "update", json!({ "name": "Ada King" })).await;
    synced.quiet().await;
    assert_eq!(read().await, before + 1, "once, before it was overwritten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_changed_is_read_before_what_came_back_to_us() {
    let synced = Synced::start(40, &[]).await;
    synced.run().await;
    let mut uris: Vec<String> = synced.customers().await.into_keys().collect();
    let news = uris.pop().unwrap();
    assert!(uris.len() > 2 * AT_ONCE, "more than are read in one go");
    let cx = &synced.joined.hub.cx;
    let mark = |uri: &String, echo: bool| Mark {
        object_type: synced.sync.agreement.sides.right.object_type.clone(),
        collection: String::new(),
        record_id: uri.clone(),
        // What came back has waited longer.
        asked_at: if echo {
            synced.joined.hub.clock.now()
        } else {
            synced.joined.hub.clock.now().plus(Duration::from_secs(9))
        },
        echo,
    };
    let marks: Vec<Mark> = uris.iter().map(|uri| mark(uri, true)).chain([mark(&news, false)]).collect();
    let singles = async || -> Vec<String> {
        let all = synced.joined.recorded("tentoeight").await;
        let paths = all
            .iter()
            .filter(|one| one["method"] == "GET")
            .map(|one| one["path"].as_str().unwrap().to_owned());
        paths
            .filter(|path| {
                path.contains("/customer/") && !path.ends_with("/customer/") && !path.contains('?')
            })
            .collect()
    };
    let before = singles().await.len();
    let mut tx = cx.store.begin().await.unwrap();
    stale::mark(&mut tx, &synced.right.id, &marks).await.unwrap();
    let (connection_id, org_id) = (synced.right.id.clone(), synced.right.org_id.clone());
    enqueue(cx, &mut tx, &Payload::Hydrate { connection_id, org_id }, cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    synced.quiet().await;
    let read = singles().await.split_off(before);
    // Every eighth batch is the echoes', and it is the dice that say which of them is the first one.
    let place = read.iter().position(|path| news.ends_with(path)).unwrap();
    assert!(place == 0 || place == AT_ONCE, "{news} is the {place}th of {read:?}");
    assert_eq!(read.len(), marks.len(), "and each of them once");
}
