//! Setting everything up through the doors that everybody uses: the hub's API with a key, consent pages, webhooks.

use super::breaking::connect;
use super::life;
use super::people::{EXAMS, census, furniture, perform};
use super::stage::{Ids, Stage};
use super::story::Mark;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::secret::Secret;

/// How long a load or a run may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(50);

/// Doors of the receiver: whose endpoint, which events, what it is.
pub(super) const DOORS: [(&str, &str, &[&str], &str); 3] = [
    ("crm", "acme", &[], "acme's application"),
    ("warehouse", "acme", &["sync.*", "booking.*"], "acme's data warehouse, which is out of order at first"),
    ("desk", "globex", &[], "globex's application"),
];
/// The one that is shut at first.
pub(super) const WAREHOUSE: &str = "warehouse";

/// Sets everything up.
///
/// # Errors
/// When any of it does not come about.
pub(super) async fn set_up(stage: &Stage) -> Result<()> {
    let mut ids = Ids::default();
    endpoints(stage, &mut ids).await?;
    connections(stage, &mut ids).await?;
    prepare(stage, &ids).await?;
    loads(stage, &ids).await?;
    ids.counter = counter(stage, &ids).await?;
    ids.sync = sync(stage, &ids).await?;
    stage.has_ids(ids);
    *stage.cast() = furniture(stage).await?;
    census(stage).await?;
    first_acts(stage).await
}

/// Where the applications are told.
async fn endpoints(stage: &Stage, ids: &mut Ids) -> Result<()> {
    stage.receiver.shut(WAREHOUSE, true);
    for (door, org_id, events, description) in DOORS {
        let body = json!({
            "org_id": org_id, "url": stage.receiver.url(door), "event_types": events, "description": description,
        });
        let made = stage.post("/v1/endpoints", &body, None).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("an endpoint");
        stage.receiver.trust(door, &Secret::new(text(&made["signing"]["secret"])?))?;
        ids.endpoints.insert(door.to_owned(), text(&made["id"])?);
    }
    stage.story.tell(
        Mark::Setup,
        "the applications of acme and globex are told of what happens, by signed webhooks",
    );
    Ok(())
}

/// Both organizations connect their accounts.
async fn connections(stage: &Stage, ids: &mut Ids) -> Result<()> {
    ids.hubspot = connect(stage, "acme", "hubspot").await?;
    stage.story.tell(Mark::Setup, "acme connected HubSpot (OAuth with PKCE, over the consent page)");
    let credentials = stage.world.credentials();
    let key = credentials["tentoeight"]["organizations"][0]["api_key"].as_str().context("10to8's key")?;
    let body = json!({ "provider": "tentoeight", "org_id": "acme", "user_id": "ada", "key": key });
    let made = stage.post("/v1/connections", &body, None).await?;
    ids.tentoeight = made["id"].as_str().context("a connection")?.to_owned();
    stage.story.tell(Mark::Setup, "acme connected 10to8 (with a key, which was tried before it was kept)");
    ids.notion = connect(stage, "globex", "notion").await?;
    ids.airtable = connect(stage, "globex", "airtable").await?;
    stage.story.tell(Mark::Setup, "globex connected Notion and Airtable (OAuth)");
    Ok(())
}

/// What has to be there at the providers: properties, webhooks.
async fn prepare(stage: &Stage, ids: &Ids) -> Result<()> {
    for connection in [&ids.hubspot, &ids.tentoeight, &ids.notion, &ids.airtable] {
        let report =
            stage.post(&format!("/v1/connections/{}/setup", segment(connection)), &json!({}), None).await?;
        let failed = report["steps"].as_array().into_iter().flatten().find(|step| step["state"] == "failed");
        ensure!(failed.is_none(), "an account could not be set up: {report}");
    }
    stage.story.tell(Mark::Setup, "properties and webhooks are set up at all four");
    Ok(())
}

/// Waits for the loads, which began when the accounts were connected.
async fn loads(stage: &Stage, ids: &Ids) -> Result<()> {
    let mut loaded = 0;
    for connection in [&ids.hubspot, &ids.tentoeight, &ids.notion, &ids.airtable] {
        let path = format!("/v1/connections/{}/runs", segment(connection));
        until("a load", async || {
            let runs = stage.get(&path).await?;
            ended(runs["data"].as_array().and_then(|runs| runs.last()))
        })
        .await?;
        let shown = stage.get(&format!("/v1/connections/{}", segment(connection))).await?;
        let counts = shown["records"].as_array().into_iter().flatten();
        loaded += counts.filter_map(|count| count["live"].as_u64()).sum::<u64>();
    }
    stage
        .story
        .tell(Mark::Setup, format!("loaded {loaded} records: people, companies, deals, pages and rows"));
    Ok(())
}

/// The number of bookings of an exam, which HubSpot shows through its workflow.
async fn counter(stage: &Stage, ids: &Ids) -> Result<String> {
    let workflows = stage.world.control(Method::GET, "hubspot/workflows", None).await?;
    let url = workflows["workflows"][0]["trigger_url"].as_str().context("the simulated workflow")?;
    let definition = json!({
        "name": "exam-bookings", "connection_id": ids.hubspot, "object_type": EXAMS, "property": "total_bookings",
        "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
        "target": { "kind": "trigger", "url": url }, "window_ms": 1_000, "settle_ms": 8_000,
    });
    let made = stage.post("/v1/counters", &definition, None).await?;
    stage
        .story
        .tell(Mark::Setup, "bookings of exams are counted; HubSpot's property follows through a workflow");
    Ok(made["id"].as_str().context("a counter")?.to_owned())
}

/// The sync, and its first run, in which the later change wins. From then on names that were changed on both sides are for a person.
async fn sync(stage: &Stage, ids: &Ids) -> Result<String> {
    let (left, right) = (segment(&ids.hubspot), segment(&ids.tentoeight));
    let mut agreement = stage.get(&format!("/v1/syncs/template?left={left}&right={right}")).await?;
    // A demo may go on for hours: its people leave one by one.
    agreement["guard"] = json!({ "percent": 50, "at_least": 500 });
    let body = json!({
        "left": ids.hubspot, "right": ids.tentoeight, "name": "People", "agreement": agreement, "run": true,
    });
    let made = stage.post("/v1/syncs", &body, None).await?;
    let id = made["id"].as_str().context("a sync")?.to_owned();
    stage.story.tell(Mark::Setup, "HubSpot's contacts and 10to8's customers are being put in step");
    let path = format!("/v1/syncs/{}/runs", segment(&id));
    let run = until("the first run of the sync", async || {
        let runs = stage.get(&path).await?;
        let last = runs["data"].as_array().and_then(|runs| runs.last());
        Ok(ended(last)?.and_then(|()| last.cloned()))
    })
    .await?;
    agreement["rules"][0]["policy"] = json!("ask");
    let (path, terms) = (format!("/v1/syncs/{}", segment(&id)), json!({ "agreement": agreement }));
    stage.ask_once(Method::PATCH, &path, Some(&terms)).await.context("the sync's terms")?;
    let counts = &run["counts"];
    let created = |side: &str| counts["created"][side].as_u64().unwrap_or(0);
    stage.story.tell(
        Mark::Setup,
        format!(
            "in step: {} people were known to both, {} were new to HubSpot, {} to 10to8",
            counts["linked"],
            created("left"),
            created("right")
        ),
    );
    Ok(id)
}

/// Something of everything, so that there is something to see from the start.
async fn first_acts(stage: &Stage) -> Result<()> {
    let exams = stage.cast().exams.clone();
    for (number, exam) in (0..).zip(exams.into_iter().take(3)) {
        perform(stage, life::Act::Count { exam, by: 5 + number }, u32::MAX - u32::try_from(number)?).await?;
    }
    for _ in 0..2 {
        if let Some(act) = stage.dice.with(|dice| life::both(&mut stage.cast(), dice)) {
            perform(stage, act, u32::MAX).await?;
        }
    }
    Ok(())
}

/// Whether a load or a run has ended; none while it has not, or is not there yet.
fn ended(run: Option<&Value>) -> Result<Option<()>> {
    let Some(run) = run else { return Ok(None) };
    match run["state"].as_str() {
        Some("succeeded") => Ok(Some(())),
        Some("failed" | "cancelled") => bail!("it ended as {}", run["state"]),
        _ => Ok(None),
    }
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = look().await.with_context(|| format!("{what} did not end well"))? {
            return Ok(found);
        }
        ensure!(watch.elapsed() < PATIENCE, "{what} has not ended after {} s", PATIENCE.as_secs());
        tokio::time::sleep(PAUSE).await;
    }
}
