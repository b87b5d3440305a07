//! `syncline load`: asks for a run and watches it.

use super::remote::{Remote, Target, segment};
use super::settings::Flags;
use super::{out, runtime};
use anyhow::Result;
use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

/// How often to look how far it is.
const LOOK: Duration = Duration::from_millis(400);

/// Load the records of a connection, and watch
#[derive(Debug, Args)]
pub struct Load {
    #[command(flatten)]
    target: Target,
    /// The connection's id, con_…
    connection: String,
    /// Everything, instead of what changed since the last time
    #[arg(long)]
    full: bool,
    /// Only these object types
    #[arg(long, value_delimiter = ',', value_name = "TYPE,…")]
    types: Vec<String>,
    /// The most pages to read of each lane [default: as configured]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    max_pages: u32,
    /// Do not wait for its end
    #[arg(long)]
    no_wait: bool,
    /// The run as one line of JSON at its end, and nothing else
    #[arg(long)]
    json: bool,
}

impl Load {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(async {
            let hub = self.target.find(settings)?;
            let mode = if self.full { "full" } else { "incremental" };
            let body = json!({ "mode": mode, "types": self.types, "max_pages": self.max_pages });
            let path = format!("/v1/connections/{}/runs", segment(&self.connection));
            let run = hub.json(hub.request(Method::POST, &path).json(&body)).await?;
            let id = run["id"].as_str().unwrap_or_default().to_owned();
            self.remark(&run, mode);
            if self.no_wait {
                self.print(&run);
                return Ok(ExitCode::SUCCESS);
            }
            tokio::select! {
                run = self.watch(&hub, &id) => {
                    let run = run?;
                    self.print(&run);
                    let good = run["state"] == "succeeded";
                    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
                }
                _ = tokio::signal::ctrl_c() => {
                    out::note(format!("\nIt goes on without you. To stop it: syncline runs cancel {id}"));
                    Ok(ExitCode::SUCCESS)
                }
            }
        })
    }

    /// Says when it is not what was asked for, because another one is under way.
    fn remark(&self, run: &Value, mode: &str) {
        let wanted = &run["wanted"];
        let same = run["mode"] == mode
            && wanted["types"] == json!(self.types)
            && wanted["max_pages"] == self.max_pages;
        if !same {
            out::note("Another run of this connection is under way; this is that one.");
        }
    }

    /// Looks until it ends, or waits for a person.
    async fn watch(&self, hub: &Remote, id: &str) -> Result<Value> {
        let mut bars = Bars::new(!self.json && std::io::stderr().is_terminal());
        let mut said = BTreeMap::new();
        let path = format!("/v1/runs/{}", segment(id));
        loop {
            let run = hub.json(hub.request(Method::GET, &path)).await?;
            let lanes = run["lanes"].as_array().map(Vec::as_slice).unwrap_or_default();
            for lane in lanes {
                if bars.on {
                    bars.show(lane);
                } else if !self.json {
                    say(lane, &mut said);
                }
            }
            if run["finished_at"].is_string() || run["state"] == "paused" {
                bars.end();
                return Ok(run);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn print(&self, run: &Value) {
        if self.json {
            return out::json(&run.to_string());
        }
        let number = |name: &str| run[name].as_u64().unwrap_or(0);
        let state = out::plain(run["state"].as_str().unwrap_or(""));
        let id = out::plain(run["id"].as_str().unwrap_or(""));
        out::line(format!(
            "{id}: {state}, {} read, {} changed, {} gone",
            number("read"),
            number("changed"),
            number("gone")
        ));
        if let Some(reason) = run["reason"].as_str() {
            out::note(out::plain(reason));
        }
    }
}

fn title(lane: &Value) -> String {
    out::plain(lane["title"].as_str().or(lane["key"].as_str()).unwrap_or(""))
}

/// A line for every lane whose state has changed, where there is no terminal.
fn say(lane: &Value, said: &mut BTreeMap<String, String>) {
    let key = lane["key"].as_str().unwrap_or("").to_owned();
    let state = lane["state"].as_str().unwrap_or("").to_owned();
    if said.insert(key, state.clone()).as_ref() != Some(&state) && state != "waiting" {
        let why = lane["error"].as_str().or(lane["notice"].as_str());
        let why = why.map(|why| format!(" ({})", out::plain(why))).unwrap_or_default();
        out::note(format!("{}: {state}, {} read{why}", title(lane), lane["read"]));
    }
}

/// One bar per lane.
struct Bars {
    on: bool,
    all: MultiProgress,
    bars: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn new(on: bool) -> Self {
        Self { on, all: MultiProgress::new(), bars: BTreeMap::new() }
    }

    fn show(&mut self, lane: &Value) {
        let key = lane["key"].as_str().unwrap_or("").to_owned();
        let all = &self.all;
        let bar = self.bars.entry(key).or_insert_with(|| all.add(ProgressBar::new(0)));
        let (read, total) = (lane["read"].as_u64().unwrap_or(0), lane["total"].as_u64());
        let template = match total {
            Some(_) => "{prefix:28} {bar:24} {human_pos:>9} of {human_len} {msg}",
            None => "{prefix:28} {spinner:24} {human_pos:>9} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_length(total.unwrap_or(0).max(read));
        bar.set_prefix(title(lane));
        bar.set_position(read);
        let state = out::plain(lane["state"].as_str().unwrap_or(""));
        let why = lane["error"].as_str().or(lane["notice"].as_str()).map(out::plain).unwrap_or_default();
        bar.set_message(format!("{state} {why}"));
        bar.tick();
    }

    fn end(&self) {
        self.bars.values().for_each(ProgressBar::abandon);
    }
}
