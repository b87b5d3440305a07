//! "No conflict handling": what both sides changed is decided by the agreement or by a person, and nothing is lost.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use serde_json::json;
use std::time::Duration;
use syncline_core::sync::{ConflictKind, Policy, Side};
use syncline_hub::sync::{self as hub_sync, Change, Choice, resolve};
use syncline_store::Scope;
use syncline_store::syncs::State;

const EMAIL: &str = "ada@example.org";

/// Somebody whose first name was changed on both sides before either was told of the other: contact and customer.
async fn changed_on_both(policy: Policy) -> (Synced, String, String) {
    let synced = Synced::with(0, &[], |agreement| agreement.policy = policy).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.deaf().await;
    synced.edit_contact(&id, json!({ "firstname": "Adah" })).await;
    synced.joined.advance(Duration::from_secs(60)).await;
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.run().await;
    synced.well().await;
    (synced, id, uri)
}

async fn names(synced: &Synced, id: &str, uri: &str) -> (String, String) {
    let (contact, customer) = (synced.contact(id).await, synced.customer(uri).await);
    (text(&contact, "firstname").to_owned(), text(&customer, "name").to_owned())
}

fn both(name: &str) -> (String, String) {
    (name.to_owned(), name.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_be_asked_waits_with_both_values_until_a_person_decides() {
    let (synced, id, uri) = changed_on_both(Policy::Ask).await;
    assert_eq!(names(&synced, &id, &uri).await, ("Adah".to_owned(), "Adele".to_owned()), "both keep theirs");
    let conflict = synced.conflict().await;
    assert_eq!(conflict.conflict.kind, ConflictKind::Field { rule: "name".to_owned() });
    let faces = &conflict.conflict.faces;
    assert_eq!((faces.left.0[0].first(), faces.right.0[0].first()), ("Adah", "Adele"));
    assert!(conflict.conflict.times.left.is_some() && conflict.conflict.times.right.is_some());
    let said = "Error: name was changed on both sides: waits for a decision";
    assert_eq!(text(&synced.contact(&id).await, "tte_customer_sync_status"), said);
    assert_eq!(custom(&synced.customer(&uri).await, "Sync Status"), said);
    // Other fields go on meanwhile, and the conflict is not asked twice.
    synced.edit_contact(&id, json!({ "phone": "+441234567890" })).await;
    synced.quiet().await;
    assert_eq!(synced.customer(&uri).await["numbers"], json!(["+441234567890"]));
    assert_eq!(synced.conflict().await.id, conflict.id);
    synced.decide(&conflict, Side::Right).await;
    assert_eq!(names(&synced, &id, &uri).await, both("Adele"));
    assert!(synced.conflicts().await.is_empty());
    assert!(text(&synced.contact(&id).await, "tte_customer_sync_status").starts_with("Last synced: "));
    assert_eq!(synced.decided().await, [("field".to_owned(), Some("ada".to_owned()))]);
    let again = synced.run().await;
    assert_eq!((again.calls.left, again.calls.right), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_about_values_that_changed_since_is_asked_again() {
    let (synced, id, uri) = changed_on_both(Policy::Ask).await;
    let conflict = synced.conflict().await;
    // Nobody heard of this when the person decided.
    synced.deaf().await;
    synced.edit_contact(&id, json!({ "firstname": "Adelheid" })).await;
    synced.decide(&conflict, Side::Right).await;
    synced.run().await;
    assert_eq!(names(&synced, &id, &uri).await, ("Adelheid".to_owned(), "Adele".to_owned()));
    let anew = synced.conflict().await;
    assert_eq!(anew.conflict.faces.left.0[0].first(), "Adelheid");
    synced.decide(&anew, Side::Left).await;
    assert_eq!(names(&synced, &id, &uri).await, both("Adelheid"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_that_people_settle_themselves_is_none_any_more() {
    let (synced, id, uri) = changed_on_both(Policy::Ask).await;
    let conflict = synced.conflict().await;
    synced.edit_customer(&uri, "update", json!({ "name": "Adah" })).await;
    synced.quiet().await;
    assert!(synced.conflicts().await.is_empty());
    assert_eq!(names(&synced, &id, &uri).await, both("Adah"));
    let cx = &synced.joined.hub.cx;
    let late = Choice::Side { side: Side::Right, force: false };
    assert!(resolve(cx, &Scope::All, &conflict.id, &late, "ada").await.is_err(), "it is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_change_wins_and_what_it_replaced_is_kept() {
    let (synced, id, uri) = changed_on_both(Policy::Newest).await;
    assert_eq!(names(&synced, &id, &uri).await, both("Adele"));
    assert_eq!(synced.decided().await, [("field".to_owned(), Some("policy".to_owned()))]);
    let history = synced.history(Some((Side::Left, id))).await;
    let kept = history.iter().any(|row| row.what == "updated" && row.detail.to_string().contains("Adah"));
    assert!(kept, "{history:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_change_wins_on_the_other_side_too() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    let cx = &synced.joined.hub.cx;
    let paused = Change { state: Some(State::Paused), ..Change::default() };
    hub_sync::change(cx, &Scope::All, &synced.sync.id, paused).await.unwrap();
    // 10to8 tells no time: what counts is when the change was heard of.
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced
        .as_time_passes("the change is heard of", async || {
            let mirror = synced.joined.mirrored(&synced.right, "customer").await;
            (mirror[&uri]["name"] == "Adele").then_some(())
        })
        .await;
    synced.joined.advance(Duration::from_secs(60)).await;
    synced.edit_contact(&id, json!({ "firstname": "Adah" })).await;
    let active = Change { state: Some(State::Active), ..Change::default() };
    hub_sync::change(cx, &Scope::All, &synced.sync.id, active).await.unwrap();
    synced.run().await;
    assert_eq!(names(&synced, &id, &uri).await, both("Adah"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_side_that_is_preferred_wins() {
    for (policy, name) in [(Policy::PreferLeft, "Adah"), (Policy::PreferRight, "Adele")] {
        let (synced, id, uri) = changed_on_both(policy).await;
        assert_eq!(names(&synced, &id, &uri).await, both(name), "{policy:?}");
        assert!(synced.conflicts().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_fields_and_different_parts_of_one_are_no_conflict() {
    let synced = Synced::with(0, &[], |agreement| agreement.policy = Policy::Ask).await;
    let contact = json!({ "firstname": "Ada", "lastname": "Byron", "email": EMAIL });
    let id = synced.new_contact(contact).await;
    synced.run().await;
    let uri = synced.contact(&id).await["tte_customer_uri"].as_str().unwrap().to_owned();
    synced.deaf().await;
    let there = json!({ "lastname": "King", "tte_customer_secondary_emails": "b@example.org" });
    synced.edit_contact(&id, there).await;
    let here =
        json!({ "name": "Adah Byron", "emails": [EMAIL, "c@example.org"], "numbers": ["+441234567890"] });
    synced.edit_customer(&uri, "update", here).await;
    synced.run().await;
    assert!(synced.conflicts().await.is_empty());
    let (contact, customer) = (synced.contact(&id).await, synced.customer(&uri).await);
    assert_eq!(customer["name"], "Adah King");
    assert_eq!((text(&contact, "firstname"), text(&contact, "lastname")), ("Adah", "King"));
    let mut emails: Vec<&str> =
        customer["emails"].as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    emails.sort_unstable();
    assert_eq!(emails, [EMAIL, "b@example.org", "c@example.org"]);
    let rest = text(&contact, "tte_customer_secondary_emails");
    assert!(rest.contains("b@example.org") && rest.contains("c@example.org"), "{rest}");
    assert_eq!(text(&contact, "phone"), "+441234567890");
}
