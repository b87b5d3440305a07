//! The strip of numbers above the timeline.

use super::filters;
use super::text;
use askama::Template;
use std::fmt::Write as _;

/// How the hub is doing, in four numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events stored.
    pub stored: u64,
    /// Events stored in the last minute.
    pub last_minute: u64,
    /// Events in equal slices of the last minute, oldest first: thirty of two seconds look best.
    pub slices: Vec<u64>,
    /// Webhooks accepted into the log and not yet read from it.
    pub lag_waiting: u64,
    /// The age of the oldest of them, in milliseconds.
    pub lag_millis: u64,
    /// Jobs that are parked, waiting for a human.
    pub parked: u64,
}

/// A lag above this many milliseconds is shown as a warning.
const LAG_WARNING: u64 = 10_000;
/// The size of the drawing, in its own units; every slice is as wide as another.
const HEIGHT: u64 = 24;
const STEP: u64 = 4;

impl Stats {
    pub(super) fn lag_text(&self) -> String {
        if self.lag_waiting == 0 { "0".to_owned() } else { text::span(self.lag_millis) }
    }

    pub(super) fn lags(&self) -> bool {
        self.lag_waiting > 0 && self.lag_millis > LAG_WARNING
    }

    pub(super) fn busiest(&self) -> u64 {
        self.slices.iter().copied().max().unwrap_or(0)
    }

    pub(super) fn width(&self) -> u64 {
        (self.slices.len() as u64 * STEP).max(STEP)
    }

    /// One stroke per slice, from the floor up; an empty slice is a dot on the floor.
    pub(super) fn bars(&self) -> String {
        let tallest = u128::from(self.busiest().max(1));
        let mut path = String::with_capacity(self.slices.len() * 12);
        for (place, count) in self.slices.iter().enumerate() {
            let x = place as u64 * STEP + STEP / 2;
            let share = u128::from(*count) * u128::from(HEIGHT - 2);
            let rise = 1 + if *count == 0 { 0 } else { (share / tallest).max(1) };
            write!(path, "M{x} {HEIGHT}v-{rise}").expect("a String takes every write");
        }
        path
    }
}

/// The strip as it is sent in a `stats` event of the stream.
#[derive(Debug, Template)]
#[template(path = "events/stats.html")]
pub struct StatsFragment<'a> {
    /// The numbers.
    pub stats: &'a Stats,
}
