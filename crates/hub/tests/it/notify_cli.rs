//! `syncline endpoints`, `syncline messages` and `syncline listen`, as a developer uses them: a hub with the machine's own clock.

use crate::notify::receiver::{FINE, Receiver, Reply};
use crate::support::child::{Desk, Output, Running};
use crate::support::wait::until;
use serde_json::{Value, json};
use syncline_core::notify::secret::{Scheme, SigningKey, generate};
use syncline_core::notify::sign::{Lasting, sign};
use syncline_core::secret::Secret;
use syncline_core::time::{Clock as _, SystemClock};
use syncline_hub::dice::Dice;

const HERE: &str = "[notify]\nallow = \"127.0.0.0/8\"\nplain_http = true\n";

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
}

async fn hub() -> (Desk, Running) {
    let desk = Desk::configured(HERE);
    let hub = desk.serve(&["serve"]).await;
    (desk, hub)
}

/// Makes an endpoint of acme's; its id and secret.
async fn make(desk: &Desk, url: &str, more: &[&str]) -> (String, String) {
    let create = [&["endpoints", "create", url, "--org-id", "acme", "--json"], more].concat();
    let made: Value = serde_json::from_str(&desk.run(&create).await.ok()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&made["id"]), text(&made["signing"]["secret"]))
}

async fn delivered(desk: &Desk, endpoint: &str, count: usize) -> Vec<Value> {
    until("it is delivered", async || {
        let list = ["endpoints", "deliveries", endpoint, "--state", "delivered", "--json"];
        Some(rows(&desk.run(&list).await.ok())).filter(|found| found.len() >= count)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_endpoint_to_a_message_that_is_sent_again_in_the_terminal() {
    let (desk, _hub) = hub().await;
    let receiver = Receiver::always(Reply::Status(500, "", "no")).await;
    let url = receiver.url("/hook");
    let terms = [
        "--events",
        "invoice.*,sync.paused",
        "--rate",
        "50/1s",
        "--retries",
        "1h",
        "--header",
        "X-Key=s3cret",
    ];
    let (endpoint, secret) = make(&desk, &url, &terms).await;
    let shown = desk.run(&["endpoints", "show", &endpoint]).await.ok();
    for part in [endpoint.as_str(), &url, "invoice.*, sync.paused", "50 in 1s", "after 1h", "x-key", "acme"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("s3cret") && !shown.contains(&secret), "{shown}");

    let publish =
        ["messages", "publish", "invoice.paid", r#"{"n":1}"#, "--org-id", "acme", "--idempotency-key", "k1"];
    let message = desk.run(&publish).await.ok().trim().to_owned();
    assert_eq!(desk.run(&publish).await.ok().trim(), message, "published once");
    let other =
        ["messages", "publish", "invoice.paid", r#"{"n":2}"#, "--org-id", "acme", "--idempotency-key", "k1"];
    let refused = desk.run(&other).await;
    assert!(refused.code == 1 && refused.stderr.contains("idempotency_key_reused"), "{refused:?}");
    let got = receiver.receives(1).await.remove(0);
    assert_eq!((got.id(), got.header("x-key"), got.body.as_str()), (message.clone(), "s3cret", r#"{"n":1}"#));
    let attempt = until("the attempt is kept", async || {
        let list = ["messages", "attempts", &message, &endpoint, "--json"];
        rows(&desk.run(&list).await.ok()).pop()
    })
    .await;
    assert_eq!((&attempt["status"], &attempt["body"]), (&json!(500), &json!("no")));

    receiver.behave(|_, _| FINE);
    assert_eq!(desk.run(&["messages", "resend", &message, &endpoint]).await.ok(), "sent again\n");
    delivered(&desk, &endpoint, 1).await;
    let shown = desk.run(&["messages", "show", &message]).await.ok();
    assert!(
        shown.contains("invoice.paid of acme") && shown.contains("\"n\": 1") && shown.contains("delivered"),
        "{shown}"
    );
    let listed = rows(&desk.run(&["messages", "list", "--type", "invoice.paid", "--json"]).await.ok());
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(message)));

    desk.run(&["endpoints", "test", &endpoint]).await.ok();
    delivered(&desk, &endpoint, 2).await;
    let stats = desk.run(&["endpoints", "stats", &endpoint]).await.ok();
    assert!(stats.contains("2 attempts delivered and 1 failed in 24h"), "{stats}");
    let replayed =
        desk.run(&["endpoints", "replay", &endpoint, "--from", "2020-01-01", "--delivered"]).await.ok();
    assert_eq!(replayed, "1 messages looked at, 1 of them wanted\n", "a test is no message for others");
    receiver.receives(4).await;
    let recovered = desk.run(&["endpoints", "recover", &endpoint, "--since", "2020-01-01"]).await.ok();
    assert_eq!(recovered, "0 deliveries are sent again\n");
    let skipped = desk.run(&["endpoints", "skip", &endpoint]).await.ok();
    assert_eq!(skipped, "0 deliveries dropped; a replay brings them back\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_changed_turned_off_rotated_and_deleted_in_the_terminal() {
    let (desk, _hub) = hub().await;
    let (endpoint, _) = make(&desk, "https://hooks.example.com/", &[]).await;
    let set =
        ["endpoints", "set", &endpoint, "--description", "Orders", "--rate", "none", "--ordered", "true"];
    assert_eq!(desk.run(&set).await.ok(), "changed\n");
    assert_eq!(desk.run(&["endpoints", "disable", &endpoint]).await.ok(), "disabled\n");
    let doctor = desk.run(&["doctor"]).await.stdout;
    let line = doctor.lines().find(|line| line.contains("notifications")).expect("it looks at them");
    assert!(line.starts_with("warn") && line.ends_with("0 endpoints, 1 disabled"), "{doctor}");
    let listed = desk.run(&["endpoints", "list", "--state", "disabled"]).await.ok();
    assert!(listed.contains(&endpoint) && listed.contains("https://hooks.example.com/"), "{listed}");
    assert_eq!(desk.run(&["endpoints", "enable", &endpoint]).await.ok(), "enabled\n");
    let rotated = desk.run(&["endpoints", "rotate", &endpoint]).await;
    assert!(rotated.stderr.contains("not shown again"), "{rotated:?}");
    assert!(rotated.ok().starts_with("whsec_"));
    let pair =
        desk.run(&["endpoints", "rotate", &endpoint, "--scheme", "ed25519", "--overlap", "1h"]).await.ok();
    assert!(pair.starts_with("whpk_"), "{pair}");

    for (wrong, says) in [
        (&["endpoints", "set", &endpoint, "--url", "http://10.0.0.1/"][..], "url_refused"),
        (&["endpoints", "set", &endpoint, "--events", "sync.completed"], "bad_event_types"),
        (&["endpoints", "set", &endpoint, "--rate", "fast"], "CALLS/SPAN"),
        (&["endpoints", "set", &endpoint, "--retries", "soon"], "--retries"),
        (&["endpoints", "set", &endpoint], "nothing was asked for"),
        (&["endpoints", "rotate", &endpoint, "--overlap", "1y"], "bad_overlap"),
        (&["endpoints", "replay", &endpoint, "--from", "yesterday"], "not a time"),
        (&["endpoints", "show", "ep_x"], "not_found"),
        (&["messages", "publish", "sync.complete", "{}", "--org-id", "acme"], "bad_event_type"),
        (&["messages", "publish", "invoice.paid", "[]", "--org-id", "acme"], "JSON object"),
        (&["messages", "types", "sync.completed"], "not_found"),
    ] {
        let refused = desk.run(wrong).await;
        assert!(refused.code == 1 && refused.stderr.contains(says), "{wrong:?}: {refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
    let types = desk.run(&["messages", "types"]).await.ok();
    assert!(types.contains("record.created") && types.contains("opt-in"), "{types}");
    let one: Value =
        serde_json::from_str(&desk.run(&["messages", "types", "sync.complete"]).await.ok()).unwrap();
    assert_eq!(one["schema"]["title"], "sync.complete");
    assert_eq!(desk.run(&["endpoints", "delete", &endpoint]).await.ok(), "deleted\n");
    assert_eq!(desk.run(&["endpoints", "list", "--json"]).await.ok(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listening_makes_an_endpoint_verifies_prints_and_passes_on_until_it_ends() {
    let (desk, _hub) = hub().await;
    let application = Receiver::always(Reply::Status(200, "", "")).await;
    let forward = application.url("/hook?x=1");
    let mut listening = desk.start(&[
        "listen",
        "--port",
        "0",
        "--forward",
        &forward,
        "--json",
        "--count",
        "1",
        "--ready-file",
        "url",
    ]);
    listening.err.having("Listening on http://127.0.0.1:").await;
    let made = rows(&desk.run(&["endpoints", "list", "--json"]).await.ok());
    assert_eq!((made.len(), &made[0]["event_types"], &made[0]["org_id"]), (1, &json!(["*"]), &Value::Null));
    let here = std::fs::read_to_string(desk.path("url")).unwrap();
    assert_eq!(made[0]["url"], format!("{here}/"));

    let published = desk
        .run(&["messages", "publish", "invoice.paid", r#"{"type":"invoice.paid"}"#, "--org-id", "acme"])
        .await;
    let id = published.ok().trim().to_owned();
    assert!(listening.ended().await.success());
    let printed = rows(&listening.out.all().join("\n"));
    assert_eq!((&printed[0]["id"], &printed[0]["type"]), (&json!(id), &json!("invoice.paid")));
    assert_eq!(printed[0]["payload"], json!({ "type": "invoice.paid" }));
    assert_eq!(printed[1], json!({ "forwarded": id, "status": 200, "error": null }));
    let got = application.receives(1).await.remove(0);
    assert_eq!((got.path.as_str(), got.body.as_str()), ("/hook?x=1", r#"{"type":"invoice.paid"}"#));
    assert_eq!(got.id(), id, "with the headers it came with");
    assert_eq!(desk.run(&["endpoints", "list", "--json"]).await.ok(), "", "the endpoint went with it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listening_with_a_secret_refuses_what_is_not_signed_with_it() {
    let desk = Desk::new();
    let secret = |seed| Dice::seeded(seed).with(|rng| generate(Scheme::Ed25519, rng));
    let key = SigningKey::parse(&secret(1)).unwrap();
    let public = key.public().unwrap();
    let mut listening = desk.start(&["listen", "--port", "0", "--secret", &public, "--ready-file", "url"]);
    listening.err.having("Listening on http://127.0.0.1:").await;
    let here = std::fs::read_to_string(desk.path("url")).unwrap();
    let client = syncline_hub::http::client::client().unwrap();
    let post = async |by: Secret, body: &'static str| {
        let signed =
            sign("msg_1", b"{}", &[Lasting::always(SigningKey::parse(&by).unwrap())], SystemClock.now());
        let signed = signed.unwrap();
        let request = client.post(format!("{here}/any/path")).body(body);
        let request = request.header("webhook-id", signed.id).header("webhook-timestamp", signed.timestamp);
        request.header("webhook-signature", signed.signature).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post(secret(1), "{}").await, 204);
    assert_eq!(post(secret(2), "{}").await, 401);
    assert_eq!(post(secret(1), "{ }").await, 401);
    assert_eq!(client.get(&here).send().await.unwrap().status().as_u16(), 401);
    listening.out.having("msg_1 -").await;
    listening.err.having("refused msg_1: no signature").await;
    listening.err.having("refused a request: the message has no webhook-id").await;
    listening.signal("INT");
    assert!(listening.ended().await.success());

    let wrong: Output = desk.run(&["listen", "--port", "0", "--secret", "hunter2"]).await;
    assert!(wrong.code == 1 && wrong.stderr.contains("whsec_"), "{wrong:?}");
    assert!(!wrong.stderr.contains("hunter2"), "{wrong:?}");
    let nobody =
        desk.run(&["listen", "--port", "0", "--server", "http://127.0.0.1:1", "--api-key", "syn_x"]).await;
    assert!(nobody.code == 1 && nobody.stderr.contains("--secret"), "{nobody:?}");
}
