//! Kafka as the intake log: order, redelivery, and brokers that go away.

use crate::documents::apart;
use crate::support::child::Desk;
use crate::support::load::{self, Ledger, Reader, compare};
use crate::support::process::Program;
use crate::support::proxy::{Proxy, Way};
use crate::support::topic::Topic;
use crate::support::wait::until;
use crate::support::{START, TestHub, change};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};
use syncline_hub::telemetry::Stopwatch;
use syncline_store::testing::{TestDb, Which, service};

/// A delivery is split, but what happened to one object stays together and in order.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_an_object_is_kept() {
    let test = "order in Kafka";
    let Some(topic) = Topic::new(test) else { return };
    let hub = TestHub::on(Which::Sqlite, test, &topic.settings()).await.unwrap();
    let object = |number: u32| number * 7 % 23;
    let mut next = 0;
    for delivery in 0..12 {
        let numbers = next..next + 1 + delivery * 3 % 10;
        next = numbers.end;
        let events = numbers.map(|number| change(number, START, object(number), "firstname", "x"));
        let body = serde_json::Value::from_iter(events).to_string();
        until("Kafka takes the delivery", async || {
            (hub.send(hub.delivery(&body)).await.status == 200).then_some(())
        })
        .await;
    }
    topic.is_read().await;
    let mut found: BTreeMap<u32, (i32, Vec<u32>)> = BTreeMap::new();
    for (partition, bodies) in topic.bodies().await {
        for event in bodies.iter().flat_map(|body| body.as_array().unwrap()) {
            let (number, id) =
                (event["eventId"].as_u64().unwrap() as u32, event["objectId"].as_u64().unwrap() as u32);
            let (first_seen_in, numbers) = found.entry(id).or_insert((partition, Vec::new()));
            assert_eq!(*first_seen_in, partition, "object {id} is in two partitions");
            numbers.push(number);
        }
    }
    let mut expected: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    (0..next).for_each(|number| expected.entry(object(number)).or_default().push(number));
    let partitions: std::collections::BTreeSet<_> = found.values().map(|(partition, _)| *partition).collect();
    assert!(partitions.len() > 1, "the objects are spread over partitions");
    let found: BTreeMap<u32, Vec<u32>> = found.into_iter().map(|(id, (_, numbers))| (id, numbers)).collect();
    assert_eq!(found, expected, "every object's events are in the order in which they were delivered");
}

/// Another group reads the whole topic once more into the same database: nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn everything_delivered_twice_is_stored_once() {
    let test = "redelivery from Kafka";
    let Some(topic) = Topic::new(test) else { return };
    let db = TestDb::of(Which::Sqlite, test).await.unwrap();
    let again = Topic { group: format!("{}-again", topic.group), ..topic.clone() };
    let mut ledger = Ledger::default();
    let mut timelines = Vec::new();
    for topic in [topic, again] {
        let settings = [vec![("database.url", db.url.as_str())], topic.settings()].concat();
        let program = Program::new(db.directory(), &topic.group, &[], &settings);
        let process = program.start_ready().await;
        if ledger.sent.is_empty() {
            let mut load = load::Load::start(program.address, 2, 99);
            load.acknowledged(30).await;
            ledger = load.finish().await;
        }
        topic.is_read().await;
        let timeline = Reader::new(program.address, program.local_key()).timeline().await;
        compare(&ledger, &timeline);
        timelines.push(timeline);
        process.kill().await;
    }
    assert!(!timelines[0].is_empty() && timelines[0] == timelines[1]);
}

/// The command of the page about operations, with Kafka's own tool. The brokers allow it once the group has no members.
async fn set_back(topic: &Topic, tools: &str, since: Timestamp) {
    let [command] = apart::commands(apart::WITH_KAFKA).try_into().expect("one command");
    let since = since.to_string();
    let script = command
        .text
        .replace("kafka-1:9092", &topic.brokers)
        .replace("--group syncline ", &format!("--group {} ", topic.group))
        .replace("--topic syncline.intake ", &format!("--topic {} ", topic.name))
        .replace("2026-01-31T03:00:00.000", since.trim_end_matches('Z'));
    let path = format!("{tools}:{}", std::env::var("PATH").unwrap_or_default());
    let mut refused = String::new();
    for _ in 0..20 {
        let mut shell = tokio::process::Command::new("sh");
        let told = shell.arg("-c").arg(&script).env("PATH", &path).kill_on_drop(true).output().await.unwrap();
        refused = String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned();
        // It complains and ends with 0 while the group has members.
        if told.status.success() && refused.contains("NEW-OFFSET") && !refused.contains("Error") {
            return;
        }
    }
    panic!("{script}\n{refused}");
}

/// What the page about operations says of restoring.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_since_a_backup_is_read_again_once_the_group_is_set_back() {
    let Some(topic) = Topic::new("restoring with Kafka") else { return };
    let Some(tools) = service("SYNCLINE_TEST_KAFKA_TOOLS", "restoring with Kafka") else { return };
    let home = tempfile::tempdir().unwrap();
    let settings = topic.settings();
    let program = Program::new(home.path(), "hub", &[], &settings);
    let process = program.start_ready().await;
    let begun = SystemClock.now();
    let mut load = load::Load::start(program.address, 2, 99);
    load.acknowledged(20).await;
    let backup = home.path().join("backup").display().to_string();
    let mut words = vec!["backup".to_owned(), backup.clone()];
    let data_dir = ("data_dir", home.path().join("hub").display().to_string());
    for (name, value) in settings.iter().map(|(name, value)| (*name, (*value).to_owned())).chain([data_dir]) {
        words.extend(["--set".to_owned(), format!("{name}={value}")]);
    }
    Desk::new().run(&words.iter().map(String::as_str).collect::<Vec<_>>()).await.ok();
    load.acknowledged(20).await;
    let ledger = load.finish().await;
    topic.is_read().await;
    process.terminate();
    process.ended().await;

    let restored = Program::new(home.path(), "restored", &[], &settings);
    for file in std::fs::read_dir(&backup).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), home.path().join("restored").join(file.file_name())).unwrap();
    }
    set_back(&topic, &tools, begun).await;
    let (read, ends): (Vec<i64>, Vec<i64>) = topic.progress().await.into_values().unzip();
    assert!(
        read.iter().sum::<i64>() < ends.iter().sum::<i64>(),
        "there is something to read again: {read:?}"
    );
    let process = restored.start_ready().await;
    topic.is_read().await;
    compare(&ledger, &Reader::new(restored.address, restored.local_key()).timeline().await);
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_refuse_for_a_while_are_survived() {
    brokers_away(Way::Closed, "outage of Kafka").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn brokers_that_are_silent_for_a_while_are_survived() {
    brokers_away(Way::Silent, "silence of Kafka").await;
}

/// Away from the start, then there, then away again: refused in time while it lasts, and all is well afterwards.
async fn brokers_away(way: Way, test: &str) {
    let Some(topic) = Topic::new(test) else { return };
    let proxy = Proxy::to_kafka(&topic.brokers).await;
    proxy.set(way);
    let through = Topic { brokers: proxy.address.to_string(), ..topic.clone() };
    let settings = [vec![("intake.commit_timeout", "1s")], through.settings()].concat();
    let hub = TestHub::on(Which::Sqlite, test, &settings).await.unwrap();
    let mut ledger = Ledger::default();
    for round in 0..2 {
        for delivery in 0..3 {
            let first = 1_000 * (round + 1) + 10 * delivery;
            let watch = Stopwatch::start();
            let body = load::body(first..first + 10);
            let answer = hub.send(hub.delivery(&body)).await;
            ledger.sent.extend(first..first + 10);
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
            assert!(watch.elapsed() < Duration::from_secs(3), "{:?}", watch.elapsed());
        }
        proxy.set(Way::Open);
        let numbers = 100_000 * (round + 1)..100_000 * (round + 1) + 10;
        let body = load::body(numbers.clone());
        ledger.sent.extend(numbers.clone());
        until("deliveries are taken in", async || {
            (hub.send(hub.delivery(&body)).await.status == 200).then_some(())
        })
        .await;
        ledger.acknowledged.extend(numbers);
        topic.is_read().await;
        if round == 0 {
            proxy.set(way);
        }
    }
    compare(&ledger, &Reader::new(hub.address, hub.key.clone()).timeline().await);
}
