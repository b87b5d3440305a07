//! No older value after a newer one, with a workflow whose runs overtake each other.

use super::scene::Scene;
use serde_json::json;

const SETTLE_MS: u64 = 4_000;

/// Exams that were all counted and shown once, at a workflow whose runs take anything up to almost as long as the definition says.
async fn scene(exams: usize) -> Scene {
    let said = json!({ "target": { "kind": "trigger" }, "settle_ms": SETTLE_MS, "window_ms": 100 });
    let scene = Scene::with(exams, said, &[]).await;
    scene.workflow(json!({ "delay_ms": 100, "delay_up_to_ms": SETTLE_MS - 500 })).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    scene
}

/// One more of each, sent for sure.
async fn book_and_send(scene: &Scene) {
    let sent = scene.triggered().await + scene.exams.len();
    scene.book(&scene.exams).await;
    scene.as_time_passes("all are sent", async || (scene.triggered().await >= sent).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_and_is_not_shown_yet_is_not_overtaken() {
    let scene = scene(30).await;
    for _ in 0..3 {
        book_and_send(&scene).await;
    }
    scene.agree().await;
    assert!(scene.shown().await.values().all(|shown| *shown == Some(4)));
    scene.assert_order().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_answer_and_may_come_yet_is_not_overtaken() {
    let scene = scene(30).await;
    let lost = json!({ "kind": "lost_answer" });
    let rule = json!({ "provider": "hubspot", "path": "*webhook-triggers*", "times": 30, "effect": lost });
    scene.joined.fault(rule).await;
    book_and_send(&scene).await;
    // Each would be sent again soon, were it still the same value.
    scene.book(&scene.exams).await;
    scene.agree().await;
    assert!(scene.shown().await.values().all(|shown| *shown == Some(3)));
    scene.assert_order().await;
}
