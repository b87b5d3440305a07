//! `syncline bench`: measurements anyone can repeat, as ratios within one run.

mod client;
mod intake;
mod sample;
mod whole_way;

use clap::Subcommand;
use std::process::ExitCode;

/// Measure this machine.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Durable webhook intake against the same server without signature, without durability, and without either
    Intake(intake::Intake),
    /// From accepted to queryable, at a given rate, with the log's lag and the memory watched
    Events(whole_way::WholeWay),
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Intake(command) => command.run(),
            Self::Events(command) => command.run(),
        }
    }
}
