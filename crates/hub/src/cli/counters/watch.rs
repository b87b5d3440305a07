//! Watching a comparison to its end: a count in a terminal, a line for every pass elsewhere.

use crate::cli::out;
use crate::cli::remote::{Remote, segment};
use crate::cli::syncs::text::text;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;
use std::io::IsTerminal as _;
use std::time::Duration;

/// How often to look how far it is.
const LOOK: Duration = Duration::from_millis(400);

/// Looks until a run ends; none when nobody wants to wait any more.
///
/// # Errors
/// When the hub does not answer.
pub async fn watch(hub: &Remote, id: &str, quiet: bool) -> Result<Option<Value>> {
    tokio::select! {
        run = until_it_ends(hub, id, quiet) => run.map(Some),
        _ = tokio::signal::ctrl_c() => Ok(None),
    }
}

async fn until_it_ends(hub: &Remote, id: &str, quiet: bool) -> Result<Value> {
    let path = format!("/v1/counter-runs/{}", segment(id));
    let bar = (!quiet && std::io::stderr().is_terminal()).then(ProgressBar::no_length);
    if let (Some(bar), Ok(style)) =
        (&bar, ProgressStyle::with_template("{prefix:36} {spinner} {human_pos:>9}"))
    {
        bar.set_style(style);
    }
    let mut said = String::new();
    loop {
        let run = hub.json(hub.request(Method::GET, &path)).await?;
        let now = phase(&run);
        if let Some(bar) = &bar {
            bar.set_position(run["counts"]["checked"].as_u64().unwrap_or(0));
            bar.set_prefix(now);
            bar.tick();
        } else if !quiet && said != now {
            out::note(&now);
            said = now;
        }
        if run["finished_at"].is_string() {
            if let Some(bar) = &bar {
                bar.finish_and_clear();
            }
            return Ok(run);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What a run is at, in words.
fn phase(run: &Value) -> String {
    match (run["state"].as_str(), run["pass"].as_u64()) {
        (Some("waiting"), _) => "waiting for a worker".to_owned(),
        (Some("running"), Some(2)) => "looking again at what differed".to_owned(),
        (Some("running"), _) => "comparing".to_owned(),
        _ => text(&run["state"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_comparison_is_at_is_said_in_words() {
        let at = |state: &str, pass: u32| phase(&json!({ "state": state, "pass": pass }));
        assert_eq!(at("waiting", 1), "waiting for a worker");
        assert_eq!(at("running", 1), "comparing");
        assert_eq!(at("running", 2), "looking again at what differed");
        assert_eq!(at("succeeded", 2), "succeeded");
    }
}
