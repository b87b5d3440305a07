//! `syncline syncs links`, `link` and `history`.

use super::text::{detail, face, table, text};
use super::{given, print, rows};
use crate::cli::remote::{Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// List links
#[derive(Debug, Args)]
pub struct Links {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// linked, creating or ended
    #[arg(long)]
    state: Option<String>,
    /// held: one side does not take a value; conflict: a person has to decide; or none
    #[arg(long)]
    trouble: Option<String>,
    /// Only those of this record, of whichever side
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Only those with this somewhere in the records' name
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl Links {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/syncs/{}/links", segment(&self.sync));
        let filters = given([
            ("state", self.state),
            ("trouble", self.trouble),
            ("record", self.record),
            ("search", self.search),
        ]);
        runtime()?.block_on(async {
            let found = rows(&self.target.find(settings)?, &path, &filters, self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["ID", "NAME", "LEFT", "RIGHT", "STATE", "TROUBLE"]);
                for link in found {
                    let columns = ["id", "name", "left_id", "right_id"].map(|name| text(&link[name]));
                    table.add_row(columns.into_iter().chain([state(link), trouble(link)]));
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// How a link is.
fn state(link: &Value) -> String {
    let side = |of: &Value| of["side"].as_str().unwrap_or("other").to_owned();
    match (link["state"].as_str(), link["ended"]["why"].as_str()) {
        (Some("ended"), Some("deleted")) => format!("over: deleted on the {}", side(&link["ended"])),
        (Some("ended"), Some("unlinked")) => {
            format!("over: deleted on the {}, the other stays", side(&link["ended"]))
        }
        (Some("ended"), Some("merged")) => format!("over: merged on the {}", side(&link["ended"])),
        (Some("creating"), _) => format!("being created on the {}", side(&link["creating"])),
        _ => text(&link["state"]),
    }
}

/// What there is to know of a link.
fn trouble(link: &Value) -> String {
    let held = link["held"].as_array().map(Vec::as_slice).unwrap_or_default();
    let held = held.iter().map(|held| format!("{}: {}", text(&held["side"]), text(&held["reason"])));
    let held = held.collect::<Vec<_>>().join("; ");
    match (link["trouble"].as_str(), held.as_str()) {
        (Some("conflict"), "") => "conflict".to_owned(),
        (Some("conflict"), held) => format!("conflict; {held}"),
        (_, held) => held.to_owned(),
    }
}

/// Show one link
#[derive(Debug, Args)]
pub struct Link {
    #[command(flatten)]
    target: Target,
    /// The link's id, lnk_…
    link: String,
    /// All of it as JSON
    #[arg(long)]
    json: bool,
}

impl Link {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/links/{}", segment(&self.link));
        let link = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            hub.json(hub.request(Method::GET, &path)).await
        })?;
        if self.json {
            out::json(&serde_json::to_string_pretty(&link)?);
            return Ok(ExitCode::SUCCESS);
        }
        out::line(facts(&link));
        out::line(format!("\n{}", rules(&link)));
        for conflict in link["conflicts"].as_array().into_iter().flatten() {
            out::note(format!("Open conflict: syncline conflicts show {}", text(&conflict["id"])));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn facts(link: &Value) -> comfy_table::Table {
    let mut table = table(&[]);
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("id", text(&link["id"]));
    row("sync", text(&link["sync_id"]));
    row("state", state(link));
    for side in ["left", "right"] {
        row(side, record(&link["records"][side]));
    }
    for held in link["held"].as_array().into_iter().flatten() {
        let place = held["field"].as_str().or(held["rule"].as_str()).unwrap_or("the record");
        let side = text(&held["side"]);
        row("held", format!("{side} does not take {}: {}", out::plain(place), text(&held["reason"])));
    }
    table
}

/// A record in short.
pub(super) fn record(brief: &Value) -> String {
    if brief.is_null() {
        return "none yet".to_owned();
    }
    let name = brief["name"].as_str().filter(|name| !name.is_empty());
    let name = name.map(|name| format!(" {}", out::plain(name))).unwrap_or_default();
    let state = match (brief["state"].as_str(), brief["merged_into"].as_str()) {
        (Some("there"), _) => String::new(),
        (_, Some(into)) => format!(", merged into {}", out::plain(into)),
        (Some("unknown"), _) => ", never read".to_owned(),
        (Some(other), _) => format!(", {}", out::plain(other)),
        (None, _) => String::new(),
    };
    let url = brief["url"].as_str().map(|url| format!("  {}", out::plain(url))).unwrap_or_default();
    format!("{} {}{name}{state}{url}", text(&brief["object_type"]), text(&brief["id"]))
}

/// Rule by rule what each side shows, and what was agreed on last where that is something else.
fn rules(link: &Value) -> comfy_table::Table {
    let mut table = table(&["RULE", "LEFT", "RIGHT", "LAST AGREED"]);
    for rule in link["rules"].as_array().into_iter().flatten() {
        let agreed = match &rule["base"] {
            Value::Null => "never".to_owned(),
            base if *base == rule["faces"] => "so".to_owned(),
            base => format!("{} ↔ {}", face(&base["left"]), face(&base["right"])),
        };
        let faces = &rule["faces"];
        table.add_row([text(&rule["rule"]), face(&faces["left"]), face(&faces["right"]), agreed]);
    }
    table
}

/// Print what happened
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    target: Target,
    /// The id of a sync, syn_…, or of a link, lnk_…
    id: String,
    /// With --record: the side that it is of
    #[arg(long, value_parser = ["left", "right"], requires = "record")]
    side: Option<String>,
    /// Only what happened to this record and to the one that it is linked to
    #[arg(long, value_name = "ID", requires = "side")]
    record: Option<String>,
    /// How many entries, the latest first
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let of_link = self.id.starts_with("lnk_");
        anyhow::ensure!(
            !of_link || self.record.is_none(),
            "--record goes with the id of a sync: the link's history is that of both its records"
        );
        let list = if of_link { "links" } else { "syncs" };
        let path = format!("/v1/{list}/{}/history", segment(&self.id));
        let filters = given([("side", self.side), ("record_id", self.record)]);
        runtime()?.block_on(async {
            let found = rows(&self.target.find(settings)?, &path, &filters, self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["AT", "WHAT", "LEFT", "RIGHT", "DETAIL"]);
                for row in found {
                    let side = row["side"].as_str().map(|side| format!(" on the {side}")).unwrap_or_default();
                    let what = format!("{}{side}", text(&row["what"]));
                    table.add_row([
                        text(&row["at"]),
                        what,
                        text(&row["left_id"]),
                        text(&row["right_id"]),
                        detail(row),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_link_says_how_it_is_and_what_is_wrong() {
        let ended = json!({"state": "ended", "ended": {"why": "unlinked", "side": "left"}});
        assert_eq!(state(&ended), "over: deleted on the left, the other stays");
        let creating = json!({"state": "creating", "creating": {"side": "right", "sent_at": "…"}});
        assert_eq!(state(&creating), "being created on the right");
        let held = json!({"trouble": "held", "held": [{"side": "left", "field": "email", "reason": "Invalid email ada@"}]});
        assert_eq!(trouble(&held), "left: Invalid email ada@");
        assert_eq!(trouble(&json!({"trouble": "conflict", "held": []})), "conflict");
        assert_eq!(trouble(&json!({"trouble": "none", "held": []})), "");
    }

    #[test]
    fn a_record_says_whether_it_is_there() {
        assert_eq!(record(&Value::Null), "none yet");
        let brief =
            |state: &str| json!({"object_type": "contacts", "id": "7", "state": state, "name": "Ada"});
        assert_eq!(record(&brief("there")), "contacts 7 Ada");
        assert_eq!(record(&brief("archived")), "contacts 7 Ada, archived");
        assert_eq!(record(&brief("unknown")), "contacts 7 Ada, never read");
        let mut merged = brief("gone");
        merged["merged_into"] = json!("8");
        assert_eq!(record(&merged), "contacts 7 Ada, merged into 8");
    }
}
