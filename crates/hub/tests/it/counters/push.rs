//! How a counter's latest value gets to its property.

use super::scene::Scene;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::counters::change::{Change, Refusal};
use syncline_core::counters::push::Stage;
use syncline_hub::counters::{change, keep, request};
use syncline_store::Scope;
use syncline_store::counters::changes::Answer;
use syncline_store::counters::definitions::State;
use syncline_store::counters::pushes::{self, LogFilter, What};

fn through_the_trigger() -> Value {
    json!({ "kind": "trigger" })
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_of_one_key_within_the_window_are_one_call_with_the_latest_value() {
    let scene = Scene::start(1, through_the_trigger()).await;
    let exam = scene.exams[0].clone();
    for _ in 0..20 {
        scene.change(&[(&exam, Change::Increment(1))]).await;
    }
    scene.agree().await;
    assert_eq!((scene.shown().await[&exam], scene.triggered().await), (Some(20), 1));
    let sent = scene.joined.recorded("hubspot").await;
    let call = sent.iter().find(|one| one["path"].as_str().unwrap().contains("webhook-triggers")).unwrap();
    let body: Value = serde_json::from_str(call["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({ "mock_exam_id": exam, "total_bookings": 20 }),
        "ids stay texts, numbers numbers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_done_only_when_the_property_shows_it() {
    let scene = Scene::start(1, through_the_trigger()).await;
    let exam = scene.exams[0].clone();
    scene.workflow(json!({ "delay_ms": 4_000 })).await;
    scene.book(&scene.exams).await;
    let is_looked_at = async || {
        scene.counter(&exam).await.filter(|it| it.push.stage == Stage::Look && it.lease_owner.is_none())
    };
    scene.as_time_passes("the call is accepted", is_looked_at).await;
    assert_eq!(scene.shown().await[&exam], None);
    scene.agree().await;
    let filter = LogFilter { definition_id: &scene.of.id, key: Some(&exam) };
    let log = pushes::log(&scene.cx().store, &Scope::All, filter, None, 10).await.unwrap();
    let whats: Vec<What> = log.iter().map(|entry| entry.what).collect();
    assert_eq!(whats, [What::Shown, What::Accepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_written_and_read_back_a_hundred_at_a_time() {
    let scene = Scene::start(250, json!({ "kind": "property" })).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    let writes = scene.joined.requests("hubspot", "batch/update").await;
    assert!(writes <= 4, "250 values took {writes} calls");
    assert_eq!(scene.triggered().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_trigger_accepts_and_never_shows_is_written_where_the_target_says_so() {
    let scene = Scene::start(3, json!({ "kind": "trigger_then_property" })).await;
    scene.workflow(json!({ "enabled": false })).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    assert_eq!(scene.triggered().await, 3, "the trigger came first");
    assert!(scene.joined.requests("hubspot", "batch/update").await >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_way_shows_becomes_a_matter_for_a_person_and_goes_on_when_that_is_mended() {
    let scene = Scene::with(2, json!({ "target": through_the_trigger() }), &[("counters.rounds", "2")]).await;
    scene.workflow(json!({ "enabled": false })).await;
    scene.book(&scene.exams).await;
    let parked = async || {
        let all = scene.counters().await;
        all.iter().all(|counter| counter.push.stage == Stage::Parked).then_some(all)
    };
    let all = scene.as_time_passes("both are parked", parked).await;
    let why = all[0].push.parked.as_ref().unwrap().to_string();
    assert!(why.contains("is the workflow on"), "{why}");
    scene.workflow(json!({ "enabled": true })).await;
    // A person pushes one of them again, and resumes the definition for the other.
    let one: &str = &all[0].key;
    assert_eq!(request::push_again(scene.cx(), &scene.of, &[one]).await.unwrap(), 1);
    scene.as_time_passes("it goes on", async || scene.shown().await[one]).await;
    keep::resume(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    scene.as_time_passes("the other is tried again", async || scene.shown().await[&all[1].key]).await;
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_not_there_is_said_and_is_pushed_once_an_edit_mends_it() {
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    let gone = "999999999";
    scene.change(&[(gone, Change::Set(4)), (&scene.exams[0], Change::Set(5))]).await;
    scene.quiet().await;
    assert_eq!(scene.shown().await[&scene.exams[0]], Some(5), "the others go on");
    let counter = scene.counter(gone).await.unwrap();
    assert!(counter.push.parked.unwrap().to_string().contains("no such record"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_refusals_and_server_errors_lose_nothing_and_invert_nothing() {
    let said = json!({ "target": through_the_trigger(), "settle_ms": 4_000 });
    let scene = Scene::with(40, said, &[]).await;
    // Runs of the workflow overtake each other, within what the definition allows for.
    scene.workflow(json!({ "delay_ms": 100, "delay_up_to_ms": 3_500 })).await;
    for effect in [
        json!({ "kind": "lost_answer" }),
        json!({ "kind": "cut" }),
        json!({ "kind": "server_error" }),
        json!({ "kind": "status", "status": 429 }),
        json!({ "kind": "html", "status": 502 }),
    ] {
        scene.joined.fault(json!({ "provider": "hubspot", "path": "*webhook-triggers*", "chance": 0.1, "times": 12, "effect": effect })).await;
    }
    for effect in [json!({ "kind": "lost_answer" }), json!({ "kind": "server_error" })] {
        scene.joined.fault(json!({ "provider": "hubspot", "path": "*batch/read*", "chance": 0.2, "times": 2, "effect": effect })).await;
    }
    for _ in 0..8 {
        scene.book(&scene.exams).await;
        scene.joined.advance(Duration::from_millis(700)).await;
    }
    scene.agree().await;
    assert!(scene.shown().await.values().all(|shown| *shown == Some(8)));
    scene.assert_order().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_asks_for_a_day_is_asked_again_after_the_longest_wait() {
    let said = json!({ "target": through_the_trigger() });
    let scene = Scene::with(1, said, &[("counters.longest_wait", "5s")]).await;
    let away = json!({ "kind": "rate_limited", "retry_after": 86_400 });
    let rule = json!({ "provider": "hubspot", "path": "*webhook-triggers*", "times": 1, "effect": away });
    scene.joined.fault(rule).await;
    let before = scene.cx().now();
    scene.book(&scene.exams).await;
    scene.agree().await;
    let took = scene.cx().now().since(before);
    assert!((Duration::from_secs(5)..Duration::from_secs(60)).contains(&took), "{took:?}");
    assert_eq!(scene.triggered().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_trigger_is_said_on_the_definition_and_nothing_is_parked() {
    let scene = Scene::start(5, through_the_trigger()).await;
    let id = super::scene::trigger_of(&scene.joined).await.rsplit('/').next().unwrap().to_owned();
    scene.joined.control(reqwest::Method::DELETE, &format!("hubspot/workflows/{id}"), Value::Null).await;
    scene.book(&scene.exams).await;
    let said = scene.as_time_passes("it is said", async || scene.now().await.reason).await;
    assert!(said.contains("404") && said.contains("address of another"), "{said}");
    assert_eq!(scene.now().await.state, State::Active);
    assert!(scene.triggered().await <= 5, "a lane that is turned away tries with one");
    // The owner gives it another trigger.
    let made = scene.joined.control(
        reqwest::Method::POST,
        "hubspot/workflows",
        json!({
            "portal_id": 62_515, "object": super::scene::EXAMS, "re_enrollment": true,
            "match": { "field": "mock_exam_id", "property": "hs_object_id" },
            "map": [{ "field": "total_bookings", "property": "total_bookings", "type": "number" }],
        }),
    );
    let url = made.await["trigger_url"].as_str().unwrap().to_owned();
    let said = json!({ "target": { "kind": "trigger", "url": url } });
    let changed = super::scene::definition(&scene.joined, &scene.connection, said).await;
    let after = keep::update(scene.cx(), &Scope::All, &scene.of.id, changed, None).await.unwrap();
    assert!(!format!("{after:?}").contains(url.rsplit('/').next().unwrap()), "the address is a secret");
    scene.agree().await;
    assert_eq!(scene.now().await.reason, None, "what was mended is not said any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_refused_with_the_reason_and_a_retried_booking_counts_once() {
    let scene = Scene::start(1, json!({ "kind": "property" })).await;
    let exam = scene.exams[0].as_str();
    let once =
        scene.changes(&[(exam, Change::Increment(2)), (exam, Change::Decrement(3))], Some("booking-1"));
    let first = scene.ask(once.clone()).await;
    let below = Answer::Refused(Refusal::BelowMinimum { value: 2, minimum: 0 });
    assert_eq!(first.answers, [Answer::Made { value: 2, version: 1 }, below]);
    let again = scene.ask(once).await;
    assert_eq!((again.answers, again.before), (first.answers, true));
    let other = scene.changes(&[(exam, Change::Increment(9))], Some("booking-1"));
    let refused = change::apply(scene.cx(), &Scope::All, other).await;
    assert!(matches!(refused, Err(change::ChangeError::AnotherRequest)));
    let wrong = scene.change(&[("not an id", Change::Set(1))]).await;
    assert!(matches!(&wrong[0], Answer::Refused(Refusal::Key { .. })), "{wrong:?}");
    let elsewhere = Scope::Organization("others".to_owned());
    let hidden = change::apply(scene.cx(), &elsewhere, scene.changes(&[(exam, Change::Set(1))], None)).await;
    assert!(matches!(hidden, Err(change::ChangeError::NoDefinition(_))));
    let read = change::read(scene.cx(), &scene.of, &[exam, "7"]).await.unwrap();
    assert_eq!((read[0].value, read[1].value, read[1].row.is_none()), (Some(2), Some(0), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_definition_counts_and_pushes_when_it_goes_on() {
    let scene = Scene::start(2, through_the_trigger()).await;
    keep::pause(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    scene.book(&scene.exams).await;
    scene.joined.advance(Duration::from_secs(20)).await;
    assert_eq!(scene.counters().await.len(), 2);
    keep::resume(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    scene.agree().await;
    assert_eq!(scene.triggered().await, 2, "nothing was sent while it was paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_while_much_is_due_sends_no_more_than_is_under_way() {
    let said = json!({ "target": through_the_trigger() });
    let scene = Scene::with(60, said, &[("counters.per_definition", "2")]).await;
    let slow = json!({ "kind": "latency", "ms": 50 });
    scene.joined.fault(json!({ "provider": "hubspot", "path": "*webhook-triggers*", "effect": slow })).await;
    scene.book(&scene.exams).await;
    scene.as_time_passes("the first are sent", async || (scene.triggered().await > 0).then_some(())).await;
    keep::pause(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    crate::support::wait::until("what is under way ends", async || {
        scene.counters().await.iter().all(|counter| counter.lease_owner.is_none()).then_some(())
    })
    .await;
    let sent = scene.triggered().await;
    assert!(sent < 40, "{sent} of 60 were sent");
    scene.joined.advance(Duration::from_secs(20)).await;
    let run = scene.compare(false).await;
    assert_eq!((run.counts.repaired, scene.triggered().await), (0, sent), "it rests");
    scene.joined.control(reqwest::Method::DELETE, "faults", json!({})).await;
    keep::resume(scene.cx(), &Scope::All, &scene.of.id).await.unwrap();
    scene.agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_definitions_send_no_more_together_than_its_budget() {
    let said = json!({ "target": through_the_trigger() });
    let settings = [("counters.account_calls", "7"), ("providers.hubspot.budget", "1.0")];
    let scene = Scene::with(10, said, &settings).await;
    let second = json!({ "name": "second", "target": through_the_trigger() });
    let second = super::scene::definition(&scene.joined, &scene.connection, second).await;
    let second = keep::create(scene.cx(), &Scope::All, second).await.unwrap();
    scene.book(&scene.exams).await;
    let wanted = scene.exams.iter().map(|key| change::Wanted {
        definition_id: second.id.clone(),
        key: key.clone(),
        change: Change::Increment(1),
    });
    let changes = change::Changes { items: wanted.collect(), idempotency: None, source: "api" };
    scene.ask(changes).await;
    let full = async || {
        let all = scene.cx().calls.budgets.view();
        let triggers = all.into_iter().find(|one| one.limit == "triggers")?;
        assert!(triggers.used <= 7 && triggers.account == "62515", "{triggers:?}");
        (triggers.used == 7).then_some(())
    };
    scene.as_time_passes("the budget is used up", full).await;
    assert!(scene.triggered().await <= 7, "of twenty that are due");
    let failed: u32 = scene.counters().await.iter().map(|counter| counter.push.failures).sum();
    assert_eq!(failed, 0, "what there is no room for has not failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_may_be_a_unique_property_of_the_records() {
    for target in ["property", "trigger_then_property"] {
        let said = json!({ "target": { "kind": target }, "key": { "property": "mock_exam_id" } });
        let scene = Scene::with(3, said, &[]).await;
        // The workflow matches ids and not this property: what the trigger cannot show is written.
        scene.change(&[("E-0", Change::Set(4)), ("E-2", Change::Set(6)), ("E-9", Change::Set(1))]).await;
        scene.quiet().await;
        let shown = scene.shown().await;
        let shown: Vec<Option<i64>> = scene.exams.iter().map(|id| shown[id]).collect();
        assert_eq!(shown, [Some(4), None, Some(6)], "{target}");
        let nobody = scene.counter("E-9").await.unwrap();
        assert_eq!(nobody.push.stage, Stage::Parked, "{nobody:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_trigger_is_written_when_the_target_is_changed_to_that() {
    let scene = Scene::start(3, through_the_trigger()).await;
    let away = json!({ "kind": "rate_limited" });
    scene.joined.fault(json!({ "provider": "hubspot", "path": "*webhook-triggers*", "effect": away })).await;
    scene.book(&scene.exams).await;
    scene
        .as_time_passes("the trigger turns it away", async || (scene.triggered().await > 0).then_some(()))
        .await;
    let changed = super::scene::definition(&scene.joined, &scene.connection, json!({})).await;
    keep::update(scene.cx(), &Scope::All, &scene.of.id, changed, None).await.unwrap();
    scene.agree().await;
    assert!(scene.shown().await.values().all(|shown| *shown == Some(1)));
}
