//! `syncline listen`: a receiver on this machine, to see messages arrive and to develop against them.

mod receive;
mod say;
mod temporary;

use super::remote::Target;
use super::settings::Flags;
use super::{out, runtime};
use crate::http::{client, server};
use crate::lifecycle::Signals;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use receive::{Receiver, router};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use syncline_core::notify::secret::VerifyingKey;
use syncline_core::secret::Secret;
use temporary::Temporary;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

const EXAMPLES: &str = "\
Examples:
  syncline listen                                      an endpoint in the hub for as long as this runs
  syncline listen --forward http://localhost:3000/hook the same, and your application gets them too
  syncline listen --secret whsec_… --port 4010         for an endpoint that there is already

Without --secret an endpoint is made in the hub and deleted at the end. The hub has to be able to call this machine: for a hub on
this machine, with notify.allow = \"127.0.0.0/8\" and notify.plain_http = true; for another one, with --url, the address of a tunnel.";

/// Receive messages on this machine: verify, print, pass on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Listen {
    #[command(flatten)]
    target: Target,
    /// Port to listen on, on this machine alone; 0 takes a free one
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// The secret (whsec_…) or public key (whpk_…) to verify with; may be given several times
    #[arg(
        long,
        env = "SYNCLINE_WEBHOOK_SECRET",
        value_name = "KEY",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    secret: Vec<String>,
    /// Pass messages on to this URL, as they came
    #[arg(long, value_name = "URL")]
    forward: Option<Url>,
    /// The URL under which the hub reaches this receiver [default: its own address]
    #[arg(long, value_name = "URL", conflicts_with = "secret")]
    url: Option<String>,
    /// Whose messages to get [default: every organization's, or the key's own]
    #[arg(long, value_name = "ORG", conflicts_with = "secret")]
    org_id: Option<String>,
    /// Event types to get, with commas between them [default: all, those that are opt-in included]
    #[arg(long, value_name = "TYPE", value_delimiter = ',', default_value = "*", conflicts_with = "secret")]
    events: Vec<String>,
    /// End after so many verified messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Write the receiver's URL to this file once it listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Listen {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        runtime()?.block_on(self.listen(settings))
    }

    async fn listen(self, settings: &Flags) -> Result<ExitCode> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], self.port)))
            .await
            .with_context(|| format!("cannot listen on port {}; --port 0 takes a free one", self.port))?;
        let here = format!("http://{}", listener.local_addr()?);
        // From here on Ctrl-C takes away what is about to be made.
        let signals = Signals::install();
        let (keys, temporary) = self.keys(settings, &here).await?;
        let served = self.serve(listener, &here, keys, signals).await;
        if let Some(temporary) = temporary {
            temporary.delete().await?;
        }
        served.map(|()| ExitCode::SUCCESS)
    }

    /// What to verify with: what was given, or the secret of an endpoint that is made for this.
    async fn keys(&self, settings: &Flags, here: &str) -> Result<(Vec<VerifyingKey>, Option<Temporary>)> {
        if !self.secret.is_empty() {
            let parse = |text: &String| VerifyingKey::parse(&Secret::new(text));
            let keys = self.secret.iter().map(parse).collect::<Result<Vec<_>, _>>();
            return Ok((keys.context("--secret")?, None));
        }
        let url = self.url.clone().unwrap_or_else(|| format!("{here}/"));
        let hub = self.target.find(settings)?;
        let made = Temporary::make(hub, &url, self.org_id.as_deref(), &self.events).await;
        let (temporary, secret) = made.context(
            "no endpoint was made in the hub; with --secret this receives for one that there is already",
        )?;
        let Ok(key) = VerifyingKey::parse(&secret) else { bail!("the hub answered a secret that is none") };
        Ok((vec![key], Some(temporary)))
    }

    async fn serve(
        &self,
        listener: TcpListener,
        here: &str,
        keys: Vec<VerifyingKey>,
        mut signals: Signals,
    ) -> Result<()> {
        let stop = CancellationToken::new();
        let receiver = Receiver::new(keys, self.forward.clone(), client::client()?, self.json)
            .until(self.count, stop.clone());
        if let Some(path) = &self.ready_file {
            announce(path, here)?;
        }
        out::note(format!("Listening on {here}; Ctrl-C ends it."));
        let receiver = Arc::new(receiver);
        let router = router(Arc::clone(&receiver));
        let serving = tokio::spawn(server::serve(listener, router, stop.clone(), CancellationToken::new()));
        tokio::select! {
            _ = signals.next() => stop.cancel(),
            () = stop.cancelled() => {}
        }
        serving.await?;
        receiver.forwarded().await;
        Ok(())
    }
}

/// Written beside it and renamed, so that whoever waits for the file reads all of it.
fn announce(path: &Path, url: &str) -> Result<()> {
    let draft = path.with_extension("new");
    std::fs::write(&draft, url).with_context(|| format!("cannot write {}", draft.display()))?;
    std::fs::rename(&draft, path).with_context(|| format!("cannot write {}", path.display()))
}
