//! Where it is known what counters should be: a search, a database, an endpoint, the counter itself.

use super::scene::{Scene, definition};
use crate::support::START;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::HeaderMap;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::counters::change::{Bounds, Change};
use syncline_core::counters::push::{Terms, Way};
use syncline_core::schedule::RetryPolicy;
use syncline_hub::counters::{keep, request};
use syncline_store::Scope;
use syncline_store::counters::changes::{self, Item, Request, Rules};
use syncline_store::counters::findings::Verdict;
use syncline_store::counters::runs::{Cause, State};
use syncline_store::outside::{Outside, whole};
use syncline_store::testing::{TestDb, Which};

/// Compares counters of 3 with a truth; of the exams the first should be 5, the second 3, and nobody knows of the third.
async fn compared(scene: &Scene) {
    let all: Vec<(&str, Change)> = scene.exams.iter().map(|id| (id.as_str(), Change::Set(3))).collect();
    scene.change(&all).await;
    scene.agree().await;
    let run = scene.compare(false).await;
    scene.agree().await;
    let shown = scene.shown().await;
    let shown: Vec<Option<i64>> = scene.exams.iter().map(|id| shown[id]).collect();
    assert_eq!(shown, [Some(5), Some(3), Some(3)], "what is not known is left alone: {run:?}");
    assert_eq!((run.counts.drifted, run.counts.unknown, run.counts.checked), (1, 1, 3), "{run:?}");
    let findings = scene.findings(&run.id).await;
    let unknown = findings.iter().find(|it| it.verdict == Verdict::NoTruth).unwrap();
    assert_eq!(unknown.key, scene.exams[2], "{findings:?}");
}

/// A scene of three exams, and then a definition whose truth `truth` makes.
async fn with(truth: Value, settings: &[(&str, &str)]) -> Scene {
    Scene::with(3, json!({ "truth": truth }), settings).await
}

/// Somebody's database with a table of keys and numbers: such as our own.
async fn bookings(which: Which, name: &str, keys: &[String]) -> Option<TestDb> {
    let db = TestDb::of(which, name).await?;
    let store = db.store().await;
    let item = |(key, count): (&String, i64)| Item {
        definition_id: "bookings".to_owned(),
        key: key.clone(),
        change: Ok(Change::Set(count)),
    };
    let items = keys.iter().zip([5, 3]).map(item).collect();
    let (id, org_id) = ("crq_1".to_owned(), "others".to_owned());
    let request = Request { id, org_id, idempotency: None, items, source: "api" };
    let second = Duration::from_secs(1);
    let retries = RetryPolicy { base: second, factor: 2, cap: second, max_attempts: 1 };
    let push = Terms { first: Way::Write, second: None, window: second, settle: second, retries, rounds: 1 };
    let rules = Rules { bounds: Bounds { minimum: 0 }, push };
    let mut tx = store.begin().await.unwrap();
    changes::apply(&mut tx, &[request], &[("bookings".to_owned(), rules)].into(), START).await.unwrap();
    tx.commit().await.unwrap();
    Some(db)
}

async fn from_a_database(which: Which, name: &str, query: &str) {
    // The ids of exams are the same in every sandbox of a test's size.
    let keys = with(json!({ "source": "counter" }), &[]).await.exams;
    let Some(db) = bookings(which, name, &keys).await else { return };
    let databases = format!("bookings={}", db.url);
    let truth = json!({ "source": "sql", "database": "bookings", "query": query });
    let scene = with(truth, &[("counters.databases", &databases)]).await;
    assert_eq!(scene.exams, keys);
    compared(&scene).await;
}

const ONE: &str = "SELECT value FROM counters WHERE definition_id = 'bookings' AND counter_key = {{key}}";
const MANY: &str = "SELECT counter_key, value FROM counters WHERE counter_key IN ({{keys}})";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_asked_for_one_key_at_a_time_on_sqlite() {
    from_a_database(Which::Sqlite, "", ONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_asked_for_many_keys_on_sqlite() {
    from_a_database(Which::Sqlite, "", MANY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_asked_for_many_keys_on_postgres() {
    from_a_database(Which::Postgres, "counter truth on PostgreSQL", MANY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_asked_for_many_keys_on_mariadb() {
    from_a_database(Which::MySql, "counter truth on MariaDB", MANY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_a_database_that_is_away_and_does_not_name_its_password() {
    let url = "bookings=postgres://reader:canary-password@127.0.0.1:1/none";
    let truth = json!({ "source": "sql", "database": "bookings", "query": MANY });
    let scene = with(truth, &[("counters.databases", url)]).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    scene.joined.control(Method::DELETE, "requests", Value::Null).await;
    let asked = request::request(scene.cx(), &scene.now().await, Cause::Api, false).await.unwrap();
    let waits = async || scene.run(&asked.run().id).await.reason;
    let reason = scene.as_time_passes("it says why it waits", waits).await;
    assert!(reason.contains("bookings") && !reason.contains("canary"), "{reason}");
    assert_eq!(scene.run(&asked.run().id).await.state, State::Running);
    assert_eq!(scene.joined.requests("hubspot", "batch/read").await, 0, "HubSpot is not asked in vain");
    assert_eq!(scene.findings(&asked.run().id).await, vec![]);
}

/// What runs say about the first exam where the truth is a query on a database like [`bookings`].
async fn said_of(which: Which, name: &str, query: &str, settings: &[(&str, &str)]) -> Option<Vec<String>> {
    let keys = with(json!({ "source": "counter" }), &[]).await.exams;
    let db = bookings(which, name, &keys).await?;
    let databases = format!("bookings={}", db.url);
    let truth = json!({ "source": "sql", "database": "bookings", "query": query });
    let all: Vec<(&str, &str)> =
        [("counters.databases", databases.as_str())].iter().chain(settings).copied().collect();
    let scene = with(truth, &all).await;
    scene.book(&scene.exams).await;
    scene.agree().await;
    let asked = request::request(scene.cx(), &scene.now().await, Cause::Api, false).await.unwrap();
    let over = async || {
        let run = scene.run(&asked.run().id).await;
        (run.state == State::Succeeded || run.reason.is_some()).then_some(run)
    };
    let run = scene.as_time_passes("the run ends or waits", over).await;
    assert_eq!((run.counts.drifted, run.counts.repaired), (0, 0), "{run:?}");
    assert!(scene.shown().await.values().all(|shown| *shown == Some(1)), "nothing was changed");
    let found = scene.findings(&run.id).await;
    Some(found.into_iter().map(|it| it.detail).chain(run.reason).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_answers_two_numbers_for_a_key_says_nothing() {
    let twice = "SELECT counter_key, value FROM counters WHERE counter_key IN ({{keys}}) \
                 UNION ALL SELECT counter_key, 7 FROM counters WHERE counter_key IN ({{keys}})";
    let said = said_of(Which::Sqlite, "", twice, &[]).await.unwrap();
    assert!(said.len() == 3 && said.iter().all(|words| words.contains("more rows")), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_counter_may_not_be_is_no_truth() {
    let below = "SELECT counter_key, value - 100 FROM counters WHERE counter_key IN ({{keys}})";
    let said = said_of(Which::Sqlite, "", below, &[]).await.unwrap();
    let refused = said.iter().filter(|words| words.contains("may not be")).count();
    assert_eq!((refused, said.len()), (2, 3), "{said:?}");
}

/// A query without an end.
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT COUNT(*) FROM n WHERE {{key}} <> ''";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_an_end_is_ended_and_more_are_asked_after_it_on_sqlite() {
    let short = [("counters.truth_timeout", "1s")];
    let said = said_of(Which::Sqlite, "", ENDLESS, &short).await.unwrap();
    assert!(said.iter().all(|words| words.contains("cannot be asked now")), "{said:?}");
}

/// Questions that take longer than anybody waits, and what the server still does of them afterwards.
async fn gives_up(which: Which, name: &str, sleep: &str, running: &str) {
    let Some(db) = TestDb::of(which, name).await else { return };
    let outside = Outside::open(&db.url, Duration::from_secs(5)).unwrap();
    let asked = outside.query(sleep, &[], 9, Duration::from_millis(300)).await;
    assert!(asked.is_err_and(|error| error.is_transient()));
    let still = async || {
        let rows = outside.query(running, &[], 9, Duration::from_secs(5)).await.unwrap();
        (whole(&rows[0], 0) == Some(0)).then_some(())
    };
    crate::support::wait::until("the server has given up", still).await;
    let many = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
    let rows = outside.query(many, &[], 2, Duration::from_secs(5)).await.unwrap();
    assert_eq!(rows.len(), 2, "and what nobody asked for is not read");
    assert!(outside.query("CREATE TABLE mine (a INT)", &[], 9, Duration::from_secs(5)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gives_up_on_a_question_that_nobody_waits_for_on_postgres() {
    let running = "SELECT COUNT(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT 1 FROM pg_sleep(%' \
                   AND datname = current_database()";
    gives_up(Which::Postgres, "counter truth gives up on PostgreSQL", "SELECT 1 FROM pg_sleep(60)", running)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gives_up_on_a_question_that_nobody_waits_for_on_mariadb() {
    let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(61%'";
    gives_up(Which::MySql, "counter truth gives up on MariaDB", "SELECT SLEEP(61)", running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_asked_through_the_guarded_client_with_its_authorization() {
    let answer = |Path(key): Path<String>, headers: HeaderMap| async move {
        let known = headers.get("authorization").is_some_and(|it| it == "Bearer canary");
        let count = match (known, key.as_str()) {
            (false, _) => return (http::StatusCode::UNAUTHORIZED, json!({}).to_string()),
            (true, key) if key.ends_with('0') => 5,
            _ => 3,
        };
        (http::StatusCode::OK, json!({ "data": { "bookings": count } }).to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/exams/{key}", get(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings = [("notify.allow", "127.0.0.0/8"), ("notify.plain_http", "true")];
    let truth = json!({
        "source": "http", "url": format!("http://{address}/exams/{{{{key}}}}"), "pointer": "/data/bookings",
        "authorization": "Bearer canary",
    });
    let scene = with(truth.clone(), &settings).await;
    assert!(!format!("{:?}", scene.of).contains("canary"));
    let expected = |id: &String| if id.ends_with('0') { 5 } else { 3 };
    let all: Vec<(&str, Change)> = scene.exams.iter().map(|id| (id.as_str(), Change::Set(4))).collect();
    scene.change(&all).await;
    scene.agree().await;
    let run = scene.compare(false).await;
    scene.agree().await;
    assert_eq!(run.counts.drifted, 3, "{run:?}");
    for (id, shown) in scene.shown().await {
        assert_eq!(shown, Some(expected(&id)));
    }
    // At another host the authorization is not given on.
    let mut elsewhere = truth;
    elsewhere["authorization"] = Value::Null;
    elsewhere["url"] = format!("http://127.0.0.2:{}/exams/{{{{key}}}}", address.port()).into();
    let said = json!({ "truth": elsewhere });
    let changed = definition(&scene.joined, &scene.connection, said).await;
    let after = keep::update(scene.cx(), &Scope::All, &scene.of.id, changed, None).await.unwrap();
    let opened = syncline_hub::counters::seal::open(scene.cx(), &after).unwrap();
    assert_eq!(opened.secrets().authorization, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_counts_what_it_finds() {
    let filters = json!([{ "filters": [
        { "propertyName": "jobtitle", "operator": "EQ", "value": "exam {{key}}" }
    ] }]);
    let truth = json!({ "source": "search", "object_type": "contacts", "filter_groups": filters });
    let scene = with(truth, &[]).await;
    let contact = |number: usize| {
        let properties = json!({ "email": format!("s{number}@example.org"), "jobtitle": format!("exam {}", scene.exams[0]) });
        json!({ "properties": properties })
    };
    let inputs: Vec<Value> = (0..2).map(contact).collect();
    scene.hubspot("/crm/v3/objects/contacts/batch/create", json!({ "inputs": inputs })).await;
    let one: Vec<(&str, Change)> = scene.exams.iter().map(|id| (id.as_str(), Change::Set(1))).collect();
    scene.change(&one).await;
    scene.agree().await;
    scene.joined.advance(std::time::Duration::from_secs(60)).await;
    let run = scene.compare(false).await;
    scene.agree().await;
    let shown = scene.shown().await;
    let shown: Vec<Option<i64>> = scene.exams.iter().map(|id| shown[id]).collect();
    assert_eq!(shown, [Some(2), Some(0), Some(0)], "{run:?}");
}
