//! The running hub, as the command line talks to it: over its API, whether it is on this machine or not.

use super::out;
use super::settings::Flags;
use crate::api::local_key;
use crate::http::client;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use reqwest::header::USER_AGENT;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an answer may take; streams are not bounded by it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which hub to talk to.
#[derive(Clone, Debug, Default, Args)]
pub struct Target {
    /// The hub's URL [default: the one on this machine, as configured]
    #[arg(long, env = "SYNCLINE_SERVER", value_name = "URL")]
    server: Option<String>,
    /// An API key [default: the local key in the data directory]
    #[arg(long, env = "SYNCLINE_API_KEY", value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,
}

/// A hub and the key to it.
#[derive(Debug)]
pub struct Remote {
    base: String,
    key: String,
    client: reqwest::Client,
}

impl Target {
    /// Finds the hub and the key.
    ///
    /// # Errors
    /// When no key is given and there is no local one.
    pub fn find(&self, settings: &Flags) -> Result<Remote> {
        let client = client::client()?;
        if let (Some(base), Some(key)) = (&self.server, &self.api_key) {
            return Ok(Remote { base: base.trim_end_matches('/').to_owned(), key: key.clone(), client });
        }
        let config = settings.load_for_client()?.config;
        let base = self.server.clone().unwrap_or_else(|| local_address(&config.server.listen));
        let key = match &self.api_key {
            Some(key) => key.clone(),
            None if self.server.is_some() => bail!("--server needs --api-key (or SYNCLINE_API_KEY)"),
            None => {
                let path = local_key::path(&config.data_dir);
                std::fs::read_to_string(&path).with_context(|| {
                    format!(
                        "no local key at {}: is a hub running here? `syncline serve` starts one",
                        path.display()
                    )
                })?
            }
        };
        Ok(Remote { base: base.trim_end_matches('/').to_owned(), key: key.trim().to_owned(), client })
    }
}

/// Where a server that listens on `address` is reached from the same machine.
#[must_use]
pub fn local_address(address: &std::net::SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{}", address.port());
    }
    format!("http://{address}")
}

/// What somebody typed, as one segment of a path or one value of a query: it cannot lead anywhere else.
#[must_use]
pub fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Remote {
    /// The hub at `base`, with this key.
    #[must_use]
    pub fn at(base: &str, key: &str, client: reqwest::Client) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), key: key.to_owned(), client }
    }

    /// A request to `path`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let name = concat!("syncline-cli/", env!("CARGO_PKG_VERSION"));
        let request = self.client.request(method, format!("{}{path}", self.base));
        request.bearer_auth(&self.key).header(USER_AGENT, name)
    }

    /// Sends, and reads a JSON answer; `Null` when there is none.
    ///
    /// # Errors
    /// When nobody listens, or with what the hub said was wrong.
    pub async fn json(&self, request: RequestBuilder) -> Result<Value> {
        let answer = self.send(request.timeout(PATIENCE)).await?;
        let text = answer.text().await?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        read(&text).with_context(|| format!("the answer of {} is not JSON", self.base))
    }

    /// Sends; answers only a success.
    ///
    /// # Errors
    /// When nobody listens, or with what the hub said was wrong.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let answer = request.send().await.map_err(|error| {
            let why =
                if error.is_connect() { "is it running? `syncline serve` starts it" } else { "no answer" };
            anyhow::Error::new(error.without_url())
                .context(format!("cannot reach the hub at {}: {why}", self.base))
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let problem: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or("the answer says no more");
        let mistakes: String = problem["mistakes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| format!("\n  {}", mistake(one)))
            .collect();
        let code = problem["code"].as_str().unwrap_or("no code");
        bail!("the hub refused: {detail} ({code}, {status}){mistakes}")
    }
}

/// How deep lists and objects are looked into for a number that is too large.
const DEPTH: usize = 100;

/// Reads JSON. A number that no computer's number can hold (`1e999`) is a text then, as it was written: events hold what a provider sent,
/// whatever it was, and one of them must not hide the others.
///
/// # Errors
/// When it is none.
pub(super) fn read(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).or_else(|_| part(serde_json::from_str(text)?, DEPTH))
}

fn part(raw: &RawValue, depth: usize) -> serde_json::Result<Value> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') if depth > 0 => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            let read = members.into_iter().map(|(name, raw)| Ok((name, part(raw, depth - 1)?)));
            read.collect::<serde_json::Result<_>>().map(Value::Object)
        }
        Some(b'[') if depth > 0 => {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            let read = elements.into_iter().map(|raw| part(raw, depth - 1));
            read.collect::<serde_json::Result<_>>().map(Value::Array)
        }
        _ => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
    }
}

/// A mistake in an agreement, in a line.
#[must_use]
pub fn mistake(one: &Value) -> String {
    let part = |name: &str| out::plain(one[name].as_str().unwrap_or(""));
    let field = one["field"].as_str().map(|field| format!(" ({})", out::plain(field))).unwrap_or_default();
    format!("{}{field}: {}", part("at"), part("message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_that_is_too_large_is_shown_as_it_was_written() {
        let answer = r#"{"data":[{"id":"evt_1","raw":{"a":[1e999,{"b":-1e999}],"c":1.5}},{"id":"evt_2"}]}"#;
        let expected = json!({
            "data": [{ "id": "evt_1", "raw": { "a": ["1e999", { "b": "-1e999" }], "c": 1.5 } }, { "id": "evt_2" }],
        });
        assert_eq!(read(answer).unwrap(), expected);
        let deep = format!("{}1e999{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).is_ok(), "however deep it is");
        for text in ["", "<html>", "{\"a\":1e999", "[1e999,]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
