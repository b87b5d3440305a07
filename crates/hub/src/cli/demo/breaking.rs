//! Breaking things on request, and telling when they are whole again.

use super::browser;
use super::stage::Stage;
use super::story::Mark;
use crate::cli::remote::segment;
use crate::telemetry::Stopwatch;
use anyhow::{Context as _, Result, bail, ensure};
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Something to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breakage {
    /// The customer takes HubSpot's consent back.
    Revoke,
    /// A provider is away for a while.
    Down,
    /// Webhooks come three times.
    Duplicate,
    /// The hub is killed.
    Plug,
}

/// How long each lasts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    /// Until the customer connects again.
    pub(super) revoked: Duration,
    /// How long a provider is away.
    pub(super) down: Duration,
    /// For how long webhooks come three times.
    pub(super) duplicate: Duration,
}

impl Spans {
    /// Long enough to look.
    pub(super) const TO_WATCH: Self = Self {
        revoked: Duration::from_secs(25),
        down: Duration::from_secs(30),
        duplicate: Duration::from_secs(30),
    };
}

impl Breakage {
    /// All of them, in the order in which they are offered.
    pub(super) const ALL: [Self; 4] = [Self::Revoke, Self::Down, Self::Duplicate, Self::Plug];

    /// Its name in addresses, and its letter: the first of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Down => "down",
            Self::Duplicate => "twice",
            Self::Plug => "plug",
        }
    }

    /// The one with this name or letter.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == name || (name.len() == 1 && one.name().starts_with(name)))
    }

    /// What it does, in a few words.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Revoke => "Revoke a token",
            Self::Down => "Take a provider down",
            Self::Duplicate => "Send webhooks three times",
            Self::Plug => "Pull the plug",
        }
    }

    /// What comes of it.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Revoke => {
                "The customer takes HubSpot's consent back. The connection needs a person, the sync rests, nothing is lost. \
                 After 25 seconds the customer connects again."
            }
            Self::Down => "HubSpot or 10to8 answers 503 for 30 seconds. Work waits and goes on by itself.",
            Self::Duplicate => "For 30 seconds every webhook comes three times. Every event is stored once.",
            Self::Plug => {
                "SIGKILL for the hub, and another one over the same files. It goes on where it was."
            }
        }
    }
}

/// Breaks it, tells what to watch, and comes back when it is whole.
///
/// # Errors
/// When it does not heal.
pub(super) async fn break_it(stage: &Stage, what: Breakage, spans: Spans) -> Result<()> {
    match what {
        Breakage::Revoke => revoke(stage, spans.revoked).await,
        Breakage::Down => take_down(stage, spans.down).await,
        Breakage::Duplicate => duplicate(stage, spans.duplicate).await,
        Breakage::Plug => pull_the_plug(stage).await,
    }
}

async fn revoke(stage: &Stage, pause: Duration) -> Result<()> {
    let account = stage.world.credentials()["hubspot"]["accounts"][0]["portal_id"].clone();
    stage.world.edit("hubspot", json!({ "action": "revoke_tokens", "portal_id": account })).await?;
    stage.story.tell(
        Mark::Broken,
        "acme took back what it had allowed at HubSpot. Watch the connection: it will need a person, and the sync rests",
    );
    tokio::time::sleep(pause).await;
    connect(stage, "acme", "hubspot").await.context("acme could not connect HubSpot again")?;
    stage.story.tell(
        Mark::Healed,
        "acme connected HubSpot again; the connection is the same one, and what waited goes on",
    );
    Ok(())
}

async fn take_down(stage: &Stage, lasts: Duration) -> Result<()> {
    let (provider, name) = match stage.dice.with(|dice| dice.random_bool(0.5)) {
        true => ("hubspot", "HubSpot"),
        false => ("tentoeight", "10to8"),
    };
    let rule = json!({ "provider": provider, "effect": { "kind": "server_error", "status": 503 } });
    stage.world.fault(rule, lasts).await?;
    let seconds = lasts.as_secs();
    stage.story.tell(
        Mark::Broken,
        format!(
            "{name} answers 503 to everything for {seconds} s. Watch the sync: changes wait, none is lost"
        ),
    );
    tokio::time::sleep(lasts).await;
    stage.story.tell(Mark::Healed, format!("{name} is back; what waited is being done"));
    Ok(())
}

async fn duplicate(stage: &Stage, lasts: Duration) -> Result<()> {
    stage.world.fault(json!({ "effect": { "kind": "duplicate", "copies": 2 } }), lasts).await?;
    let seconds = lasts.as_secs();
    stage.story.tell(
        Mark::Broken,
        format!("every webhook comes three times for {seconds} s. Watch the events: each of HubSpot's is there once"),
    );
    tokio::time::sleep(lasts).await;
    stage.story.tell(Mark::Healed, "webhooks come once again");
    Ok(())
}

async fn pull_the_plug(stage: &Stage) -> Result<()> {
    let events = stored(stage).await;
    let watch = Stopwatch::start();
    stage.ledger().kills += 1;
    stage.story.tell(Mark::Broken, "the hub is killed (SIGKILL), in the middle of whatever it does");
    stage.hub.pull_the_plug().await?;
    let away = watch.elapsed();
    let after = stored(stage).await;
    ensure!(
        after >= events,
        "the hub had stored {events:?} events before it was killed, and has {after:?} now"
    );
    let kept = after.map(|after| format!(", with all its {after} events")).unwrap_or_default();
    stage.story.tell(Mark::Healed, format!("the hub is back after {} ms{kept}", away.as_millis()));
    Ok(())
}

/// How many events the hub has, where it answers.
async fn stored(stage: &Stage) -> Option<u64> {
    stage.ask_once(Method::GET, "/v1/status", None).await.ok()?["events"]["stored"].as_u64()
}

/// The customer clicks Connect in the application's page and consents; answers the connection's id. It is repeated while the provider is
/// away.
///
/// # Errors
/// When the account is not connected in the end.
pub(super) async fn connect(stage: &Stage, org_id: &str, provider: &str) -> Result<String> {
    let watch = Stopwatch::start();
    loop {
        match connect_once(stage, org_id, provider).await {
            Ok(id) => return Ok(id),
            Err(error) if watch.elapsed() > Duration::from_secs(90) => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

async fn connect_once(stage: &Stage, org_id: &str, provider: &str) -> Result<String> {
    let ask = json!({ "org_id": org_id, "user_id": "ada", "providers": [provider] });
    let token = stage.post("/v1/connect-tokens", &ask, None).await?;
    let token = token["token"].as_str().context("a connect token")?;
    let address = format!("{}/connect?provider={provider}&token={}", stage.hub.base(), segment(token));
    browser::open(&stage.client, &address).await?;
    let path = format!("/v1/connections?org_id={org_id}&provider={provider}&status=active");
    let found: Value = stage.get(&path).await?;
    match found["data"][0]["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None => bail!("{provider} was not connected"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_letter_of_its_own() {
        for one in Breakage::ALL {
            assert_eq!(Breakage::named(one.name()), Some(one));
            assert_eq!(Breakage::named(&one.name()[..1]), Some(one));
        }
        assert_eq!(Breakage::named("pl"), None);
        assert_eq!(Breakage::named(""), None);
    }
}
