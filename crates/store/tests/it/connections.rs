//! Connections: one per organization, account and app; credentials renewed by one at a time; authorizations good once.

use crate::support::at;
use std::time::Duration;
use syncline_store::connections::authorizations::{self, Authorization, Taken};
use syncline_store::connections::{
    self, Connection, Credentials, Filter, Held, Holder, Method, Renewal, Status,
};
use syncline_store::testing::TestDb;
use syncline_store::{Scope, Store};

for_each_database!(
    connecting_again_renews_the_same_connection,
    organizations_do_not_see_each_others,
    connections_are_found_by_their_accounts,
    listed_latest_first_in_pages,
    a_disconnected_connection_has_no_credentials,
    a_renewal_is_stored_over_the_version_it_was_made_from_only,
    one_at_a_time_may_renew_until_the_right_runs_out,
    of_two_who_reach_for_the_right_one_gets_it,
    refused_credentials_wait_for_a_person,
    what_is_due_comes_longest_due_first,
    a_postponed_renewal_keeps_everybody_from_the_right,
    what_another_key_sealed_is_found,
    a_seal_is_replaced_without_a_new_version_and_never_over_newer_credentials,
    locked_credentials_are_those_that_a_renewal_left,
    an_authorization_is_good_once,
    of_many_who_bring_the_same_state_one_gets_it,
    a_late_or_invented_state_is_told_apart,
    looking_at_an_authorization_does_not_use_it_up,
);

fn connection(id: &str, org_id: &str, created: i64) -> Connection {
    Connection {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        user_id: "ada".to_owned(),
        provider: "hubspot".to_owned(),
        app: "main".to_owned(),
        account: "62515".to_owned(),
        account_name: "Acme Ltd".to_owned(),
        method: Method::Oauth,
        status: Status::Active,
        reason: None,
        scopes: vec!["oauth".to_owned(), "crm.objects.contacts.read".to_owned()],
        created_at: at(created),
        updated_at: at(created),
    }
}

fn sealed(text: &str) -> Credentials {
    Credentials {
        sealed: text.as_bytes().to_vec(),
        sealed_with: "key-1".to_owned(),
        expires_at: Some(at(1_800)),
        refresh_at: Some(at(1_500)),
    }
}

async fn connect(store: &Store, new: &Connection, credentials: &Credentials) -> String {
    let mut tx = store.begin().await.unwrap();
    let id = connections::connect(&mut tx, new, credentials).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn now(store: &Store, id: &str) -> Renewal {
    connections::credentials(store, id).await.unwrap().unwrap()
}

async fn connecting_again_renews_the_same_connection(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await, "con_1");
    let mut tx = store.begin().await.unwrap();
    assert!(connections::needs_reauthorization(&mut tx, "con_1", 1, "withdrawn", at(10)).await.unwrap());
    tx.commit().await.unwrap();
    let again = Connection { user_id: "grace".to_owned(), ..connection("con_2", "acme", 20) };
    assert_eq!(connect(&store, &again, &sealed("two")).await, "con_1");
    let expected = Connection { id: "con_1".to_owned(), created_at: at(0), ..again };
    assert_eq!(connections::get(&store, &Scope::All, "con_1").await.unwrap(), Some(expected));
    let renewed = now(&store, "con_1").await;
    assert_eq!((renewed.version, renewed.credentials), (3, Some(sealed("two"))));
    // Another app, another account, another organization: other connections.
    for (id, other) in [
        ("con_3", Connection { app: "second".to_owned(), ..connection("con_3", "acme", 0) }),
        ("con_4", Connection { account: "77".to_owned(), ..connection("con_4", "acme", 0) }),
        ("con_5", connection("con_5", "globex", 0)),
    ] {
        assert_eq!(connect(&store, &other, &sealed("x")).await, id);
    }
}

async fn organizations_do_not_see_each_others(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    connect(&store, &connection("con_2", "globex", 0), &sealed("two")).await;
    let acme = Scope::Organization("acme".to_owned());
    let ask_for_globex = Filter { org_id: Some("globex".to_owned()), ..Filter::default() };
    for filter in [Filter::default(), ask_for_globex] {
        let found = connections::list(&store, &acme, &filter, 10).await.unwrap();
        assert_eq!(found, [connection("con_1", "acme", 0)]);
    }
    assert_eq!(connections::get(&store, &acme, "con_2").await.unwrap(), None);
    assert_eq!(connections::list(&store, &Scope::All, &Filter::default(), 10).await.unwrap().len(), 2);
}

async fn connections_are_found_by_their_accounts(db: &TestDb) {
    let store = db.store().await;
    let on = |id: &str, org_id: &str, account: &str| Connection {
        account: account.to_owned(),
        ..connection(id, org_id, 0)
    };
    let notion = Connection { provider: "notion".to_owned(), ..on("con_5", "acme", "1") };
    let all = [
        on("con_1", "acme", "1"),
        on("con_2", "globex", "1"),
        on("con_3", "acme", "2"),
        on("con_4", "acme", "3"),
        notion,
    ];
    for new in &all {
        connect(&store, new, &sealed("x")).await;
    }
    let mut tx = store.begin().await.unwrap();
    assert!(connections::needs_reauthorization(&mut tx, "con_2", 1, "withdrawn", at(1)).await.unwrap());
    assert!(connections::disconnect(&mut tx, "con_3", "asked for", at(1)).await.unwrap());
    let mut found = connections::on_accounts(&mut tx, "hubspot", &["1", "2", "9"]).await.unwrap();
    found.sort();
    let row = |account: &str, id: &str, org_id: &str| Holder {
        account: account.to_owned(),
        connection_id: id.to_owned(),
        org_id: org_id.to_owned(),
    };
    assert_eq!(found, [row("1", "con_1", "acme"), row("1", "con_2", "globex")]);
    assert_eq!(connections::on_accounts(&mut tx, "hubspot", &[]).await.unwrap(), []);
}

async fn listed_latest_first_in_pages(db: &TestDb) {
    let store = db.store().await;
    for (number, created) in [(1, 5), (2, 5), (3, 9), (4, 1)] {
        let app = if number == 3 { "side" } else { "main" };
        let new = Connection {
            account: number.to_string(),
            app: app.to_owned(),
            ..connection(&format!("con_{number}"), "acme", created)
        };
        connect(&store, &new, &sealed("x")).await;
    }
    let mut filter = Filter { status: Some(Status::Active), ..Filter::default() };
    let mut ids = Vec::new();
    loop {
        let page = connections::list(&store, &Scope::All, &filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.before = Some((last.created_at, last.id.clone()));
        ids.extend(page.into_iter().map(|connection| connection.id));
    }
    assert_eq!(ids, ["con_3", "con_2", "con_1", "con_4"]);
    let other = Filter { provider: Some("notion".to_owned()), ..Filter::default() };
    assert_eq!(connections::list(&store, &Scope::All, &other, 10).await.unwrap(), []);
    let through = |app: &str| Filter { app: Some(app.to_owned()), ..Filter::default() };
    let side = connections::list(&store, &Scope::All, &through("side"), 10).await.unwrap();
    assert_eq!(side.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["con_3"]);
    assert_eq!(connections::list(&store, &Scope::All, &through("sid"), 10).await.unwrap(), []);
    let account = Filter { account: Some("4".to_owned()), ..Filter::default() };
    assert_eq!(connections::list(&store, &Scope::All, &account, 10).await.unwrap()[0].id, "con_4");
}

async fn a_disconnected_connection_has_no_credentials(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    for expected in [true, false] {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(connections::disconnect(&mut tx, "con_1", "asked for", at(9)).await.unwrap(), expected);
        tx.commit().await.unwrap();
    }
    let ended = now(&store, "con_1").await;
    assert_eq!((ended.status, ended.credentials), (Status::Disconnected, None));
    assert_eq!(connections::refresh_due(&store, at(9_999), 10).await.unwrap(), Vec::<String>::new());
}

async fn a_renewal_is_stored_over_the_version_it_was_made_from_only(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    for (text, stored) in [("two", true), ("late", false)] {
        let mut tx = store.begin().await.unwrap();
        assert_eq!(connections::renew(&mut tx, "con_1", 1, &sealed(text), at(5)).await.unwrap(), stored);
        tx.commit().await.unwrap();
    }
    let renewed = now(&store, "con_1").await;
    assert_eq!((renewed.version, renewed.credentials), (2, Some(sealed("two"))));
}

async fn one_at_a_time_may_renew_until_the_right_runs_out(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    let span = Duration::from_secs(30);
    let hold = async |owner, moment| {
        connections::hold_refresh(&store, "con_1", owner, at(moment), span).await.unwrap().is_some()
    };
    assert!(hold("a", 0).await);
    assert!(hold("a", 1).await, "the holder may go on");
    assert!(!hold("b", 30).await, "until 31");
    assert!(hold("b", 31).await, "run out");
    connections::end_refresh(&store, "con_1", "a").await.unwrap();
    assert!(!hold("a", 32).await, "only the holder gives it back");
    connections::end_refresh(&store, "con_1", "b").await.unwrap();
    assert!(hold("a", 33).await);
    assert!(connections::hold_refresh(&store, "nobody", "a", at(0), span).await.unwrap().is_none());
}

async fn of_two_who_reach_for_the_right_one_gets_it(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    let span = Duration::from_secs(30);
    let tries = (0..8).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            connections::hold_refresh(&store, "con_1", &format!("p{number}"), at(0), span)
                .await
                .unwrap()
                .is_some()
        })
    });
    let mut got = 0;
    for attempt in tries.collect::<Vec<_>>() {
        got += usize::from(attempt.await.unwrap());
    }
    assert_eq!(got, 1);
}

async fn refused_credentials_wait_for_a_person(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    for (version, changed) in [(7, false), (1, true), (2, false)] {
        let mut tx = store.begin().await.unwrap();
        let done =
            connections::needs_reauthorization(&mut tx, "con_1", version, "withdrawn", at(9)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(done, changed, "version {version}");
    }
    let found = connections::get(&store, &Scope::All, "con_1").await.unwrap().unwrap();
    assert_eq!((found.status, found.reason.as_deref()), (Status::NeedsReauthorization, Some("withdrawn")));
    assert_eq!(connections::refresh_due(&store, at(9_999), 10).await.unwrap(), Vec::<String>::new());
}

async fn what_is_due_comes_longest_due_first(db: &TestDb) {
    let store = db.store().await;
    for (number, due) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20)), (5, Some(99))] {
        let new =
            Connection { account: number.to_string(), ..connection(&format!("con_{number}"), "acme", 0) };
        connect(&store, &new, &Credentials { refresh_at: due.map(at), ..sealed("x") }).await;
    }
    assert_eq!(connections::refresh_due(&store, at(30), 10).await.unwrap(), ["con_2", "con_4", "con_1"]);
    assert_eq!(connections::refresh_due(&store, at(30), 1).await.unwrap(), ["con_2"]);
}

async fn what_another_key_sealed_is_found(db: &TestDb) {
    let store = db.store().await;
    for (number, key) in [(1, "key-1"), (2, "key-2"), (3, "key-1")] {
        let new =
            Connection { account: number.to_string(), ..connection(&format!("con_{number}"), "acme", 0) };
        connect(&store, &new, &Credentials { sealed_with: key.to_owned(), ..sealed("x") }).await;
    }
    let found = connections::sealed_otherwise(&store, "key-2", "", 10).await.unwrap();
    assert_eq!(found.iter().map(|renewal| renewal.id.as_str()).collect::<Vec<_>>(), ["con_1", "con_3"]);
}

async fn a_postponed_renewal_keeps_everybody_from_the_right(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    assert_eq!(connections::refresh_held(&store, "con_1", at(0)).await.unwrap(), None);
    let minute = Duration::from_secs(60);
    connections::hold_refresh(&store, "con_1", "a", at(0), minute).await.unwrap().unwrap();
    let held = |owner: &str, until| Some(Held { owner: owner.to_owned(), until: at(until) });
    assert_eq!(connections::refresh_held(&store, "con_1", at(59)).await.unwrap(), held("a", 60));
    connections::postpone_refresh(&store, "con_1", "b", "later", at(999)).await.unwrap();
    assert_eq!(connections::refresh_held(&store, "con_1", at(59)).await.unwrap(), held("a", 60), "not b's");
    connections::postpone_refresh(&store, "con_1", "a", "later", at(90)).await.unwrap();
    assert_eq!(connections::refresh_held(&store, "con_1", at(89)).await.unwrap(), held("later", 90));
    assert_eq!(connections::hold_refresh(&store, "con_1", "a", at(89), minute).await.unwrap(), None);
    assert_eq!(connections::refresh_held(&store, "con_1", at(90)).await.unwrap(), None);
    assert!(connections::hold_refresh(&store, "con_1", "b", at(90), minute).await.unwrap().is_some());
    assert_eq!(connections::refresh_held(&store, "con_none", at(0)).await.unwrap(), None);
}

async fn a_seal_is_replaced_without_a_new_version_and_never_over_newer_credentials(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    let anew = Credentials { sealed: b"anew".to_vec(), sealed_with: "key-2".to_owned(), ..sealed("one") };
    let mut tx = store.begin().await.unwrap();
    assert!(connections::reseal(&mut tx, "con_1", 1, ("key-1", b"anew", "key-2")).await.unwrap());
    tx.commit().await.unwrap();
    let stored = now(&store, "con_1").await;
    assert_eq!((stored.version, stored.credentials), (1, Some(anew)));
    assert_eq!(connections::sealing_keys(&store).await.unwrap(), [("key-2".to_owned(), 1)]);
    let mut tx = store.begin().await.unwrap();
    assert!(
        connections::renew(&mut tx, "con_1", 1, &sealed("two"), at(5)).await.unwrap(),
        "the version is the same"
    );
    for (version, key) in [(1, "key-1"), (2, "key-2")] {
        assert!(!connections::reseal(&mut tx, "con_1", version, (key, b"old", "key-3")).await.unwrap());
    }
    tx.commit().await.unwrap();
    assert_eq!(now(&store, "con_1").await.credentials, Some(sealed("two")));
    assert_eq!(
        connections::sealed_otherwise(&store, "key-9", "con_1", 9).await.unwrap(),
        [],
        "behind the last"
    );
}

async fn locked_credentials_are_those_that_a_renewal_left(db: &TestDb) {
    let store = db.store().await;
    connect(&store, &connection("con_1", "acme", 0), &sealed("one")).await;
    let mut renewing = store.begin().await.unwrap();
    assert!(connections::renew(&mut renewing, "con_1", 1, &sealed("two"), at(5)).await.unwrap());
    let ending = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let last = connections::lock_credentials(&mut tx, "con_1").await.unwrap().unwrap();
            connections::disconnect(&mut tx, "con_1", "asked for", at(6)).await.unwrap();
            tx.commit().await.unwrap();
            last
        }
    });
    tokio::task::yield_now().await;
    renewing.commit().await.unwrap();
    let last = ending.await.unwrap();
    assert_eq!((last.version, last.credentials), (2, Some(sealed("two"))));
    let mut tx = store.begin().await.unwrap();
    assert_eq!(connections::lock_credentials(&mut tx, "con_none").await.unwrap(), None);
}

fn authorization(state: &str) -> Authorization {
    Authorization {
        state: state.to_owned(),
        browser: "b".to_owned(),
        org_id: "acme".to_owned(),
        user_id: "ada".to_owned(),
        provider: "airtable".to_owned(),
        app: "main".to_owned(),
        verifier: vec![1, 0, 255],
        redirect_uri: "https://hub.example.com/integrations/airtable/oauth2callback".to_owned(),
        origin: None,
        created_at: at(0),
        expires_at: at(600),
    }
}

async fn begin(store: &Store, new: &Authorization) {
    let mut tx = store.begin().await.unwrap();
    authorizations::begin(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
}

async fn an_authorization_is_good_once(db: &TestDb) {
    let store = db.store().await;
    let new = Authorization { origin: Some("https://app.example.com".to_owned()), ..authorization("f00d") };
    begin(&store, &new).await;
    assert_eq!(authorizations::take(&store, "f00d", at(1)).await.unwrap(), Taken::Taken(new.clone()));
    assert_eq!(authorizations::take(&store, "f00d", at(2)).await.unwrap(), Taken::Used(new));
}

async fn of_many_who_bring_the_same_state_one_gets_it(db: &TestDb) {
    let store = db.store().await;
    begin(&store, &authorization("f00d")).await;
    let tries = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { authorizations::take(&store, "f00d", at(1)).await.unwrap() })
    });
    let mut taken = 0;
    for attempt in tries.collect::<Vec<_>>() {
        taken += usize::from(matches!(attempt.await.unwrap(), Taken::Taken(_)));
    }
    assert_eq!(taken, 1);
}

async fn a_late_or_invented_state_is_told_apart(db: &TestDb) {
    let store = db.store().await;
    begin(&store, &authorization("f00d")).await;
    assert_eq!(authorizations::take(&store, "beef", at(1)).await.unwrap(), Taken::Unknown);
    assert_eq!(
        authorizations::take(&store, "f00d", at(600)).await.unwrap(),
        Taken::Expired(authorization("f00d"))
    );
    // A day later the next one to begin sweeps it away.
    let day = 86_400;
    let later =
        Authorization { created_at: at(day + 601), expires_at: at(day + 1_201), ..authorization("cafe") };
    begin(&store, &later).await;
    assert_eq!(authorizations::take(&store, "f00d", at(day + 602)).await.unwrap(), Taken::Unknown);
}

async fn looking_at_an_authorization_does_not_use_it_up(db: &TestDb) {
    let store = db.store().await;
    begin(&store, &authorization("f00d")).await;
    let found = Some((authorization("f00d"), None));
    assert_eq!(authorizations::find(&store, "f00d").await.unwrap(), found);
    assert_eq!(authorizations::find(&store, "beef").await.unwrap(), None);
    assert_eq!(authorizations::verifiers(&store, at(599)).await.unwrap(), [vec![1, 0, 255]]);
    assert!(authorizations::verifiers(&store, at(600)).await.unwrap().is_empty(), "too late to be needed");
    assert!(matches!(authorizations::take(&store, "f00d", at(1)).await.unwrap(), Taken::Taken(_)));
    assert!(authorizations::verifiers(&store, at(1)).await.unwrap().is_empty());
    let mut tx = store.begin().await.unwrap();
    authorizations::connected(&mut tx, "f00d", "con_1").await.unwrap();
    tx.commit().await.unwrap();
    let found = authorizations::find(&store, "f00d").await.unwrap();
    assert_eq!(found, Some((authorization("f00d"), Some("con_1".to_owned()))));
}
