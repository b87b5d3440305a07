//! Counters that live in a Redis server, where the application counts by itself.

use super::scene::Scene;
use crate::support::REDIS;
use crate::support::joined::Joined;
use crate::support::wait::until;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};
use syncline_core::counters::change::{Change, Refusal};
use syncline_hub::counters::change::read;
use syncline_store::counters::changes::Answer;
use syncline_store::counters::findings::Verdict;
use syncline_store::counters::runs::State;
use syncline_store::testing::service;
use tokio::sync::MutexGuard;

/// A scene whose counters live in Redis, and the application's own connection there.
struct Kept {
    scene: Scene,
    redis: MultiplexedConnection,
    client: redis::Client,
    prefix: String,
    _alone: MutexGuard<'static, ()>,
}

impl Kept {
    /// Where a server can be had. `events` is what it tells of its keys.
    async fn start(test: &str, exams: usize, events: &str, said: Value) -> Option<Self> {
        let url = service("SYNCLINE_TEST_REDIS_URL", test)?;
        let alone = REDIS.lock().await;
        let client = redis::Client::open(url.as_str()).unwrap();
        let mut redis = client.get_multiplexed_async_connection().await.unwrap();
        configure(&mut redis, events).await;
        // Another test's keys are none of ours.
        let prefix = format!("{}:{}", test.replace(' ', "-"), std::process::id());
        let servers = format!("bookings={url}");
        let settings =
            [("counters.servers", servers.as_str()), ("counters.poll", "100ms"), ("jobs.lease", "1h")];
        let joined = Joined::start(0, &settings).await;
        let mut all = json!({
            "store": { "kind": "redis", "server": "bookings", "key": format!("{prefix}:{{key}}:bookings") },
        });
        for (name, value) in said.as_object().unwrap() {
            all[name] = value.clone();
        }
        let scene = Scene::joined(joined, exams, all).await;
        Some(Self { scene, redis, client, prefix, _alone: alone })
    }

    fn key(&self, exam: &str) -> String {
        format!("{}:{exam}:bookings", self.prefix)
    }

    /// As the application does it.
    async fn incr(&self, exam: &str) -> i64 {
        self.redis.clone().incr(self.key(exam), 1).await.unwrap()
    }

    async fn held(&self, exam: &str) -> Option<i64> {
        self.redis.clone().get(self.key(exam)).await.unwrap()
    }

    /// Waits until the counters are what the keys hold, and the properties as well.
    async fn agree(&self) {
        let scene = &self.scene;
        scene
            .as_time_passes("the keys were seen", async || {
                for exam in &scene.exams {
                    let row = scene.counter(exam).await.filter(|row| row.vanished_at.is_none());
                    if row.map(|row| row.value) != self.held(exam).await {
                        return None;
                    }
                }
                Some(())
            })
            .await;
        scene.agree().await;
    }
}

async fn configure(redis: &mut MultiplexedConnection, events: &str) {
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("notify-keyspace-events").arg(events);
    set.exec_async(redis).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_goes_on_counting_in_redis_which_tells() {
    followed("counters redis tells", "KA").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_goes_on_counting_in_redis_which_does_not_tell() {
    followed("counters redis silent", "").await;
}

async fn followed(test: &str, events: &str) {
    let Some(kept) = Kept::start(test, 6, events, json!({ "target": { "kind": "trigger" } })).await else {
        return;
    };
    for _ in 0..5 {
        for exam in &kept.scene.exams {
            kept.incr(exam).await;
        }
    }
    kept.agree().await;
    assert!(kept.scene.shown().await.values().all(|shown| *shown == Some(5)));
    kept.incr(&kept.scene.exams[0]).await;
    kept.agree().await;
    kept.scene.assert_order().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_through_syncline_keeps_bounds_idempotency_and_the_keys_life() {
    let test = "counters redis changes";
    let Some(kept) = Kept::start(test, 2, "KA", json!({})).await else { return };
    let (scene, exam) = (&kept.scene, kept.scene.exams[0].as_str());
    let once =
        scene.changes(&[(exam, Change::Increment(2)), (exam, Change::Decrement(3))], Some("booking-1"));
    let first = scene.ask(once.clone()).await;
    let below = Answer::Refused(Refusal::BelowMinimum { value: 2, minimum: 0 });
    assert_eq!(first.answers, [Answer::Made { value: 2, version: 0 }, below]);
    let again = scene.ask(once).await;
    assert_eq!((again.before, again.answers, kept.held(exam).await), (true, first.answers, Some(2)));
    let life: i64 = kept.redis.clone().ttl(kept.key(exam)).await.unwrap();
    assert!((89 * 86_400..=90 * 86_400).contains(&life), "a new key lives 90 days: {life}");
    let _: bool = kept.redis.clone().expire(kept.key(exam), 1_000).await.unwrap();
    scene.change(&[(exam, Change::Set(7))]).await;
    let life: i64 = kept.redis.clone().ttl(kept.key(exam)).await.unwrap();
    assert!(life <= 1_000, "one that is there keeps the life it has: {life}");
    let readings = read(scene.cx(), &scene.of, &[exam, &scene.exams[1]]).await.unwrap();
    assert_eq!((readings[0].value, readings[1].value), (Some(7), None));
    let _: () = kept.redis.clone().set(kept.key(exam), "many").await.unwrap();
    let odd = scene.change(&[(exam, Change::Increment(1))]).await;
    assert_eq!(odd, [Answer::Refused(Refusal::NotANumber)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_vanished_is_drift_and_is_never_pushed_as_zero() {
    let Some(kept) = Kept::start("counters redis vanished", 2, "KA", json!({})).await else { return };
    let (scene, exam) = (&kept.scene, kept.scene.exams[0].as_str());
    for exam in &scene.exams {
        kept.incr(exam).await;
    }
    kept.agree().await;
    let _: bool = kept.redis.clone().pexpire(kept.key(exam), 1).await.unwrap();
    scene
        .as_time_passes("it is seen that it is gone", async || {
            scene.counter(exam).await.and_then(|row| row.vanished_at)
        })
        .await;
    scene.quiet().await;
    assert_eq!(scene.shown().await[exam], Some(1), "nothing is pushed for it");
    let run = scene.compare(false).await;
    assert_eq!((run.counts.drifted, run.counts.repaired), (1, 0), "nobody else knows the number: {run:?}");
    assert_eq!(scene.findings(&run.id).await[0].verdict, Verdict::Drift);
    assert_eq!((kept.held(exam).await, scene.shown().await[exam]), (None, Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_restart_lost_are_reported_and_repaired_from_the_truth() {
    let said = json!({ "truth": { "source": "associations", "to_object_type": "contacts" } });
    let test = "counters redis restarted";
    let Some(control) = service("SYNCLINE_TEST_REDIS_CTL", test) else { return };
    let Some(kept) = Kept::start(test, 20, "KA", said).await else { return };
    let scene = &kept.scene;
    let bookings = scene.exams.iter().map(|id| (id.as_str(), 2)).collect();
    super::compare::associate(scene, &bookings).await;
    for exam in &scene.exams {
        kept.incr(exam).await;
        kept.incr(exam).await;
    }
    kept.agree().await;
    let restarted = tokio::process::Command::new("sh").arg("-c").arg(format!("{control} restart")).status();
    assert!(restarted.await.unwrap().success());
    let mut redis =
        until("the server is back", async || kept.client.get_multiplexed_async_connection().await.ok()).await;
    let held: Option<i64> = redis.get(kept.key(&scene.exams[0])).await.unwrap();
    assert_eq!(held, None, "it keeps nothing");
    scene
        .as_time_passes("all are gone", async || {
            scene.counters().await.iter().all(|row| row.vanished_at.is_some()).then_some(())
        })
        .await;
    assert!(scene.shown().await.values().all(|shown| *shown == Some(2)), "nothing was pushed for them");
    let run = scene.compare(false).await;
    assert_eq!((run.counts.drifted, run.counts.repaired), (20, 20), "{run:?}");
    for exam in &scene.exams {
        let held: Option<i64> = redis.get(kept.key(exam)).await.unwrap();
        let life: i64 = redis.ttl(kept.key(exam)).await.unwrap();
        assert!(held == Some(2) && life > 89 * 86_400, "{exam}: {held:?}, {life}");
    }
    let after: i64 = redis.incr(kept.key(&scene.exams[0]), 1).await.unwrap();
    assert_eq!(after, 3);
    scene
        .as_time_passes("counting goes on", async || {
            (scene.shown().await[&scene.exams[0]] == Some(3)).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_became_something_else_is_reported_and_stops_no_comparison() {
    let said = json!({ "truth": { "source": "associations", "to_object_type": "contacts" } });
    let Some(kept) = Kept::start("counters redis other types", 3, "KA", said).await else { return };
    let scene = &kept.scene;
    let bookings = scene.exams.iter().map(|id| (id.as_str(), 1)).collect();
    super::compare::associate(scene, &bookings).await;
    for exam in &scene.exams {
        kept.incr(exam).await;
    }
    kept.agree().await;
    let mut redis = kept.redis.clone();
    let _: () = redis.del(kept.key(&scene.exams[0])).await.unwrap();
    let _: () = redis.hset(kept.key(&scene.exams[0]), "field", 1).await.unwrap();
    let _: () = redis.set(kept.key(&scene.exams[1]), "many").await.unwrap();
    let run = scene.compare(false).await;
    assert_eq!((run.state, run.counts.checked), (State::Succeeded, 3), "{run:?}");
    assert_eq!((run.counts.drifted, run.counts.repaired, run.counts.alike), (2, 0, 1), "{run:?}");
    let text: String = redis.get(kept.key(&scene.exams[1])).await.unwrap();
    let field: i64 = redis.hget(kept.key(&scene.exams[0]), "field").await.unwrap();
    assert_eq!((text.as_str(), field), ("many", 1), "what somebody keeps there stays");
    assert!(scene.shown().await.values().all(|shown| *shown == Some(1)));
}
