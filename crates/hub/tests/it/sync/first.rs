//! The first run: two systems that know the same people, and people that only one of them knows.

use super::scene::Synced;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_that_both_know_are_linked_and_the_others_created_and_a_second_run_writes_nothing() {
    let synced = Synced::start(0, &[]).await;
    let ada = synced
        .new_contact(json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org" }))
        .await;
    let alan = synced.new_contact(json!({ "firstname": "Alan", "email": "alan@example.org" })).await;
    let her = synced
        .new_customer(json!({ "name": "Ada Lovelace", "emails": ["ADA@example.org"], "numbers": [] }))
        .await;
    let grace = synced.new_customer(json!({ "name": "Grace Hopper", "emails": ["grace@example.org"] })).await;
    let tally = synced.run().await;
    let (contacts, customers) = (synced.contacts().await, synced.customers().await);
    assert_eq!((contacts.len(), customers.len()), (3, 3), "{tally:?} {contacts:#?} {customers:#?}");
    assert_eq!(contacts[&ada]["tte_customer_uri"], her.as_str());
    assert_eq!(customers[&her]["custom_fields"]["External ID"], ada.as_str());
    let his = contacts[&alan]["tte_customer_uri"].as_str().unwrap();
    assert_eq!(customers[his]["name"], "Alan");
    let hers = customers[&grace]["custom_fields"]["External ID"].as_str().unwrap();
    assert_eq!(contacts[hers]["lastname"], "Hopper");
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_on_one_side_is_carried_to_the_other_by_webhooks() {
    let synced = Synced::start(0, &[]).await;
    let ada = synced.new_contact(json!({ "firstname": "Ada", "email": "ada@example.org" })).await;
    synced.run().await;
    let uri = synced.contacts().await[&ada]["tte_customer_uri"].as_str().unwrap().to_owned();
    synced.edit_contact(&ada, json!({ "lastname": "King" })).await;
    synced.quiet().await;
    assert_eq!(synced.customers().await[&uri]["name"], "Ada King");
    synced.edit_customer(&uri, "update", json!({ "numbers": ["+441234567890"] })).await;
    synced.quiet().await;
    assert_eq!(synced.contacts().await[&ada]["phone"], "+441234567890");
    let new = synced.new_customer(json!({ "name": "Grace Hopper", "emails": ["grace@example.org"] })).await;
    synced.quiet().await;
    let contacts = synced.contacts().await;
    let grace = contacts.values().find(|contact| contact["tte_customer_uri"] == new.as_str());
    assert_eq!(grace.unwrap_or_else(|| panic!("{contacts:#?}"))["firstname"], "Grace");
}
