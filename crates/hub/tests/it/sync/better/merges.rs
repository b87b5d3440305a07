//! "Merges ignored", or "always yield a fresh contact" (10to8 facts 9.2): links follow what people made one of two.

use super::super::acts::{custom, text};
use super::super::scene::Synced;
use serde_json::json;
use syncline_core::sync::{ConflictKind, Side};

/// Both are in step; deletions wait until a merge can show itself.
async fn two() -> (Synced, [(String, String); 2]) {
    let synced = Synced::start(0, &[("sync.deletion_delay", "10s")]).await;
    let ada = synced.new_contact(json!({ "firstname": "Ada", "email": "ada@example.org" })).await;
    let bea = synced.new_contact(json!({ "firstname": "Bea", "email": "bea@example.org" })).await;
    synced.run().await;
    let contacts = synced.contacts().await;
    let uri = |id: &String| text(&contacts[id], "tte_customer_uri").to_owned();
    let pairs = [(ada.clone(), uri(&ada)), (bea.clone(), uri(&bea))];
    (synced, pairs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_merged_into_a_third_id_keep_a_customer_and_nobody_is_deleted() {
    let (synced, [(ada, a), (bea, b)]) = two().await;
    let third = synced.merge_contacts(&ada, &bea).await;
    synced.quiet().await;
    assert!(third != ada && third != bea);
    assert_eq!(synced.heads().await, (1, 2), "one contact, and nobody decided about the customers yet");
    let link = synced.link_of(&third).await;
    let kept = link.link.ids.right.clone().unwrap();
    let other = if kept == a { &b } else { &a };
    assert_eq!(custom(&synced.customer(&kept).await, "External ID"), third);
    assert_eq!(text(&synced.contact(&third).await, "tte_customer_uri"), kept);
    let asked = synced.conflict().await;
    let twice = ConflictKind::Duplicate { side: Side::Right, id: other.clone(), of: kept.clone() };
    assert_eq!(asked.conflict.kind, twice);
    // The question stays until the customers are one, too.
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 2));
    assert_eq!(synced.conflict().await.conflict.kind, twice);
    synced.edit_contact(&third, json!({ "lastname": "King" })).await;
    synced.quiet().await;
    assert!(text(&synced.customer(&kept).await, "name").ends_with("King"));
    synced.merge_customers(&[&kept, other]).await;
    synced.quiet().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 1));
    assert!(synced.conflicts().await.is_empty());
    assert_eq!(synced.link_of(&third).await.link.ids.right, Some(kept));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_nobody_told_of_is_found_by_the_next_run() {
    let (synced, [(ada, _), (bea, _)]) = two().await;
    synced.deaf().await;
    let third = synced.merge_contacts(&ada, &bea).await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 2));
    let kept = synced.link_of(&third).await.link.ids.right.unwrap();
    assert_eq!(custom(&synced.customer(&kept).await, "External ID"), third);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_customers_make_no_fresh_contact_and_archive_nobody() {
    let (synced, [(ada, a), (bea, b)]) = two().await;
    let kept = synced.merge_customers(&[&a, &b]).await;
    assert_eq!(kept, a);
    assert_eq!(custom(&synced.customer(&a).await, "External ID"), format!("{ada}, {bea}"));
    synced.quiet().await;
    assert_eq!(synced.heads().await, (2, 1), "no fresh contact, and nobody is archived");
    assert_eq!(synced.link_of(&ada).await.link.ids.right, Some(a.clone()));
    let twice = ConflictKind::Duplicate { side: Side::Left, id: bea.clone(), of: ada.clone() };
    assert_eq!(synced.conflict().await.conflict.kind, twice);
    synced.run().await;
    assert_eq!(synced.heads().await, (2, 1));
    assert_eq!(synced.conflict().await.conflict.kind, twice, "the question stays");
    // The address of both is there now, and the person goes on being kept in step.
    synced.edit_contact(&ada, json!({ "lastname": "King" })).await;
    synced.quiet().await;
    assert_eq!(synced.customer(&a).await["name"], "Ada King");
    let third = synced.merge_contacts(&ada, &bea).await;
    synced.quiet().await;
    synced.run().await;
    assert_eq!(synced.heads().await, (1, 1));
    assert_eq!(synced.link_of(&third).await.link.ids.right, Some(a));
    assert!(synced.conflicts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_merged_without_a_word_are_found_by_the_next_run() {
    for survivor in ["first", "newest", "new"] {
        let (synced, [(ada, a), (bea, b)]) = two().await;
        synced
            .settings(
                json!({ "tentoeight": { "merging": { "survivor": survivor, "losers_listed": false } } }),
            )
            .await;
        synced.deaf().await;
        let kept = synced.merge_customers(&[&a, &b]).await;
        synced.run().await;
        assert_eq!(synced.heads().await, (2, 1), "{survivor}");
        let linked = synced.links_of(&kept).await;
        let linked: Vec<_> = linked
            .iter()
            .filter(|row| row.state().name() == "linked")
            .map(|row| &row.link.ids.left)
            .collect();
        assert!(linked == [&Some(ada.clone())] || linked == [&Some(bea.clone())], "{survivor}: {linked:?}");
        let again = synced.run().await;
        assert_eq!((again.calls.left, again.calls.right), (0, 0), "{survivor}");
    }
}
