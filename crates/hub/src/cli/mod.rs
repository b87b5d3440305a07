//! The command line: one file per command. Exit codes: 0 done, 1 failed, 2 called wrongly.

mod bench;
mod out;
mod serve;
mod settings;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "syncline", version, about, long_about = LONG_ABOUT, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    settings: settings::Flags,
    #[command(subcommand)]
    command: Command,
}

const LONG_ABOUT: &str = "Syncline: a self-hosted integration hub for CRM data.\n\n\
    It connects your customers' accounts, takes in every provider webhook without losing one, and tells your \
    application what happened. Everything runs in this one binary on an embedded database; PostgreSQL or MySQL and \
    Kafka are a setting away.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub.
    Serve(serve::Serve),
    /// Measure this machine.
    #[command(subcommand)]
    Bench(bench::Bench),
}

/// Parses, runs, and turns the outcome into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            out::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(command) => command.run(&cli.settings),
        Command::Bench(command) => command.run(),
    }
}

/// The runtime every command but the benchmarks runs on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
