//! The whole life of a connection at each provider.

use super::scene::{OAUTH, Scene};
use crate::support::START;
use crate::support::told::told;
use crate::support::wait::until;
use std::time::Duration;
use syncline_hub::connect::{Denied, access, refused};
use syncline_store::connections::{Method, Status};
use syncline_store::jobs::State;
use syncline_store::{accounts, connections};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn consent_makes_a_connection_whose_token_the_provider_takes() {
    let scene = Scene::new().await;
    for provider in OAUTH {
        let connection = scene.connect(provider).await;
        assert_eq!((connection.method, connection.status), (Method::Oauth, Status::Active), "{provider}");
        assert_eq!((connection.org_id.as_str(), connection.user_id.as_str()), ("acme", "ada"));
        assert!(!connection.account_name.is_empty(), "{provider}");
        let access = access(scene.cx(), &connection.id).await.unwrap();
        assert_eq!(scene.tries(&access).await.unwrap(), connection.account, "{provider}");
    }
}

#[tokio::test]
async fn the_account_belongs_to_the_organization_that_connected_it() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    let owned = accounts::list(&scene.cx().store).await.unwrap();
    let [account] = &owned[..] else { panic!("{owned:?}") };
    assert_eq!((account.account.as_str(), account.org_id.as_str()), (connection.account.as_str(), "acme"));
    assert_eq!(scene.waiting("events.adopt").await.len(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_when_its_end_is_near_and_not_before() {
    let scene = Scene::new().await;
    for (provider, life) in [("hubspot", 30), ("airtable", 60)] {
        let connection = scene.connect(provider).await;
        let first = access(scene.cx(), &connection.id).await.unwrap();
        scene.advance(MINUTE * (life - 5) - Duration::from_secs(1)).await;
        let same = access(scene.cx(), &connection.id).await.unwrap();
        assert_eq!((&same.token, same.version), (&first.token, first.version), "{provider}");
        assert_eq!(scene.refreshes(provider).await.len(), 0, "{provider}");
        scene.advance(Duration::from_secs(1)).await;
        let second = access(scene.cx(), &connection.id).await.unwrap();
        assert_ne!(second.token, first.token, "{provider}");
        assert_eq!(scene.refreshes(provider).await.len(), 1, "{provider}");
        scene.tries(&second).await.unwrap();
    }
}

#[tokio::test]
async fn an_idle_connection_is_renewed_in_the_background_for_days() {
    let scene = Scene::new().await;
    let connection = scene.connect("airtable").await;
    let worker = scene.rig.work(scene.cx().clone());
    for round in 1..=3 {
        scene.advance(MINUTE * 57).await;
        scene.cx().wake.jobs.notify_one();
        until("it is renewed", async || (scene.refreshes("airtable").await.len() == round).then_some(()))
            .await;
        until("the next renewal is queued", async || {
            let jobs = scene.waiting("connection.refresh").await;
            jobs.iter().any(|job| job.run_at > scene.cx().now()).then_some(())
        })
        .await;
    }
    worker.soft.cancel();
    worker.ended().await;
    let access = access(scene.cx(), &connection.id).await.unwrap();
    scene.tries(&access).await.unwrap();
    assert_eq!(scene.refreshes("airtable").await.len(), 3, "looking does not renew");
    assert!(scene.rig.list(State::Parked).await.is_empty());
}

#[tokio::test]
async fn a_token_without_an_end_is_renewed_when_the_provider_refuses_it() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    assert!(scene.waiting("connection.refresh").await.is_empty(), "nothing to wait for");
    let first = access(scene.cx(), &connection.id).await.unwrap();
    scene.advance(MINUTE * 60 * 24 * 30).await;
    assert_eq!(access(scene.cx(), &connection.id).await.unwrap().token, first.token);
    scene.edit("notion", serde_json::json!({"action": "expire_token", "token": first.token.expose()})).await;
    scene.tries(&first).await.unwrap_err();
    let second = refused(scene.cx(), &first).await.unwrap();
    assert_eq!(scene.tries(&second).await.unwrap(), connection.account);
    // Who comes late with the old token gets the new one without another renewal.
    let late = refused(scene.cx(), &first).await.unwrap();
    assert_eq!(late.token, second.token);
    assert_eq!(scene.refreshes("notion").await.len(), 1);
}

#[tokio::test]
async fn a_withdrawn_grant_waits_for_a_person_and_connecting_again_mends_the_same_connection() {
    let scene = Scene::new().await;
    for provider in OAUTH {
        let connection = scene.connect(provider).await;
        let first = access(scene.cx(), &connection.id).await.unwrap();
        scene.withdraw(&first).await;
        scene.tries(&first).await.unwrap_err();
        let Err(Denied::NeedsReauthorization(reason)) = refused(scene.cx(), &first).await else {
            panic!("{provider} goes on")
        };
        assert!(!reason.is_empty());
        let waiting = scene.now(&connection.id).await;
        assert_eq!(
            (waiting.status, waiting.reason),
            (Status::NeedsReauthorization, Some(reason)),
            "{provider}"
        );
        let asked = scene.refreshes(provider).await.len();
        assert!(matches!(access(scene.cx(), &connection.id).await, Err(Denied::NeedsReauthorization(_))));
        let news = told(scene.cx(), "connection.needs_reauthorization").await;
        let mine: Vec<_> = news.iter().filter(|one| one["connection_id"] == connection.id).collect();
        assert_eq!(mine.len(), 1, "told once: {news:?}");
        assert!(mine[0]["reason"].is_string(), "{news:?}");
        assert!(matches!(refused(scene.cx(), &first).await, Err(Denied::NeedsReauthorization(_))));
        assert_eq!(scene.refreshes(provider).await.len(), asked, "{provider} is left alone");

        let again = scene.connect(provider).await;
        assert_eq!((again.id.as_str(), again.status), (connection.id.as_str(), Status::Active), "{provider}");
        assert_eq!((again.reason, again.created_at), (None, START), "{provider}");
        let mended = access(scene.cx(), &connection.id).await.unwrap();
        scene.tries(&mended).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_without_a_refresh_token_lives_until_its_token_is_refused() {
    let scene = Scene::new().await;
    scene.set(serde_json::json!({"notion": {"oauth": {"refresh_tokens": false}}})).await;
    let connection = scene.connect("notion").await;
    let first = access(scene.cx(), &connection.id).await.unwrap();
    scene.tries(&first).await.unwrap();
    scene.withdraw(&first).await;
    assert!(matches!(refused(scene.cx(), &first).await, Err(Denied::NeedsReauthorization(_))));
    assert!(scene.refreshes("notion").await.is_empty());
}

#[tokio::test]
async fn an_unknown_connection_has_no_token() {
    let scene = Scene::new().await;
    assert!(matches!(access(scene.cx(), "con_none").await, Err(Denied::NoSuchConnection)));
    assert_eq!(connections::credentials(&scene.cx().store, "con_none").await.unwrap(), None);
}
