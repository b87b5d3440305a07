//! Links: a record is in one at most, they are stored only over what was read, and ids may move between them.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::records::{contact, mark_gone, write};
use crate::support::syncs::{insert, link, make, new_sync, owned, update, with_sync};
use syncline_core::record::Record;
use syncline_core::sync::{Base, Ending, Held, Pending, Side, Sides, State, Value};
use syncline_store::syncs::links::{self, Counts, Filter, LinkRow};
use syncline_store::syncs::{self, LinkState, Trouble};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_link_reads_back_as_it_was_stored,
    links_are_found_by_the_records_of_either_side,
    a_record_is_in_one_link_at_most,
    syncs_do_not_share_links,
    a_link_is_stored_again_only_over_the_version_that_was_read,
    ids_move_between_links_in_one_go,
    an_id_moves_to_a_new_link_in_one_transaction,
    a_link_that_is_refused_keeps_its_ids,
    an_ended_link_remembers_when,
    links_are_listed_by_what_is_known_of_them,
    names_are_searched_for_as_people_type_them,
    pages_skip_and_repeat_nothing_while_others_are_linked,
    links_are_counted_by_how_they_are,
    deletions_that_were_carried_over_are_counted_by_side_and_time,
    deletions_that_are_due_are_counted_by_side,
    tenants_see_their_own_links_only,
    thousands_are_stored_and_stored_again_at_once,
);

fn filter() -> Filter {
    Filter { sync_id: "syn_1".to_owned(), ..Filter::default() }
}

async fn page(store: &Store, filter: &Filter, after: Option<&str>, limit: u32) -> Vec<String> {
    let found = links::page(store, &Scope::All, filter, after, limit).await.unwrap();
    found.into_iter().map(|link| link.id).collect()
}

async fn get(store: &Store, id: &str) -> LinkRow {
    links::get(store, &Scope::All, id).await.unwrap().expect("the link is there")
}

async fn ids_by(store: &Store, side: Side, records: &[&str]) -> Vec<String> {
    let found = links::by_records(store, "syn_1", side, &owned(records)).await.unwrap();
    let seen = in_tx(store, async |tx| links::by_records_in(tx, "syn_1", side, &owned(records)).await).await;
    assert_eq!(found, seen);
    found.into_iter().map(|link| link.id).collect()
}

fn ended(row: LinkRow, ending: Ending, seconds: i64) -> LinkRow {
    let mut row = LinkRow { updated_at: at(seconds), ..row };
    row.link.state = State::Ended(ending);
    row
}

fn creating(row: LinkRow) -> LinkRow {
    let mut row = row;
    row.link.state = State::Creating(Pending { side: Side::Right, sent_at: at(2), open: true });
    row
}

async fn a_link_reads_back_as_it_was_stored(db: &TestDb) {
    let store = with_sync(db).await;
    let mut row =
        LinkRow { name: "ada \0 lovelace".to_owned(), ..link("a", Some("1"), Some("/customer/7/")) };
    let held = Held { value: Value::text("ada@\0"), reason: "Invalid email".to_owned() };
    row.link.refused.right.insert("email".to_owned(), held);
    row.link.written_at.left = Some(at(7));
    assert!(insert(&store, std::slice::from_ref(&row)).await.is_empty());
    let kept = LinkRow { name: "ada \u{fffd} lovelace".to_owned(), ..row };
    assert_eq!(get(&store, "a").await, kept);
    assert_eq!(kept.state(), LinkState::Linked);
    assert_eq!(Trouble::of(&kept.link, false), Trouble::Held);
    assert_eq!(Trouble::of(&kept.link, true), Trouble::Conflict);
    // Ids that no column could hold are kept in the link, and found by what the column holds.
    let long = "x".repeat(300);
    let row = link("b", Some(&long), Some("a\0b"));
    assert!(insert(&store, std::slice::from_ref(&row)).await.is_empty());
    assert_eq!(get(&store, "b").await, row);
    assert_eq!(ids_by(&store, Side::Left, &[&long]).await, ["b"]);
    assert_eq!(ids_by(&store, Side::Right, &["a\0b"]).await, ["b"]);
}

async fn links_are_found_by_the_records_of_either_side(db: &TestDb) {
    let store = with_sync(db).await;
    let gone = ended(link("c", Some("3"), None), Ending::Unlinked { side: Side::Left }, 1);
    let rows =
        [link("a", Some("1"), Some("x")), link("b", Some("2"), None), gone, link("d", None, Some("y"))];
    assert!(insert(&store, &rows).await.is_empty());
    assert_eq!(ids_by(&store, Side::Left, &["3", "1", "9", "1"]).await, ["a", "c"]);
    assert_eq!(ids_by(&store, Side::Right, &["x", "y", "1"]).await, ["a", "d"]);
    assert!(ids_by(&store, Side::Left, &[]).await.is_empty());
    assert!(ids_by(&store, Side::Left, &["X", "1 "]).await.is_empty());
}

async fn a_record_is_in_one_link_at_most(db: &TestDb) {
    let store = with_sync(db).await;
    assert!(insert(&store, &[link("a", Some("1"), Some("x"))]).await.is_empty());
    let rows = [
        link("a", Some("7"), Some("7")),
        link("b", Some("1"), Some("y")),
        link("c", Some("2"), Some("x")),
        link("d", Some("x"), Some("1")),
        link("e", Some("3"), Some("z")),
        link("f", Some("3"), Some("u")),
        link("g", Some("4"), Some("z")),
        link("h", Some("5"), None),
        link("h", Some("6"), None),
    ];
    assert_eq!(insert(&store, &rows[..8]).await, ["a", "b", "c", "f", "g"]);
    assert_eq!(page(&store, &filter(), None, 99).await, ["a", "d", "e", "h"]);
    assert_eq!(get(&store, "a").await.link.ids.left.as_deref(), Some("1"));
    // Two rows of one id: one of them.
    insert(&store, &[link("i", Some("8"), None), link("i", Some("9"), None)]).await;
    assert_eq!(get(&store, "i").await.link.ids.left.as_deref(), Some("8"));
    // An ended one holds its records too: it is stored again, or given others, to let them go.
    let gone = ended(get(&store, "e").await, Ending::Unlinked { side: Side::Left }, 9);
    assert!(update(&store, &[gone]).await.is_empty());
    assert_eq!(insert(&store, &[link("j", Some("3"), None)]).await, ["j"]);
}

async fn syncs_do_not_share_links(db: &TestDb) {
    let store = with_sync(db).await;
    make(&store, &new_sync("syn_2", "acme", "con_1", "con_2")).await;
    let other = LinkRow { sync_id: "syn_2".to_owned(), ..link("b", Some("1"), Some("x")) };
    assert!(insert(&store, &[link("a", Some("1"), Some("x")), other.clone()]).await.is_empty());
    assert_eq!(ids_by(&store, Side::Left, &["1"]).await, ["a"]);
    assert_eq!(page(&store, &filter(), None, 9).await, ["a"]);
    assert_eq!(links::count(&store, "syn_2").await.unwrap().linked, 1);
    // Of both in one call.
    assert!(update(&store, &[get(&store, "a").await, get(&store, "b").await]).await.is_empty());
    assert_eq!(get(&store, "b").await, LinkRow { version: 2, ..other });
}

async fn a_link_is_stored_again_only_over_the_version_that_was_read(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), Some("x")), link("b", Some("2"), Some("y"))]).await;
    let read = get(&store, "a").await;
    let mine = LinkRow { name: "mine".to_owned(), updated_at: at(5), ..read.clone() };
    let yours = LinkRow { name: "yours".to_owned(), ..read };
    assert!(update(&store, std::slice::from_ref(&mine)).await.is_empty());
    let other = LinkRow { name: "other".to_owned(), ..get(&store, "b").await };
    assert_eq!(update(&store, &[yours, other, link("nobody", Some("9"), None)]).await, ["a", "nobody"]);
    assert_eq!(get(&store, "a").await, LinkRow { version: 2, ..mine });
    assert_eq!(get(&store, "b").await.name, "other");
}

async fn ids_move_between_links_in_one_go(db: &TestDb) {
    let store = with_sync(db).await;
    insert(
        &store,
        &[link("a", Some("1"), Some("x")), link("b", Some("2"), Some("y")), link("c", Some("3"), None)],
    )
    .await;
    // The right sides change places, and the left of the third goes to the first, which gives its own away.
    let rows = [link("a", Some("3"), Some("y")), link("b", Some("2"), Some("x")), link("c", None, Some("z"))];
    assert!(update(&store, &rows).await.is_empty());
    assert_eq!(ids_by(&store, Side::Left, &["1", "2", "3"]).await, ["a", "b"]);
    assert_eq!(ids_by(&store, Side::Right, &["x", "y", "z"]).await, ["a", "b", "c"]);
    assert_eq!(get(&store, "a").await.link.ids.right.as_deref(), Some("y"));
    assert_eq!(get(&store, "b").await.link.ids.right.as_deref(), Some("x"));
}

async fn an_id_moves_to_a_new_link_in_one_transaction(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), Some("x"))]).await;
    let over = ended(link("a", None, None), Ending::Merged { side: Side::Left }, 3);
    in_tx(&store, async |tx| {
        assert!(links::update(tx, &[over]).await?.is_empty());
        let seen = links::by_records_in(tx, "syn_1", Side::Left, &owned(&["1"])).await?;
        assert!(seen.is_empty());
        assert!(links::insert(tx, &[link("b", Some("1"), Some("x"))]).await?.is_empty());
        Ok(())
    })
    .await;
    assert_eq!(ids_by(&store, Side::Left, &["1"]).await, ["b"]);
    assert_eq!(get(&store, "a").await.state(), LinkState::Ended);
}

async fn a_link_that_is_refused_keeps_its_ids(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), None), link("b", Some("2"), None), link("c", Some("3"), None)])
        .await;
    // The third was stored since it was read, so it does not give up its record, so the second cannot take it, so the first …
    let stale = LinkRow { version: 7, ..link("c", Some("4"), None) };
    let rows = [link("a", Some("2"), None), link("b", Some("3"), None), stale, link("d", Some("9"), None)];
    assert_eq!(update(&store, &rows).await, ["a", "b", "c", "d"]);
    for (id, left) in [("a", "1"), ("b", "2"), ("c", "3")] {
        let kept = get(&store, id).await;
        assert_eq!((kept.link.ids.left.as_deref(), kept.version), (Some(left), 1));
    }
    // Nor is a record taken from a link that is not stored at all.
    assert_eq!(update(&store, &[link("a", Some("3"), None)]).await, ["a"]);
}

async fn an_ended_link_remembers_when(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), Some("x"))]).await;
    let over = ended(link("a", Some("1"), Some("x")), Ending::Deleted { side: Side::Left }, 10);
    assert!(update(&store, &[over]).await.is_empty());
    assert_eq!(get(&store, "a").await.ended_at, Some(at(10)));
    let again = LinkRow { updated_at: at(20), ..get(&store, "a").await };
    assert!(update(&store, &[again]).await.is_empty());
    assert_eq!(get(&store, "a").await.ended_at, Some(at(10)));
    let mut restored = LinkRow { updated_at: at(30), ..get(&store, "a").await };
    restored.link.state = State::Linked;
    assert!(update(&store, &[restored]).await.is_empty());
    assert_eq!(get(&store, "a").await.ended_at, None);
}

async fn links_are_listed_by_what_is_known_of_them(db: &TestDb) {
    let store = with_sync(db).await;
    let trouble = |row: LinkRow, trouble| LinkRow { trouble, ..row };
    let rows = [
        link("a", Some("1"), Some("9")),
        trouble(link("b", Some("2"), Some("1")), Trouble::Held),
        trouble(creating(link("c", Some("3"), None)), Trouble::Conflict),
        ended(link("d", Some("4"), None), Ending::Unlinked { side: Side::Left }, 1),
        trouble(link("e", Some("5"), Some("5")), Trouble::Conflict),
    ];
    insert(&store, &rows).await;
    let state = |state| Filter { state: Some(state), ..filter() };
    let about = |trouble| Filter { trouble: Some(trouble), ..filter() };
    let record = |id: &str| Filter { record_id: Some(id.to_owned()), ..filter() };
    assert_eq!(page(&store, &filter(), None, 9).await, ["a", "b", "c", "d", "e"]);
    assert_eq!(page(&store, &state(LinkState::Linked), None, 9).await, ["a", "b", "e"]);
    assert_eq!(page(&store, &state(LinkState::Linked), Some("a"), 1).await, ["b"]);
    assert_eq!(page(&store, &state(LinkState::Ended), None, 9).await, ["d"]);
    assert_eq!(page(&store, &about(Trouble::Conflict), None, 9).await, ["c", "e"]);
    assert_eq!(page(&store, &about(Trouble::Held), None, 9).await, ["b"]);
    let both = Filter { state: Some(LinkState::Creating), ..about(Trouble::Conflict) };
    assert_eq!(page(&store, &both, None, 9).await, ["c"]);
    // Of whichever side, each once.
    assert_eq!(page(&store, &record("1"), None, 9).await, ["a", "b"]);
    assert_eq!(page(&store, &record("1"), Some("a"), 9).await, ["b"]);
    assert_eq!(page(&store, &record("5"), None, 9).await, ["e"]);
    assert_eq!(page(&store, &Filter { trouble: Some(Trouble::Held), ..record("1") }, None, 9).await, ["b"]);
    assert!(page(&store, &record("7"), None, 9).await.is_empty());
}

async fn names_are_searched_for_as_people_type_them(db: &TestDb) {
    let store = with_sync(db).await;
    let named = |id: &str, name: &str| LinkRow { name: name.to_owned(), ..link(id, Some(id), None) };
    insert(&store, &[named("a", "Ada ÄRGER"), named("b", "50% off_"), named("c", "")]).await;
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..filter() };
    assert_eq!(page(&store, &search("ada är"), None, 9).await, ["a"]);
    assert_eq!(page(&store, &search("Ärg"), None, 9).await, ["a"]);
    assert_eq!(page(&store, &search("0%"), None, 9).await, ["b"]);
    assert!(page(&store, &search("a%r"), None, 9).await.is_empty());
    assert_eq!(page(&store, &search(""), None, 9).await, ["a", "b", "c"]);
    assert!(page(&store, &search(&"x".repeat(70_000)), None, 9).await.is_empty());
}

async fn pages_skip_and_repeat_nothing_while_others_are_linked(db: &TestDb) {
    let store = with_sync(db).await;
    let rows = |range: std::ops::Range<usize>, step: usize| -> Vec<LinkRow> {
        range.step_by(step).map(|id| link(&format!("{id:03}"), Some(&id.to_string()), None)).collect()
    };
    insert(&store, &rows(0..200, 2)).await;
    let (mut seen, mut after, mut odd) = (Vec::new(), None::<String>, 1);
    loop {
        let some = page(&store, &filter(), after.as_deref(), 7).await;
        let Some(last) = some.last() else { break };
        after = Some(last.clone());
        // What was stored again meanwhile keeps its place.
        let again = get(&store, &some[0]).await;
        assert!(update(&store, &[again]).await.is_empty());
        seen.extend(some);
        insert(&store, &rows(odd..(odd + 10).min(200), 2)).await;
        odd = (odd + 10).min(199);
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
    assert!((0..200).step_by(2).all(|id| seen.contains(&format!("{id:03}"))), "{seen:?}");
}

async fn links_are_counted_by_how_they_are(db: &TestDb) {
    let store = with_sync(db).await;
    assert_eq!(links::count(&store, "syn_1").await.unwrap(), Counts::default());
    let trouble = |row: LinkRow, trouble| LinkRow { trouble, ..row };
    let rows = [
        link("a", Some("1"), None),
        trouble(link("b", Some("2"), None), Trouble::Held),
        trouble(link("c", Some("3"), None), Trouble::Conflict),
        trouble(creating(link("d", Some("4"), None)), Trouble::Conflict),
        ended(link("e", Some("5"), None), Ending::Unlinked { side: Side::Left }, 1),
    ];
    insert(&store, &rows).await;
    let counts = Counts { linked: 3, creating: 1, ended: 1, held: 1, conflicts: 2 };
    assert_eq!(links::count(&store, "syn_1").await.unwrap(), counts);
    assert_eq!(links::count(&store, "nobody").await.unwrap(), Counts::default());
}

async fn deletions_that_were_carried_over_are_counted_by_side_and_time(db: &TestDb) {
    let store = with_sync(db).await;
    let over = |id: &str, ending, seconds| ended(link(id, Some(id), None), ending, seconds);
    let rows = [
        over("a", Ending::Deleted { side: Side::Left }, 10),
        over("b", Ending::Deleted { side: Side::Left }, 20),
        over("c", Ending::Deleted { side: Side::Right }, 20),
        over("d", Ending::Unlinked { side: Side::Left }, 20),
        over("e", Ending::Merged { side: Side::Left }, 20),
        link("f", Some("f"), None),
    ];
    insert(&store, &rows).await;
    for (side, since, count) in [
        (Side::Left, 0, 2),
        (Side::Left, 10, 2),
        (Side::Left, 11, 1),
        (Side::Right, 0, 1),
        (Side::Left, 21, 0),
    ] {
        assert_eq!(
            links::deleted_since(&store, "syn_1", side, at(since)).await.unwrap(),
            count,
            "{side} {since}"
        );
    }
}

async fn deletions_that_are_due_are_counted_by_side(db: &TestDb) {
    let store = with_sync(db).await;
    let sync = syncs::get(&store, &Scope::All, "syn_1").await.unwrap().unwrap();
    let archived = Record { archived: true, ..contact("4", Some(2), "four") };
    let all = ["1", "2", "3", "5", "6", "7", "8"].map(|id| contact(id, Some(2), id));
    write(&store, 10, all.into_iter().chain([archived]).collect()).await;
    mark_gone(&store, 20, &["1", "2", "5", "6", "7"]).await;
    let rows = [
        link("a", Some("1"), Some("x")),
        link("b", Some("2"), Some("y")),
        link("archived", Some("4"), Some("z")),
        link("there", Some("3"), Some("u")),
        LinkRow { trouble: Trouble::Conflict, ..link("asked", Some("5"), Some("v")) },
        link("alone", Some("6"), None),
        ended(link("over", Some("7"), Some("w")), Ending::Unlinked { side: Side::Left }, 20),
        link("unknown", Some("9"), Some("t")),
    ];
    assert!(insert(&store, &rows).await.is_empty());
    assert_eq!(links::deletions_due(&store, &sync, Side::Left).await.unwrap(), 3);
    assert_eq!(links::deletions_due(&store, &sync, Side::Right).await.unwrap(), 0);
    // Who became another record is not deleted.
    let merged = Record { merged_ids: vec!["3".to_owned()], ..contact("8", Some(30), "eight") };
    write(&store, 30, vec![merged]).await;
    assert_eq!(links::deletions_due(&store, &sync, Side::Left).await.unwrap(), 3);
}

async fn tenants_see_their_own_links_only(db: &TestDb) {
    let store = with_sync(db).await;
    insert(&store, &[link("a", Some("1"), None)]).await;
    let (acme, globex) = (Scope::Organization("acme".to_owned()), Scope::Organization("globex".to_owned()));
    assert!(links::get(&store, &acme, "a").await.unwrap().is_some());
    assert_eq!(links::get(&store, &globex, "a").await.unwrap(), None);
    let of_record = Filter { record_id: Some("1".to_owned()), ..filter() };
    for filter in [filter(), of_record, Filter { state: Some(LinkState::Linked), ..filter() }] {
        assert_eq!(links::page(&store, &acme, &filter, None, 9).await.unwrap().len(), 1);
        assert!(links::page(&store, &globex, &filter, None, 9).await.unwrap().is_empty());
    }
}

async fn thousands_are_stored_and_stored_again_at_once(db: &TestDb) {
    let store = with_sync(db).await;
    let rows: Vec<LinkRow> =
        (0..3_000).map(|id| creating(link(&format!("{id:05}"), Some(&id.to_string()), None))).collect();
    assert!(insert(&store, &rows).await.is_empty());
    let linked = rows.into_iter().map(|mut row| {
        row.link.ids.right = row.link.ids.left.clone();
        row.link.state = State::Linked;
        let base = Base { known_at: Sides { left: at(1), right: at(2) }, ..Base::default() };
        row.link.bases.insert("email".to_owned(), base);
        row
    });
    assert!(update(&store, &linked.collect::<Vec<_>>()).await.is_empty());
    let expected = Counts { linked: 3_000, ..Counts::default() };
    assert_eq!(links::count(&store, "syn_1").await.unwrap(), expected);
    let ids: Vec<String> = (0..3_000).map(|id| id.to_string()).collect();
    let found = links::by_records(&store, "syn_1", Side::Right, &ids).await.unwrap();
    assert!(found.len() == 3_000 && found.iter().all(|link| link.version == 2));
}
