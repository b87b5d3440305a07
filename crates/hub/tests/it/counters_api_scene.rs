//! A hub with a connection to HubSpot and definitions of counters, over the API; nothing is sent, since the test's clock stands.

use crate::support::rows::connection;
use crate::support::{Answer, START, TestHub};
use crate::syncs_api_scene::call_as;
use reqwest::Method;
use serde_json::{Value, json};
use syncline_core::counters::definition::Policy;
use syncline_core::counters::push::{Property, Seen};
use syncline_core::counters::reconcile::{Drift, Verdict};
use syncline_hub::counters::{change, request};
use syncline_store::Scope;
use syncline_store::counters::changes::Rules;
use syncline_store::counters::definitions;
use syncline_store::counters::runs::{self, Cause, Compared, Found, NewRun};

/// Nobody listens there.
pub const NOWHERE: &str = "http://127.0.0.1:9/hubspot";
/// What of the trigger's address is secret.
pub const TRIGGER: &str = "AIvBwN0";
/// The record of the seed.
pub const EXAM: &str = "40577087837";

/// A hub, with `acme`'s connection `con_a` and `beta`'s `con_b`.
pub struct Counting {
    pub hub: TestHub,
}

/// The trigger's whole address.
pub fn trigger_url() -> String {
    trigger_in("62515")
}

fn trigger_in(account: &str) -> String {
    format!("{NOWHERE}/automation/v4/webhook-triggers/{account}/{TRIGGER}")
}

/// The seed's definition, with these members instead; its trigger is one of its connection's account.
pub fn definition(more: Value) -> Value {
    let account = if more["connection_id"] == "con_b" { "62516" } else { "62515" };
    let mut body = json!({
        "name": "exam-bookings", "connection_id": "con_a", "object_type": "2-50158913", "property": "total_bookings",
        "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
        "target": { "kind": "trigger", "url": trigger_in(account) }
    });
    let Value::Object(more) = more else { panic!("no members: {more}") };
    body.as_object_mut().unwrap().extend(more);
    body
}

impl Counting {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let settings = [&[("providers.hubspot.api_url", NOWHERE)], settings].concat();
        let hub = TestHub::start(&settings).await;
        connection(&hub, "con_a", "acme", "62515").await;
        connection(&hub, "con_b", "beta", "62516").await;
        Self { hub }
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        call_as(&self.hub, &self.hub.key, method, path, body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    /// What a `GET` answers.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.hub.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Makes a definition; its address.
    pub async fn make(&self, more: Value) -> String {
        let made = self.post("/v1/counters", &definition(more)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.header("location").to_owned()
    }

    /// A change with an idempotency key.
    pub async fn once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.hub.request(Method::POST, path).bearer_auth(&self.hub.key);
        self.hub.send(request.header("Idempotency-Key", key).json(body)).await
    }

    /// What a counter is.
    pub async fn value(&self, counter: &str, key: &str) -> Value {
        self.get(&format!("{counter}/values/{key}")).await["value"].clone()
    }
}

/// A run that nobody works on, with a page of findings: one counter too high at HubSpot, one that vanished, one without a truth.
pub async fn a_run_with_findings(scene: &Counting, path: &str) -> String {
    let id = path.rsplit_once('/').unwrap().1;
    let cx = &scene.hub.cx;
    let now = cx.now();
    let stored = definitions::get(&cx.store, &Scope::All, id).await.unwrap().unwrap();
    let new = NewRun {
        id: "crn_1".to_owned(),
        org_id: stored.org_id.clone(),
        definition_id: id.to_owned(),
        cause: Cause::Schedule,
        dry_run: false,
    };
    let seen = |number| Some(Seen { property: Property::Number(number), at: now });
    let drift = |truth, counter, property| Drift {
        truth,
        counter,
        property,
        counter_wrong: counter != truth,
        property_wrong: truth.is_some(),
        since: Some(START),
    };
    let found = |key: &str, version, seen, verdict| Found { key: key.to_owned(), version, seen, verdict };
    let all = [
        found("1", 1, seen(11), Verdict::Drift(drift(Some(8), Some(8), Property::Number(11)))),
        found("2", 1, None, Verdict::Drift(drift(None, None, Property::Empty))),
        found("3", 1, None, Verdict::NoTruth("the endpoint answered 500".to_owned())),
        found(EXAM, 1, seen(8), Verdict::Equal),
    ];
    let rules = Rules { bounds: change::bounds(&stored), push: request::terms(cx, &stored) };
    let page = Compared {
        run_id: "crn_1",
        definition_id: id,
        version: stored.version,
        pass: 1,
        position: EXAM,
        policy: Policy::Repair,
        calls: 2,
        found: &all,
    };
    let mut tx = cx.store.begin().await.unwrap();
    runs::create(&mut tx, &new, now).await.unwrap();
    runs::start(&mut tx, "crn_1", now).await.unwrap();
    runs::compared(&mut tx, &page, &rules, now).await.unwrap().expect("the run is under way");
    tx.commit().await.unwrap();
    "/v1/counter-runs/crn_1".to_owned()
}
