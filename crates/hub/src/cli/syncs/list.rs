//! `syncline syncs list` and `syncline syncs schema`.

use super::text::{table, text};
use super::{given, print, rows};
use crate::cli::remote::{Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// List syncs
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only those that this connection is a side of
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// active or paused
    #[arg(long)]
    state: Option<String>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, org_id, connection, state, json } = self;
        let filters = given([("org_id", org_id), ("connection_id", connection), ("state", state)]);
        runtime()?.block_on(async {
            let found = rows(&target.find(settings)?, "/v1/syncs", &filters, usize::MAX).await?;
            print(&found, json, |found| {
                let mut table =
                    table(&["ID", "NAME", "STATE", "RUNS EVERY", "LEFT", "RIGHT", "ORGANIZATION"]);
                for sync in found {
                    let columns = ["id", "name", "state", "runs_every", "left", "right", "org_id"];
                    table.add_row(columns.map(|name| text(&sync[name])));
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Print the fields of both sides
#[derive(Debug, Args)]
pub struct Schema {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// Only this side's
    #[arg(long, value_parser = ["left", "right"])]
    side: Option<String>,
    /// The answer as JSON
    #[arg(long)]
    json: bool,
}

impl Schema {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/syncs/{}/schema", segment(&self.sync));
        let found = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            hub.json(hub.request(Method::GET, &path)).await
        })?;
        if self.json {
            out::json(&serde_json::to_string_pretty(&found)?);
        } else {
            out::line(fields(&found, self.side.as_deref()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The fields of both sides, or of one.
pub(super) fn fields(schemas: &Value, only: Option<&str>) -> comfy_table::Table {
    let mut table = table(&["SIDE", "FIELD", "TITLE", "HOLDS", ""]);
    for side in ["left", "right"].into_iter().filter(|side| only.is_none_or(|only| only == *side)) {
        for (name, field) in schemas[side]["fields"].as_object().into_iter().flatten() {
            let read_only = if field["writable"] == true { "" } else { "read only" };
            table.add_row([
                side.to_owned(),
                out::plain(name),
                text(&field["title"]),
                kind(&field["kind"]),
                read_only.to_owned(),
            ]);
        }
        if schemas[side]["open"] == true {
            let any = "any name makes a field";
            table.add_row([side, "custom_fields.…", "", "text", any]);
        }
    }
    table
}

/// What a field holds, in a few words.
fn kind(kind: &Value) -> String {
    let Some((word, choices)) = kind.as_object().and_then(|kind| kind.iter().next()) else {
        return text(kind).replace('_', " ");
    };
    let choices: Vec<String> = choices.as_array().into_iter().flatten().map(text).collect();
    let word = if word == "choices" { "some of" } else { "one of" };
    match choices.len() {
        0 => format!("{word} its choices"),
        1..=6 => format!("{word}: {}", choices.join(", ")),
        more => format!("{word} {more} choices"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_field_holds_is_said_in_words() {
        for (given, said) in [
            (json!("date_time"), "date time"),
            (json!({"choice": ["a", "b"]}), "one of: a, b"),
            (json!({"choices": []}), "some of its choices"),
            (json!({"choice": ["1", "2", "3", "4", "5", "6", "7"]}), "one of 7 choices"),
        ] {
            assert_eq!(kind(&given), said);
        }
    }
}
