//! `syncline endpoints`: where the application wants to be told, from the terminal.

mod change;
mod list;
mod mend;
mod secrets;

pub(super) use list::deliveries;

use super::manage::ask;
use super::out;
use super::remote::{Target, segment};
use super::settings::Flags;
use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use std::process::ExitCode;

/// Say where your application wants to be told, and see how that goes.
#[derive(Debug, Subcommand)]
pub enum Endpoints {
    /// List endpoints
    List(list::List),
    /// Show one endpoint: its terms, its secrets without what they are, what waits for it
    Show(list::Show),
    /// Make an endpoint; its secret is shown this once
    Create(change::Create),
    /// Change an endpoint's terms
    Set(change::Set),
    /// Let an endpoint be sent messages; what waited for it goes on
    Enable(One),
    /// Stop sending; what waits goes on waiting, what is published meanwhile is not for it
    Disable(One),
    /// End an endpoint; what waits for it is never sent
    Delete(One),
    /// Put a new secret in the place of the old one, which is used beside it for a while
    Rotate(secrets::Rotate),
    /// List deliveries, to one endpoint or to all
    Deliveries(list::Deliveries),
    /// How an endpoint does: deliveries, failures, latencies
    Stats(list::Stats),
    /// Send an endpoint the example of an event type
    Test(mend::Test),
    /// Send again everything that failed since a moment
    Recover(mend::Recover),
    /// Send the messages of a span of time, as to a new endpoint
    Replay(mend::Replay),
    /// Drop what waits for an endpoint
    Skip(mend::Skip),
}

/// Which endpoint.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    target: Target,
    /// The endpoint's id, ep_…
    endpoint: String,
}

impl One {
    fn path(&self) -> String {
        path(&self.endpoint)
    }

    fn turn(&self, settings: &Flags, how: &str, say: &str) -> Result<ExitCode> {
        let path = format!("{}/{how}", self.path());
        ask(settings, &self.target, Method::POST, &path, None, |_| out::line(say))
    }
}

/// Where an endpoint is in the API.
fn path(id: &str) -> String {
    format!("/v1/endpoints/{}", segment(id))
}

impl Endpoints {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List(command) => command.run(settings),
            Self::Show(command) => command.run(settings),
            Self::Create(command) => command.run(settings),
            Self::Set(command) => command.run(settings),
            Self::Enable(one) => one.turn(settings, "enable", "enabled"),
            Self::Disable(one) => one.turn(settings, "disable", "disabled"),
            Self::Delete(one) => {
                let say = "deleted";
                ask(settings, &one.target, Method::DELETE, &one.path(), None, |_| out::line(say))
            }
            Self::Rotate(command) => command.run(settings),
            Self::Deliveries(command) => command.run(settings),
            Self::Stats(command) => command.run(settings),
            Self::Test(command) => command.run(settings),
            Self::Recover(command) => command.run(settings),
            Self::Replay(command) => command.run(settings),
            Self::Skip(command) => command.run(settings),
        }
    }
}
