//! A hub, the sandbox, mock exams at HubSpot, and a definition that counts their bookings.

use crate::support::TestHub;
use crate::support::joined::Joined;
use crate::support::wait::PATIENCE;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::counters::change::Change;
use syncline_core::counters::definition::Definition;
use syncline_core::counters::push::Stage;
use syncline_hub::counters::change::{Applied, Changes, MOST_ITEMS, Wanted, apply};
use syncline_hub::counters::{keep, request};
use syncline_hub::cx::Cx;
use syncline_store::Scope;
use syncline_store::connections::Connection;
use syncline_store::counters::changes::{self, Answer, Idempotency};
use syncline_store::counters::definitions::{self, Stored};
use syncline_store::counters::findings::{self, Finding};
use syncline_store::counters::runs::{self, Cause, Run, State};
use syncline_store::counters::{self as rows, Counter, Filter};
use syncline_store::notifications::{self, Notification};

/// The type of mock exams.
pub const EXAMS: &str = "2-50158913";
/// The property that shows how many bookings one has.
pub const PROPERTY: &str = "total_bookings";

/// What these tests have set: time leaps over leases of jobs, and not over the spans of budgets.
pub const USUAL: [(&str, &str); 2] = [("jobs.lease", "1h"), ("counters.account_calls", "0")];

/// Everything.
pub struct Scene {
    pub joined: Joined,
    pub connection: Connection,
    /// The ids of the exams.
    pub exams: Vec<String>,
    pub of: Stored,
    client: reqwest::Client,
}

impl Scene {
    /// With so many exams, counted in the database and pushed as `target` says.
    pub async fn start(exams: usize, target: Value) -> Self {
        Self::with(exams, json!({ "target": target }), &[]).await
    }

    /// The same with more said, and other settings.
    pub async fn with(exams: usize, said: Value, settings: &[(&str, &str)]) -> Self {
        let all: Vec<(&str, &str)> = USUAL.iter().chain(settings).copied().collect();
        Self::joined(Joined::start(0, &all).await, exams, said).await
    }

    pub async fn joined(joined: Joined, exams: usize, said: Value) -> Self {
        let connection = joined.connect("hubspot").await;
        let client = syncline_hub::http::client::client().unwrap();
        let ids = make_exams(&joined, &client, exams).await;
        let definition = definition(&joined, &connection, said).await;
        let of = keep::create(&joined.hub.cx, &Scope::All, definition).await.unwrap();
        Self { joined, connection, exams: ids, of, client }
    }

    pub fn cx(&self) -> &Cx {
        &self.joined.hub.cx
    }

    pub fn hub(&self) -> &TestHub {
        &self.joined.hub
    }

    /// The definition as it is now.
    pub async fn now(&self) -> Stored {
        definitions::get(&self.cx().store, &Scope::All, &self.of.id).await.unwrap().unwrap()
    }

    /// Makes changes, as many in a request as are taken at once.
    pub async fn change(&self, changes: &[(&str, Change)]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for piece in changes.chunks(MOST_ITEMS) {
            answers.extend(self.ask(self.changes(piece, None)).await.answers);
        }
        answers
    }

    pub async fn ask(&self, changes: Changes) -> Applied {
        apply(self.cx(), &Scope::All, changes).await.unwrap()
    }

    pub fn changes(&self, changes: &[(&str, Change)], key: Option<&str>) -> Changes {
        let item = |(key, change): &(&str, Change)| Wanted {
            definition_id: self.of.id.clone(),
            key: (*key).to_owned(),
            change: *change,
        };
        let items: Vec<Wanted> = changes.iter().map(item).collect();
        let request = format!("{items:?}");
        let idempotency = key.and_then(|key| Idempotency::new(key, request.as_bytes()));
        Changes { items, idempotency, source: "api" }
    }

    /// One more of each of these exams.
    pub async fn book(&self, exams: &[String]) {
        let changes: Vec<(&str, Change)> =
            exams.iter().map(|id| (id.as_str(), Change::Increment(1))).collect();
        self.change(&changes).await;
    }

    pub async fn counter(&self, key: &str) -> Option<Counter> {
        rows::get(&self.cx().store, &Scope::All, &self.of.id, key).await.unwrap()
    }

    pub async fn counters(&self) -> Vec<Counter> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let filter = Filter::All(after);
            let page = rows::page(&self.cx().store, &Scope::All, &self.of.id, &filter, 500).await.unwrap();
            let Some(last) = page.last() else { return all };
            after = Some(last.key.clone());
            all.extend(page);
        }
    }

    /// What HubSpot shows, by exam.
    pub async fn shown(&self) -> BTreeMap<String, Option<i64>> {
        let all = self.joined.hubspot(EXAMS, PROPERTY).await;
        let number = |row: &Value| row[PROPERTY].as_str().and_then(|text| text.parse().ok());
        all.iter().map(|(id, row)| (id.clone(), number(row))).collect()
    }

    /// Waits while time passes, for HubSpot too.
    pub async fn as_time_passes<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                self.joined.advance(Duration::from_millis(250)).await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        };
        tokio::time::timeout(PATIENCE * 4, looking).await.unwrap_or_else(|_| panic!("never happened: {what}"))
    }

    /// Waits until nothing is to be done with any counter.
    pub async fn quiet(&self) {
        self.as_time_passes("all counters rest", async || {
            let waiting = rows::waiting(&self.cx().store, &Scope::All, &self.of.id).await.unwrap();
            (waiting.to_send + waiting.to_look_at == 0).then_some(())
        })
        .await;
    }

    /// Waits until every property shows its counter, and says of each that it does.
    pub async fn agree(&self) {
        self.quiet().await;
        let shown = self.shown().await;
        for counter in self.counters().await {
            let stage = counter.push.stage;
            assert_eq!((shown[&counter.key], stage), (Some(counter.value), Stage::Quiet), "{counter:?}");
        }
    }

    /// A comparison to its end.
    pub async fn compare(&self, dry_run: bool) -> Run {
        let asked = request::request(self.cx(), &self.now().await, Cause::Api, dry_run).await.unwrap();
        self.ended(&asked.run().id).await
    }

    pub async fn ended(&self, run_id: &str) -> Run {
        self.as_time_passes("the run ends", async || {
            let run = runs::get(&self.cx().store, &Scope::All, run_id).await.unwrap().unwrap();
            (!matches!(run.state, State::Waiting | State::Running)).then_some(run)
        })
        .await
    }

    /// The same run as it is now: what it repaired is counted when the property shows it.
    pub async fn run(&self, run_id: &str) -> Run {
        runs::get(&self.cx().store, &Scope::All, run_id).await.unwrap().unwrap()
    }

    pub async fn findings(&self, run_id: &str) -> Vec<Finding> {
        findings::page(&self.cx().store, &Scope::All, run_id, findings::Filter::default(), "", 1_000)
            .await
            .unwrap()
    }

    /// What the application was told of drift.
    pub async fn told(&self) -> Vec<Value> {
        let all: Vec<Notification> = told(self.cx()).await;
        all.into_iter().map(|one| serde_json::from_str(&one.payload).unwrap()).collect()
    }

    /// Every value that a property ever had, oldest first, by exam.
    pub async fn histories(&self) -> BTreeMap<String, Vec<i64>> {
        let mut all = BTreeMap::new();
        for piece in self.exams.chunks(50) {
            let inputs: Vec<Value> = piece.iter().map(|id| json!({ "id": id })).collect();
            let body = json!({ "properties": [], "propertiesWithHistory": [PROPERTY], "inputs": inputs });
            let page = self.hubspot(&format!("/crm/v3/objects/{EXAMS}/batch/read"), body).await;
            for row in page["results"].as_array().unwrap() {
                let values = row["propertiesWithHistory"][PROPERTY].as_array().cloned().unwrap_or_default();
                let number = |one: &Value| one["value"].as_str().and_then(|text| text.parse().ok());
                let mut numbers: Vec<i64> = values.iter().filter_map(number).collect();
                numbers.reverse();
                all.insert(row["id"].as_str().unwrap().to_owned(), numbers);
            }
        }
        all
    }

    /// No value ever came after a newer one: what a property held, in the order that HubSpot tells, is what the counter was, in its order.
    /// For counters that are only counted up.
    pub async fn assert_order(&self) {
        for (id, values) in self.histories().await {
            let mut was = changes::history(&self.cx().store, &Scope::All, (&self.of.id, &id), None, 10_000)
                .await
                .unwrap();
            was.reverse();
            assert_follows(&id, &values, &was.iter().map(|entry| entry.value).collect::<Vec<_>>());
        }
    }

    /// A call past the hub.
    pub async fn hubspot(&self, path: &str, body: Value) -> Value {
        hubspot(&self.joined, &self.client, path, body).await
    }

    /// Somebody writes a property by hand.
    pub async fn write(&self, id: &str, value: &str) {
        let body = json!({ "inputs": [{ "id": id, "properties": { PROPERTY: value } }] });
        self.hubspot(&format!("/crm/v3/objects/{EXAMS}/batch/update"), body).await;
    }

    /// How many calls the trigger got.
    pub async fn triggered(&self) -> usize {
        self.joined.requests("hubspot", "webhook-triggers").await
    }

    /// Changes the workflow that every sandbox has.
    pub async fn workflow(&self, change: Value) {
        let id = trigger_of(&self.joined).await.rsplit('/').next().unwrap().to_owned();
        self.joined.control(Method::PATCH, &format!("hubspot/workflows/{id}"), change).await;
    }
}

/// That what a property held is part of what the counter was, in the same order; one value may come several times in a row. The counter was
/// each value once: where it came back to one, an old call of that could not be told from a new one.
pub fn assert_follows(id: &str, held: &[i64], was: &[i64]) {
    assert!(
        was.is_sorted_by(|a, b| a < b),
        "{id} was counted up and down, so its order proves nothing: {was:?}"
    );
    let mut at = 0;
    for value in held {
        let found = was[at..].iter().position(|one| one == value);
        let ahead = found
            .unwrap_or_else(|| panic!("an older value came after a newer one for {id}: {held:?} of {was:?}"));
        at += ahead;
    }
}

/// What was to be told of drift so far.
pub async fn told(cx: &Cx) -> Vec<Notification> {
    notifications::list(&cx.store, &Scope::All, Some("counter.drift"), None, 1_000).await.unwrap()
}

async fn hubspot(joined: &Joined, client: &reqwest::Client, path: &str, body: Value) -> Value {
    let credentials = joined.sandbox.credentials();
    let token = credentials["hubspot"]["accounts"][0]["private_app_token"].as_str().unwrap().to_owned();
    let url = format!("{}/hubspot{path}", joined.sandbox.url());
    let answer = client.post(url).bearer_auth(token).json(&body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

async fn make_exams(joined: &Joined, client: &reqwest::Client, exams: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for first in (0..exams).step_by(100) {
        let exam = |number: usize| json!({ "properties": { "mock_exam_name": format!("Exam {number}"), "mock_exam_id": format!("E-{number}") } });
        let inputs: Vec<Value> = (first..exams.min(first + 100)).map(exam).collect();
        let path = format!("/crm/v3/objects/{EXAMS}/batch/create");
        let made = hubspot(joined, client, &path, json!({ "inputs": inputs })).await;
        let rows = made["results"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
    }
    ids
}

/// The address of the trigger of the workflow that every sandbox has.
pub async fn trigger_of(joined: &Joined) -> String {
    let client = syncline_hub::http::client::client().unwrap();
    let url = format!("{}/_sandbox/hubspot/workflows", joined.sandbox.url());
    let known: Value = client.get(url).send().await.unwrap().json().await.unwrap();
    known["workflows"][0]["trigger_url"].as_str().unwrap().to_owned()
}

/// A definition as the seed would have it; `said` replaces what it says. A target's `url` that is left out is the workflow's.
pub async fn definition(joined: &Joined, connection: &Connection, said: Value) -> Definition {
    let mut all = json!({
        "name": "exam-bookings", "connection_id": connection.id, "object_type": EXAMS, "property": PROPERTY,
        "window_ms": 500, "settle_ms": 8_000, "reconcile_minutes": null, "target": { "kind": "property" },
    });
    for (name, value) in said.as_object().unwrap() {
        all[name] = value.clone();
    }
    if all["target"]["kind"] != "property" {
        if all["target"].get("url").is_none() {
            all["target"]["url"] = trigger_of(joined).await.into();
        }
        if all.get("payload").is_none() {
            all["payload"] = json!({ "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" });
        }
    }
    serde_json::from_value(all).unwrap()
}
