//! `syncline webhook send`: signs and posts HubSpot deliveries, so that a newcomer sees an event arrive without HubSpot.

use super::remote::local_address;
use super::settings::Flags;
use super::{out, runtime, samples};
use crate::config::App;
use crate::dice::Dice;
use crate::http::client;
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use data_encoding::{BASE64, HEXLOWER};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use syncline_core::signature::{hmac_sha256, sha256};
use syncline_core::time::{Clock as _, SystemClock, Timestamp};

/// Try webhooks.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Sign and post a delivery as HubSpot would
    Send(Send),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scheme {
    /// SHA-256 of secret and body
    V1,
    /// SHA-256 of secret, method, URL and body
    V2,
    /// HMAC of method, URL, body and time, beside v1, as HubSpot sends today
    V3,
}

/// Sign and post a delivery as HubSpot would
#[derive(Debug, Args)]
pub struct Send {
    /// The app it is for [default: the only one configured]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Send this file instead of a sample (a JSON array of events; - for standard input)
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Sample events in all
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Sample events in one delivery, at most 100
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    per_delivery: u16,
    /// The account the samples are from
    #[arg(long, default_value_t = 62_515)]
    account: i64,
    /// Signature scheme
    #[arg(long, value_enum, default_value = "v3")]
    signature: Scheme,
    /// Sign with this secret instead of the app's: to see a wrong one refused
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    secret: Option<String>,
    /// Where the hub is reached from here [default: the address it listens on]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// What is known before the first delivery goes out.
struct Sender {
    client: reqwest::Client,
    /// Where to post.
    target: String,
    /// What the signature says the URL is.
    signed_url: String,
    secret: String,
    scheme: Scheme,
}

impl Webhook {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::Send(send) => runtime()?.block_on(send.run(settings)),
        }
    }
}

impl Send {
    async fn run(self, settings: &Flags) -> Result<ExitCode> {
        let sender = self.sender(settings)?;
        let bodies = self.bodies()?;
        let bar = progress(bodies.len());
        let (mut accepted, mut refused) = (0_usize, 0_usize);
        for body in &bodies {
            let (status, answer) = sender.post(body, SystemClock.now()).await?;
            bar.inc(1);
            if status.is_success() {
                accepted += 1;
                continue;
            }
            refused += 1;
            bar.suspend(|| out::note(format!("refused: {status} {}", reason(&answer))));
        }
        bar.finish_and_clear();
        out::line(format!(
            "{accepted} of {} {} accepted at {}",
            bodies.len(),
            if bodies.len() == 1 { "delivery" } else { "deliveries" },
            sender.target
        ));
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn sender(&self, settings: &Flags) -> Result<Sender> {
        let config = settings.load_for_client()?.config;
        let hubspot = config.apps.iter().filter(|(_, app)| app.provider.as_str() == "hubspot");
        let candidates: Vec<(&String, &App)> =
            hubspot.filter(|(name, _)| self.app.as_ref().is_none_or(|wanted| wanted == *name)).collect();
        let (name, app) = match candidates.as_slice() {
            [only] => *only,
            [] if self.app.is_some() => {
                bail!("no HubSpot app of that name is configured; `syncline config show` lists what is")
            }
            [] => bail!(
                "no HubSpot app is configured; `syncline demo` starts a hub with one, `syncline init` writes a \
                 configuration to put yours in"
            ),
            _ => bail!("several HubSpot apps are configured; --app says which"),
        };
        let secret = self
            .secret
            .clone()
            .or_else(|| app.client_secret.as_ref().map(|secret| secret.expose().to_owned()));
        let secret =
            secret.with_context(|| format!("apps.{name}.client_secret is not set; --secret gives one"))?;
        let base = self.to.clone().unwrap_or_else(|| local_address(&config.server.listen));
        let path = format!("/webhooks/hubspot/{name}");
        Ok(Sender {
            client: client::client()?,
            target: format!("{}{path}", base.trim_end_matches('/')),
            signed_url: format!("{}{path}", config.server.public_url),
            secret,
            scheme: self.signature,
        })
    }

    fn bodies(&self) -> Result<Vec<Vec<u8>>> {
        let Some(file) = &self.body else {
            let per_delivery = usize::from(self.per_delivery);
            return Ok(samples::deliveries(
                self.count,
                per_delivery,
                self.account,
                SystemClock.now(),
                &Dice::of_the_system(),
            ));
        };
        let mut body = Vec::new();
        if file.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut body)?;
        } else {
            body = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        }
        Ok(vec![body])
    }
}

impl Sender {
    async fn post(&self, body: &[u8], now: Timestamp) -> Result<(http::StatusCode, String)> {
        let secret = self.secret.as_bytes();
        let mut request = self.client.post(&self.target).header("content-type", "application/json");
        let v1 = HEXLOWER.encode(&sha256(&[secret, body]));
        request = match self.scheme {
            Scheme::V1 => {
                request.header("x-hubspot-signature", v1).header("x-hubspot-signature-version", "v1")
            }
            Scheme::V2 => {
                let v2 = HEXLOWER.encode(&sha256(&[secret, b"POST", self.signed_url.as_bytes(), body]));
                request.header("x-hubspot-signature", v2).header("x-hubspot-signature-version", "v2")
            }
            Scheme::V3 => {
                let timestamp = now.as_millis().to_string();
                let signed = [b"POST".as_slice(), self.signed_url.as_bytes(), body, timestamp.as_bytes()];
                request
                    .header("x-hubspot-signature", v1)
                    .header("x-hubspot-signature-version", "v1")
                    .header("x-hubspot-signature-v3", BASE64.encode(&hmac_sha256(secret, &signed)))
                    .header("x-hubspot-request-timestamp", timestamp)
            }
        };
        let answer =
            request.timeout(Duration::from_secs(10)).body(body.to_vec()).send().await.map_err(|error| {
                anyhow::Error::new(error.without_url())
                    .context(format!("cannot reach {}: is the hub running?", self.target))
            })?;
        let status = answer.status();
        Ok((status, answer.text().await.unwrap_or_default()))
    }
}

fn progress(deliveries: usize) -> ProgressBar {
    if deliveries < 20 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} deliveries, {per_sec}, {eta} left");
    ProgressBar::new(deliveries as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The detail of a refusal.
fn reason(answer: &str) -> String {
    let problem: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().unwrap_or("").to_owned();
    format!("{} ({})", text("detail"), text("code"))
}
