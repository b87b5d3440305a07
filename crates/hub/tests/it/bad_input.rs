//! What must not come in: turned away with a stable code, counted by its reason, and nothing of it kept.

use crate::support::child::Desk;
use crate::support::wait::until;
use crate::support::{Answer, PUBLIC_URL, SECRET, START, TestHub, change, sign};
use reqwest::Method;
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATH: &str = "/webhooks/hubspot/main";
/// Small enough that a test can go beyond it, large enough for 1001 empty objects.
const MAX_BODY: &str = "8KiB";

/// A request that must be refused, and how.
struct Bad {
    method: Method,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    chunked: bool,
    status: u16,
    code: &'static str,
    /// Whose door counts it.
    provider: &'static str,
}

impl Bad {
    /// Well signed, for the app `main`.
    fn signed(now: Timestamp, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Self {
        let body = body.into();
        let headers = signed_by(SECRET, &body, now);
        Self {
            method: Method::POST,
            path: PATH,
            headers,
            body,
            chunked: false,
            status,
            code,
            provider: "hubspot",
        }
    }

    /// A good body, under these headers.
    fn headers(headers: Vec<(&'static str, String)>, code: &'static str) -> Self {
        Self { headers, ..Self::signed(START, good(), 401, code) }
    }

    /// Well signed, for somebody who is not there.
    fn nobody(now: Timestamp, path: &'static str) -> Self {
        Self { path, provider: "unknown", ..Self::signed(now, good(), 404, "unknown_app") }
    }

    /// On a connection of its own: who does not read a body to its end closes the connection.
    fn request(&self, base: &str) -> reqwest::RequestBuilder {
        let client = syncline_hub::http::client::client().unwrap();
        let mut request = client.request(self.method.clone(), format!("{base}{}", self.path));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if self.chunked {
            let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
                self.body.chunks(1_000).map(|chunk| Ok(chunk.to_vec())).collect();
            return request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(chunks)));
        }
        request.body(self.body.clone())
    }
}

fn good() -> String {
    serde_json::json!([change(1, START, 1, "firstname", "Zoë")]).to_string()
}

fn signed_by(secret: &str, body: &[u8], now: Timestamp) -> Vec<(&'static str, String)> {
    let timestamp = now.as_millis().to_string();
    let url = format!("{PUBLIC_URL}{PATH}");
    let parts = [b"POST", url.as_bytes(), body, timestamp.as_bytes()];
    let signature =
        data_encoding::BASE64.encode(&syncline_core::signature::hmac_sha256(secret.as_bytes(), &parts));
    vec![("x-hubspot-signature-v3", signature), ("x-hubspot-request-timestamp", timestamp)]
}

/// Every row of the table of what is refused.
fn bad_requests(now: Timestamp) -> Vec<Bad> {
    let body = good();
    let signed_at = |at| signed_by(SECRET, body.as_bytes(), at);
    let too_old = now.minus(Duration::from_secs(301));
    let too_new = now.plus(Duration::from_secs(400));
    let mut bad = vec![
        Bad::headers(vec![], "signature_missing"),
        Bad::headers(signed_by("another secret", body.as_bytes(), now), "signature_mismatch"),
        Bad::headers(signed_by("", body.as_bytes(), now), "signature_mismatch"),
        Bad::headers(signed_by(SECRET, b"[]", now), "signature_mismatch"),
        Bad::headers(vec![("x-hubspot-signature", "00".repeat(32))], "signature_mismatch"),
        Bad::headers(signed_at(too_old), "signature_stale"),
        Bad::headers(signed_at(too_new), "signature_stale"),
        Bad::headers(signed_at(now)[..1].to_vec(), "signature_timestamp_unreadable"),
        Bad::headers(
            vec![("x-hubspot-signature", "00".into()), ("x-hubspot-signature-version", "v9".into())],
            "signature_unknown_version",
        ),
        Bad::nobody(now, "/webhooks/hubspot/nobody"),
        Bad::nobody(now, "/webhooks/salesforce/main"),
        Bad::nobody(now, "/webhooks/notion/main"),
        Bad::nobody(now, "/webhooks/hubspot/%FF"),
        Bad {
            method: Method::GET,
            provider: "unknown",
            ..Bad::signed(now, good(), 405, "method_not_allowed")
        },
    ];
    let garbled_signature = vec![
        ("x-hubspot-signature-v3", "not base 64!".to_owned()),
        ("x-hubspot-request-timestamp", now.as_millis().to_string()),
    ];
    bad.push(Bad::headers(garbled_signature, "signature_mismatch"));
    for body in [&b""[..], b"hello", b"[{\"eventId\":1", b"[{}] x", b"[{\"a\":\"\xff\"}]", b"[{}],"] {
        bad.push(Bad::signed(now, body, 400, "body_not_json"));
    }
    for body in ["{}", "null", "7", "\"[]\""] {
        bad.push(Bad::signed(now, body, 400, "body_not_array"));
    }
    for body in ["[1]", "[null]", "[[]]", "[{},\"x\"]"] {
        bad.push(Bad::signed(now, body, 400, "body_not_objects"));
    }
    bad.push(Bad::signed(now, format!("[{}{{}}]", "{},".repeat(1_000)), 400, "too_many_events"));
    let large = format!("[{{\"a\":\"{}\"}}]", "x".repeat(9_000));
    bad.push(Bad::signed(now, large.clone(), 413, "body_too_large"));
    bad.push(Bad { chunked: true, ..Bad::signed(now, large, 413, "body_too_large") });
    bad
}

async fn nothing_is_kept(hub: &TestHub) {
    let status = hub.get("/v1/status").await.json();
    assert_eq!(status["events"]["last_seq"], 0, "{status}");
    assert_eq!(status["log"]["waiting_deliveries"], 0, "{status}");
    assert!(hub.get("/v1/jobs").await.json()["data"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_gets_a_stable_code_and_leaves_nothing_behind() {
    let hub = TestHub::start(&[("intake.max_body", MAX_BODY)]).await;
    for bad in bad_requests(START) {
        let about = String::from_utf8_lossy(&bad.body).chars().take(80).collect::<String>();
        let about = format!("{} {} chunked: {}, {about}", bad.method, bad.path, bad.chunked);
        let answer = bad.request(&hub.url("")).send().await.unwrap_or_else(|e| panic!("{about}: {e:?}"));
        let answer = Answer::read(answer).await;
        assert_eq!((answer.status, answer.code().as_str()), (bad.status, bad.code), "{about}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(!answer.text().contains(SECRET), "{answer:?}");
        nothing_is_kept(&hub).await;
    }
    // The door still opens for the right key.
    hub.deliver(&good()).await;
    assert_eq!(hub.get("/v1/status").await.json()["events"]["last_seq"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_counted_by_its_reason_and_no_log_line_has_the_secret() {
    let desk = Desk::configured(&format!(
        "[server]\npublic_url = \"{PUBLIC_URL}\"\n[intake]\nmax_body = \"{MAX_BODY}\"\n[log]\nlevel = \"debug\"\n\
         [apps.main]\nprovider = \"hubspot\"\nclient_secret = \"{SECRET}\"\n"
    ));
    let mut hub = desk.serve(&["serve"]).await;
    let client = syncline_hub::http::client::client().unwrap();
    let mut expected: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for bad in bad_requests(SystemClock.now()) {
        let answer = bad.request(&desk.base()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), bad.status, "{}", bad.code);
        *expected.entry((bad.provider, bad.code)).or_default() += 1;
    }
    let page = client.get(format!("{}/metrics", desk.base())).send().await.unwrap().text().await.unwrap();
    for ((provider, reason), count) in &expected {
        let sample = format!(
            "syncline_intake_deliveries_refused_total{{provider=\"{provider}\",reason=\"{reason}\"}} {count}"
        );
        assert!(page.lines().any(|line| line == sample), "{sample} is not in\n{page}");
    }
    let counted = page.lines().filter(|line| line.starts_with("syncline_intake_deliveries_refused_total{"));
    // Some are there from the start, at 0.
    let counted = counted.filter(|line| !line.ends_with(" 0"));
    assert_eq!(counted.count(), expected.len(), "{page}");
    hub.err.having("webhook refused").await;
    hub.signal("TERM");
    assert!(hub.ended().await.success());
    assert!(hub.err.all().iter().all(|line| !line.contains(SECRET)));
}

/// The head of a delivery and the first half of its body.
async fn half_a_delivery(hub: &TestHub) -> TcpStream {
    let body = good();
    let (timestamp, signature) = sign(SECRET, PATH, &body, START);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nx-hubspot-signature-v3: {signature}\r\n\
         x-hubspot-request-timestamp: {timestamp}\r\n\r\n{}",
        body.len(),
        &body[..body.len() / 2]
    );
    let mut stream = TcpStream::connect(hub.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_half_way_is_told_so_and_leaves_nothing() {
    let hub = TestHub::start(&[("server.request_timeout", "200ms")]).await;
    let mut stream = half_a_delivery(&hub).await;
    let mut answer = vec![0; 512];
    let read = stream.read(&mut answer);
    let length = tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer").unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body_too_slow"), "{answer}");
    nothing_is_kept(&hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_half_way_leaves_nothing() {
    let hub = TestHub::start(&[]).await;
    let mut stream = half_a_delivery(&hub).await;
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest);
    // The hub ends the connection long before its patience with slow bodies would.
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("the connection ends").ok();
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    nothing_is_kept(&hub).await;
    hub.deliver(&good()).await;
    until("the whole delivery is stored", async || {
        (hub.get("/v1/status").await.json()["events"]["last_seq"] == 1).then_some(())
    })
    .await;
}
