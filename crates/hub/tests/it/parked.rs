//! Events nobody can read: kept apart with the reason, shown to whoever can act, and never in the way of the others.

use crate::support::browser::{Browser, between, csrf};
use crate::support::wait::until;
use crate::support::{START, TestHub, change};
use crate::syncs_api_scene::{call_as, key_of};
use reqwest::Method;
use serde_json::{Value, json};

/// Without the time it happened it has no place in the timeline.
const MISFIT: &str =
    r#"{ "portalId":62515 , "subscriptionType":"contact.creation","objectId":7,"note":"kept" }"#;
const REASON: &str = "occurredAt is missing or not a time in milliseconds";

async fn hub_with_a_misfit() -> TestHub {
    let hub = TestHub::start(&[]).await;
    let good = change(1, START, 1, "firstname", "Zoë");
    hub.deliver(&format!("[{good},{MISFIT},{}]", change(2, START, 2, "firstname", "Ada"))).await;
    hub
}

async fn parked(hub: &TestHub) -> Vec<Value> {
    hub.get("/v1/jobs").await.json()["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_parked_with_its_bytes_and_its_reason_and_the_rest_is_stored() {
    let hub = hub_with_a_misfit().await;
    assert_eq!(hub.get("/v1/events").await.json()["data"].as_array().unwrap().len(), 2);
    let parked = parked(&hub).await;
    assert_eq!(parked.len(), 1);
    let job = &parked[0];
    assert_eq!((&job["kind"], &job["state"]), (&"event.store".into(), &"parked".into()));
    assert_eq!((&job["last_error"], &job["payload"]["raw"]), (&REASON.into(), &MISFIT.into()));
    let shown = hub.get(&format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await.json();
    assert_eq!(&shown, job);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_being_unreadable_has_its_reason() {
    let hub = TestHub::start(&[]).await;
    let misfits = [
        (r#"{"portalId":1,"subscriptionType":"a.b"}"#, REASON),
        (r#"{"portalId":1,"subscriptionType":"a.b","occurredAt":"yesterday"}"#, REASON),
        (r#"{"occurredAt":1,"subscriptionType":"a.b"}"#, "portalId is missing or not a number"),
        (r#"{"occurredAt":1,"portalId":true,"subscriptionType":"a"}"#, "portalId is missing or not a number"),
        (r#"{"portalId":1,"subscriptionType":"a.b","occurredAt":281474976710656}"#, REASON),
        (r#"{"occurredAt":1,"subscriptionType":"a.b","portalId":-1}"#, "portalId is missing or not a number"),
        (
            r#"{"occurredAt":1,"portalId":1,"subscriptionType":"a.b","objectId":-1}"#,
            "an id is negative, fractional or too large",
        ),
        (
            r#"{"occurredAt":1,"portalId":1,"subscriptionType":"a.b","subscriptionId":9223372036854775808}"#,
            "an id is negative, fractional or too large",
        ),
        (r#"{"occurredAt":1,"portalId":1}"#, "subscriptionType is missing or not a word"),
        (
            r#"{"occurredAt":1,"portalId":1,"subscriptionType":7}"#,
            "subscriptionType is missing or not a word",
        ),
    ];
    hub.deliver(&format!("[{}]", misfits.map(|(raw, _)| raw).join(","))).await;
    let parked = parked(&hub).await;
    assert_eq!(parked.len(), misfits.len());
    for (raw, reason) in misfits {
        let job = parked.iter().find(|job| job["payload"]["raw"] == raw).expect(raw);
        assert_eq!(job["last_error"], reason, "{raw}");
    }
    assert_eq!(hub.get("/v1/status").await.json()["events"]["last_seq"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_parks_it_again_and_discard_removes_it() {
    let hub = hub_with_a_misfit().await;
    let id = parked(&hub).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/jobs/{id}");
    let post = |path: String| hub.request(Method::POST, &path).bearer_auth(&hub.key);
    assert_eq!(hub.send(post(format!("{path}/retry"))).await.status, 202);
    // Tried: attempts are counted again from none.
    let job = until("it is parked again", async || {
        let job = hub.get(&path).await.json();
        (job["state"] == "parked" && job["attempts"] == 1).then_some(job)
    })
    .await;
    assert_eq!((&job["last_error"], &job["payload"]["raw"]), (&REASON.into(), &MISFIT.into()));

    let retried = hub.send(post("/v1/jobs/retry?kind=event.store".to_owned())).await;
    assert_eq!((retried.status, &retried.json()["retried"]), (202, &1.into()));
    until("and again", async || (hub.get(&path).await.json()["state"] == "parked").then_some(())).await;
    let none = hub.send(post("/v1/jobs/retry?kind=something.else".to_owned())).await;
    assert_eq!(none.json()["retried"], 0);

    let discard = || hub.request(Method::DELETE, &path).bearer_auth(&hub.key);
    assert_eq!(hub.send(discard()).await.status, 204);
    assert_eq!(hub.send(discard()).await.code(), "not_found");
    assert_eq!(hub.get(&path).await.status, 404);
    assert!(parked(&hub).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_fit_are_counted_and_then_discarded_and_the_others_stay() {
    let hub = TestHub::start(&[]).await;
    hub.deliver(r#"[{"note":"one"},{"note":"One more"},{"note":"two"}]"#).await;
    assert_eq!(parked(&hub).await.len(), 3);
    let discard = async |query: &str| {
        let request = hub.request(Method::POST, &format!("/v1/jobs/discard?{query}")).bearer_auth(&hub.key);
        hub.send(request).await
    };
    for (query, fitting, left) in [
        ("dry_run=true", 3, 3),
        ("search=ONE&dry_run=true", 2, 3),
        ("kind=something.else", 0, 3),
        ("kind=event.store&search=one", 2, 1),
        ("search=", 1, 0),
    ] {
        let answer = discard(query).await;
        let dry_run = query.contains("dry_run");
        assert_eq!(answer.json(), json!({ "discarded": fitting, "dry_run": dry_run }), "{query}");
        assert_eq!((answer.status, parked(&hub).await.len()), (200, left), "{query}");
    }
    assert_eq!(discard("dry_run=perhaps").await.status, 400);
    let noted = hub.get("/v1/audit").await.json();
    let noted: Vec<&Value> =
        noted["data"].as_array().unwrap().iter().filter(|one| one["action"] == "job.discarded").collect();
    assert_eq!(noted.len(), 2, "what was only counted was not done: {noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_key_discards_its_own_jobs_alone() {
    let hub = hub_with_a_misfit().await;
    let theirs = key_of(&hub, "globex").await;
    let gone = call_as(&hub, &theirs, Method::POST, "/v1/jobs/discard", &Value::Null).await;
    assert_eq!((gone.json()["discarded"].as_u64(), parked(&hub).await.len()), (Some(0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_shows_it_retries_it_and_discards_it() {
    let hub = hub_with_a_misfit().await;
    let mut browser = Browser::signed_in(&hub).await;
    let page = browser.get("/portal/jobs").await;
    assert!(page.text().contains(REASON) && page.text().contains("event.store"), "{}", page.text());
    let token = csrf(&page);
    let action = |word: &str| {
        let actions = between(&page.text(), "action=\"", "\"");
        actions.into_iter().find(|action| action.ends_with(word)).expect(word)
    };
    let (retry, discard) = (action("/retry"), action("/discard"));

    for (path, wrong) in [(&retry, "x"), (&discard, "x"), (&discard, "")] {
        assert_eq!(browser.post(path, &[("csrf", wrong)]).await.status, 403);
    }
    assert_eq!(parked(&hub).await[0]["attempts"], 0, "nothing was changed");

    let answer = browser.post(&retry, &[("csrf", &token)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/portal/jobs?did=retried"));
    until("it is parked again", async || {
        parked(&hub).await.first().is_some_and(|job| job["attempts"] == 1).then_some(())
    })
    .await;
    let answer = browser.post("/portal/jobs/retry-all", &[("csrf", &token), ("kind", "event.store")]).await;
    assert_eq!(answer.header("location"), "/portal/jobs?did=retried-1");
    until("and again", async || (parked(&hub).await.len() == 1).then_some(())).await;

    let answer = browser.post(&discard, &[("csrf", &token)]).await;
    assert_eq!(answer.header("location"), "/portal/jobs?did=discarded");
    assert!(parked(&hub).await.is_empty());
    let answer = browser.post(&discard, &[("csrf", &token)]).await;
    assert_eq!(answer.header("location"), "/portal/jobs?did=nothing");
    assert!(browser.get("/portal/jobs").await.text().contains("Nothing needs you"));
}
