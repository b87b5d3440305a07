//! Definitions of counters.

use crate::support::at;
use crate::support::counters::{all_rules, change, counter, definition, make};
use crate::support::jobs::in_tx;
use crate::support::notify::acme;
use syncline_core::counters::change::Change;
use syncline_core::counters::definition::Target;
use syncline_core::secret::Secret;
use syncline_store::counters::definitions::{self, Filter, Kept, State, Stored};
use syncline_store::counters::{self, Sealed, changes, runs};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};
use tokio::task::JoinSet;

for_each_database!(
    a_definition_is_kept_whole_and_without_its_secrets,
    a_name_is_taken_once_in_an_organization,
    it_changes_from_the_version_that_was_read,
    it_is_paused_and_resumed_and_says_what_has_to_be_mended,
    listed_by_id_in_pages_as_the_filter_says,
    organizations_see_their_own_alone,
    what_is_due_is_compared_once,
    what_is_in_a_dry_run_is_due_when_that_has_ended,
    what_is_sealed_is_found_by_its_key_and_sealed_anew_once,
    what_a_deleted_one_leaves_is_erased_bit_by_bit,
);

fn globex() -> Scope {
    Scope::Organization("globex".to_owned())
}

fn whole() -> Stored {
    Stored {
        secrets: Some(Sealed { bytes: vec![1, 255], key: "k1".to_owned() }),
        trigger_shown: Some("https://api.hubapi.com/automation/v4/webhook-triggers/1/…".to_owned()),
        ..definition("ctr_1", "acme", "bookings")
    }
}

async fn get(store: &Store, id: &str) -> Stored {
    definitions::get(store, &Scope::All, id).await.unwrap().expect("there is one")
}

async fn a_definition_is_kept_whole_and_without_its_secrets(db: &TestDb) {
    let store = db.store().await;
    let mut open = whole();
    open.definition.target = Target::Trigger { url: Some(Secret::new("https://hush")) };
    make(&store, &open).await;
    assert_eq!(get(&store, "ctr_1").await, whole());
    let plain = Stored { reconcile_at: None, ..definition("ctr_2", "acme", "orders") };
    make(&store, &plain).await;
    assert_eq!(definitions::by_name(&store, "acme", "orders").await.unwrap(), Some(plain.clone()));
    let both = definitions::get_many(&store, &["ctr_1", "ctr_2", "ctr_9"]).await.unwrap();
    assert_eq!(both.len(), 2);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(definitions::get_in(&mut tx, &acme(), "ctr_2").await.unwrap(), Some(plain));
}

async fn a_name_is_taken_once_in_an_organization(db: &TestDb) {
    let store = db.store().await;
    let mut makers = JoinSet::new();
    for number in 0..6 {
        let store = store.clone();
        let new = definition(&format!("ctr_{number}"), "acme", "bookings");
        makers.spawn(async move { in_tx(&store, async |tx| definitions::create(tx, &new).await).await });
    }
    let kept = makers.join_all().await;
    assert_eq!(kept.iter().filter(|kept| **kept == Kept::Done).count(), 1, "{kept:?}");
    make(&store, &definition("ctr_7", "globex", "bookings")).await;
    make(&store, &definition("ctr_8", "acme", "orders")).await;
    let renamed = definition("ctr_8", "acme", "bookings");
    let taken = in_tx(&store, async |tx| definitions::update(tx, &renamed).await).await;
    assert_eq!(taken, Kept::NameTaken);
    assert_eq!(get(&store, "ctr_8").await.definition.name, "orders");
}

async fn it_changes_from_the_version_that_was_read(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    let mut changed = Stored { secrets: None, trigger_shown: None, updated_at: at(5), ..whole() };
    changed.definition.target = Target::Property;
    // Not part of what it says.
    changed.state = State::Paused;
    let update = async || in_tx(&store, async |tx| definitions::update(tx, &changed).await).await;
    assert_eq!(update().await, Kept::Done);
    assert_eq!(update().await, Kept::Changed);
    assert_eq!(get(&store, "ctr_1").await, Stored { state: State::Active, version: 2, ..changed.clone() });
}

async fn it_is_paused_and_resumed_and_says_what_has_to_be_mended(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    let attention = async |version| {
        in_tx(&store, async |tx| definitions::attention(tx, "ctr_1", version, "deleted", at(5)).await).await
    };
    assert!(!attention(2).await && attention(1).await && !attention(2).await);
    let stored = get(&store, "ctr_1").await;
    assert_eq!(
        (stored.state, stored.reason.as_deref(), stored.version),
        (State::Attention, Some("deleted"), 2)
    );
    let resume = async |scope: &Scope| {
        in_tx(&store, async |tx| definitions::resume(tx, scope, "ctr_1", at(6)).await).await
    };
    assert!(!resume(&globex()).await && resume(&acme()).await && !resume(&acme()).await);
    let stored = get(&store, "ctr_1").await;
    assert_eq!((stored.state, stored.reason, stored.updated_at), (State::Active, None, at(6)));
    let pause =
        async || in_tx(&store, async |tx| definitions::pause(tx, &acme(), "ctr_1", at(7)).await).await;
    assert!(pause().await && !pause().await);
    // What somebody paused has nothing to be mended.
    assert!(!attention(4).await);
    assert_eq!(get(&store, "ctr_1").await.state, State::Paused);
}

async fn listed_by_id_in_pages_as_the_filter_says(db: &TestDb) {
    let store = db.store().await;
    for number in 0..6 {
        let mut new = definition(&format!("ctr_{number}"), "acme", &format!("c{number}"));
        new.definition.connection_id = format!("con_{}", number % 2);
        new.state = if number < 4 { State::Active } else { State::Paused };
        make(&store, &new).await;
    }
    let ids = async |filter: Filter, after: Option<&str>, limit| {
        let page = definitions::list(&store, &acme(), &filter, after, limit).await.unwrap();
        page.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Filter::default(), None, 4).await, ["ctr_0", "ctr_1", "ctr_2", "ctr_3"]);
    assert_eq!(ids(Filter::default(), Some("ctr_3"), 4).await, ["ctr_4", "ctr_5"]);
    let of_connection = Filter { connection_id: Some("con_1".to_owned()), ..Filter::default() };
    assert_eq!(ids(of_connection.clone(), None, 9).await, ["ctr_1", "ctr_3", "ctr_5"]);
    let paused = Filter { state: Some(State::Paused), ..of_connection };
    assert_eq!(ids(paused, None, 9).await, ["ctr_5"]);
}

async fn organizations_see_their_own_alone(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    change(&store, "7", Change::Increment(1), at(1)).await;
    let scope = globex();
    assert_eq!(definitions::get(&store, &scope, "ctr_1").await.unwrap(), None);
    assert_eq!(definitions::by_name(&store, "globex", "bookings").await.unwrap(), None);
    let filter = Filter { org_id: Some("acme".to_owned()), ..Filter::default() };
    assert_eq!(definitions::list(&store, &scope, &filter, None, 9).await.unwrap(), []);
    assert!(!in_tx(&store, async |tx| definitions::delete(tx, &scope, "ctr_1").await).await);
    assert!(!in_tx(&store, async |tx| definitions::pause(tx, &scope, "ctr_1", at(1)).await).await);
    assert_eq!(counters::get(&store, &scope, "ctr_1", "7").await.unwrap(), None);
    let all = counters::Filter::All(None);
    assert_eq!(counters::page(&store, &scope, "ctr_1", &all, 9).await.unwrap(), []);
    assert_eq!(counters::waiting(&store, &scope, "ctr_1").await.unwrap(), counters::Waiting::default());
    assert_eq!(changes::history(&store, &scope, ("ctr_1", "7"), None, 9).await.unwrap(), []);
    assert_eq!(counters::page(&store, &acme(), "ctr_1", &all, 9).await.unwrap().len(), 1);
    assert_eq!(counters::waiting(&store, &acme(), "ctr_1").await.unwrap().to_send, 1);
}

async fn what_is_due_is_compared_once(db: &TestDb) {
    let store = db.store().await;
    for (number, state) in [(1, State::Active), (2, State::Active), (3, State::Paused)] {
        let new = definition(&format!("ctr_{number}"), "acme", &format!("c{number}"));
        make(&store, &Stored { reconcile_at: Some(at(10 - number)), state, ..new }).await;
    }
    make(&store, &Stored { reconcile_at: None, ..definition("ctr_4", "acme", "c4") }).await;
    let due = async |now| {
        let due = definitions::due(&store, now, 9).await.unwrap();
        due.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(due(at(7)).await, Vec::<String>::new());
    assert_eq!(due(at(10)).await, ["ctr_2", "ctr_1"]);
    let next = async || {
        in_tx(&store, async |tx| definitions::reconciled(tx, "ctr_2", at(8), Some(at(99))).await).await
    };
    assert!(next().await && !next().await);
    assert_eq!(due(at(10)).await, ["ctr_1"]);
    assert_eq!(get(&store, "ctr_2").await.version, 1);
}

async fn what_is_in_a_dry_run_is_due_when_that_has_ended(db: &TestDb) {
    let store = db.store().await;
    make(&store, &Stored { reconcile_at: Some(at(5)), ..definition("ctr_1", "acme", "c1") }).await;
    let due = async || definitions::due(&store, at(10), 9).await.unwrap().len();
    for (id, dry_run) in [("crn_1", true), ("crn_2", false)] {
        let (org_id, definition_id) = ("acme".to_owned(), "ctr_1".to_owned());
        let new = runs::NewRun { id: id.to_owned(), org_id, definition_id, cause: runs::Cause::Api, dry_run };
        let create = async |id: &str| {
            let new = runs::NewRun { id: id.to_owned(), ..new.clone() };
            in_tx(&store, async |tx| runs::create(tx, &new, at(6)).await).await
        };
        assert_eq!(create(id).await, runs::Created::New);
        assert_eq!(create("crn_3").await, runs::Created::Already { id: id.to_owned(), dry_run });
        assert_eq!(due().await, usize::from(!dry_run), "one that repairs does what is due");
        let ended = runs::State::Succeeded;
        assert!(in_tx(&store, async |tx| runs::finish(tx, id, ended, None, at(7)).await).await);
        assert_eq!(due().await, 1);
    }
}

async fn what_is_sealed_is_found_by_its_key_and_sealed_anew_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    make(&store, &definition("ctr_2", "acme", "plain")).await;
    assert_eq!(definitions::sealing_keys(&store).await.unwrap(), [("k1".to_owned(), 1)]);
    let old = definitions::sealed_otherwise(&store, "k2", 9).await.unwrap();
    assert_eq!(old.len(), 1);
    let reseal =
        async || in_tx(&store, async |tx| definitions::reseal(tx, "ctr_1", "k1", &[2], "k2").await).await;
    assert!(reseal().await && !reseal().await);
    let stored = get(&store, "ctr_1").await;
    assert_eq!(stored.secrets, Some(Sealed { bytes: vec![2], key: "k2".to_owned() }));
    assert_eq!(stored.version, 1);
    assert_eq!(definitions::sealed_otherwise(&store, "k2", 9).await.unwrap(), []);
}

async fn what_a_deleted_one_leaves_is_erased_bit_by_bit(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    make(&store, &definition("ctr_2", "acme", "other")).await;
    let items: Vec<changes::Item> = (0..7)
        .map(|key| crate::support::counters::item(&key.to_string(), Change::Increment(1)))
        .chain([changes::Item {
            definition_id: "ctr_2".to_owned(),
            key: "1".to_owned(),
            change: Ok(Change::Increment(1)),
        }])
        .collect();
    let request = [crate::support::counters::request("req_1", &items)];
    in_tx(&store, async |tx| changes::apply(tx, &request, &all_rules(), at(1)).await).await;
    crate::support::counters::push_through(&store, "0", 1).await;
    assert_eq!(counter(&store, "0").await.shown_version, 1);
    assert!(in_tx(&store, async |tx| definitions::delete(tx, &acme(), "ctr_1").await).await);
    let mut erased = 0;
    loop {
        match in_tx(&store, async |tx| counters::erase(tx, "ctr_1", 3).await).await {
            0 => break,
            some => erased += some,
        }
    }
    // Counters, changes, two pushes and a minute.
    assert_eq!(erased, 7 + 7 + 2 + 1);
    assert!(counters::get(&store, &Scope::All, "ctr_2", "1").await.unwrap().is_some());
}
