//! The hub's memory, looked at again and again. It is killed on the way, so what is compared is the most of the first tenth with the end.

use super::report::Finding;
use crate::cli::bench::resident_mib;
use crate::cli::demo::stage::Stage;
use anyhow::Result;
use std::time::Duration;

/// How far apart looks are.
const APART: Duration = Duration::from_millis(500);
/// So much more than half as much again is no leak: allocators keep what they may need.
const SLACK_MIB: u64 = 30;

/// What was seen, in MiB.
#[derive(Debug, Default)]
pub(super) struct Memory(Vec<u64>);

impl Memory {
    /// Looks until it is dropped.
    ///
    /// # Errors
    /// Never: it goes on.
    pub(super) async fn sample(&mut self, stage: &Stage) -> Result<()> {
        loop {
            // Nothing is known of a process that has just ended, nor on systems that do not tell.
            let seen = resident_mib(stage.hub.id());
            if seen > 0 {
                self.0.push(seen);
            }
            tokio::time::sleep(APART).await;
        }
    }

    /// Whether it is flat.
    pub(super) fn prove(&self) -> Finding {
        let tenth = &self.0[..self.0.len().div_ceil(10)];
        let (first, most) =
            (tenth.iter().max().copied().unwrap_or(0), self.0.iter().max().copied().unwrap_or(0));
        let last = self.0.last().copied().unwrap_or(0);
        let figures = format!("{first} MiB in the first tenth, {last} MiB at the end, {most} MiB at most");
        let allowed = first + first / 2 + SLACK_MIB;
        let reasons =
            if last > allowed { vec![format!("more than {allowed} MiB at the end")] } else { Vec::new() };
        Finding::new("memory is flat", figures, reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_seen_and_what_comes_and_goes_is_not() {
        let grows = Memory((0..100).map(|n| 40 + n).collect());
        assert_ne!(grows.prove(), Finding::new("memory is flat", "x".to_owned(), Vec::new()));
        assert!(format!("{:?}", grows.prove()).contains("more than"), "{:?}", grows.prove());
        let comes_and_goes = Memory((0..100).map(|n| if n % 7 == 3 { 300 } else { 60 }).collect());
        assert!(!format!("{:?}", comes_and_goes.prove()).contains("more than"));
    }
}
