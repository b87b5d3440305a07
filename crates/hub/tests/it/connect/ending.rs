//! Ending a connection.

use super::scene::{OAUTH, Scene};
use crate::support::wait::until;
use serde_json::json;
use syncline_hub::connect::{Data, Denied, DisconnectError, access, disconnect, refused};
use syncline_store::connections::{self, Status};
use syncline_store::jobs::State;
use syncline_store::{Scope, accounts};

async fn jobs_done(scene: &Scene, kind: &str) {
    let worker = scene.rig.work(scene.cx().clone());
    until("the jobs are done", async || {
        let running = scene.rig.list(State::Running).await;
        let open = scene.waiting(kind).await.into_iter().chain(running).any(|job| job.kind == kind);
        (!open).then_some(())
    })
    .await;
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test]
async fn ending_it_takes_the_credentials_away_here_and_the_grant_there() {
    let scene = Scene::new().await;
    for provider in OAUTH {
        let connection = scene.connect(provider).await;
        let last = access(scene.cx(), &connection.id).await.unwrap();
        let ended = disconnect(scene.cx(), &Scope::All, &connection.id, Data::Keep).await.unwrap();
        assert_eq!(ended.status, Status::Disconnected, "{provider}");
        let stored = connections::credentials(&scene.cx().store, &connection.id).await.unwrap().unwrap();
        assert_eq!(stored.credentials, None, "{provider}");
        assert!(matches!(access(scene.cx(), &connection.id).await, Err(Denied::Disconnected)));
        assert!(matches!(refused(scene.cx(), &last).await, Err(Denied::Disconnected)));
        jobs_done(&scene, "connection.revoke").await;
        let revoked = scene.calls(provider, "revoke").await;
        let expected = usize::from(provider != "airtable");
        assert_eq!(revoked.len(), expected, "{provider} (Airtable has no such call)");
        assert!(revoked.iter().all(|call| call["status"].as_u64().unwrap() < 300), "{provider}: {revoked:?}");
    }
    assert!(scene.rig.list(State::Parked).await.is_empty());
}

#[tokio::test]
async fn it_ends_here_while_the_provider_is_down_and_there_when_it_is_back() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let last = access(scene.cx(), &connection.id).await.unwrap();
    let rule =
        json!({"provider": "notion", "path": "*revoke", "times": 1, "effect": {"kind": "server_error"}});
    scene.control(reqwest::Method::POST, "/_sandbox/faults", &rule).await;
    disconnect(scene.cx(), &Scope::All, &connection.id, Data::Keep).await.unwrap();
    let worker = scene.rig.work(scene.cx().clone());
    until("the first try failed", async || {
        scene.waiting("connection.revoke").await.into_iter().find(|job| job.last_error.is_some())
    })
    .await;
    scene.tries(&last).await.unwrap();
    scene.advance(std::time::Duration::from_secs(60)).await;
    scene.cx().wake.jobs.notify_one();
    until("the grant is withdrawn", async || scene.tries(&last).await.err()).await;
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test]
async fn a_grant_that_another_connection_uses_is_not_withdrawn() {
    let scene = Scene::new().await;
    // Airtable and Notion tell no account of their webhooks, so two organizations may connect the same one.
    let one = scene.connect("notion").await;
    let back = scene.authorize_for("notion", "globex").await;
    let outcome = scene.complete(&back).await;
    assert_eq!(outcome.completed.name(), "connected", "{outcome:?}");
    disconnect(scene.cx(), &Scope::All, &one.id, Data::Keep).await.unwrap();
    jobs_done(&scene, "connection.revoke").await;
    assert!(scene.calls("notion", "revoke").await.is_empty());
}

#[tokio::test]
async fn the_account_is_nobodys_afterwards_unless_it_was_given_by_hand() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    disconnect(scene.cx(), &Scope::All, &connection.id, Data::Keep).await.unwrap();
    assert_eq!(accounts::list(&scene.cx().store).await.unwrap(), []);
    let back = scene.authorize_for("hubspot", "globex").await;
    assert_eq!(scene.complete(&back).await.completed.name(), "connected", "another may have it now");

    let by_hand = Scene::new().await;
    let portal = by_hand.sandbox.credentials()["hubspot"]["accounts"][0]["portal_id"].to_string();
    let cx = by_hand.cx();
    let mut tx = cx.store.begin().await.unwrap();
    accounts::assign(&mut tx, "hubspot", &portal, "acme", cx.now()).await.unwrap();
    tx.commit().await.unwrap();
    by_hand.advance(std::time::Duration::from_secs(1)).await;
    let connection = by_hand.connect("hubspot").await;
    disconnect(cx, &Scope::All, &connection.id, Data::Keep).await.unwrap();
    assert_eq!(accounts::list(&cx.store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_its_organization_can_end_it_and_twice_is_once() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let other = Scope::Organization("globex".to_owned());
    let refused = disconnect(scene.cx(), &other, &connection.id, Data::Erase).await;
    assert!(matches!(refused, Err(DisconnectError::NoSuchConnection)), "{refused:?}");
    assert!(access(scene.cx(), &connection.id).await.is_ok());
    let own = Scope::Organization("acme".to_owned());
    let first = disconnect(scene.cx(), &own, &connection.id, Data::Keep).await.unwrap();
    let second = disconnect(scene.cx(), &own, &connection.id, Data::Erase).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(scene.waiting("connection.revoke").await.len(), 1);
    assert_eq!(scene.waiting("connection.erase").await.len(), 1, "erasing may be asked for later");
}

#[tokio::test]
async fn connecting_again_after_the_end_begins_the_same_connection_anew() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    disconnect(scene.cx(), &Scope::All, &connection.id, Data::Erase).await.unwrap();
    let again = scene.connect("hubspot").await;
    assert_eq!((again.id.as_str(), again.status), (connection.id.as_str(), Status::Active));
    // The jobs of the ending find it alive: they neither withdraw its new grant nor erase its records.
    jobs_done(&scene, "connection.revoke").await;
    jobs_done(&scene, "connection.erase").await;
    assert!(scene.calls("hubspot", "revoke").await.is_empty());
    scene.tries(&access(scene.cx(), &again.id).await.unwrap()).await.unwrap();
}
