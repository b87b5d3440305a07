//! "No retries", "a retried POST may duplicate", "one failing page aborts": lost answers are looked for, failures are tried again.

use super::super::acts::text;
use super::super::scene::Synced;
use serde_json::{Value, json};
use std::time::Duration;

/// A fault that strikes so many creations at HubSpot.
fn creating_contacts(effect: &Value, times: u32) -> Value {
    json!({"provider": "hubspot", "method": "POST", "path": "/crm/*/batch/create", "times": times, "effect": effect})
}

/// The same at 10to8.
fn creating_customers(effect: &Value, times: u32) -> Value {
    json!({"provider": "tentoeight", "method": "POST", "path": "*/customer/", "times": times, "effect": effect})
}

fn effects() -> [Value; 6] {
    [
        json!({"kind": "lost_answer"}),
        json!({"kind": "half_answer"}),
        json!({"kind": "cut"}),
        json!({"kind": "server_error", "status": 500}),
        json!({"kind": "html", "status": 502}),
        json!({"kind": "rate_limited", "retry_after": 2}),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_whose_creation_was_not_answered_are_there_once() {
    for effect in effects() {
        let synced = Synced::start(0, &[]).await;
        for number in 0..3 {
            let emails = json!([format!("p{number}@example.org")]);
            synced.new_customer(json!({ "name": format!("P{number}"), "emails": emails })).await;
        }
        // Nothing but the name: HubSpot would take two of them.
        synced.new_customer(json!({ "name": "Nameless" })).await;
        synced.joined.fault(creating_contacts(&effect, 2)).await;
        synced.run().await;
        assert_eq!(synced.heads().await, (4, 4), "{effect}");
        let again = synced.run().await;
        assert_eq!((again.calls.left, again.calls.right), (0, 0), "{effect}");
        synced.new_customer(json!({ "name": "Live" })).await;
        synced.joined.fault(creating_contacts(&effect, 1)).await;
        synced.quiet().await;
        assert_eq!(synced.heads().await, (5, 5), "live: {effect}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_whose_creation_was_not_answered_are_there_once() {
    for effect in effects() {
        let synced = Synced::start(0, &[]).await;
        for number in 0..3 {
            synced.new_contact(json!({ "firstname": format!("P{number}") })).await;
        }
        synced.joined.fault(creating_customers(&effect, 2)).await;
        synced.run().await;
        assert_eq!(synced.heads().await, (3, 3), "{effect}");
        let again = synced.run().await;
        assert_eq!((again.calls.left, again.calls.right), (0, 0), "{effect}");
        synced.new_contact(json!({ "firstname": "Live" })).await;
        synced.joined.fault(creating_customers(&effect, 1)).await;
        synced.quiet().await;
        assert_eq!(synced.heads().await, (4, 4), "live: {effect}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_shows_what_is_new_late_makes_nobody_twice() {
    let synced = Synced::start(0, &[]).await;
    synced.settings(json!({ "hubspot": { "search": { "index_lag_ms": 40_000 } } })).await;
    synced.deaf().await;
    for number in 0..3 {
        synced.new_customer(json!({ "name": format!("P{number}") })).await;
    }
    synced.joined.fault(creating_contacts(&json!({"kind": "lost_answer"}), 1)).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (3, 3));
    synced.well().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (3, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_fails_is_read_again_and_a_run_ends_with_everybody() {
    let synced = Synced::start(120, &[]).await;
    for (provider, path) in [("tentoeight", "*/customer/*"), ("hubspot", "/crm/objects/*")] {
        for effect in [json!({"kind": "server_error", "status": 503}), json!({"kind": "html", "status": 500})]
        {
            let rule = json!({"provider": provider, "method": "GET", "path": path, "skip": 1, "times": 2, "effect": effect});
            synced.joined.fault(rule).await;
        }
    }
    synced.run().await;
    synced.everybody_is_linked_or_asked_about().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_fails_is_sent_again_until_it_arrives() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    for effect in effects() {
        let name = format!("Ada {}", text(&effect, "kind"));
        let fault = json!({"provider": "tentoeight", "method": "PATCH", "times": 3, "effect": effect});
        synced.joined.fault(fault).await;
        let last = text(&effect, "kind").to_owned();
        synced.edit_contact(&id, json!({ "lastname": last })).await;
        synced.joined.advance(Duration::from_secs(5)).await;
        synced
            .as_time_passes(&format!("the change arrives through {effect}"), async || {
                (synced.customer(&uri).await["name"] == name.as_str()).then_some(())
            })
            .await;
        synced.well().await;
        synced.quiet().await;
    }
    assert_eq!(synced.heads().await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_people_are_one_call_and_not_a_hundred_seconds() {
    let synced = Synced::start(0, &[]).await;
    for number in 0..120 {
        synced.new_customer(json!({ "name": format!("P{number}") })).await;
    }
    let tally = synced.run().await;
    assert_eq!(tally.created.left, 120);
    assert!(tally.calls.left <= 4, "batches of a hundred: {tally:?}");
    assert_eq!(synced.heads().await, (120, 120));
}
