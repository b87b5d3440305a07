//! The keys that seal: changed while everything goes on, lost, and never shown.

use super::scene::{OAUTH, Scene};
use crate::support::wait::until;
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::seal::new_key;
use syncline_core::secret::Secret;
use syncline_hub::connect::{Completed, ConnectError, Denied, access, begin};
use syncline_hub::keys::sealing::SETTLES;
use syncline_hub::keys::{Keys, KeysError, Pruned};
use syncline_hub::sealing::{list, prune, rotate};
use syncline_store::connections::{self, Status};
use syncline_store::jobs::State;

async fn sealed_with(scene: &Scene) -> BTreeSet<String> {
    let keys = connections::sealing_keys(&scene.cx().store).await.unwrap();
    keys.into_iter().map(|(key, _)| key).collect()
}

async fn resealed(scene: &Scene, key: &str) {
    let worker = scene.rig.work(scene.cx().clone());
    until("everything is sealed anew", async || {
        (sealed_with(scene).await == BTreeSet::from([key.to_owned()])).then_some(())
    })
    .await;
    worker.soft.cancel();
    worker.ended().await;
}

/// How many keys go once the last rotation has settled.
async fn pruned(scene: &Scene) -> usize {
    scene.advance(SETTLES).await;
    prune(scene.cx()).await.unwrap().gone
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_only_this_user_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new().await;
    let path = scene.cx().config.data_dir.join("sealing.keys");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.trim().len(), 43);
    let again = Keys::load(&scene.cx().config, &scene.cx().dice).unwrap();
    assert_eq!(again.current(), scene.cx().keys.current(), "the next start takes the same");
}

#[tokio::test]
async fn keys_rotate_while_tokens_are_used_and_renewed() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for provider in OAUTH {
        ids.push(scene.connect(provider).await.id);
    }
    let old = scene.cx().keys.current().unwrap().to_string();
    let new = rotate(scene.cx()).await.unwrap();
    assert_ne!(old, new);
    assert_eq!(sealed_with(&scene).await, BTreeSet::from([old.clone()]), "the job does it");
    for id in &ids {
        scene.tries(&access(scene.cx(), id).await.unwrap()).await.unwrap();
    }
    let before = connections::credentials(&scene.cx().store, &ids[0]).await.unwrap().unwrap().version;
    resealed(&scene, &new).await;
    let after = connections::credentials(&scene.cx().store, &ids[0]).await.unwrap().unwrap().version;
    assert_eq!(before, after, "a renewal under way is not overtaken");
    for id in &ids {
        scene.tries(&access(scene.cx(), id).await.unwrap()).await.unwrap();
    }
    assert_eq!(pruned(&scene).await, 1);
    let left: Vec<String> = list(scene.cx()).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(left, [new]);
    scene.advance(Duration::from_secs(56 * 60)).await;
    for id in &ids {
        scene.tries(&access(scene.cx(), id).await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_anything_is_sealed_with_is_not_pruned() {
    let scene = Scene::with(&[("connect.state_ttl", "1h")]).await;
    let connection = scene.connect("notion").await;
    rotate(scene.cx()).await.unwrap();
    assert_eq!(pruned(&scene).await, 0, "a connection needs it");
    let new = rotate(scene.cx()).await.unwrap();
    resealed(&scene, &new).await;
    scene.authorize("hubspot").await;
    let newest = rotate(scene.cx()).await.unwrap();
    resealed(&scene, &newest).await;
    assert_eq!(pruned(&scene).await, 2, "an authorization under way needs one of three");
    assert!(list(scene.cx()).await.unwrap().iter().any(|key| key.id == new));
    syncline_hub::connect::disconnect(
        scene.cx(),
        &syncline_store::Scope::All,
        &connection.id,
        syncline_hub::connect::Data::Keep,
    )
    .await
    .unwrap();
    let last = rotate(scene.cx()).await.unwrap();
    let others: Vec<_> = list(scene.cx()).await.unwrap().into_iter().filter(|key| key.id != last).collect();
    assert_eq!(others.len(), 2);
    pruned(&scene).await;
    assert!(
        list(scene.cx()).await.unwrap().iter().any(|key| key.id == newest),
        "tokens to be withdrawn need it"
    );
}

/// Somebody seals, keys change, and only then is it stored: a key that nothing stored is sealed with at that moment is needed all the same.
#[tokio::test]
async fn what_is_sealed_while_keys_change_is_not_lost() {
    let scene = Scene::new().await;
    let cx = scene.cx();
    let before = cx.keys.current().unwrap().to_string();
    let (on_its_way, _) = cx.keys.seal(&Secret::new("token"), "here", &cx.dice).unwrap();
    rotate(cx).await.unwrap();
    let early = prune(cx).await.unwrap();
    assert_eq!(early, Pruned { gone: 0, again_at: Some(cx.now().plus(SETTLES)) });
    assert_eq!(cx.keys.open(&on_its_way, "here").unwrap().expose(), "token");
    rotate(cx).await.unwrap();
    scene.advance(SETTLES.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert_eq!(prune(cx).await.unwrap().gone, 0);
    scene.advance(Duration::from_millis(1)).await;
    assert_eq!(prune(cx).await.unwrap(), Pruned { gone: 2, again_at: None });
    assert_eq!(prune(cx).await.unwrap(), Pruned::default(), "nothing is left to take out");
    assert!(list(cx).await.unwrap().iter().all(|key| key.id != before));
}

#[tokio::test]
async fn another_process_follows_a_rotation_at_once() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let other = Keys::load(&scene.cx().config, &scene.cx().dice).unwrap();
    let other = syncline_hub::cx::Cx { keys: other, ..scene.rig.process("other") };
    let new = rotate(scene.cx()).await.unwrap();
    resealed(&scene, &new).await;
    assert_eq!(pruned(&scene).await, 1);
    scene.tries(&access(&other, &connection.id).await.unwrap()).await.unwrap();
    assert_eq!(other.keys.current().unwrap().to_string(), new, "and seals with the new key");
}

#[tokio::test]
async fn configured_keys_are_rotated_by_putting_one_in_front() {
    let dice = syncline_hub::dice::Dice::seeded(1);
    let (old, new) = (dice.with(|rng| new_key(rng)), dice.with(|rng| new_key(rng)));
    let scene = Scene::with(&[("sealing.keys", old.expose())]).await;
    let connection = scene.connect("notion").await;
    let refused = rotate(scene.cx()).await;
    assert!(matches!(refused, Err(ConnectError::Keys(KeysError::Configured))), "{refused:?}");
    assert!(!scene.cx().config.data_dir.join("sealing.keys").exists());
    let both = format!("{}, {}", new.expose(), old.expose());
    let restarted = scene.configured(&[("sealing.keys".to_owned(), both)]);
    let id = rotate(&restarted).await.unwrap();
    let worker = scene.rig.work(restarted.clone());
    until("it is sealed anew", async || (sealed_with(&scene).await.contains(&id)).then_some(())).await;
    worker.soft.cancel();
    worker.ended().await;
    scene.tries(&access(&restarted, &connection.id).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn lost_keys_are_an_error_of_what_needs_them_and_connecting_again_mends_it() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    std::fs::remove_file(scene.cx().config.data_dir.join("sealing.keys")).unwrap();
    let restarted = scene.configured(&[]);
    let Err(Denied::Keys(error)) = access(&restarted, &connection.id).await else { panic!("opened") };
    assert!(error.to_string().contains("not configured"), "{error}");
    let lost: Vec<_> = list(&restarted).await.unwrap().into_iter().filter(|key| !key.available).collect();
    assert_eq!(lost.iter().map(|key| key.connections).sum::<i64>(), 1);
    assert_eq!(scene.now(&connection.id).await.status, Status::Active, "the file may come back");
    // The job says so too, and does not stop at what it cannot open.
    rotate(&restarted).await.unwrap();
    let worker = scene.rig.work(restarted.clone());
    let parked = until("the job is parked", async || scene.rig.list(State::Parked).await.pop()).await;
    assert_eq!(parked.kind, "credentials.reseal");
    worker.soft.cancel();
    worker.ended().await;
    // Ending it needs no key.
    syncline_hub::connect::disconnect(
        &restarted,
        &syncline_store::Scope::All,
        &connection.id,
        syncline_hub::connect::Data::Keep,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_keys_stops_no_start_and_is_not_overwritten() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let path = scene.cx().config.data_dir.join("sealing.keys");
    std::fs::write(&path, "not a key, and a secret: hunter2hunter2\n").unwrap();
    let restarted = scene.configured(&[]);
    let Err(Denied::Keys(error)) = access(&restarted, &connection.id).await else { panic!("opened") };
    assert!(error.to_string().contains("sealing.keys") && !error.to_string().contains("hunter2"), "{error}");
    let browser = Secret::new("b");
    assert!(begin(&restarted, super::scene::ask("hubspot", "acme", &browser)).await.is_err());
    assert!(rotate(&restarted).await.is_err());
    assert!(std::fs::read_to_string(&path).unwrap().contains("hunter2"));
    // Whoever had read it before goes on, and a restored file is noticed without a restart.
    scene.tries(&access(scene.cx(), &connection.id).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn nothing_of_the_room_prints_a_secret() {
    let scene = Scene::new().await;
    let mut printed = format!("{:?} {:?}", scene.cx(), scene.cx().keys);
    let mut secrets = vec![std::fs::read_to_string(scene.cx().config.data_dir.join("sealing.keys")).unwrap()];
    for provider in OAUTH {
        let back = scene.authorize(provider).await;
        secrets.push(back.code.as_ref().unwrap().expose().to_owned());
        printed.push_str(&format!("{:?}", back.as_return().code));
        let outcome = scene.complete(&back).await;
        printed.push_str(&format!("{outcome:?}"));
        let Completed::Connected(connection) = outcome.completed else { panic!("{provider}") };
        let access = access(scene.cx(), &connection.id).await.unwrap();
        printed.push_str(&format!("{access:?}"));
        secrets.push(access.token.expose().to_owned());
        secrets
            .push(scene.sandbox.credentials()[provider]["app"]["client_secret"].as_str().unwrap().to_owned());
        let stored = connections::credentials(&scene.cx().store, &connection.id).await.unwrap().unwrap();
        printed.push_str(&format!("{stored:?}"));
        let sealed = stored.credentials.unwrap().sealed;
        let token = access.token.expose().as_bytes();
        assert!(!sealed.windows(12).any(|window| window == &token[..12]), "{provider}: a token at rest");
    }
    for secret in secrets {
        assert!(!printed.contains(secret.trim()), "a secret is printed");
    }
}
