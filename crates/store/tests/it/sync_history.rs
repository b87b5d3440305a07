//! History: kept in the order it was stored, read latest first, by sync, link or record.

use crate::support::at;
use crate::support::jobs::in_tx;
use syncline_core::sync::{Side, Sides};
use syncline_store::syncs::history::{self, Filter, HistoryRow};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    history_reads_back_in_the_order_it_was_stored,
    history_is_read_by_link_and_by_record,
    pages_skip_and_repeat_nothing_while_more_is_stored,
    old_history_goes_in_batches,
    tenants_see_their_own_history_only,
);

fn row(what: &str, link_id: Option<&str>, left: Option<&str>, right: Option<&str>) -> HistoryRow {
    HistoryRow {
        seq: 0,
        sync_id: "syn_1".to_owned(),
        org_id: "acme".to_owned(),
        link_id: link_id.map(str::to_owned),
        at: at(1),
        side: Some(Side::Right),
        what: what.to_owned(),
        ids: Sides { left: left.map(str::to_owned), right: right.map(str::to_owned) },
        detail: serde_json::json!({ "fields": { "email": ["ada@example.com", "nul \0"] } }),
    }
}

async fn add(store: &Store, rows: &[HistoryRow]) {
    in_tx(store, async |tx| history::add(tx, rows).await).await;
}

async fn page(store: &Store, filter: &Filter, before: Option<i64>, limit: u32) -> Vec<HistoryRow> {
    history::page(store, &Scope::All, filter, before, limit).await.unwrap()
}

fn filter() -> Filter {
    Filter { sync_id: "syn_1".to_owned(), ..Filter::default() }
}

async fn words(store: &Store, filter: &Filter) -> Vec<String> {
    page(store, filter, None, 99).await.into_iter().map(|row| row.what).collect()
}

async fn history_reads_back_in_the_order_it_was_stored(db: &TestDb) {
    let store = db.store().await;
    let elsewhere = HistoryRow { sync_id: "syn_2".to_owned(), ..row("x", None, None, None) };
    let other = HistoryRow { side: None, ..row("b", None, None, Some("2")) };
    add(&store, &[row("a", Some("lnk_1"), Some("1"), None), other.clone(), elsewhere]).await;
    add(&store, &[]).await;
    add(&store, &[row("c", None, None, None)]).await;
    let found = page(&store, &filter(), None, 99).await;
    assert_eq!(found.iter().map(|row| row.what.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert!(found.is_sorted_by(|later, earlier| later.seq > earlier.seq));
    assert_eq!(found[1], HistoryRow { seq: found[1].seq, ..other });
    assert_eq!(found[2], HistoryRow { seq: found[2].seq, ..row("a", Some("lnk_1"), Some("1"), None) });
}

async fn history_is_read_by_link_and_by_record(db: &TestDb) {
    let store = db.store().await;
    let rows = [
        row("a", Some("lnk_1"), Some("1"), Some("1")),
        row("b", Some("lnk_1"), Some("1"), Some("2")),
        row("c", Some("lnk_2"), Some("2"), Some("1")),
        row("d", None, Some("2"), None),
    ];
    add(&store, &rows).await;
    let of_link = Filter { link_id: Some("lnk_1".to_owned()), ..filter() };
    let of_record = |side, id: &str| Filter { record: Some((side, id.to_owned())), ..filter() };
    assert_eq!(words(&store, &of_link).await, ["b", "a"]);
    assert_eq!(words(&store, &of_record(Side::Left, "1")).await, ["b", "a"]);
    assert_eq!(words(&store, &of_record(Side::Right, "1")).await, ["c", "a"]);
    assert_eq!(words(&store, &of_record(Side::Left, "2")).await, ["d", "c"]);
    let both = Filter { link_id: Some("lnk_1".to_owned()), ..of_record(Side::Right, "2") };
    assert_eq!(words(&store, &both).await, ["b"]);
    let elsewhere = Filter { sync_id: "syn_2".to_owned(), ..of_link };
    assert!(words(&store, &elsewhere).await.is_empty());
}

async fn pages_skip_and_repeat_nothing_while_more_is_stored(db: &TestDb) {
    let store = db.store().await;
    let some = |range: std::ops::Range<usize>| -> Vec<HistoryRow> {
        range.map(|number| row(&number.to_string(), None, None, None)).collect()
    };
    add(&store, &some(0..100)).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let some_more = page(&store, &filter(), before, 7).await;
        let Some(last) = some_more.last() else { break };
        before = Some(last.seq);
        seen.extend(some_more.into_iter().map(|row| row.what));
        add(&store, &some(100..103)).await;
    }
    let expected: Vec<String> = (0..100).rev().map(|number| number.to_string()).collect();
    assert_eq!(seen, expected);
}

async fn old_history_goes_in_batches(db: &TestDb) {
    let store = db.store().await;
    let at_second = |second: i64| HistoryRow { at: at(second), ..row(&second.to_string(), None, None, None) };
    // Not in the order of their times.
    add(&store, &[5, 1, 4, 2, 3].map(at_second)).await;
    let delete = async |before, limit| {
        in_tx(&store, async |tx| history::delete_before(tx, at(before), limit).await).await
    };
    assert_eq!(delete(4, 2).await, 2);
    assert_eq!(words(&store, &filter()).await, ["3", "4", "5"]);
    assert_eq!(delete(4, 2).await, 1);
    assert_eq!(delete(4, 2).await, 0);
    assert_eq!(words(&store, &filter()).await, ["4", "5"]);
}

async fn tenants_see_their_own_history_only(db: &TestDb) {
    let store = db.store().await;
    add(&store, &[row("a", Some("lnk_1"), Some("1"), None)]).await;
    let (acme, globex) = (Scope::Organization("acme".to_owned()), Scope::Organization("globex".to_owned()));
    let of_link = Filter { link_id: Some("lnk_1".to_owned()), ..filter() };
    let of_record = Filter { record: Some((Side::Left, "1".to_owned())), ..filter() };
    for filter in [filter(), of_link, of_record] {
        assert_eq!(history::page(&store, &acme, &filter, None, 9).await.unwrap().len(), 1);
        assert!(history::page(&store, &globex, &filter, None, 9).await.unwrap().is_empty());
    }
}
