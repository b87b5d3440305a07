//! The command line: one file per command. Exit codes: 0 done, 1 failed, 2 called wrongly.

mod audit;
mod backup;
mod bench;
mod configure;
mod connections;
mod counters;
mod demo;
mod doctor;
mod endpoints;
mod events;
mod health;
mod jobs;
mod keys;
mod listen;
mod load;
mod man;
mod manage;
mod messages;
mod openapi;
mod out;
mod records;
mod remote;
mod rows;
mod runs;
mod samples;
mod sandbox;
mod serve;
mod settings;
mod setup;
mod syncs;
mod webhook;

use clap::{CommandFactory as _, Parser, Subcommand};
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
    It takes in every provider webhook without losing one and keeps the events, in the order in which they happened. \
    Everything runs in this one binary on an embedded database; PostgreSQL or MySQL and Kafka are a setting away.";

#[derive(Debug, Subcommand)]
enum Command {
    /// See the whole thing at work: everything simulated, everything in ./syncline-demo
    Demo(demo::Demo),
    /// Play HubSpot, Notion, Airtable and 10to8 on this machine, to try and to test without accounts
    Sandbox(sandbox::Sandbox),
    /// Run the hub
    Serve(serve::Serve),
    /// Write a commented configuration file to begin with
    Init(configure::Init),
    /// Look at the configuration
    #[command(subcommand)]
    Config(configure::Config),
    /// Check everything the hub depends on, and say what to do
    Doctor(doctor::Doctor),
    /// Copy what a hub on SQLite keeps, while it runs
    Backup(backup::Backup),
    /// Connect accounts, look at them, end them
    #[command(subcommand)]
    Connections(connections::Connections),
    /// Load the records of a connection, and watch
    Load(load::Load),
    /// Look at loads and stop them
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Keep the records of two connections in step
    #[command(subcommand)]
    Syncs(syncs::Syncs),
    /// See what waits for a person in syncs, and decide it
    #[command(subcommand)]
    Conflicts(syncs::Conflicts),
    /// Count, have a property at HubSpot follow, and compare
    #[command(subcommand)]
    Counters(counters::Counters),
    /// Say where your application wants to be told, and see how that goes
    #[command(subcommand)]
    Endpoints(endpoints::Endpoints),
    /// Publish messages, see what became of them, send them again
    #[command(subcommand)]
    Messages(messages::Messages),
    /// Receive messages on this machine: verify, print, pass on
    Listen(listen::Listen),
    /// Read events
    #[command(subcommand)]
    Events(events::Events),
    /// Read records, or take them out as a file
    #[command(subcommand)]
    Records(records::Records),
    /// Try webhooks
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// See and mend work in the background
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Say which organization an account at a provider belongs to
    #[command(subcommand)]
    Account(manage::Account),
    /// Prepare an account at its provider: properties, webhooks, subscriptions
    Setup(setup::Setup),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    ApiKey(manage::ApiKey),
    /// See and change the keys that seal credentials
    #[command(subcommand)]
    Keys(keys::Keys),
    /// See who did what
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Print a link that sets the portal's password anew
    PortalLink(manage::PortalLink),
    /// How the hub is doing
    Status(manage::Status),
    /// Ask the hub on this machine whether it is alive, for supervisors that can only run a program
    Health(health::Health),
    /// Measure this machine
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one for each command
    Man(man::Man),
    /// Print the description of the API: OpenAPI 3.1, or a page for people
    Openapi(openapi::Openapi),
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
        Command::Demo(command) => command.run(&cli.settings),
        Command::Sandbox(command) => command.run(),
        Command::Serve(command) => command.run(&cli.settings),
        Command::Init(command) => command.run(),
        Command::Config(command) => command.run(&cli.settings),
        Command::Doctor(command) => command.run(&cli.settings),
        Command::Backup(command) => command.run(&cli.settings),
        Command::Connections(command) => command.run(&cli.settings),
        Command::Load(command) => command.run(&cli.settings),
        Command::Runs(command) => command.run(&cli.settings),
        Command::Syncs(command) => command.run(&cli.settings),
        Command::Conflicts(command) => command.run(&cli.settings),
        Command::Counters(command) => command.run(&cli.settings),
        Command::Endpoints(command) => command.run(&cli.settings),
        Command::Messages(command) => command.run(&cli.settings),
        Command::Listen(command) => command.run(&cli.settings),
        Command::Events(command) => command.run(&cli.settings),
        Command::Records(command) => command.run(&cli.settings),
        Command::Webhook(command) => command.run(&cli.settings),
        Command::Jobs(command) => command.run(&cli.settings),
        Command::Account(command) => command.run(&cli.settings),
        Command::Setup(command) => command.run(&cli.settings),
        Command::ApiKey(command) => command.run(&cli.settings),
        Command::Keys(command) => command.run(&cli.settings),
        Command::Audit(command) => command.run(&cli.settings),
        Command::PortalLink(command) => command.run(&cli.settings),
        Command::Status(command) => command.run(&cli.settings),
        Command::Health(command) => command.run(&cli.settings),
        Command::Bench(command) => command.run(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "syncline", &mut script);
            out::line(String::from_utf8_lossy(&script).trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man(command) => command.run(),
        Command::Openapi(command) => Ok(command.run()),
    }
}

/// The runtime every command but the benchmarks runs on.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
