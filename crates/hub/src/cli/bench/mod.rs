//! `syncline bench`: measurements anyone can repeat, as ratios within one run.

mod client;
mod counters;
mod counters_proof;
mod counters_reconcile;
mod counters_scene;
mod cpu;
mod hub;
mod intake;
mod load;
mod notify;
mod process;
mod sample;
mod sandbox;
mod sink;
mod sync;
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
    /// Loading records: against what the limits dictate, one type at a time, and plain downloading
    Load(load::Load),
    /// Two-way sync: the first run of two systems that share people, a run with nothing to do, and live changes
    Sync(sync::Sync),
    /// Notifying: published over the API, durable, delivered, settled; fan-out, pace, a backlog
    Notify(notify::Notify),
    /// Counters: changes accepted durably; with --proof, many keys through faults and kills to right properties
    Counters(counters::Counters),
    /// The sandbox: single reads a second, and memory with a million contacts
    Sandbox(sandbox::Sandbox),
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Intake(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::Load(command) => command.run(),
            Self::Sync(command) => command.run(),
            Self::Notify(command) => command.run(),
            Self::Counters(command) => command.run(),
            Self::Sandbox(command) => command.run(),
        }
    }
}

/// Resident memory of a process, as Linux tells it; 0 elsewhere.
pub(in crate::cli) fn resident_mib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib / 1_024)
}
