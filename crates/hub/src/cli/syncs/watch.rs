//! Watching a run to its end: a bar in a terminal, a line for every phase elsewhere.

use super::text::text;
use crate::cli::out;
use crate::cli::remote::{Remote, segment};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;
use std::io::IsTerminal as _;
use std::time::Duration;

/// How often to look how far it is.
const LOOK: Duration = Duration::from_millis(400);

/// Why watching ended.
pub enum Ended {
    /// The run did, or it waits for a person.
    Run(Value),
    /// Whoever watched went away.
    Interrupted,
}

/// Looks until a run ends, or waits for a person, or nobody wants to wait any more.
///
/// # Errors
/// When the hub does not answer.
pub async fn watch(hub: &Remote, id: &str, quiet: bool) -> Result<Ended> {
    tokio::select! {
        run = until_it_ends(hub, id, quiet) => run.map(Ended::Run),
        _ = tokio::signal::ctrl_c() => Ok(Ended::Interrupted),
    }
}

async fn until_it_ends(hub: &Remote, id: &str, quiet: bool) -> Result<Value> {
    let path = format!("/v1/sync-runs/{}", segment(id));
    let bar = (!quiet && std::io::stderr().is_terminal()).then(ProgressBar::no_length);
    let mut said = String::new();
    loop {
        let run = hub.json(hub.request(Method::GET, &path)).await?;
        if let Some(bar) = &bar {
            show(bar, &run);
        } else if !quiet && said != phase(&run) {
            said = phase(&run);
            out::note(&said);
        }
        if run["finished_at"].is_string() || run["state"] == "paused" {
            if let Some(bar) = &bar {
                bar.finish_and_clear();
            }
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn show(bar: &ProgressBar, run: &Value) {
    let (done, total) =
        (run["progress"]["looked_at"].as_u64().unwrap_or(0), run["progress"]["total"].as_u64());
    let template = match total {
        Some(_) => "{prefix:30} {bar:24} {human_pos:>9} of {human_len}",
        None => "{prefix:30} {spinner:24} {human_pos:>9}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if let Some(total) = total {
        bar.set_length(total.max(done));
    }
    bar.set_prefix(phase(run));
    bar.set_position(done);
    bar.tick();
}

/// What a run is at, in words.
fn phase(run: &Value) -> String {
    match (run["state"].as_str(), run["phase"].as_str()) {
        (Some("waiting"), _) => "waiting for a worker".to_owned(),
        (Some("running"), Some("reading")) => "reading both sides".to_owned(),
        (Some("running"), Some("indexing")) => "finding who is who".to_owned(),
        (Some("running"), Some("left")) => "comparing, from the left".to_owned(),
        (Some("running"), Some("right")) => "comparing, from the right".to_owned(),
        _ => text(&run["state"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_run_is_at_is_said_in_words() {
        let at = |state: &str, at: &str| phase(&json!({"state": state, "phase": at}));
        assert_eq!(at("waiting", "reading"), "waiting for a worker");
        assert_eq!(at("running", "reading"), "reading both sides");
        assert_eq!(at("running", "right"), "comparing, from the right");
        assert_eq!(at("succeeded", "done"), "succeeded");
    }
}
