//! `syncline counters reconcile`, `runs` and `report`.

use super::one::find;
use super::watch::watch;
use super::{One, given, print, rows, rows_of, runtime};
use crate::cli::out;
use crate::cli::remote::{Remote, Target, segment};
use crate::cli::settings::Flags;
use crate::cli::syncs::text::{count, id, table, text};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Findings that a run prints by itself at its end.
const PRINTED: usize = 50;

/// Compare now
#[derive(Debug, Args)]
pub struct Reconcile {
    #[command(flatten)]
    one: One,
    /// Report what is wrong and repair nothing: waits, and prints the report
    #[arg(long)]
    dry_run: bool,
    /// Wait for its end, and print the report
    #[arg(long)]
    wait: bool,
    /// The run as one line of JSON, and nothing else
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let path = format!("{}/runs", find(&hub, &self.one.counter).await?);
            let body = json!({ "dry_run": self.dry_run });
            let run = hub.json(hub.request(Method::POST, &path).json(&body)).await?;
            if run["under_way"] == true {
                out::note("Another comparison is under way; this is that one.");
            }
            if !self.wait && !self.dry_run {
                return Ok(self.left_alone(&run));
            }
            let id = run["id"].as_str().unwrap_or_default().to_owned();
            match watch(&hub, &id, self.json).await? {
                Some(run) => self.ended(&hub, &run).await,
                None => {
                    out::note(format!("\nIt goes on without you. To stop it: syncline counters cancel {id}"));
                    Ok(ExitCode::SUCCESS)
                }
            }
        })
    }

    fn left_alone(&self, run: &Value) -> ExitCode {
        if self.json {
            out::json(&run.to_string());
        } else {
            out::line(format!("{}: {}", id(&run["id"]), text(&run["state"])));
            out::note(format!("`syncline counters report {}` says what it finds.", id(&run["id"])));
        }
        ExitCode::SUCCESS
    }

    async fn ended(&self, hub: &Remote, run: &Value) -> Result<ExitCode> {
        if self.json {
            out::json(&run.to_string());
        } else {
            let path =
                format!("/v1/counter-runs/{}/findings", segment(run["id"].as_str().unwrap_or_default()));
            let found = rows(hub, &path, &[], PRINTED + 1).await?;
            if !found.is_empty() {
                out::line(findings(&found[..found.len().min(PRINTED)]));
            }
            if found.len() > PRINTED {
                out::note(format!("There is more: `syncline counters report {}`.", id(&run["id"])));
            }
            out::line(of_run(run));
        }
        Ok(if run["state"] == "succeeded" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A run in a line.
pub(super) fn of_run(run: &Value) -> String {
    let dry = if run["dry_run"] == true { ", dry" } else { "" };
    let why = run["reason"].as_str().map(|why| format!(" ({})", out::plain(why))).unwrap_or_default();
    format!("{}{dry}: {}{why}", text(&run["state"]), tally(run))
}

/// What a run counted.
pub(super) fn tally(run: &Value) -> String {
    let number = |name: &str| run["counts"][name].as_u64().unwrap_or(0);
    let mut parts = vec![format!("{} looked at", count(number("checked"), "counter"))];
    parts.push(format!("{} alike", number("alike")));
    for (name, word) in [("in_flight", "on the way"), ("unknown", "whose truth is not known")] {
        if number(name) > 0 {
            parts.push(format!("{} {word}", number(name)));
        }
    }
    match number("drifted") {
        0 => parts.push("none wrong".to_owned()),
        wrong => parts.push(format!(
            "{wrong} wrong by {} together, {} repaired",
            number("size"),
            number("repaired")
        )),
    }
    format!("{}; {}", parts.join(", "), count(number("calls"), "call"))
}

/// List comparisons
#[derive(Debug, Args)]
pub struct Runs {
    #[command(flatten)]
    one: One,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Runs {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let found = rows_of(&hub, &self.one, "/runs", &[], self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["ID", "STATE", "BEGUN BY", "CREATED", "FOUND"]);
                for run in found {
                    let dry = if run["dry_run"] == true { "dry: " } else { "" };
                    table.add_row([
                        id(&run["id"]),
                        text(&run["state"]),
                        text(&run["cause"]),
                        text(&run["created_at"]),
                        format!("{dry}{}", tally(run)),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Print what a comparison found
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    target: Target,
    /// The run's id, crn_…
    run: String,
    /// Only drift, suspect or no_truth
    #[arg(long)]
    verdict: Option<String>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/counter-runs/{}", segment(&self.run));
        let filters = given([("verdict", self.verdict)]);
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let run = hub.json(hub.request(Method::GET, &path)).await?;
            let found = rows(&hub, &format!("{path}/findings"), &filters, usize::MAX).await?;
            if self.json {
                found.iter().for_each(|one| out::json(&one.to_string()));
                return Ok(ExitCode::SUCCESS);
            }
            if !found.is_empty() {
                out::line(findings(&found));
            }
            out::line(of_run(&run));
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Findings as a table.
fn findings(found: &[Value]) -> comfy_table::Table {
    let mut table = table(&["KEY", "SHOULD BE", "COUNTER", "PROPERTY", "OFF", "SINCE", "DONE"]);
    for one in found {
        table.add_row([
            id(&one["key"]),
            text(&one["expected"]),
            if one["verdict"] == "drift" && one["counter"].is_null() {
                "(gone)".to_owned()
            } else {
                text(&one["counter"])
            },
            shown(one),
            off(one),
            one["since"].as_str().map_or_else(|| "-".to_owned(), |since| format!("at most {since}")),
            done(one),
        ]);
    }
    table
}

/// What HubSpot showed.
fn shown(one: &Value) -> String {
    match one["property_is"].as_str() {
        None => "-".to_owned(),
        Some("number") => text(&one["property"]),
        Some("empty") => "(empty)".to_owned(),
        Some("no_record") => "(no record)".to_owned(),
        Some(_) => "(no number)".to_owned(),
    }
}

/// By how much: the counter, the property.
fn off(one: &Value) -> String {
    let of = |name: &str, word: &str| {
        let off = one[name].as_i64().filter(|off| *off != 0)?;
        Some(format!("{word} {off:+}"))
    };
    let both = [of("counter_off", "counter"), of("property_off", "property")];
    let said: Vec<String> = both.into_iter().flatten().collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

/// What became of it.
fn done(one: &Value) -> String {
    match (one["verdict"].as_str(), one["outcome"].as_str()) {
        (Some("no_truth"), _) => format!("nothing: {}", text(&one["words"])),
        (Some("drift"), Some("open")) => "its push is parked".to_owned(),
        (_, Some("open")) => "is looked at again".to_owned(),
        (_, Some("moved")) => "nothing: it changed, or was found again".to_owned(),
        (_, Some("repairing")) => "is being repaired".to_owned(),
        _ => text(&one["outcome"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_said_in_a_line() {
        let run = json!({ "state": "succeeded", "dry_run": true, "reason": null, "counts": {
            "checked": 10, "alike": 7, "in_flight": 1, "unknown": 0, "drifted": 2, "repaired": 0, "size": 5, "calls": 1 } });
        assert_eq!(
            of_run(&run),
            "succeeded, dry: 10 counters looked at, 7 alike, 1 on the way, 2 wrong by 5 together, 0 repaired; 1 call"
        );
    }

    #[test]
    fn a_finding_says_what_is_wrong_and_what_was_done() {
        let one = json!({ "verdict": "drift", "outcome": "repairing", "counter_off": -2, "property_off": 3, "property_is": "number", "property": 11 });
        assert_eq!(
            (off(&one), shown(&one), done(&one)),
            ("counter -2, property +3".into(), "11".into(), "is being repaired".into())
        );
        let none = json!({ "verdict": "no_truth", "outcome": "reported", "words": "it answered 500", "property_is": null });
        assert_eq!(
            (off(&none), shown(&none), done(&none)),
            ("-".into(), "-".into(), "nothing: it answered 500".into())
        );
    }
}
