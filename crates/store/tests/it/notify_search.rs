//! Deliveries are found whichever endpoint they go to: every way to them finds the same, page by page.

use crate::support::at;
use crate::support::notify::{acme, claim, endpoint, make, message, publish, publish_many, settle};
use syncline_core::time::Timestamp;
use syncline_store::notify::deliveries::{
    self, Delivery, Found, LOOKED_AT, Outcome, Page, Place, Search, State,
};
use syncline_store::notify::messages::Message;
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    every_way_finds_what_fits_in_one_order_and_every_one_once,
    organizations_find_deliveries_to_their_own_endpoints_alone,
    what_stands_behind_many_that_do_not_fit_is_found_by_going_on,
    what_many_endpoints_have_is_put_in_one_order,
    what_cannot_be_in_a_database_finds_nothing,
);

const ENDPOINTS: [&str; 4] = ["ep_1", "ep_2", "ep_3", "ep_4"];

/// Two organizations' messages at four endpoints, in all states; one endpoint serves everybody.
async fn everything(store: &Store) {
    for (id, org_id) in ENDPOINTS.into_iter().zip(["acme", "acme", "globex", ""]) {
        make(store, &endpoint(id, org_id, &["*"])).await;
    }
    let new: Vec<Message> = (1..13)
        .map(|number| Message {
            org_id: if number % 3 == 0 { "globex".to_owned() } else { "acme".to_owned() },
            // Several of one moment.
            created_at: at(i64::from(number / 2)),
            ..message(number, if number % 2 == 0 { "sync.complete" } else { "record.changed" })
        })
        .collect();
    publish(store, &new, at(10)).await;
    for (place, endpoint_id) in ENDPOINTS.into_iter().enumerate() {
        let claims = claim(store, endpoint_id, "w", at(20), 6).await;
        let half = claims.len() / 2;
        settle(store, &claims[..half], "w", Outcome::Failed, at(21)).await;
        settle(store, &claims[half..], "w", Outcome::Delivered, at(22 + (place as i64) % 2)).await;
    }
}

/// All pages of two.
async fn all(store: &Store, scope: &Scope, search: &Search) -> Vec<Found> {
    let (mut found, mut place) = (Vec::new(), None);
    loop {
        let page = deliveries::search(store, scope, search, place.as_ref(), 2).await.unwrap();
        assert!(page.found.len() == 2 || page.next.is_none(), "few rows: a page is full but the last");
        found.extend(page.found);
        let Some(next) = page.next else { return found };
        place = Some(next);
    }
}

fn ids(found: &[Found]) -> Vec<(&str, &str)> {
    found.iter().map(|one| (one.delivery.message_id.as_str(), one.delivery.endpoint_id.as_str())).collect()
}

/// What has to be found: all there is, compared one by one.
fn expected<'a>(there: &'a [Found], search: &Search) -> Vec<(&'a str, &'a str)> {
    let is = |wanted: &Option<String>, is: Option<&String>| wanted.is_none() || wanted.as_ref() == is;
    let fits = |one: &&Found| {
        let of: &Delivery = &one.delivery;
        is(&search.message_id, Some(&of.message_id))
            && is(&search.endpoint_id, Some(&of.endpoint_id))
            && is(&search.kind, one.kind.as_ref())
            && is(&search.org_id, one.org_id.as_ref())
            && search.state.is_none_or(|state| of.state == state)
            && search.from.is_none_or(|from| of.created_at >= from)
            && search.to.is_none_or(|to| of.created_at < to)
    };
    let mut fitting: Vec<&Found> = there.iter().filter(fits).collect();
    fitting.sort_by_key(|one| {
        let of = &one.delivery;
        let moment: Timestamp = if search.state.is_some() { of.at } else { of.created_at };
        std::cmp::Reverse((moment, of.message_id.clone(), of.endpoint_id.clone()))
    });
    fitting
        .into_iter()
        .map(|one| (one.delivery.message_id.as_str(), one.delivery.endpoint_id.as_str()))
        .collect()
}

async fn every_way_finds_what_fits_in_one_order_and_every_one_once(db: &TestDb) {
    let store = db.store().await;
    everything(&store).await;
    let there = all(&store, &Scope::All, &Search::default()).await;
    assert_eq!(there.len(), 8 + 8 + 4 + 12);
    let word = |word: &str| Some(word.to_owned());
    let none = Search::default;
    let ways = [
        none(),
        Search { message_id: word("msg_00004"), ..none() },
        Search { endpoint_id: word("ep_4"), ..none() },
        Search { endpoint_id: word("ep_4"), state: Some(State::Failed), ..none() },
        Search { state: Some(State::Failed), ..none() },
        Search { state: Some(State::Waiting), ..none() },
    ];
    let rests = [
        none(),
        Search { kind: word("sync.complete"), ..none() },
        Search { org_id: word("globex"), ..none() },
        Search { from: Some(at(2)), to: Some(at(5)), ..none() },
        Search { kind: word("record.changed"), org_id: word("acme"), from: Some(at(1)), ..none() },
        Search { kind: word("no.such"), ..none() },
    ];
    for way in &ways {
        for rest in &rests {
            let (message_id, endpoint_id) = (way.message_id.clone(), way.endpoint_id.clone());
            let search = Search { message_id, endpoint_id, state: way.state, ..rest.clone() };
            let found = all(&store, &Scope::All, &search).await;
            assert_eq!(ids(&found), expected(&there, &search), "{search:?}");
        }
    }
}

async fn organizations_find_deliveries_to_their_own_endpoints_alone(db: &TestDb) {
    let store = db.store().await;
    everything(&store).await;
    for state in [None, Some(State::Delivered)] {
        let search = Search { state, ..Search::default() };
        let found = all(&store, &acme(), &search).await;
        assert!(!found.is_empty());
        assert!(found.iter().all(|one| ["ep_1", "ep_2"].contains(&one.delivery.endpoint_id.as_str())));
        let theirs = Search { endpoint_id: Some("ep_4".to_owned()), ..search };
        assert_eq!(all(&store, &acme(), &theirs).await, []);
    }
}

async fn what_stands_behind_many_that_do_not_fit_is_found_by_going_on(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &["*"])).await;
    let many = u32::try_from(LOOKED_AT).unwrap() + 700;
    publish(&store, &[message(1, "record.changed")], at(9)).await;
    publish_many(&store, 2..many, at(9_000)).await;
    let rare = Search { kind: Some("record.changed".to_owned()), ..Search::default() };
    for search in [
        rare.clone(),
        Search { endpoint_id: Some("ep_1".to_owned()), ..rare.clone() },
        Search { state: Some(State::Waiting), ..rare },
    ] {
        let first = deliveries::search(&store, &Scope::All, &search, None, 9).await.unwrap();
        let (found, next) = (first.found.len(), first.next.expect("it has not looked at all"));
        assert_eq!(found, 0, "{search:?}");
        let rest = deliveries::search(&store, &Scope::All, &search, Some(&next), 9).await.unwrap();
        assert_eq!((ids(&rest.found), rest.next), (vec![("msg_00001", "ep_1")], None), "{search:?}");
    }
}

async fn what_many_endpoints_have_is_put_in_one_order(db: &TestDb) {
    let store = db.store().await;
    // More than are looked into with one statement.
    for number in 0..60 {
        make(&store, &endpoint(&format!("ep_{number:02}"), "acme", &["*"])).await;
    }
    publish_many(&store, 1..8, at(10)).await;
    let search = Search { state: Some(State::Waiting), ..Search::default() };
    let (mut seen, mut place) = (Vec::new(), None);
    loop {
        let Page { found, next } =
            deliveries::search(&store, &Scope::All, &search, place.as_ref(), 50).await.unwrap();
        seen.extend(found.into_iter().map(|one| (one.delivery.message_id, one.delivery.endpoint_id)));
        let Some(next) = next else { break };
        place = Some(next);
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (60 * 7, &sorted));
}

async fn what_cannot_be_in_a_database_finds_nothing(db: &TestDb) {
    let store = db.store().await;
    everything(&store).await;
    let odd = || Some("a\0b".to_owned());
    for search in [
        Search { message_id: odd(), ..Search::default() },
        Search { endpoint_id: odd(), ..Search::default() },
        Search { org_id: odd(), ..Search::default() },
        Search { org_id: odd(), state: Some(State::Failed), ..Search::default() },
    ] {
        assert_eq!(all(&store, &Scope::All, &search).await, []);
    }
    let place = Place { at: at(99), message_id: "\0".to_owned(), endpoint_id: "\0".to_owned() };
    for state in [None, Some(State::Failed)] {
        let search = Search { state, ..Search::default() };
        let page = deliveries::search(&store, &Scope::All, &search, Some(&place), 9).await.unwrap();
        assert!(!page.found.is_empty(), "an odd place is a place");
    }
}
