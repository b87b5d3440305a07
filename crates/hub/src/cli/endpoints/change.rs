//! `syncline endpoints create` and `set`.

use super::path;
use super::secrets::show_secret;
use crate::cli::manage::{ask, pretty};
use crate::cli::out;
use crate::cli::remote::Target;
use crate::cli::settings::Flags;
use crate::config::Span;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::process::ExitCode;

/// What an endpoint may be like.
#[derive(Debug, Args)]
pub struct Terms {
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// Event types it wants: names, prefixes like sync.*, or *; none: all that are not opt-in
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    events: Option<Vec<String>>,
    /// A header its requests get, NAME=VALUE; may be given several times
    #[arg(long, value_name = "NAME=VALUE", hide_env_values = true)]
    header: Vec<String>,
    /// How fast it is sent to, CALLS/SPAN like 100/1s; none: as fast as it answers
    #[arg(long, value_name = "CALLS/SPAN")]
    rate: Option<String>,
    /// Whether messages of one key come in strict order
    #[arg(long, value_name = "BOOL")]
    ordered: Option<bool>,
    /// When it is tried again, waits with commas between them like 5s,5m,1h; default: as configured
    #[arg(long, value_name = "WAITS")]
    retries: Option<String>,
}

impl Terms {
    /// The members that were given.
    fn body(self) -> Result<Map<String, Value>> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        if let Some(description) = self.description {
            put("description", description.into());
        }
        if let Some(events) = self.events {
            let events: Vec<String> = events.into_iter().filter(|one| !one.is_empty()).collect();
            put("event_types", events.into());
        }
        if !self.header.is_empty() {
            put("headers", headers(&self.header)?);
        }
        if let Some(text) = self.rate {
            put("rate", rate(&text)?);
        }
        if let Some(ordered) = self.ordered {
            put("ordered", ordered.into());
        }
        if let Some(text) = self.retries {
            put("schedule", schedule(&text)?);
        }
        Ok(body)
    }
}

/// Headers as they were typed. A mistake is told without the value.
fn headers(given: &[String]) -> Result<Value> {
    let mut headers = Map::new();
    for one in given.iter().filter(|one| *one != "none") {
        let (name, value) = one.split_once('=').context("--header is NAME=VALUE")?;
        headers.insert(name.to_owned(), value.into());
    }
    Ok(headers.into())
}

fn rate(text: &str) -> Result<Value> {
    if text == "none" {
        return Ok(Value::Null);
    }
    let parts = text.split_once('/').and_then(|(calls, per)| Some((calls.parse::<u32>().ok()?, per)));
    let (calls, per) = parts.context("--rate is CALLS/SPAN like 100/1s, or none")?;
    Ok(json!({ "calls": calls, "per": per }))
}

fn schedule(text: &str) -> Result<Value> {
    if text == "default" {
        return Ok(Value::Null);
    }
    let mut waits = Vec::new();
    for wait in text.split(',').filter(|wait| !wait.is_empty() && *wait != "none") {
        let Some(span) = Span::parse(wait).map(|span| span.get().as_secs()).filter(|it| *it > 0) else {
            bail!("--retries: `{}` is no wait: a number and a unit like 5s or 2h", out::plain(wait));
        };
        waits.push(span);
    }
    Ok(json!({ "waits": waits }))
}

/// Make an endpoint
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    target: Target,
    /// Where it is, https://…
    url: String,
    /// Whose messages it gets [default: every organization's, or the key's own]
    #[arg(long, value_name = "ORG")]
    org_id: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// hmac (a shared secret) or ed25519 (a key pair: the receiver gets the public key)
    #[arg(long, default_value = "hmac", value_parser = ["hmac", "ed25519"])]
    scheme: String,
    /// The endpoint as JSON, with its secret
    #[arg(long)]
    json: bool,
}

impl Create {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = self.terms.body()?;
        body.insert("url".to_owned(), self.url.into());
        body.insert("scheme".to_owned(), self.scheme.into());
        if let Some(org_id) = self.org_id {
            body.insert("org_id".to_owned(), org_id.into());
        }
        let json = self.json;
        ask(settings, &self.target, Method::POST, "/v1/endpoints", Some(body.into()), |made| {
            if json {
                return pretty(made);
            }
            out::note(format!("Made {}.", made["id"].as_str().map(out::plain).unwrap_or_default()));
            show_secret(&made["signing"]);
        })
    }
}

/// Change an endpoint
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// Another address
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    terms: Terms,
}

impl Set {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let mut body = self.terms.body()?;
        if let Some(url) = self.url {
            body.insert("url".to_owned(), url.into());
        }
        ensure!(!body.is_empty(), "nothing was asked for: see syncline endpoints set --help");
        let path = path(&self.endpoint);
        ask(settings, &self.target, Method::PATCH, &path, Some(body.into()), |_| out::line("changed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_the_api_takes() {
        assert_eq!(rate("100/1s").unwrap(), json!({ "calls": 100, "per": "1s" }));
        assert_eq!(rate("none").unwrap(), Value::Null);
        assert!(rate("100").is_err() && rate("x/1s").is_err());
        assert_eq!(schedule("5s,5m,1h").unwrap(), json!({ "waits": [5, 300, 3_600] }));
        assert_eq!(
            (schedule("none").unwrap(), schedule("default").unwrap()),
            (json!({ "waits": [] }), Value::Null)
        );
        assert!(schedule("5").is_err() && schedule("0s").is_err());
        let typed = ["X-Key=a=b".to_owned(), "X-B=".to_owned()];
        assert_eq!(headers(&typed).unwrap(), json!({ "X-Key": "a=b", "X-B": "" }));
        assert_eq!(headers(&["none".to_owned()]).unwrap(), json!({}));
        let mistake = headers(&["s3cret".to_owned()]).unwrap_err().to_string();
        assert!(!mistake.contains("s3cret"), "{mistake}");
    }
}
