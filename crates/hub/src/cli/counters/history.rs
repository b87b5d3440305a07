//! `syncline counters history`, `pushes` and `stats`.

use super::one::value;
use super::{One, ask_of, given, print, rows_of, runtime};
use crate::cli::manage::pretty;
use crate::cli::out;
use crate::cli::settings::Flags;
use crate::cli::syncs::text::{count, id, table, text};
use crate::portal::views::text::span;
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// What moved a counter
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    key: String,
    /// How many changes
    #[arg(long, short = 'n', default_value_t = 50)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let rest = format!("{}/history", value(&self.key));
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let found = rows_of(&hub, &self.one, &rest, &[], self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["CHANGE", "AT", "WHAT", "BEFORE", "AFTER", "BY"]);
                for one in found {
                    table.add_row([
                        text(&one["version"]),
                        text(&one["at"]),
                        what(one),
                        text(&one["before"]),
                        text(&one["value"]),
                        text(&one["source"]),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn what(change: &Value) -> String {
    match change["op"].as_str() {
        Some("increment") => format!("+{}", text(&change["amount"])),
        Some("decrement") => format!("-{}", text(&change["amount"])),
        Some("seen") => format!("found {}", text(&change["amount"])),
        Some("repair") => format!("repaired to {}", text(&change["amount"])),
        _ => format!("= {}", text(&change["amount"])),
    }
}

/// What was sent
#[derive(Debug, Args)]
pub struct Pushes {
    #[command(flatten)]
    one: One,
    /// Only of this counter
    #[arg(long)]
    key: Option<String>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 50)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Pushes {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let filters = given([("key", self.key)]);
        runtime()?.block_on(async {
            let hub = self.one.target.find(settings)?;
            let found = rows_of(&hub, &self.one, "/pushes", &filters, self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["AT", "KEY", "VALUE", "WHAT", "TOOK", "WHY"]);
                for one in found {
                    table.add_row([
                        text(&one["at"]),
                        id(&one["key"]),
                        text(&one["value"]),
                        text(&one["what"]),
                        one["latency_ms"].as_u64().map_or_else(|| "-".to_owned(), span),
                        text(&one["detail"]),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// How a definition does
#[derive(Debug, Args)]
pub struct Stats {
    #[command(flatten)]
    one: One,
    /// How far back: 1h, 24h, 7d or 30d
    #[arg(long, default_value = "24h", value_name = "SPAN")]
    span: String,
    /// All of it as JSON
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let rest = format!("/statistics?span={}", crate::cli::remote::segment(&self.span));
        let json = self.json;
        ask_of(settings, &self.one, Method::GET, &rest, None, |found| {
            if json {
                return pretty(found);
            }
            out::line(said(&found));
        })
    }
}

/// A definition's statistics in a few lines.
fn said(found: &Value) -> String {
    let number = |name: &str| found[name].as_u64().unwrap_or(0);
    let parts = found["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let drift = |name: &str| parts.iter().filter_map(|part| part["drift"][name].as_u64()).sum::<u64>();
    let slowest = parts.iter().filter_map(|part| part["shown_max_ms"].as_u64()).max();
    let calls = number("accepted") + number("failed");
    let mut lines = vec![format!(
        "{} shown by {} in {}, {} failed",
        count(number("changes"), "change"),
        count(calls, "call"),
        text(&found["span"]),
        number("failed"),
    )];
    if let Some(slowest) = slowest {
        lines.push(format!("the property was at most {} late", span(slowest)));
    }
    lines.push(format!(
        "{}: {} looked at, {} wrong, {} repaired; {} parked",
        count(drift("runs"), "comparison"),
        count(drift("checked"), "counter"),
        drift("drifted"),
        drift("repaired"),
        number("parked"),
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statistics_are_said_in_a_few_lines() {
        let found = json!({ "span": "24h", "changes": 10, "accepted": 3, "failed": 1, "shown": 3, "parked": 0, "parts": [
            { "shown_max_ms": null, "drift": { "runs": 1, "checked": 5, "drifted": 2, "repaired": 1 } },
            { "shown_max_ms": 2_500, "drift": { "runs": 1, "checked": 5, "drifted": 0, "repaired": 0 } },
        ]});
        assert_eq!(
            said(&found),
            "10 changes shown by 4 calls in 24h, 1 failed\nthe property was at most 2.5 s late\n\
             2 comparisons: 10 counters looked at, 2 wrong, 1 repaired; 0 parked"
        );
    }

    #[test]
    fn a_change_is_said_as_it_was_asked_for() {
        let of = |op: &str, amount: i64| what(&json!({ "op": op, "amount": amount }));
        assert_eq!(
            (of("increment", 2), of("decrement", 1), of("set", 8)),
            ("+2".into(), "-1".into(), "= 8".into())
        );
        assert_eq!((of("seen", 3), of("repair", 4)), ("found 3".into(), "repaired to 4".into()));
    }
}
