//! 10to8: a subscription that names customers, and addresses that prove themselves.

use super::scene::*;
use crate::support::joined::Joined;
use reqwest::Method;
use serde_json::{Value, json};
use syncline_store::Scope;
use syncline_store::runs::Mode;

const LIST: &str = "/tentoeight/api/enterprise/v2/subscription/";

fn token(joined: &Joined) -> String {
    let key = joined.sandbox.credentials()["tentoeight"]["organizations"][0]["api_key"]
        .as_str()
        .unwrap()
        .to_owned();
    format!("token {key}")
}

async fn subscriptions(joined: &Joined) -> Vec<Value> {
    let page = call(joined, Method::GET, LIST, &token(joined), Value::Null).await;
    page["results"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_subscribed_once_and_the_subscriptions_of_others_stay() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("tentoeight").await;
    let theirs = json!({"callback_url": "https://elsewhere.example.com/hook", "scope": "customer"});
    call(&joined, Method::POST, LIST, &token(&joined), theirs).await;
    let before = subscriptions(&joined).await;
    let dry = set_up(&joined, &connection, dry()).await;
    assert_eq!(subscriptions(&joined).await, before, "a dry run changes nothing");
    let first = set_up(&joined, &connection, json!({})).await;
    assert_eq!((kinds(&first), kinds(&dry)), (vec!["create".to_owned()], vec!["create".to_owned()]));
    let after = subscriptions(&joined).await;
    assert_eq!((after.len(), &after[..1]), (2, &before[..]));
    let callback = after[1]["callback_url"].as_str().unwrap();
    assert!(callback.starts_with(&joined.hub.url("/webhooks/tentoeight/tentoeight?account=")), "{callback}");
    let second = set_up(&joined, &connection, json!({})).await;
    assert!(kinds(&second).is_empty(), "{second}");
    assert_eq!(subscriptions(&joined).await, after);
    // The address is a secret: it is in no report, and not in the database.
    let proof = callback.rsplit_once("token=").unwrap().1;
    for report in [&dry, &first, &second] {
        assert!(!report.to_string().contains(proof), "{report}");
    }
    assert!(kept(&joined, &connection.id).await.iter().all(|hook| !hook.url.contains(proof)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_arrives_and_the_mirror_changes_and_an_address_without_proof_is_refused() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("tentoeight").await;
    set_up(&joined, &connection, json!({})).await;
    joined.load(&connection, Mode::Full).await;
    let id = joined.mirrored(&connection, "customer").await.into_keys().next().unwrap();
    joined.edit("tentoeight", json!({"action": "update", "resource_uri": id, "name": "Zoë Lovelace"})).await;
    as_time_passes(&joined, "the change is mirrored", async || {
        let customers = joined.mirrored(&connection, "customer").await;
        (customers[&id]["name"] == "Zoë Lovelace").then_some(())
    })
    .await;
    let own = Scope::Organization(connection.org_id.clone());
    let events = events(&joined, &own, "tentoeight").await;
    assert!(events.iter().any(|event| event.kind == "customer.changed" && event.object_id == id));
    let forged = json!({"scope": "customer", "items": [id]}).to_string();
    for path in ["", "?account=x&token=00"] {
        let path = format!("/webhooks/tentoeight/tentoeight{path}");
        let answer = joined.hub.send(joined.hub.request(Method::POST, &path).body(forged.clone())).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_subscription_with_an_old_proof_is_replaced() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("tentoeight").await;
    let old = format!(
        "{}?account={}&token=old",
        joined.hub.url("/webhooks/tentoeight/tentoeight"),
        connection.account
    );
    call(&joined, Method::POST, LIST, &token(&joined), json!({"callback_url": old, "scope": "customer"}))
        .await;
    let report = set_up(&joined, &connection, json!({})).await;
    assert_eq!(kinds(&report), ["delete", "create"]);
    let left = subscriptions(&joined).await;
    assert!(left.len() == 1 && !left[0]["callback_url"].as_str().unwrap().ends_with("token=old"), "{left:?}");
}
