//! `syncline syncs run` and `syncline syncs runs`.

use super::text::{table, tally, text};
use super::watch::{Ended, watch};
use super::{given, plan, print, rows};
use crate::cli::remote::{Remote, Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Planned actions that a dry run prints by itself.
const PRINTED: usize = 50;

/// Run a sync over all records
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// Write to this side only
    #[arg(long, value_parser = ["left", "right"])]
    towards: Option<String>,
    /// Write nothing: wait, and print what would be done
    #[arg(long)]
    dry_run: bool,
    /// What is read from the providers first: everything, what changed, or nothing
    #[arg(long, value_parser = ["full", "changes", "none"], default_value = "full")]
    reading: String,
    /// Wait for its end
    #[arg(long)]
    wait: bool,
    /// The run as one line of JSON, and nothing else
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let body = json!({ "towards": self.towards, "dry_run": self.dry_run, "reading": self.reading });
            let path = format!("/v1/syncs/{}/runs", segment(&self.sync));
            let run = hub.json(hub.request(Method::POST, &path).json(&body)).await?;
            if run["under_way"] == true {
                out::note("Another run of this sync is under way; this is that one.");
            }
            if !self.wait && !self.dry_run {
                return Ok(self.left_alone(&run));
            }
            let id = run["id"].as_str().unwrap_or_default().to_owned();
            match watch(&hub, &id, self.json).await? {
                Ended::Run(run) => self.ended(&hub, &run).await,
                Ended::Interrupted => {
                    out::note(format!("\nIt goes on without you. To stop it: syncline syncs cancel {id}"));
                    Ok(ExitCode::SUCCESS)
                }
            }
        })
    }

    fn left_alone(&self, run: &Value) -> ExitCode {
        if self.json {
            out::json(&run.to_string());
        } else {
            out::line(format!("{}: {}", text(&run["id"]), text(&run["state"])));
            out::note(format!("`syncline syncs runs {}` says how far it is.", out::plain(&self.sync)));
        }
        ExitCode::SUCCESS
    }

    async fn ended(&self, hub: &Remote, run: &Value) -> Result<ExitCode> {
        if self.json {
            out::json(&run.to_string());
        } else {
            if run["dry_run"] == true {
                plan::brief(hub, run["id"].as_str().unwrap_or_default(), PRINTED).await?;
            }
            out::line(super::show::of_run(run));
        }
        let good = run["state"] == "succeeded";
        if !good && run["state"] == "paused" {
            out::note("It waits for a person: connect the account again, and it goes on.");
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// List the runs of a sync
#[derive(Debug, Args)]
pub struct Runs {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// waiting, running, paused, succeeded, partial, failed or cancelled
    #[arg(long)]
    state: Option<String>,
    /// Only dry runs (true), or only others (false)
    #[arg(long, value_name = "BOOL")]
    dry_run: Option<bool>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Runs {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let dry_run = self.dry_run.map(|dry| dry.to_string());
        let filters = given([("state", self.state), ("dry_run", dry_run)]);
        let path = format!("/v1/syncs/{}/runs", segment(&self.sync));
        runtime()?.block_on(async {
            let found = rows(&self.target.find(settings)?, &path, &filters, self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["ID", "STATE", "TOWARDS", "BEGUN BY", "CREATED", "DID"]);
                for run in found {
                    let state = match run["state"].as_str() {
                        Some("running") => format!("running: {}", text(&run["phase"])),
                        _ => text(&run["state"]),
                    };
                    let dry = if run["dry_run"] == true { "dry: " } else { "" };
                    table.add_row([
                        text(&run["id"]),
                        state,
                        run["towards"].as_str().unwrap_or("both").to_owned(),
                        text(&run["trigger"]),
                        text(&run["created_at"]),
                        format!("{dry}{}", tally(&run["counts"])),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}
