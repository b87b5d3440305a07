//! `syncline setup`, as an operator runs it.

use super::scene::*;
use crate::support::child::{Desk, Output};
use crate::support::joined::Joined;
use serde_json::{Value, json};

async fn run(joined: &Joined, args: &[&str]) -> Output {
    let server = joined.hub.url("");
    let target = ["--server", server.as_str(), "--api-key", joined.hub.key.as_str()];
    Desk::new().run(&[&["setup"], args, &target[..]].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_what_it_would_do_what_it_did_and_what_was_there() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("tentoeight").await;
    let dry = run(&joined, &[&connection.id, "--dry-run"]).await.ok();
    assert!(dry.contains("would create") && dry.contains("Subscribe to changes of customers"), "{dry}");
    let first = run(&joined, &[&connection.id]).await.ok();
    assert!(first.contains("created") && !first.contains("would"), "{first}");
    let second = run(&joined, &[&connection.id]).await.ok();
    assert!(second.contains("unchanged"), "{second}");
    let report: Value = serde_json::from_str(&run(&joined, &[&connection.id, "--json"]).await.ok()).unwrap();
    assert_eq!((&report["connection_id"], &report["dry_run"]), (&json!(connection.id), &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_fails_when_a_step_does_and_says_why() {
    let joined = joined(10, &[]).await;
    let connection = joined.connect("tentoeight").await;
    joined
        .fault(json!({"provider": "tentoeight", "method": "POST", "path": "*/subscription/*",
        "effect": {"kind": "status", "status": 400, "body": {"callback_url": ["Enter a valid URL."]}}}))
        .await;
    let output = run(&joined, &[&connection.id]).await;
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("failed") && output.stdout.contains("Enter a valid URL"), "{output:?}");
    let unknown = run(&joined, &["con_unknown"]).await;
    assert!(unknown.code == 1 && unknown.stderr.contains("no such connection"), "{unknown:?}");
}
