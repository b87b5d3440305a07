//! `syncline counters setup`: the steps at HubSpot, and a proof that the property moves.
//!
//! The proof goes the way every change goes, so it overtakes nothing and shows what will happen later. The counter is one more and then what
//! it was: the second event is the one that a workflow without re-enrollment swallows.

use super::one::{find, value};
use super::steps::steps;
use super::verdict::{Known, Verdict};
use super::{One, runtime};
use crate::cli::out;
use crate::cli::remote::{Remote, segment};
use crate::cli::settings::Flags;
use crate::config::Span;
use crate::lifecycle::Signals;
use crate::portal::views::text::span;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// How often to look at the counter.
const LOOK: Duration = Duration::from_millis(500);

/// Set the workflow up at HubSpot
#[derive(Debug, Args)]
pub struct Setup {
    #[command(flatten)]
    one: One,
    /// The record to try it with: its property is changed by one and back
    #[arg(long)]
    key: Option<String>,
    /// What this record's counter is, where nobody has counted it yet: the property shows that in the end
    #[arg(long, requires = "key", allow_negative_numbers = true)]
    value: Option<i64>,
    /// Only send the event that the workflow editor waits for to learn its fields; nothing is counted
    #[arg(long, requires = "key")]
    event: bool,
    /// How long to wait for each of the two events
    #[arg(long, default_value = "3m", value_name = "SPAN")]
    patience: String,
}

/// The counter that it is tried with.
struct Trial<'a> {
    hub: &'a Remote,
    /// The definition's address.
    path: &'a str,
    key: &'a str,
    /// Whether the number is given, and not what was counted.
    given: bool,
    patience: Duration,
}

/// One of the two events.
struct Event {
    wanted: i64,
    version: i64,
    /// The last entry of the log before it.
    before: i64,
    second: bool,
}

impl Setup {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let patience =
            Span::parse(&self.patience).map(Span::get).context("--patience is a span like 90s or 3m")?;
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let path = find(&hub, &self.one.counter).await?;
            let definition = hub.json(hub.request(Method::GET, &path)).await?;
            let Some(key) = &self.key else {
                out::line(steps(&definition, None));
                return Ok(ExitCode::SUCCESS);
            };
            if self.event {
                return send(&hub, &path, key, self.value.unwrap_or(1)).await;
            }
            check(&hub, &definition).await?;
            let trial = Trial { hub: &hub, path: &path, key, given: self.value.is_some(), patience };
            trial.run(self.value).await
        })
    }
}

/// Sends the event that the workflow editor waits for.
async fn send(hub: &Remote, path: &str, key: &str, number: i64) -> Result<ExitCode> {
    let path = format!("{path}{}/test", value(key));
    let sent = hub.json(hub.request(Method::POST, &path).json(&json!({ "value": number }))).await?;
    let payload = out::plain(&sent["payload"].to_string());
    match sent["status"].as_u64() {
        Some(status @ 200..=299) => {
            out::line(format!(
                "Sent {payload}; HubSpot answered {status}. The editor has its event: map the fields."
            ));
            Ok(ExitCode::SUCCESS)
        }
        Some(status) => bail!(
            "the trigger answered {status}: it is not there, or cannot be called like this. Compare the webhook URL with the editor's"
        ),
        None => bail!("the trigger did not answer: see that this machine reaches HubSpot (syncline doctor)"),
    }
}

/// Whether anything would be sent and seen at all.
async fn check(hub: &Remote, definition: &Value) -> Result<()> {
    let name = out::plain(definition["name"].as_str().unwrap_or_default());
    match definition["state"].as_str() {
        Some("paused") => bail!("{name} is paused: syncline counters resume {name}"),
        Some("attention") => {
            let reason = definition["reason"].as_str().map(out::plain).unwrap_or_default();
            bail!("{name} needs attention first: {reason}. Then: syncline counters resume {name}")
        }
        _ => {}
    }
    let connection = definition["connection_id"].as_str().unwrap_or_default();
    let found =
        hub.json(hub.request(Method::GET, &format!("/v1/connections/{}", segment(connection)))).await?;
    match found["status"].as_str() {
        Some("active") | None => Ok(()),
        Some(_) => bail!(
            "the connection {} cannot be used, so the property cannot be read back: connect the account again",
            out::plain(connection)
        ),
    }
}

impl Trial<'_> {
    async fn run(&self, given: Option<i64>) -> Result<ExitCode> {
        let counter = self.counter().await?;
        let base = match (given, counter["version"].as_i64(), counter["value"].as_i64()) {
            (Some(given), ..) => given,
            (None, Some(1..), Some(value)) => value,
            _ => bail!(
                "nobody has counted {} yet, so it is not known what its property should show: say it with --value N",
                out::plain(self.key)
            ),
        };
        // To a number that the property does not show already.
        let by = if self.shown().await? == Some(base.saturating_add(1)) { 2 } else { 1 };
        let mut signals = Signals::install();
        let up = self.event(base.saturating_add(by), ("increment", by), false).await?;
        let first = tokio::select! {
            first = self.wait(&up) => first,
            _ = signals.next() => Err(anyhow!("interrupted; the counter is what it was before")),
        };
        // Back in any case: the number is right again, whatever became of the event.
        let down = self.event(base, ("decrement", by), true).await?;
        let Some(first) = said(first?) else { return Ok(ExitCode::FAILURE) };
        let Some(second) = said(self.wait(&down).await?) else { return Ok(ExitCode::FAILURE) };
        out::line(format!(
            "The property of {} went to {} in {} and back to {} in {}: the workflow is set up.",
            out::plain(self.key),
            up.wanted,
            span(first),
            down.wanted,
            span(second)
        ));
        Ok(ExitCode::SUCCESS)
    }

    async fn counter(&self) -> Result<Value> {
        let path = format!("{}{}", self.path, value(self.key));
        self.hub.json(self.hub.request(Method::GET, &path)).await
    }

    /// What HubSpot shows of the record there and then.
    async fn shown(&self) -> Result<Option<i64>> {
        let path = format!("{}{}/property", self.path, value(self.key));
        let shown = self.hub.json(self.hub.request(Method::GET, &path)).await?;
        if shown["is"] == "no_record" {
            bail!("HubSpot has no record {} of the definition's object type", out::plain(self.key));
        }
        Ok(shown["value"].as_i64())
    }

    async fn pushes(&self) -> Result<Vec<Value>> {
        let path = format!("{}/pushes?key={}&limit=50", self.path, segment(self.key));
        let mut found = self.hub.json(self.hub.request(Method::GET, &path)).await?;
        Ok(found["data"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// Changes the counter; the number that was given is set, what was counted is counted on, so that nobody's change is lost.
    async fn event(&self, to: i64, (verb, by): (&str, i64), second: bool) -> Result<Event> {
        let before = self.pushes().await?.first().and_then(|entry| entry["seq"].as_i64()).unwrap_or(0);
        let (verb, body) =
            if self.given { ("set", json!({ "value": to })) } else { (verb, json!({ "by": by })) };
        let path = format!("{}{}/{verb}", self.path, value(self.key));
        let made = self.hub.json(self.hub.request(Method::POST, &path).json(&body)).await?;
        if self.counter().await?["push"]["stage"] == "parked" {
            // As it was left by a trial before this one: what is mended by now is tried again.
            let path = format!("{}{}/push", self.path, value(self.key));
            self.hub.json(self.hub.request(Method::POST, &path)).await?;
        }
        let wanted = made["value"].as_i64().context("the hub did not say what the counter is")?;
        Ok(Event { wanted, version: made["version"].as_i64().unwrap_or(0), before, second })
    }

    /// Looks until the property moved, or it is clear that it will not; answers how long it took, in milliseconds, or why not.
    async fn wait(&self, event: &Event) -> Result<std::result::Result<u64, String>> {
        let watch = Stopwatch::start();
        let mut told = "";
        loop {
            let late = watch.elapsed() >= self.patience;
            let definition = self.hub.json(self.hub.request(Method::GET, self.path)).await?;
            let counter = self.counter().await?;
            let mut pushes = self.pushes().await?;
            pushes.retain(|entry| entry["seq"].as_i64() > Some(event.before));
            let Event { wanted, version, second, .. } = *event;
            let known = Known {
                definition: &definition,
                counter: &counter,
                pushes: &pushes,
                wanted,
                version,
                second,
            };
            match known.verdict(late) {
                Verdict::Moved => {
                    return Ok(Ok(u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX)));
                }
                Verdict::Failed(why) => return Ok(Err(why)),
                Verdict::Wait(now) if now != told => {
                    told = now;
                    out::note(format!("{wanted}: {now}"));
                }
                Verdict::Wait(_) => {}
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// How long it took; none when it failed, which is told.
fn said(outcome: std::result::Result<u64, String>) -> Option<u64> {
    outcome.map_err(|why| out::note(format!("syncline: the property did not move: {why}"))).ok()
}
