//! "Merged customers always yield a fresh contact", external ids `""` or null (10to8 facts 9): who is who is known, or asked.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use serde_json::{Value, json};
use syncline_core::sync::{ConflictKind, Side};
use syncline_hub::sync::Choice;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_customers_with_one_address_are_a_question_and_not_two_contacts() {
    let synced = Synced::start(0, &[]).await;
    let (ada, a) = synced.pair("Ada", "ada@example.org").await;
    let twin = synced.new_customer(json!({ "name": "Ada L.", "emails": ["ADA@example.org"] })).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (1, 2));
    let asked = synced.conflict().await;
    let twice = ConflictKind::Duplicate { side: Side::Right, id: twin.clone(), of: a.clone() };
    assert_eq!(asked.conflict.kind, twice);
    synced.run().await;
    assert_eq!((synced.heads().await, synced.conflict().await.id), ((1, 2), asked.id), "asked once");
    // One of them gets an address of their own: then they are two people.
    synced.edit_customer(&twin, "update", json!({ "emails": ["other@example.org"] })).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (2, 2));
    assert!(synced.conflicts().await.is_empty());
    assert_eq!(synced.link_of(&ada).await.link.ids.right, Some(a));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_several_could_be_a_person_says() {
    let synced = Synced::start(0, &[]).await;
    let ada = synced.new_contact(json!({ "firstname": "Ada", "email": "ada@example.org" })).await;
    let one = synced.new_customer(json!({ "name": "Ada One", "emails": ["ada@example.org"] })).await;
    let two = synced.new_customer(json!({ "name": "Ada Two", "emails": ["ada@example.org"] })).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 2));
    let open = synced.conflicts().await;
    let about = |row: &&syncline_store::syncs::conflicts::ConflictRow| matches!(&row.conflict.kind, ConflictKind::Match { side: Side::Left, id, .. } if *id == ada);
    let asked = open.iter().find(about).unwrap_or_else(|| panic!("{open:#?}"));
    let ConflictKind::Match { candidates, .. } = &asked.conflict.kind else { panic!("{asked:#?}") };
    assert!(candidates.contains(&one) && candidates.contains(&two), "{candidates:?}");
    synced.resolve(asked, Choice::Is { id: two.clone() }).await;
    assert_eq!(synced.link_of(&ada).await.link.ids.right, Some(two.clone()));
    assert_eq!(text(&synced.contact(&ada).await, "tte_customer_uri"), two);
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 2), "the other one is no new contact");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_or_a_missing_external_id_is_nobodys() {
    let synced = Synced::start(0, &[]).await;
    synced.settings(json!({ "tentoeight": { "custom_fields": { "null": "keep" } } })).await;
    for (number, fields) in [
        json!({ "External ID": "" }),
        json!({ "External ID": Value::Null }),
        json!({}),
        json!({ "External ID": ", " }),
    ]
    .into_iter()
    .enumerate()
    {
        synced.new_customer(json!({ "name": format!("P{number}"), "custom_fields": fields })).await;
    }
    synced.run().await;
    let (contacts, customers) = (synced.contacts().await, synced.customers().await);
    assert_eq!((contacts.len(), customers.len()), (4, 4));
    for (uri, customer) in &customers {
        let contact = &contacts[custom(customer, "External ID")];
        assert_eq!((text(contact, "tte_customer_uri"), &contact["firstname"]), (&**uri, &customer["name"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_that_both_sides_know_are_matched_by_secondary_addresses_and_phones_too() {
    let synced = Synced::start(0, &[]).await;
    let ada = synced
        .new_contact(json!({ "firstname": "Ada", "email": "new@example.org",
            "tte_customer_secondary_emails": "old@example.org" }))
        .await;
    let a = synced.new_customer(json!({ "name": "Ada", "emails": ["OLD@example.org"] })).await;
    let bea = synced.new_contact(json!({ "firstname": "Bea", "phone": "01234 567 890" })).await;
    let b = synced.new_customer(json!({ "name": "Bea", "numbers": ["+441234567890"] })).await;
    // The same phone, and other addresses: two people of one household.
    synced
        .new_contact(json!({ "firstname": "Cy", "email": "cy@example.org", "phone": "+441234500000" }))
        .await;
    synced
        .new_customer(json!({ "name": "Di", "emails": ["di@example.org"], "numbers": ["+441234500000"] }))
        .await;
    synced.run().await;
    assert_eq!(synced.link_of(&ada).await.link.ids.right, Some(a));
    assert_eq!(synced.link_of(&bea).await.link.ids.right, Some(b));
    assert_eq!(synced.heads().await, (4, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_new_on_both_sides_at_once_is_linked_and_not_doubled() {
    let synced = Synced::start(0, &[("sync.creation_delay", "2s")]).await;
    synced.run().await;
    for number in 0..8 {
        let email = format!("p{number}@example.org");
        synced.new_contact(json!({ "firstname": "P", "email": email })).await;
        synced.new_customer(json!({ "name": "P", "emails": [email] })).await;
    }
    synced.quiet().await;
    assert_eq!(synced.heads().await, (8, 8));
    assert!(synced.conflicts().await.is_empty());
}
