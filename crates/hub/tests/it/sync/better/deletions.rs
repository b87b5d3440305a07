//! "Deletes forced": a deletion asks where 10to8 objects, does what the agreement says, and never goes on without end.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use serde_json::json;
use syncline_core::sync::guard::Guard;
use syncline_core::sync::{ConflictKind, Deletion, Side, Sides, State};
use syncline_hub::sync::Choice;

const EMAIL: &str = "ada@example.org";

/// A customer with a booking ahead, whose contact is archived.
async fn booked() -> (Synced, String, String) {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.edit_customer(&uri, "book", json!({})).await;
    synced.archive_contact(&id).await;
    synced.quiet().await;
    (synced, id, uri)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_with_bookings_ahead_is_not_deleted_before_a_person_says_so() {
    let (synced, id, uri) = booked().await;
    let conflict = synced.conflict().await;
    let ConflictKind::Deletion { side: Side::Left, reason } = &conflict.conflict.kind else {
        panic!("{conflict:#?}");
    };
    assert!(reason.contains("future bookings"), "{reason}");
    assert_eq!(conflict.ids, Sides { left: Some(id), right: Some(uri.clone()) });
    assert!(custom(&synced.customer(&uri).await, "Sync Status").contains("future bookings"));
    let unforced = async || {
        let all = synced.joined.recorded("tentoeight").await;
        all.iter().filter(|one| one["method"] == "DELETE").count()
    };
    let asked = unforced().await;
    synced.run().await;
    assert_eq!(unforced().await, asked, "10to8 is not asked again and again");
    synced.resolve(&conflict, Choice::Side { side: Side::Left, force: true }).await;
    assert_eq!(synced.heads().await, (0, 0));
    assert!(synced.conflicts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_a_person_keeps_stays_and_is_nobodys_any_more() {
    let (synced, _, uri) = booked().await;
    synced.decide(&synced.conflict().await, Side::Right).await;
    assert_eq!(synced.heads().await, (0, 1));
    assert!(synced.conflicts().await.is_empty());
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.quiet().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (0, 1), "and does not come back as a contact");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_that_is_cancelled_lets_the_deletion_through_when_a_person_says_so() {
    let (synced, _, uri) = booked().await;
    synced.edit_customer(&uri, "cancel_booking", json!({})).await;
    synced.decide(&synced.conflict().await, Side::Left).await;
    assert_eq!(synced.heads().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_can_force_unlink_archive_or_ask() {
    for (deletion, contacts, customers, open) in [
        (Deletion::Force, 0, 0, 0),
        (Deletion::Unlink, 0, 1, 0),
        (Deletion::Archive, 0, 1, 0),
        (Deletion::Ask, 0, 1, 1),
    ] {
        let synced = Synced::with(0, &[], |agreement| agreement.deletions.left = deletion).await;
        let (id, uri) = synced.pair("Ada", EMAIL).await;
        synced.edit_customer(&uri, "book", json!({})).await;
        synced.archive_contact(&id).await;
        synced.quiet().await;
        synced.run().await;
        assert_eq!(synced.heads().await, (contacts, customers), "{deletion:?}");
        assert_eq!(synced.conflicts().await.len(), open, "{deletion:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_on_one_side_and_changed_on_the_other_is_asked() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.deaf().await;
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.archive_contact(&id).await;
    synced.run().await;
    let conflict = synced.conflict().await;
    assert!(matches!(conflict.conflict.kind, ConflictKind::Deletion { side: Side::Left, .. }));
    assert_eq!(synced.customer(&uri).await["name"], "Adele");
    // The person takes the contact back: nothing is open, and the change arrives.
    synced.well().await;
    synced.restore_contact(&id).await;
    synced.quiet().await;
    synced.run().await;
    assert_eq!(text(&synced.contact(&id).await, "firstname"), "Adele");
    assert!(synced.conflicts().await.is_empty());
    assert_eq!(synced.heads().await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_that_a_person_keeps_shows_neither_the_error_nor_the_contact_that_is_gone() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.deaf().await;
    synced.edit_customer(&uri, "update", json!({ "name": "Adele" })).await;
    synced.archive_contact(&id).await;
    synced.run().await;
    synced.well().await;
    let asked = synced.customer(&uri).await;
    assert!(custom(&asked, "Sync Status").starts_with("Error: was deleted on the other side"), "{asked}");
    assert_eq!(custom(&asked, "External ID"), id);
    synced.decide(&synced.conflict().await, Side::Right).await;
    let kept = synced.customer(&uri).await;
    assert_eq!((custom(&kept, "Sync Status"), custom(&kept, "External ID")), ("", ""), "{kept}");
    assert_eq!(kept["name"], "Adele");
    let over = synced.links_of(&uri).await;
    assert!(matches!(over[..], [ref row] if matches!(row.link.state, State::Ended(_))), "{over:#?}");
    // Who comes back is linked again, and both say so.
    synced.restore_contact(&id).await;
    synced.quiet().await;
    synced.run().await;
    assert_eq!(text(&synced.contact(&id).await, "firstname"), "Adele");
    assert_eq!(custom(&synced.customer(&uri).await, "External ID"), id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_asks_about_all_deletions_that_wait_however_they_came() {
    let guard = Guard { percent: 10, at_least: 1 };
    let synced = Synced::with(0, &[], |agreement| agreement.guard = guard).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let contact = json!({ "firstname": format!("P{number}"), "email": format!("p{number}@example.org") });
        ids.push(synced.new_contact(contact).await);
    }
    synced.run().await;
    for (gone, id) in ids[..4].iter().enumerate() {
        synced.archive_contact(id).await;
        synced.quiet().await;
        let waiting = synced.conflicts().await.first().map(|one| one.conflict.kind.clone());
        let expected = (gone > 0).then_some(ConflictKind::Guard { side: Side::Left, waiting: gone as u64 });
        assert_eq!(waiting, expected, "of {} one was carried over", gone + 1);
    }
    synced.resolve(&synced.conflict().await, Choice::Delete).await;
    assert_eq!(synced.heads().await, (1, 1));
}

/// Six pairs of which five contacts are archived, with a guard that lets two pass.
async fn many() -> Synced {
    let guard = Guard { percent: 10, at_least: 2 };
    let synced = Synced::with(0, &[], |agreement| agreement.guard = guard).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let contact = json!({ "firstname": format!("P{number}"), "email": format!("p{number}@example.org") });
        ids.push(synced.new_contact(contact).await);
    }
    synced.run().await;
    assert_eq!(synced.heads().await, (6, 6));
    for id in &ids[..5] {
        synced.archive_contact(id).await;
    }
    synced.quiet().await;
    assert_eq!(synced.heads().await, (1, 4), "two are carried over, three wait");
    let conflict = synced.conflict().await;
    assert!(
        matches!(conflict.conflict.kind, ConflictKind::Guard { side: Side::Left, waiting: 3 }),
        "{conflict:#?}"
    );
    synced
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_guard_deletions_wait_until_a_person_lets_them_through() {
    let synced = many().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 4), "a run does not get round it");
    synced.resolve(&synced.conflict().await, Choice::Delete).await;
    assert_eq!(synced.heads().await, (1, 1));
    assert!(synced.conflicts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_guard_records_stay_where_a_person_says_so() {
    let synced = many().await;
    synced.resolve(&synced.conflict().await, Choice::Keep).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 4));
    assert!(synced.conflicts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_on_both_sides_is_linked_as_before() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.archive_contact(&id).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (0, 0));
    synced.deaf().await;
    synced.restore_contact(&id).await;
    synced.edit_customer(&uri, "restore", json!({})).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 1));
    assert_eq!(synced.link_of(&id).await.link.ids.right, Some(uri.clone()));
    synced.well().await;
    synced.edit_contact(&id, json!({ "firstname": "Adah" })).await;
    synced.quiet().await;
    assert_eq!(synced.customer(&uri).await["name"], "Adah");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_that_comes_back_gets_a_customer_again_and_one_whose_customer_stayed_gets_that_one() {
    let synced = Synced::start(0, &[]).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.archive_contact(&id).await;
    synced.quiet().await;
    synced.restore_contact(&id).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (1, 1), "10to8 has no way back: there is a new one");
    let anew = synced.link_of(&id).await.link.ids.right.unwrap();
    assert_ne!(anew, uri);
    assert_eq!(text(&synced.contact(&id).await, "tte_customer_uri"), anew);

    let synced = Synced::with(0, &[], |agreement| agreement.deletions.left = Deletion::Unlink).await;
    let (id, uri) = synced.pair("Ada", EMAIL).await;
    synced.archive_contact(&id).await;
    synced.quiet().await;
    synced.restore_contact(&id).await;
    synced.quiet().await;
    assert_eq!(synced.heads().await, (1, 1));
    assert_eq!(synced.link_of(&id).await.link.ids.right, Some(uri));
}
