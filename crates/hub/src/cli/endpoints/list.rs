//! `syncline endpoints list`, `show`, `deliveries` and `stats`.

use super::path;
use crate::cli::manage::pretty;
use crate::cli::remote::Target;
use crate::cli::rows::{given, print, rows};
use crate::cli::settings::Flags;
use crate::cli::syncs::text::{id, table, text};
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// List endpoints
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// enabled or disabled
    #[arg(long)]
    state: Option<String>,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, org_id, state, json } = self;
        let filters = given([("org_id", org_id), ("state", state)]);
        runtime()?.block_on(async {
            let found = rows(&target.find(settings)?, "/v1/endpoints", &filters, usize::MAX).await?;
            print(&found, json, |found| {
                let mut table = table(&["ID", "STATE", "ORGANIZATION", "URL", "EVENT TYPES", "FAILURES"]);
                for one in found {
                    table.add_row([
                        id(&one["id"]),
                        text(&one["state"]),
                        one["org_id"].as_str().map_or_else(|| "(all)".to_owned(), out::plain),
                        text(&one["url"]),
                        types(one),
                        text(&one["failures"]),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// What an endpoint wants, in a few words.
fn types(endpoint: &Value) -> String {
    let types: Vec<String> = endpoint["event_types"].as_array().into_iter().flatten().map(text).collect();
    if types.is_empty() { "all but opt-in".to_owned() } else { types.join(", ") }
}

/// Show one endpoint
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// The endpoint as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let found = hub.json(hub.request(Method::GET, &path(&self.endpoint))).await?;
            if self.json {
                pretty(found);
            } else {
                out::line(shown(&found));
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn shown(one: &Value) -> comfy_table::Table {
    let mut table = table(&[]);
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("endpoint", id(&one["id"]));
    row("organization", one["org_id"].as_str().map_or_else(|| "(all)".to_owned(), out::plain));
    row("url", one["url"].as_str().map(out::plain).unwrap_or_default());
    row("description", text(&one["description"]));
    row("event types", types(one));
    let reason = one["reason"].as_str().map(|why| format!(": {}", out::plain(why))).unwrap_or_default();
    row("state", format!("{}{reason}", text(&one["state"])));
    let names: Vec<String> = one["header_names"].as_array().into_iter().flatten().map(text).collect();
    row("headers", if names.is_empty() { "-".to_owned() } else { names.join(", ") });
    row("rate", rate(&one["rate"]));
    row("strict order", if one["ordered"] == true { "yes" } else { "no" }.to_owned());
    row("tried again", waits(&one["retries"]));
    if one["failures"].as_u64() > Some(0) {
        row(
            "failing since",
            format!("{} ({} attempts)", text(&one["failing_since"]), text(&one["failures"])),
        );
    }
    if one["paused_until"].is_string() {
        row("asked for peace until", text(&one["paused_until"]));
    }
    let waiting = &one["waiting"];
    row("waiting", format!("{}, next at {}", text(&waiting["deliveries"]), text(&waiting["next_at"])));
    for secret in one["secrets"].as_array().into_iter().flatten() {
        let until = secret["not_after"].as_str().map(|at| format!(", until {at}")).unwrap_or_default();
        let public = secret["public_key"].as_str().map(|key| format!(", {key}")).unwrap_or_default();
        let scheme = text(&secret["scheme"]);
        row(
            "secret",
            format!("{}, {scheme}, made {}{until}{public}", id(&secret["id"]), text(&secret["created_at"])),
        );
    }
    table
}

fn rate(rate: &Value) -> String {
    if rate.is_null() {
        return "as fast as it answers".to_owned();
    }
    format!("{} in {}", text(&rate["calls"]), text(&rate["per"]))
}

/// The waits of a schedule as people say them.
fn waits(schedule: &Value) -> String {
    let waits: Vec<String> = schedule["waits"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .map(|seconds| crate::config::Span::from_millis(seconds * 1_000).to_string())
        .collect();
    if waits.is_empty() { "never".to_owned() } else { format!("after {}", waits.join(", ")) }
}

/// List deliveries, to one endpoint or to all
#[derive(Debug, Args)]
pub struct Deliveries {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_… [default: all endpoints]
    endpoint: Option<String>,
    /// waiting, delivered, failed or skipped
    #[arg(long)]
    state: Option<String>,
    /// Only of messages of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only of this message, msg_…
    #[arg(long, value_name = "MESSAGE")]
    message: Option<String>,
    /// Only of this organization's messages
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only of messages made at this instant or later: RFC 3339 or a date
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Only of messages made before this instant
    #[arg(long, value_name = "WHEN")]
    to: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Deliveries {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, endpoint, state, kind, message, org_id, from, to, limit, json } = self;
        let filters = given([
            ("endpoint_id", endpoint.clone()),
            ("state", state),
            ("type", kind),
            ("message_id", message),
            ("org_id", org_id),
            ("from", from),
            ("to", to),
        ]);
        runtime()?.block_on(async {
            let hub = target.find(settings)?;
            if let Some(endpoint) = &endpoint {
                // One that there is not has no deliveries either, and whoever mistyped it should hear that.
                hub.json(hub.request(Method::GET, &path(endpoint))).await?;
            }
            let found = rows(&hub, "/v1/deliveries", &filters, limit).await?;
            print(&found, json, deliveries);
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Deliveries as a table.
pub(in crate::cli) fn deliveries(found: &[Value]) -> comfy_table::Table {
    let mut table = table(&["MESSAGE", "ENDPOINT", "TYPE", "STATE", "STATUS", "TRIED", "NEXT", "CREATED"]);
    for one in found {
        let state = if one["under_way"] == true { "under way".to_owned() } else { text(&one["state"]) };
        table.add_row([
            id(&one["message_id"]),
            id(&one["endpoint_id"]),
            text(&one["type"]),
            state,
            text(&one["status"]),
            text(&one["tried"]),
            text(&one["next_attempt_at"]),
            text(&one["created_at"]),
        ]);
    }
    table
}

/// How an endpoint does
#[derive(Debug, Args)]
pub struct Stats {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// How far back: 1h, 24h, 7d or 30d
    #[arg(long, default_value = "24h", value_parser = ["1h", "24h", "7d", "30d"])]
    span: String,
    /// The statistics as JSON
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let path = format!("{}/statistics", path(&self.endpoint));
            let found = hub.json(hub.request(Method::GET, &path).query(&[("span", &self.span)])).await?;
            if self.json {
                pretty(found);
                return Ok(ExitCode::SUCCESS);
            }
            let (delivered, failed) = (text(&found["delivered"]), text(&found["failed"]));
            out::line(format!("{delivered} attempts delivered and {failed} failed in {}", self.span));
            let mut table = table(&["FROM", "DELIVERED", "FAILED", "P50 MS", "P99 MS", "MAX MS"]);
            let busy = |part: &&Value| part["latency_max_ms"].is_u64();
            for part in found["parts"].as_array().into_iter().flatten().filter(busy) {
                let columns =
                    ["from", "delivered", "failed", "latency_p50_ms", "latency_p99_ms", "latency_max_ms"];
                table.add_row(columns.map(|name| text(&part[name])));
            }
            if table.row_count() > 0 {
                out::line(table);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_are_said_in_words() {
        assert_eq!(types(&json!({ "event_types": [] })), "all but opt-in");
        assert_eq!(types(&json!({ "event_types": ["sync.*", "*"] })), "sync.*, *");
        assert_eq!(rate(&Value::Null), "as fast as it answers");
        assert_eq!(rate(&json!({ "calls": 5, "per": "1s" })), "5 in 1s");
        assert_eq!(waits(&json!({ "waits": [] })), "never");
        assert_eq!(waits(&json!({ "waits": [5, 300, 86_400] })), "after 5s, 5m, 1d");
    }
}
