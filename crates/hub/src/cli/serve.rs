//! `syncline serve`: runs the hub until a signal.

use super::settings::Flags;
use super::{out, runtime};
use crate::app::App;
use crate::config::{Flag, Loaded};
use crate::cx::Cx;
use crate::dice::Dice;
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::portal::setup;
use crate::roles::Roles;
use crate::telemetry::{logs, otlp};
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use sd_notify::NotifyState;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use syncline_core::time::SystemClock;
use tokio::net::TcpListener;

/// Run the hub.
#[derive(Debug, Args)]
pub struct Serve {
    /// What this process does (repeatable) [default: everything]
    #[arg(long, value_enum)]
    role: Vec<Role>,
    /// Address to listen on, e.g. 0.0.0.0:8400
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Stop when standard input ends: whoever started this is gone, or wants it to stop
    #[arg(long, hide = true)]
    while_stdin_is_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Take in webhooks
    Intake,
    /// Turn them into events and run jobs
    Worker,
    /// Serve the API and the portal
    Api,
}

impl Serve {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        let listen = self.listen.as_ref().map(|address| Flag::new("--listen", "server.listen", address));
        let loaded = settings.load(listen.into_iter().collect())?;
        runtime()?.block_on(serve(loaded, self.roles(), self.while_stdin_is_open))
    }

    fn roles(&self) -> Roles {
        if self.role.is_empty() {
            return Roles::ALL;
        }
        let has = |role| self.role.contains(&role);
        Roles { intake: has(Role::Intake), worker: has(Role::Worker), api: has(Role::Api) }
    }
}

/// Serves with this configuration until a signal, or, with `on_leash`, until standard input ends.
///
/// # Errors
/// When the hub cannot be put together or its address is taken.
async fn serve(loaded: Loaded, roles: Roles, on_leash: bool) -> Result<ExitCode> {
    let traces = otlp::start(&loaded.config.telemetry)?;
    logs::install(&loaded.config.log, traces.as_ref().map(otlp::Traces::layer));
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let config = loaded.config;
    let (address, grace) = (config.server.listen, config.server.shutdown_grace.get());
    let app = App::build(config, Arc::new(SystemClock), Dice::of_the_system(), roles)?;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; another process may have it (--listen chooses another address)")
    })?;
    let signals = Signals::install();
    app.start(listener).await?;
    tracing::info!(
        %address,
        public_url = %app.cx.config.server.public_url,
        database = app.cx.store.dialect().name(),
        "listening"
    );
    tokio::spawn(announce(app.cx.clone(), roles));
    if on_leash {
        stop_at_the_end_of_input(app.lifecycle());
    }
    let ending = app.lifecycle().wait_for(signals, grace).await;
    if let Some(traces) = traces {
        traces.finish();
    }
    Ok(match ending {
        Ending::Drained => ExitCode::SUCCESS,
        Ending::Forced | Ending::Failed => ExitCode::FAILURE,
    })
}

/// Tells the service manager that the hub is ready, and the operator where the portal is, and at the first start how to get in. The link goes to the terminal and never into the
/// log: logs are kept and shared, and what is not a terminal is one, with a JSON object a line.
async fn announce(cx: Cx, roles: Roles) {
    cx.ready.cancelled().await;
    // What the service manager starts after this may start now (sd_notify(3)); where nobody wants to be told, nothing happens.
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that the hub is ready");
    }
    let has_portal = roles.api && cx.config.portal.enabled;
    let portal = format!("{}/portal", cx.config.server.public_url);
    if !std::io::stderr().is_terminal() {
        if has_portal {
            tracing::info!(portal, "`syncline portal-link` prints a link that sets the portal's password");
        }
        return;
    }
    if has_portal {
        match setup::first_link(&cx).await {
            Ok(Some(link)) => {
                out::note(format!(
                    "\n  First start. Choose the portal's password here (works for an hour):\n  {link}\n"
                ));
            }
            Ok(None) => out::note(format!("\n  Portal: {portal}\n")),
            Err(error) => tracing::warn!(%error, "the portal's password could not be looked up"),
        }
    }
}

/// On a thread of its own, which keeps nobody from ending: it may wait for ever.
fn stop_at_the_end_of_input(lifecycle: Lifecycle) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        tracing::info!("stopping: standard input has ended");
        lifecycle.stop();
    });
}
