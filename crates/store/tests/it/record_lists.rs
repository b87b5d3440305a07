//! Lists of the mirror: in pages, filtered, searched, counted; and erased.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::records::{connect, contact, everything, mark_gone, write};
use syncline_core::record::{Item, Record};
use syncline_store::records::{self, Filter, Reading, Stored, TypeCount};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    pages_follow_each_other_whatever_they_are_filtered_by,
    organizations_do_not_see_each_others,
    a_name_is_searched_in_any_case_and_to_the_letter,
    every_filter_finds_its_own,
    records_are_counted_by_type_and_collection,
    a_connection_is_erased_piece_by_piece,
);

/// Three connections of two organizations, with two types and two collections each.
async fn fill(store: &Store) {
    for (connection_id, org_id) in [("con_1", "acme"), ("con_2", "globex"), ("con_3", "acme")] {
        connect(store, connection_id, org_id, "hubspot").await;
        let page = (0..8).map(|number: i32| Record {
            object_type: ["contacts", "deals"][usize::from(number % 2 == 1)].to_owned(),
            collection: ["", "kept"][usize::from(number > 5)].to_owned(),
            archived: number == 4,
            ..contact(&format!("{number}"), None, "a")
        });
        let reading = Reading { connection_id, org_id, read_at: at(10), now: at(11) };
        in_tx(store, async |tx| records::write(tx, &reading, page.collect()).await).await;
    }
    mark_gone(store, 20, &["0"]).await;
}

type Key = (String, String, String);

fn key(record: &Stored) -> Key {
    (record.connection_id.clone(), record.object_type.clone(), record.record_id.clone())
}

/// All pages of two.
async fn walk(store: &Store, scope: &Scope, filter: &Filter) -> Vec<Key> {
    let mut found: Vec<Key> = Vec::new();
    loop {
        let page = records::page(store, scope, filter, found.last().cloned(), 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            return found;
        }
        found.extend(page.iter().map(key));
    }
}

async fn pages_follow_each_other_whatever_they_are_filtered_by(db: &TestDb) {
    let store = db.store().await;
    fill(&store).await;
    let all = everything(&store).await;
    let words =
        |words: &[&str]| words.iter().map(|word| Some((*word).to_owned())).chain([None]).collect::<Vec<_>>();
    let scopes = [Scope::All, Scope::Organization("acme".to_owned()), Scope::Organization("none".to_owned())];
    let mut found = 0;
    for scope in scopes {
        for connection_id in words(&["con_1", "con_2", "nobody"]) {
            for object_type in words(&["contacts", "deals"]) {
                let filter =
                    Filter { connection_id: connection_id.clone(), object_type, ..Filter::default() };
                let expected: Vec<Key> = all
                    .iter()
                    .filter(|record| scope.admits(&record.org_id))
                    .filter(|record| connection_id.as_ref().is_none_or(|id| *id == record.connection_id))
                    .filter(|record| filter.object_type.as_ref().is_none_or(|it| *it == record.object_type))
                    .map(key)
                    .collect();
                assert!(expected.is_sorted());
                assert_eq!(walk(&store, &scope, &filter).await, expected, "{scope:?} {filter:?}");
                // From anywhere, be it not in the list.
                for after in all.iter().map(key) {
                    let page =
                        records::page(&store, &scope, &filter, Some(after.clone()), 100).await.unwrap();
                    let rest: Vec<_> = expected.iter().filter(|key| **key > after).cloned().collect();
                    let page: Vec<_> = page.iter().map(key).collect();
                    assert_eq!(page, rest, "{scope:?} {filter:?} {after:?}");
                }
                found += expected.len();
            }
        }
    }
    assert_eq!(found, 128);
}

async fn organizations_do_not_see_each_others(db: &TestDb) {
    let store = db.store().await;
    fill(&store).await;
    let acme = Scope::Organization("acme".to_owned());
    let get = async |scope, connection_id: &'static str| {
        records::get(&store, scope, connection_id, "contacts", "2").await.unwrap().map(|record| record.org_id)
    };
    assert_eq!(get(&acme, "con_1").await.as_deref(), Some("acme"));
    assert_eq!(get(&acme, "con_2").await, None);
    assert_eq!(get(&Scope::All, "con_2").await.as_deref(), Some("globex"));
    let theirs = Filter { connection_id: Some("con_2".to_owned()), ..Filter::default() };
    assert_eq!(records::page(&store, &acme, &theirs, None, 10).await.unwrap(), []);
    assert_eq!(records::count(&store, &acme, "con_2").await.unwrap(), []);
    assert_eq!(records::count(&store, &Scope::All, "con_2").await.unwrap().len(), 4);
    let own = records::page(&store, &acme, &Filter::default(), None, 100).await.unwrap();
    assert!(own.len() == 16 && own.iter().all(|record| record.org_id == "acme"));
}

async fn a_name_is_searched_in_any_case_and_to_the_letter(db: &TestDb) {
    let store = db.store().await;
    let named = |(id, name): (&str, &str)| Record {
        item: Item { name: name.to_owned(), ..Item::default() },
        ..contact(id, None, "a")
    };
    let names =
        [("1", "Ada ÅNGSTRÖM"), ("2", "100% of _it"), ("3", "what! a\\b"), ("4", "100 of it"), ("5", "")];
    write(&store, 10, names.map(named).to_vec()).await;
    let long = "x".repeat(60_000);
    let questions: [(&str, &[&str]); 11] = [
        ("ada", &["1"]),
        ("DA åNg", &["1"]),
        ("ström", &["1"]),
        ("%", &["2"]),
        ("_", &["2"]),
        ("100", &["2", "4"]),
        ("!", &["3"]),
        ("A\\B", &["3"]),
        ("", &["1", "2", "3", "4", "5"]),
        ("nobody", &[]),
        (&long, &[]),
    ];
    for (search, expected) in questions {
        let filter = Filter { search: Some(search.to_owned()), ..Filter::default() };
        let page = records::page(&store, &Scope::All, &filter, None, 10).await.unwrap();
        let ids: Vec<&str> = page.iter().map(|record| record.record_id.as_str()).collect();
        assert_eq!(ids, expected, "{}", &search[..search.len().min(9)]);
    }
    // The name is the mirrored one, and not the one before.
    write(&store, 20, vec![Record { body: "{}".to_owned(), ..named(("1", "Grace")) }]).await;
    let filter = Filter { search: Some("ada".to_owned()), ..Filter::default() };
    assert_eq!(records::page(&store, &Scope::All, &filter, None, 10).await.unwrap(), []);
}

async fn every_filter_finds_its_own(db: &TestDb) {
    let store = db.store().await;
    fill(&store).await;
    let of_con_1 = || Filter { connection_id: Some("con_1".to_owned()), ..Filter::default() };
    let questions: [(Filter, &[&str]); 7] = [
        (Filter { archived: Some(true), ..of_con_1() }, &["4"]),
        (Filter { archived: Some(false), ..of_con_1() }, &["0", "2", "6", "1", "3", "5", "7"]),
        (Filter { gone: Some(true), ..of_con_1() }, &["0"]),
        (Filter { gone: Some(false), ..of_con_1() }, &["2", "4", "6", "1", "3", "5", "7"]),
        (Filter { collection: Some("kept".to_owned()), ..of_con_1() }, &["6", "7"]),
        (Filter { collection: Some(String::new()), gone: Some(true), ..of_con_1() }, &["0"]),
        (Filter { search: Some("contact 7".to_owned()), archived: Some(true), ..of_con_1() }, &[]),
    ];
    for (filter, expected) in questions {
        let page = records::page(&store, &Scope::All, &filter, None, 10).await.unwrap();
        let ids: Vec<&str> = page.iter().map(|record| record.record_id.as_str()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

async fn records_are_counted_by_type_and_collection(db: &TestDb) {
    let store = db.store().await;
    fill(&store).await;
    let row = |object_type: &str, collection: &str, live, archived, gone| TypeCount {
        object_type: object_type.to_owned(),
        collection: collection.to_owned(),
        live,
        archived,
        gone,
    };
    let expected = [
        row("contacts", "", 1, 1, 1),
        row("contacts", "kept", 1, 0, 0),
        row("deals", "", 3, 0, 0),
        row("deals", "kept", 1, 0, 0),
    ];
    for scope in [Scope::All, Scope::Organization("acme".to_owned())] {
        assert_eq!(records::count(&store, &scope, "con_1").await.unwrap(), expected);
    }
    // Archived and gone counts as gone.
    mark_gone(&store, 20, &["4"]).await;
    let after = records::count(&store, &Scope::All, "con_1").await.unwrap();
    assert_eq!(after[0], row("contacts", "", 1, 0, 2));
    assert_eq!(records::count(&store, &Scope::All, "nobody").await.unwrap(), []);
}

async fn a_connection_is_erased_piece_by_piece(db: &TestDb) {
    let store = db.store().await;
    fill(&store).await;
    for expected in [3, 3, 2, 0] {
        let erased = in_tx(&store, async |tx| records::erase(tx, "con_1", 3).await).await;
        assert_eq!(erased, expected);
    }
    let left = everything(&store).await;
    assert!(left.len() == 16 && left.iter().all(|record| record.connection_id != "con_1"));
}
