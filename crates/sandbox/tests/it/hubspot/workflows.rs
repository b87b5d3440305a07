//! Workflows with a webhook trigger (HubSpot facts 8.1).

use super::webhooks::scene::{ACME, Scene};
use crate::support::{Answer, client, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const EXAMS: &str = "2-50158913";
const CONTROL: &str = "/_sandbox/hubspot/workflows";

/// A scene with a mock exam and the workflow every sandbox has.
struct Flow {
    scene: Scene,
    exam: u64,
    url: String,
    trigger: String,
}

impl Flow {
    async fn ready() -> Self {
        let scene = Scene::bare().await;
        let exam = scene.create(EXAMS, json!({"mock_exam_name": "B2", "mock_exam_id": "E-1"})).await;
        let known = scene.sandbox.get(CONTROL).await.expect(200);
        let text = |key: &str| known["workflows"][0][key].as_str().expect("a text").to_owned();
        Self { exam, url: text("trigger_url"), trigger: text("trigger_id"), scene }
    }

    /// With a workflow of its own.
    async fn with(definition: Value) -> Self {
        let mut flow = Self::ready().await;
        let mut body = json!({
            "portal_id": ACME, "object": EXAMS,
            "match": {"field": "exam", "property": "hs_object_id"},
            "map": [{"field": "count", "property": "total_bookings", "type": "number"}],
        });
        body.as_object_mut().expect("an object").extend(definition.as_object().expect("an object").clone());
        let made = flow.scene.sandbox.post(CONTROL, &body).await.expect(201);
        flow.url = made["trigger_url"].as_str().expect("a text").to_owned();
        flow.trigger = made["trigger_id"].as_str().expect("a text").to_owned();
        flow
    }

    async fn post(&self, payload: &Value) -> Answer {
        send(client().post(&self.url).json(payload)).await
    }

    /// Posts, and lets the workflow run.
    async fn run(&self, payload: Value) {
        let accepted = self.post(&payload).await.expect(202);
        assert!(accepted["id"].is_string(), "{accepted}");
        self.scene.sandbox.advance(Duration::from_secs(1)).await;
    }

    async fn bookings(&self) -> Value {
        let path = format!("/crm/v3/objects/{EXAMS}/{}?properties=total_bookings", self.exam);
        self.scene.call(Method::GET, &path, None).await.expect(200)["properties"]["total_bookings"].clone()
    }

    async fn history(&self) -> Vec<Value> {
        let shown = self.scene.sandbox.get(&format!("{CONTROL}/{}", self.trigger)).await.expect(200);
        shown["history"].as_array().expect("a list").clone()
    }

    async fn outcomes(&self) -> Vec<Value> {
        self.history().await.iter().map(|call| call["outcome"].clone()).collect()
    }

    async fn set(&self, workflows: Value) {
        self.scene.sandbox.set(json!({"hubspot": {"workflows": workflows}})).await;
    }
}

#[tokio::test]
async fn a_call_is_accepted_and_the_record_is_written_a_little_later() {
    let flow = Flow::ready().await;
    let path = format!("/automation/v4/webhook-triggers/{ACME}/{}", flow.trigger);
    assert!(flow.url.ends_with(&path) && flow.trigger.len() == 7, "{}", flow.url);
    let payload = json!({"mock_exam_id": flow.exam.to_string(), "total_bookings": 8});
    flow.post(&payload).await.expect(202);
    assert_eq!(flow.bookings().await, Value::Null);
    assert_eq!(flow.outcomes().await, ["waiting"]);
    flow.scene.sandbox.advance(Duration::from_secs(1)).await;
    assert_eq!(flow.bookings().await, "8");
    let history = flow.history().await;
    assert_eq!((&history[0]["outcome"], &history[0]["record_id"]), (&json!("enrolled"), &json!(flow.exam)));
    assert_eq!((&history[0]["wrote"], &history[0]["payload"]), (&json!({"total_bookings": "8"}), &payload));
}

#[tokio::test]
async fn what_a_workflow_writes_is_told_by_webhooks() {
    let flow = Flow::ready().await;
    flow.scene.install(ACME, "").await;
    flow.scene.target(&flow.scene.receiver.url("/in"), 10).await;
    let subscription = json!({"eventType": "object.propertyChange", "objectTypeId": EXAMS, "propertyName": "total_bookings"});
    flow.scene.subscribe(subscription).await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 3})).await;
    let told = flow.scene.events().await;
    assert_eq!(
        (&told[0]["propertyValue"], &told[0]["changeSource"]),
        (&json!("3"), &json!("AUTOMATION_PLATFORM"))
    );
    flow.set(json!({"source": "AUTOMATION"})).await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 4})).await;
    assert_eq!(flow.scene.events().await[0]["changeSource"], "AUTOMATION");
}

#[tokio::test]
async fn runs_may_overtake_each_other() {
    let flow = Flow::ready().await;
    flow.set(json!({"delay_ms": 100, "delay_up_to_ms": 5_000})).await;
    let sent: Vec<i64> = (1..=20).collect();
    for count in &sent {
        flow.post(&json!({"mock_exam_id": flow.exam, "total_bookings": count})).await.expect(202);
    }
    flow.scene.sandbox.advance(Duration::from_millis(99)).await;
    assert_eq!(flow.bookings().await, Value::Null, "none is sooner than the least");
    flow.scene.sandbox.advance(Duration::from_secs(5)).await;
    let body = json!({"properties": [], "propertiesWithHistory": ["total_bookings"], "inputs": [{"id": flow.exam.to_string()}]});
    let path = format!("/crm/v3/objects/{EXAMS}/batch/read");
    let read = flow.scene.call(Method::POST, &path, Some(&body)).await.expect(200);
    let held =
        read["results"][0]["propertiesWithHistory"]["total_bookings"].as_array().expect("a list").clone();
    let mut held: Vec<i64> =
        held.iter().map(|one| one["value"].as_str().expect("a text").parse().expect("a number")).collect();
    held.reverse();
    assert_ne!(held, sent, "they come in an order of their own");
    held.sort_unstable();
    assert_eq!(held, sent, "and all of them come");
}

#[tokio::test]
async fn a_call_about_no_record_is_accepted_all_the_same() {
    let flow = Flow::ready().await;
    for payload in [
        json!({"mock_exam_id": "999999", "total_bookings": 8}),
        json!({"mock_exam_id": "E-1", "total_bookings": 8}),
        json!({"total_bookings": 8}),
        json!({"mock_exam_id": null}),
        json!({"mock_exam_id": [flow.exam]}),
        json!({}),
    ] {
        flow.run(payload).await;
    }
    assert_eq!(flow.outcomes().await, vec!["no_record"; 6]);
    assert_eq!(flow.bookings().await, Value::Null);
}

#[tokio::test]
async fn an_archived_record_is_not_enrolled() {
    let flow = Flow::ready().await;
    let path = format!("/crm/v3/objects/{EXAMS}/{}", flow.exam);
    flow.scene.call(Method::DELETE, &path, None).await.expect(204);
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 8})).await;
    assert_eq!(flow.outcomes().await, ["no_record"]);
}

#[tokio::test]
async fn only_mapped_fields_are_written() {
    let flow = Flow::ready().await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 5, "mock_exam_name": "C1"})).await;
    let path = format!("/crm/v3/objects/{EXAMS}/{}?properties=mock_exam_name,total_bookings", flow.exam);
    let record = flow.scene.call(Method::GET, &path, None).await.expect(200);
    assert_eq!(record["properties"]["mock_exam_name"], "B2");
    assert_eq!(record["properties"]["total_bookings"], "5");
}

#[tokio::test]
async fn without_re_enrolment_a_record_is_enrolled_once() {
    let flow = Flow::with(json!({})).await;
    flow.run(json!({"exam": flow.exam, "count": 1})).await;
    flow.run(json!({"exam": flow.exam, "count": 2})).await;
    assert_eq!(
        (flow.outcomes().await, flow.bookings().await),
        (vec![json!("enrolled"), json!("enrolled_before")], json!("1"))
    );
    let again = Flow::with(json!({"re_enrollment": true})).await;
    again.run(json!({"exam": again.exam, "count": 1})).await;
    again.run(json!({"exam": again.exam, "count": 2})).await;
    assert_eq!((again.outcomes().await, again.bookings().await), (vec![json!("enrolled"); 2], json!("2")));
}

#[tokio::test]
async fn records_are_matched_by_any_unique_property_and_by_no_other() {
    let by_own = Flow::with(json!({"match": {"field": "exam", "property": "mock_exam_id"}})).await;
    by_own.run(json!({"exam": "E-1", "count": 7})).await;
    assert_eq!(by_own.bookings().await, "7");
    let body = json!({
        "portal_id": ACME, "object": "contacts", "match": {"field": "mail", "property": "email"},
        "map": [{"field": "tel", "property": "phone", "type": "phone"}],
    });
    let made = by_own.scene.sandbox.post(CONTROL, &body).await.expect(201);
    let contact = by_own.scene.create("contacts", json!({"email": "ann@b.example"})).await;
    let payload = json!({"mail": "ann@b.example", "tel": "0044 20 7946 0958"});
    send(client().post(made["trigger_url"].as_str().expect("a text")).json(&payload)).await.expect(202);
    by_own.scene.sandbox.advance(Duration::from_secs(1)).await;
    let path = format!("/crm/v3/objects/contacts/{contact}?properties=phone");
    let record = by_own.scene.call(Method::GET, &path, None).await.expect(200);
    assert_eq!(record["properties"]["phone"], "+442079460958", "phones are retyped");
    let wrong =
        json!({"portal_id": ACME, "object": "contacts", "match": {"field": "n", "property": "firstname"}});
    by_own.scene.sandbox.post(CONTROL, &wrong).await.expect(422);
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_left_out() {
    let flow = Flow::ready().await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": "many"})).await;
    assert_eq!(flow.bookings().await, Value::Null);
    let history = flow.history().await;
    assert_eq!(history[0]["outcome"], "enrolled");
    assert_eq!(history[0]["problems"], json!(["total_bookings is no number"]));
    let text = Flow::with(json!({"map": [{"field": "count", "property": "total_bookings"}]})).await;
    text.run(json!({"exam": text.exam, "count": "many"})).await;
    assert_eq!(text.outcomes().await, ["failed"], "HubSpot itself would not take it for a number");
}

#[tokio::test]
async fn a_workflow_is_put_together_step_by_step() {
    let flow = Flow::with(json!({"match": null, "map": []})).await;
    let path = format!("{CONTROL}/{}", flow.trigger);
    let step = async || flow.scene.sandbox.get(&path).await.expect(200)["step"].clone();
    assert_eq!(step().await, "connect");
    let sample = json!({"exam": flow.exam, "count": 1});
    flow.run(sample.clone()).await;
    assert_eq!(step().await, "map");
    let shown = flow.scene.sandbox.get(&path).await.expect(200);
    assert_eq!((&shown["sample"], &shown["history"][0]["outcome"]), (&sample, &json!("sample")));
    let change =
        async |patch: Value| send(flow.scene.sandbox.request(Method::PATCH, &path).json(&patch)).await;
    change(json!({"map": [{"field": "count", "property": "total_bookings", "type": "number"}]}))
        .await
        .expect(200);
    assert_eq!(step().await, "match");
    change(json!({"match": {"field": "exam", "property": "hs_object_id"}})).await.expect(200);
    assert_eq!(step().await, "done");
    flow.run(sample).await;
    assert_eq!(flow.bookings().await, "1");
    change(json!({"map": [{"field": "count", "property": "no_such"}]})).await.expect(422);
    change(json!({"nonsense": 1})).await.expect(422);
}

#[tokio::test]
async fn a_workflow_that_is_switched_off_does_nothing() {
    let flow = Flow::with(json!({"enabled": false})).await;
    flow.run(json!({"exam": flow.exam, "count": 1})).await;
    assert_eq!((flow.outcomes().await, flow.bookings().await), (vec![json!("switched_off")], Value::Null));
}

#[tokio::test]
async fn no_token_is_needed_and_one_does_no_harm() {
    let flow = Flow::ready().await;
    let payload = json!({"mock_exam_id": flow.exam, "total_bookings": 8});
    send(client().post(&flow.url).bearer_auth("whatever").json(&payload)).await.expect(202);
    let plain = client().post(&flow.url).header("content-type", "text/plain").body(payload.to_string());
    send(plain).await.expect(202);
    assert_eq!(flow.history().await.len(), 2);
}

#[tokio::test]
async fn a_trigger_that_is_not_there_is_refused_as_set() {
    let flow = Flow::ready().await;
    let base = flow.url.rsplit_once('/').expect("a path").0.to_owned();
    let post = async |url: &str| send(client().post(url).json(&json!({}))).await;
    post(&format!("{base}/nothing")).await.expect(404);
    post(&flow.url.replace("62515", "77421")).await.expect(404);
    post(&flow.url.replace("62515", "abc")).await.expect(404);
    let removed =
        send(flow.scene.sandbox.request(Method::DELETE, &format!("{CONTROL}/{}", flow.trigger))).await;
    assert_eq!(removed.status, 204);
    flow.set(json!({"unknown_trigger_status": 410})).await;
    post(&flow.url).await.expect(410);
    flow.scene.sandbox.get(&format!("{CONTROL}/{}", flow.trigger)).await.expect(404);
    assert_eq!(send(client().get(&flow.url)).await.status, 405);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_or_accepted_as_set() {
    let flow = Flow::ready().await;
    let post = async |body: &'static str| send(client().post(&flow.url).body(body)).await;
    for body in ["", "{", "[]", "5", "null", "\"x\""] {
        let refused = post(body).await.expect(400);
        assert_eq!(refused["category"], "VALIDATION_ERROR", "{body}");
    }
    assert!(flow.history().await.is_empty());
    flow.set(json!({"bad_json_status": 202})).await;
    assert!(post("{").await.expect(202)["id"].is_string());
    flow.scene.sandbox.advance(Duration::from_secs(10)).await;
    assert_eq!(flow.outcomes().await, ["not_understood"]);
}

#[tokio::test]
async fn limits_nobody_knows_can_be_set() {
    let flow = Flow::ready().await;
    let payload = json!({"mock_exam_id": flow.exam, "total_bookings": 1});
    flow.set(json!({"max_body_bytes": 10})).await;
    flow.post(&payload).await.expect(413);
    flow.set(json!({"max_body_bytes": 0, "per_second": 3})).await;
    for _ in 0..3 {
        flow.post(&payload).await.expect(202);
    }
    flow.post(&payload).await.expect(429);
    flow.scene.sandbox.advance(Duration::from_secs(1)).await;
    flow.post(&payload).await.expect(202);
}

#[tokio::test]
async fn accepted_calls_may_come_to_nothing() {
    let flow = Flow::ready().await;
    flow.set(json!({"never_triggered_chance": 1.0})).await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 1})).await;
    flow.set(json!({"never_triggered_chance": 0.0, "deduplicate": true})).await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 2})).await;
    flow.run(json!({"mock_exam_id": flow.exam, "total_bookings": 2})).await;
    assert_eq!(flow.outcomes().await, ["never_triggered", "enrolled", "seen_before"]);
}

#[tokio::test]
async fn a_reset_brings_back_the_workflow_of_the_start() {
    let flow = Flow::with(json!({})).await;
    flow.post(&json!({"exam": flow.exam, "count": 1})).await.expect(202);
    flow.scene.sandbox.post("/_sandbox/reset", &json!({})).await.expect(200);
    let known = flow.scene.sandbox.get(CONTROL).await.expect(200);
    let workflows = known["workflows"].as_array().expect("a list");
    assert_eq!((workflows.len(), &workflows[0]["history"]), (1, &json!([])));
    assert_eq!(workflows[0]["map"][0]["property"], "total_bookings");
}

#[tokio::test]
async fn workflows_that_make_no_sense_are_refused() {
    let flow = Flow::ready().await;
    for (wrong, status) in [
        (json!({}), 422),
        (json!({"portal_id": 1, "object": "contacts"}), 404),
        (json!({"portal_id": ACME, "object": "butterflies"}), 422),
        (
            json!({"portal_id": ACME, "object": "contacts", "map": [{"field": "a", "property": "no_such"}]}),
            422,
        ),
        (json!({"portal_id": ACME, "object": "contacts", "colour": "red"}), 422),
    ] {
        flow.scene.sandbox.post(CONTROL, &wrong).await.expect(status);
    }
}
