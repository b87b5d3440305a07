//! `syncline counters setup` and `reconcile` against HubSpot's workflow, simulated: it moves, and each way it does not is said in clear words.

use crate::support::child::{Desk, Output};
use crate::support::joined::Joined;
use crate::syncs_api_scene::call_as;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const EXAMS: &str = "2-50158913";

/// A hub, HubSpot with a mock exam and the seed's workflow, a definition, and an operator at a terminal.
struct Stage {
    joined: Joined,
    desk: Desk,
    exam: String,
    /// The workflow, in the sandbox's control interface.
    workflow: String,
}

impl Stage {
    async fn start() -> Self {
        let joined =
            Joined::start(0, &[("counters.rounds", "1"), ("jobs.lease", "1h"), ("counters.lease", "10m")])
                .await;
        let connection = joined.connect("hubspot").await;
        let exam = json!({ "action": "create", "object": EXAMS, "properties": { "mock_exam_name": "B2", "total_bookings": "8" } });
        let exam = joined.edit("hubspot", exam).await["id"].as_str().expect("an id").to_owned();
        let known = joined.control(Method::GET, "hubspot/workflows", Value::Null).await;
        let first = &known["workflows"][0];
        let definition = json!({
            "name": "exam-bookings", "connection_id": connection.id, "object_type": EXAMS, "property": "total_bookings",
            "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
            "target": { "kind": "trigger", "url": first["trigger_url"] }, "settle_ms": 3_000, "window_ms": 0
        });
        let made = call_as(&joined.hub, &joined.hub.key, Method::POST, "/v1/counters", &definition).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let workflow = format!("hubspot/workflows/{}", first["trigger_id"].as_str().expect("an id"));
        Self { joined, desk: Desk::new(), exam, workflow }
    }

    /// Changes the workflow, as somebody in HubSpot's editor.
    async fn workflow(&self, change: Value) {
        self.joined.control(Method::PATCH, &self.workflow, change).await;
    }

    /// Runs a command while time passes.
    async fn run(&self, args: &[&str]) -> Output {
        let server = self.joined.hub.url("");
        let target = ["--server", server.as_str(), "--api-key", self.joined.hub.key.as_str()];
        let args = [&["counters"], args, &target[..]].concat();
        let passing = async {
            loop {
                self.joined.advance(Duration::from_millis(250)).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            output = self.desk.run(&args) => output,
            () = passing => unreachable!("time passes for ever"),
        }
    }

    async fn set_up(&self) -> Output {
        self.run(&["setup", "exam-bookings", "--key", &self.exam, "--value", "8"]).await
    }

    /// What HubSpot shows.
    async fn property(&self) -> String {
        let shown = self.joined.hubspot(EXAMS, "total_bookings").await;
        shown[&self.exam]["total_bookings"].as_str().expect("a number").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setup_moves_the_property_twice_and_leaves_the_number_that_was_given() {
    let stage = Stage::start().await;
    let done = stage.set_up().await;
    assert!(done.stdout.contains("went to 9 in") && done.stdout.contains("back to 8"), "{done:?}");
    assert_eq!((done.code, stage.property().await.as_str()), (0, "8"));
    assert!(
        done.stderr.contains("accepted by HubSpot") || done.stderr.contains("waiting for its turn"),
        "{done:?}"
    );
    let counted = stage.run(&["setup", "exam-bookings", "--key", &stage.exam]).await;
    assert!(
        counted.code == 0 && counted.stdout.contains("went to 9"),
        "what was counted will do: {counted:?}"
    );
    let got = stage.run(&["get", "exam-bookings", &stage.exam]).await.ok();
    assert_eq!(got, "8\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_that_enrolls_a_record_once_is_found_out() {
    let stage = Stage::start().await;
    stage.workflow(json!({ "re_enrollment": false })).await;
    let failed = stage.set_up().await;
    assert!(failed.code == 1 && failed.stderr.contains("Turn re-enrollment on"), "{failed:?}");
    stage.workflow(json!({ "re_enrollment": true })).await;
    let mended = stage.set_up().await;
    assert!(mended.code == 0 && mended.stdout.contains("the workflow is set up"), "{mended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_that_is_off_or_matches_nothing_is_told_with_what_to_look_at() {
    for change in
        [json!({ "enabled": false }), json!({ "match": { "field": "exam", "property": "hs_object_id" } })]
    {
        let stage = Stage::start().await;
        stage.workflow(change.clone()).await;
        let failed = stage.set_up().await;
        assert!(failed.code == 1, "{change}: {failed:?}");
        for part in ["Is the workflow on?", "mock_exam_id equals the record's id"] {
            assert!(failed.stderr.contains(part), "no {part} in {failed:?}");
        }
        assert_eq!(stage.run(&["get", "exam-bookings", &stage.exam]).await.ok(), "8\n");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_was_deleted_is_told() {
    let stage = Stage::start().await;
    stage.joined.control(Method::DELETE, &stage.workflow, Value::Null).await;
    let failed = stage.set_up().await;
    assert!(failed.code == 1 && failed.stderr.contains("the trigger answered 404"), "{failed:?}");
    assert_eq!(stage.run(&["get", "exam-bookings", &stage.exam]).await.ok(), "8\n");
    assert!(stage.run(&["show", "exam-bookings"]).await.ok().contains("active: the trigger answered 404"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_event_is_sent_where_nobody_has_counted_and_a_record_there_is_not_is_told() {
    let stage = Stage::start().await;
    let event = ["setup", "exam-bookings", "--key", stage.exam.as_str(), "--event", "--value", "8"];
    let sent = stage.run(&event).await;
    assert!(sent.code == 0 && sent.stdout.contains("HubSpot answered 202"), "{sent:?}");
    assert!(sent.stdout.contains(&format!("\"mock_exam_id\":\"{}\"", stage.exam)), "{sent:?}");
    stage.run(&["incr", "exam-bookings", &stage.exam]).await.ok();
    let refused = stage.run(&event).await;
    assert!(refused.code == 1 && refused.stderr.contains("counted_already"), "{refused:?}");
    let nobody = stage.run(&["setup", "exam-bookings", "--key", "999", "--value", "1"]).await;
    assert!(nobody.code == 1 && nobody.stderr.contains("HubSpot has no record 999"), "{nobody:?}");
    stage.joined.control(Method::DELETE, &stage.workflow, Value::Null).await;
    let gone = stage.run(&["setup", "exam-bookings", "--key", "999", "--event"]).await;
    assert!(gone.code == 1 && gone.stderr.contains("the trigger answered 404"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_is_watched_to_its_end_and_says_what_somebody_else_wrote() {
    let stage = Stage::start().await;
    assert_eq!(stage.set_up().await.code, 0);
    let edit = json!({ "action": "update", "object": EXAMS, "id": stage.exam, "properties": { "total_bookings": "11" } });
    stage.joined.edit("hubspot", edit).await;
    let dry = stage.run(&["reconcile", "exam-bookings", "--dry-run"]).await;
    assert!(
        dry.code == 0 && dry.stdout.contains("property +3") && dry.stdout.contains("reported"),
        "{dry:?}"
    );
    assert!(dry.stdout.contains("succeeded, dry: 1 counter looked at"), "{dry:?}");
    assert_eq!(stage.property().await, "11", "nothing was changed");
    let done = stage.run(&["reconcile", "exam-bookings", "--wait"]).await;
    assert!(done.code == 0 && done.stdout.contains("1 wrong by 3 together"), "{done:?}");
    let run: Value =
        serde_json::from_str(&stage.run(&["reconcile", "exam-bookings", "--wait", "--json"]).await.ok())
            .unwrap();
    assert_eq!(run["state"], "succeeded");
}
