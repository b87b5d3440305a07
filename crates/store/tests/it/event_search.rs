//! The search of events: what a text may mean, and that every page of it is complete, whatever else is asked for.

use crate::support::records::connect_as;
use crate::support::{Dice, arrival, at, page_of, timeline};
use syncline_core::event::EventId;
use syncline_store::events::search::MOST;
use syncline_store::events::{self, Arrival, Filter, Order, Search, StoredEvent};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    a_text_means_ids_kinds_and_accounts,
    a_search_finds_what_looking_at_every_event_finds,
    a_text_that_could_mean_too_much_is_cut_and_says_so,
    pages_of_a_search_follow_one_another_in_both_orders,
    looks_follow_one_another_to_everything_that_fits,
);

fn event(n: i64, account: &str, object_id: &str, kind: &str) -> Arrival {
    let mut it = arrival(n, &n.to_string());
    it.event.account = account.to_owned();
    it.event.object_id = object_id.to_owned();
    it.event.kind = kind.to_owned();
    it
}

async fn store(store: &Store, arrivals: Vec<Arrival>) {
    let mut tx = store.begin().await.unwrap();
    events::store(&mut tx, arrivals).await.unwrap();
    tx.commit().await.unwrap();
}

async fn meaning(store: &Store, text: &str) -> Search {
    events::meaning(store, &Scope::All, text).await.unwrap()
}

async fn a_text_means_ids_kinds_and_accounts(db: &TestDb) {
    let hub = db.store().await;
    connect_as(&hub, "con_1", "acme", "hubspot", "62515", "Müller & Söhne").await;
    let all =
        [("62515", "512", "contact.creation"), ("9", "5121", "deal.change"), ("9", "77", "Contact.merge")];
    let arrivals = (1..).zip(all).map(|(n, (account, id, kind))| event(n, account, id, kind));
    store(&hub, arrivals.collect()).await;
    assert_eq!(meaning(&hub, " 512 ").await.object_ids, ["512", "5121"], "the beginning of an id");
    assert_eq!(meaning(&hub, "CONTACT").await.kinds, ["Contact.merge", "contact.creation"]);
    assert_eq!(meaning(&hub, "625").await.accounts, ["62515"], "the beginning of an account's id");
    assert_eq!(meaning(&hub, "& S").await.accounts, ["62515"], "a part of its name");
    let one = timeline(&hub).await[1].id;
    assert_eq!(meaning(&hub, &one.to_string()).await.event, Some(one));
    for vain in ["", "12", "%", "_", "51!", "512\0", &"x".repeat(5_000)] {
        let found = meaning(&hub, vain).await;
        assert!(found.is_vain() && !found.is_cut, "{vain:.20}");
        let filter = Filter { search: Some(found), ..Filter::default() };
        assert_eq!(page_of(&hub, &Scope::All, &filter).await, [], "{vain:.20}");
    }
    let other = Scope::Organization("globex".to_owned());
    assert!(events::meaning(&hub, &other, "Söhne").await.unwrap().is_vain(), "another's account");
}

/// What the text means, said once more and looked for event by event.
fn is_meant(event: &StoredEvent, text: &str) -> bool {
    event.object_id.starts_with(text)
        || event.kind.to_lowercase().contains(&text.to_lowercase())
        || event.account.starts_with(text)
        || event.id.to_string() == text
}

async fn a_search_finds_what_looking_at_every_event_finds(db: &TestDb) {
    let hub = db.store().await;
    let mut dice = Dice(11);
    let arrivals = (0..200).map(|n| {
        let id = ["1", "12", "120", "2", "21", ""][dice.below(6)];
        let (account, kind) =
            (["1", "2", "33"][dice.below(3)], ["create", "Update", "1.delete"][dice.below(3)]);
        let mut it = event(n, account, id, kind);
        it.event.property = Some(["email", "phone"][dice.below(2)].to_owned());
        it
    });
    store(&hub, arrivals.collect()).await;
    let all = timeline(&hub).await;
    let id = all[7].id.to_string();
    for text in ["1", "12", "2", "33", "ATE", "up", "delete", "0", &id] {
        let search = Some(meaning(&hub, text).await);
        for (account, object_id, property) in [
            (None, None, None),
            (Some("1"), None, None),
            (None, Some("12"), None),
            (None, None, Some("email")),
        ] {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let filter = Filter {
                account: own(account),
                object_id: own(object_id),
                property: own(property),
                from: Some(at(20)),
                search: search.clone(),
                ..Filter::default()
            };
            let fits = |event: &&StoredEvent| {
                is_meant(event, text)
                    && account.is_none_or(|account| event.account == account)
                    && object_id.is_none_or(|id| event.object_id == id)
                    && property.is_none_or(|property| event.property.as_deref() == Some(property))
                    && event.id.occurred_at() >= at(20)
            };
            let expected: Vec<StoredEvent> = all.iter().filter(fits).cloned().collect();
            let page = events::page(&hub, &Scope::All, &filter, Order::OldestFirst, None, 500).await.unwrap();
            assert_eq!(page, expected, "{text} {filter:?}");
            let mut tail = events::since(&hub, &Scope::All, &filter, 0, 500).await.unwrap();
            tail.sort_by_key(|event| event.id);
            assert_eq!(tail, expected, "{text}, as it is stored: {filter:?}");
        }
    }
    // What comes later is followed, too: a record whose id begins so.
    let search = Some(meaning(&hub, "12").await);
    store(&hub, vec![event(900, "9", "1299", "create")]).await;
    let last = all.iter().map(|event| event.seq).max().unwrap();
    let filter = Filter { search, ..Filter::default() };
    assert_eq!(events::since(&hub, &Scope::All, &filter, last, 9).await.unwrap().len(), 1);
}

async fn a_text_that_could_mean_too_much_is_cut_and_says_so(db: &TestDb) {
    let hub = db.store().await;
    let many = i64::try_from(MOST).unwrap() + 5;
    store(&hub, (0..many).map(|n| event(n, "1", &format!("rec{n:03}"), "create")).collect()).await;
    let found = meaning(&hub, "rec").await;
    assert!(found.is_cut && found.object_ids.len() == MOST && found.object_ids[0] == "rec000");
    let exact = meaning(&hub, "rec02").await;
    assert!(!exact.is_cut && exact.object_ids.len() == 5, "{exact:?}");
}

async fn pages_of_a_search_follow_one_another_in_both_orders(db: &TestDb) {
    let hub = db.store().await;
    let arrivals =
        (0..120).map(|n| event(n, if n % 3 == 0 { "create" } else { "1" }, &format!("c{}", n % 7), "create"));
    store(&hub, arrivals.collect()).await;
    let filter = Filter { search: Some(meaning(&hub, "c").await), ..Filter::default() };
    for order in [Order::OldestFirst, Order::NewestFirst] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = events::page(&hub, &Scope::All, &filter, order, after, 7).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        if order == Order::NewestFirst {
            seen.reverse();
        }
        assert_eq!(seen, timeline(&hub).await, "each once, though each is meant twice or thrice");
    }
}

/// Every look of a chain, with no patience at all: as little as one can look at.
async fn looks(hub: &Store, filter: &Filter, order: Order) -> (Vec<StoredEvent>, usize) {
    let (mut seen, mut after, mut empty) = (Vec::new(), None, 0);
    loop {
        let found = events::look(hub, &Scope::All, filter, order, after, 2, &mut || false).await.unwrap();
        empty += usize::from(found.events.is_empty());
        let last = found.events.last().map(|event| event.id);
        seen.extend(found.events);
        after = match (found.reached, last) {
            (Some(reached), _) => Some(reached),
            (None, Some(last)) => Some(last),
            (None, None) => return (seen, empty),
        };
    }
}

/// The id of an event of the rare property.
async fn a_rare_one(hub: &Store) -> EventId {
    let rare = Filter { property: Some("rare".to_owned()), ..Filter::default() };
    page_of(hub, &Scope::All, &rare).await[3].id
}

async fn looks_follow_one_another_to_everything_that_fits(db: &TestDb) {
    let hub = db.store().await;
    let rare = [3, 1_999, 2_000, 2_001, 4_700, 4_701, 4_702, 6_499];
    let arrivals = (0..6_500).map(|n| {
        let mut it =
            event(n, if n % 2 == 0 { "1" } else { "2" }, "c1", ["create", "update"][usize::from(n > 3_000)]);
        it.event.property = rare.contains(&n).then(|| "rare".to_owned());
        it
    });
    store(&hub, arrivals.collect()).await;
    let search = Some(meaning(&hub, "1").await);
    let known = a_rare_one(&hub).await;
    let one = Some(meaning(&hub, &known.to_string()).await);
    let rare = || Some("rare".to_owned());
    for (filter, vain) in [
        (Filter { property: rare(), ..Filter::default() }, 2..=5),
        (Filter { property: rare(), account: Some("2".to_owned()), ..Filter::default() }, 1..=3),
        (
            Filter {
                property: rare(),
                kind: Some("update".to_owned()),
                from: Some(at(4_000)),
                ..Filter::default()
            },
            1..=3,
        ),
        (Filter { property: rare(), search, ..Filter::default() }, 1..=3),
        // An event that is known needs no looking for, whatever else is asked.
        (Filter { property: rare(), search: one, ..Filter::default() }, 1..=1),
        // Nothing but what fits is read, however little that is: one look finds it all.
        (Filter { account: Some("3".to_owned()), ..Filter::default() }, 1..=1),
    ] {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let expected = events::page(&hub, &Scope::All, &filter, order, None, 500).await.unwrap();
            let (seen, empty) = looks(&hub, &filter, order).await;
            assert_eq!(seen, expected, "{filter:?} {order:?}");
            assert!(vain.contains(&empty), "{empty} looks found nothing: {filter:?} {order:?}");
        }
    }
    // With patience the same is found at once.
    let filter = Filter { property: rare(), ..Filter::default() };
    let all =
        events::look(&hub, &Scope::All, &filter, Order::NewestFirst, None, 9, &mut || true).await.unwrap();
    assert_eq!((all.events.len(), all.reached), (8, None));
}
