//! The people: what life decides is done, at the providers' own pages and over the hub's API; and an operator, who settles conflicts.

use super::cast::{Cast, Pair, Thing};
use super::life::{self, Act};
use super::setup::DOORS;
use super::stage::Stage;
use super::story::Mark;
use crate::cli::remote::segment;
use anyhow::Result;
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How far apart two acts are, on average, at the usual pace.
const APART: Duration = Duration::from_secs(2);
/// How often it is looked who is there.
const CENSUS: u32 = 15;
/// How often the operator looks at conflicts, at the usual pace.
const OFFICE: Duration = Duration::from_secs(20);
/// So many conflicts are left for whoever looks.
const LEFT: usize = 2;
/// HubSpot's object that is counted.
pub(super) const EXAMS: &str = "2-50158913";

/// Life, until it is over: what somebody has begun by then is done to its end, so that what was counted is known to have been.
///
/// # Errors
/// When the simulated providers are gone, or the hub does not come back.
pub(super) async fn live(stage: &Stage, over: &CancellationToken) -> Result<()> {
    for turn in 1_u32.. {
        if over.run_until_cancelled(pause(stage, APART)).await.is_none() {
            break;
        }
        if turn.is_multiple_of(CENSUS) {
            census(stage).await?;
        }
        let act = stage.dice.with(|dice| life::next(&mut stage.cast(), dice));
        if let Some(act) = act {
            perform(stage, act, turn).await?;
        }
    }
    Ok(())
}

/// About so long at the pace of this demo: half of it at least, one and a half at most.
async fn pause(stage: &Stage, about: Duration) {
    let share = stage.dice.with(|dice| dice.random_range(0.5..1.5));
    tokio::time::sleep(about.mul_f64(share / stage.pace)).await;
}

/// Does it. What a provider would not let anybody do is not done: the record may have gone in the meantime.
///
/// # Errors
/// When the hub does not come back.
pub(super) async fn perform(stage: &Stage, act: Act, turn: u32) -> Result<()> {
    match act {
        Act::Edit { edits, says, is_news } => {
            let done = edits.into_iter().map(|(provider, edit)| stage.world.edit(provider, edit));
            if futures_util::future::join_all(done).await.iter().any(Result::is_err) {
                return Ok(());
            }
            match is_news {
                true => stage.story.tell(Mark::People, says),
                false => stage.story.note(Mark::People, says),
            }
        }
        Act::Count { exam, by } => count(stage, &exam, by, turn).await?,
        Act::Publish { name } => {
            let body = json!({
                "org_id": "acme", "type": "booking.made", "payload": { "customer": name, "booking": turn },
            });
            let made = stage.post("/v1/messages", &body, Some(&format!("demo-booking-{turn}"))).await?;
            if let Some(id) = made["id"].as_str() {
                stage.ledger().published.push(id.to_owned());
            }
            stage.story.note(Mark::People, format!("the application publishes booking.made about {name}"));
        }
    }
    Ok(())
}

/// Counts, once however often the request has to be repeated.
async fn count(stage: &Stage, exam: &Thing, by: i64, turn: u32) -> Result<()> {
    let counter = segment(&stage.ids()?.counter);
    let path = format!("/v1/counters/{counter}/values/{}/increment", segment(&exam.id));
    let once = format!("demo-count-{turn}");
    let counted = stage.post(&path, &json!({ "by": by }), Some(&once)).await?;
    *stage.ledger().counted.entry(exam.id.clone()).or_insert(0) += by;
    let says = format!("{by} more for {}: {} bookings; HubSpot follows", exam.name, counted["value"]);
    stage.story.note(Mark::People, says);
    Ok(())
}

/// Looks who is there now: whoever was new is known on both sides.
///
/// # Errors
/// When the hub does not come back.
pub(super) async fn census(stage: &Stage) -> Result<()> {
    let path = format!("/v1/syncs/{}/links?state=linked", segment(&stage.ids()?.sync));
    let links = stage.all(&path).await?;
    let pair = |link: &Value| {
        Some(Pair {
            contact: link["left_id"].as_str()?.to_owned(),
            customer: link["right_id"].as_str()?.to_owned(),
            name: link["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("somebody").to_owned(),
        })
    };
    stage.cast().has_pairs(links.iter().filter_map(pair).collect());
    Ok(())
}

/// Everything but the people, who are known to the hub.
///
/// # Errors
/// When the simulated providers are gone.
pub(super) async fn furniture(stage: &Stage) -> Result<Cast> {
    let credentials = stage.world.credentials();
    let account = credentials["hubspot"]["accounts"][0]["portal_id"].to_string();
    let base = &credentials["airtable"]["bases"][0]["tables"];
    let table = base.as_array().into_iter().flatten().find(|table| table["name"] == "People");
    let source = people_at_notion(&credentials);
    let at_hubspot =
        async |object: &str, name: &str| things(stage, "hubspot", &format!("{account}:{object}"), name).await;
    Ok(Cast {
        companies: at_hubspot("companies", "name").await?,
        deals: at_hubspot("deals", "dealname").await?,
        exams: exams(at_hubspot(EXAMS, "").await?),
        pages: things(stage, "notion", &source, "").await?,
        rows: things(
            stage,
            "airtable",
            table.and_then(|table| table["table_id"].as_str()).unwrap_or_default(),
            "",
        )
        .await?,
        ..Cast::default()
    })
}

/// They have no names of their own.
fn exams(found: Vec<Thing>) -> Vec<Thing> {
    let named =
        (1..).zip(found).map(|(number, exam)| Thing { name: format!("mock exam {number}"), id: exam.id });
    named.collect()
}

/// The data source in which the first workspace at Notion has its people.
pub(super) fn people_at_notion(credentials: &Value) -> String {
    let sources = credentials["notion"]["workspaces"][0]["databases"].as_array().into_iter().flatten();
    let mut people = sources
        .filter(|source| source["name"].as_str().is_some_and(|name| ["People", "Contacts"].contains(&name)));
    people.next().and_then(|source| source["data_source_id"].as_str()).unwrap_or_default().to_owned()
}

/// The rows of a table, named by a column, or by the first.
async fn things(stage: &Stage, provider: &str, table: &str, name: &str) -> Result<Vec<Thing>> {
    let rows = stage.world.rows(provider, table).await?;
    let called = |row: &super::world::Row| {
        let cell = row.cells.get(name).or_else(|| row.cells.get("Name")).filter(|cell| !cell.is_empty());
        cell.cloned().unwrap_or_else(|| row.id.clone())
    };
    Ok(rows
        .iter()
        .filter(|row| !row.gone)
        .map(|row| Thing { id: row.id.clone(), name: called(row) })
        .collect())
}

/// What was decided, in words.
fn decided(conflict: &Value, choice: &Value) -> String {
    let what = match conflict["kind"].as_str() {
        Some("field") => "a name that was changed on both sides",
        Some("deletion") => "a deletion",
        Some("match" | "duplicate") => "who is who",
        _ => "many deletions",
    };
    let how = match (choice["choice"].as_str(), choice["side"].as_str()) {
        (_, Some("left")) => "as HubSpot has it",
        (_, Some(_)) => "as 10to8 has it",
        (Some("is"), _) => "they are the same",
        (Some("leave"), _) => "they are left alone",
        (Some("delete"), _) => "they are carried out",
        _ => "they are not carried out",
    };
    format!("{what}, {how}")
}

/// How often the terminal is told how much has happened, at the usual pace.
const SUMMARY: Duration = Duration::from_secs(30);

/// Tells now and then how much has happened: most of it is no line of its own.
///
/// # Errors
/// When the hub does not come back.
pub(super) async fn sum_up(stage: &Stage) -> Result<()> {
    loop {
        tokio::time::sleep(SUMMARY).await;
        let events = stage.get("/v1/status").await?["events"]["stored"].as_u64().unwrap_or(0);
        let told: usize = DOORS.iter().map(|(door, ..)| stage.receiver.taken(door).messages.len()).sum();
        let booked: i64 = stage.ledger().counted.values().sum();
        let line = format!(
            "so far: {events} events stored, {told} notifications received, {booked} bookings counted"
        );
        stage.story.tell(Mark::Setup, line);
    }
}

/// The operator, until it is dropped: conflicts that nobody else decided are decided one by one, but for the latest.
///
/// # Errors
/// When the hub does not come back.
pub(super) async fn decide(stage: &Stage) -> Result<()> {
    loop {
        pause(stage, OFFICE).await;
        let open = stage.all("/v1/conflicts?state=open").await?;
        let Some(conflict) = open.get(LEFT..).and_then(<[Value]>::last) else { continue };
        let (Some(id), Some(choices)) = (conflict["id"].as_str(), conflict["choices"].as_array()) else {
            continue;
        };
        let Some(choice) = stage.dice.with(|dice| super::cast::pick(choices, dice).cloned()) else {
            continue;
        };
        // It may have passed by itself, or somebody was faster.
        let path = format!("/v1/conflicts/{}/resolve", segment(id));
        if stage.ask_once(Method::POST, &path, Some(&choice)).await.is_ok() {
            stage.story.tell(
                Mark::People,
                format!("the operator decides a conflict: {}", decided(conflict, &choice)),
            );
        }
    }
}
