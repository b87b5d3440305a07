//! HubSpot: properties of the account, and the webhooks of the app, which all its accounts share.

use super::scene::*;
use crate::support::joined::{Joined, ORG};
use reqwest::Method;
use serde_json::{Value, json};
use syncline_hub::load::Wanted;
use syncline_providers::setup::setup;

/// The app's target and subscriptions, as its developer sees them.
async fn app(joined: &Joined) -> (Option<String>, Vec<Value>) {
    let credentials = joined.sandbox.credentials();
    let app = &credentials["hubspot"]["app"];
    let key = app["developer_api_key"].as_str().unwrap();
    let base = format!("/hubspot/webhooks/v3/{}", app["app_id"]);
    let client = syncline_hub::http::client::client().unwrap();
    let settings = format!("{}{base}/settings?hapikey={key}", joined.sandbox.url());
    let settings = client.get(settings).send().await.unwrap();
    let target = match settings.status().as_u16() {
        404 => None,
        _ => settings.json::<Value>().await.unwrap()["targetUrl"].as_str().map(str::to_owned),
    };
    let all =
        call(joined, Method::GET, &format!("{base}/subscriptions?hapikey={key}"), "", Value::Null).await;
    (target, all["results"].as_array().unwrap().clone())
}

/// What a developer does in the app's settings.
async fn develop(joined: &Joined, method: Method, what: &str, body: Value) -> Value {
    let credentials = joined.sandbox.credentials();
    let app = &credentials["hubspot"]["app"];
    let key = app["developer_api_key"].as_str().unwrap();
    let path = format!("/hubspot/webhooks/v3/{}/{what}?hapikey={key}", app["app_id"]);
    call(joined, method, &path, "", body).await
}

async fn properties(joined: &Joined) -> Vec<Value> {
    let token = joined.sandbox.credentials()["hubspot"]["accounts"][0]["private_app_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = "/hubspot/crm/v3/properties/contacts";
    let all = call(joined, Method::GET, path, &format!("Bearer {token}"), Value::Null).await;
    all["results"].as_array().unwrap().clone()
}

fn topics(joined: &Joined) -> usize {
    setup("hubspot").unwrap().usual(&Wanted::default().wish(&joined.hub.cx, "hubspot")).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_set_up_makes_what_a_dry_run_says_and_the_second_nothing() {
    let joined = joined(0, &[]).await;
    let connection = consent(&joined, "hubspot").await;
    let before = (app(&joined).await, properties(&joined).await);
    let dry = set_up(&joined, &connection, dry()).await;
    assert_eq!(before, (app(&joined).await, properties(&joined).await), "a dry run changes nothing");
    assert!(kept(&joined, "apps/hubspot/hubspot").await.is_empty());
    assert!(dry["steps"].as_array().unwrap().iter().all(|step| step["state"] == "planned"), "{dry}");
    let first = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&first), kinds(&dry));
    let wanted = topics(&joined);
    // The group, four properties, the target, the subscriptions.
    assert_eq!(kinds(&first).len(), 6 + wanted);
    let (target, subscriptions) = app(&joined).await;
    assert_eq!(target, Some(joined.hub.url("/webhooks/hubspot/hubspot")));
    assert_eq!(subscriptions.len(), wanted);
    assert!(subscriptions.iter().all(|one| one["active"] == true));
    let named = |name: &str| subscriptions.iter().filter(|one| one["eventType"] == *name).count();
    for event in ["creation", "deletion", "merge", "restore"] {
        for object in ["contact", "company", "deal"] {
            assert_eq!(named(&format!("{object}.{event}")), 1, "{object}.{event}");
        }
    }
    assert!(properties(&joined).await.iter().any(|one| one["name"] == "tte_customer_uri"));
    assert_eq!(kept(&joined, "apps/hubspot/hubspot").await.len(), wanted);
    let second = set_up(&joined, &connection, json!({})).await;
    assert!(kinds(&second).is_empty(), "{second}");
    assert_eq!((target, subscriptions), app(&joined).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_arrives_as_an_event_and_changes_the_mirror() {
    let joined = joined(30, &[]).await;
    let connection = consent(&joined, "hubspot").await;
    set_up(&joined, &connection, json!({})).await;
    joined.load(&connection, syncline_store::runs::Mode::Full).await;
    let id = joined.mirrored(&connection, "contacts").await.into_keys().next().unwrap();
    joined.edit("hubspot", json!({"action": "update", "id": id, "properties": {"firstname": "Zoë"}})).await;
    as_time_passes(&joined, "the change is mirrored", async || {
        let contacts = joined.mirrored(&connection, "contacts").await;
        (contacts[&id]["properties"]["firstname"] == "Zoë").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_of_others_stay_and_paused_ones_of_ours_work_again() {
    let joined = joined(0, &[("setup.customer_properties", "false")]).await;
    let connection = consent(&joined, "hubspot").await;
    let theirs = json!({"eventType": "ticket.creation", "active": true});
    develop(&joined, Method::PUT, "settings", json!({"targetUrl": joined.hub.url("/webhooks/hubspot/hubspot"), "throttling": {"maxConcurrentRequests": 10}})).await;
    let theirs = develop(&joined, Method::POST, "subscriptions", theirs).await;
    set_up(&joined, &connection, json!({})).await;
    let (_, all) = app(&joined).await;
    let ours = all.iter().find(|one| one["eventType"] == "contact.creation").unwrap();
    let path = format!(
        "subscriptions/{}",
        ours["id"].as_str().map_or_else(|| ours["id"].to_string(), str::to_owned)
    );
    develop(&joined, Method::PATCH, &path, json!({"active": false})).await;
    let again = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&again), ["activate"]);
    let (_, all) = app(&joined).await;
    assert!(all.iter().all(|one| one["active"] == true));
    let still = all.iter().find(|one| one["id"] == theirs["id"]).unwrap();
    assert_eq!(still["eventType"], "ticket.creation");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_others_use_is_taken_over_only_when_an_operator_says_so() {
    let joined = joined(0, &[("setup.customer_properties", "false")]).await;
    let connection = consent(&joined, "hubspot").await;
    develop(
        &joined,
        Method::PUT,
        "settings",
        json!({"targetUrl": "https://other.example.com/hook", "throttling": {"maxConcurrentRequests": 10}}),
    )
    .await;
    develop(&joined, Method::POST, "subscriptions", json!({"eventType": "ticket.creation", "active": true}))
        .await;
    let before = app(&joined).await;
    let answer = ask(&joined, &joined.hub.key, &connection.id, json!({})).await;
    assert_eq!(kinds(&answer.json()), ["refused"], "{}", answer.text());
    assert_eq!(answer.json()["steps"][0]["state"], "failed");
    assert_eq!(app(&joined).await, before);
    let key = key_of(&joined, ORG).await;
    let refused = ask(&joined, &key, &connection.id, json!({"take_over": true})).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "key_of_one_organization"));
    set_up(&joined, &connection, json!({"take_over": true})).await;
    assert_eq!(app(&joined).await.0, Some(joined.hub.url("/webhooks/hubspot/hubspot")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organization_sets_its_account_up_and_not_the_app_that_others_share() {
    let joined = joined(0, &[]).await;
    let connection = consent(&joined, "hubspot").await;
    let before = app(&joined).await;
    let own = key_of(&joined, ORG).await;
    let answer = ask(&joined, &own, &connection.id, json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(kinds(&answer.json()), ["by_hand", "create", "create", "create", "create", "create"]);
    assert_eq!(app(&joined).await, before);
    assert!(properties(&joined).await.iter().any(|one| one["name"] == "tte_customer_uri"));
    let other = key_of(&joined, "other").await;
    assert_eq!(ask(&joined, &other, &connection.id, json!({})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_developer_key_fails_its_part_without_showing_itself_or_ending_the_connection() {
    let joined = joined(0, &[("apps.hubspot.developer_api_key", "canary-developer-key")]).await;
    let connection = consent(&joined, "hubspot").await;
    let answer = ask(&joined, &joined.hub.key, &connection.id, json!({})).await;
    assert_eq!(answer.status, 200);
    let failed: Vec<Value> = answer.json()["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["state"] == "failed")
        .cloned()
        .collect();
    assert_eq!(failed.len(), 1, "{}", answer.text());
    assert!(failed[0]["reason"].as_str().unwrap().contains("developer API key"), "{failed:?}");
    assert!(!answer.text().contains("canary"), "{}", answer.text());
    assert_eq!(kinds(&answer.json())[..5], ["create"; 5]);
    assert_eq!(joined.connection(&connection.id).await.status, syncline_store::connections::Status::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_answer_was_lost_is_looked_for_and_made_once() {
    let joined = joined(0, &[("setup.customer_properties", "false")]).await;
    let connection = consent(&joined, "hubspot").await;
    joined
        .fault(
            json!({"provider": "hubspot", "method": "POST", "path": "*/subscriptions*", "skip": 3, "times": 1,
        "effect": {"kind": "lost_answer"}}),
        )
        .await;
    set_up(&joined, &connection, json!({})).await;
    let (_, all) = app(&joined).await;
    assert_eq!(all.len(), topics(&joined));
}
