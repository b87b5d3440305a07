//! What is typed while the demo runs: letters that break things, and the answer to the question at its end.

use super::breaking::{Breakage, Spans};
use super::desk::Desk;
use super::stage::Stage;
use crate::cli::out;
use crate::lifecycle::Signals;
use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// How long the question at the end waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lines from standard input. A thread of its own reads them: it may wait for ever, and must keep nobody from ending.
pub(super) fn lines() -> Receiver<String> {
    let (lines, receiver) = channel(8);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The line that says what can be typed.
pub(super) fn help() -> String {
    let letter = |one: &Breakage| format!("{} {}", &one.name()[..1], first_small(one.label()));
    let letters: Vec<String> = Breakage::ALL.iter().map(letter).collect();
    format!(
        "Break things, a letter and Enter: {}; o where to look, h this line. Ctrl-C ends it.",
        letters.join(", ")
    )
}

fn first_small(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Does what is typed, until it is dropped; when nothing comes any more, it waits for that.
pub(super) async fn obey(stage: &Arc<Stage>, desk: &Desk, lines: &mut Receiver<String>, address: &str) {
    while let Some(line) = lines.recv().await {
        match line.trim().to_lowercase().as_str() {
            "" => {}
            "o" => stage.story.say(&format!("  {address}")),
            word => match Breakage::named(word) {
                Some(what) if desk.break_it(stage, what, Spans::TO_WATCH) => {}
                Some(_) => stage.story.say("  That is broken already; it heals by itself."),
                None => stage.story.say(&format!("  {}", help())),
            },
        }
    }
    std::future::pending().await
}

/// Whether to keep what the demo wrote: asked at a terminal, otherwise no.
pub(super) async fn ask_to_keep(
    directory: &str,
    lines: &mut Receiver<String>,
    signals: &mut Signals,
) -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    out::note(format!("\nKeep what the demo wrote in ./{directory}? [y/N]"));
    // What was typed before is no answer.
    while lines.try_recv().is_ok() {}
    tokio::select! {
        answer = lines.recv() => answer.is_some_and(|answer| answer.trim().to_lowercase().starts_with('y')),
        _ = signals.next() => false,
        () = tokio::time::sleep(PATIENCE) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_fits_a_line_or_two() {
        insta::assert_snapshot!(help(), @"Break things, a letter and Enter: r revoke a token, d take a provider down, t send webhooks three times, p pull the plug; o where to look, h this line. Ctrl-C ends it.");
    }
}
