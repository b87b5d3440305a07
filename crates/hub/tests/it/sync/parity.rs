//! The demo's rules, one test each (10to8 facts 8).

use super::acts::{custom, text};
use super::scene::Synced;
use serde_json::{Value, json};
use syncline_core::sync::Side;
use syncline_hub::sync::run::Wanted;

/// From 10to8 to HubSpot, in full.
const OUTBOUND: Wanted = Wanted {
    towards: Some(Side::Left),
    dry_run: false,
    reading: syncline_hub::sync::run::WantedReading::Full,
};
/// From HubSpot to 10to8, in full.
const INBOUND: Wanted = Wanted {
    towards: Some(Side::Right),
    dry_run: false,
    reading: syncline_hub::sync::run::WantedReading::Full,
};

/// The contact that a run towards HubSpot makes of this customer, and the customer's URI.
async fn outbound(synced: &Synced, customer: Value) -> (String, Value, String) {
    let uri = synced.new_customer(customer).await;
    synced.run_as(OUTBOUND).await;
    let found =
        synced.contacts().await.into_iter().find(|(_, contact)| text(contact, "tte_customer_uri") == uri);
    let (id, contact) = found.expect("a contact of this customer");
    (id, contact, uri)
}

/// The customer that a run towards 10to8 makes of this contact.
async fn inbound(synced: &Synced, contact: Value) -> Value {
    let id = synced.new_contact(contact).await;
    synced.run_as(INBOUND).await;
    let customers = synced.customers().await;
    let found = customers.values().find(|customer| custom(customer, "External ID") == id);
    found.unwrap_or_else(|| panic!("no customer of {id}: {customers:#?}")).clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_name_is_split_at_the_first_space() {
    let synced = Synced::start(0, &[]).await;
    for (name, first, last) in [
        ("Ada King Lovelace", "Ada", "King Lovelace"),
        ("Ada", "Ada", ""),
        ("Grace Hopper", "Grace", "Hopper"),
    ] {
        let (_, contact, _) = outbound(&synced, json!({ "name": name })).await;
        assert_eq!((text(&contact, "firstname"), text(&contact, "lastname")), (first, last));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contacts_names_are_joined_by_one_space_without_empty_parts() {
    let synced = Synced::start(0, &[]).await;
    for (number, (first, last, name)) in
        [("Ada", "Lovelace", "Ada Lovelace"), ("Ada", "", "Ada"), ("", "Lovelace", "Lovelace"), ("", "", "")]
            .into_iter()
            .enumerate()
    {
        let email = format!("p{number}@example.org");
        let contact = json!({ "firstname": first, "lastname": last, "email": email });
        assert_eq!(inbound(&synced, contact).await["name"], name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_address_is_the_primary_one_and_the_rest_is_joined() {
    let synced = Synced::start(0, &[]).await;
    let emails = json!(["a@example.org", "b@example.org", "c@example.org"]);
    let (_, contact, _) = outbound(&synced, json!({ "name": "Ada", "emails": emails })).await;
    assert_eq!(text(&contact, "email"), "a@example.org");
    assert_eq!(text(&contact, "tte_customer_secondary_emails"), "b@example.org,\nc@example.org");
    let (_, one, _) = outbound(&synced, json!({ "name": "Bea", "emails": ["d@example.org"] })).await;
    assert_eq!((text(&one, "email"), text(&one, "tte_customer_secondary_emails")), ("d@example.org", ""));
    let both = json!({ "firstname": "Cy", "email": "e@example.org",
        "tte_customer_secondary_emails": "f@example.org,\ng@example.org" });
    assert_eq!(
        inbound(&synced, both).await["emails"],
        json!(["e@example.org", "f@example.org", "g@example.org"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_number_is_the_primary_one_and_the_rest_is_joined() {
    let synced = Synced::start(0, &[]).await;
    let numbers = json!(["+441234567890", "+441234567891", "+441234567892"]);
    let (_, contact, _) = outbound(&synced, json!({ "name": "Ada", "numbers": numbers })).await;
    assert_eq!(text(&contact, "phone"), "+441234567890");
    assert_eq!(text(&contact, "tte_customer_secondary_phone"), "+441234567891,\n+441234567892");
    let both = json!({ "firstname": "Cy", "phone": "+441234567893",
        "tte_customer_secondary_phone": "+441234567894,\n+441234567895" });
    assert_eq!(
        inbound(&synced, both).await["numbers"],
        json!(["+441234567893", "+441234567894", "+441234567895"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_contacts_id_is_written_back_as_the_external_id() {
    let synced = Synced::start(0, &[]).await;
    let (id, _, uri) = outbound(&synced, json!({ "name": "Ada" })).await;
    assert_eq!(custom(&synced.customer(&uri).await, "External ID"), id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sync_status_is_written_on_both_sides_with_every_sync() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    let both = async || {
        let (contact, customer) = (synced.contact(&id).await, synced.customer(&uri).await);
        let said = (text(&contact, "tte_customer_sync_status"), custom(&customer, "Sync Status"));
        (said.0.to_owned(), said.1.to_owned())
    };
    let before = both().await;
    for status in [&before.0, &before.1] {
        let time = status.strip_prefix("Last synced: ").unwrap_or_else(|| panic!("{status}"));
        assert!(time.starts_with("2026-01-01T00:0") && time.ends_with('Z'), "{time}");
    }
    synced.edit_contact(&id, json!({ "firstname": "Adah" })).await;
    synced.quiet().await;
    let after = both().await;
    assert!(after.0 > before.0 && after.1 > before.1, "{before:?} {after:?}");
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.quiet().await;
    let last = both().await;
    assert!(last.0 > after.0 && last.1 > after.1, "{after:?} {last:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contact_that_has_a_customers_uri_is_that_customers() {
    let synced = Synced::start(0, &[]).await;
    let uri = synced.new_customer(json!({ "name": "Grace Hopper", "emails": ["g@example.org"] })).await;
    let contact = json!({ "firstname": "Amazing", "lastname": "Grace", "tte_customer_uri": uri });
    let id = synced.new_contact(contact).await;
    synced.run_as(OUTBOUND).await;
    assert_eq!(synced.heads().await, (1, 1));
    assert_eq!(synced.link_of(&id).await.link.ids.right, Some(uri.clone()));
    assert_eq!(text(&synced.contact(&id).await, "email"), "g@example.org");
    // Only the whole URI is one: that of customer 12 is not that of customer 123.
    let other = json!({ "firstname": "Bea", "tte_customer_uri": uri.trim_end_matches('/') });
    let other = synced.new_contact(other).await;
    synced.run().await;
    assert_ne!(synced.link_of(&other).await.link.ids.right, Some(uri));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_outbound_run_archives_the_contacts_of_deleted_customers() {
    let synced = Synced::start(0, &[]).await;
    let (ada, uri) = synced.pair("Ada", "ada@example.org").await;
    let (bea, _) = synced.pair("Bea", "bea@example.org").await;
    synced.deaf().await;
    synced.edit_customer(&uri, "delete", json!({})).await;
    synced.run_as(OUTBOUND).await;
    let left: Vec<String> = synced.contacts().await.into_keys().collect();
    assert_eq!(left, [bea], "{ada} is archived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_external_id_updates_that_contact() {
    let synced = Synced::start(0, &[]).await;
    let id = synced.new_contact(json!({ "firstname": "Ada" })).await;
    let customer = json!({ "name": "Ada Lovelace", "emails": ["ada@example.org"],
        "custom_fields": { "External ID": id } });
    let uri = synced.new_customer(customer).await;
    synced.run_as(OUTBOUND).await;
    assert_eq!(synced.heads().await, (1, 1));
    let contact = synced.contact(&id).await;
    assert_eq!((text(&contact, "email"), text(&contact, "tte_customer_uri")), ("ada@example.org", &*uri));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_external_id_a_contact_is_created_and_its_id_written_over_what_was_there() {
    let synced = Synced::start(0, &[]).await;
    // Nobody has these ids: what stands there is none either.
    for (number, external) in ["", "4711"].into_iter().enumerate() {
        let customer =
            json!({ "name": format!("Ada {number}"), "custom_fields": { "External ID": external } });
        let (id, _, uri) = outbound(&synced, customer).await;
        assert_eq!(custom(&synced.customer(&uri).await, "External ID"), id);
    }
    assert_eq!(synced.heads().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_updates_the_contact_only_where_something_differs() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    let before = synced.written().await;
    let same = json!({ "emails": ["ada@example.org"], "custom_fields": { "Shoe size": "38" } });
    synced.edit_customer(&uri, "update", same).await;
    synced.quiet().await;
    assert_eq!(synced.written().await, before, "nothing that is mapped differs");
    synced.edit_customer(&uri, "update", json!({ "name": "Ada King" })).await;
    synced.quiet().await;
    assert_eq!(text(&synced.contact(&id).await, "lastname"), "King");
    assert_eq!(
        synced.written().await,
        (before.0 + 1, before.1 + 1),
        "the contact, and the customer's status"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_customer_becomes_a_contact_and_a_deleted_one_has_its_archived_by_notifications() {
    let synced = Synced::start(0, &[]).await;
    synced.run().await;
    let uri = synced.new_customer(json!({ "name": "Grace Hopper", "emails": ["g@example.org"] })).await;
    synced.quiet().await;
    let contacts = synced.contacts().await;
    let (id, contact) = contacts.iter().next().expect("one contact");
    assert_eq!((contacts.len(), text(contact, "tte_customer_uri")), (1, &*uri));
    assert_eq!(custom(&synced.customer(&uri).await, "External ID"), id);
    synced.edit_customer(&uri, "delete", json!({})).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_contact_becomes_a_customer_whose_location_is_stored() {
    let synced = Synced::start(0, &[]).await;
    synced.run().await;
    let id = synced.new_contact(json!({ "firstname": "Ada", "email": "ada@example.org" })).await;
    synced.quiet().await;
    let customers = synced.customers().await;
    let (uri, customer) = customers.iter().next().expect("one customer");
    assert_eq!((customers.len(), custom(customer, "External ID")), (1, &*id));
    assert_eq!(text(&synced.contact(&id).await, "tte_customer_uri"), uri);
    let posted = synced.joined.recorded("tentoeight").await;
    let posted = posted.iter().filter(|one| one["method"] == "POST" && one["status"] == 201);
    let created = posted.filter(|one| one["path"].as_str().unwrap().ends_with("/customer/"));
    assert_eq!(created.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_on_a_contact_with_a_customer_is_changed_there() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", "ada@example.org").await;
    synced.deaf().await;
    let more = json!({ "lastname": "King", "email": "king@example.org", "phone": "+441234567890" });
    synced.edit_contact(&id, more).await;
    synced.run_as(INBOUND).await;
    let customer = synced.customer(&uri).await;
    assert_eq!(customer["name"], "Ada King");
    assert_eq!(customer["emails"], json!(["king@example.org"]));
    assert_eq!(customer["numbers"], json!(["+441234567890"]));
    assert_eq!(custom(&customer, "External ID"), id);
    assert!(custom(&customer, "Sync Status").starts_with("Last synced: "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_contacts_customer_is_deleted() {
    let synced = Synced::start(0, &[]).await;
    let (id, _) = synced.pair("Ada", "ada@example.org").await;
    synced.archive_contact(&id).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_hubspot_does_not_take_is_left_out_there_and_both_sides_say_so() {
    let synced = Synced::start(0, &[]).await;
    let customer = json!({ "name": "Ada Lovelace", "emails": ["ada@", "ada@example.org"] });
    let (id, contact, uri) = outbound(&synced, customer).await;
    assert_eq!((text(&contact, "email"), text(&contact, "lastname")), ("", "Lovelace"));
    assert_eq!(text(&contact, "tte_customer_secondary_emails"), "ada@example.org");
    assert_eq!(text(&contact, "tte_customer_sync_status"), "Error: Invalid email ada@");
    let customer = synced.customer(&uri).await;
    assert_eq!(custom(&customer, "Sync Status"), "Error: Invalid email ada@");
    assert_eq!(customer["emails"], json!(["ada@", "ada@example.org"]), "the original stays");
    // As soon as it is one, it flows and the error goes.
    let valid = json!({ "emails": ["ada@example.com", "ada@example.org"] });
    synced.edit_customer(&uri, "update", valid).await;
    synced.quiet().await;
    let contact = synced.contact(&id).await;
    assert_eq!(text(&contact, "email"), "ada@example.com");
    assert!(text(&contact, "tte_customer_sync_status").starts_with("Last synced: "), "{contact}");
    assert!(custom(&synced.customer(&uri).await, "Sync Status").starts_with("Last synced: "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blank_address_of_a_contact_leaves_the_invalid_one_first_at_10to8() {
    let synced = Synced::start(0, &[]).await;
    let customer = json!({ "name": "Ada", "emails": ["ada@", "b@example.org"] });
    let (id, _, uri) = outbound(&synced, customer).await;
    let more =
        json!({ "firstname": "Adah", "tte_customer_secondary_emails": "b@example.org,\nc@example.org" });
    synced.edit_contact(&id, more).await;
    synced.quiet().await;
    let customer = synced.customer(&uri).await;
    assert_eq!(customer["emails"], json!(["ada@", "b@example.org", "c@example.org"]));
    assert_eq!(customer["name"], "Adah");
    assert_eq!(text(&synced.contact(&id).await, "email"), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_six_properties_creation_and_deletion_of_contacts_are_watched() {
    let synced = Synced::start(0, &[]).await;
    synced.run().await;
    let id = synced.new_contact(json!({ "firstname": "Ada" })).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (1, 1), "contact.creation");
    for (property, value, field, shown) in [
        ("firstname", "Adah", "name", json!("Adah")),
        ("lastname", "King", "name", json!("Adah King")),
        ("email", "a@example.org", "emails", json!(["a@example.org"])),
        ("phone", "+441234567890", "numbers", json!(["+441234567890"])),
        (
            "tte_customer_secondary_emails",
            "b@example.org",
            "emails",
            json!(["a@example.org", "b@example.org"]),
        ),
        (
            "tte_customer_secondary_phone",
            "+441234567891",
            "numbers",
            json!(["+441234567890", "+441234567891"]),
        ),
    ] {
        synced.edit_contact(&id, json!({ property: value })).await;
        synced.quiet().await;
        let customers = synced.customers().await;
        let customer = customers.values().next().expect("one customer");
        assert_eq!(customer[field], shown, "contact.propertyChange of {property}");
    }
    synced.archive_contact(&id).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (0, 0), "contact.deletion");
}
