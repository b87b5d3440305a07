//! Keys: what records are found by, replaced in whole and written only where they differ.

use crate::support::jobs::in_tx;
use crate::support::syncs::{keys_of, make, new_sync, owned, with_sync};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::sync::Side;
use syncline_store::Store;
use syncline_store::syncs::keys::{self, kept};
use syncline_store::testing::TestDb;

for_each_database!(
    records_are_found_by_their_keys,
    what_is_replaced_finds_nothing_any_more,
    sides_and_syncs_do_not_share_keys,
    keys_are_compared_byte_by_byte,
    long_keys_are_told_apart_by_all_of_them,
    what_is_forgotten_finds_nothing_any_more,
    a_key_that_many_have_finds_the_first_of_them,
    who_has_an_earlier_key_too_can_be_left_out,
    thousands_are_replaced_and_found_at_once,
);

async fn replace(store: &Store, side: Side, of: &[(&str, &[&str])]) {
    let new = keys_of(of);
    in_tx(store, async |tx| keys::replace(tx, "syn_1", side, &new).await).await;
}

async fn find(store: &Store, side: Side, wanted: &[&str]) -> Vec<(String, String)> {
    let wanted: BTreeSet<String> = owned(wanted).into_iter().collect();
    keys::find(store, "syn_1", side, &wanted).await.unwrap()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(key, id)| ((*key).to_owned(), (*id).to_owned())).collect()
}

async fn records_are_found_by_their_keys(db: &TestDb) {
    let store = with_sync(db).await;
    replace(&store, Side::Left, &[("1", &["e:ada", "p:1"]), ("2", &["e:bob", "p:1"]), ("3", &[])]).await;
    let found = find(&store, Side::Left, &["p:1", "e:ada", "e:nobody"]).await;
    assert_eq!(found, pairs(&[("e:ada", "1"), ("p:1", "1"), ("p:1", "2")]));
    assert!(find(&store, Side::Left, &[]).await.is_empty());
    let of = keys::of(&store, "syn_1", Side::Left, &owned(&["2", "3", "9"])).await.unwrap();
    assert_eq!(of, keys_of(&[("2", &["e:bob", "p:1"])]));
}

async fn what_is_replaced_finds_nothing_any_more(db: &TestDb) {
    let store = with_sync(db).await;
    replace(&store, Side::Left, &[("1", &["a", "b"]), ("2", &["a", "b"])]).await;
    replace(&store, Side::Left, &[("1", &["b", "c"])]).await;
    assert_eq!(
        find(&store, Side::Left, &["a", "b", "c"]).await,
        pairs(&[("a", "2"), ("b", "1"), ("b", "2"), ("c", "1"),])
    );
    replace(&store, Side::Left, &[("1", &[])]).await;
    assert_eq!(find(&store, Side::Left, &["a", "b", "c"]).await, pairs(&[("a", "2"), ("b", "2")]));
}

async fn sides_and_syncs_do_not_share_keys(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "globex", "con_1", "con_2")).await;
    replace(&store, Side::Left, &[("1", &["a"])]).await;
    replace(&store, Side::Right, &[("2", &["a"])]).await;
    let theirs = keys_of(&[("3", &["a"])]);
    in_tx(&store, async |tx| keys::replace(tx, "syn_2", Side::Left, &theirs).await).await;
    assert_eq!(find(&store, Side::Left, &["a"]).await, pairs(&[("a", "1")]));
    assert_eq!(find(&store, Side::Right, &["a"]).await, pairs(&[("a", "2")]));
    replace(&store, Side::Left, &[("1", &[])]).await;
    assert_eq!(find(&store, Side::Right, &["a"]).await, pairs(&[("a", "2")]));
    assert_eq!(keys::of(&store, "syn_2", Side::Left, &owned(&["3"])).await.unwrap(), theirs);
}

async fn keys_are_compared_byte_by_byte(db: &TestDb) {
    let store = with_sync(db).await;
    replace(&store, Side::Left, &[("1", &["é", "A", "x "]), ("2", &["e\u{301}", "a", "x"])]).await;
    assert_eq!(
        find(&store, Side::Left, &["A", "x", "é"]).await,
        pairs(&[("A", "1"), ("x", "2"), ("é", "1")])
    );
    let of = keys::of(&store, "syn_1", Side::Left, &owned(&["1"])).await.unwrap();
    assert_eq!(of["1"].len(), 3);
}

async fn long_keys_are_told_apart_by_all_of_them(db: &TestDb) {
    let store = with_sync(db).await;
    let long = |end: &str| format!("e:{}{end}", "ü".repeat(300));
    let (one, other) = (long("1"), long("2"));
    replace(&store, Side::Left, &[("1", &[&one]), ("2", &[&other]), ("3", &["nul\0"])]).await;
    assert_eq!(find(&store, Side::Left, &[&one]).await, pairs(&[(&one, "1")]));
    assert_eq!(find(&store, Side::Left, &["nul\0"]).await, pairs(&[("nul\0", "3")]));
    assert!(find(&store, Side::Left, &["nul\u{fffd}", &"ü".repeat(300)]).await.is_empty());
    let of = keys::of(&store, "syn_1", Side::Left, &owned(&["1"])).await.unwrap();
    assert_eq!(of, BTreeMap::from([("1".to_owned(), BTreeSet::from([kept(&one)]))]));
    assert_eq!(kept(&one).chars().count(), 255);
    assert_eq!(kept("e:ada@example.com"), "e:ada@example.com");
    // The same again is the same.
    replace(&store, Side::Left, &[("1", &[&one])]).await;
    assert_eq!(find(&store, Side::Left, &[&one, &other]).await.len(), 2);
}

async fn what_is_forgotten_finds_nothing_any_more(db: &TestDb) {
    let store = with_sync(db).await;
    replace(&store, Side::Left, &[("1", &["a", "b"]), ("2", &["a"]), ("3", &["a"])]).await;
    let forget = async |ids: &[&str]| {
        let ids = owned(ids);
        in_tx(&store, async |tx| keys::forget(tx, "syn_1", Side::Left, &ids).await).await
    };
    assert_eq!(forget(&["1", "3", "9"]).await, 3);
    assert_eq!(forget(&[]).await, 0);
    assert_eq!(find(&store, Side::Left, &["a", "b"]).await, pairs(&[("a", "2")]));
}

async fn a_key_that_many_have_finds_the_first_of_them(db: &TestDb) {
    let store = with_sync(db).await;
    let new = (0..500).map(|id| (format!("{id:03}"), owned(&["p:0", "p:1"]).into_iter().collect()));
    let new: BTreeMap<String, BTreeSet<String>> = new.chain(keys_of(&[("x", &["p:2"])])).collect();
    in_tx(&store, async |tx| keys::replace(tx, "syn_1", Side::Left, &new).await).await;
    let found = find(&store, Side::Left, &["p:0", "p:1", "p:2"]).await;
    assert_eq!(found.len(), 2 * keys::MOST + 1);
    assert_eq!((found[0].1.as_str(), found[keys::MOST - 1].1.as_str()), ("000", "199"));
    assert_eq!(found.last().unwrap().1, "x");
}

/// Of the many who share a telephone only those without an e-mail address are looked at for one who has another.
async fn who_has_an_earlier_key_too_can_be_left_out(db: &TestDb) {
    let store = with_sync(db).await;
    let all: &[(&str, &[&str])] = &[
        ("1", &["0:ada", "2:7"]),
        ("2", &["1:x", "2:7"]),
        ("3", &["2:7"]),
        ("4", &["10:b", "2:7", "x:0:y"]),
    ];
    replace(&store, Side::Left, all).await;
    let wanted = BTreeSet::from(["2:7".to_owned()]);
    for (without, ids) in [(&[][..], "1234"), (&[0], "234"), (&[0, 1], "34"), (&[1], "134"), (&[3], "1234")] {
        let found = keys::find_without(&store, "syn_1", Side::Left, &wanted, without).await.unwrap();
        let found: String = found.into_iter().map(|(_, id)| id).collect();
        assert_eq!(found, ids, "without {without:?}");
    }
}

async fn thousands_are_replaced_and_found_at_once(db: &TestDb) {
    let store = with_sync(db).await;
    let of = |round: usize| -> BTreeMap<String, BTreeSet<String>> {
        let own = |id: usize| BTreeSet::from([format!("e:{id}"), format!("p:{}", id / 2 + round)]);
        (0..2_000).map(|id| (id.to_string(), own(id))).collect()
    };
    for round in [0, 0, 1] {
        in_tx(&store, async |tx| keys::replace(tx, "syn_1", Side::Right, &of(round)).await).await;
    }
    let ids: Vec<String> = (0..2_000).map(|id| id.to_string()).collect();
    assert_eq!(keys::of(&store, "syn_1", Side::Right, &ids).await.unwrap(), of(1));
    let wanted: BTreeSet<String> = (0..=1_000).map(|number| format!("p:{number}")).collect();
    let found = keys::find(&store, "syn_1", Side::Right, &wanted).await.unwrap();
    assert_eq!((found.len(), found[0].0.as_str()), (2_000, "p:1"));
}
