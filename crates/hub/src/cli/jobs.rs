//! `syncline jobs`: work in the background, seen and mended from the terminal.

use super::manage::{ask, list, pretty};
use super::out;
use super::remote::{Target, segment};
use super::settings::Flags;
use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use std::process::ExitCode;

/// See and mend work in the background.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List jobs
    List {
        #[command(flatten)]
        target: Target,
        /// parked, waiting or running
        #[arg(long, default_value = "parked")]
        state: String,
        /// Only this kind
        #[arg(long)]
        kind: Option<String>,
        /// Only those with this in their payload or last error
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one job
    Show {
        #[command(flatten)]
        target: Target,
        /// The job's id, job_…
        id: String,
    },
    /// Let a parked job run again
    Retry {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        which: Which,
    },
    /// Throw a parked job away
    Discard {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        which: Which,
        /// With --all: throw them away; without it they are only counted
        #[arg(long, requires = "all", conflicts_with = "id")]
        yes: bool,
    },
}

/// One parked job, or all that fit.
#[derive(Debug, Args)]
pub struct Which {
    /// The job's id, job_…; left out with --all
    #[arg(required_unless_present = "all")]
    id: Option<String>,
    /// All parked jobs
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// With --all: only this kind
    #[arg(long, requires = "all", conflicts_with = "id")]
    kind: Option<String>,
    /// With --all: only those with this in their payload or last error
    #[arg(long, requires = "all", conflicts_with = "id", value_name = "TEXT")]
    search: Option<String>,
}

impl Which {
    /// The filters in a query.
    fn query(&self) -> String {
        query(self.kind.as_deref(), self.search.as_deref())
    }
}

fn query(kind: Option<&str>, search: Option<&str>) -> String {
    let given = [("kind", kind), ("search", search)].into_iter();
    given.filter_map(|(name, value)| Some(format!("&{name}={}", segment(value?)))).collect()
}

impl Jobs {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List { target, state, kind, search, json } => {
                let columns = ["id", "kind", "org_id", "attempts", "updated_at", "last_error"];
                let query = query(kind.as_deref(), search.as_deref());
                let path = format!("/v1/jobs?limit=100&state={}{query}", segment(&state));
                ask(settings, &target, Method::GET, &path, None, |jobs| list(&jobs, &columns, json))
            }
            Self::Show { target, id } => {
                ask(settings, &target, Method::GET, &format!("/v1/jobs/{}", segment(&id)), None, pretty)
            }
            Self::Retry { target, which } => match &which.id {
                Some(id) => {
                    let path = format!("/v1/jobs/{}/retry", segment(id));
                    ask(settings, &target, Method::POST, &path, None, |_| out::line("on its way"))
                }
                None => {
                    let path = format!("/v1/jobs/retry?{}", which.query().trim_start_matches('&'));
                    ask(settings, &target, Method::POST, &path, None, |answer| {
                        out::line(format!("{} on their way", answer["retried"]));
                    })
                }
            },
            Self::Discard { target, which, yes } => discard(settings, &target, &which, yes),
        }
    }
}

fn discard(settings: &Flags, target: &Target, which: &Which, yes: bool) -> Result<ExitCode> {
    if let Some(id) = &which.id {
        let path = format!("/v1/jobs/{}", segment(id));
        return ask(settings, target, Method::DELETE, &path, None, |_| out::line("gone"));
    }
    let path = format!("/v1/jobs/discard?dry_run={}{}", !yes, which.query());
    ask(settings, target, Method::POST, &path, None, |answer| {
        let count = &answer["discarded"];
        if yes {
            return out::line(format!("{count} gone"));
        }
        out::line(format!("{count} would be gone"));
        out::note("Nothing was done. With --yes they are thrown away for good.");
    })
}
