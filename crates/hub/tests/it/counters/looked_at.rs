//! What HubSpot shows of a counter, asked over the API.

use super::scene::Scene;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_property_shows_is_answered_there_and_then() {
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    let exam = &scene.exams[0];
    let path = format!("/v1/counters/{}/values/{exam}/property", scene.of.id);
    scene.write(exam, "12").await;
    assert_eq!(scene.hub().get(&path).await.json(), json!({ "key": exam, "value": 12, "is": "number" }));
    scene.write(exam, "").await;
    assert_eq!(scene.hub().get(&path).await.json(), json!({ "key": exam, "value": null, "is": "empty" }));
}
