//! The mirror: newer states replace older ones, whatever order they are stored in.

use crate::support::at;
use crate::support::records::{contact, everything, mark_gone, reading, short, stored, sweep, write};
use syncline_core::record::{Item, Record};
use syncline_store::records::EffectKind::{Created, Deleted, Updated};
use syncline_store::records::{self, Effect, Stored, Written};
use syncline_store::testing::TestDb;

for_each_database!(
    what_is_new_is_mirrored,
    a_later_modification_replaces_an_earlier_one_whenever_it_is_stored,
    without_a_time_of_modification_the_later_request_counts,
    of_one_time_of_modification_the_later_request_counts,
    the_same_state_is_no_change,
    the_same_content_modified_again_is_no_change,
    archiving_is_a_change,
    of_one_id_twice_in_a_page_the_last_counts,
    types_do_not_share_their_ids,
    connections_do_not_share_their_records,
    a_deleted_record_keeps_its_last_state,
    a_deletion_counts_only_if_the_record_was_not_seen_after_it,
    only_a_request_sent_after_the_deletion_revives,
    a_second_deletion_moves_the_moment_but_tells_nobody,
    an_id_that_was_never_mirrored_is_not_deleted,
    what_a_walk_did_not_show_is_gone,
    what_is_seen_in_an_older_state_is_not_swept,
    a_sweep_goes_piece_by_piece_and_stays_in_its_collection,
    merged_records_are_gone_and_say_into_which,
    a_page_of_many_is_stored_whole,
    texts_that_a_database_could_not_hold_are_fitted,
);

async fn what_is_new_is_mirrored(db: &TestDb) {
    let store = db.store().await;
    let item = Item {
        name: "Ada Lovelace".to_owned(),
        parent_id: Some("9".to_owned()),
        created_at: Some(at(-9)),
        children: Some(vec!["a".to_owned(), "b".to_owned()]),
        visibility: Some(true),
        ..Item::default()
    };
    let ada = Record {
        object_type: "row".to_owned(),
        collection: "app1/tbl1".to_owned(),
        archived: true,
        item: item.clone(),
        ..contact("rec1", Some(5), "ada")
    };
    let written = write(&store, 10, vec![ada, contact("2", None, "grace")]).await;
    let new = |object_type: &str, id: &str| Effect {
        object_type: object_type.to_owned(),
        record_id: id.to_owned(),
        kind: Created,
        revived: false,
        merged_into: None,
    };
    let effects = vec![new("contacts", "2"), new("row", "rec1")];
    assert_eq!(written, Written { created: 2, effects, ..Written::default() });
    let expected = Stored {
        connection_id: "con_1".to_owned(),
        object_type: "row".to_owned(),
        record_id: "rec1".to_owned(),
        org_id: "acme".to_owned(),
        collection: "app1/tbl1".to_owned(),
        modified_at: Some(at(5)),
        archived: true,
        gone_at: None,
        merged_into: None,
        read_at: at(10),
        seen_at: Some(at(10)),
        created_at: at(11),
        changed_at: at(11),
        version: 1,
        item,
        body: "{\"text\":\"ada\"}".to_owned(),
    };
    let all = everything(&store).await;
    assert_eq!((all.len(), &all[1]), (2, &expected));
    assert_eq!((all[0].modified_at, all[0].item.name.as_str()), (None, "Contact 2"));
}

async fn a_later_modification_replaces_an_earlier_one_whenever_it_is_stored(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "five")]).await;
    // The search index of the later request lagged behind.
    let lagging = write(&store, 30, vec![contact("1", Some(4), "four")]).await;
    assert_eq!(lagging, Written { stale: 1, ..Written::default() });
    let after = stored(&store, "1").await;
    assert_eq!(after.body, "{\"text\":\"five\"}");
    assert_eq!((after.read_at, after.seen_at, after.version), (at(10), Some(at(30)), 1), "but it was there");
    let newer = write(&store, 8, vec![contact("1", Some(6), "six")]).await;
    assert_eq!((newer.changed, short(&newer.effects)), (1, vec![("1", Updated)]));
    let after = stored(&store, "1").await;
    assert_eq!((after.body.as_str(), after.modified_at), ("{\"text\":\"six\"}", Some(at(6))));
    assert_eq!((after.read_at, after.seen_at, after.version), (at(8), Some(at(30)), 2));
    assert_eq!((after.created_at, after.changed_at), (at(11), at(9)));
}

async fn without_a_time_of_modification_the_later_request_counts(db: &TestDb) {
    let store = db.store().await;
    write(&store, 20, vec![contact("1", None, "b")]).await;
    assert_eq!(write(&store, 10, vec![contact("1", None, "a")]).await.stale, 1);
    assert_eq!(write(&store, 30, vec![contact("1", None, "c")]).await.changed, 1);
    assert_eq!(stored(&store, "1").await.body, "{\"text\":\"c\"}");
    // The provider says it now and did not before, or the other way round.
    assert_eq!(write(&store, 25, vec![contact("1", Some(99), "d")]).await.stale, 1);
    assert_eq!(write(&store, 40, vec![contact("1", Some(5), "e")]).await.changed, 1);
    assert_eq!(write(&store, 50, vec![contact("1", None, "f")]).await.changed, 1);
    let after = stored(&store, "1").await;
    assert_eq!((after.body.as_str(), after.modified_at, after.version), ("{\"text\":\"f\"}", None, 4));
}

async fn of_one_time_of_modification_the_later_request_counts(db: &TestDb) {
    let store = db.store().await;
    write(&store, 20, vec![contact("1", Some(5), "b")]).await;
    assert_eq!(write(&store, 10, vec![contact("1", Some(5), "a")]).await.stale, 1);
    assert_eq!(write(&store, 20, vec![contact("1", Some(5), "c")]).await.changed, 1);
    assert_eq!(write(&store, 21, vec![contact("1", Some(5), "d")]).await.changed, 1);
    assert_eq!(stored(&store, "1").await.body, "{\"text\":\"d\"}");
}

async fn the_same_state_is_no_change(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a"), contact("2", None, "b")]).await;
    let before = stored(&store, "1").await;
    let again = vec![contact("1", Some(5), "a"), contact("2", None, "b")];
    for read in [30, 20] {
        let written = write(&store, read, again.clone()).await;
        assert_eq!(written, Written { unchanged: 2, ..Written::default() });
        let expected = Stored { read_at: at(30), seen_at: Some(at(30)), ..before.clone() };
        assert_eq!(stored(&store, "1").await, expected, "what is known is never known less lately");
    }
}

async fn the_same_content_modified_again_is_no_change(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a")]).await;
    let written = write(&store, 20, vec![contact("1", Some(9), "a")]).await;
    assert_eq!(written, Written { unchanged: 1, ..Written::default() });
    let after = stored(&store, "1").await;
    assert_eq!((after.modified_at, after.version, after.changed_at), (Some(at(9)), 1, at(11)));
    // So this one is older.
    assert_eq!(write(&store, 30, vec![contact("1", Some(7), "b")]).await.stale, 1);
}

async fn archiving_is_a_change(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a")]).await;
    let archived = Record { archived: true, ..contact("1", Some(5), "a") };
    assert_eq!(short(&write(&store, 20, vec![archived]).await.effects), [("1", Updated)]);
    let after = stored(&store, "1").await;
    assert!(after.archived && after.gone_at.is_none());
}

async fn of_one_id_twice_in_a_page_the_last_counts(db: &TestDb) {
    let store = db.store().await;
    let page = vec![contact("1", Some(5), "a"), contact("1", Some(4), "b"), contact("2", None, "x")];
    let written = write(&store, 10, page).await;
    assert_eq!((written.created, short(&written.effects)), (2, vec![("1", Created), ("2", Created)]));
    assert_eq!(stored(&store, "1").await.body, "{\"text\":\"b\"}");
    let written = write(&store, 20, vec![contact("2", None, "y"), contact("2", None, "x")]).await;
    assert_eq!(written, Written { unchanged: 1, ..Written::default() });
    assert_eq!(write(&store, 30, Vec::new()).await, Written::default());
}

async fn types_do_not_share_their_ids(db: &TestDb) {
    let store = db.store().await;
    let company = Record { object_type: "companies".to_owned(), ..contact("1", None, "company") };
    assert_eq!(write(&store, 10, vec![contact("1", None, "contact"), company]).await.created, 2);
    assert_eq!(short(&mark_gone(&store, 20, &["1"]).await), [("1", Deleted)]);
    let gone: Vec<_> =
        everything(&store).await.into_iter().map(|it| (it.object_type, it.gone_at.is_some())).collect();
    assert_eq!(gone, [("companies".to_owned(), false), ("contacts".to_owned(), true)]);
}

async fn connections_do_not_share_their_records(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", None, "first")]).await;
    let mut tx = store.begin().await.unwrap();
    let other = records::Reading { connection_id: "con_2", ..reading(at(20)) };
    let written = records::write(&mut tx, &other, vec![contact("1", None, "second")]).await.unwrap();
    assert_eq!(written.created, 1);
    let gone = records::mark_gone(&mut tx, &other, "contacts", &["1".to_owned()]).await.unwrap();
    assert_eq!(short(&gone), [("1", Deleted)]);
    tx.commit().await.unwrap();
    let first = stored(&store, "1").await;
    assert_eq!((first.body.as_str(), first.gone_at), ("{\"text\":\"first\"}", None));
}

async fn a_deleted_record_keeps_its_last_state(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a")]).await;
    let before = stored(&store, "1").await;
    assert_eq!(short(&mark_gone(&store, 20, &["1"]).await), [("1", Deleted)]);
    let expected = Stored { gone_at: Some(at(20)), seen_at: None, version: 2, changed_at: at(21), ..before };
    assert_eq!(stored(&store, "1").await, expected);
}

async fn a_deletion_counts_only_if_the_record_was_not_seen_after_it(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a"), contact("2", Some(5), "a")]).await;
    // In an older state, but there it was.
    write(&store, 30, vec![contact("1", Some(4), "old")]).await;
    assert_eq!(short(&mark_gone(&store, 20, &["1", "2"]).await), [("2", Deleted)]);
    assert_eq!(short(&mark_gone(&store, 30, &["1"]).await), [("1", Deleted)], "at the same moment it counts");
}

async fn only_a_request_sent_after_the_deletion_revives(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a")]).await;
    mark_gone(&store, 20, &["1"]).await;
    for read in [15, 20] {
        let late = write(&store, read, vec![contact("1", Some(9), "late")]).await;
        assert_eq!(late, Written { stale: 1, ..Written::default() });
    }
    assert_eq!(stored(&store, "1").await.gone_at, Some(at(20)));
    // An older state was restored.
    let back = write(&store, 21, vec![contact("1", Some(3), "restored")]).await;
    assert_eq!((back.changed, short(&back.effects)), (1, vec![("1", Updated)]));
    assert!(back.effects[0].revived);
    let after = stored(&store, "1").await;
    assert_eq!((after.gone_at, after.seen_at, after.version), (None, Some(at(21)), 3));
    assert_eq!((after.body.as_str(), after.modified_at), ("{\"text\":\"restored\"}", Some(at(3))));
}

async fn a_second_deletion_moves_the_moment_but_tells_nobody(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", None, "a")]).await;
    mark_gone(&store, 20, &["1"]).await;
    for read in [40, 30] {
        assert_eq!(mark_gone(&store, read, &["1"]).await, []);
        let after = stored(&store, "1").await;
        assert_eq!((after.gone_at, after.version, after.changed_at), (Some(at(40)), 2, at(21)));
    }
    assert_eq!(write(&store, 35, vec![contact("1", None, "between")]).await.stale, 1);
}

async fn an_id_that_was_never_mirrored_is_not_deleted(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(mark_gone(&store, 20, &["1"]).await, []);
    assert_eq!(mark_gone(&store, 20, &[]).await, []);
    assert_eq!(everything(&store).await, []);
}

async fn what_a_walk_did_not_show_is_gone(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", None, "a"), contact("2", None, "a"), contact("3", None, "a")]).await;
    write(&store, 20, vec![contact("1", None, "a")]).await;
    write(&store, 25, vec![contact("3", None, "b")]).await;
    assert_eq!(short(&sweep(&store, 20, 10).await), [("2", Deleted)]);
    assert_eq!(sweep(&store, 20, 10).await, []);
    let gone = stored(&store, "2").await;
    assert_eq!((gone.seen_at, gone.version, gone.changed_at), (None, 2, at(121)));
    // The moment before the walk began: what is shown to a request sent as it began is there.
    assert_eq!(gone.gone_at.map(|at| at.as_millis()), Some(at(20).as_millis() - 1));
    assert_eq!(write(&store, 19, vec![contact("2", None, "a")]).await.stale, 1);
    assert_eq!(write(&store, 20, vec![contact("2", None, "a")]).await.changed, 1);
}

async fn what_is_seen_in_an_older_state_is_not_swept(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, vec![contact("1", Some(5), "a")]).await;
    write(&store, 21, vec![contact("1", Some(4), "lagging")]).await;
    assert_eq!(sweep(&store, 20, 10).await, []);
    assert_eq!(stored(&store, "1").await.gone_at, None);
}

async fn a_sweep_goes_piece_by_piece_and_stays_in_its_collection(db: &TestDb) {
    let store = db.store().await;
    let mut page: Vec<Record> = (0..5).map(|id| contact(&id.to_string(), None, "a")).collect();
    page.push(Record { collection: "other".to_owned(), ..contact("8", None, "a") });
    page.push(Record { object_type: "companies".to_owned(), ..contact("9", None, "a") });
    write(&store, 10, page).await;
    let mut swept = Vec::new();
    for expected in [2, 2, 1, 0] {
        let piece = sweep(&store, 20, 2).await;
        assert_eq!(piece.len(), expected);
        swept.extend(piece.into_iter().map(|effect| effect.record_id));
    }
    swept.sort();
    assert_eq!(swept, ["0", "1", "2", "3", "4"]);
    assert_eq!(everything(&store).await.iter().filter(|record| record.gone_at.is_none()).count(), 2);
}

async fn merged_records_are_gone_and_say_into_which(db: &TestDb) {
    let store = db.store().await;
    write(&store, 10, ["1", "2", "3", "4"].map(|id| contact(id, None, "a")).to_vec()).await;
    write(&store, 40, vec![contact("4", None, "a")]).await;
    mark_gone(&store, 20, &["2"]).await;
    let merged = |own: &str| Record {
        merged_ids: ["1", "2", "4", "7", own].map(str::to_owned).to_vec(),
        ..contact(own, None, "merged")
    };
    let written = write(&store, 30, vec![merged("3")]).await;
    assert_eq!((written.changed, short(&written.effects)), (1, vec![("3", Updated), ("1", Deleted)]));
    assert_eq!(written.effects[1].merged_into.as_deref(), Some("3"));
    let gone = stored(&store, "1").await;
    assert_eq!((gone.merged_into.as_deref(), gone.gone_at, gone.seen_at), (Some("3"), Some(at(30)), None));
    assert_eq!(stored(&store, "2").await.merged_into, None, "it was gone before");
    assert_eq!(stored(&store, "4").await.gone_at, None, "it was seen after that");
    assert_eq!(write(&store, 31, vec![merged("3")]).await.effects, []);
    // Of one page both: the merge says more.
    let written = write(&store, 50, vec![merged("9"), contact("4", None, "b")]).await;
    assert_eq!(short(&written.effects), [("4", Updated), ("9", Created), ("4", Deleted)]);
    write(&store, 60, vec![contact("1", None, "back")]).await;
    assert_eq!(stored(&store, "1").await.merged_into, None);
}

async fn a_page_of_many_is_stored_whole(db: &TestDb) {
    let store = db.store().await;
    let page = |text: &str| (0..1_300).map(|id| contact(&id.to_string(), None, text)).collect::<Vec<_>>();
    assert_eq!(write(&store, 10, page("a")).await.created, 1_300);
    assert_eq!(write(&store, 20, page("a")).await.unchanged, 1_300);
    assert_eq!(write(&store, 30, page("b")).await.changed, 1_300);
    assert_eq!(write(&store, 25, page("c")).await.stale, 1_300);
    assert_eq!(everything(&store).await.len(), 1_300);
    let ids: Vec<String> = (0..1_300).map(|id| id.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(mark_gone(&store, 40, &ids).await.len(), 1_300);
}

async fn texts_that_a_database_could_not_hold_are_fitted(db: &TestDb) {
    let store = db.store().await;
    let long = "é".repeat(400);
    let odd = Record {
        object_type: "contacts".to_owned(),
        collection: format!("{long}\0"),
        id: "nul\0".to_owned(),
        item: Item { name: format!("{long}\0"), ..Item::default() },
        body: "{\"a\":\"\0\"}".to_owned(),
        ..contact("", None, "")
    };
    assert_eq!(write(&store, 10, vec![odd.clone()]).await.created, 1);
    assert_eq!(write(&store, 20, vec![odd]).await.unchanged, 1);
    let all = everything(&store).await;
    assert_eq!(all[0].record_id, "nul\u{fffd}");
    assert_eq!(all[0].collection, "é".repeat(255));
    assert_eq!(all[0].item.name, format!("{long}\0"), "the item keeps all of it");
    assert_eq!(all[0].body, "{\"a\":\"\u{fffd}\"}");
}
