//! `syncline endpoints rotate`, and how a new secret is shown.

use super::path;
use crate::cli::manage::{ask, pretty};
use crate::cli::out;
use crate::cli::remote::Target;
use crate::cli::settings::Flags;
use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Rotate an endpoint's secret
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
    /// hmac (a shared secret) or ed25519 (a key pair)
    #[arg(long, default_value = "hmac", value_parser = ["hmac", "ed25519"])]
    scheme: String,
    /// How long the old secret is used beside it, 0s to 7d
    #[arg(long, default_value = "24h", value_name = "SPAN")]
    overlap: String,
    /// The new secret as JSON
    #[arg(long)]
    json: bool,
}

impl Rotate {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let path = format!("{}/secrets", path(&self.endpoint));
        let body = json!({ "scheme": self.scheme, "overlap": self.overlap });
        ask(settings, &self.target, Method::POST, &path, Some(body), |made| {
            if self.json {
                return pretty(made);
            }
            show_secret(&made);
        })
    }
}

/// What the receiver needs of a new secret: on standard output, so that it can be piped.
pub(super) fn show_secret(made: &Value) {
    if let Some(secret) = made["secret"].as_str() {
        out::note("Its secret; keep it now, it is not shown again:");
        out::line(secret);
    } else {
        out::note("Its public key, which the receiver verifies with:");
        out::line(made["public_key"].as_str().unwrap_or_default());
    }
}
