//! Filters and scopes: every question finds its own events and no others.

use crate::support::{Dice, arrival, at, page_of, timeline};
use syncline_store::events::{self, Arrival, Filter, Order};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, accounts};

for_each_database!(
    every_filter_finds_its_own,
    tenants_do_not_see_each_other,
    names_are_told_apart_byte_by_byte,
);

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
    for _ in 0..150 {
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
            search: None,
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
    assert!(found_something > 25, "{found_something}");
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
