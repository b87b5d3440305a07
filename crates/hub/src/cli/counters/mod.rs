//! `syncline counters`: numbers that live with the application, and the property that follows them, from the terminal.

mod change;
mod define;
mod history;
mod list;
mod one;
mod payload;
mod reconcile;
mod setup;
mod steps;
mod verdict;
mod watch;

use super::out;
use super::remote::{Remote, Target, segment};
use super::rows::{given, print, rows};
use super::runtime;
use super::settings::Flags;
use anyhow::Result;
use clap::Subcommand;
use one::{One, find};
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// Count, and have a property at HubSpot follow.
#[derive(Debug, Subcommand)]
pub enum Counters {
    /// List definitions: what is counted where
    List(list::List),
    /// Show one definition: its terms, what waits, its latest comparison
    Show(list::Show),
    /// Make a definition, from a JSON file or from flags
    Create(define::Create),
    /// Change a definition; what is left out stays
    Update(define::Update),
    /// Stop pushing and comparing; counted is all the same
    Pause(One),
    /// Push and compare again; what waited goes on
    Resume(One),
    /// End a definition; what it counted is forgotten, the properties stay as they are
    Delete(One),
    /// Count up
    Incr(change::By),
    /// Count down; never below the definition's minimum
    Decr(change::By),
    /// Set a counter
    Set(change::Set),
    /// What counters are
    Get(change::Get),
    /// List counters, and how each gets to its property
    Values(list::Values),
    /// What moved a counter
    History(history::History),
    /// What was sent, and what came of it
    Pushes(history::Pushes),
    /// Have a counter pushed whatever was seen before; what is parked goes on
    Push(change::Push),
    /// Forget a counter and its history, such as one whose Redis key is never coming back
    Forget(change::Forget),
    /// How a definition does: calls, how late the property is, drift
    Stats(history::Stats),
    /// Compare the truth, the counters and the properties now
    Reconcile(reconcile::Reconcile),
    /// List comparisons, the latest first
    Runs(reconcile::Runs),
    /// Print what a comparison found: what was wrong, by how much, since when, what was done
    Report(reconcile::Report),
    /// Stop a comparison at the end of the page it is at; what it did stays
    Cancel {
        #[command(flatten)]
        target: Target,
        /// The run's id, crn_…
        run: String,
    },
    /// Set the workflow up at HubSpot: the steps, the payload, and a test that the property moves
    Setup(setup::Setup),
}

impl Counters {
    pub(super) fn run(self, settings: &Flags) -> Result<ExitCode> {
        match self {
            Self::List(command) => command.run(settings),
            Self::Show(command) => command.run(settings),
            Self::Create(command) => command.run(settings),
            Self::Update(command) => command.run(settings),
            Self::Pause(one) => one.turn(settings, "pause", "paused; counted is all the same"),
            Self::Resume(one) => one.turn(settings, "resume", "goes on"),
            Self::Delete(one) => one.delete(settings),
            Self::Incr(command) => command.run(settings, "increment"),
            Self::Decr(command) => command.run(settings, "decrement"),
            Self::Set(command) => command.run(settings),
            Self::Get(command) => command.run(settings),
            Self::Values(command) => command.run(settings),
            Self::History(command) => command.run(settings),
            Self::Pushes(command) => command.run(settings),
            Self::Push(command) => command.run(settings),
            Self::Forget(command) => command.run(settings),
            Self::Stats(command) => command.run(settings),
            Self::Reconcile(command) => command.run(settings),
            Self::Runs(command) => command.run(settings),
            Self::Report(command) => command.run(settings),
            Self::Cancel { target, run } => {
                let path = format!("/v1/counter-runs/{}/cancel", segment(&run));
                super::manage::ask(settings, &target, Method::POST, &path, None, |_| out::line("stopping"))
            }
            Self::Setup(command) => command.run(settings),
        }
    }
}

/// Asks about one definition, by its id or its name; `show` prints the answer.
fn ask_of(
    settings: &Flags,
    one: &One,
    method: Method,
    rest: &str,
    body: Option<Value>,
    show: impl FnOnce(Value),
) -> Result<ExitCode> {
    runtime()?.block_on(async {
        let hub = one.target.find(settings)?;
        let mut request = hub.request(method, &format!("{}{rest}", find(&hub, &one.counter).await?));
        if let Some(body) = body {
            request = request.json(&body);
        }
        show(hub.json(request).await?);
        Ok(ExitCode::SUCCESS)
    })
}

/// Rows below one definition.
async fn rows_of(
    hub: &Remote,
    one: &One,
    rest: &str,
    filters: &[(&str, String)],
    most: usize,
) -> Result<Vec<Value>> {
    let path = format!("{}{rest}", find(hub, &one.counter).await?);
    rows(hub, &path, filters, most).await
}
