//! `syncline syncs` and `syncline conflicts`: two-way sync from the terminal.

mod agreement;
mod conflicts;
mod links;
mod list;
mod plan;
mod run;
mod show;
pub(super) mod text;
mod watch;

pub use conflicts::Conflicts;

use super::manage::ask;
use super::out;
use super::remote::{Target, segment};
use super::rows::{given, print, rows};
use super::settings::Flags;
use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;
use std::process::ExitCode;

/// Keep the records of two connections in step.
#[derive(Debug, Subcommand)]
pub enum Syncs {
    /// List syncs
    List(list::List),
    /// Show one sync: its rules, its links, what waits for a person
    Show(show::Show),
    /// Print the agreement that is ready-made for two connections, to be changed and passed to create
    Template(agreement::Template),
    /// Try an agreement: print what is wrong with it; nothing is kept
    Check(agreement::Check),
    /// Make a sync; it runs at once
    Create(agreement::Create),
    /// Change a sync's name, agreement or schedule
    Set(agreement::Set),
    /// Let a sync rest: nothing is written until it is resumed
    Pause(One),
    /// Let a paused sync go on; what changed meanwhile is carried over
    Resume(One),
    /// End a sync; the records of both sides stay as they are
    Delete(One),
    /// Run a sync over all records; with --dry-run only print what it would do
    Run(run::Run),
    /// List the runs of a sync, the latest first
    Runs(run::Runs),
    /// Stop a run at the end of the page it is at; what it did stays
    Cancel {
        #[command(flatten)]
        target: Target,
        /// The run's id, srn_…
        run: String,
    },
    /// Print what a dry run would have done
    Plan(plan::Plan),
    /// Print the fields of both sides, as agreements name them
    Schema(list::Schema),
    /// List links: which record of the left is which of the right
    Links(links::Links),
    /// Show one link: both records, rule by rule
    Link(links::Link),
    /// Print what happened in a sync, to a link, or to one record across both systems
    History(links::History),
}

/// Which sync.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    target: Target,
    /// The sync's id, syn_…
    sync: String,
}

impl One {
    fn path(&self) -> String {
        format!("/v1/syncs/{}", segment(&self.sync))
    }

    fn turn(&self, settings: &Flags, state: &str, say: &str) -> Result<ExitCode> {
        let body = json!({ "state": state });
        ask(settings, &self.target, Method::PATCH, &self.path(), Some(body), |_| out::line(say))
    }
}

impl Syncs {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List(command) => command.run(settings),
            Self::Show(command) => command.run(settings),
            Self::Template(command) => command.run(settings),
            Self::Check(command) => command.run(settings),
            Self::Create(command) => command.run(settings),
            Self::Set(command) => command.run(settings),
            Self::Pause(one) => one.turn(settings, "paused", "paused"),
            Self::Resume(one) => one.turn(settings, "active", "goes on"),
            Self::Delete(one) => {
                let say = "deleted; the records of both sides stay as they are";
                ask(settings, &one.target, Method::DELETE, &one.path(), None, |_| out::line(say))
            }
            Self::Run(command) => command.run(settings),
            Self::Runs(command) => command.run(settings),
            Self::Cancel { target, run } => {
                let path = format!("/v1/sync-runs/{}/cancel", segment(&run));
                ask(settings, &target, Method::POST, &path, None, |_| out::line("stopping"))
            }
            Self::Plan(command) => command.run(settings),
            Self::Schema(command) => command.run(settings),
            Self::Links(command) => command.run(settings),
            Self::Link(command) => command.run(settings),
            Self::History(command) => command.run(settings),
        }
    }
}
