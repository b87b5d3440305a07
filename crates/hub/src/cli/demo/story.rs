//! What happens, told as it happens: in the terminal, and to the portal's page.

use crate::cli::out;
use crate::telemetry::Stopwatch;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::{Clock as _, SystemClock, Timestamp};

/// So many lines are remembered.
const KEPT: usize = 200;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The demo puts itself together.
    Setup,
    /// Somebody at a provider does something, or the application does.
    People,
    /// A provider misbehaves, and stops by itself.
    Mishap,
    /// Somebody broke something.
    Broken,
    /// It works again.
    Healed,
}

impl Mark {
    /// Its name, for the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::People => "people",
            Self::Mishap => "mishap",
            Self::Broken => "broken",
            Self::Healed => "healed",
        }
    }

    /// What stands before the line in the terminal.
    fn sign(self) -> &'static str {
        match self {
            Self::Setup | Self::People => " ",
            Self::Mishap => "~",
            Self::Broken => "!",
            Self::Healed => "+",
        }
    }
}

/// A line.
#[derive(Clone, Debug)]
struct Line {
    at: Timestamp,
    mark: Mark,
    text: String,
}

/// Where lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Print {
    /// Standard output: they are the result.
    Out,
    /// Standard error: the result is something else.
    Note,
}

/// All that happened.
#[derive(Debug)]
pub(super) struct Story {
    watch: Stopwatch,
    print: Print,
    lines: Mutex<VecDeque<Line>>,
}

impl Story {
    /// Begins now.
    pub(super) fn begin(print: Print) -> Self {
        Self { watch: Stopwatch::start(), print, lines: Mutex::default() }
    }

    /// How long it has gone on.
    pub(super) fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// Tells a line, in the terminal too.
    pub(super) fn tell(&self, mark: Mark, text: impl Into<String>) {
        let text = text.into();
        self.say(&line(self.elapsed(), mark, &text));
        self.note(mark, text);
    }

    /// Tells a line to the page alone: there are many like it.
    pub(super) fn note(&self, mark: Mark, text: impl Into<String>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(Line { at: SystemClock.now(), mark, text: text.into() });
        while lines.len() > KEPT {
            lines.pop_front();
        }
    }

    /// Prints something that is no event.
    pub(super) fn say(&self, text: &str) {
        let text: Vec<String> = text.lines().map(out::plain).collect();
        match self.print {
            Print::Out => out::line(text.join("\n")),
            Print::Note => out::note(text.join("\n")),
        }
    }

    /// The latest lines, the latest first, as the page takes them.
    pub(super) fn lately(&self, most: usize) -> Vec<Value> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |line: &Line| json!({ "at": line.at, "mark": line.mark.name(), "text": line.text });
        lines.iter().rev().take(most).map(one).collect()
    }
}

/// A line as the terminal shows it.
fn line(since: Duration, mark: Mark, text: &str) -> String {
    format!("{:>8} {} {text}", moment(since), mark.sign())
}

/// So long after the beginning, in as few signs as it takes.
pub(super) fn moment(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0..100 => format!("{:.1} s", since.as_secs_f64()),
        100..3_600 => format!("{}:{:02} m", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_it_was_and_of_what_kind_it_is() {
        let lines = [
            line(Duration::from_millis(840), Mark::Setup, "acme connected HubSpot"),
            line(Duration::from_secs(61), Mark::People, "Ada Lovelace has another number"),
            line(Duration::from_secs(125), Mark::Mishap, "HubSpot is slow"),
            line(Duration::from_secs(3_599), Mark::Broken, "the plug is pulled"),
            line(Duration::from_secs(7_384), Mark::Healed, "the hub is back"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
           0.8 s   acme connected HubSpot
          61.0 s   Ada Lovelace has another number
          2:05 m ~ HubSpot is slow
         59:59 m ! the plug is pulled
          2:03 h + the hub is back
        ");
    }

    #[test]
    fn the_page_gets_the_latest_lines_first_and_the_terminal_not_all_of_them() {
        let story = Story::begin(Print::Note);
        for number in 0..KEPT + 5 {
            story.note(Mark::People, format!("{number}"));
        }
        let lately = story.lately(3);
        let texts: Vec<&str> = lately.iter().filter_map(|line| line["text"].as_str()).collect();
        assert_eq!(texts, ["204", "203", "202"]);
        assert_eq!(story.lately(1_000).len(), KEPT);
    }
}
