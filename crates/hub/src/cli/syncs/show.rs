//! `syncline syncs show`: one sync at a glance.

use super::text::{count, table, tally, text};
use crate::cli::remote::{Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// Show one sync
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// All of it as JSON, the agreement included
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/syncs/{}", segment(&self.sync));
        let sync = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            hub.json(hub.request(Method::GET, &path)).await
        })?;
        if self.json {
            out::json(&serde_json::to_string_pretty(&sync)?);
        } else {
            out::line(facts(&sync));
            out::line(format!("\n{}", rules(&sync["agreement"])));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What it is and how it is doing.
fn facts(sync: &Value) -> comfy_table::Table {
    let mut table = table(&[]);
    let id = text(&sync["id"]);
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("name", text(&sync["name"]));
    row("id", id.clone());
    row("organization", text(&sync["org_id"]));
    let reason = sync["reason"].as_str().map(|reason| format!(" ({})", out::plain(reason)));
    row("state", format!("{}{}", text(&sync["state"]), reason.unwrap_or_default()));
    for side in ["left", "right"] {
        row(side, end(sync, side));
    }
    row("direction", text(&sync["agreement"]["direction"]).replace('_', " "));
    let settings = if sync["every"].is_null() { " (as the settings say)" } else { "" };
    row("runs every", format!("{}{settings}", text(&sync["runs_every"])));
    row(
        "live since",
        match sync["live_since"].as_str() {
            Some(since) => out::plain(since),
            None => "not yet: its first run comes first".to_owned(),
        },
    );
    for (name, value) in counts(sync, &id) {
        row(name, value);
    }
    for (name, run) in [("run under way", &sync["run"]), ("last run", &sync["last_run"])] {
        let same = name == "last run" && sync["run"]["id"] == run["id"];
        if !run.is_null() && !same {
            row(name, of_run(run));
        }
    }
    table
}

/// A side's account, and what is synced there.
fn end(sync: &Value, side: &str) -> String {
    let (connection, party) = (&sync["connections"][side], &sync["agreement"]["sides"][side]);
    let place = match party["collection"].as_str().unwrap_or_default() {
        "" => String::new(),
        place => format!(" in {}", out::plain(place)),
    };
    let account = match connection {
        Value::Null => "a connection that is gone".to_owned(),
        known => format!("{} {}", text(&known["provider"]), text(&known["account_name"])),
    };
    let status = match connection["status"].as_str() {
        None | Some("active") => String::new(),
        Some(other) => format!(", {}", out::plain(other).replace('_', " ")),
    };
    format!("{}{place} of {account}, {}{status}", text(&party["object_type"]), text(&sync[side]))
}

fn counts(sync: &Value, id: &str) -> Vec<(&'static str, String)> {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let counts = &sync["counts"];
    let links = &counts["links"];
    let mut all = vec![(
        "links",
        format!(
            "{} linked, {} being created, {} over",
            number(&links["linked"]),
            number(&links["creating"]),
            number(&links["ended"])
        ),
    )];
    let held = number(&links["held"]);
    all.push((
        "held",
        match held {
            0 => "no value".to_owned(),
            held => format!("values of {}: syncline syncs links {id} --trouble held", count(held, "link")),
        },
    ));
    let open = number(&counts["conflicts_open"]);
    all.push((
        "conflicts",
        match open {
            0 => "none".to_owned(),
            open => format!("{open} open: syncline conflicts list --sync {id}"),
        },
    ));
    all.push(("waiting", count(number(&counts["waiting"]), "changed record")));
    all
}

/// A run in a line.
pub(super) fn of_run(run: &Value) -> String {
    let dry = if run["dry_run"] == true { ", dry" } else { "" };
    let reason = run["reason"].as_str().map(|reason| format!(" ({})", out::plain(reason)));
    format!(
        "{} {}{dry}{}: {}",
        text(&run["id"]),
        text(&run["state"]),
        reason.unwrap_or_default(),
        tally(&run["counts"])
    )
}

/// The mapping, a rule a line.
fn rules(agreement: &Value) -> comfy_table::Table {
    let mut table = table(&["RULE", "LEFT", "", "RIGHT", "FORM"]);
    for rule in agreement["rules"].as_array().into_iter().flatten() {
        let names = |side: &str| {
            let names = rule["fields"][side].as_array().into_iter().flatten();
            names.map(text).collect::<Vec<_>>().join(", ")
        };
        let way = match rule["way"].as_str() {
            Some("left_to_right") => "→",
            Some("right_to_left") => "←",
            _ => "↔",
        };
        table.add_row([
            text(&rule["name"]),
            names("left"),
            way.to_owned(),
            names("right"),
            form(&rule["form"]),
        ]);
    }
    table
}

/// A form's name.
pub(super) fn form(form: &Value) -> String {
    match form.as_object().and_then(|form| form.keys().next()) {
        Some(name) => out::plain(name),
        None => text(form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sync_at_a_glance_says_what_to_look_at_next() {
        let sync = json!({
            "id": "syn_1", "name": "Acme ↔ Acme", "org_id": "acme", "state": "paused", "reason": "paused by a person",
            "left": "con_1", "right": "con_2", "every": null, "runs_every": "1d", "live_since": null,
            "agreement": {"direction": "both", "sides": {
                "left": {"object_type": "row", "collection": "app1/tbl1"}, "right": {"object_type": "customer", "collection": ""}
            }, "rules": []},
            "connections": {"left": {"provider": "airtable", "account_name": "Acme", "status": "needs_reauthorization"}, "right": null},
            "counts": {"links": {"linked": 3, "creating": 0, "ended": 1, "held": 1, "conflicts": 1}, "conflicts_open": 2, "waiting": 1},
            "run": null, "last_run": {"id": "srn_1", "state": "failed", "dry_run": false, "reason": "no", "counts": {"looked_at": 3}},
        });
        let shown = facts(&sync).to_string();
        for part in [
            "paused (paused by a person)",
            "row in app1/tbl1 of airtable Acme, con_1, needs reauthorization",
            "customer of a connection that is gone, con_2",
            "1d (as the settings say)",
            "3 linked, 0 being created, 1 over",
            "values of 1 link: syncline syncs links syn_1 --trouble held",
            "2 open: syncline conflicts list --sync syn_1",
            "1 changed record",
            "srn_1 failed (no): 3 looked at",
        ] {
            assert!(shown.contains(part), "no {part} in\n{shown}");
        }
    }
}
