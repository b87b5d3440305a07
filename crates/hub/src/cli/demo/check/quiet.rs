//! Waiting until there is nothing left to do: nothing on its way from the providers, nothing waiting in the hub.

use crate::cli::demo::stage::Stage;
use crate::cli::demo::story::Mark;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is told what is left.
const TELL: Duration = Duration::from_secs(10);
/// So often in a row nothing was to be done.
const CALM: u32 = 6;
/// What is due later than this is a schedule, not work.
const SOON: Duration = Duration::from_secs(120);
/// Work that follows from what providers tell and people do.
const WORK: [&str; 4] = ["sync.work", "records.hydrate", "hooks.pull", "load.run"];

/// Waits; answers how long it took.
///
/// # Errors
/// When it never gets quiet, with what is left.
pub(super) async fn until_quiet(stage: &Stage) -> Result<Duration> {
    let watch = Stopwatch::start();
    let (mut calm, mut said) = (0, Duration::ZERO);
    loop {
        let left = left(stage).await?;
        calm = if left.is_empty() { calm + 1 } else { 0 };
        if calm >= CALM {
            return Ok(watch.elapsed());
        }
        if watch.elapsed() > said + TELL {
            said = watch.elapsed();
            stage.story.tell(Mark::Setup, format!("still to do: {}", left.join(", ")));
        }
        if watch.elapsed() > PATIENCE {
            bail!("after {} s there is still something to do: {}", PATIENCE.as_secs(), left.join("; "));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What is left to do.
async fn left(stage: &Stage) -> Result<Vec<String>> {
    let mut left = Vec::new();
    let mut note = |what: &str, count: u64| {
        if count > 0 {
            left.push(format!("{what}: {count}"));
        }
    };
    let number = |value: &Value| value.as_u64().unwrap_or(u64::MAX);
    note("on their way from the providers", u64::from(provider_is_busy(stage).await?));
    let status = stage.get("/v1/status").await?;
    note("deliveries in the log", number(&status["log"]["waiting_deliveries"]));
    note("jobs", jobs(stage).await?);
    let ids = stage.ids()?;
    for connection in [&ids.hubspot, &ids.tentoeight, &ids.notion, &ids.airtable] {
        let shown = stage.get(&format!("/v1/connections/{}", segment(connection))).await?;
        note("records to be read again", number(&shown["stale"]));
    }
    let sync = stage.get(&format!("/v1/syncs/{}", segment(&ids.sync))).await?;
    note("records that a sync has to look at", number(&sync["counts"]["waiting"]));
    let counter = stage.get(&format!("/v1/counters/{}", segment(&ids.counter))).await?;
    note("counters to be sent", number(&counter["waiting"]["to_send"]));
    note("counters to be seen", number(&counter["waiting"]["to_look_at"]));
    for endpoint in ids.endpoints.values() {
        let shown = stage.get(&format!("/v1/endpoints/{}", segment(endpoint))).await?;
        note("messages on their way", number(&shown["waiting"]["deliveries"]));
    }
    Ok(left)
}

/// Whether something is due at the providers soon: webhooks, retries, workflows.
async fn provider_is_busy(stage: &Stage) -> Result<bool> {
    let clock = stage.world.control(Method::GET, "clock", None).await?;
    let due = clock["next_due"].as_str().and_then(|text| Timestamp::parse(text).ok());
    Ok(due.is_some_and(|due| due < SystemClock.now().plus(SOON)))
}

/// How much work is due or under way.
async fn jobs(stage: &Stage) -> Result<u64> {
    let soon = SystemClock.now().plus(SOON);
    let mut count = 0;
    for state in ["waiting", "running"] {
        let jobs = stage.all(&format!("/v1/jobs?state={state}")).await?;
        let is_work = |job: &&Value| {
            let at = job["run_at"].as_str().and_then(|at| Timestamp::parse(at).ok());
            job["kind"].as_str().is_some_and(|kind| WORK.contains(&kind)) && at.is_none_or(|at| at < soon)
        };
        count += jobs.iter().filter(is_work).count() as u64;
    }
    Ok(count)
}
