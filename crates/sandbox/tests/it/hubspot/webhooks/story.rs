//! The same seed and the same script tell the same story, to the byte.

use super::scene::{ACME, Scene};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use syncline_sandbox::Options;

/// What arrives at `target` while a scene is played: bodies and headers, in order.
async fn played(seed: u64, receiver: &crate::support::receiver::Receiver) -> Vec<(String, Vec<u8>)> {
    let scene = Scene::with(Options { seed, ..Options::for_tests() }).await;
    scene.install(ACME, "").await;
    scene.target(&receiver.url("/in"), 10).await;
    scene.set(json!({"duplicate_chance": 0.3, "event_id_reuse_chance": 0.1, "batch_size": 7})).await;
    for kind in ["creation", "deletion", "associationChange"] {
        scene.subscribe(json!({"eventType": format!("contact.{kind}")})).await;
    }
    for name in ["email", "firstname"] {
        scene.subscribe(json!({"eventType": "contact.propertyChange", "propertyName": name})).await;
    }
    receiver.answer_with([200, 500, 503, 200, 404]);
    scene.create_contacts(12).await;
    let id = scene.create("contacts", json!({"email": "a@b.example", "firstname": "Ann"})).await;
    scene.sandbox.advance(Duration::from_secs(3)).await;
    scene.update("contacts", id, json!({"firstname": "Anne", "email": "c@b.example"})).await;
    scene.call(Method::DELETE, &format!("/crm/v3/objects/contacts/{id}"), None).await.expect(204);
    scene.sandbox.advance(Duration::from_secs(86_400)).await;
    let headers = ["x-hubspot-signature", "x-hubspot-signature-v3", "x-hubspot-request-timestamp"];
    receiver
        .take()
        .into_iter()
        .map(|one| {
            let signed: Vec<&str> = headers.iter().map(|name| one.header(name)).collect();
            (signed.join(" "), one.body.to_vec())
        })
        .collect()
}

#[tokio::test]
async fn the_same_script_tells_the_same_story_and_another_seed_another_one() {
    let receiver = crate::support::receiver::Receiver::start().await;
    let first = played(1, &receiver).await;
    let second = played(1, &receiver).await;
    assert!(first.len() > 8, "{}", first.len());
    assert_eq!(first, second);
    assert_ne!(first, played(2, &receiver).await);
}
