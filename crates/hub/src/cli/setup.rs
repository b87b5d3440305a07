//! `syncline setup`: prepares an account at its provider.

use super::remote::{Target, segment};
use super::settings::Flags;
use super::{out, runtime};
use crate::setup::report::word;
use anyhow::Result;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prepare an account at its provider: properties, webhooks and subscriptions; what others made there stays as it is
#[derive(Debug, Args)]
pub struct Setup {
    #[command(flatten)]
    target: Target,
    /// The connection's id
    connection: String,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Go on where the app's webhooks go somewhere else, with subscriptions of others
    #[arg(long)]
    take_over: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Setup {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let report = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let path = format!("/v1/connections/{}/setup", segment(&self.connection));
            let body = json!({ "dry_run": self.dry_run, "take_over": self.take_over });
            // As long as the provider takes: some allow one call a second.
            let answer = hub.send(hub.request(Method::POST, &path).json(&body)).await?;
            anyhow::Ok(serde_json::from_str::<Value>(&answer.text().await?)?)
        })?;
        if self.json {
            out::json(&serde_json::to_string_pretty(&report)?);
        } else {
            show(&report);
        }
        let failed = steps(&report).iter().any(|step| step["state"] == "failed");
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn steps(report: &Value) -> &[Value] {
    report["steps"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn show(report: &Value) {
    let steps = steps(report);
    if steps.is_empty() {
        out::note("There is nothing to set up.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for step in steps {
        let what = out::plain(step["what"].as_str().unwrap_or_default());
        let reason = step["reason"].as_str().map(|reason| format!(": {}", out::plain(reason)));
        table.add_row([mark(step).to_owned(), format!("{what}{}", reason.unwrap_or_default())]);
    }
    if !steps.is_empty() {
        out::line(table);
    }
    if let Some(token) = report["verification"]["token"].as_str() {
        out::line(format!(
            "A verification token arrived at {}: {}\nConfirm it at Notion, put it into apps.NAME.webhook_secret, and restart.",
            out::plain(report["verification"]["arrived_at"].as_str().unwrap_or_default()),
            out::plain(token)
        ));
    }
}

/// What became of a step, in a word or two.
fn mark(step: &Value) -> &'static str {
    let read = |name: &str| step.get(name).cloned().unwrap_or_default();
    let kind = serde_json::from_value(read("kind")).unwrap_or_default();
    serde_json::from_value(read("state")).map_or("unknown", |state| word(kind, state))
}
