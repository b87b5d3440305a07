//! The sealing keys over the API and on the command line.

use crate::support::TestHub;
use crate::support::child::Desk;
use syncline_core::seal::KeyRing;
use syncline_core::secret::Secret;
use syncline_core::time::Clock as _;
use syncline_hub::api::access::create_key;
use syncline_hub::dice::Dice;
use syncline_hub::keys::sealing::SETTLES;

fn post(hub: &TestHub, path: &str) -> reqwest::RequestBuilder {
    hub.request(reqwest::Method::POST, path).bearer_auth(&hub.key)
}

#[tokio::test]
async fn an_operator_lists_rotates_and_prunes() {
    let hub = TestHub::start(&[]).await;
    let first = hub.get("/v1/keys").await.json()["data"].clone();
    assert_eq!(first.as_array().unwrap().len(), 1);
    assert_eq!((&first[0]["current"], &first[0]["available"]), (&true.into(), &true.into()));
    let rotated = hub.send(post(&hub, "/v1/keys/rotate")).await;
    assert_eq!(rotated.status, 200);
    let both = hub.get("/v1/keys").await.json()["data"].clone();
    assert_eq!((&both[0]["id"], &both[1]["id"]), (&rotated.json()["id"], &first[0]["id"]));
    assert_eq!((&both[0]["connections"], &both[0]["endpoints"]), (&0.into(), &0.into()));
    let early = hub.send(post(&hub, "/v1/keys/prune")).await;
    let again_at = serde_json::to_value(hub.clock.now().plus(SETTLES)).unwrap();
    assert_eq!((&early.json()["pruned"], &early.json()["again_at"]), (&0.into(), &again_at));
    hub.clock.advance(SETTLES);
    let pruned = hub.send(post(&hub, "/v1/keys/prune")).await;
    assert_eq!((&pruned.json()["pruned"], &pruned.json()["again_at"]), (&1.into(), &serde_json::Value::Null));
    let endpoint = serde_json::json!({ "url": "https://93.184.216.34/", "headers": { "x-token": "t" } });
    let made = hub.send(post(&hub, "/v1/endpoints").json(&endpoint)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let one = hub.get("/v1/keys").await.json()["data"][0].clone();
    assert_eq!(
        (&one["connections"], &one["endpoints"]),
        (&0.into(), &2.into()),
        "its secret and its headers"
    );
    assert_eq!(hub.get("/v1/keys").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_organization_sees_and_changes_no_sealing_keys() {
    let hub = TestHub::start(&[]).await;
    let (_, key) = create_key(&hub.cx, "acme", Some("acme".to_owned())).await.unwrap();
    for (method, path) in [
        (reqwest::Method::GET, "/v1/keys"),
        (reqwest::Method::POST, "/v1/keys/rotate"),
        (reqwest::Method::POST, "/v1/keys/prune"),
    ] {
        let answer = hub.send(hub.request(method, path).bearer_auth(&key)).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "key_of_one_organization"), "{path}");
    }
}

#[tokio::test]
async fn configured_keys_are_not_changed_over_the_api() {
    let key = Dice::seeded(3).with(|rng| syncline_core::seal::new_key(rng));
    let hub = TestHub::start(&[("sealing.keys", key.expose())]).await;
    for path in ["/v1/keys/rotate", "/v1/keys/prune"] {
        let answer = hub.send(post(&hub, path)).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "keys_configured"), "{path}");
        assert!(!answer.text().contains(key.expose()));
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used_stop_no_start_and_are_said_by_all_who_need_them() {
    let desk = Desk::new();
    desk.write("syncline.toml", "data_dir = \"data\"\n");
    std::fs::create_dir(desk.path("data")).unwrap();
    desk.write("data/sealing.keys", "no-key-but-a-canary\n");
    let hub = desk.serve(&["serve"]).await;
    let refused = desk.run(&["keys", "list"]).await;
    assert!(refused.code == 1 && refused.stderr.contains("keys_unusable"), "{refused:?}");
    let doctor = desk.run(&["doctor"]).await;
    assert!(doctor.code == 1 && doctor.stdout.contains("sealing keys"), "{doctor:?}");
    assert!(!format!("{refused:?} {doctor:?}").contains("canary"));
    drop(hub);
}

#[tokio::test]
async fn the_command_makes_keys_that_can_be_used() {
    let desk = Desk::new();
    let one = desk.run(&["keys", "new"]).await.ok();
    let other = desk.run(&["keys", "new"]).await.ok();
    assert_ne!(one, other);
    assert!(KeyRing::new(&[Secret::new(one.trim())]).is_ok());
}
