//! `syncline counters incr`, `decr`, `set`, `get`, `push` and `forget`.

use super::one::{find, value};
use super::{One, ask_of, out, runtime};
use crate::cli::settings::Flags;
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The header that makes asking twice equal asking once.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Count up or down
#[derive(Debug, Args)]
pub struct By {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    key: String,
    /// By how much
    #[arg(default_value_t = 1, allow_negative_numbers = true)]
    by: i64,
    /// Makes the same command, run twice, count once
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl By {
    pub(super) fn run(self, settings: &Flags, verb: &str) -> Result<ExitCode> {
        let body = json!({ "by": self.by });
        changed(settings, &self.one, (&self.key, verb), &body, self.idempotency_key)
    }
}

/// Set a counter
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    key: String,
    /// What it is from now on
    #[arg(allow_negative_numbers = true)]
    value: i64,
    /// Makes the same command, run twice, count once
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Set {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let body = json!({ "value": self.value });
        changed(settings, &self.one, (&self.key, "set"), &body, self.idempotency_key)
    }
}

/// Makes a change and prints what the counter is then.
fn changed(
    settings: &Flags,
    one: &One,
    (key, verb): (&str, &str),
    body: &Value,
    idempotency_key: Option<String>,
) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let hub = one.target.find(settings)?;
        let path = format!("{}{}/{verb}", find(&hub, &one.counter).await?, value(key));
        let mut request = hub.request(Method::POST, &path).json(body);
        if let Some(key) = idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        out::line(&hub.json(request).await?["value"]);
        Ok(ExitCode::SUCCESS)
    })
}

/// What counters are
#[derive(Debug, Args)]
pub struct Get {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    #[arg(required = true)]
    keys: Vec<String>,
    /// One JSON object a line, with the property and the push
    #[arg(long)]
    json: bool,
}

impl Get {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let (json, alone) = (self.json, self.keys.len() == 1);
        let body = json!({ "keys": self.keys });
        ask_of(settings, &self.one, Method::POST, "/read", Some(body), |answer| {
            let found = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            match found {
                found if json => found.iter().for_each(|one| out::json(&one.to_string())),
                [one] if alone && one["value"].is_i64() => out::line(&one["value"]),
                found => out::line(super::list::values(found)),
            }
        })
    }
}

/// Have a counter pushed
#[derive(Debug, Args)]
pub struct Push {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    key: String,
}

impl Push {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/push", value(&self.key));
        ask_of(settings, &self.one, Method::POST, &path, None, |_| out::line("is pushed"))
    }
}

/// Forget a counter
#[derive(Debug, Args)]
pub struct Forget {
    #[command(flatten)]
    one: One,
    /// Which of its counters
    key: String,
}

impl Forget {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let say = "forgotten; the property at HubSpot stays as it is";
        ask_of(settings, &self.one, Method::DELETE, &value(&self.key), None, |_| out::line(say))
    }
}
