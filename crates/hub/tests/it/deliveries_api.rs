//! Deliveries to all endpoints over the API.

use crate::messages_api::{Hub, Made};
use crate::notify::receiver::{FINE, Receiver, Reply};
use crate::support::START;
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_to_all_endpoints_are_found_by_what_is_known_of_them() {
    let hub = Hub::start().await;
    let (fine, broken) =
        (Receiver::always(FINE).await, Receiver::always(Reply::Status(410, "", "gone for good")).await);
    let wanted = || json!({ "event_types": ["invoice.*"] });
    let own = hub.endpoint(Some("acme"), &fine, wanted()).await;
    let global = hub.endpoint(None, &fine, wanted()).await;
    let gone = hub.endpoint(Some("acme"), &broken, wanted()).await;
    let first = hub.publish(1).await;
    hub.later(Duration::from_secs(60));
    let second = hub.publish(2).await;
    for message in [&first, &second] {
        for endpoint in [&own, &global] {
            hub.becomes(message, &endpoint.id, "delivered", 1).await;
        }
    }
    hub.becomes(&first, &gone.id, "failed", 1).await;
    let minute = START.plus(Duration::from_secs(30));
    let found = async |query: &str| {
        let page = hub.get(&format!("/v1/deliveries?{query}")).await;
        let rows = page["data"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["org_id"] == "acme" && row["type"] == "invoice.paid"), "{page}");
        let pair = |row: &Value| {
            (row["message_id"].as_str().unwrap().to_owned(), row["endpoint_id"].as_str().unwrap().to_owned())
        };
        rows.iter().map(pair).collect::<BTreeSet<_>>()
    };
    let pairs = |messages: &[&String], endpoints: &[&Made]| -> BTreeSet<(String, String)> {
        let of = |message: &&String| {
            endpoints.iter().map(|one| ((*message).clone(), one.id.clone())).collect::<Vec<_>>()
        };
        messages.iter().flat_map(of).collect()
    };
    for (query, expected) in [
        (format!("endpoint_id={}", own.id), pairs(&[&first, &second], &[&own])),
        (format!("message_id={second}&state=delivered"), pairs(&[&second], &[&own, &global])),
        ("state=delivered&org_id=acme".to_owned(), pairs(&[&first, &second], &[&own, &global])),
        (format!("state=delivered&to={minute}"), pairs(&[&first], &[&own, &global])),
        (format!("from={minute}&type=invoice.paid&state=delivered"), pairs(&[&second], &[&own, &global])),
        (format!("state=failed&message_id={first}"), pairs(&[&first], &[&gone])),
        ("type=invoice.sent".to_owned(), BTreeSet::new()),
        ("org_id=globex".to_owned(), BTreeSet::new()),
        ("state=&type=&org_id=&from=&cursor=".to_owned(), found("").await),
    ] {
        assert_eq!(found(&query).await, expected, "{query}");
    }
    let (acme, globex) = (key_of(&hub.0, "acme").await, key_of(&hub.0, "globex").await);
    let get = async |key: &str, path: &str| call_as(&hub.0, key, Method::GET, path, &Value::Null).await;
    let seen = get(&acme, "/v1/deliveries?state=delivered").await.json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 2, "not those to the operator's endpoint: {seen}");
    assert_eq!(get(&globex, "/v1/deliveries").await.json()["data"], json!([]));
    assert_eq!(get(&globex, "/v1/deliveries?org_id=acme").await.code(), "key_of_one_organization");
    for (query, code) in [("state=odd", "bad_state"), ("from=soon", "bad_time"), ("cursor=x", "bad_cursor")] {
        assert_eq!(hub.0.get(&format!("/v1/deliveries?{query}")).await.code(), code);
    }
    let (mut turned, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = hub.get(&format!("/v1/deliveries?state=delivered&limit=1&cursor={cursor}")).await;
        turned.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        next.clone_into(&mut cursor);
    }
    assert_eq!(turned.len(), 4, "page by page, each once");
}
