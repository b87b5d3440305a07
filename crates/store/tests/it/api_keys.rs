//! API keys: found by their hash, never listed with it, dead once revoked.

use crate::support::at;
use crate::support::jobs::in_tx;
use crate::support::raw::Raw;
use syncline_core::time::Timestamp;
use syncline_store::api_keys::{self, ApiKey};
use syncline_store::testing::TestDb;
use syncline_store::{Result, Scope, Store, StoreError};

for_each_database!(
    found_by_its_hash_until_it_is_revoked,
    a_hash_is_taken_once,
    a_use_is_noted,
    listed_latest_first,
    what_it_may_see_is_its_organization_or_all,
);

async fn found_by_its_hash_until_it_is_revoked(db: &TestDb) {
    let store = db.store().await;
    create(&store, &key("k1", 0), "f00d").await.unwrap();
    assert_eq!(api_keys::find(&store, "f00d").await.unwrap(), Some(key("k1", 0)));
    for wrong in ["", "F00D", "f00", "f00d ", "k1"] {
        assert_eq!(api_keys::find(&store, wrong).await.unwrap(), None, "{wrong:?}");
    }
    assert_eq!(revoke(&store, "other", at(5)).await, None);
    let revoked = ApiKey { revoked_at: Some(at(5)), ..key("k1", 0) };
    assert_eq!(revoke(&store, "k1", at(5)).await, Some(revoked));
    assert_eq!(api_keys::find(&store, "f00d").await.unwrap(), None);
    assert_eq!(revoke(&store, "k1", at(9)).await, None, "once");
    let listed = api_keys::list(&store).await.unwrap();
    assert_eq!(listed[0].revoked_at, Some(at(5)), "the first revocation counts");
}

async fn a_hash_is_taken_once(db: &TestDb) {
    let store = db.store().await;
    create(&store, &key("k1", 0), "f00d").await.unwrap();
    let error = create(&store, &key("k2", 0), "f00d").await.unwrap_err();
    assert!(matches!(error, StoreError::Rejected(_)), "{error}");
    assert_eq!(api_keys::list(&store).await.unwrap(), [key("k1", 0)]);
}

async fn a_use_is_noted(db: &TestDb) {
    let store = db.store().await;
    create(&store, &key("k1", 0), "f00d").await.unwrap();
    api_keys::touch(&store, "k1", at(60)).await.unwrap();
    api_keys::touch(&store, "nobody", at(70)).await.unwrap();
    let used = ApiKey { last_used_at: Some(at(60)), ..key("k1", 0) };
    assert_eq!(api_keys::find(&store, "f00d").await.unwrap(), Some(used));
}

async fn listed_latest_first(db: &TestDb) {
    let store = db.store().await;
    for (id, created) in [("b", 2), ("a", 2), ("c", 1), ("d", 3)] {
        create(&store, &key(id, created), id).await.unwrap();
    }
    let ids: Vec<String> = api_keys::list(&store).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(ids, ["d", "b", "a", "c"]);
    // Only the hash is in the database at all, so the list cannot show more than this.
    let mut raw = Raw::to(db).await;
    assert_eq!(raw.lines("SELECT hash FROM api_keys ORDER BY id").await, ["a", "b", "c", "d"]);
}

async fn what_it_may_see_is_its_organization_or_all(db: &TestDb) {
    let store = db.store().await;
    let own = ApiKey { org_id: Some("acme".to_owned()), ..key("own", 0) };
    create(&store, &own, "1").await.unwrap();
    create(&store, &key("all", 0), "2").await.unwrap();
    let scope = async |hash| api_keys::find(&store, hash).await.unwrap().unwrap().scope();
    assert_eq!(scope("1").await, Scope::Organization("acme".to_owned()));
    assert!(scope("1").await.admits("acme") && !scope("1").await.admits("globex"));
    assert_eq!(scope("2").await, Scope::All);
    assert!(scope("2").await.admits("globex"));
}

fn key(id: &str, created: i64) -> ApiKey {
    ApiKey {
        id: id.to_owned(),
        name: "the application".to_owned(),
        org_id: None,
        prefix: "sk_abc".to_owned(),
        created_at: at(created),
        last_used_at: None,
        revoked_at: None,
    }
}

async fn create(store: &Store, key: &ApiKey, hash: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    api_keys::create(&mut tx, key, hash).await?;
    tx.commit().await
}

async fn revoke(store: &Store, id: &str, now: Timestamp) -> Option<ApiKey> {
    in_tx(store, async |tx| api_keys::revoke(tx, id, now).await).await
}
