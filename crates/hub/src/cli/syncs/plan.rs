//! `syncline syncs plan`: what a dry run would have done.

use super::text::{detail, table, text};
use super::{print, rows};
use crate::cli::remote::{Remote, Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Print what a dry run would have done
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    target: Target,
    /// The run's id, srn_…
    run: String,
    /// How many actions [default: all that are kept]
    #[arg(long, short = 'n')]
    limit: Option<usize>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let found = rows(&hub, &path(&self.run), &[], self.limit.unwrap_or(usize::MAX)).await?;
            print(&found, self.json, actions);
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn path(run: &str) -> String {
    format!("/v1/sync-runs/{}/plan", segment(run))
}

/// Prints the first of a plan, and how to see the rest.
///
/// # Errors
/// When the hub does not answer.
pub async fn brief(hub: &Remote, run: &str, most: usize) -> Result<()> {
    let mut found = rows(hub, &path(run), &[], most + 1).await?;
    if found.is_empty() {
        out::line("Nothing would be written.");
        return Ok(());
    }
    let more = found.len() > most;
    found.truncate(most);
    out::line(actions(&found));
    if more {
        out::note(format!("There is more: syncline syncs plan {}", out::plain(run)));
    }
    Ok(())
}

fn actions(found: &[Value]) -> comfy_table::Table {
    let mut table = table(&["#", "WOULD", "LEFT", "RIGHT", "WHAT"]);
    for row in found {
        let side = row["side"].as_str().map(|side| format!(" on the {side}")).unwrap_or_default();
        let number = row["n"].as_u64().map_or(0, |n| n + 1).to_string();
        let would = format!("{}{side}", would(row["what"].as_str().unwrap_or("")));
        table.add_row([number, would, text(&row["left_id"]), text(&row["right_id"]), detail(row)]);
    }
    table
}

/// What would be done, in the form that goes with "would".
fn would(what: &str) -> String {
    match what {
        "created" => "create".to_owned(),
        "updated" => "update".to_owned(),
        "deleted" => "delete".to_owned(),
        other => out::plain(other),
    }
}
