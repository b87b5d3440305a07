//! `syncline sandbox`: the four providers, simulated, with nothing of the hub around them.

use super::{out, runtime};
use crate::lifecycle::Signals;
use crate::program::program;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use syncline_sandbox::{ConsentMode, Options, Population, Sandbox as Running};

/// Play HubSpot, Notion, Airtable and 10to8 on this machine.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8500")]
    listen: SocketAddr,
    /// The address clients use, where it is not the one listened on
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// What people, ids, tokens and jitter are made from: the same seed and script give the same story
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people the providers' customers know
    #[arg(long, default_value_t = 60)]
    people: usize,
    /// How many companies
    #[arg(long, default_value_t = 20)]
    companies: usize,
    /// How many deals
    #[arg(long, default_value_t = 30)]
    deals: usize,
    /// Simulated time to begin at, like 2026-01-01T00:00:00Z (default: now)
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<i64>,
    /// How fast simulated time runs: 1 is real time, 0 stands still until it is moved
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// What authorize pages do
    #[arg(long, value_enum, default_value_t = Consent::Page)]
    consent: Consent,
    /// Settings to begin with, a JSON file with what `/_sandbox/settings` takes
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Without the providers' rate limits
    #[arg(long)]
    no_limits: bool,
    /// Write the sandbox's URL to this file once it listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Print URLs and credentials as JSON
    #[arg(long)]
    json: bool,
}

/// What authorize pages do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Consent {
    /// Show the page
    Page,
    /// Approve at once, without a page
    Approve,
    /// Deny at once, without a page
    Deny,
}

/// Milliseconds since 1970.
fn moment(text: &str) -> Result<i64, String> {
    Ok(syncline_core::time::Timestamp::parse(text)?.as_millis())
}

impl Sandbox {
    pub(super) fn run(self) -> Result<ExitCode> {
        runtime()?.block_on(self.serve())
    }

    async fn serve(self) -> Result<ExitCode> {
        let sandbox = Running::start(self.options()?).await.with_context(|| {
            format!(
                "the sandbox cannot start ({} sandbox --listen 127.0.0.1:0 takes any free port)",
                program()
            )
        })?;
        let mut signals = Signals::install();
        if let Some(path) = &self.ready_file {
            announce(path, sandbox.url())?;
        }
        if self.json {
            out::json(&serde_json::to_string_pretty(&sandbox.credentials())?);
        } else {
            out::line(welcome(sandbox.url(), &sandbox.credentials()));
        }
        if !self.listen.ip().is_loopback() {
            out::note(
                "warning: the sandbox guards nothing, and everybody who reaches this machine reaches it",
            );
        }
        signals.next().await;
        sandbox.stop();
        Ok(ExitCode::SUCCESS)
    }

    fn options(&self) -> Result<Options> {
        let mut settings = Vec::new();
        if let Some(path) = &self.settings {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            settings.push(
                serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?,
            );
        }
        if self.no_limits {
            let off = json!({ "limits": { "enabled": false } });
            settings.push(json!({ "hubspot": off, "notion": off, "airtable": off, "tentoeight": off }));
        }
        Ok(Options {
            listen: self.listen,
            url: self.url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            seed: self.seed,
            epoch_ms: self.at,
            speed: self.speed,
            consent: match self.consent {
                Consent::Page => ConsentMode::Page,
                Consent::Approve => ConsentMode::Approve,
                Consent::Deny => ConsentMode::Deny,
            },
            settings,
            population: Population { people: self.people, companies: self.companies, deals: self.deals },
        })
    }
}

/// Whoever waits for the file finds it whole: it is written beside and moved into place.
fn announce(path: &Path, url: &str) -> Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, format!("{url}\n"))
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// What a newcomer needs, and where the rest is.
fn welcome(url: &str, credentials: &Value) -> String {
    let mut text = format!(
        "The sandbox plays HubSpot, Notion, Airtable and 10to8.\n\n  Look at it    {url}/_sandbox/\n"
    );
    text.push_str(&format!("  Everything below as JSON    {url}/_sandbox/credentials\n"));
    let show = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let field = |name: &str, value: &Value| format!("    {name:<24}  {}\n", show(value));
    let hubspot = &credentials["hubspot"];
    text.push_str(&format!("\n  HubSpot       {}\n", show(&hubspot["base_url"])));
    for name in ["client_id", "client_secret", "developer_api_key", "app_id"] {
        text.push_str(&field(&name.replace('_', " "), &hubspot["app"][name]));
    }
    for account in hubspot["accounts"].as_array().into_iter().flatten() {
        text.push_str(&field(&format!("account {}", account["portal_id"]), &account["private_app_token"]));
    }
    let notion = &credentials["notion"];
    text.push_str(&format!("\n  Notion        {}\n", show(&notion["base_url"])));
    for name in ["client_id", "client_secret"] {
        text.push_str(&field(&name.replace('_', " "), &notion["app"][name]));
    }
    for workspace in notion["workspaces"].as_array().into_iter().flatten() {
        text.push_str(&field(&show(&workspace["name"]), &workspace["token"]));
    }
    let airtable = &credentials["airtable"];
    text.push_str(&format!("\n  Airtable      {}\n", show(&airtable["base_url"])));
    for name in ["client_id", "client_secret"] {
        text.push_str(&field(&name.replace('_', " "), &airtable["app"][name]));
    }
    for user in airtable["users"].as_array().into_iter().flatten() {
        text.push_str(&field(&show(&user["email"]), &user["token"]));
    }
    let tentoeight = &credentials["tentoeight"];
    text.push_str(&format!("\n  10to8         {}\n", show(&tentoeight["base_url"])));
    for organization in tentoeight["organizations"].as_array().into_iter().flatten() {
        text.push_str(&field(&show(&organization["name"]), &organization["api_key"]));
    }
    text.push_str("\n  Ctrl-C stops it; nothing is kept.");
    text
}
