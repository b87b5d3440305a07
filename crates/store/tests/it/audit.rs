//! The audit log: kept in the order it was written, read latest first, narrowed by what an operator asks for.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::raw::Raw;
use std::collections::BTreeSet;
use syncline_store::audit::{self, Door, Entry, Filter};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    entries_read_back_as_they_were_written_the_latest_first,
    each_filter_leaves_what_it_says_and_they_go_together,
    a_part_of_who_what_or_how_finds_it_as_it_is_written,
    a_group_is_all_actions_before_whose_dot_it_stands,
    pages_skip_and_repeat_nothing_while_more_is_written,
    tenants_see_what_concerns_them,
    what_is_rolled_back_was_never_done,
    what_does_not_fit_is_cut_and_never_refused,
    old_entries_go_in_batches,
);

fn entry(second: i64, action: &str, object_id: &str) -> Entry {
    Entry {
        seq: 0,
        at: at(second),
        door: Door::Api,
        actor: "billing".to_owned(),
        action: action.to_owned(),
        org_id: Some("acme".to_owned()),
        object_id: object_id.to_owned(),
        detail: "hubspot 62515".to_owned(),
    }
}

async fn add(store: &Store, entries: &[Entry]) {
    in_tx(store, async |tx| audit::add(tx, entries).await).await;
}

async fn page(store: &Store, filter: &Filter, before: Option<i64>, limit: u32) -> Vec<Entry> {
    audit::page(store, &Scope::All, filter, before, limit).await.unwrap()
}

async fn objects(store: &Store, filter: Filter) -> Vec<String> {
    page(store, &filter, None, 99).await.into_iter().map(|entry| entry.object_id).collect()
}

async fn entries_read_back_as_they_were_written_the_latest_first(db: &TestDb) {
    let store = db.store().await;
    let mut written = Vec::new();
    for (second, door) in (0..).zip(Door::ALL) {
        let org_id = (door != Door::Hub).then(|| "acme".to_owned());
        written.push(Entry { door, org_id, ..entry(second, "sync.created", "syn_1") });
    }
    add(&store, &written[..2]).await;
    add(&store, &[]).await;
    add(&store, &written[2..]).await;
    let found = page(&store, &Filter::default(), None, 99).await;
    assert!(found.is_sorted_by(|later, earlier| later.seq > earlier.seq));
    let found: Vec<Entry> = found.into_iter().rev().map(|entry| Entry { seq: 0, ..entry }).collect();
    assert_eq!(found, written);
}

async fn each_filter_leaves_what_it_says_and_they_go_together(db: &TestDb) {
    let store = db.store().await;
    let other = Some("globex".to_owned());
    add(
        &store,
        &[
            entry(1, "sync.created", "a"),
            Entry { door: Door::Cli, ..entry(2, "sync.created", "b") },
            Entry { actor: "somebody".to_owned(), ..entry(3, "sync.created", "c") },
            entry(4, "sync.removed", "d"),
            Entry { org_id: other.clone(), ..entry(5, "sync.created", "e") },
            Entry { actor: "billing ".to_owned(), ..entry(6, "sync.created", "f") },
        ],
    )
    .await;
    let some = |text: &str| Some(text.to_owned());
    let none = Filter::default;
    assert_eq!(objects(&store, Filter { door: Some(Door::Cli), ..none() }).await, ["b"]);
    assert_eq!(objects(&store, Filter { actor: some("somebody"), ..none() }).await, ["c"]);
    assert_eq!(objects(&store, Filter { actor: some("billing "), ..none() }).await, ["f"], "byte by byte");
    assert_eq!(objects(&store, Filter { action: some("sync.removed"), ..none() }).await, ["d"]);
    assert_eq!(objects(&store, Filter { org_id: other, ..none() }).await, ["e"]);
    assert_eq!(objects(&store, Filter { object_id: some("a"), ..none() }).await, ["a"]);
    let span = Filter { since: Some(at(2)), until: Some(at(4)), ..none() };
    assert_eq!(objects(&store, span.clone()).await, ["c", "b"], "from, and before");
    assert_eq!(objects(&store, Filter { actor: some("billing"), ..span }).await, ["b"]);
    let all = Filter { actor: some("billing"), action: some("sync.created"), org_id: some("acme"), ..none() };
    assert_eq!(objects(&store, all).await, ["b", "a"]);
}

async fn a_part_of_who_what_or_how_finds_it_as_it_is_written(db: &TestDb) {
    let store = db.store().await;
    add(
        &store,
        &[
            Entry { actor: "Billing_key".to_owned(), ..entry(1, "sync.created", "syn_1") },
            Entry { detail: "100% of O'Hara".to_owned(), ..entry(2, "sync.removed", "syn_2") },
            Entry { actor: String::new(), detail: String::new(), ..entry(3, "sync.created", "") },
        ],
    )
    .await;
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    assert_eq!(objects(&store, search("BILLING_K")).await, ["syn_1"]);
    assert_eq!(objects(&store, search("syn_")).await, ["syn_2", "syn_1"]);
    assert_eq!(objects(&store, search("0% of o'h")).await, ["syn_2"]);
    assert_eq!(objects(&store, search("%")).await, ["syn_2"], "it stands for itself");
    let removed = Filter { action: Some("sync.removed".to_owned()), ..search("syn_") };
    assert_eq!(objects(&store, removed).await, ["syn_2"]);
}

async fn a_group_is_all_actions_before_whose_dot_it_stands(db: &TestDb) {
    let store = db.store().await;
    let actions = ["sync.created", "sync_run.started", "sync.removed", "syn.x", "api_key.created"];
    for (second, action) in (0..).zip(actions) {
        add(&store, &[entry(second, action, action)]).await;
    }
    let group = |name: &str| Filter { action: Some(name.to_owned()), ..Filter::default() };
    assert_eq!(objects(&store, group("sync")).await, ["sync.removed", "sync.created"]);
    assert_eq!(objects(&store, group("sync_run")).await, ["sync_run.started"]);
    assert!(objects(&store, group("sy")).await.is_empty());
}

async fn pages_skip_and_repeat_nothing_while_more_is_written(db: &TestDb) {
    let store = db.store().await;
    for number in 0..7 {
        add(&store, &[entry(number, "run.started", &number.to_string())]).await;
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let found = page(&store, &Filter::default(), before, 3).await;
        let Some(last) = found.last() else { break };
        before = Some(last.seq);
        seen.extend(found.into_iter().map(|entry| entry.object_id));
        add(&store, &[entry(99, "run.started", "later")]).await;
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
}

async fn tenants_see_what_concerns_them(db: &TestDb) {
    let store = db.store().await;
    let nobody = Entry { org_id: None, ..entry(2, "portal.signed_in", "") };
    add(&store, &[entry(1, "sync.created", "a"), nobody]).await;
    let own = |org: &str| Scope::Organization(org.to_owned());
    let found = audit::page(&store, &own("acme"), &Filter::default(), None, 9).await.unwrap();
    assert_eq!(found.len(), 1);
    let other = Filter { org_id: Some("acme".to_owned()), ..Filter::default() };
    assert!(audit::page(&store, &own("globex"), &other, None, 9).await.unwrap().is_empty());
}

async fn what_is_rolled_back_was_never_done(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    audit::add(&mut tx, &[entry(1, "sync.created", "a")]).await.unwrap();
    drop(tx);
    assert!(page(&store, &Filter::default(), None, 9).await.is_empty());
}

async fn what_does_not_fit_is_cut_and_never_refused(db: &TestDb) {
    let store = db.store().await;
    let long = "ä".repeat(5_000);
    let odd =
        Entry { actor: long.clone(), detail: format!("nul \0 {long}"), ..entry(1, "sync.created", &long) };
    add(&store, &[odd]).await;
    let found = page(&store, &Filter::default(), None, 9).await.remove(0);
    let lengths = [&found.actor, &found.object_id, &found.detail].map(|text| text.chars().count());
    assert_eq!(lengths, [255, 255, audit::MOST_DETAIL]);
    assert!(found.detail.starts_with("nul \u{fffd} ä"));
    assert_eq!(objects(&store, Filter { actor: Some(long), ..Filter::default() }).await.len(), 1);
}

async fn old_entries_go_in_batches(db: &TestDb) {
    let store = db.store().await;
    let all: Vec<Entry> = (0..7).map(|n| entry(n, "run.started", &n.to_string())).collect();
    add(&store, &all).await;
    let gone = async |limit| in_tx(&store, async |tx| audit::delete_before(tx, at(5), limit).await).await;
    assert_eq!((gone(3).await, gone(3).await, gone(3).await), (3, 2, 0));
    assert_eq!(objects(&store, Filter::default()).await, ["6", "5"]);
    let left: BTreeSet<String> =
        Raw::to(db).await.lines("SELECT object_id FROM audit_log").await.into_iter().collect();
    assert_eq!(left.len(), 2);
}
