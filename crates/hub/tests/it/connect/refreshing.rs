//! Renewing at the same time, against refusals, and across crashes. The simulated providers are the judge: a token that was rotated and
//! lost would be refused.

use super::scene::{OAUTH, Scene, token_path};
use crate::support::START;
use serde_json::json;
use std::time::Duration;
use syncline_core::secret::Secret;
use syncline_hub::connect::{Access, Denied, access, refused};
use syncline_hub::cx::Cx;
use syncline_providers::connect::{App, connect as connector};
use syncline_providers::wire::Hosts;
use syncline_store::connections::{self, Status};
use syncline_store::testing::{TestDb, Which};

const MINUTE: Duration = Duration::from_secs(60);
const HUBSPOT_DUE: Duration = Duration::from_secs(25 * 60);
const AIRTABLE_DUE: Duration = Duration::from_secs(55 * 60);

async fn at_once(cx: &Cx, id: &str, count: usize) -> Vec<Access> {
    let all = (0..count).map(|_| access(cx, id));
    futures_util::future::join_all(all).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_need_a_token_at_once_cause_one_renewal() {
    let scene = Scene::new().await;
    for (provider, due) in [("hubspot", HUBSPOT_DUE), ("airtable", AIRTABLE_DUE)] {
        let connection = scene.connect(provider).await;
        scene.advance(due).await;
        let tokens = at_once(scene.cx(), &connection.id, 100).await;
        assert!(tokens.iter().all(|access| access.token == tokens[0].token), "{provider}");
        scene.tries(&tokens[0]).await.unwrap();
        assert_eq!(scene.refreshes(provider).await.len(), 1, "{provider}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_refusals_at_once_cause_one_renewal() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let first = access(scene.cx(), &connection.id).await.unwrap();
    let all = (0..100).map(|_| refused(scene.cx(), &first));
    let renewed = futures_util::future::join_all(all).await;
    let token = renewed[0].as_ref().unwrap().token.clone();
    assert!(renewed.into_iter().all(|access| access.unwrap().token == token));
    assert_eq!(scene.refreshes("notion").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_renew_at_once_never_lose_a_rotated_token() {
    let scene = Scene::new().await;
    let (one, other) = (scene.rig.process("one"), scene.rig.process("other"));
    renew_at_once(&scene, &one, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_postgres_never_lose_a_rotated_token() {
    let name = "two_processes_on_postgres_never_lose_a_rotated_token";
    let Some(db) = TestDb::of(Which::Postgres, name).await else { return };
    let scene = Scene::on(db, &[]).await;
    let (one, other) = (scene.apart("one"), scene.apart("other"));
    renew_at_once(&scene, &one, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_mysql_never_lose_a_rotated_token() {
    let name = "two_processes_on_mysql_never_lose_a_rotated_token";
    let Some(db) = TestDb::of(Which::MySql, name).await else { return };
    let scene = Scene::on(db, &[]).await;
    let (one, other) = (scene.apart("one"), scene.apart("other"));
    renew_at_once(&scene, &one, &other).await;
}

async fn renew_at_once(scene: &Scene, one: &Cx, other: &Cx) {
    let connection = scene.connect("airtable").await;
    for round in 1..=20 {
        scene.advance(AIRTABLE_DUE).await;
        let both = tokio::join!(at_once(one, &connection.id, 5), at_once(other, &connection.id, 5));
        let tokens: Vec<Access> = both.0.into_iter().chain(both.1).collect();
        assert!(tokens.iter().all(|access| access.token == tokens[0].token), "round {round}");
        scene.tries(&tokens[0]).await.unwrap();
        let refreshes = scene.refreshes("airtable").await;
        assert_eq!(refreshes.len(), round, "one a round");
        assert!(refreshes.iter().all(|call| call["status"] == 200), "{refreshes:?}");
    }
}

/// What a process does that renews and dies before it stores.
async fn renew_and_die(scene: &Scene, id: &str) {
    let cx = scene.rig.process("dead");
    let owner = "dead";
    connections::hold_refresh(&cx.store, id, owner, cx.now(), MINUTE).await.unwrap().expect("the right");
    // The tokens are opened by the room itself only, so the store is made to fail: all but the last step happens.
    connections::end_refresh(&cx.store, id, owner).await.unwrap();
    scene.rig.sql(
        "CREATE TRIGGER dies BEFORE UPDATE OF credentials ON connections BEGIN SELECT RAISE(ABORT, 'dies here'); END;",
    );
    let first = access(&cx, id).await;
    assert!(matches!(first, Err(Denied::Store(_))), "{first:?}");
    scene.rig.sql("DROP TRIGGER dies;");
}

#[tokio::test]
async fn after_a_crash_between_exchange_and_store_hubspot_goes_on() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    scene.advance(HUBSPOT_DUE).await;
    renew_and_die(&scene, &connection.id).await;
    let access = access(scene.cx(), &connection.id).await.unwrap();
    scene.tries(&access).await.unwrap();
    assert_eq!(scene.refreshes("hubspot").await.len(), 2);
}

#[tokio::test]
async fn after_a_crash_between_exchange_and_store_airtable_says_that_a_person_must_connect_again() {
    let scene = Scene::new().await;
    let connection = scene.connect("airtable").await;
    scene.advance(AIRTABLE_DUE + MINUTE * 6).await;
    renew_and_die(&scene, &connection.id).await;
    // Somebody may be about to store what was just given, so one waits first.
    let Err(Denied::Later { wait, .. }) = access(scene.cx(), &connection.id).await else {
        panic!("not told to wait")
    };
    assert_eq!(scene.now(&connection.id).await.status, Status::Active);
    scene.advance(wait + Duration::from_secs(1)).await;
    assert!(matches!(access(scene.cx(), &connection.id).await, Err(Denied::NeedsReauthorization(_))));
    let again = scene.connect("airtable").await;
    assert_eq!(again.id, connection.id);
    scene.tries(&access(scene.cx(), &again.id).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_loses_nothing_where_the_refresh_token_stays() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    scene.advance(HUBSPOT_DUE + MINUTE * 6).await;
    for effect in ["lost_answer", "half_answer", "cut"] {
        scene.token_fault("hubspot", 1, json!({ "kind": effect })).await;
        let Err(Denied::Later { wait, .. }) = access(scene.cx(), &connection.id).await else {
            panic!("{effect}")
        };
        scene.advance(wait).await;
    }
    scene.tries(&access(scene.cx(), &connection.id).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn who_died_with_the_right_to_renew_keeps_it_for_a_minute() {
    let scene = Scene::new().await;
    let connection = scene.connect("airtable").await;
    scene.advance(AIRTABLE_DUE).await;
    let store = &scene.cx().store;
    connections::hold_refresh(store, &connection.id, "dead", scene.cx().now(), MINUTE)
        .await
        .unwrap()
        .unwrap();
    let waiting = tokio::spawn({
        let (cx, id) = (scene.cx().clone(), connection.id.clone());
        async move { access(&cx, &id).await }
    });
    tokio::task::yield_now().await;
    assert!(scene.refreshes("airtable").await.is_empty());
    scene.advance(MINUTE).await;
    let renewed = waiting.await.unwrap().unwrap();
    scene.tries(&renewed).await.unwrap();
    assert_eq!(scene.refreshes("airtable").await.len(), 1);
}

#[tokio::test]
async fn who_goes_away_in_the_middle_loses_no_rotated_token() {
    let scene = Scene::new().await;
    let connection = scene.connect("airtable").await;
    scene.advance(AIRTABLE_DUE + MINUTE * 6).await;
    scene.token_fault("airtable", 1, json!({"kind": "latency", "ms": 200})).await;
    let asked = tokio::spawn({
        let (cx, id) = (scene.cx().clone(), connection.id.clone());
        async move { access(&cx, &id).await }
    });
    crate::support::wait::until("the renewal is under way", async || {
        connections::refresh_held(&scene.cx().store, &connection.id, scene.cx().now()).await.unwrap()
    })
    .await;
    asked.abort();
    let access = access(scene.cx(), &connection.id).await.unwrap();
    scene.tries(&access).await.unwrap();
    assert_eq!(scene.refreshes("airtable").await.len(), 1);
}

#[tokio::test]
async fn the_token_endpoints_own_limit_is_respected_while_the_token_is_still_good() {
    let scene = Scene::new().await;
    for (provider, due) in [("hubspot", HUBSPOT_DUE), ("airtable", AIRTABLE_DUE)] {
        let connection = scene.connect(provider).await;
        let first = access(scene.cx(), &connection.id).await.unwrap();
        scene.advance(due).await;
        scene.token_fault(provider, 1, json!({"kind": "rate_limited", "retry_after": 40})).await;
        let still = access(scene.cx(), &connection.id).await.unwrap();
        assert_eq!(still.token, first.token, "{provider}");
        let asked = scene.refreshes(provider).await.len();
        at_once(scene.cx(), &connection.id, 20).await;
        assert_eq!(scene.refreshes(provider).await.len(), asked, "{provider} is left alone");
        scene.advance(Duration::from_secs(41)).await;
        let renewed = access(scene.cx(), &connection.id).await.unwrap();
        assert_ne!(renewed.token, first.token, "{provider}");
        scene.tries(&renewed).await.unwrap();
    }
}

#[tokio::test]
async fn who_has_no_good_token_is_told_how_long_the_token_endpoint_wants_to_be_left_alone() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    scene.advance(MINUTE * 31).await;
    let effect = json!({"kind": "status", "status": 429, "body": {}, "headers": [["Retry-After", "40"]]});
    scene.token_fault("hubspot", 1, effect).await;
    let Err(Denied::Later { wait, .. }) = access(scene.cx(), &connection.id).await else { panic!("a token") };
    assert_eq!(wait, Duration::from_secs(40));
    scene.advance(Duration::from_secs(30)).await;
    let Err(Denied::Later { wait, .. }) = access(scene.cx(), &connection.id).await else { panic!("a token") };
    assert_eq!(wait, Duration::from_secs(10));
    assert_eq!(scene.refreshes("hubspot").await.len(), 1);
    scene.advance(wait).await;
    access(scene.cx(), &connection.id).await.unwrap();
}

#[tokio::test]
async fn the_job_of_an_idle_connection_waits_as_the_provider_says_and_loses_no_attempt() {
    let scene = Scene::new().await;
    scene.connect("hubspot").await;
    scene.advance(MINUTE * 30).await;
    let effect = json!({"kind": "status", "status": 503, "body": {}, "headers": [["Retry-After", "600"]]});
    scene.token_fault("hubspot", 1, effect).await;
    let worker = scene.rig.work(scene.cx().clone());
    let at = START.plus(MINUTE * 40);
    crate::support::wait::until("the job waits", async || {
        scene
            .waiting("connection.refresh")
            .await
            .into_iter()
            .find(|job| job.run_at >= at && job.attempts == 0)
    })
    .await;
    worker.soft.cancel();
    worker.ended().await;
}

#[tokio::test]
async fn while_a_client_secret_is_rotated_either_will_do() {
    let scene = Scene::new().await;
    let credentials = scene.sandbox.credentials();
    let settings: Vec<(String, String)> = [("main", "hubspot"), ("notes", "notion"), ("tables", "airtable")]
        .iter()
        .flat_map(|(app, provider)| {
            let good = credentials[provider]["app"]["client_secret"].as_str().unwrap().to_owned();
            [
                (format!("apps.{app}.client_secret"), "not-yet-active-0123456789".to_owned()),
                (format!("apps.{app}.previous_client_secret"), good),
            ]
        })
        .collect();
    for provider in OAUTH {
        let connection = scene.connect(provider).await;
        let first = access(scene.cx(), &connection.id).await.unwrap();
        let rotating = scene.configured(&settings);
        let renewed = refused(&rotating, &first).await.unwrap();
        assert_ne!(renewed.token, first.token, "{provider}");
        scene.tries(&renewed).await.unwrap();
        let statuses: Vec<_> =
            scene.refreshes(provider).await.iter().map(|call| call["status"].clone()).collect();
        assert_eq!(statuses.len(), 2, "{provider}: first the new secret, then the one before: {statuses:?}");
    }
}

#[tokio::test]
async fn an_app_that_is_refused_is_the_operators_to_mend_and_no_connection_is_ended_for_it() {
    let scene = Scene::new().await;
    let wrong: Vec<(String, String)> = ["main", "notes", "tables"]
        .map(|app| (format!("apps.{app}.client_secret"), "wrong-secret-0123456789".to_owned()))
        .to_vec();
    for provider in OAUTH {
        let connection = scene.connect(provider).await;
        let first = access(scene.cx(), &connection.id).await.unwrap();
        let broken = scene.configured(&wrong);
        let Err(Denied::App(message)) = refused(&broken, &first).await else { panic!("{provider}") };
        assert!(!message.contains("wrong-secret"), "{message}");
        assert_eq!(scene.now(&connection.id).await.status, Status::Active, "{provider}");
        // Mended, it goes on after a pause; the token endpoint was not stormed.
        assert!(matches!(refused(scene.cx(), &first).await, Err(Denied::Later { .. })), "{provider}");
        scene.advance(MINUTE).await;
        let renewed = refused(scene.cx(), &first).await.unwrap();
        scene.tries(&renewed).await.unwrap();
    }
}

#[tokio::test]
async fn while_our_app_is_refused_a_token_that_is_still_good_is_used() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    let first = access(scene.cx(), &connection.id).await.unwrap();
    let wrong = ("apps.main.client_secret".to_owned(), "wrong-secret-0123456789".to_owned());
    let broken = scene.configured(&[wrong]);
    scene.advance(HUBSPOT_DUE).await;
    let still = access(&broken, &connection.id).await.unwrap();
    assert_eq!(still.token, first.token);
    scene.tries(&still).await.unwrap();
    scene.advance(MINUTE * 6).await;
    assert!(matches!(access(&broken, &connection.id).await, Err(Denied::App(_))));
}

#[tokio::test]
async fn a_provider_that_refuses_what_it_has_just_given_is_not_asked_for_ever() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let first = access(scene.cx(), &connection.id).await.unwrap();
    let second = refused(scene.cx(), &first).await.unwrap();
    assert!(matches!(refused(scene.cx(), &second).await, Err(Denied::Later { .. })));
    assert_eq!(scene.refreshes("notion").await.len(), 1);
    assert_eq!(scene.now(&connection.id).await.status, Status::Active);
}

#[tokio::test]
async fn a_refresh_token_that_is_rotated_where_none_usually_is_replaces_the_old_one() {
    let scene = Scene::new().await;
    scene.set(json!({"hubspot": {"oauth": {"rotate_refresh_tokens": true}}})).await;
    let connection = scene.connect("hubspot").await;
    for _ in 0..3 {
        scene.advance(HUBSPOT_DUE).await;
        scene.tries(&access(scene.cx(), &connection.id).await.unwrap()).await.unwrap();
    }
    assert!(scene.refreshes("hubspot").await.iter().all(|call| call["status"] == 200));
}

#[tokio::test]
async fn nonsense_from_a_token_endpoint_ends_nothing() {
    let scene = Scene::new().await;
    let connection = scene.connect("hubspot").await;
    scene.advance(MINUTE * 31).await;
    for (status, body) in [
        (200, json!("<html>ok</html>")),
        (200, json!({})),
        (200, json!([])),
        (200, json!({"access_token": ""})),
        (400, json!("Bad Request")),
        (403, json!("<html>blocked</html>")),
        (404, json!({})),
    ] {
        scene.token_fault("hubspot", 1, json!({"kind": "status", "status": status, "body": body})).await;
        let answered = access(scene.cx(), &connection.id).await;
        let Err(Denied::Later { wait, .. }) = answered else { panic!("{status} {body}: {answered:?}") };
        scene.advance(wait).await;
    }
    scene.tries(&access(scene.cx(), &connection.id).await.unwrap()).await.unwrap();
    assert_eq!(scene.now(&connection.id).await.status, Status::Active);
}

#[tokio::test]
async fn connecting_again_while_a_renewal_fails_is_not_undone_by_it() {
    let scene = Scene::new().await;
    let connection = scene.connect("notion").await;
    let first = access(scene.cx(), &connection.id).await.unwrap();
    scene.withdraw(&first).await;
    scene.token_fault("notion", 1, json!({"kind": "latency", "ms": 300})).await;
    let failing = tokio::spawn({
        let (cx, first) = (scene.cx().clone(), first.clone());
        async move { refused(&cx, &first).await }
    });
    crate::support::wait::until("the renewal is under way", async || {
        connections::refresh_held(&scene.cx().store, &connection.id, scene.cx().now()).await.unwrap()
    })
    .await;
    let again = scene.connect("notion").await;
    let answered = failing.await.unwrap().unwrap();
    scene.tries(&answered).await.unwrap();
    assert_eq!((again.id, scene.now(&connection.id).await.status), (connection.id, Status::Active));
}

#[test]
fn every_token_endpoint_is_where_these_tests_look_for_it() {
    let hosts = Hosts { api: "http://x".into(), web: "http://x".into() };
    let secret = Secret::new("s");
    for provider in OAUTH {
        let app = App { hosts: &hosts, client_id: "c", client_secret: &secret };
        let call = connector(provider).unwrap().oauth().unwrap().refresh(&app, &secret);
        assert_eq!(call.url, format!("http://x{}", token_path(provider)));
    }
}
