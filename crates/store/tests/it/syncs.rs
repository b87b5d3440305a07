//! Syncs: whoever changes one changes what was read, whoever stores records learns whose they are, and tenants see their own.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::syncs::{WHOSE, about_field, insert, keys_of, link, make, new_sync, owned, with_sync};
use syncline_core::sync::{Side, Sides};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::{self, NewRun};
use syncline_store::syncs::{self, Filter, Reading, State, Sync, conflicts, keys, links, marks};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, runs::Trigger};

for_each_database!(
    a_sync_reads_back_as_it_was_made,
    a_change_counts_only_over_the_version_that_was_read,
    a_pause_has_a_reason_and_counts_as_a_change,
    a_pause_is_not_undone_by_who_read_before_it,
    tenants_see_their_own_syncs_only,
    syncs_are_listed_by_whose_side_and_how_they_are,
    pages_skip_and_repeat_nothing_while_others_are_made,
    whoever_stores_records_learns_which_sides_they_are,
    what_belonged_to_a_sync_is_erased_in_batches_and_nothing_else,
    nothing_is_written_for_a_sync_that_is_gone,
    looking_at_what_there_is_changes_nothing,
);

fn org(id: &str) -> Scope {
    Scope::Organization(id.to_owned())
}

async fn get(store: &Store, id: &str) -> Option<Sync> {
    syncs::get(store, &Scope::All, id).await.unwrap()
}

async fn ids(store: &Store, scope: &Scope, filter: &Filter, after: Option<&str>, limit: u32) -> Vec<String> {
    let found = syncs::list(store, scope, filter, after, limit).await.unwrap();
    found.into_iter().map(|sync| sync.id).collect()
}

async fn a_sync_reads_back_as_it_was_made(db: &TestDb) {
    let store = db.store().await;
    let new = Sync {
        name: "Kunden \0 ↔ contacts".to_owned(),
        reason: Some("wait".to_owned()),
        state: State::Paused,
        ..new_sync("syn_1", "acme", "con_1", "con_2")
    };
    make(&store, &new).await;
    let kept = Sync { name: "Kunden \u{fffd} ↔ contacts".to_owned(), ..new };
    assert_eq!(get(&store, "syn_1").await, Some(kept.clone()));
    assert_eq!(in_tx(&store, async |tx| syncs::get_in(tx, "syn_1").await).await, Some(kept));
    assert_eq!(get(&store, "syn_2").await, None);
    let never = Sync { every: None, ..new_sync("syn_2", "acme", "con_1", "con_2") };
    make(&store, &never).await;
    assert_eq!(get(&store, "syn_2").await.unwrap().every, None);
}

async fn a_change_counts_only_over_the_version_that_was_read(db: &TestDb) {
    let store = with_sync(db).await;
    let read = get(&store, "syn_1").await.unwrap();
    let first = Sync { name: "first".to_owned(), updated_at: at(5), ..read.clone() };
    let second = Sync { name: "second".to_owned(), ..read };
    assert!(in_tx(&store, async |tx| syncs::update(tx, &first).await).await);
    assert!(!in_tx(&store, async |tx| syncs::update(tx, &second).await).await);
    assert_eq!(get(&store, "syn_1").await, Some(Sync { version: 2, ..first }));
    let moved = Sync {
        connections: Sides { left: "con_8".to_owned(), right: "con_9".to_owned() },
        version: 2,
        ..second
    };
    assert!(in_tx(&store, async |tx| syncs::update(tx, &moved).await).await);
    assert!(in_tx(&store, async |tx| syncs::on_connection(tx, "con_1").await).await.is_empty());
    assert_eq!(in_tx(&store, async |tx| syncs::on_connection(tx, "con_9").await).await.len(), 1);
    assert!(in_tx(&store, async |tx| syncs::delete(tx, "syn_1").await).await);
    assert!(!in_tx(&store, async |tx| syncs::delete(tx, "syn_1").await).await);
    assert!(!in_tx(&store, async |tx| syncs::update(tx, &moved).await).await);
}

async fn a_pause_has_a_reason_and_counts_as_a_change(db: &TestDb) {
    let store = with_sync(db).await;
    let set = async |state, reason: Option<&'static str>, now| {
        in_tx(&store, async |tx| syncs::set_state(tx, "syn_1", state, reason, at(now)).await).await
    };
    assert!(!set(State::Active, None, 1).await);
    assert!(set(State::Paused, Some("signed off"), 2).await);
    assert!(!set(State::Paused, Some("again"), 3).await);
    let paused = get(&store, "syn_1").await.unwrap();
    assert_eq!(
        (paused.state, paused.reason.as_deref(), paused.updated_at, paused.version),
        (State::Paused, Some("signed off"), at(2), 2)
    );
    assert!(set(State::Active, None, 4).await);
    let active = get(&store, "syn_1").await.unwrap();
    assert_eq!((active.state, active.reason, active.version), (State::Active, None, 3));
    assert!(
        !in_tx(&store, async |tx| syncs::set_state(tx, "nobody", State::Paused, None, at(5)).await).await
    );
}

async fn a_pause_is_not_undone_by_who_read_before_it(db: &TestDb) {
    let store = with_sync(db).await;
    let read = get(&store, "syn_1").await.unwrap();
    in_tx(&store, async |tx| syncs::set_state(tx, "syn_1", State::Paused, None, at(2)).await).await;
    assert!(!in_tx(&store, async |tx| syncs::update(tx, &read).await).await);
    assert_eq!(get(&store, "syn_1").await.unwrap().state, State::Paused);
}

async fn tenants_see_their_own_syncs_only(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "globex", "con_1", "con_3")).await;
    assert!(syncs::get(&store, &org("acme"), "syn_1").await.unwrap().is_some());
    assert_eq!(syncs::get(&store, &org("globex"), "syn_1").await.unwrap(), None);
    let none = Filter::default();
    assert_eq!(ids(&store, &org("globex"), &none, None, 9).await, ["syn_2"]);
    let theirs = Filter { org_id: Some("acme".to_owned()), ..none.clone() };
    assert!(ids(&store, &org("globex"), &theirs, None, 9).await.is_empty());
    let shared = Filter { connection_id: Some("con_1".to_owned()), ..none };
    assert_eq!(ids(&store, &org("acme"), &shared, None, 9).await, ["syn_1"]);
    assert_eq!(ids(&store, &Scope::All, &shared, None, 9).await, ["syn_1", "syn_2"]);
    assert_eq!(ids(&store, &Scope::All, &theirs, None, 9).await, ["syn_1"]);
}

async fn syncs_are_listed_by_whose_side_and_how_they_are(db: &TestDb) {
    let store = db.store().await;
    // The connection is the right side, the left one, neither, and both.
    for (id, left, right) in [("a", "x", "c"), ("b", "c", "x"), ("c", "x", "x"), ("d", "c", "c")] {
        make(&store, &new_sync(id, "acme", left, right)).await;
    }
    in_tx(&store, async |tx| syncs::set_state(tx, "b", State::Paused, None, at(2)).await).await;
    let of = Filter { connection_id: Some("c".to_owned()), ..Filter::default() };
    assert_eq!(ids(&store, &Scope::All, &of, None, 9).await, ["a", "b", "d"]);
    assert_eq!(ids(&store, &org("acme"), &of, None, 2).await, ["a", "b"]);
    assert_eq!(ids(&store, &org("acme"), &of, Some("b"), 2).await, ["d"]);
    let active = Filter { state: Some(State::Active), ..Filter::default() };
    assert_eq!(ids(&store, &Scope::All, &active, None, 9).await, ["a", "c", "d"]);
    let paused = Filter { state: Some(State::Paused), ..of };
    assert_eq!(ids(&store, &org("acme"), &paused, None, 9).await, ["b"]);
}

async fn pages_skip_and_repeat_nothing_while_others_are_made(db: &TestDb) {
    let store = db.store().await;
    for number in (0..40).step_by(2) {
        make(&store, &new_sync(&format!("syn_{number:02}"), "acme", "con_1", "con_2")).await;
    }
    let of = Filter { connection_id: Some("con_2".to_owned()), ..Filter::default() };
    let (mut seen, mut after, mut odd) = (Vec::new(), None::<String>, 1);
    loop {
        let page = ids(&store, &org("acme"), &of, after.as_deref(), 3).await;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page);
        if odd < 40 {
            make(&store, &new_sync(&format!("syn_{odd:02}"), "acme", "con_2", "con_1")).await;
            odd += 2;
        }
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    assert!((0..40).step_by(2).all(|number| seen.contains(&format!("syn_{number:02}"))), "{seen:?}");
}

async fn whoever_stores_records_learns_which_sides_they_are(db: &TestDb) {
    let store = db.store().await;
    make(&store, &new_sync("a", "acme", "c", "x")).await;
    make(&store, &new_sync("b", "acme", "x", "c")).await;
    make(&store, &new_sync("d", "globex", "c", "c")).await;
    in_tx(&store, async |tx| syncs::set_state(tx, "b", State::Paused, None, at(2)).await).await;
    let parties = in_tx(&store, async |tx| syncs::on_connection(tx, "c").await).await;
    let short: Vec<_> = parties
        .iter()
        .map(|party| (party.sync_id.as_str(), party.org_id.as_str(), party.side, party.state))
        .collect();
    let expected = [
        ("a", "acme", Side::Left, State::Active),
        ("b", "acme", Side::Right, State::Paused),
        ("d", "globex", Side::Left, State::Active),
        ("d", "globex", Side::Right, State::Active),
    ];
    assert_eq!(short, expected);
    assert_eq!((parties[0].object_type.as_str(), parties[0].collection.as_str()), ("contacts", ""));
    assert_eq!((parties[1].object_type.as_str(), parties[1].collection.as_str()), ("customer", "x"));
    assert!(in_tx(&store, async |tx| syncs::on_connection(tx, "nobody").await).await.is_empty());
}

/// A row of everything, or several.
async fn fill(store: &Store, sync_id: &str) {
    let whose = conflicts::Whose { sync_id, ..WHOSE };
    let some: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
    let rows: Vec<_> = some
        .iter()
        .map(|id| {
            let row = link(&format!("{sync_id} {id}"), Some(id), Some(id));
            links::LinkRow { sync_id: sync_id.to_owned(), ..row }
        })
        .collect();
    assert!(insert(store, &rows).await.is_empty());
    let plan = |n| Planned {
        n,
        side: None,
        what: "update".to_owned(),
        ids: Sides::default(),
        detail: serde_json::Value::Null,
    };
    let past = HistoryRow {
        seq: 0,
        sync_id: sync_id.to_owned(),
        org_id: "acme".to_owned(),
        link_id: None,
        at: at(1),
        side: None,
        what: "updated".to_owned(),
        ids: Sides::default(),
        detail: serde_json::Value::Null,
    };
    let run = NewRun {
        id: format!("run of {sync_id}"),
        org_id: "acme".to_owned(),
        sync_id: sync_id.to_owned(),
        towards: None,
        dry_run: true,
        reading: Reading::None,
        trigger: Trigger::Manual,
        created_at: at(1),
    };
    in_tx(store, async |tx| {
        for side in Side::BOTH {
            marks::mark(tx, sync_id, side, &some, at(1), at(1)).await?;
            keys::replace(tx, sync_id, side, &keys_of(&[("1", &["a", "b", "c"]), ("2", &["a"])])).await?;
        }
        let conflict = about_field(&format!("cfl of {sync_id}"), "lnk", "email", "x");
        conflicts::put(tx, whose, &[conflict], at(1)).await?;
        history::add(tx, &vec![past; 15]).await?;
        runs::create(tx, &run).await?;
        plans::add(tx, &run.id, &(0..25).map(plan).collect::<Vec<_>>()).await
    })
    .await;
}

/// Marks, keys, links, conflicts, history and plans of a sync.
async fn sizes(store: &Store, sync_id: &str) -> [usize; 6] {
    let ids = owned(&["1", "2"]);
    let past = history::Filter { sync_id: sync_id.to_owned(), ..history::Filter::default() };
    let keys = keys::of(store, sync_id, Side::Left, &ids).await.unwrap();
    [
        marks::batch(store, sync_id, at(9), 99).await.unwrap().len(),
        keys.values().map(std::collections::BTreeSet::len).sum(),
        usize::try_from(links::count(store, sync_id).await.unwrap().linked).unwrap(),
        usize::try_from(conflicts::count_open(store, &Scope::All, Some(sync_id)).await.unwrap()).unwrap(),
        history::page(store, &Scope::All, &past, None, 99).await.unwrap().len(),
        usize::try_from(plans::count(store, &format!("run of {sync_id}")).await.unwrap()).unwrap(),
    ]
}

async fn what_belonged_to_a_sync_is_erased_in_batches_and_nothing_else(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "acme", "con_1", "con_2")).await;
    fill(&store, "syn_1").await;
    fill(&store, "syn_2").await;
    let full = [40, 4, 20, 1, 15, 25];
    assert_eq!((sizes(&store, "syn_1").await, sizes(&store, "syn_2").await), (full, full));
    in_tx(&store, async |tx| syncs::delete(tx, "syn_1").await).await;
    let mut batches = 0;
    loop {
        let gone = in_tx(&store, async |tx| syncs::erase(tx, "syn_1", 10).await).await;
        // A few more where one record has several keys.
        assert!(gone <= 13, "{gone}");
        if gone == 0 {
            break;
        }
        batches += 1;
    }
    // 40 marks, 8 keys, 20 links, a conflict, 15 lines of history, 25 of a plan, a run.
    assert!((11..=20).contains(&batches), "{batches}");
    assert_eq!((sizes(&store, "syn_1").await, sizes(&store, "syn_2").await), ([0; 6], full));
    assert_eq!(runs::get(&store, &Scope::All, "run of syn_1").await.unwrap(), None);
    assert!(runs::get(&store, &Scope::All, "run of syn_2").await.unwrap().is_some());
}

async fn nothing_is_written_for_a_sync_that_is_gone(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), Some("1"))]).await;
    in_tx(&store, async |tx| conflicts::put(tx, WHOSE, &[about_field("c", "a", "email", "x")], at(1)).await)
        .await;
    in_tx(&store, async |tx| syncs::delete(tx, "syn_1").await).await;
    assert_eq!(insert(&store, &[link("b", Some("2"), None)]).await, ["b"]);
    assert_eq!(crate::support::syncs::update(&store, &[link("a", Some("1"), None)]).await, ["a"]);
    in_tx(&store, async |tx| {
        assert!(!syncs::lock(tx, "syn_1").await?);
        keys::replace(tx, "syn_1", Side::Left, &keys_of(&[("1", &["a"])])).await?;
        let opened = conflicts::put(tx, WHOSE, &[about_field("d", "a", "phone", "x")], at(2)).await?;
        assert!(opened.is_empty());
        let choice = serde_json::json!({});
        assert_eq!(conflicts::resolve(tx, &Scope::All, "c", &choice, "ada", at(2)).await?, None);
        Ok(())
    })
    .await;
    assert!(keys::of(&store, "syn_1", Side::Left, &owned(&["1"])).await.unwrap().is_empty());
    assert_eq!(conflicts::count_open(&store, &Scope::All, None).await.unwrap(), 1);
}

async fn looking_at_what_there_is_changes_nothing(db: &TestDb) {
    let store = with_sync(db).await;
    fill(&store, "syn_1").await;
    let before = sizes(&store, "syn_1").await;
    syncs::refresh_statistics(&store).await.unwrap();
    assert_eq!(sizes(&store, "syn_1").await, before);
}
