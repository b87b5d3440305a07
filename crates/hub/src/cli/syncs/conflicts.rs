//! `syncline conflicts`: what waits for a person, and deciding it.

use super::links::record;
use super::text::{face, id, table, text};
use super::{given, print, rows};
use crate::cli::manage::ask;
use crate::cli::remote::{Target, segment};
use crate::cli::settings::Flags;
use crate::cli::{out, runtime};
use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// See what waits for a person in syncs, and decide it.
#[derive(Debug, Subcommand)]
pub enum Conflicts {
    /// List conflicts, the latest first
    List(List),
    /// Show one conflict and how it can be decided
    Show(Show),
    /// Decide a conflict; what follows is carried out at once, in the background
    Resolve(Resolve),
}

/// List conflicts
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// Only this organization's
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    /// Only this sync's
    #[arg(long, value_name = "ID")]
    sync: Option<String>,
    /// open, resolved, passed or all
    #[arg(long, default_value = "open")]
    state: String,
    /// field, deletion, match, duplicate or guard
    #[arg(long)]
    kind: Option<String>,
    /// Only about a record with this in its name, or with this id
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

/// Show one conflict
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    target: Target,
    /// The conflict's id, cnf_…
    id: String,
    /// All of it as JSON
    #[arg(long)]
    json: bool,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    /// The left side counts: its value goes to the right; what was deleted there is deleted on the right, what is there stays
    Left,
    /// The right side counts
    Right,
    /// Of a match: it is the same as the record of this id
    Is,
    /// Of a match or a duplicate: leave the record alone
    Leave,
    /// Of many deletions: carry them over
    Delete,
    /// Of many deletions: keep the other side's records
    Keep,
}

/// Decide a conflict
#[derive(Debug, Args)]
pub struct Resolve {
    #[command(flatten)]
    target: Target,
    /// The conflict's id, cnf_…
    id: String,
    /// What is decided; `syncline conflicts show` says what fits
    choice: Word,
    /// With is: the id of the other side's record
    record: Option<String>,
    /// Of a deletion: whatever the provider objects
    #[arg(long)]
    force: bool,
}

impl Conflicts {
    pub(in crate::cli) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List(command) => command.run(settings),
            Self::Show(command) => command.run(settings),
            Self::Resolve(command) => command.run(settings),
        }
    }
}

impl List {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let state = Some(self.state).filter(|state| state != "all");
        let filters = given([
            ("org_id", self.org_id),
            ("sync_id", self.sync),
            ("state", state),
            ("kind", self.kind),
            ("search", self.search),
        ]);
        runtime()?.block_on(async {
            let found = rows(&self.target.find(settings)?, "/v1/conflicts", &filters, self.limit).await?;
            print(&found, self.json, |found| {
                let mut table = table(&["ID", "STATE", "ABOUT", "LEFT", "RIGHT", "OPENED"]);
                for row in found {
                    let ids = ["left_id", "right_id"].map(|name| id(&row[name]));
                    let [left, right] = ids;
                    table.add_row([
                        text(&row["id"]),
                        state_of(row),
                        about(row),
                        left,
                        right,
                        text(&row["opened_at"]),
                    ]);
                }
                table
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// How a conflict is, and who decided it.
fn state_of(row: &Value) -> String {
    match (row["state"].as_str(), row["resolved_by"].as_str(), row["winner"].as_str()) {
        (Some("resolved"), Some("policy"), Some(side)) => format!("the policy: {side}"),
        (Some("resolved"), Some(by), _) => format!("resolved by {}", out::plain(by)),
        _ => text(&row["state"]),
    }
}

/// What a conflict is about, in a few words.
fn about(row: &Value) -> String {
    let about = &row["about"];
    let (side, other) = match about["side"].as_str() {
        Some("right") => ("right", "left"),
        _ => ("left", "right"),
    };
    match row["kind"].as_str() {
        Some("field") => format!("{} differs", text(&about["rule"])),
        Some("deletion") => format!("deleted on the {side}: {}", text(&about["reason"])),
        Some("match") => {
            let candidates = about["candidates"].as_array().map_or(0, Vec::len);
            format!("{side} {} could be any of {candidates} on the {other}", id(&about["id"]))
        }
        Some("duplicate") => {
            format!("{side} {} is the same as {}, which is linked", id(&about["id"]), id(&about["of"]))
        }
        Some("guard") if about["waiting"] == 1 => format!("1 deletion on the {side} waits"),
        Some("guard") => format!("{} deletions on the {side} wait", text(&about["waiting"])),
        _ => text(&row["kind"]),
    }
}

impl Show {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("/v1/conflicts/{}", segment(&self.id));
        let conflict = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            hub.json(hub.request(Method::GET, &path)).await
        })?;
        if self.json {
            out::json(&serde_json::to_string_pretty(&conflict)?);
            return Ok(ExitCode::SUCCESS);
        }
        out::line(facts(&conflict));
        let choices = conflict["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !choices.is_empty() {
            out::line("\nDecide it with one of:");
        }
        if !choices.is_empty() {
            let mut table = table(&[]);
            for choice in choices {
                let command =
                    format!("  syncline conflicts resolve {} {}", text(&conflict["id"]), words(choice));
                table.add_row([command, meaning(&conflict, choice)]);
            }
            out::line(table);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What follows from a choice.
fn meaning(conflict: &Value, choice: &Value) -> String {
    let side = choice["side"].as_str().unwrap_or_default();
    let other = |side: &str| if side == "left" { "right" } else { "left" };
    let deleted_on = conflict["about"]["side"].as_str().unwrap_or_default();
    match (choice["choice"].as_str(), conflict["kind"].as_str()) {
        (Some("side"), Some("deletion")) if side != deleted_on => {
            format!("the record on the {side} stays, and the link ends")
        }
        (Some("side"), Some("deletion")) => {
            let how = if choice["force"] == true { ", whatever the provider objects" } else { "" };
            format!("delete it on the {} too{how}", other(side))
        }
        (Some("side"), _) => format!("write this to the {}: {}", other(side), face(&conflict["faces"][side])),
        (Some("is"), _) => "they are the same: link them".to_owned(),
        (Some("leave"), _) => "leave it alone: it is linked to nothing".to_owned(),
        (Some("delete"), _) => "carry the deletions over".to_owned(),
        (Some("keep"), _) => "the records stay, and the links end".to_owned(),
        _ => String::new(),
    }
}

/// A choice as this command takes it.
fn words(choice: &Value) -> String {
    let word = match choice["choice"].as_str() {
        Some("side") => text(&choice["side"]),
        Some("is") => format!("is {}", quoted(choice["id"].as_str().unwrap_or(""))),
        _ => text(&choice["choice"]),
    };
    if choice["force"] == true { format!("{word} --force") } else { word }
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let text = out::plain(text);
    let safe = |c: char| c.is_ascii_alphanumeric() || "/_-.:".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn facts(conflict: &Value) -> comfy_table::Table {
    let mut table = table(&[]);
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("id", text(&conflict["id"]));
    row("sync", text(&conflict["sync_id"]));
    if conflict["link_id"].is_string() {
        row("link", text(&conflict["link_id"]));
    }
    row("about", about(conflict));
    row("state", state_of(conflict));
    for side in ["left", "right"] {
        for brief in conflict["records"][side].as_array().into_iter().flatten() {
            row(side, record(brief));
        }
    }
    if conflict["kind"] == "field" {
        for side in ["left", "right"] {
            let at = conflict["changed_at"][side].as_str();
            let at = at.map(|at| format!(", changed {}", out::plain(at))).unwrap_or_default();
            row(&format!("{side} shows"), format!("{}{at}", face(&conflict["faces"][side])));
        }
        let base = &conflict["base"];
        let agreed = match base {
            Value::Null => "never".to_owned(),
            base => format!("{} ↔ {}", face(&base["left"]), face(&base["right"])),
        };
        row("last agreed", agreed);
    }
    row("opened", text(&conflict["opened_at"]));
    table
}

impl Resolve {
    fn run(self, settings: &Flags) -> Result<ExitCode> {
        let choice = self.choice()?;
        let path = format!("/v1/conflicts/{}/resolve", segment(&self.id));
        ask(settings, &self.target, Method::POST, &path, Some(choice), |_| {
            out::line("decided; it is carried out now");
        })
    }

    fn choice(&self) -> Result<Value> {
        let of_side = matches!(self.choice, Word::Left | Word::Right);
        ensure!(of_side || !self.force, "--force goes with left or right");
        ensure!(self.choice == Word::Is || self.record.is_none(), "only `is` is followed by a record's id");
        Ok(match self.choice {
            Word::Left => json!({ "choice": "side", "side": "left", "force": self.force }),
            Word::Right => json!({ "choice": "side", "side": "right", "force": self.force }),
            Word::Is => {
                let Some(id) = &self.record else {
                    anyhow::bail!("`is` is followed by the id of the other side's record");
                };
                json!({ "choice": "is", "id": id })
            }
            Word::Leave => json!({ "choice": "leave" }),
            Word::Delete => json!({ "choice": "delete" }),
            Word::Keep => json!({ "choice": "keep" }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_says_what_it_is_about() {
        for (kind, about_it, said) in [
            ("field", json!({"rule": "name"}), "name differs"),
            (
                "deletion",
                json!({"side": "left", "reason": "it was changed"}),
                "deleted on the left: it was changed",
            ),
            (
                "match",
                json!({"side": "left", "id": "1", "candidates": ["7", "8"]}),
                "left 1 could be any of 2 on the right",
            ),
            (
                "duplicate",
                json!({"side": "right", "id": "9", "of": "7"}),
                "right 9 is the same as 7, which is linked",
            ),
            ("guard", json!({"side": "right", "waiting": 30}), "30 deletions on the right wait"),
            ("guard", json!({"side": "left", "waiting": 1}), "1 deletion on the left waits"),
        ] {
            assert_eq!(about(&json!({"kind": kind, "about": about_it})), said);
        }
    }

    #[test]
    fn what_follows_from_a_choice_is_said() {
        let conflict = |kind: &str| json!({"kind": kind, "about": {"side": "left"}, "faces": {"left": ["Ada"], "right": ["Adah"]}});
        for (kind, choice, said) in [
            ("field", json!({"choice": "side", "side": "left"}), "write this to the right: Ada"),
            ("deletion", json!({"choice": "side", "side": "left"}), "delete it on the right too"),
            (
                "deletion",
                json!({"choice": "side", "side": "left", "force": true}),
                "delete it on the right too, whatever the provider objects",
            ),
            (
                "deletion",
                json!({"choice": "side", "side": "right"}),
                "the record on the right stays, and the link ends",
            ),
            ("guard", json!({"choice": "keep"}), "the records stay, and the links end"),
        ] {
            assert_eq!(meaning(&conflict(kind), &choice), said);
        }
    }

    #[test]
    fn every_choice_is_said_as_this_command_takes_it() {
        for (choice, said) in [
            (json!({"choice": "side", "side": "left", "force": false}), "left"),
            (json!({"choice": "side", "side": "right", "force": true}), "right --force"),
            (json!({"choice": "is", "id": "/api/customer/7/"}), "is /api/customer/7/"),
            (json!({"choice": "is", "id": "7, 8"}), "is '7, 8'"),
            (json!({"choice": "is", "id": "it's"}), r"is 'it'\''s'"),
            (json!({"choice": "keep"}), "keep"),
        ] {
            assert_eq!(words(&choice), said);
        }
    }
}
