//! Hooks: our subscriptions at providers, found by what is known of them.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::records::connect;
use syncline_store::Store;
use syncline_store::hooks::{self, Hook};
use syncline_store::testing::TestDb;

for_each_database!(
    a_hook_is_found_by_id_connection_and_remote_id,
    a_cursor_never_goes_back,
    what_ends_soonest_comes_first,
    secrets_of_another_key_are_found_and_sealed_anew,
    a_deleted_hook_is_gone,
    what_is_kept_again_changes_and_keeps_its_secret_and_its_place,
    holders_are_the_connections_of_the_hooks_each_once,
);

fn hook(id: &str, connection_id: &str, remote_id: &str) -> Hook {
    Hook {
        id: id.to_owned(),
        connection_id: connection_id.to_owned(),
        provider: "airtable".to_owned(),
        remote_id: remote_id.to_owned(),
        part: "app1".to_owned(),
        url: "https://hub.example.com/webhooks/airtable/main".to_owned(),
        secret: Some(b"sealed secret".to_vec()),
        sealed_with: Some("key-1".to_owned()),
        cursor: None,
        expires_at: Some(at(700)),
        created_at: at(0),
        updated_at: at(0),
    }
}

async fn insert(store: &Store, new: &Hook) {
    in_tx(store, async |tx| hooks::insert(tx, new).await).await;
}

async fn get(store: &Store, id: &str) -> Hook {
    hooks::get(store, id).await.unwrap().expect("the hook is there")
}

async fn a_hook_is_found_by_id_connection_and_remote_id(db: &TestDb) {
    let store = db.store().await;
    let first = hook("hok_1", "con_1", "ach1");
    let bare = Hook {
        secret: None,
        sealed_with: None,
        expires_at: None,
        cursor: Some(7),
        ..hook("hok_2", "con_1", "ach2")
    };
    // 10to8 numbers every account's subscriptions from one.
    let same = hook("hok_3", "con_2", "ach1");
    let other = Hook { provider: "tentoeight".to_owned(), ..hook("hok_4", "con_3", "ach1") };
    for new in [&other, &same, &bare, &first] {
        insert(&store, new).await;
    }
    assert_eq!(hooks::get(&store, "hok_2").await.unwrap(), Some(bare.clone()));
    assert_eq!(hooks::get(&store, "none").await.unwrap(), None);
    assert_eq!(hooks::list(&store, "con_1").await.unwrap(), [first.clone(), bare]);
    assert_eq!(hooks::by_remote(&store, "airtable", "ach1").await.unwrap(), [first, same]);
    assert_eq!(hooks::by_remote(&store, "tentoeight", "ach1").await.unwrap(), [other]);
    assert_eq!(hooks::by_remote(&store, "tentoeight", "ach2").await.unwrap(), []);
    let shown = format!("{:?}", get(&store, "hok_1").await);
    assert!(shown.contains("hok_1") && !shown.contains("115, 101") && !shown.contains("secret"), "{shown}");
}

async fn a_cursor_never_goes_back(db: &TestDb) {
    let store = db.store().await;
    insert(&store, &hook("hok_1", "con_1", "ach1")).await;
    for (cursor, moved, now) in [(4, true, 4), (4, false, 4), (3, false, 4), (9, true, 9)] {
        assert_eq!(
            in_tx(&store, async |tx| hooks::set_cursor(tx, "hok_1", cursor, at(cursor)).await).await,
            moved
        );
        let after = get(&store, "hok_1").await;
        assert_eq!((after.cursor, after.updated_at), (Some(now), at(now)));
    }
    assert!(!in_tx(&store, async |tx| hooks::set_cursor(tx, "none", 1, at(1)).await).await);
}

async fn what_ends_soonest_comes_first(db: &TestDb) {
    let store = db.store().await;
    for (id, expires) in [("hok_1", Some(30)), ("hok_2", Some(10)), ("hok_3", None), ("hok_4", Some(20))] {
        insert(&store, &Hook { expires_at: expires.map(at), ..hook(id, "con_1", id) }).await;
    }
    let expiring = async |instant, limit| {
        let found = hooks::expiring(&store, at(instant), limit).await.unwrap();
        found.into_iter().map(|hook| hook.id).collect::<Vec<_>>()
    };
    assert_eq!(expiring(30, 10).await, ["hok_2", "hok_4"]);
    assert_eq!(expiring(99, 2).await, ["hok_2", "hok_4"]);
    let renew = async |id, expires: Option<i64>| {
        in_tx(&store, async |tx| hooks::set_expiry(tx, id, expires.map(at), at(5)).await).await
    };
    assert!(renew("hok_2", Some(50)).await && renew("hok_4", None).await && !renew("none", None).await);
    assert_eq!(expiring(99, 10).await, ["hok_1", "hok_2"]);
    assert_eq!(get(&store, "hok_2").await.updated_at, at(5));
}

async fn secrets_of_another_key_are_found_and_sealed_anew(db: &TestDb) {
    let store = db.store().await;
    for (id, key) in
        [("hok_1", Some("key-1")), ("hok_2", Some("key-2")), ("hok_3", None), ("hok_4", Some("key-1"))]
    {
        let secret = key.map(|_| b"old".to_vec());
        insert(&store, &Hook { secret, sealed_with: key.map(str::to_owned), ..hook(id, "con_1", id) }).await;
    }
    let others = async || {
        let found = hooks::sealed_otherwise(&store, "key-2", 10).await.unwrap();
        found.into_iter().map(|hook| hook.id).collect::<Vec<_>>()
    };
    assert_eq!(others().await, ["hok_1", "hok_4"]);
    for done in [true, false] {
        let reseal = async |tx: &mut _| hooks::reseal(tx, "hok_1", "key-1", b"new", "key-2").await;
        assert_eq!(in_tx(&store, reseal).await, done);
    }
    let after = get(&store, "hok_1").await;
    assert_eq!((after.secret.as_deref(), after.sealed_with.as_deref()), (Some(&b"new"[..]), Some("key-2")));
    assert_eq!(others().await, ["hok_4"]);
}

async fn a_deleted_hook_is_gone(db: &TestDb) {
    let store = db.store().await;
    insert(&store, &hook("hok_1", "con_1", "ach1")).await;
    insert(&store, &hook("hok_2", "con_1", "ach2")).await;
    for expected in [true, false] {
        assert_eq!(in_tx(&store, async |tx| hooks::delete(tx, "hok_1").await).await, expected);
    }
    let left: Vec<_> = hooks::list(&store, "con_1").await.unwrap().into_iter().map(|hook| hook.id).collect();
    assert_eq!(left, ["hok_2"]);
}

async fn what_is_kept_again_changes_and_keeps_its_secret_and_its_place(db: &TestDb) {
    let store = db.store().await;
    let first = hook("hok_1", "con_1", "ach1");
    in_tx(&store, async |tx| hooks::keep(tx, &first).await).await;
    in_tx(&store, async |tx| hooks::set_cursor(tx, "hok_1", 9, at(1)).await).await;
    let again = Hook {
        secret: None,
        sealed_with: None,
        expires_at: Some(at(900)),
        updated_at: at(5),
        ..hook("hok_2", "con_1", "ach1")
    };
    in_tx(&store, async |tx| hooks::keep(tx, &again).await).await;
    let expected = Hook { expires_at: Some(at(900)), updated_at: at(5), cursor: Some(9), ..first.clone() };
    assert_eq!(hooks::list(&store, "con_1").await.unwrap(), [expected]);
    let told = Hook { secret: Some(b"other".to_vec()), sealed_with: Some("key-2".to_owned()), ..again };
    in_tx(&store, async |tx| hooks::keep(tx, &told).await).await;
    let now = get(&store, "hok_1").await;
    assert_eq!((now.secret, now.sealed_with.as_deref()), (Some(b"other".to_vec()), Some("key-2")));
    insert(&store, &hook("hok_3", "con_2", "ach1")).await;
    assert_eq!(
        hooks::sealing_keys(&store).await.unwrap(),
        [("key-1".to_owned(), 1), ("key-2".to_owned(), 1)]
    );
    assert!(in_tx(&store, async |tx| hooks::forget(tx, "con_1", "ach1").await).await);
    assert!(!in_tx(&store, async |tx| hooks::forget(tx, "con_1", "ach1").await).await);
    assert_eq!(hooks::list(&store, "con_2").await.unwrap().len(), 1);
}

async fn holders_are_the_connections_of_the_hooks_each_once(db: &TestDb) {
    let store = db.store().await;
    for (id, org_id) in [("con_1", "acme"), ("con_2", "globex")] {
        connect(&store, id, org_id, "airtable").await;
    }
    for (id, of, remote) in [
        ("hok_1", "con_1", "a"),
        ("hok_2", "con_1", "b"),
        ("hok_3", "con_2", "a"),
        ("hok_4", "con_2", "c"),
        ("hok_5", "apps/x", "a"),
    ] {
        insert(&store, &hook(id, of, remote)).await;
    }
    let found = in_tx(&store, async |tx| hooks::holders(tx, "airtable", &["a", "b", "none"]).await).await;
    let pair = |id: &str, org_id: &str| (id.to_owned(), org_id.to_owned());
    assert_eq!(Vec::from_iter(found), [pair("con_1", "acme"), pair("con_2", "globex")]);
    assert!(in_tx(&store, async |tx| hooks::holders(tx, "hubspot", &["a"]).await).await.is_empty());
    assert!(in_tx(&store, async |tx| hooks::holders(tx, "airtable", &[]).await).await.is_empty());
}
