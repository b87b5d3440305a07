//! Comparing the truth, the counter and the property.

use super::scene::{EXAMS, Scene};
use crate::support::TestHub;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use syncline_core::counters::change::Change;
use syncline_hub::counters::{keep, request};
use syncline_store::Scope;
use syncline_store::counters::definitions;
use syncline_store::counters::findings::{Outcome, Verdict};
use syncline_store::counters::runs::{self, Cause, Filter, State};

/// Bookings as the truth: contacts that are associated with an exam.
const BY_CONTACTS: &str = "contacts";

fn counted_at_hubspot(policy: &str) -> Value {
    json!({
        "target": { "kind": "property" }, "policy": policy,
        "truth": { "source": "associations", "to_object_type": BY_CONTACTS },
    })
}

/// Has so many contacts book each exam, past everything else.
pub async fn associate(scene: &Scene, bookings: &BTreeMap<&str, usize>) {
    static ALL: AtomicUsize = AtomicUsize::new(0);
    let most = bookings.values().copied().max().unwrap_or_default();
    let first = ALL.fetch_add(most, Ordering::Relaxed);
    let contact =
        |number: usize| json!({ "properties": { "email": format!("b{}@example.org", first + number) } });
    let body = json!({ "inputs": (0..most).map(contact).collect::<Vec<_>>() });
    let made = scene.hubspot("/crm/v3/objects/contacts/batch/create", body).await;
    let contacts: Vec<&str> =
        made["results"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    let inputs: Vec<Value> = bookings
        .iter()
        .flat_map(|(exam, count)| contacts.iter().take(*count).map(move |id| (exam, id)))
        .map(|(exam, contact)| json!({ "from": { "id": exam }, "to": { "id": contact } }))
        .collect();
    for piece in inputs.chunks(1_000) {
        let path = format!("/crm/v4/associations/{EXAMS}/contacts/batch/associate/default");
        scene.hubspot(&path, json!({ "inputs": piece })).await;
    }
}

/// A scene in which truth, counter and property are 3 for every exam.
pub async fn in_step(exams: usize, policy: &str) -> Scene {
    let scene = Scene::with(exams, counted_at_hubspot(policy), &[]).await;
    let bookings = scene.exams.iter().map(|id| (id.as_str(), 3)).collect();
    associate(&scene, &bookings).await;
    let three: Vec<(&str, Change)> = scene.exams.iter().map(|id| (id.as_str(), Change::Set(3))).collect();
    scene.change(&three).await;
    scene.agree().await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agrees_is_left_alone() {
    let scene = in_step(5, "repair").await;
    let run = scene.compare(false).await;
    assert_eq!(run.state, State::Succeeded, "{run:?}");
    assert_eq!((run.counts.checked, run.counts.alike, run.counts.drifted), (5, 5, 0));
    assert_eq!((scene.findings(&run.id).await, scene.told().await), (vec![], Vec::<Value>::new()));
    assert_eq!(run.counts.calls, 2, "one reading and one count for all of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_in_each_of_the_three_places_is_found_repaired_and_told() {
    let scene = in_step(6, "repair").await;
    let exams: Vec<&str> = scene.exams.iter().map(String::as_str).collect();
    // HubSpot's property, the counter with what it pushed, and the truth.
    scene.write(exams[0], "9").await;
    scene.write(exams[1], "").await;
    scene.change(&[(exams[2], Change::Set(7))]).await;
    scene.agree_but(&[exams[0], exams[1]]).await;
    associate(&scene, &BTreeMap::from([(exams[3], 5)])).await;
    let run = scene.compare(false).await;
    assert_eq!((run.counts.checked, run.counts.drifted, run.counts.alike), (6, 4, 2), "{run:?}");
    scene.agree().await;
    let shown = scene.shown().await;
    let expected = [3, 3, 3, 8, 3, 3];
    for (exam, truth) in exams.iter().zip(expected) {
        assert_eq!(shown[*exam], Some(truth), "{exam}");
    }
    let findings = scene.findings(&run.id).await;
    assert_eq!(findings.len(), 4);
    assert!(findings.iter().all(|it| it.verdict == Verdict::Drift && it.outcome == Outcome::Repaired));
    assert_eq!(scene.run(&run.id).await.counts.repaired, 4);
    let told: BTreeMap<String, Value> = scene
        .told()
        .await
        .into_iter()
        .map(|one| (one["object_id"].as_str().unwrap().to_owned(), one))
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!((&told[exams[0]]["expected"], &told[exams[0]]["found"]), (&json!(3), &json!(9)));
    assert!(told.values().all(|one| one["repaired"] == true && one["counter"] == "exam-bookings"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_reported_stays_as_it_is() {
    let scene = in_step(2, "report").await;
    scene.write(&scene.exams[0], "9").await;
    let run = scene.compare(false).await;
    assert_eq!((run.counts.drifted, run.counts.repaired, run.counts.size), (1, 0, 6));
    scene.quiet().await;
    assert_eq!(scene.shown().await[&scene.exams[0]], Some(9));
    let told = scene.told().await;
    assert_eq!((told.len(), &told[0]["repaired"]), (1, &json!(false)));
    let found = scene.findings(&run.id).await[0].drift().unwrap().unwrap();
    assert!(found.since.is_some(), "since when it was right last is known: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_and_does_and_tells_nothing() {
    let scene = in_step(2, "repair").await;
    scene.write(&scene.exams[0], "9").await;
    let run = scene.compare(true).await;
    assert_eq!((run.dry_run, run.counts.drifted, run.counts.repaired), (true, 1, 0));
    scene.quiet().await;
    assert_eq!(scene.shown().await[&scene.exams[0]], Some(9));
    assert_eq!(scene.told().await, Vec::<Value>::new());
    assert_eq!(scene.findings(&run.id).await[0].outcome, Outcome::Reported);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_in_flight_is_not_mistaken_for_drift() {
    let said = json!({ "target": { "kind": "trigger" }, "settle_ms": 60_000 });
    let scene = Scene::with(2, said, &[]).await;
    scene.workflow(json!({ "delay_ms": 20_000 })).await;
    scene.book(&scene.exams).await;
    scene.as_time_passes("both were called", async || (scene.triggered().await == 2).then_some(())).await;
    let run = scene.compare(false).await;
    assert_eq!((run.counts.in_flight, run.counts.drifted), (2, 0), "{run:?}");
    assert_eq!(scene.findings(&run.id).await, vec![]);
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_tells_the_truth_first_and_the_counter_a_moment_later_is_not_repaired() {
    let scene = in_step(1, "repair").await;
    let exam = scene.exams[0].as_str();
    associate(&scene, &BTreeMap::from([(exam, 1)])).await;
    let asked = request::request(scene.cx(), &scene.now().await, Cause::Api, false).await.unwrap();
    let suspected = async || {
        let found = scene.findings(&asked.run().id).await;
        found.first().map(|it| it.verdict)
    };
    // Without time passing, the second pass does not begin.
    let verdict = crate::support::wait::until("it is suspected", suspected).await;
    assert_eq!(verdict, Verdict::Suspect);
    scene.change(&[(exam, Change::Increment(1))]).await;
    let run = scene.ended(&asked.run().id).await;
    assert_eq!((run.counts.drifted, run.counts.repaired), (0, 0), "{run:?}");
    scene.agree().await;
    assert_eq!(scene.shown().await[exam], Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_of_many_counters_takes_hardly_more_calls_than_batching_allows() {
    const MANY: usize = 1_200;
    let scene = in_step(MANY, "repair").await;
    for exam in scene.exams.iter().step_by(100) {
        scene.write(exam, "9").await;
    }
    scene.joined.control(Method::DELETE, "requests", Value::Null).await;
    let run = scene.compare(false).await;
    scene.agree().await;
    assert_eq!((run.counts.checked, run.counts.drifted), (MANY as u64, 12));
    assert_eq!(scene.run(&run.id).await.counts.repaired, 12);
    // A hundred properties and a thousand counts in a call, and one batch that repairs.
    let minimum = MANY.div_ceil(100) + MANY.div_ceil(1_000) + 1;
    let made = scene.joined.recorded("hubspot").await;
    let made = made.iter().filter(|one| one["path"].as_str().unwrap().contains("/batch/")).count();
    // Of these, what this test itself asks for is a list and no batch.
    assert!(
        made * 10 <= minimum * 11,
        "{made} calls, and {minimum} would do; one PATCH each would be {MANY}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_stops_and_one_that_waits_ends_at_once() {
    let scene = in_step(3, "repair").await;
    scene.joined.fault(json!({ "provider": "hubspot", "path": "*batch/read*", "effect": { "kind": "server_error", "status": 503 } })).await;
    let of = scene.now().await;
    let asked = request::request(scene.cx(), &of, Cause::Manual, false).await.unwrap();
    let again = request::request(scene.cx(), &of, Cause::Api, false).await.unwrap();
    assert!(matches!(&again, request::Asked::UnderWay(run) if run.id == asked.run().id), "{again:?}");
    let others = Scope::Organization("others".to_owned());
    assert!(!request::cancel(scene.cx(), &others, &asked.run().id).await.unwrap());
    assert!(request::cancel(scene.cx(), &Scope::All, &asked.run().id).await.unwrap());
    scene.joined.control(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(scene.ended(&asked.run().id).await.state, State::Cancelled);
    assert!(!request::cancel(scene.cx(), &Scope::All, &asked.run().id).await.unwrap(), "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_for_a_while_delays_a_run_and_does_not_end_it() {
    let scene = in_step(3, "repair").await;
    scene.write(&scene.exams[1], "9").await;
    // The account is being moved: longer than a call waits by itself.
    let moved = json!({ "kind": "status", "status": 477, "headers": [["Retry-After", "130"]] });
    scene
        .joined
        .fault(json!({ "provider": "hubspot", "path": "*batch/read*", "times": 1, "effect": moved }))
        .await;
    let run = scene.compare(false).await;
    assert_eq!((run.state, run.counts.drifted), (State::Succeeded, 1), "{run:?}");
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comparisons_are_asked_for_by_the_clock() {
    let said = json!({ "target": { "kind": "property" }, "reconcile_minutes": 60 });
    let scene = Scene::with(1, said, &[]).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    scene.write(&scene.exams[0], "9").await;
    scene.joined.advance(Duration::from_secs(67 * 60)).await;
    let filter = Filter { definition_id: Some(scene.of.id.clone()), ..Filter::default() };
    let run = scene
        .as_time_passes("an hour's comparison", async || {
            let runs = runs::list(&scene.cx().store, &Scope::All, &filter, None, 10).await.unwrap();
            runs.into_iter().find(|run| run.state == State::Succeeded)
        })
        .await;
    assert_eq!((run.cause, run.counts.drifted), (Cause::Schedule, 1));
    scene.agree().await;
    let next = definitions::get(&scene.cx().store, &Scope::All, &scene.of.id).await.unwrap().unwrap();
    assert!(next.reconcile_at.unwrap() > scene.cx().now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_under_way_delays_the_hours_comparison_and_does_not_stand_for_it() {
    let said = json!({ "target": { "kind": "property" }, "reconcile_minutes": 60 });
    let scene = Scene::with(1, said, &[]).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    scene.write(&scene.exams[0], "9").await;
    let away = json!({ "kind": "server_error", "status": 503 });
    scene.joined.fault(json!({ "provider": "hubspot", "path": "*batch/read*", "effect": away })).await;
    let dry = request::request(scene.cx(), &scene.now().await, Cause::Manual, true).await.unwrap();
    let due = scene.now().await.reconcile_at.unwrap();
    scene.joined.advance(Duration::from_secs(67 * 60)).await;
    scene
        .as_time_passes("the dry run is tried again", async || {
            let run = scene.run(&dry.run().id).await;
            (run.reason.is_some() && run.heartbeat_at.is_some_and(|at| at > due)).then_some(())
        })
        .await;
    assert_eq!(scene.now().await.reconcile_at, Some(due), "it is still due");
    scene.joined.control(Method::DELETE, "faults", Value::Null).await;
    let dry = scene.ended(&dry.run().id).await;
    assert_eq!((dry.state, dry.counts.drifted, dry.counts.repaired), (State::Succeeded, 1, 0), "{dry:?}");
    let filter = Filter { definition_id: Some(scene.of.id.clone()), ..Filter::default() };
    let run = scene
        .as_time_passes("the hour's comparison", async || {
            let runs = runs::list(&scene.cx().store, &Scope::All, &filter, None, 10).await.unwrap();
            runs.into_iter().find(|run| run.cause == Cause::Schedule && run.state == State::Succeeded)
        })
        .await;
    assert_eq!((run.dry_run, run.counts.drifted), (false, 1), "{run:?}");
    assert!(run.created_at.since(dry.finished_at.unwrap()) < Duration::from_secs(60), "right after it");
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stopped_goes_on_from_its_last_page() {
    let scene = in_step(2_100, "repair").await;
    // Two pages are ten readings each; then HubSpot is away.
    let away = json!({ "kind": "server_error", "status": 503 });
    scene
        .joined
        .fault(json!({ "provider": "hubspot", "path": "*batch/read*", "skip": 22, "effect": away }))
        .await;
    let asked = request::request(scene.cx(), &scene.now().await, Cause::Api, false).await.unwrap();
    let stopped = async || {
        let run = scene.run(&asked.run().id).await;
        let jobs = scene.hub().get("/v1/jobs?state=waiting&limit=100").await.json();
        let waits = jobs["data"].as_array().unwrap().iter().any(|job| job["kind"] == "counters.compare");
        (run.counts.checked == 2_000 && waits).then_some(run)
    };
    let before = scene.as_time_passes("two pages are through", stopped).await;
    assert_eq!((before.state, before.position.is_empty()), (State::Running, false));
    scene.joined.control(Method::DELETE, "faults", Value::Null).await;
    let run = scene.ended(&asked.run().id).await;
    assert_eq!((run.state, run.counts.checked, run.counts.alike), (State::Succeeded, 2_100, 2_100));
    assert_eq!(run.counts.calls, 21 + 3, "no page was read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_definition_whose_connection_ended_says_so() {
    let scene = in_step(1, "repair").await;
    let data = syncline_hub::connect::Data::Keep;
    syncline_hub::connect::disconnect(scene.cx(), &Scope::All, &scene.connection.id, data).await.unwrap();
    let run = scene.compare(false).await;
    assert_eq!(run.state, State::Failed);
    assert!(run.reason.unwrap().contains("disconnected"), "whose fault it is");
    let refused = keep::resume(scene.cx(), &Scope::All, &scene.of.id).await;
    assert!(matches!(refused, Err(keep::Refused::Ended)), "{refused:?}");
    // The account is connected again: what was counted meanwhile is pushed.
    scene.book(&scene.exams).await;
    scene.joined.connect("hubspot").await;
    scene.agree().await;
    assert_eq!(scene.shown().await[&scene.exams[0]], Some(4));
}

impl Scene {
    /// Waits until every property but these shows its counter.
    async fn agree_but(&self, except: &[&str]) {
        self.quiet().await;
        let shown = self.shown().await;
        for counter in self.counters().await {
            if !except.contains(&counter.key.as_str()) {
                assert_eq!(shown[&counter.key], Some(counter.value), "{counter:?}");
            }
        }
    }
}

/// The hub's metrics tell of all of it.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_of_changes_calls_pushes_and_comparisons() {
    let scene = in_step(1, "repair").await;
    scene.compare(false).await;
    let hub: &TestHub = scene.hub();
    let metrics = hub.send(hub.request(Method::GET, "/metrics")).await.text();
    for name in [
        "syncline_counter_changes_total",
        "syncline_counter_calls_total",
        "syncline_counter_pushes_total",
        "syncline_counter_compared_total",
        "syncline_counter_waiting",
    ] {
        assert!(metrics.contains(name), "{name} is not in the metrics");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_forgotten_and_the_counters_are_not() {
    use syncline_store::counters::pushes::{LogFilter, log};
    let scene = Scene::with(2, json!({}), &[("retention.counters", "1d")]).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    let run = scene.compare(false).await;
    let filter = LogFilter { definition_id: &scene.of.id, key: None };
    let left = async || {
        let log = log(&scene.cx().store, &Scope::All, filter, None, 9).await.unwrap();
        log.len() + usize::from(runs::get(&scene.cx().store, &Scope::All, &run.id).await.unwrap().is_some())
    };
    assert!(left().await > 1);
    scene.joined.advance(Duration::from_secs(26 * 3_600)).await;
    scene.as_time_passes("it is forgotten", async || (left().await == 0).then_some(())).await;
    assert_eq!(scene.counters().await.len(), 2);
}
