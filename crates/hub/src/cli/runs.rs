//! `syncline runs`: loads looked at and stopped.

use super::manage::{ask, list, pretty};
use super::out;
use super::remote::{Target, segment};
use super::settings::Flags;
use anyhow::Result;
use clap::Subcommand;
use reqwest::Method;
use std::process::ExitCode;

/// Look at loads and stop them.
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// List runs, the latest first
    List {
        #[command(flatten)]
        target: Target,
        /// Only this connection's
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
        /// waiting, running, paused, succeeded, partial, failed or cancelled
        #[arg(long)]
        state: Option<String>,
        /// How many, at most 500
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: u32,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show one run and its lanes
    Show {
        #[command(flatten)]
        target: Target,
        /// The run's id, run_…
        id: String,
    },
    /// Stop a run at the end of the page it is at; what it has read stays
    Cancel {
        #[command(flatten)]
        target: Target,
        /// The run's id, run_…
        id: String,
    },
}

impl Runs {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List { target, connection, state, limit, json } => {
                let columns =
                    ["id", "connection_id", "mode", "state", "read", "changed", "gone", "created_at"];
                let connection = segment(&connection.unwrap_or_default());
                let state = segment(&state.unwrap_or_default());
                let path = format!("/v1/runs?limit={limit}&connection_id={connection}&state={state}");
                ask(settings, &target, Method::GET, &path, None, |runs| list(&runs, &columns, json))
            }
            Self::Show { target, id } => {
                ask(settings, &target, Method::GET, &format!("/v1/runs/{}", segment(&id)), None, pretty)
            }
            Self::Cancel { target, id } => {
                let path = format!("/v1/runs/{}/cancel", segment(&id));
                ask(settings, &target, Method::POST, &path, None, |_| out::line("stopping"))
            }
        }
    }
}
