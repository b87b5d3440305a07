//! What the documents show as JSON is taken where it belongs.

use super::pages::Page;
use crate::counters_api_scene::{Counting, definition};
use crate::syncs_api_scene::Two;
use serde_json::{Value, json};

/// Fields of the examples that are the reader's own: no account has them from the start.
const OWN: &[&str] = &["custom_fields.Company", "lead_source", "Stage", "Born", "date_of_birth"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_agreement_and_rule_of_the_page_about_syncs_is_taken() {
    let two = Two::start(2, &[]).await;
    let prepared = two.post(&format!("/v1/connections/{}/setup", two.right.id), &json!({})).await;
    assert_eq!(prepared.status, 200, "{}", prepared.text());
    let mistakes = async |agreement: &Value| {
        let body = two.body(json!({ "agreement": agreement }));
        let checked = two.post("/v1/syncs/check", &body).await;
        assert_eq!(checked.status, 200, "{agreement}: {}", checked.text());
        checked.json()["mistakes"].as_array().unwrap().clone()
    };
    let blocks = Page::read("docs/sync.md").blocks("json");
    let read = |(line, text): &(usize, String)| -> (usize, Value) {
        (*line, serde_json::from_str(text).unwrap_or_else(|error| panic!("docs/sync.md:{line}: {error}")))
    };
    let blocks: Vec<(usize, Value)> = blocks.iter().map(read).collect();
    let (wholes, rules): (Vec<_>, Vec<_>) =
        blocks.iter().partition(|(_, block)| block.get("sides").is_some());
    assert!(wholes.len() == 1 && rules.len() >= 6, "{blocks:?}");
    let (line, whole) = wholes[0];
    assert_eq!(mistakes(whole).await, Vec::<Value>::new(), "docs/sync.md:{line}");
    for (line, rule) in rules {
        // Beside the rule that records are known by, and instead of one of the same name.
        let mut agreement = whole.clone();
        let others = agreement["rules"].as_array_mut().unwrap();
        others.retain(|one| one["name"] != rule["name"]);
        others.push(rule.clone());
        for mistake in mistakes(&agreement).await {
            let is_own = OWN.iter().any(|field| mistake["field"] == *field);
            assert!(is_own, "docs/sync.md:{line}: {mistake}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_store_and_truth_of_the_page_about_counters_is_taken() {
    let settings = [
        ("counters.databases", "bookings=sqlite:///nowhere"),
        ("counters.servers", "bookings=redis://127.0.0.1:9/0"),
    ];
    let scene = Counting::with(&settings).await;
    let mut seen = Vec::new();
    for (line, snippet) in Page::read("docs/counters.md").snippets() {
        let text = snippet.replace("\"url\": …", "\"url\": \"\"");
        let Ok(Value::Object(said)) = serde_json::from_str::<Value>(&text) else { continue };
        let said = Value::Object(said);
        let more = match (said["source"].as_str(), said["kind"].as_str()) {
            (Some(_), _) => json!({ "truth": said }),
            (_, Some("database" | "redis")) => json!({ "store": said }),
            (_, Some("property")) => json!({ "target": said }),
            (_, Some(_)) => {
                let mut target = definition(json!({}))["target"].clone();
                target["kind"] = said["kind"].clone();
                json!({ "target": target })
            }
            _ => continue,
        };
        seen.push(more.as_object().unwrap().keys().next().unwrap().clone());
        let mut all = definition(more);
        all["name"] = format!("line-{line}-{}", seen.len()).into();
        if all["target"]["kind"] == "property" {
            all.as_object_mut().unwrap().remove("payload");
        }
        let made = scene.post("/v1/counters", &all).await;
        assert_eq!(made.status, 201, "docs/counters.md:{line}: {snippet}: {}", made.text());
    }
    let count = |what: &str| seen.iter().filter(|one| *one == what).count();
    assert!(count("truth") >= 5 && count("store") >= 2 && count("target") >= 3, "{seen:?}");
}
