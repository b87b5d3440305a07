//! Notifications and positions: what is to be told, and what is remembered of lanes.

use crate::support::at;
use crate::support::jobs::in_tx;
use std::collections::BTreeMap;
use syncline_store::notifications::{self, Notification};
use syncline_store::notify::messages;
use syncline_store::positions::{self, Position};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_notification_is_queued_once,
    a_notification_stands_and_falls_with_its_transaction,
    listed_latest_first_in_pages,
    organizations_do_not_see_each_others,
    the_oldest_are_forgotten_first,
    what_nobody_was_told_yet_is_kept_however_old_it_is,
    a_position_keeps_what_is_not_said_anew,
    of_two_who_remember_a_lane_for_the_first_time_both_do,
    a_connection_is_forgotten_alone,
);

fn notification(id: &str, org_id: &str, kind: &str, created: i64) -> Notification {
    Notification {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        connection_id: Some("con_1".to_owned()),
        kind: kind.to_owned(),
        payload: "{\"a\":1}".to_owned(),
        created_at: at(created),
        dispatched_at: None,
    }
}

async fn queue(store: &Store, new: &Notification) {
    in_tx(store, async |tx| notifications::queue(tx, new).await).await;
}

async fn list(store: &Store, scope: &Scope, kind: Option<&str>) -> Vec<String> {
    let found = notifications::list(store, scope, kind, None, 100).await.unwrap();
    found.into_iter().map(|it| it.id).collect()
}

async fn a_notification_is_queued_once(db: &TestDb) {
    let store = db.store().await;
    let first = notification("ntf_1", "acme", "connection.created", 5);
    let second = Notification { connection_id: None, ..notification("ntf_2", "acme", "sync.complete", 6) };
    queue(&store, &first).await;
    queue(&store, &Notification { payload: "{}".to_owned(), ..first.clone() }).await;
    queue(&store, &second).await;
    let all = notifications::list(&store, &Scope::All, None, None, 10).await.unwrap();
    assert_eq!(all, [second, first]);
}

async fn a_notification_stands_and_falls_with_its_transaction(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    notifications::queue(&mut tx, &notification("ntf_1", "acme", "connection.created", 5)).await.unwrap();
    drop(tx);
    assert_eq!(list(&store, &Scope::All, None).await, Vec::<String>::new());
}

async fn listed_latest_first_in_pages(db: &TestDb) {
    let store = db.store().await;
    for (number, created) in [(1, 5), (2, 5), (3, 9), (4, 1)] {
        queue(&store, &notification(&format!("ntf_{number}"), "acme", "sync.complete", created)).await;
    }
    for scope in [Scope::All, Scope::Organization("acme".to_owned())] {
        for kind in [None, Some("sync.complete")] {
            let (mut ids, mut before) = (Vec::new(), None);
            loop {
                let page = notifications::list(&store, &scope, kind, before, 2).await.unwrap();
                let Some(last) = page.last() else { break };
                before = Some((last.created_at, last.id.clone()));
                ids.extend(page.into_iter().map(|it| it.id));
            }
            assert_eq!(ids, ["ntf_3", "ntf_2", "ntf_1", "ntf_4"]);
        }
    }
}

async fn organizations_do_not_see_each_others(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id, kind) in
        [("ntf_1", "acme", "sync.complete"), ("ntf_2", "globex", "sync.complete"), ("ntf_3", "acme", "other")]
    {
        queue(&store, &notification(id, org_id, kind, 5)).await;
    }
    let acme = Scope::Organization("acme".to_owned());
    assert_eq!(list(&store, &acme, None).await, ["ntf_3", "ntf_1"]);
    assert_eq!(list(&store, &acme, Some("sync.complete")).await, ["ntf_1"]);
    assert_eq!(list(&store, &Scope::All, Some("sync.complete")).await, ["ntf_2", "ntf_1"]);
}

async fn the_oldest_are_forgotten_first(db: &TestDb) {
    let store = db.store().await;
    for (number, created) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        let new = notification(&format!("ntf_{number}"), "acme", "x", created);
        queue(&store, &Notification { dispatched_at: Some(at(created)), ..new }).await;
    }
    for (expected, left) in [(2, vec!["ntf_4", "ntf_1"]), (1, vec!["ntf_4"]), (0, vec!["ntf_4"])] {
        assert_eq!(
            in_tx(&store, async |tx| notifications::delete_before(tx, at(40), 2).await).await,
            expected
        );
        assert_eq!(list(&store, &Scope::All, None).await, left);
    }
}

async fn what_nobody_was_told_yet_is_kept_however_old_it_is(db: &TestDb) {
    let store = db.store().await;
    for number in 1..=3 {
        queue(&store, &notification(&format!("ntf_{number}"), "acme", "x", number)).await;
    }
    let delete = async || in_tx(&store, async |tx| notifications::delete_before(tx, at(40), 2).await).await;
    assert_eq!(delete().await, 0);
    in_tx(&store, async |tx| messages::dispatch(tx, (2, 9_999), None, at(30)).await).await;
    assert_eq!([delete().await, delete().await], [2, 0]);
    assert_eq!(list(&store, &Scope::All, None).await, ["ntf_3"]);
}

async fn set(store: &Store, lane: &str, high_water: Option<i64>, full_at: Option<i64>, now: i64) {
    let (high_water, full_at) = (high_water.map(at), full_at.map(at));
    in_tx(store, async |tx| positions::set(tx, "con_1", lane, high_water, full_at, at(now)).await).await;
}

fn position(high_water: Option<i64>, full_at: Option<i64>, updated: i64) -> Position {
    Position { high_water: high_water.map(at), full_at: full_at.map(at), updated_at: at(updated) }
}

async fn a_position_keeps_what_is_not_said_anew(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(positions::get_all(&store, "con_1").await.unwrap(), BTreeMap::new());
    set(&store, "contacts", Some(5), Some(1), 10).await;
    set(&store, "deals", None, None, 11).await;
    set(&store, "contacts", Some(9), None, 12).await;
    let expected = BTreeMap::from([
        ("contacts".to_owned(), position(Some(9), Some(1), 12)),
        ("deals".to_owned(), position(None, None, 11)),
    ]);
    assert_eq!(positions::get_all(&store, "con_1").await.unwrap(), expected);
    set(&store, "contacts", None, Some(7), 13).await;
    assert_eq!(
        positions::get_all(&store, "con_1").await.unwrap()["contacts"],
        position(Some(9), Some(7), 13)
    );
}

async fn of_two_who_remember_a_lane_for_the_first_time_both_do(db: &TestDb) {
    let store = db.store().await;
    for round in 0..10 {
        let lane = format!("lane {round}");
        tokio::join!(set(&store, &lane, Some(5), None, 10), set(&store, &lane, None, Some(7), 10));
        let found = positions::get_all(&store, "con_1").await.unwrap();
        assert_eq!(found[&lane], position(Some(5), Some(7), 10));
    }
}

async fn a_connection_is_forgotten_alone(db: &TestDb) {
    let store = db.store().await;
    set(&store, "contacts", Some(5), None, 10).await;
    set(&store, "deals", Some(5), None, 10).await;
    in_tx(&store, async |tx| positions::set(tx, "con_2", "contacts", None, None, at(1)).await).await;
    for expected in [2, 0] {
        assert_eq!(in_tx(&store, async |tx| positions::forget(tx, "con_1").await).await, expected);
    }
    assert_eq!(positions::get_all(&store, "con_1").await.unwrap(), BTreeMap::new());
    assert_eq!(positions::get_all(&store, "con_2").await.unwrap().len(), 1);
}
