//! `syncline syncs template`, `check`, `create` and `set`: agreements as files.

use super::text::count;
use crate::cli::manage::{ask, pretty};
use crate::cli::out;
use crate::cli::remote::{Target, mistake, segment};
use crate::cli::runtime;
use crate::cli::settings::Flags;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read;
use std::process::ExitCode;

/// The largest file that is read as an agreement.
const LARGEST: u64 = 1 << 20;

/// Between which connections.
#[derive(Debug, Args)]
struct Between {
    /// The left connection's id, con_…
    #[arg(long, value_name = "CONNECTION")]
    left: String,
    /// The right connection's id, con_…
    #[arg(long, value_name = "CONNECTION")]
    right: String,
}

/// Print the agreement that is ready-made for two connections
#[derive(Debug, Args)]
pub struct Template {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    between: Between,
}

/// Try an agreement
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    between: Between,
    /// The agreement, a file or - for standard input [default: the ready-made one]
    #[arg(long, value_name = "FILE")]
    agreement: Option<String>,
    /// The answer as JSON: the agreement, its mistakes, and the fields of both sides
    #[arg(long)]
    json: bool,
}

/// Make a sync
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    between: Between,
    /// What to call it [default: the names of both accounts]
    #[arg(long)]
    name: Option<String>,
    /// The agreement, a file or - for standard input [default: the ready-made one]
    #[arg(long, value_name = "FILE")]
    agreement: Option<String>,
    /// How often it runs by itself: never, or 5m to 366d [default: as configured]
    #[arg(long, value_name = "SPAN")]
    every: Option<String>,
    /// Do not run it yet
    #[arg(long)]
    no_run: bool,
    /// The sync as JSON instead of its id
    #[arg(long)]
    json: bool,
}

/// Change a sync
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Another agreement, a file or - for standard input
    #[arg(long, value_name = "FILE")]
    agreement: Option<String>,
    /// How often it runs by itself: never, 5m to 366d, or default: as configured
    #[arg(long, value_name = "SPAN")]
    every: Option<String>,
}

/// The agreement in a file, or on standard input.
fn read(name: &str) -> Result<Value> {
    let mut text = String::new();
    let source: Box<dyn Read> = if name == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(name).with_context(|| format!("cannot read {name}"))?)
    };
    let name = if name == "-" { "standard input" } else { name };
    source.take(LARGEST + 1).read_to_string(&mut text).with_context(|| format!("cannot read {name}"))?;
    ensure!(text.len() as u64 <= LARGEST, "{name} is larger than an agreement can be");
    let agreement: Value = serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
    if !agreement.is_object() {
        bail!("{name} is no agreement: `syncline syncs template` prints one to begin with");
    }
    Ok(agreement)
}

impl Template {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Between { left, right } = self.between;
        let path = format!("/v1/syncs/template?left={}&right={}", segment(&left), segment(&right));
        ask(settings, &self.target, Method::GET, &path, None, pretty)
    }
}

impl Check {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let agreement = self.agreement.as_deref().map(read).transpose()?;
        let Between { left, right } = self.between;
        let body = json!({ "left": left, "right": right, "agreement": agreement });
        let found = runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            hub.json(hub.request(Method::POST, "/v1/syncs/check").json(&body)).await
        })?;
        let mistakes = found["mistakes"].as_array().map(Vec::as_slice).unwrap_or_default();
        if self.json {
            out::json(&serde_json::to_string_pretty(&found)?);
        } else if mistakes.is_empty() {
            let rules = found["agreement"]["rules"].as_array().map_or(0, Vec::len);
            out::line(format!("The agreement fits: {}.", count(rules as u64, "rule")));
        } else {
            mistakes.iter().for_each(|one| out::line(mistake(one)));
            out::note(format!("{}; nothing was kept.", count(mistakes.len() as u64, "mistake")));
        }
        Ok(if mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Create {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let Self { target, between, name, agreement, every, no_run, json } = self;
        let agreement = agreement.as_deref().map(read).transpose()?;
        let body = json!({
            "name": name,
            "left": between.left,
            "right": between.right,
            "agreement": agreement,
            "every": every,
            "run": if no_run { Some(false) } else { None },
        });
        ask(settings, &target, Method::POST, "/v1/syncs", Some(body), |made| {
            if json {
                return pretty(made);
            }
            let id = out::plain(made["id"].as_str().unwrap_or(""));
            out::note(format!("Made {}.", out::plain(made["name"].as_str().unwrap_or(""))));
            out::note(match no_run {
                true => format!("`syncline syncs run {id} --dry-run` prints what its first run would do."),
                false => format!("`syncline syncs show {id}` says how it is doing."),
            });
            out::line(id);
        })
    }
}

impl Set {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = serde_json::Map::new();
        body.extend(self.name.map(|name| ("name".to_owned(), json!(name))));
        if let Some(name) = &self.agreement {
            body.insert("agreement".to_owned(), read(name)?);
        }
        body.extend(self.every.map(|every| {
            let every = if every == "default" { Value::Null } else { json!(every) };
            ("every".to_owned(), every)
        }));
        ensure!(!body.is_empty(), "nothing to change: give --name, --agreement or --every");
        let path = format!("/v1/syncs/{}", segment(&self.sync));
        ask(settings, &self.target, Method::PATCH, &path, Some(Value::Object(body)), |_| out::line("changed"))
    }
}
