//! Proofs that take minutes, in a short form: that they work, and find nothing.

use super::apart::{SHORT, commands};
use super::pages::root;
use crate::support::child::Desk;
use std::process::Stdio;
use std::time::Duration;
use syncline_store::testing::service;

/// Little to do, each process killed and soon back.
const LITTLE: &str =
    "--backlog 500 --records 100 --rate 50 --calm 3 --away 1 --recover 4 --in-memory --patience 120";

const PATIENT: Duration = Duration::from_secs(900);

/// Two intakes, three workers, and their servers, which the script brings up for itself.
#[tokio::test(flavor = "multi_thread")]
async fn several_processes_lose_nothing_when_one_of_each_is_killed() {
    // Where the servers of the tests are this system's programs, the script finds them, too.
    let servers = ["SYNCLINE_TEST_PGBIN", "SYNCLINE_TEST_REDIS_CTL", "SYNCLINE_TEST_KAFKA_TOOLS"];
    if servers.iter().any(|variable| service(variable, "scaled out").is_none()) {
        return;
    }
    let found: Vec<String> = commands(SHORT).into_iter().map(|one| one.text).collect();
    for text in &found {
        let begins = ["cargo build --release", "syncline demo --check 1h", "scripts/scale-proof"];
        assert!(begins.iter().any(|begin| text.starts_with(begin)), "no test runs `{text}` in a short form");
    }
    let full = found.iter().find(|text| text.contains("--json")).expect("one with all flags");
    let full = full.split('#').next().unwrap().trim();
    let desk = Desk::new();
    let binary = env!("CARGO_BIN_EXE_syncline");
    let figures = desk.path("proof.json");
    let script =
        full.replace("target/release/syncline", binary).replace("proof.json", &figures.display().to_string());
    let mut shell = tokio::process::Command::new("sh");
    shell.arg("-c").arg(format!("exec {script} {LITTLE}")).current_dir(root()).stdin(Stdio::null());
    let told =
        tokio::time::timeout(PATIENT, shell.kill_on_drop(true).output()).await.expect(&script).unwrap();
    let (said, why) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success() && said.contains("nothing was lost"), "{script}\n{said}\n{why}");
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(&figures).unwrap()).unwrap();
    assert!(figures["chaos"]["acknowledged"].as_u64().is_some_and(|events| events > 500), "{figures:#}");
}
