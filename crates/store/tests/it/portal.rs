//! The portal's settings and sessions.

use crate::support::{as_far_as_it_gets, at};
use syncline_core::time::Timestamp;
use syncline_store::portal::{self, Session, Setting};
use syncline_store::testing::TestDb;
use syncline_store::{Result, Store, StoreError};

for_each_database!(
    settings_are_written_replaced_and_removed,
    a_setting_written_by_two_at_once_is_the_later_one,
    a_session_lasts_until_it_ends,
    signing_in_clears_away_what_has_ended,
    a_new_password_asks_everybody_again,
);

async fn settings_are_written_replaced_and_removed(db: &TestDb) {
    let store = db.store().await;
    assert_eq!(portal::setting(&store, Setting::Password).await.unwrap(), None);
    for value in [Some("first"), Some("second"), Some("second"), None, None, Some("third")] {
        set(&store, Setting::Password, value).await;
        assert_eq!(portal::setting(&store, Setting::Password).await.unwrap().as_deref(), value);
        assert_eq!(portal::setting(&store, Setting::SetupLink).await.unwrap(), None);
    }
    let mut tx = store.begin().await.unwrap();
    portal::set(&mut tx, Setting::Password, None).await.unwrap();
    portal::set(&mut tx, Setting::SetupLink, Some("link")).await.unwrap();
    drop(tx);
    assert_eq!(portal::setting(&store, Setting::Password).await.unwrap().as_deref(), Some("third"));
    assert_eq!(portal::setting(&store, Setting::SetupLink).await.unwrap(), None);
}

/// Two processes that start for the first time both write their link, the second before it can see the first's.
async fn a_setting_written_by_two_at_once_is_the_later_one(db: &TestDb) {
    let store = db.store().await;
    let mut first = store.begin().await.unwrap();
    portal::set(&mut first, Setting::SetupLink, Some("first")).await.unwrap();
    let second = tokio::spawn({
        let store = store.clone();
        async move { set(&store, Setting::SetupLink, Some("second")).await }
    });
    as_far_as_it_gets(&store).await;
    first.commit().await.unwrap();
    second.await.unwrap();
    assert_eq!(portal::setting(&store, Setting::SetupLink).await.unwrap().as_deref(), Some("second"));
}

async fn a_session_lasts_until_it_ends(db: &TestDb) {
    let store = db.store().await;
    sign_in(&store, "beef", &session(60), at(0)).await.unwrap();
    assert_eq!(portal::session(&store, "beef", at(59)).await.unwrap(), Some(session(60)));
    assert_eq!(portal::session(&store, "beef", at(60)).await.unwrap(), None);
    assert_eq!(portal::session(&store, "BEEF", at(1)).await.unwrap(), None);
    let taken = sign_in(&store, "beef", &session(90), at(0)).await.unwrap_err();
    assert!(matches!(taken, StoreError::Rejected(_)), "{taken}");
    sign_in(&store, "f00d", &session(90), at(0)).await.unwrap();
    sign_out(&store, "beef").await.unwrap();
    sign_out(&store, "beef").await.unwrap();
    assert_eq!(portal::session(&store, "beef", at(1)).await.unwrap(), None);
    assert_eq!(portal::session(&store, "f00d", at(1)).await.unwrap(), Some(session(90)));
}

async fn signing_in_clears_away_what_has_ended(db: &TestDb) {
    let store = db.store().await;
    sign_in(&store, "old", &session(10), at(0)).await.unwrap();
    sign_in(&store, "young", &session(90), at(5)).await.unwrap();
    assert!(portal::session(&store, "old", at(9)).await.unwrap().is_some());
    sign_in(&store, "new", &session(90), at(10)).await.unwrap();
    // Gone, not just hidden: even the past does not show it.
    assert_eq!(portal::session(&store, "old", at(0)).await.unwrap(), None);
    assert!(portal::session(&store, "young", at(10)).await.unwrap().is_some());
}

async fn a_new_password_asks_everybody_again(db: &TestDb) {
    let store = db.store().await;
    sign_in(&store, "beef", &session(60), at(0)).await.unwrap();
    for commits in [false, true] {
        let mut tx = store.begin().await.unwrap();
        portal::set(&mut tx, Setting::Password, Some("new")).await.unwrap();
        portal::sign_everyone_out(&mut tx).await.unwrap();
        if commits {
            tx.commit().await.unwrap()
        } else {
            drop(tx)
        }
        assert_eq!(portal::session(&store, "beef", at(1)).await.unwrap().is_none(), commits);
        assert_eq!(portal::setting(&store, Setting::Password).await.unwrap().is_some(), commits);
    }
}

fn session(until: i64) -> Session {
    Session { csrf: "token".to_owned(), expires_at: at(until) }
}

async fn sign_in(store: &Store, hash: &str, session: &Session, now: Timestamp) -> Result<()> {
    let mut tx = store.begin().await?;
    portal::sign_in(&mut tx, hash, session, now).await?;
    tx.commit().await
}

async fn sign_out(store: &Store, hash: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    portal::sign_out(&mut tx, hash).await?;
    tx.commit().await
}

async fn set(store: &Store, which: Setting, value: Option<&str>) {
    let mut tx = store.begin().await.unwrap();
    portal::set(&mut tx, which, value).await.unwrap();
    tx.commit().await.unwrap();
}
