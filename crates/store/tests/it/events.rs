//! Events: each stored once, kept whole, found by every question, in the order of their occurrence and of their commits.

use crate::support::{Dice, arrival, at, store_events, timeline};
use std::collections::BTreeSet;
use syncline_core::event::{EventId, column_text};
use syncline_core::time::Timestamp;
use syncline_store::events::{self, Arrival, Filter, Order};
use syncline_store::testing::{TestDb, Which};
use syncline_store::{Scope, Store, accounts};
use tokio::task::JoinSet;

for_each_database!(
    stored_once_within_a_batch_and_between_batches,
    the_first_arrival_stays,
    stored_once_between_concurrent_transactions,
    read_in_both_directions,
    every_filter_finds_its_own,
    tenants_do_not_see_each_other,
    names_are_told_apart_byte_by_byte,
    whatever_bytes_came_come_back,
    the_longest_names_fit_and_are_found,
    more_than_a_packet_at_once,
    whoever_reads_on_misses_nothing,
    the_histogram_counts_spans,
    old_ones_go_in_batches,
);

async fn stored_once_within_a_batch_and_between_batches(db: &TestDb) {
    let store = db.store().await;
    let twice = vec![arrival(1, "a"), arrival(2, "b"), arrival(1, "a"), arrival(1, "a")];
    assert_eq!(store_events(&store, twice.clone()).await, 2);
    assert_eq!(store_events(&store, twice).await, 0);
    assert_eq!(store_events(&store, vec![arrival(2, "b"), arrival(3, "c")]).await, 1);
    assert_eq!(store_events(&store, vec![]).await, 0);
    // The same key at another time is another event.
    assert_eq!(store_events(&store, vec![arrival(4, "a")]).await, 1);
    assert_eq!(timeline(&store).await.len(), 4);
}

async fn the_first_arrival_stays(db: &TestDb) {
    let store = db.store().await;
    let mut again = arrival(1, "a");
    again.received_at = at(500);
    again.app = "other".to_owned();
    store_events(&store, vec![arrival(1, "a"), again.clone()]).await;
    let first = timeline(&store).await;
    assert_eq!((first[0].app.as_str(), first[0].received_at), ("main", at(2)));
    store_events(&store, vec![again]).await;
    assert_eq!(timeline(&store).await, first);
}

async fn stored_once_between_concurrent_transactions(db: &TestDb) {
    let store = db.store().await;
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut dice = Dice(task);
            let mut new = 0;
            for _ in 0..5 {
                let some = (0..20).map(|_| 1 + dice.below(40)).map(|n| arrival(n as i64, &n.to_string()));
                new += store_events(&store, some.collect()).await;
            }
            new
        });
    }
    let mut new = 0;
    while let Some(ended) = tasks.join_next().await {
        new += ended.unwrap();
    }
    let stored = timeline(&store).await;
    assert_eq!(stored.len() as u64, new, "each event was new to exactly one transaction");
    assert!(stored.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert_eq!(stored.len(), 40, "the dice name every number");
}

async fn read_in_both_directions(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, [5, 1, 4, 2, 3].map(|n| arrival(n, "k")).to_vec()).await;
    let page = async |order, after, limit| -> Vec<i64> {
        let page = events::page(&store, &Scope::All, &Filter::default(), order, after, limit).await.unwrap();
        page.iter().map(|event| event.id.occurred_at().since(at(0)).as_secs() as i64).collect()
    };
    let third = arrival(3, "k").event.id;
    assert_eq!(page(Order::OldestFirst, None, 10).await, [1, 2, 3, 4, 5]);
    assert_eq!(page(Order::NewestFirst, None, 10).await, [5, 4, 3, 2, 1]);
    assert_eq!(page(Order::OldestFirst, Some(third), 1).await, [4]);
    assert_eq!(page(Order::NewestFirst, Some(third), 10).await, [2, 1]);
    assert_eq!(page(Order::OldestFirst, Some(EventId::MAX), 10).await, [0; 0]);
    assert_eq!(page(Order::OldestFirst, Some(EventId::MIN), 2).await, [1, 2]);
    let found = events::get(&store, &Scope::All, third).await.unwrap().unwrap();
    assert_eq!((found.id, found.received_at), (third, at(4)));
    assert_eq!(events::get(&store, &Scope::All, arrival(3, "other").event.id).await.unwrap(), None);
}

/// Every combination of filters is compared with what the same question finds in memory.
async fn every_filter_finds_its_own(db: &TestDb) {
    let store = db.store().await;
    let mut dice = Dice(7);
    let mut one_of = |words: [&str; 3]| words[dice.below(3)].to_owned();
    let arrivals: Vec<Arrival> = (0..150)
        .map(|n| {
            let mut it = arrival(n % 30, &n.to_string());
            it.provider = one_of(["hubspot", "notion", "airtable"]);
            it.event.account = one_of(["1", "2", "3"]);
            it.event.object_type = one_of(["contact", "company", ""]);
            it.event.object_id = one_of(["10", "11", ""]);
            it.event.kind = one_of(["create", "update", "delete"]);
            it.event.property = Some(one_of(["email", "phone", "none"])).filter(|p| p != "none");
            it
        })
        .collect();
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", "1", "acme", at(0)).await.unwrap();
    accounts::assign(&mut tx, "notion", "2", "globex", at(0)).await.unwrap();
    events::store(&mut tx, arrivals).await.unwrap();
    tx.commit().await.unwrap();
    let all = timeline(&store).await;
    assert_eq!(all.len(), 150);
    let mut found_something = 0;
    for _ in 0..300 {
        let mut maybe = |words: [&str; 2]| {
            [None, None, None, Some(words[0]), Some(words[1])][dice.below(5)].map(str::to_owned)
        };
        let filter = Filter {
            org_id: maybe(["acme", "globex"]),
            provider: maybe(["hubspot", "notion"]),
            account: maybe(["1", "2"]),
            object_type: maybe(["contact", ""]),
            object_id: maybe(["10", ""]),
            kind: maybe(["create", "delete"]),
            property: maybe(["email", "phone"]),
            from: [None, None, Some(at(10)), Some(at(0))][dice.below(4)],
            to: [None, None, Some(at(20)), Some(at(15))][dice.below(4)],
        };
        let admits = |filter: &Option<String>, value: &str| filter.as_deref().is_none_or(|f| f == value);
        let expected: Vec<_> = all
            .iter()
            .filter(|event| {
                admits(&filter.org_id, event.org_id.as_deref().unwrap_or_default())
                    && admits(&filter.provider, &event.provider)
                    && admits(&filter.account, &event.account)
                    && admits(&filter.object_type, &event.object_type)
                    && admits(&filter.object_id, &event.object_id)
                    && admits(&filter.kind, &event.kind)
                    && filter.property.as_ref().is_none_or(|p| event.property.as_ref() == Some(p))
                    && filter.from.is_none_or(|from| event.id.occurred_at() >= from)
                    && filter.to.is_none_or(|to| event.id.occurred_at() < to)
            })
            .cloned()
            .collect();
        found_something += usize::from(!expected.is_empty());
        let page = events::page(&store, &Scope::All, &filter, Order::OldestFirst, None, 1_000).await.unwrap();
        assert_eq!(page, expected, "{filter:?}");
        let mut tail = events::since(&store, &Scope::All, &filter, 0, 1_000).await.unwrap();
        assert!(tail.windows(2).all(|pair| pair[0].seq < pair[1].seq), "{filter:?}");
        tail.sort_by_key(|event| event.id);
        assert_eq!(tail, expected, "{filter:?}");
    }
    assert!(found_something > 50, "{found_something}");
}

async fn tenants_do_not_see_each_other(db: &TestDb) {
    let store = db.store().await;
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", "1", "acme", at(0)).await.unwrap();
    accounts::assign(&mut tx, "hubspot", "2", "globex", at(0)).await.unwrap();
    let of = |account: &str, second| {
        let mut it = arrival(second, account);
        it.event.account = account.to_owned();
        it
    };
    events::store(&mut tx, vec![of("1", 1), of("2", 2), of("3", 3)]).await.unwrap();
    tx.commit().await.unwrap();
    let owners: Vec<_> = timeline(&store).await.into_iter().map(|event| event.org_id).collect();
    assert_eq!(owners, [Some("acme".to_owned()), Some("globex".to_owned()), None]);
    let acme = Scope::Organization("acme".to_owned());
    // Whatever else the question says.
    for filter in [Filter::default(), Filter { org_id: Some("globex".to_owned()), ..Filter::default() }] {
        let page = events::page(&store, &acme, &filter, Order::NewestFirst, None, 10).await.unwrap();
        let tail = events::since(&store, &acme, &filter, 0, 10).await.unwrap();
        for found in [page, tail] {
            assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), [of("1", 1).event.id]);
        }
    }
    assert!(events::get(&store, &acme, of("1", 1).event.id).await.unwrap().is_some());
    for hidden in [of("2", 2), of("3", 3)] {
        assert_eq!(events::get(&store, &acme, hidden.event.id).await.unwrap(), None);
    }
    assert_eq!(events::histogram(&store, &acme, at(10), 10_000, 1).await.unwrap(), [1]);
    assert_eq!(events::histogram(&store, &Scope::All, at(10), 10_000, 1).await.unwrap(), [3]);
}

/// MySQL's usual collations take `acme` and `acme ` for the same, which would let one tenant see the other.
async fn names_are_told_apart_byte_by_byte(db: &TestDb) {
    let store = db.store().await;
    let names = ["acme", "acme ", "ACME", "Acme", "acmé", "acme\u{301}", " acme", "acme\t", "", " "];
    let mut tx = store.begin().await.unwrap();
    let mut arrivals = Vec::new();
    for (second, name) in (1..).zip(names) {
        accounts::assign(&mut tx, "hubspot", name, &format!("{name}!"), at(0)).await.unwrap();
        accounts::assign(&mut tx, "notion", name, name, at(0)).await.unwrap();
        for (provider, second) in [("hubspot", second), ("notion", second + 100)] {
            let mut it = arrival(second, name);
            it.provider = provider.to_owned();
            it.event.account = name.to_owned();
            it.event.object_id = name.to_owned();
            arrivals.push(it);
        }
    }
    events::store(&mut tx, arrivals).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(accounts::list(&store).await.unwrap().len(), 2 * names.len());
    for name in names {
        let only = |object_id| Filter { object_id: Some(object_id), ..Filter::default() };
        let found = page_of(&store, &Scope::All, &only(name.to_owned())).await;
        assert_eq!(found.len(), 2, "{name:?}");
        assert!(found.iter().all(|event| event.object_id == name && event.account == name), "{name:?}");
        if !name.is_empty() {
            let owned = page_of(&store, &Scope::Organization(name.to_owned()), &Filter::default()).await;
            assert_eq!(owned.len(), 1, "{name:?}");
            assert_eq!(owned[0].org_id.as_deref(), Some(name));
        }
    }
    let listed: Vec<String> = accounts::list(&store).await.unwrap().into_iter().map(|a| a.account).collect();
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort();
    assert_eq!(listed[..names.len()], sorted, "lists are in the same order in every database");
}

async fn whatever_bytes_came_come_back(db: &TestDb) {
    let store = db.store().await;
    let mut every_byte = arrival(1, "bytes");
    every_byte.event.raw = (0..=255).collect::<Vec<u8>>().into();
    let mut large = arrival(2, "large");
    large.event.raw = (0..5_000_000_u32).map(|n| (n % 251) as u8).collect::<Vec<u8>>().into();
    let mut empty = arrival(3, "empty");
    empty.event.raw = bytes::Bytes::new();
    empty.event.property = None;
    let mut unicode = arrival(4, "unicode");
    unicode.event.object_id = "日本語 🦀 e\u{301} \u{fffd} \u{10ffff} ' \" \\ % _ \r\n\t\u{1}".to_owned();
    unicode.event.property = Some(column_text("a\0b"));
    unicode.event.raw = "{\"🦀\":\"\\u0000\"}".as_bytes().to_vec().into();
    let arrivals = vec![every_byte, large, empty, unicode];
    store_events(&store, arrivals.clone()).await;
    for (stored, arrival) in timeline(&store).await.into_iter().zip(arrivals) {
        let event = arrival.event;
        assert!(stored.raw == event.raw, "{}: {} bytes", event.id, stored.raw.len());
        assert_eq!(stored.object_id, event.object_id);
        assert_eq!(stored.property, event.property);
    }
}

/// 255 characters of four bytes in every column: what the widest index must hold.
async fn the_longest_names_fit_and_are_found(db: &TestDb) {
    let store = db.store().await;
    let long = |last: &str| column_text(&format!("{}{last}", "🦀".repeat(254)));
    let [name, other] = ["a", "b"].map(long);
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, &name, &name, &name, at(0)).await.unwrap();
    let wide = |second, name: &String| {
        let mut it = arrival(second, name);
        it.provider.clone_from(name);
        it.app.clone_from(name);
        let event = &mut it.event;
        for column in [&mut event.account, &mut event.object_type, &mut event.object_id, &mut event.kind] {
            column.clone_from(name);
        }
        event.property = Some(name.clone());
        it
    };
    events::store(&mut tx, vec![wide(1, &name), wide(2, &other)]).await.unwrap();
    tx.commit().await.unwrap();
    let filter = Filter {
        provider: Some(name.clone()),
        account: Some(name.clone()),
        object_type: Some(name.clone()),
        object_id: Some(name.clone()),
        kind: Some(name.clone()),
        property: Some(name.clone()),
        ..Filter::default()
    };
    let found = page_of(&store, &Scope::Organization(name.clone()), &filter).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].app, found[0].org_id.as_ref()), (&name, Some(&name)));
    assert_eq!(timeline(&store).await.len(), 2);
}

/// A server takes no statement larger than a packet, which may be as small as a few megabytes.
async fn more_than_a_packet_at_once(db: &TestDb) {
    let store = db.store().await;
    let large = |second| {
        let mut it = arrival(second, "large");
        it.event.raw = vec![b'x'; 9_000_000].into();
        it
    };
    assert_eq!(store_events(&store, (0..8).map(large).collect()).await, 8);
    assert_eq!(store_events(&store, (0..3_000).map(|n| arrival(n, "small")).collect()).await, 3_000);
    let first = events::get(&store, &Scope::All, large(0).event.id).await.unwrap().unwrap();
    assert_eq!(first.raw.len(), 9_000_000);
}

/// Sequence numbers become visible in order, whoever commits when: a reader that goes on from the last one it saw gets
/// every event that stays, and gets it once.
async fn whoever_reads_on_misses_nothing(db: &TestDb) {
    let store = db.store().await;
    let mut writers = JoinSet::new();
    for writer in 0..6 {
        let store = store.clone();
        writers.spawn(async move {
            let mut dice = Dice(writer);
            for _ in 0..25 {
                let some = (0..=dice.below(4)).map(|_| dice.below(200)).collect::<Vec<_>>();
                let some = some.into_iter().map(|n| arrival(n as i64, &n.to_string())).collect();
                let mut tx = store.begin().await.unwrap();
                events::store(&mut tx, some).await.unwrap();
                match dice.below(8) {
                    0 => drop(tx),
                    _ => tx.commit().await.unwrap(),
                }
            }
        });
    }
    let (mut seen, mut last, mut reads) = (Vec::new(), 0, 0);
    loop {
        let over = writers.is_empty();
        let limit = 1 + reads % 7;
        let some = events::since(&store, &Scope::All, &Filter::default(), last, limit).await.unwrap();
        reads += 1;
        if over && some.is_empty() {
            break;
        }
        assert!(events::last_seq(&store).await.unwrap() >= some.last().map_or(0, |event| event.seq));
        for event in some {
            assert!(event.seq > last, "{} after {last}", event.seq);
            last = event.seq;
            seen.push(event);
        }
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    seen.sort_by_key(|event| event.id);
    assert_eq!(seen, timeline(&store).await);
    assert!(seen.len() > 100, "{}", seen.len());
}

async fn the_histogram_counts_spans(db: &TestDb) {
    let store = db.store().await;
    // Spans of 10 s that end at 40: 10..20, 20..30, 30..40. Events at their edges and outside.
    let seconds = [9, 10, 19, 20, 20, 39, 40, 41];
    let arrivals = (0..).zip(seconds).map(|(n, second): (i32, i64)| arrival(second, &n.to_string()));
    store_events(&store, arrivals.collect()).await;
    let counts = events::histogram(&store, &Scope::All, at(40), 10_000, 3).await.unwrap();
    assert_eq!(counts, [2, 2, 1]);
    // A beginning before 1970 is no problem.
    let counts = events::histogram(&store, &Scope::All, at(100), i64::MAX / 4, 2).await.unwrap();
    assert_eq!(counts, [0, 8]);
}

async fn old_ones_go_in_batches(db: &TestDb) {
    let store = db.store().await;
    store_events(&store, (0..25).map(|n| arrival(n, "k")).collect()).await;
    let delete = async |limit| {
        let mut tx = store.begin().await.unwrap();
        let gone = events::delete_before(&mut tx, at(20), limit).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    assert_eq!(delete(8).await, 8);
    assert_eq!(timeline(&store).await[0].id.occurred_at(), at(8), "the oldest go first");
    assert_eq!([delete(8).await, delete(8).await, delete(8).await], [8, 4, 0]);
    let left: Vec<Timestamp> = timeline(&store).await.iter().map(|event| event.id.occurred_at()).collect();
    assert_eq!(left, (20..25).map(at).collect::<Vec<_>>());
}

/// The same events, however they arrived, make the same timeline byte for byte in every database there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_timeline_in_every_database() {
    let name = "events::the_same_timeline_in_every_database";
    let mut databases = vec![TestDb::of(Which::Sqlite, name).await.unwrap()];
    databases.push(databases[0].another().await);
    for which in [Which::Postgres, Which::MySql] {
        databases.extend(TestDb::of(which, name).await);
    }
    let mut timelines = BTreeSet::new();
    for (db, seed) in databases.iter().zip(1..) {
        timelines.insert(timeline_of_shuffled_arrivals(&db.store().await, Dice(seed)).await);
    }
    assert_eq!(timelines.len(), 1, "the timelines differ");
    assert!(timelines.iter().all(|timeline| timeline.len() > 10_000));
}

async fn timeline_of_shuffled_arrivals(store: &Store, mut dice: Dice) -> String {
    let mut arrivals: Vec<Arrival> = (0..120)
        .map(|n| {
            // Many at the same millisecond: their order is decided by what they are, not by when they came.
            let mut it = arrival(n % 6, &n.to_string());
            it.event.account = (n % 3).to_string();
            it.event.object_id = ["é", "日本", "e\u{301}", "Z", "a "][(n % 5) as usize].to_owned();
            it.event.property = Some("p".to_owned()).filter(|_| n % 2 == 0);
            it
        })
        .collect();
    arrivals.extend(arrivals.clone());
    dice.shuffle(&mut arrivals);
    let mut tx = store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", "1", "acme", at(0)).await.unwrap();
    tx.commit().await.unwrap();
    while !arrivals.is_empty() {
        let rest = arrivals.split_off(arrivals.len().min(1 + dice.below(50)));
        store_events(store, std::mem::replace(&mut arrivals, rest)).await;
    }
    let acme = Scope::Organization("acme".to_owned());
    let mut text = String::new();
    for (scope, order) in
        [(&Scope::All, Order::OldestFirst), (&Scope::All, Order::NewestFirst), (&acme, Order::OldestFirst)]
    {
        let page = events::page(store, scope, &Filter::default(), order, None, 1_000).await.unwrap();
        for mut event in page {
            event.seq = 0;
            text.push_str(&format!("{event:?}\n"));
        }
    }
    text
}

async fn page_of(store: &Store, scope: &Scope, filter: &Filter) -> Vec<events::StoredEvent> {
    events::page(store, scope, filter, Order::OldestFirst, None, 1_000).await.unwrap()
}
