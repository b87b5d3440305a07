//! `syncline counters list`, `show` and `values`.

use super::{One, ask_of, given, print, rows, rows_of, runtime};
use crate::cli::manage::pretty;
use crate::cli::out;
use crate::cli::remote::Target;
use crate::cli::settings::Flags;
use crate::cli::syncs::text::{count, id, table, text};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// List definitions
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only of this connection, con_…
    #[arg(long, value_name = "CONNECTION")]
    connection: Option<String>,
    /// active, paused or attention
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
            let found = rows(&target.find(settings)?, "/v1/counters", &filters, usize::MAX).await?;
            print(&found, json, |found| {
                let mut table =
                    table(&["ID", "NAME", "ORGANIZATION", "STATE", "PROPERTY", "TARGET", "STORE"]);
                for one in found {
                    table.add_row([
                        id(&one["id"]),
                        text(&one["name"]),
                        text(&one["org_id"]),
                        text(&one["state"]),
                        place(one),
                        target_of(one),
                        text(&one["store"]["kind"]),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The property of a definition, with its object type.
pub(super) fn place(definition: &Value) -> String {
    format!("{}.{}", text(&definition["object_type"]), text(&definition["property"]))
}

/// How values get to the property.
fn target_of(definition: &Value) -> String {
    match definition["target"]["kind"].as_str() {
        Some("trigger_then_property") => "trigger, then property".to_owned(),
        _ => text(&definition["target"]["kind"]),
    }
}

/// Show one definition
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    one: One,
    /// The definition as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let json = self.json;
        ask_of(settings, &self.one, Method::GET, "", None, |shown| {
            if json {
                return pretty(shown);
            }
            out::line(facts(&shown));
        })
    }
}

fn facts(shown: &Value) -> String {
    let state = match shown["reason"].as_str() {
        Some(reason) => format!("{}: {}", text(&shown["state"]), out::plain(reason)),
        None => text(&shown["state"]),
    };
    let waiting = &shown["waiting"];
    let waits = format!(
        "{} to send, {} to look at, {} parked",
        text(&waiting["to_send"]),
        text(&waiting["to_look_at"]),
        text(&waiting["parked"])
    );
    let every = shown["reconcile_minutes"].as_u64();
    let every = every
        .map_or_else(|| "when asked".to_owned(), |minutes| format!("every {}", count(minutes, "minute")));
    let key = match shown["key"]["property"].as_str() {
        Some(property) => format!("the property {}", out::plain(property)),
        None => "the record's id".to_owned(),
    };
    let mut table = table(&[]);
    for (label, value) in [
        ("Counter", format!("{} ({})", text(&shown["name"]), id(&shown["id"]))),
        ("State", state),
        ("Property", place(shown)),
        ("Keys are", key),
        ("Target", target_of(shown)),
        ("Trigger", id(&shown["trigger"])),
        ("Window", format!("{} ms", text(&shown["window_ms"]))),
        ("Settles in", format!("{} ms", text(&shown["settle_ms"]))),
        ("Minimum", text(&shown["minimum"])),
        ("Store", text(&shown["store"]["kind"])),
        ("Truth", text(&shown["truth"]["source"])),
        ("Compared", format!("{every}, next {}", text(&shown["reconcile_at"]))),
        ("Drift", if shown["policy"] == "report" { "is reported" } else { "is repaired" }.to_owned()),
        ("Waiting", waits),
        ("Last run", last_run(&shown["last_run"])),
    ] {
        table.add_row([label.to_owned(), value]);
    }
    table.to_string()
}

fn last_run(run: &Value) -> String {
    if run.is_null() {
        return "none yet".to_owned();
    }
    format!("{}, {}: {}", text(&run["created_at"]), text(&run["state"]), super::reconcile::tally(run))
}

/// List counters
#[derive(Debug, Args)]
pub struct Values {
    #[command(flatten)]
    one: One,
    /// Only those whose keys begin like this
    #[arg(long, value_name = "BEGINNING")]
    search: Option<String>,
    /// Only those with which this is next: quiet, trigger, write, look or parked
    #[arg(long)]
    stage: Option<String>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 50)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Values {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let filters = given([("search", self.search), ("stage", self.stage)]);
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let found = rows_of(&hub, &self.one, "/values", &filters, self.limit).await?;
            print(&found, self.json, values);
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Counters as a table.
pub(super) fn values(found: &[Value]) -> comfy_table::Table {
    let mut table = table(&["KEY", "COUNTER", "PROPERTY", "PUSH", "CHANGED", "WHY"]);
    for one in found {
        table.add_row([
            id(&one["key"]),
            one["value"].as_i64().map_or_else(|| "(gone)".to_owned(), |value| value.to_string()),
            property(&one["property"]),
            stage(one),
            text(&one["changed_at"]),
            text(&one["push"]["reason"]),
        ]);
    }
    table
}

/// What HubSpot showed last.
pub(super) fn property(seen: &Value) -> String {
    match (seen["is"].as_str(), &seen["value"]) {
        (None, _) => "not looked at".to_owned(),
        (Some("number"), value) => text(value),
        (Some("empty"), _) => "(empty)".to_owned(),
        (Some("no_record"), _) => "(no record)".to_owned(),
        (Some(_), _) => "(no number)".to_owned(),
    }
}

/// How its value gets to the property.
fn stage(one: &Value) -> String {
    match one["push"]["stage"].as_str() {
        None => "never changed".to_owned(),
        Some("quiet") if one["shown"] == true => "shown".to_owned(),
        Some("quiet") => "quiet".to_owned(),
        Some("trigger" | "write") => "to be sent".to_owned(),
        Some("look") => "sent, to be seen".to_owned(),
        Some(other) => out::plain(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_property_shows_is_never_taken_for_zero() {
        let seen = |is: &str, value: Value| property(&json!({ "is": is, "value": value }));
        assert_eq!(seen("number", json!(0)), "0");
        assert_eq!(seen("empty", Value::Null), "(empty)");
        assert_eq!(seen("no_record", Value::Null), "(no record)");
        assert_eq!(property(&Value::Null), "not looked at");
    }
}
