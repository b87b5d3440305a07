//! Endpoints and their secrets.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::notify::{acme, endpoint, make, secret};
use std::time::Duration;
use syncline_core::notify::filter::Filter as Kinds;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::notify::verdict::Streak;
use syncline_store::notify::deliveries;
use syncline_store::notify::endpoints::{self, Endpoint, Filter, Health, Sealed, State, secrets};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store, StoreError};
use tokio::task::JoinSet;

for_each_database!(
    an_endpoint_is_kept_whole,
    its_terms_change_from_the_version_that_was_read,
    it_is_disabled_once_and_enabled_with_its_failures_forgotten,
    its_health_is_no_change_of_its_terms,
    what_was_learned_before_it_changed_is_not_held_against_it,
    listed_by_id_in_pages,
    organizations_see_their_own_alone,
    those_that_listen_are_enabled_and_of_the_organization_or_of_all,
    a_secret_is_used_beside_its_successor_until_its_end,
    a_rotated_secret_is_a_change_of_the_endpoint_that_a_poll_shows,
    what_is_sealed_is_found_by_its_key_and_sealed_anew_once,
    a_deleted_endpoint_leaves_no_secret_behind,
    of_those_who_add_at_once_each_counts_the_others,
);

fn globex() -> Scope {
    Scope::Organization("globex".to_owned())
}

fn whole() -> Endpoint {
    Endpoint {
        description: "for the CRM".to_owned(),
        filter: Kinds::new(["sync.*", "record.created"]).unwrap(),
        headers: Some(Sealed { bytes: vec![1, 255], key: "k1".to_owned() }),
        rate: Rate::new(100, Duration::from_secs(1)),
        ordered: true,
        schedule: Some(Schedule::new(vec![Duration::from_secs(5)], 0).unwrap()),
        ..endpoint("ep_1", "acme", &[])
    }
}

async fn get(store: &Store, id: &str) -> Endpoint {
    endpoints::get(store, &Scope::All, id).await.unwrap().expect("there is one")
}

async fn an_endpoint_is_kept_whole(db: &TestDb) {
    let store = db.store().await;
    for new in [whole(), endpoint("ep_2", "", &[])] {
        make(&store, &new).await;
        assert_eq!(get(&store, &new.id).await, new);
        let many = endpoints::get_many(&store, &[new.id.as_str(), "ep_9"]).await.unwrap();
        assert_eq!(many, [new]);
    }
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(endpoints::create(&mut tx, &whole()).await, Err(StoreError::Rejected(_))));
}

async fn its_terms_change_from_the_version_that_was_read(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    let changed = Endpoint {
        url: "https://other.example.com/".to_owned(),
        headers: None,
        rate: None,
        schedule: None,
        ordered: false,
        updated_at: at(5),
        // Not among the terms.
        state: State::Disabled,
        reason: Some("x".to_owned()),
        ..whole()
    };
    let update = async |new: &Endpoint| in_tx(&store, async |tx| endpoints::update(tx, new).await).await;
    assert!(update(&changed).await);
    let expected = Endpoint { version: 2, state: State::Enabled, reason: None, ..changed.clone() };
    assert_eq!(get(&store, "ep_1").await, expected);
    assert!(!update(&changed).await, "somebody changed it since");
    assert!(!update(&Endpoint { id: "ep_9".to_owned(), ..whole() }).await);
    assert_eq!(get(&store, "ep_1").await, expected);
}

async fn it_is_disabled_once_and_enabled_with_its_failures_forgotten(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let health =
        Health { streak: Some(Streak { since: at(1), last: at(2), failures: 3 }), paused_until: Some(at(9)) };
    in_tx(&store, async |tx| endpoints::set_health(tx, "ep_1", 1, &health).await).await;
    let disable = async |scope: &Scope| {
        in_tx(&store, async |tx| endpoints::disable(tx, scope, "ep_1", "it answered 410 Gone", at(3)).await)
            .await
    };
    assert!(!disable(&globex()).await);
    assert!(disable(&acme()).await);
    assert!(!disable(&acme()).await, "nobody has to be told twice");
    let found = get(&store, "ep_1").await;
    assert_eq!((found.state, found.reason.as_deref()), (State::Disabled, Some("it answered 410 Gone")));
    assert_eq!((found.version, found.health, found.updated_at), (2, health, at(3)));
    let enable = async |scope: &Scope| {
        in_tx(&store, async |tx| endpoints::enable(tx, scope, "ep_1", at(4)).await).await
    };
    assert!(!enable(&globex()).await);
    assert!(enable(&Scope::All).await);
    assert!(!enable(&Scope::All).await);
    let expected = Endpoint {
        version: 3,
        updated_at: at(4),
        health: Health::default(),
        ..endpoint("ep_1", "acme", &[])
    };
    assert_eq!(get(&store, "ep_1").await, expected);
}

async fn its_health_is_no_change_of_its_terms(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let health =
        Health { streak: Some(Streak { since: at(1), last: at(1), failures: 1 }), paused_until: None };
    for health in [health, Health::default()] {
        in_tx(&store, async |tx| endpoints::set_health(tx, "ep_1", 1, &health).await).await;
        assert_eq!(get(&store, "ep_1").await, Endpoint { health, ..endpoint("ep_1", "acme", &[]) });
    }
}

async fn what_was_learned_before_it_changed_is_not_held_against_it(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    let mended = Endpoint { url: "https://mended.example.com/".to_owned(), ..endpoint("ep_1", "acme", &[]) };
    assert!(in_tx(&store, async |tx| endpoints::update(tx, &mended).await).await);
    let health =
        Health { streak: Some(Streak { since: at(1), last: at(2), failures: 3 }), paused_until: Some(at(9)) };
    let learned = async |version: i64| {
        in_tx(&store, async |tx| {
            endpoints::set_health(tx, "ep_1", version, &health).await?;
            endpoints::give_up(tx, "ep_1", version, "it answered 410 Gone", at(3)).await
        })
        .await
    };
    assert!(!learned(1).await);
    assert_eq!(get(&store, "ep_1").await, Endpoint { version: 2, ..mended.clone() });
    assert!(learned(2).await);
    assert!(!learned(2).await && !learned(3).await, "nobody has to be told twice");
    let found = get(&store, "ep_1").await;
    assert_eq!((found.state, found.reason.as_deref()), (State::Disabled, Some("it answered 410 Gone")));
    assert_eq!((found.version, found.health), (3, health));
}

async fn ids(store: &Store, scope: &Scope, filter: &Filter) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = endpoints::list(store, scope, filter, after.as_deref(), 2).await.unwrap();
        let Some(last) = page.last() else { return ids };
        after = Some(last.id.clone());
        ids.extend(page.into_iter().map(|it| it.id));
    }
}

async fn listed_by_id_in_pages(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in
        [("ep_3", "acme"), ("ep_1", "acme"), ("ep_4", "globex"), ("ep_2", ""), ("ep_5", "acme")]
    {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_3", "x", at(1)).await).await;
    let filter = |org_id: Option<&str>, state| Filter {
        org_id: org_id.map(str::to_owned),
        state,
        ..Filter::default()
    };
    assert_eq!(ids(&store, &Scope::All, &filter(None, None)).await, ["ep_1", "ep_2", "ep_3", "ep_4", "ep_5"]);
    assert_eq!(ids(&store, &Scope::All, &filter(Some(""), None)).await, ["ep_2"]);
    assert_eq!(ids(&store, &Scope::All, &filter(None, Some(State::Disabled))).await, ["ep_3"]);
    let enabled = filter(Some("acme"), Some(State::Enabled));
    assert_eq!(ids(&store, &Scope::All, &enabled).await, ["ep_1", "ep_5"]);
    let streak = Some(Streak { since: at(1), last: at(2), failures: 3 });
    let health = Health { streak, paused_until: None };
    in_tx(&store, async |tx| endpoints::set_health(tx, "ep_5", 1, &health).await).await;
    assert_eq!(ids(&store, &Scope::All, &Filter { failing: true, ..enabled }).await, ["ep_5"]);
}

async fn organizations_see_their_own_alone(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", "globex"), ("ep_3", "")] {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    assert_eq!(ids(&store, &acme(), &Filter::default()).await, ["ep_1"]);
    let theirs = Filter { org_id: Some("globex".to_owned()), ..Filter::default() };
    assert_eq!(ids(&store, &acme(), &theirs).await, Vec::<String>::new());
    for id in ["ep_2", "ep_3"] {
        assert_eq!(endpoints::get(&store, &acme(), id).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(endpoints::get_in(&mut tx, &acme(), id).await.unwrap(), None);
        assert!(!endpoints::delete(&mut tx, &acme(), id).await.unwrap());
        tx.commit().await.unwrap();
    }
    assert!(endpoints::get(&store, &acme(), "ep_1").await.unwrap().is_some());
    assert_eq!(ids(&store, &Scope::All, &Filter::default()).await.len(), 3);
}

async fn those_that_listen_are_enabled_and_of_the_organization_or_of_all(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &["record.*"])).await;
    make(&store, &endpoint("ep_2", "globex", &["sync.*"])).await;
    make(&store, &endpoint("ep_3", "", &["*"])).await;
    make(&store, &endpoint("ep_4", "acme", &["invoice.*"])).await;
    in_tx(&store, async |tx| endpoints::disable(tx, &Scope::All, "ep_4", "over", at(1)).await).await;
    let heard = async |orgs: &[&str]| {
        let mut found = in_tx(&store, async |tx| endpoints::listening_in(tx, orgs).await).await;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(org_id, filter)| (org_id, filter.patterns().join(" "))).collect::<Vec<_>>()
    };
    let pair = |org_id: &str, filter: &str| (org_id.to_owned(), filter.to_owned());
    assert_eq!(heard(&["acme"]).await, [pair("", "*"), pair("acme", "record.*")]);
    assert_eq!(heard(&["globex", "nobody"]).await, [pair("", "*"), pair("globex", "sync.*")]);
    assert_eq!(heard(&[]).await, [pair("", "*")]);
}

async fn a_secret_is_used_beside_its_successor_until_its_end(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    in_tx(&store, async |tx| secrets::add(tx, &secret("sec_1", "ep_1", 0)).await).await;
    in_tx(&store, async |tx| secrets::add(tx, &secret("sec_x", "ep_2", 0)).await).await;
    let of = async || -> Vec<(String, Option<i64>)> {
        let found = secrets::of(&store, &["ep_1"]).await.unwrap();
        let seconds = |at: syncline_core::time::Timestamp| (at.as_millis() - self::at(0).as_millis()) / 1_000;
        found.into_iter().map(|it| (it.id, it.not_after.map(seconds))).collect()
    };
    let rotate = async |new: &str, made: i64, until: i64| {
        let new = secret(new, "ep_1", made);
        in_tx(&store, async |tx| secrets::rotate(tx, &new, at(until), at(made)).await).await;
    };
    let entry = |id: &str, end: Option<i64>| (id.to_owned(), end);
    rotate("sec_2", 10, 100).await;
    assert_eq!(of().await, [entry("sec_2", None), entry("sec_1", Some(100))]);
    // A second time before the first has ended: that end stays, and never comes later.
    rotate("sec_3", 20, 200).await;
    assert_eq!(of().await, [entry("sec_3", None), entry("sec_2", Some(200)), entry("sec_1", Some(100))]);
    // At once, because a secret got known.
    rotate("sec_4", 30, 30).await;
    assert_eq!(of().await, [entry("sec_4", None)]);
    let both = secrets::of(&store, &["ep_2", "ep_1", "ep_9"]).await.unwrap();
    assert_eq!(both.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["sec_4", "sec_x"]);
    assert_eq!(both[1], secret("sec_x", "ep_2", 0));
}

async fn a_rotated_secret_is_a_change_of_the_endpoint_that_a_poll_shows(db: &TestDb) {
    let store = db.store().await;
    make(&store, &endpoint("ep_1", "acme", &[])).await;
    make(&store, &endpoint("ep_2", "acme", &[])).await;
    in_tx(&store, async |tx| secrets::add(tx, &secret("sec_1", "ep_1", 0)).await).await;
    let versions = async || -> Vec<i64> {
        let lanes = deliveries::lanes(&store, ("nobody", at(0)), None, 9).await.unwrap();
        lanes.iter().map(|lane| lane.version).collect()
    };
    assert_eq!(versions().await, [1, 1]);
    let new = secret("sec_2", "ep_1", 5);
    in_tx(&store, async |tx| secrets::rotate(tx, &new, at(9), at(5)).await).await;
    assert_eq!(versions().await, [2, 1]);
    let expected = Endpoint { version: 2, updated_at: at(5), ..endpoint("ep_1", "acme", &[]) };
    assert_eq!(get(&store, "ep_1").await, expected);
}

async fn what_is_sealed_is_found_by_its_key_and_sealed_anew_once(db: &TestDb) {
    let store = db.store().await;
    make(&store, &whole()).await;
    make(&store, &endpoint("ep_2", "acme", &[])).await;
    in_tx(&store, async |tx| secrets::add(tx, &secret("sec_1", "ep_1", 0)).await).await;
    assert_eq!(endpoints::sealing_keys(&store).await.unwrap(), [("k1".to_owned(), 1)]);
    assert_eq!(secrets::sealing_keys(&store).await.unwrap(), [("k1".to_owned(), 1)]);
    assert_eq!(endpoints::sealed_otherwise(&store, "k2", 9).await.unwrap(), [whole()]);
    assert_eq!(secrets::sealed_otherwise(&store, "k2", 9).await.unwrap(), [secret("sec_1", "ep_1", 0)]);
    let reseal = async || {
        let headers = in_tx(&store, async |tx| endpoints::reseal(tx, "ep_1", "k1", b"new", "k2").await).await;
        let secret = in_tx(&store, async |tx| secrets::reseal(tx, "sec_1", "k1", b"new", "k2").await).await;
        (headers, secret)
    };
    assert_eq!(reseal().await, (true, true));
    assert_eq!(reseal().await, (false, false), "somebody else did it");
    let sealed = Sealed { bytes: b"new".to_vec(), key: "k2".to_owned() };
    assert_eq!(get(&store, "ep_1").await, Endpoint { headers: Some(sealed.clone()), ..whole() });
    assert_eq!(secrets::of(&store, &["ep_1"]).await.unwrap()[0].secret, sealed);
    assert!(endpoints::sealed_otherwise(&store, "k2", 9).await.unwrap().is_empty());
    assert!(!format!("{sealed:?}").contains("110"), "no bytes of it are printed");
}

async fn a_deleted_endpoint_leaves_no_secret_behind(db: &TestDb) {
    let store = db.store().await;
    for id in ["ep_1", "ep_2"] {
        make(&store, &endpoint(id, "acme", &[])).await;
        in_tx(&store, async |tx| secrets::add(tx, &secret(&format!("sec_{id}"), id, 0)).await).await;
    }
    let delete = async || in_tx(&store, async |tx| endpoints::delete(tx, &acme(), "ep_1").await).await;
    assert!(delete().await);
    assert!(!delete().await);
    let left = secrets::of(&store, &["ep_1", "ep_2"]).await.unwrap();
    assert_eq!(left.iter().map(|it| it.endpoint_id.as_str()).collect::<Vec<_>>(), ["ep_2"]);
}

async fn of_those_who_add_at_once_each_counts_the_others(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("ep_1", "acme"), ("ep_2", "globex"), ("ep_3", "")] {
        make(&store, &endpoint(id, org_id, &[])).await;
    }
    let mut adding = JoinSet::new();
    for number in 0..12 {
        let store = store.clone();
        adding.spawn(async move {
            in_tx(&store, async |tx| {
                let few = endpoints::count_to_add(tx, "acme").await? < 5;
                if few {
                    endpoints::create(tx, &endpoint(&format!("ep_9{number}"), "acme", &[])).await?;
                }
                Ok(few)
            })
            .await
        });
    }
    assert_eq!(adding.join_all().await.into_iter().filter(|added| *added).count(), 4);
    let mut tx = store.begin().await.unwrap();
    for (org_id, expected) in [("acme", 5), ("globex", 1), ("", 1), ("nobody", 0)] {
        assert_eq!(endpoints::count_to_add(&mut tx, org_id).await.unwrap(), expected, "{org_id}");
    }
}
