//! `syncline demo --check`: the same demo with everything broken in turn, and then the proof that nothing was lost. What is right is asked
//! of the simulated providers and of the receiver, past the hub; what the hub says is compared with it.

mod counters;
mod memory;
mod messages;
mod mirror;
mod plan;
mod quiet;
mod records;
mod report;
mod sides;
mod webhooks;

use super::breaking::connect;
use super::desk::Desk;
use super::setup::WAREHOUSE;
use super::stage::Stage;
use super::story::Mark;
use super::{mishaps, people};
use crate::cli::out;
use crate::telemetry::Stopwatch;
use anyhow::Result;
use memory::Memory;
use report::{Finding, Report};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use webhooks::Delivered;

/// How long what is broken may take to heal at the end.
const HEALING: Duration = Duration::from_secs(180);

/// Lets it run for so long, and proves. The exit code is 1 when anything is not as it should be.
///
/// # Errors
/// When the proof cannot be led: a hub that does not come back, or is never done.
pub(super) async fn run(stage: &Arc<Stage>, desk: &Desk, duration: Duration, json: bool) -> Result<ExitCode> {
    let (mut memory, mut delivered) = (Memory::default(), Delivered::default());
    let watch = Stopwatch::start();
    stage
        .story
        .tell(Mark::Setup, format!("it runs for {} s, and everything is broken in turn", duration.as_secs()));
    let over = CancellationToken::new();
    let around = async {
        tokio::select! {
            ended = people::decide(stage) => ended?,
            ended = mishaps::befall(stage) => ended?,
            ended = people::sum_up(stage) => ended?,
            ended = memory.sample(stage) => ended?,
            ended = delivered.follow(stage) => ended?,
            () = break_everything(stage, desk, duration) => {}
        }
        over.cancel();
        // What is delivered while it heals and settles counts like the rest.
        tokio::select! {
            healed = heal(stage, desk) => healed,
            ended = delivered.follow(stage) => ended,
            ended = memory.sample(stage) => ended,
        }
    };
    tokio::try_join!(people::live(stage, &over), around)?;
    let waited = tokio::select! {
        waited = quiet::until_quiet(stage) => waited?,
        ended = delivered.follow(stage) => { ended?; Duration::ZERO }
        ended = memory.sample(stage) => { ended?; Duration::ZERO }
    };
    delivered.read(stage).await?;
    stage
        .story
        .tell(Mark::Setup, format!("everything is quiet after {:.1} s; now the proof", waited.as_secs_f64()));
    let report = prove(stage, &memory, &delivered, watch.elapsed()).await?;
    out::line(if json { report.to_json() } else { report.to_text() });
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Breaks one thing after the other, as planned; the data warehouse is out of order for the first quarter.
async fn break_everything(stage: &Arc<Stage>, desk: &Desk, duration: Duration) {
    let watch = Stopwatch::start();
    let spans = plan::spans(duration);
    for (at, what) in plan::breakages(duration) {
        tokio::time::sleep(at.saturating_sub(watch.elapsed())).await;
        if watch.elapsed() > duration / 4 {
            stage.receiver.shut(WAREHOUSE, false);
        }
        desk.break_it(stage, what, spans);
    }
    tokio::time::sleep(duration.saturating_sub(watch.elapsed())).await;
}

/// Everything that is still broken is whole again.
async fn heal(stage: &Arc<Stage>, desk: &Desk) -> Result<()> {
    stage.receiver.shut(WAREHOUSE, false);
    let watch = Stopwatch::start();
    while !desk.is_whole() && watch.elapsed() < HEALING {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stage.world.mend().await?;
    for connection in stage.all("/v1/connections").await? {
        let text = |name: &str| connection[name].as_str().unwrap_or_default().to_owned();
        if text("status") == "needs_reauthorization" {
            connect(stage, &text("org_id"), &text("provider")).await?;
            stage
                .story
                .tell(Mark::Healed, format!("{} connected {} again", text("org_id"), text("provider")));
        }
    }
    Ok(())
}

/// Everything that has to hold.
async fn prove(stage: &Stage, memory: &Memory, delivered: &Delivered, took: Duration) -> Result<Report> {
    let mut findings = vec![
        webhooks::prove(stage, delivered).await?,
        mirror::prove(stage).await?,
        sides::prove(stage).await?,
        messages::prove(stage).await?,
        counters::prove(stage).await?,
        jobs(stage).await?,
        memory.prove(),
    ];
    findings.push(kills(stage));
    Ok(Report { took, findings })
}

/// Nothing is parked: invalid data is held or refused, and never stops work.
async fn jobs(stage: &Stage) -> Result<Finding> {
    let parked = stage.all("/v1/jobs?state=parked").await?;
    let why = |job: &serde_json::Value| format!("{}: {}", job["kind"], job["last_error"]);
    Ok(Finding::new("no work is parked", format!("{} jobs", parked.len()), parked.iter().map(why).collect()))
}

/// How often the hub was killed: what survived is told above.
fn kills(stage: &Stage) -> Finding {
    let kills = stage.ledger().kills;
    Finding::new("the hub was killed on the way", format!("{kills} times"), Vec::new())
}
