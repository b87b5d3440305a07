//! What operators and their machines see: metrics, health, logs, traces.

use crate::support::child::Desk;
use crate::support::wait::until;
use crate::support::{Answer, SECRET, START, TestHub, change};
use axum::Router;
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

fn config(more: &str) -> String {
    format!("data_dir = \"data\"\n[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"{SECRET}\"\n{more}")
}

async fn get(desk: &Desk, path: &str) -> Answer {
    let client = syncline_hub::http::client::client().unwrap();
    Answer::of(client.get(format!("{}{path}", desk.base()))).await
}

/// Sends these events as one delivery.
async fn send(desk: &Desk, events: &Value) {
    desk.write("body.json", &events.to_string());
    desk.run(&["webhook", "send", "--body", "body.json"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_came_what_was_kept_and_what_waits() {
    let desk = Desk::configured(&config(""));
    let _hub = desk.serve(&["serve"]).await;
    let events = json!([change(1, START, 1, "a", "b"), change(2, START, 1, "a", "b")]);
    send(&desk, &events).await;
    send(&desk, &events).await;
    send(&desk, &json!([{ "note": 1 }])).await;
    assert_eq!(desk.run(&["webhook", "send", "--secret", "wrong"]).await.code, 1);
    desk.run(&["events", "list"]).await.ok();
    let wanted = [
        "syncline_intake_deliveries_accepted_total{provider=\"hubspot\",app=\"main\"} 3",
        "syncline_intake_events_accepted_total{provider=\"hubspot\",app=\"main\"} 5",
        "syncline_intake_deliveries_refused_total{provider=\"hubspot\",reason=\"signature_mismatch\"} 1",
        "syncline_intake_request_seconds_count{provider=\"hubspot\"} 3",
        "syncline_intake_log_lag_deliveries 0",
        "syncline_intake_log_lag_seconds 0",
        "syncline_events_stored_total 2",
        "syncline_events_duplicate_total 2",
        "syncline_events_parked_total 1",
        "syncline_jobs{kind=\"event.store\",state=\"parked\"} 1",
        "syncline_jobs{kind=\"retention\",state=\"waiting\"} 1",
        "syncline_jobs_finished_total{kind=\"retention\",outcome=\"continued\"} 1",
        "syncline_jobs_oldest_due_seconds 0",
        "syncline_database_up 1",
        "syncline_http_requests_total{route=\"/v1/events\",status=\"200\"} 1",
    ];
    // The gauges are measured every few seconds; the counters are true at once.
    let page = until("all of it is measured", async || {
        let page = get(&desk, "/metrics").await.text();
        let all = wanted.iter().all(|sample| page.lines().any(|line| line == *sample));
        all.then_some(page)
    })
    .await;
    assert!(page.contains("syncline_events_batch_seconds_bucket{le=\"0.005\"}"), "{page}");
    for sample in page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = sample.split(['{', ' ']).next().unwrap();
        let name = ["_bucket", "_sum", "_count"].iter().fold(name, |name, end| name.trim_end_matches(end));
        assert!(page.contains(&format!("# HELP {name} ")), "{name} says what it is");
    }
}

/// What Prometheus does not see before its first event, because nobody knows its labels before that: routes, kinds of jobs, what
/// providers answer, how connecting ended.
const BORN_LATER: [&str; 4] = [
    "syncline_connect_returns_total",
    "syncline_http_requests_total",
    "syncline_jobs_finished_total",
    "syncline_provider_calls_total",
];

#[tokio::test(flavor = "multi_thread")]
async fn counters_that_alerts_and_the_dashboard_look_at_are_zero_before_anything_happens() {
    let desk = Desk::configured(&config(""));
    let _hub = desk.serve(&["serve"]).await;
    let page = get(&desk, "/metrics").await.text();
    for sample in [
        "syncline_notify_endpoints_disabled_total 0",
        "syncline_intake_deliveries_refused_total{provider=\"hubspot\",reason=\"log_unavailable\"} 0",
        "syncline_intake_deliveries_refused_total{provider=\"hubspot\",reason=\"signature_mismatch\"} 0",
        "syncline_connect_refreshes_total{provider=\"hubspot\",outcome=\"app_refused\"} 0",
        "syncline_provider_rate_limited_total{provider=\"notion\"} 0",
    ] {
        assert!(page.lines().any(|line| line == sample), "no {sample} in {page}");
    }
    let packaging = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/");
    for file in ["prometheus/rules.yml", "grafana/syncline.json"] {
        let text = std::fs::read_to_string(format!("{packaging}{file}")).unwrap();
        let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in names.filter(|name| name.starts_with("syncline_") && name.ends_with("_total")) {
            let is_there = page.lines().any(|line| line.starts_with(name));
            assert!(is_there || BORN_LATER.contains(&name), "{file} looks at {name}, which is not there");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_want_their_token_and_may_be_off() {
    let hub = TestHub::start(&[("telemetry.metrics_token", "let-me-see")]).await;
    let ask = |value: Option<String>| {
        let request = hub.request(Method::GET, "/metrics");
        value.into_iter().fold(request, |request, value| request.header("authorization", value))
    };
    let no = [
        None,
        Some("Bearer let-me-se".to_owned()),
        Some("let-me-see".to_owned()),
        Some(format!("Bearer {}", hub.key)),
    ];
    for value in no {
        let answer = hub.send(ask(value)).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "token_wrong"));
    }
    let answer = hub.send(ask(Some("Bearer let-me-see".to_owned()))).await;
    assert!(answer.status == 200 && answer.text().contains("syncline_database_up"));
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4");
    let off = TestHub::start(&[("telemetry.metrics", "false")]).await;
    assert_eq!(off.get("/metrics").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_about_the_process_and_readiness_about_what_it_needs() {
    let hub = TestHub::start(&[]).await;
    let health = hub.get("/healthz").await;
    assert_eq!((health.status, health.text().as_str()), (200, "ok\n"));
    let ready = hub.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({ "ready": true, "checks": { "database": "ok", "log": "ok" } }))
    );

    // Nobody listens on port 9 of this machine.
    let desk = Desk::configured(&config("[database]\nurl = \"postgres://u@127.0.0.1:9/x\"\n"));
    let mut waiting = desk.start(&["serve"]);
    let client = syncline_hub::http::client::client().unwrap();
    until("it answers", async || client.get(format!("{}/healthz", desk.base())).send().await.ok()).await;
    assert_eq!(get(&desk, "/healthz").await.status, 200);
    let ready = get(&desk, "/readyz").await;
    let unready = json!({ "ready": false, "checks": { "database": "unavailable", "log": "ok" } });
    assert_eq!((ready.status, ready.json()), (503, unready));
    let soon = get(&desk, "/v1/events").await;
    assert_eq!((soon.status, soon.code().as_str(), soon.header("retry-after")), (503, "starting", "2"));
    assert_eq!(get(&desk, "/portal/events").await.status, 503);
    let sent = desk.run(&["webhook", "send"]).await;
    assert!(sent.code == 1 && sent.stderr.contains("503"), "not acknowledged: {sent:?}");
    waiting.signal("TERM");
    assert_eq!(waiting.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn away_from_a_terminal_every_log_line_is_one_json_object() {
    let desk = Desk::configured(&config("[log]\nlevel = \"debug\"\n"));
    let mut hub = desk.serve(&["serve"]).await;
    send(&desk, &json!([{ "note": "a\nb\u{1b}[2J" }])).await;
    desk.run(&["webhook", "send", "--secret", "wrong"]).await;
    desk.run(&["events", "list"]).await.ok();
    hub.err.having("webhook refused").await;
    hub.signal("TERM");
    assert!(hub.ended().await.success());
    let lines = hub.err.all();
    for line in &lines {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        for field in ["timestamp", "level", "message"] {
            assert!(entry[field].is_string(), "no {field} in {line}");
        }
        assert!(entry.get("spans").is_none(), "spans are for traces: {line}");
    }
    for message in ["listening", "webhook refused", "stopping: finishing what is under way"] {
        assert!(lines.iter().any(|line| line.contains(message)), "{message}");
    }
    assert_eq!(hub.out.all(), [""; 0], "nothing but results on standard output");
}

/// A collector that keeps what it is sent.
async fn collector() -> (String, Arc<Mutex<Vec<Value>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    let app = Router::new().route(
        "/v1/traces",
        post(move |body: axum::Json<Value>| async move {
            keep.lock().unwrap().push(body.0);
            axum::Json(json!({}))
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (soft, hard) =
        (tokio_util::sync::CancellationToken::new(), tokio_util::sync::CancellationToken::new());
    tokio::spawn(syncline_hub::http::server::serve(listener, app, soft, hard));
    (format!("http://{address}"), kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_arrive_at_the_collector_before_the_hub_ends() {
    let (endpoint, kept) = collector().await;
    let desk = Desk::configured(&config(&format!("[telemetry]\notlp_endpoint = \"{endpoint}\"\n")));
    let mut hub = desk.serve(&["serve"]).await;
    send(&desk, &json!([change(1, START, 1, "a", "a value nobody may trace")])).await;
    desk.run(&["events", "list"]).await.ok();
    hub.signal("TERM");
    assert!(hub.ended().await.success(), "{:?}", hub.err.all());
    let kept = kept.lock().unwrap().clone();
    let all = Value::from(kept.clone()).to_string();
    assert!(!all.contains(SECRET) && !all.contains("nobody may trace"), "{all}");
    let resources = kept.iter().flat_map(|body| body["resourceSpans"].as_array().unwrap());
    let mut names = Vec::new();
    for resource in resources {
        assert!(resource["resource"].to_string().contains("\"syncline\""), "{resource}");
        for scope in resource["scopeSpans"].as_array().unwrap() {
            names.extend(scope["spans"].as_array().unwrap().iter().map(|span| span["name"].clone()));
        }
    }
    for name in ["webhook", "store events", "job", "request"] {
        assert!(names.contains(&name.into()), "no {name} among {names:?}; {:?}", hub.err.all());
    }
}
