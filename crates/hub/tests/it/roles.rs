//! Processes that do a part of the work: what each of them makes, and what each needs to be ready.

use crate::support::child::Desk;
use crate::support::process::Program;
use crate::support::wait::until;
use serde_json::{Value, json};
use syncline_store::testing::{TestDb, Which};

/// Else every container of an intake or a worker would leave a key for everything behind that nobody has and nobody revokes.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_the_machine_is_made_where_the_api_is_and_nowhere_else() {
    let Some(db) = TestDb::of(Which::Postgres, "a key for the machine").await else { return };
    for role in ["intake", "worker", "api"] {
        let program = Program::new(db.directory(), role, &[role], &[("database.url", db.url.as_str())]);
        let process = program.start_ready().await;
        let key = db.directory().join(role).join("local.key");
        assert_eq!(key.exists(), role == "api", "{role}");
        process.kill().await;
    }
}

/// What a process of this role says of itself where it reaches neither the database nor Kafka.
async fn alone(role: &str) -> (Value, String) {
    // Nobody listens on port 9 of this machine.
    let desk = Desk::configured(
        "data_dir = \"data\"\n[database]\nurl = \"postgres://u@127.0.0.1:9/x\"\n\
         [intake]\nlog = \"kafka\"\n[intake.kafka]\nbrokers = \"127.0.0.1:9\"\n",
    );
    let _hub = desk.start(&["serve", "--role", role]);
    let client = syncline_hub::http::client::client().unwrap();
    let ask = async |path: &str| client.get(format!("{}{path}", desk.base())).send().await.ok();
    until("it answers", async || ask("/healthz").await).await;
    let ready = ask("/readyz").await.unwrap();
    assert_eq!(ready.status(), 503, "{role}");
    let metrics = until("it says how its database is", async || {
        let metrics = ask("/metrics").await?.text().await.ok()?;
        metrics.contains("\nsyncline_database_up ").then_some(metrics)
    })
    .await;
    (ready.json::<Value>().await.unwrap()["checks"].take(), metrics)
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_is_asked_by_those_who_need_it_and_a_database_never_reached_is_told_to_prometheus() {
    let (checks, metrics) = alone("api").await;
    assert_eq!(checks, json!({ "database": "unavailable", "log": "ok" }));
    assert!(metrics.contains("\nsyncline_database_up 0\n"), "{metrics}");
    for role in ["intake", "worker"] {
        assert_eq!(alone(role).await.0["kafka"], "unavailable", "{role}");
    }
}
