//! Conflicts: one is open about one thing, until a person decides or it has passed; what the policy decides is on record.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::records;
use crate::support::syncs::{WHOSE, about_field, about_match, conflict, make, new_sync, with_sync};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::{ConflictKind, Side, Sides};
use syncline_store::syncs::ConflictState;
use syncline_store::syncs::conflicts::{self, About, ConflictRow, Filter, NewConflict, Whose};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_conflict_reads_back_as_it_was_noticed,
    what_is_noticed_again_is_refreshed,
    things_are_told_apart,
    what_is_no_conflict_any_more_ends,
    what_is_over_can_open_again,
    a_person_decides_once,
    what_the_policy_decided_is_on_record,
    conflicts_are_listed_latest_first_by_what_is_known_of_them,
    conflicts_are_found_by_their_records,
    pages_skip_and_repeat_nothing_while_others_are_noticed,
    open_ones_are_counted_for_whoever_may_see_them,
    tenants_see_and_decide_their_own_only,
    what_was_over_long_ago_goes_in_batches,
);

async fn put(store: &Store, new: &[NewConflict], now: i64) -> Vec<String> {
    in_tx(store, async |tx| conflicts::put(tx, WHOSE, new, at(now)).await).await
}

async fn close(store: &Store, left: &[(About, &[&NewConflict])], now: i64) -> Vec<String> {
    let left: BTreeMap<About, BTreeSet<String>> = left
        .iter()
        .map(|(about, some)| (about.clone(), some.iter().map(|conflict| conflict.open_key()).collect()))
        .collect();
    in_tx(store, async |tx| conflicts::close(tx, "syn_1", &left, ConflictState::Passed, at(now)).await).await
}

async fn get(store: &Store, id: &str) -> ConflictRow {
    conflicts::get(store, &Scope::All, id).await.unwrap().expect("the conflict is there")
}

async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<&str>,
    limit: u32,
) -> Vec<String> {
    let found = conflicts::page(store, scope, filter, before, limit).await.unwrap();
    found.into_iter().map(|conflict| conflict.id).collect()
}

fn link(id: &str) -> About {
    About::Link(id.to_owned())
}

async fn a_conflict_reads_back_as_it_was_noticed(db: &TestDb) {
    let store = with_sync(db).await;
    let new = about_field("a", "lnk_1", "email\0", "x\0");
    assert_eq!(put(&store, std::slice::from_ref(&new), 1).await, ["a"]);
    let expected = ConflictRow {
        id: "a".to_owned(),
        sync_id: "syn_1".to_owned(),
        org_id: "acme".to_owned(),
        link_id: Some("lnk_1".to_owned()),
        kind: "field".to_owned(),
        subject: "email\u{fffd}".to_owned(),
        ids: Sides { left: Some("1".to_owned()), right: Some("2".to_owned()) },
        conflict: new.conflict,
        state: ConflictState::Open,
        choice: None,
        resolved_by: None,
        opened_at: at(1),
        updated_at: at(1),
        resolved_at: None,
    };
    assert_eq!(get(&store, "a").await, expected);
    assert_eq!(conflicts::get(&store, &Scope::All, "b").await.unwrap(), None);
}

async fn what_is_noticed_again_is_refreshed(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x")], 1).await;
    assert!(put(&store, &[about_field("b", "lnk_1", "email", "x")], 2).await.is_empty());
    assert_eq!(get(&store, "a").await.updated_at, at(1));
    let other = NewConflict {
        ids: Sides { left: Some("7".to_owned()), right: None },
        ..about_field("c", "lnk_1", "email", "y")
    };
    assert!(put(&store, std::slice::from_ref(&other), 3).await.is_empty());
    let now = get(&store, "a").await;
    assert_eq!(
        (now.conflict, now.ids, now.updated_at, now.opened_at),
        (other.conflict, other.ids, at(3), at(1))
    );
    assert_eq!(conflicts::count_open(&store, &Scope::All, Some("syn_1")).await.unwrap(), 1);
}

async fn things_are_told_apart(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "acme", "con_1", "con_2")).await;
    let of =
        |id: &str, kind| NewConflict { link_id: None, conflict: conflict(kind, "x"), ..about_match(id, "1") };
    let duplicate = ConflictKind::Duplicate { side: Side::Left, id: "1".to_owned(), of: "2".to_owned() };
    let right = ConflictKind::Match { side: Side::Right, id: "1".to_owned(), candidates: Vec::new() };
    let guard = |side| ConflictKind::Guard { side, waiting: 3 };
    let deletion = ConflictKind::Deletion { side: Side::Left, reason: "r".to_owned() };
    let new = [
        about_field("a", "lnk_1", "email", "x"),
        about_field("b", "lnk_1", "phone", "x"),
        about_field("c", "lnk_2", "email", "x"),
        NewConflict { conflict: conflict(deletion, "x"), ..about_field("d", "lnk_1", "", "x") },
        about_match("e", "1"),
        of("f", duplicate),
        of("g", right),
        of("h", guard(Side::Left)),
        of("i", guard(Side::Right)),
        about_field("j", &"l".repeat(250), &"r".repeat(250), "x"),
        about_field("k", &"l".repeat(250), &format!("{}s", "r".repeat(249)), "x"),
    ];
    assert_eq!(put(&store, &new, 1).await.len(), new.len());
    let elsewhere = Whose { sync_id: "syn_2", ..WHOSE };
    let same = [about_field("z", "lnk_1", "email", "x")];
    assert_eq!(in_tx(&store, async |tx| conflicts::put(tx, elsewhere, &same, at(1)).await).await, ["z"]);
    assert!(put(&store, &new, 2).await.is_empty());
    let kinds: Vec<(String, String)> = {
        let all = conflicts::page(&store, &Scope::All, &Filter::default(), None, 99).await.unwrap();
        all.into_iter().rev().skip(3).take(5).map(|row| (row.kind, row.subject)).collect()
    };
    let expected =
        [("deletion", "left"), ("match", "1"), ("duplicate", "1"), ("match", "1"), ("guard", "left")];
    assert_eq!(kinds, expected.map(|(kind, subject)| (kind.to_owned(), subject.to_owned())));
    // What is about another kind of thing is another thing; of several waiting deletions the guard asks once.
    assert!(
        put(&store, &[of("l", ConflictKind::Guard { side: Side::Left, waiting: 9 })], 3).await.is_empty()
    );
}

async fn what_is_no_conflict_any_more_ends(db: &TestDb) {
    let store = with_sync(db).await;
    let (email, phone) = (about_field("a", "lnk_1", "email", "x"), about_field("b", "lnk_1", "phone", "x"));
    let (other, unmatched) = (about_field("c", "lnk_2", "email", "x"), about_match("d", "9"));
    put(&store, &[email.clone(), phone.clone(), other, unmatched.clone()], 1).await;
    assert!(close(&store, &[], 2).await.is_empty());
    assert!(close(&store, &[(link("lnk_1"), &[&email, &phone]), (link("nobody"), &[])], 2).await.is_empty());
    assert_eq!(close(&store, &[(link("lnk_1"), &[&email])], 3).await, ["b"]);
    let over = get(&store, "b").await;
    assert_eq!(
        (over.state, over.resolved_at, over.updated_at, over.resolved_by),
        (ConflictState::Passed, Some(at(3)), at(3), None)
    );
    assert_eq!(close(&store, &[(unmatched.about(), &[]), (link("lnk_1"), &[])], 4).await, ["a", "d"]);
    assert_eq!(get(&store, "c").await.state, ConflictState::Open);
    assert!(close(&store, &[(link("lnk_1"), &[])], 5).await.is_empty());
    assert_eq!(get(&store, "b").await.resolved_at, Some(at(3)));
}

async fn what_is_over_can_open_again(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x")], 1).await;
    close(&store, &[(link("lnk_1"), &[])], 2).await;
    assert_eq!(put(&store, &[about_field("b", "lnk_1", "email", "x")], 3).await, ["b"]);
    assert_eq!(get(&store, "a").await.state, ConflictState::Passed);
    assert_eq!(conflicts::count_open(&store, &Scope::All, Some("syn_1")).await.unwrap(), 1);
}

async fn a_person_decides_once(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x")], 1).await;
    let choice = serde_json::json!({ "winner": "left", "note": "nul \0" });
    let decide = async |id: &'static str, now| {
        in_tx(&store, async |tx| conflicts::resolve(tx, &Scope::All, id, &choice, "ada\0", at(now)).await)
            .await
    };
    let decided = decide("a", 5).await.expect("it was open");
    assert_eq!(
        (decided.state, decided.choice.as_ref(), decided.resolved_by.as_deref(), decided.resolved_at),
        (ConflictState::Resolved, Some(&choice), Some("ada\u{fffd}"), Some(at(5)))
    );
    assert_eq!(get(&store, "a").await, decided);
    assert_eq!(decide("a", 6).await, None);
    assert_eq!(decide("nobody", 6).await, None);
    assert!(close(&store, &[(link("lnk_1"), &[])], 7).await.is_empty());
    assert_eq!(get(&store, "a").await, decided);
}

async fn what_the_policy_decided_is_on_record(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x")], 1).await;
    let mut decided = about_field("b", "lnk_1", "email", "y");
    decided.conflict.winner = Some(Side::Right);
    for now in [2, 3] {
        let some = [decided.clone()];
        in_tx(&store, async |tx| conflicts::record_decided(tx, WHOSE, &some, at(now)).await).await;
    }
    let row = get(&store, "b").await;
    assert_eq!(
        (row.state, row.choice, row.resolved_by.as_deref(), row.resolved_at),
        (
            ConflictState::Resolved,
            Some(serde_json::json!({ "winner": "right" })),
            Some("policy"),
            Some(at(2))
        )
    );
    // It does not stand in the way of one that is open, nor end it.
    assert_eq!(get(&store, "a").await.state, ConflictState::Open);
    assert_eq!(conflicts::count_open(&store, &Scope::All, None).await.unwrap(), 1);
}

async fn conflicts_are_listed_latest_first_by_what_is_known_of_them(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x"), about_field("b", "lnk_1", "phone", "x")], 1).await;
    put(&store, &[about_field("c", "lnk_2", "email", "x"), about_match("d", "9")], 1).await;
    close(&store, &[(link("lnk_2"), &[])], 2).await;
    let none = Filter::default;
    let of = || Filter { sync_id: Some("syn_1".to_owned()), ..none() };
    let open = || Some(ConflictState::Open);
    let acme = Scope::Organization("acme".to_owned());
    for scope in [&Scope::All, &acme] {
        for base in [none(), of()] {
            let page = async |filter: Filter| page(&store, scope, &filter, None, 9).await;
            assert_eq!(page(base.clone()).await, ["d", "c", "b", "a"]);
            assert_eq!(page(Filter { state: open(), ..base.clone() }).await, ["d", "b", "a"]);
            let field = Filter { kind: Some("field".to_owned()), ..base.clone() };
            assert_eq!(page(field.clone()).await, ["c", "b", "a"]);
            assert_eq!(page(Filter { state: open(), ..field }).await, ["b", "a"]);
            let linked = Filter { link_id: Some("lnk_1".to_owned()), ..base };
            assert_eq!(page(linked.clone()).await, ["b", "a"]);
            assert!(page(Filter { state: Some(ConflictState::Passed), ..linked }).await.is_empty());
        }
    }
    assert_eq!(page(&store, &acme, &of(), Some("d"), 2).await, ["c", "b"]);
    assert!(
        page(&store, &acme, &Filter { sync_id: Some("x".to_owned()), ..none() }, None, 9).await.is_empty()
    );
}

async fn conflicts_are_found_by_their_records(db: &TestDb) {
    let store = with_sync(db).await;
    // The mirror knows who the first two are about; of the third it knows nothing.
    records::write(&store, 1, ["1", "9"].map(|id| records::contact(id, Some(1), "")).to_vec()).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x"), about_match("b", "9"), about_match("c", "77")], 1)
        .await;
    let of = |search: &str| Filter { search: Some(search.to_owned()), ..Filter::default() };
    let long = "x".repeat(300);
    for (search, found) in [
        ("CONTACT", &["b", "a"][..]),
        ("act 9", &["b"]),
        ("1", &["a"]),
        ("2", &["a"]),
        ("77", &["c"]),
        ("7", &[]),
        ("%", &[]),
        ("nobody", &[]),
        (&long, &[]),
    ] {
        assert_eq!(page(&store, &Scope::All, &of(search), None, 9).await, found, "{search}");
    }
    let globex = Scope::Organization("globex".to_owned());
    assert!(page(&store, &globex, &of("contact"), None, 9).await.is_empty());
}

async fn pages_skip_and_repeat_nothing_while_others_are_noticed(db: &TestDb) {
    let store = with_sync(db).await;
    let new = |number: usize| about_match(&format!("{number:03}"), &number.to_string());
    put(&store, &(0..50).map(new).collect::<Vec<_>>(), 1).await;
    let filter = Filter { state: Some(ConflictState::Open), ..Filter::default() };
    let (mut seen, mut before, mut later) = (Vec::new(), None::<String>, 50);
    loop {
        let some = page(&store, &Scope::All, &filter, before.as_deref(), 7).await;
        let Some(last) = some.last() else { break };
        before = Some(last.clone());
        seen.extend(some);
        put(&store, &[new(later)], 2).await;
        later += 1;
    }
    let expected: Vec<String> = (0..50).rev().map(|number| format!("{number:03}")).collect();
    assert_eq!(seen, expected);
}

async fn open_ones_are_counted_for_whoever_may_see_them(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "globex", "con_1", "con_2")).await;
    put(&store, &[about_match("a", "1"), about_match("b", "2")], 1).await;
    let theirs = Whose { sync_id: "syn_2", org_id: "globex" };
    in_tx(&store, async |tx| conflicts::put(tx, theirs, &[about_match("c", "1")], at(1)).await).await;
    close(&store, &[(about_match("a", "1").about(), &[])], 2).await;
    let (acme, globex) = (Scope::Organization("acme".to_owned()), Scope::Organization("globex".to_owned()));
    let questions = [
        (&Scope::All, None, 2),
        (&acme, None, 1),
        (&globex, None, 1),
        (&acme, Some("syn_1"), 1),
        (&acme, Some("syn_2"), 0),
        (&Scope::All, Some("syn_2"), 1),
    ];
    for (scope, sync_id, count) in questions {
        assert_eq!(
            conflicts::count_open(&store, scope, sync_id).await.unwrap(),
            count,
            "{scope:?} {sync_id:?}"
        );
    }
}

async fn tenants_see_and_decide_their_own_only(db: &TestDb) {
    let store = with_sync(db).await;
    put(&store, &[about_field("a", "lnk_1", "email", "x")], 1).await;
    let globex = Scope::Organization("globex".to_owned());
    assert_eq!(conflicts::get(&store, &globex, "a").await.unwrap(), None);
    let all = [
        Filter::default(),
        Filter { sync_id: Some("syn_1".to_owned()), ..Filter::default() },
        Filter { link_id: Some("lnk_1".to_owned()), ..Filter::default() },
    ];
    for filter in all {
        assert!(page(&store, &globex, &filter, None, 9).await.is_empty());
    }
    let choice = serde_json::json!({ "winner": "left" });
    let decided =
        in_tx(&store, async |tx| conflicts::resolve(tx, &globex, "a", &choice, "mallory", at(2)).await).await;
    assert_eq!(decided, None);
    assert_eq!(get(&store, "a").await.state, ConflictState::Open);
}

async fn what_was_over_long_ago_goes_in_batches(db: &TestDb) {
    let store = with_sync(db).await;
    for (id, over) in [("a", 4), ("b", 2), ("c", 3), ("d", 9)] {
        put(&store, &[about_match(id, id)], 1).await;
        close(&store, &[(about_match(id, id).about(), &[])], over).await;
    }
    put(&store, &[about_match("e", "e")], 1).await;
    let delete = async |before, limit| {
        in_tx(&store, async |tx| conflicts::delete_before(tx, at(before), limit).await).await
    };
    assert_eq!(delete(5, 2).await, 2);
    assert_eq!(page(&store, &Scope::All, &Filter::default(), None, 9).await, ["e", "d", "a"]);
    assert_eq!(delete(5, 2).await, 1);
    assert_eq!(delete(5, 2).await, 0);
    assert_eq!(page(&store, &Scope::All, &Filter::default(), None, 9).await, ["e", "d"]);
}
