//! "A failing item is printed and skipped": one bad field or record never holds up the others, and says what is wrong with it.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use serde_json::{Value, json};
use syncline_core::sync::Side;

/// What no rule of ours knows: HubSpot takes no addresses of web pages in names.
const BAD: &str = "http://ada.example.org";

async fn crowd(synced: &Synced) -> Vec<String> {
    let mut uris = Vec::new();
    for number in 0..5 {
        let name = if number == 2 { format!("{BAD} Lovelace") } else { format!("P{number} Lovelace") };
        let emails = json!([format!("p{number}@example.org")]);
        uris.push(synced.new_customer(json!({ "name": name, "emails": emails })).await);
    }
    uris
}

/// The contact of a customer.
async fn contact_of(synced: &Synced, uri: &str) -> Value {
    let contacts = synced.contacts().await;
    let found = contacts.values().find(|contact| text(contact, "tte_customer_uri") == uri);
    found.unwrap_or_else(|| panic!("no contact of {uri}: {contacts:#?}")).clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_only_hubspot_refuses_stays_away_alone_and_comes_when_it_is_right() {
    let synced = Synced::start(0, &[]).await;
    let uris = crowd(&synced).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (5, 5));
    for (number, uri) in uris.iter().enumerate() {
        let (contact, customer) = (contact_of(&synced, uri).await, synced.customer(uri).await);
        assert_eq!(text(&contact, "email"), format!("p{number}@example.org"));
        assert_eq!(text(&contact, "lastname"), "Lovelace");
        let said = (text(&contact, "tte_customer_sync_status"), custom(&customer, "Sync Status"));
        if number == 2 {
            assert_eq!(
                (text(&contact, "firstname"), &customer["name"]),
                ("", &json!(format!("{BAD} Lovelace")))
            );
            assert!(said.0.starts_with("Error: ") && said.0 == said.1, "{said:?}");
        } else {
            assert!(said.0.starts_with("Last synced: ") && said.1.starts_with("Last synced: "), "{said:?}");
        }
    }
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0), "what was refused is not sent again");
    synced.edit_customer(&uris[2], "update", json!({ "name": "Ada Lovelace" })).await;
    synced.quiet().await;
    let contact = contact_of(&synced, &uris[2]).await;
    assert_eq!(text(&contact, "firstname"), "Ada");
    assert!(text(&contact, "tte_customer_sync_status").starts_with("Last synced: "), "{contact}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_hubspot_refuses_does_not_hold_up_those_of_its_batch() {
    for whole in [false, true] {
        let synced = Synced::start(0, &[]).await;
        let word = if whole { "call" } else { "row" };
        synced.settings(json!({ "hubspot": { "objects": { "batch_update_invalid_value": word } } })).await;
        let mut uris = Vec::new();
        for number in 0..5 {
            let customer =
                json!({ "name": format!("P{number}"), "emails": [format!("p{number}@example.org")] });
            uris.push(synced.new_customer(customer).await);
        }
        synced.run().await;
        synced.deaf().await;
        for (number, uri) in uris.iter().enumerate() {
            let name = if number == 2 { BAD.to_owned() } else { format!("Q{number}") };
            let numbers = json!([format!("+44123456789{number}")]);
            synced.edit_customer(uri, "update", json!({ "name": name, "numbers": numbers })).await;
        }
        synced.run().await;
        for (number, uri) in uris.iter().enumerate() {
            let contact = contact_of(&synced, uri).await;
            let name = if number == 2 { String::new() } else { format!("Q{number}") };
            assert_eq!(text(&contact, "firstname"), name, "{word}");
            assert_eq!(
                text(&contact, "phone"),
                format!("+44123456789{number}"),
                "{word}: the other field goes"
            );
        }
        let bad = contact_of(&synced, &uris[2]).await;
        assert!(text(&bad, "tte_customer_sync_status").starts_with("Error: "), "{word}: {bad}");
        let again = synced.run().await;
        assert_eq!((again.calls.left, again.calls.right), (0, 0), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_another_contact_has_is_refused_for_one_field_of_one_contact() {
    let synced = Synced::start(0, &[]).await;
    let (_, _) = synced.pair("Ada", "ada@example.org").await;
    let (bea, b) = synced.pair("Bea", "bea@example.org").await;
    let change = json!({ "name": "Beatrice", "emails": ["ada@example.org"] });
    synced.edit_customer(&b, "update", change).await;
    synced.quiet().await;
    let contact = synced.contact(&bea).await;
    assert_eq!((text(&contact, "firstname"), text(&contact, "email")), ("Beatrice", ""), "the placeholder");
    assert!(custom(&synced.customer(&b).await, "Sync Status").contains("ada@example.org"));
    assert_eq!(synced.customer(&b).await["emails"], json!(["ada@example.org"]), "what was typed stays");
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_10to8_refuses_is_told_and_the_others_go_on() {
    let synced = Synced::start(0, &[]).await;
    synced.settings(json!({ "tentoeight": { "customers": { "max_length": 40 } } })).await;
    let long = "L".repeat(60);
    for number in 0..4 {
        let last = if number == 1 { long.clone() } else { "Short".to_owned() };
        let email = format!("p{number}@example.org");
        synced
            .new_contact(json!({ "firstname": format!("P{number}"), "lastname": last, "email": email }))
            .await;
    }
    synced.run().await;
    let contacts = synced.contacts().await;
    let refused = contacts.values().find(|one| text(one, "lastname") == long).unwrap();
    assert!(text(refused, "tte_customer_sync_status").starts_with("Error: "), "{refused}");
    let fine =
        contacts.values().filter(|one| text(one, "tte_customer_sync_status").starts_with("Last synced: "));
    assert_eq!(fine.count(), 3);
    assert_eq!(text(refused, "lastname"), long, "nothing is lost");
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_placeholder_never_overwrites_the_original_and_a_typed_value_does() {
    let synced = Synced::start(0, &[]).await;
    let uri = synced.new_customer(json!({ "name": "Ada", "emails": ["ada@"] })).await;
    synced.run().await;
    let link = synced.links_of(&uri).await.remove(0);
    let id = link.link.ids[Side::Left].clone().unwrap();
    synced.edit_contact(&id, json!({ "lastname": "King" })).await;
    synced.quiet().await;
    assert_eq!(synced.customer(&uri).await["emails"], json!(["ada@"]));
    synced.edit_contact(&id, json!({ "email": "ada@example.org" })).await;
    synced.quiet().await;
    assert_eq!(synced.customer(&uri).await["emails"], json!(["ada@example.org"]));
    assert!(custom(&synced.customer(&uri).await, "Sync Status").starts_with("Last synced: "));
}
