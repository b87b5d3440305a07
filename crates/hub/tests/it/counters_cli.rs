//! `syncline counters`, as an operator uses it.

use crate::counters_api_scene::{Counting, EXAM, TRIGGER, a_run_with_findings, trigger_url};
use crate::support::child::{Desk, Output};
use serde_json::{Value, json};

/// An operator at a terminal elsewhere.
struct Operator {
    desk: Desk,
    scene: Counting,
}

impl Operator {
    async fn start() -> Self {
        Self { desk: Desk::new(), scene: Counting::start().await }
    }

    async fn run(&self, args: &[&str]) -> Output {
        let server = self.scene.hub.url("");
        let target = ["--server", server.as_str(), "--api-key", self.scene.hub.key.as_str()];
        self.desk.run(&[&["counters"], args, &target[..]].concat()).await
    }

    async fn ok(&self, args: &[&str]) -> String {
        self.run(args).await.ok()
    }

    /// Makes the seed's definition.
    async fn made(&self) -> Made<'_> {
        let url = trigger_url();
        let payload = r#"{"mock_exam_id": "{{key}}", "total_bookings": "{{value}}"}"#;
        let made = self
            .run(&[
                "create",
                "--name",
                "exam-bookings",
                "--connection",
                "con_a",
                "--object-type",
                "2-50158913",
                "--property",
                "total_bookings",
                "--payload",
                payload,
                "--trigger-url",
                &url,
            ])
            .await;
        assert!(made.stderr.contains("syncline counters setup exam-bookings"), "{made:?}");
        Made { operator: self, id: made.ok().trim().to_owned() }
    }
}

/// The same with a definition.
struct Made<'a> {
    operator: &'a Operator,
    id: String,
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_definition_to_a_history_in_the_terminal() {
    let operator = Operator::start().await;
    let made = operator.made().await;
    assert!(made.id.starts_with("ctr_"), "{}", made.id);
    let listed = operator.ok(&["list"]).await;
    for part in
        [made.id.as_str(), "exam-bookings", "acme", "2-50158913.total_bookings", "trigger", "database"]
    {
        assert!(listed.contains(part), "no {part} in\n{listed}");
    }
    assert_eq!(lines(&operator.ok(&["list", "--json", "--state", "active"]).await).len(), 1);
    let shown = operator.ok(&["show", "exam-bookings"]).await;
    for part in [
        "webhook-triggers/62515/…",
        "the record's id",
        "every 60 minutes",
        "is repaired",
        "0 to send",
        "none yet",
    ] {
        assert!(shown.contains(part), "no {part} in\n{shown}");
    }
    assert!(!shown.contains(TRIGGER), "{shown}");

    assert_eq!(operator.ok(&["incr", "exam-bookings", EXAM]).await, "1\n");
    let once = ["incr", "exam-bookings", EXAM, "9", "--idempotency-key", "b-1"];
    assert_eq!(
        (operator.ok(&once).await, operator.ok(&once).await),
        ("10\n".into(), "10\n".into()),
        "counted once"
    );
    assert_eq!(operator.ok(&["decr", &made.id, EXAM, "2"]).await, "8\n");
    assert_eq!(operator.ok(&["set", "exam-bookings", "7", "3"]).await, "3\n");
    assert_eq!(operator.ok(&["get", "exam-bookings", EXAM]).await, "8\n");
    let got = lines(&operator.ok(&["get", "exam-bookings", "7", EXAM, "--json"]).await);
    assert_eq!((&got[0]["value"], &got[1]["value"]), (&json!(3), &json!(8)));
    let low = operator.run(&["decr", "exam-bookings", "7", "4"]).await;
    assert!(low.code == 1 && low.stderr.contains("below_minimum"), "{low:?}");
    let wrong = operator.run(&["incr", "exam-bookings", "x"]).await;
    assert!(wrong.code == 1 && wrong.stderr.contains("bad_counter_key"), "{wrong:?}");

    let values = operator.ok(&["values", "exam-bookings"]).await;
    assert!(
        values.contains(EXAM) && values.contains("to be sent") && values.contains("not looked at"),
        "{values}"
    );
    assert_eq!(lines(&operator.ok(&["values", "exam-bookings", "--search", "405", "--json"]).await).len(), 1);
    let history = operator.ok(&["history", "exam-bookings", EXAM]).await;
    for part in ["+1", "+9", "-2", "api"] {
        assert!(history.contains(part), "no {part} in\n{history}");
    }
    assert!(operator.run(&["pushes", "exam-bookings"]).await.stderr.contains("None."));
    assert_eq!(operator.ok(&["push", "exam-bookings", EXAM]).await, "is pushed\n");
    let stats = operator.ok(&["stats", "exam-bookings", "--span", "1h"]).await;
    assert!(stats.contains("0 changes shown by 0 calls in 1h"), "{stats}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_is_made_from_a_file_changed_paused_and_ended_in_the_terminal() {
    let operator = Operator::start().await;
    let file = json!({
        "name": "seats", "connection_id": "con_a", "object_type": "2-50158913", "property": "total_bookings",
        "target": { "kind": "trigger_then_property", "url": trigger_url() }, "minimum": 2
    });
    operator.desk.write("seats.json", &file.to_string());
    let made: Value = serde_json::from_str(
        &operator.ok(&["create", "--file", "seats.json", "--policy", "report", "--json"]).await,
    )
    .unwrap();
    assert_eq!(
        (&made["minimum"], &made["policy"], &made["target"]["kind"]),
        (&json!(2), &json!("report"), &json!("trigger_then_property"))
    );
    let again = operator.run(&["create", "--file", "seats.json"]).await;
    assert!(again.code == 1 && again.stderr.contains("counter_name_taken"), "{again:?}");
    let wrong =
        operator.run(&["create", "--file", "seats.json", "--name", "Seats", "--settle-ms", "1"]).await;
    for part in ["definition_invalid", "small letters", "settle_ms"] {
        assert!(wrong.code == 1 && wrong.stderr.contains(part), "no {part} in {wrong:?}");
    }
    operator.desk.write("broken.json", &format!("{{\"url\": \"{}\"", trigger_url()));
    let broken = operator.run(&["create", "--file", "broken.json"]).await;
    assert!(
        broken.code == 1 && broken.stderr.contains("line 1") && !broken.stderr.contains(TRIGGER),
        "{broken:?}"
    );

    assert_eq!(
        operator.ok(&["update", "seats", "--minimum", "-3", "--reconcile-minutes", "never"]).await,
        "changed\n"
    );
    let shown = operator.ok(&["show", "seats"]).await;
    assert!(shown.contains("-3") && shown.contains("when asked") && shown.contains("is reported"), "{shown}");
    let stale = operator.run(&["update", "seats", "--minimum", "0", "--if-version", "1"]).await;
    assert!(stale.code == 1 && stale.stderr.contains("counter_changed"), "{stale:?}");
    let nothing = operator.run(&["update", "seats"]).await;
    assert!(nothing.code == 1 && nothing.stderr.contains("nothing was asked for"), "{nothing:?}");
    assert!(operator.ok(&["pause", "seats"]).await.contains("paused"));
    assert!(operator.ok(&["list", "--state", "paused"]).await.contains("seats"));
    let setup = operator.run(&["setup", "seats", "--key", EXAM]).await;
    assert!(setup.code == 1 && setup.stderr.contains("syncline counters resume seats"), "{setup:?}");
    assert_eq!(operator.ok(&["resume", "seats"]).await, "goes on\n");
    assert!(operator.ok(&["delete", "seats"]).await.contains("stay as they are"));
    let gone = operator.run(&["show", "seats"]).await;
    assert!(gone.code == 1 && gone.stderr.contains("no counter named seats"), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_several_organizations_is_told_apart_by_ids() {
    let operator = Operator::start().await;
    let made = operator.made().await;
    let other = operator.scene.make(json!({ "connection_id": "con_b" })).await;
    let refused = made.operator.run(&["get", "exam-bookings", "1"]).await;
    let other = other.rsplit_once('/').unwrap().1;
    assert!(
        refused.code == 1 && refused.stderr.contains(other) && refused.stderr.contains(&made.id),
        "{refused:?}"
    );
    assert_eq!(operator.ok(&["get", &made.id, "1"]).await, "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setup_prints_the_steps_with_the_definitions_own_names() {
    let operator = Operator::start().await;
    operator.made().await;
    let steps = operator.ok(&["setup", "exam-bookings"]).await;
    for part in [
        "2-50158913",
        "\"mock_exam_id\": \"40577087837\"",
        "\"total_bookings\": 8",
        "mock_exam_id: text",
        "total_bookings: number",
        "re-enroll",
    ] {
        assert!(steps.contains(part), "no {part} in\n{steps}");
    }
    assert!(!steps.contains(TRIGGER), "{steps}");
    let unknown = operator.run(&["setup", "exam-bookings", "--key", EXAM]).await;
    assert!(unknown.code == 1 && unknown.stderr.contains("--value"), "{unknown:?}");
    let wrong = operator.run(&["setup", "exam-bookings", "--key", EXAM, "--patience", "soon"]).await;
    assert!(wrong.code == 1 && wrong.stderr.contains("--patience"), "{wrong:?}");
    assert_eq!(operator.ok(&["get", "exam-bookings", EXAM]).await, "0\n", "nothing was tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setup_changes_nothing_where_hubspot_cannot_be_asked() {
    let operator = Operator::start().await;
    operator.made().await;
    operator.ok(&["set", "exam-bookings", EXAM, "8"]).await;
    let failed = operator.run(&["setup", "exam-bookings", "--key", EXAM]).await;
    assert!(failed.code == 1 && failed.stdout.is_empty(), "{failed:?}");
    let history = operator.ok(&["history", "exam-bookings", EXAM, "--json"]).await;
    assert_eq!(lines(&history).len(), 1, "{failed:?}");
    let event = operator.run(&["setup", "exam-bookings", "--key", EXAM, "--event"]).await;
    assert!(event.code == 1 && event.stderr.contains("counted_already"), "{event:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_is_asked_for_and_its_report_is_printed() {
    let operator = Operator::start().await;
    let made = operator.made().await;
    for key in ["1", "2", "3", EXAM] {
        operator.ok(&["set", "exam-bookings", key, "8"]).await;
    }
    a_run_with_findings(&operator.scene, &format!("/v1/counters/{}", made.id)).await;
    let report = operator.ok(&["report", "crn_1"]).await;
    for part in [
        "property +3",
        "is being repaired",
        "(gone)",
        "(empty)",
        "the endpoint answered 500",
        "2 wrong by 3 together",
    ] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
    let drift = lines(&operator.ok(&["report", "crn_1", "--verdict", "drift", "--json"]).await);
    assert_eq!((drift.len(), &drift[0]["property_off"]), (2, &json!(3)));
    let runs = operator.ok(&["runs", "exam-bookings"]).await;
    assert!(runs.contains("crn_1") && runs.contains("schedule") && runs.contains("2 wrong"), "{runs}");
    assert_eq!(operator.ok(&["cancel", "crn_1"]).await, "stopping\n");
    // Last, since asking has a worker look after the run.
    let already = operator.run(&["reconcile", "exam-bookings"]).await;
    assert!(already.stderr.contains("Another comparison is under way"), "{already:?}");
    assert_eq!(already.ok(), "crn_1: running\n");
    let unknown = operator.run(&["report", "crn_2"]).await;
    assert!(unknown.code == 1 && unknown.stderr.contains("not_found"), "{unknown:?}");
}
