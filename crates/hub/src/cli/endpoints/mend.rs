//! `syncline endpoints test`, `recover`, `replay` and `skip`. What is much is asked for part by part, to its end.

use super::path;
use crate::cli::manage::ask;
use crate::cli::remote::Target;
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::{Result, anyhow};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;
use syncline_core::time::Timestamp;

/// A moment as people write it.
fn moment(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).map_err(|why| anyhow!("{why}"))
}

/// Send an endpoint an example
#[derive(Debug, Args)]
pub struct Test {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// Of which event type
    #[arg(long = "type", value_name = "TYPE", default_value = "sync.complete")]
    kind: String,
}

impl Test {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/test", path(&self.endpoint));
        let body = json!({ "type": self.kind });
        ask(settings, &self.target, Method::POST, &path, Some(body), |sent| {
            let id = sent["message_id"].as_str().map(out::plain).unwrap_or_default();
            out::note(format!("Sent; see it with: syncline messages show {id}"));
            out::line(id);
        })
    }
}

/// Send again what failed
#[derive(Debug, Args)]
pub struct Recover {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// What failed at this moment or later
    #[arg(long, value_name = "MOMENT")]
    since: String,
    /// And before this one [default: now]
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
}

impl Recover {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/recover", path(&self.endpoint));
        let mut body = json!({ "since": moment(&self.since)? });
        if let Some(until) = &self.until {
            body["until"] = json!(moment(until)?);
        }
        let mut all = 0;
        let done = in_parts(settings, &self.target, &path, body, |answer, body| {
            all += answer["recovered"].as_u64().unwrap_or(0);
            body["until"] = answer["until"].clone();
            answer["more"] == true
        });
        said(done, || format!("{all} deliveries are sent again"))
    }
}

/// Send the messages of a span of time
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// Messages made at this moment or later
    #[arg(long, value_name = "MOMENT")]
    from: String,
    /// And before this one [default: now]
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// Send again what arrived, too
    #[arg(long)]
    delivered: bool,
}

impl Replay {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/replay", path(&self.endpoint));
        let mut body = json!({ "from": moment(&self.from)?, "delivered": self.delivered });
        if let Some(to) = &self.to {
            body["to"] = json!(moment(to)?);
        }
        let (mut read, mut sent) = (0, 0);
        let done = in_parts(settings, &self.target, &path, body, |answer, body| {
            read += answer["read"].as_u64().unwrap_or(0);
            sent += answer["sent"].as_u64().unwrap_or(0);
            body["to"] = answer["to"].clone();
            body["cursor"] = answer["next_cursor"].clone();
            answer["next_cursor"].is_string()
        });
        said(done, || format!("{read} messages looked at, {sent} of them wanted"))
    }
}

/// Drop what waits
#[derive(Debug, Args)]
pub struct Skip {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// Only what is due before this moment [default: everything that waits]
    #[arg(long, value_name = "MOMENT")]
    before: Option<String>,
}

impl Skip {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/skip", path(&self.endpoint));
        let before = self.before.as_deref().map(moment).transpose()?;
        let mut all = 0;
        let done = in_parts(settings, &self.target, &path, json!({ "before": before }), |answer, _| {
            all += answer["skipped"].as_u64().unwrap_or(0);
            answer["more"] == true
        });
        said(done, || format!("{all} deliveries dropped; a replay brings them back"))
    }
}

/// Asks until `more` says that this was all; it may change what is asked next.
fn in_parts(
    settings: &Flags,
    target: &Target,
    path: &str,
    mut body: Value,
    mut more: impl FnMut(&Value, &mut Value) -> bool,
) -> Result<()> {
    runtime()?.block_on(async {
        let hub = target.find(settings)?;
        loop {
            let answer = hub.json(hub.request(Method::POST, path).json(&body)).await?;
            if !more(&answer, &mut body) {
                return Ok(());
            }
        }
    })
}

/// What was done; what was done before a failure, too.
fn said(done: Result<()>, what: impl FnOnce() -> String) -> Result<ExitCode> {
    match done {
        Ok(()) => {
            out::line(what());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            out::note(what());
            Err(error)
        }
    }
}
