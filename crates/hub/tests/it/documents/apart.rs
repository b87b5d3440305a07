//! Blocks that are run apart from their page's story, by what stands above them: `<!-- run apart: … -->`.

use super::pages::{Command, Page};
use super::words::{invocations, leaves};
use crate::support::child::{Desk, Running, free_port};
use crate::support::wait::until;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;
use syncline_store::testing::{TestDb, Which};

const SMALL: &str = "with small numbers";
const OWN: &str = "in a directory of its own";
const ON_POSTGRES: &str = "on PostgreSQL";
/// By `crate::kafka`.
pub const WITH_KAFKA: &str = "with Kafka's tools";
/// By `super::pictures`.
pub const OF_A_DEMO: &str = "beside a demo";
/// By `super::proofs` and `crate::demo`.
pub const SHORT: &str = "in a short form";
const WAYS: [&str; 6] = [SMALL, OWN, ON_POSTGRES, WITH_KAFKA, OF_A_DEMO, SHORT];

/// The commands of all pages that are run in this way.
pub fn commands(way: &str) -> Vec<Command> {
    let all = Page::all().iter().flat_map(Page::commands).collect::<Vec<_>>();
    let found: Vec<Command> = all.into_iter().filter(|one| one.apart.as_deref() == Some(way)).collect();
    assert!(!found.is_empty(), "nothing is run {way}");
    found
}

#[test]
fn every_way_to_run_a_block_apart_is_one_of_these() {
    for Command { at, apart, by_hand, .. } in Page::all().iter().flat_map(Page::commands) {
        let Some(way) = apart else { continue };
        assert!(WAYS.contains(&way.as_str()), "{at}: nothing runs it {way}");
        assert_eq!(by_hand, None, "{at}");
    }
}

/// What makes each of them quick: this is about whether it works, and not about what it measures.
const LITTLE: [(&str, &str); 7] = [
    ("intake", "--connections 2 --seconds 1 --rounds 1"),
    ("events", "--rate 100 --seconds 1 --connections 1"),
    ("sandbox", "--people 20 --connections 1 --seconds 1"),
    ("load", "--records 300 --latency 1"),
    ("sync", "--records 20 --rate 0 --seconds 1 --no-limits"),
    ("notify", "--seconds 1 --backlog 20"),
    ("counters", "--keys 10 --changes 30 --kills 0"),
];

/// All of them run at once, beside the other tests.
const PATIENT_WITH_A_BENCHMARK: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn every_benchmark_in_the_documents_measures_something() {
    let little: BTreeMap<&str, &str> = LITTLE.into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut running = tokio::task::JoinSet::new();
    for words in commands(SMALL).iter().flat_map(|command| invocations(&command.text)) {
        let [bench, which, ..] = words.as_slice() else { panic!("{words:?}") };
        assert_eq!(bench, "bench");
        seen.insert(format!("bench {which}"));
        let all: Vec<String> =
            words.iter().cloned().chain(little[which.as_str()].split(' ').map(str::to_owned)).collect();
        running.spawn(async move {
            let desk = Desk::new();
            let words: Vec<&str> = all.iter().map(String::as_str).collect();
            let said = desk.run_within(&words, PATIENT_WITH_A_BENCHMARK).await;
            assert!(said.code == 0 && said.stdout.chars().any(|c| c.is_ascii_digit()), "{words:?}: {said:?}");
            let left: Vec<_> = std::fs::read_dir(desk.dir.path()).unwrap().collect();
            assert!(left.is_empty(), "{words:?} left {left:?} behind");
        });
    }
    running.join_all().await;
    let there = leaves().into_iter().filter(|leaf| leaf.starts_with("bench ")).collect();
    assert_eq!(seen, there, "each has its line");
}

/// Its `sleep` waits for the hub that it was written for.
const PATIENT: &str = r#"set -eu
trap 'kill $! 2> /dev/null || true' EXIT
sleep() { until curl -sf "$HUB/readyz"; do command sleep 0.02; done; }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_wants_a_directory_of_its_own_has_one() {
    let Some(curl) = curl() else { return };
    let desk = Desk::new();
    std::fs::create_dir(desk.path("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_syncline"), desk.path("bin/syncline")).unwrap();
    let lines = commands(OWN).into_iter().map(|one| one.text.replace("http://localhost:8400", &desk.base()));
    let script = format!("{PATIENT}{}", lines.collect::<Vec<_>>().join("\n"));
    let mut shell = tokio::process::Command::new("sh");
    shell.arg("-c").arg(&script).current_dir(desk.dir.path()).kill_on_drop(true).stdin(Stdio::null());
    shell.env("PATH", format!("{}:{curl}", desk.path("bin").display())).env("HUB", desk.base());
    shell.env("SYNCLINE_SERVER__LISTEN", format!("127.0.0.1:{}", desk.port));
    let told = tokio::time::timeout(Duration::from_secs(60), shell.output()).await.expect(&script).unwrap();
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{script}\n{said}\n{}", String::from_utf8_lossy(&told.stderr));
    assert!(said.contains(" ms") && said.contains("VmRSS"), "{said}");
}

/// Where programs are found, if curl is among them. That it is not is told to whoever runs all tests.
fn curl() -> Option<String> {
    super::scene::has("curl").then(|| std::env::var("PATH").unwrap_or_default())
}

/// What the processes have in common: each is started in the same directory, so the keys are the same, too.
async fn roles(desk: &Desk, url: &str) -> Vec<(String, Running)> {
    let mut running = Vec::new();
    for words in commands(ON_POSTGRES).iter().flat_map(|command| invocations(&command.text)) {
        let port = free_port();
        let words: Vec<String> = words
            .iter()
            .map(|word| if word.starts_with("0.0.0.0:") { format!("127.0.0.1:{port}") } else { word.clone() })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let refused = Desk::new().run(&words).await;
        assert!(refused.code == 1 && refused.stderr.contains("role"), "SQLite belongs to one: {refused:?}");
        let set = format!("database.url={url}");
        let one = desk.start(&[&words[..], &["--set", &set]].concat());
        let base = format!("http://127.0.0.1:{port}");
        let client = syncline_hub::http::client::client().unwrap();
        until("it is ready", async || {
            let answer = client.get(format!("{base}/readyz")).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        running.push((base, one));
    }
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn the_processes_of_the_page_about_operations_take_webhooks_in_and_store_and_show_them() {
    let Some(db) = TestDb::of(Which::Postgres, "the documents' roles").await else { return };
    let desk =
        Desk::configured("[apps.main]\nprovider = \"hubspot\"\nclient_id = \"id\"\nclient_secret = \"s\"\n");
    let mut roles = roles(&desk, &db.url).await;
    let [(intake, _), (worker, _), (api, _)] = roles.as_slice() else { panic!("{roles:?}") };
    desk.run(&["webhook", "send", "--to", intake]).await.ok();
    for other in [worker, api] {
        let refused = desk.run(&["webhook", "send", "--to", other]).await;
        assert_ne!(refused.code, 0, "{other} takes none: {refused:?}");
    }
    let key = std::fs::read_to_string(desk.path("syncline-data/local.key")).unwrap();
    let list = async |server: &str| {
        desk.run(&["events", "list", "--server", server, "--api-key", key.trim(), "--json"]).await
    };
    let shown = until("it is shown", async || {
        let listed = list(api).await.ok();
        listed.lines().next().map(|line| serde_json::from_str::<Value>(line).unwrap())
    })
    .await;
    assert_eq!(shown["account"], "62515");
    for other in [intake, worker] {
        let refused = list(other).await;
        assert_ne!(refused.code, 0, "{other} has no API: {refused:?}");
    }
    for (_, one) in &mut roles {
        one.signal("TERM");
        assert_eq!(one.ended().await.code(), Some(0));
    }
}
