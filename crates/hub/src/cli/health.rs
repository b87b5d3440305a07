//! `syncline health`: whether the hub on this machine answers. An image without a shell has no other program to ask with.

use super::remote::local_address;
use super::settings::Flags;
use super::{out, runtime};
use crate::http::client;
use anyhow::{Context as _, Result};
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Ask the hub on this machine whether it is alive.
#[derive(Debug, Args)]
pub struct Health {
    /// Ask whether it can do its part too: database, log and brokers included
    #[arg(long)]
    ready: bool,
    /// The hub's URL [default: the one on this machine, as configured]
    #[arg(long, env = "SYNCLINE_SERVER", value_name = "URL")]
    server: Option<String>,
}

impl Health {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(self.ask(settings))
    }

    async fn ask(self, settings: &Flags) -> Result<ExitCode> {
        let base = match self.server {
            Some(server) => server,
            None => local_address(&settings.load_for_client()?.config.server.listen),
        };
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let answer = client::client()?
            .get(&url)
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(reqwest::Error::without_url)
            .with_context(|| format!("{url} does not answer: is the hub running?"))?;
        let status = answer.status();
        let said = answer.text().await.unwrap_or_default();
        anyhow::ensure!(status.is_success(), "{url} answers {status}: {}", out::plain(said.trim_end()));
        out::line(out::plain(said.trim_end()));
        Ok(ExitCode::SUCCESS)
    }
}
