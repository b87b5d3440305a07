//! What the unmodified demo program sends and needs back, request by request (10to8 facts 3 and 8).

use super::{CUSTOMERS, Clinic, SUBSCRIPTIONS};
use crate::support::receiver::Receiver;
use serde_json::{Value, json};
use std::time::Duration;

/// As the demo reads an answer: JSON first, then the status.
fn parsed(answer: &crate::support::Answer) -> Value {
    assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn the_outbound_run_reads_all_pages_and_writes_the_external_id_back() {
    let clinic = Clinic::start().await;
    for number in 0..23 {
        clinic.customer(&format!("Ada Lovelace {number}")).await;
    }
    let gone = clinic.customer("Gone").await;
    clinic.delete(&format!("{gone}?force=True")).await.expect(204);
    let mut page = parsed(&clinic.get(&format!("{CUSTOMERS}?include_deleted=True&limit=10")).await);
    let mut sizes = Vec::new();
    loop {
        let results = page["results"].as_array().expect("an array");
        sizes.push(results.len());
        for customer in results {
            let uri = customer["resource_uri"].as_str().expect("a URI");
            assert!(
                customer["name"].is_string()
                    && customer["emails"].is_array()
                    && customer["numbers"].is_array()
            );
            if customer["deleted"] != json!(true) {
                let status = json!({"custom_fields": {"Sync Status": "Last synced: 2026-01-01T00:00:00.000000", "External ID": "51"}});
                assert!(parsed(&clinic.patch(uri, &status).await).is_object());
            }
        }
        let Some(next) = page.as_object().expect("an object")["next"].as_str().map(str::to_owned) else {
            break;
        };
        page = parsed(&clinic.get(&next).await);
    }
    assert_eq!(sizes, [10, 10, 4]);
}

#[tokio::test]
async fn the_live_run_subscribes_anew_and_reads_what_it_is_told_of() {
    let clinic = Clinic::start().await;
    let receiver = Receiver::start().await;
    clinic.subscribe("https://old.example/").await;
    for old in parsed(&clinic.get(SUBSCRIPTIONS).await)["results"].as_array().expect("an array") {
        assert_eq!(old["scope"], "customer");
        assert_eq!(clinic.delete(old["resource_uri"].as_str().expect("a URI")).await.status, 204);
    }
    let body = json!({"callback_url": receiver.url("/"), "scope": "customer"});
    assert!(parsed(&clinic.post(SUBSCRIPTIONS, &body).await).is_object());
    let (ada, byron) = (clinic.customer("Ada").await, clinic.customer("Byron").await);
    clinic.edit(json!({"action": "delete", "resource_uri": byron})).await;
    clinic.sandbox.advance(Duration::from_secs(1)).await;
    let told = receiver.take()[0].json();
    assert_eq!(told["items"], json!([ada, byron]));
    let live = clinic.get(&ada).await;
    assert_eq!((live.status, &parsed(&live)["name"]), (200, &json!("Ada")));
    let deleted = clinic.get(&byron).await;
    assert!(parsed(&deleted).is_object());
    assert_eq!(deleted.status, 404);
}

#[tokio::test]
async fn the_inbound_run_creates_with_location_then_updates_then_deletes_by_force() {
    let clinic = Clinic::start().await;
    let body = json!({"name": "", "emails": [], "numbers": [], "custom_fields": {"Sync Status": ""}});
    let created = clinic.post(CUSTOMERS, &body).await;
    assert_eq!((created.status, parsed(&created).is_object()), (201, true));
    let uri = created.header("LOCATION");
    let body = json!({"name": "Ada Lovelace", "emails": ["a@x", "b@x"], "numbers": ["+441632960123"],
        "custom_fields": {"Sync Status": "Error: Invalid email a@x", "External ID": "51"}});
    assert_eq!(parsed(&clinic.patch(uri, &body).await)["custom_fields"], body["custom_fields"]);
    clinic.edit(json!({"action": "book", "resource_uri": uri})).await;
    clinic.delete(&format!("{uri}?force=False")).await.expect(409);
    clinic.delete(&format!("{uri}?force=True")).await.expect(204);
}
