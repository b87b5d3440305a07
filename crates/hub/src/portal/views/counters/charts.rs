//! How a definition did, drawn as SVG: calls, how late the property was, drift. Colours are classes; every number is in a table as well.

use crate::portal::views::endpoints::chart::{HEIGHT, LEAST, MOST_PARTS, WIDTH, float, rect, tall};
use crate::portal::views::text;
use askama::filters::Safe;

/// A part of the charts of pushes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushBar {
    /// When it begins, RFC 3339.
    pub from: String,
    /// Changes that were shown.
    pub changes: u64,
    /// Calls that were accepted.
    pub accepted: u64,
    /// Calls that were not, or of which nobody knows.
    pub failed: u64,
    /// From the change to the property, the median in milliseconds; none when nothing was shown.
    pub p50: Option<u64>,
    /// What 99 of 100 took at most.
    pub p99: Option<u64>,
}

/// A part of the chart of drift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftBar {
    /// When it begins, RFC 3339.
    pub from: String,
    /// Comparisons.
    pub runs: u64,
    /// Counters that were looked at.
    pub checked: u64,
    /// That were wrong.
    pub drifted: u64,
    /// Of these, that are right by now.
    pub repaired: u64,
    /// By how much all that were wrong were wrong together.
    pub size: u64,
}

/// The charts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charts {
    /// How far back they go: `24h`.
    pub span: String,
    /// Pushes, the oldest first.
    pub pushes: Vec<PushBar>,
    /// Drift, the oldest first.
    pub drift: Vec<DriftBar>,
}

impl Charts {
    /// Changes that were shown.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.pushes.iter().map(|bar| bar.changes).sum()
    }

    /// All calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.pushes.iter().map(|bar| bar.accepted + bar.failed).sum()
    }

    /// Calls that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.pushes.iter().map(|bar| bar.failed).sum()
    }

    pub(super) fn changes_text(&self) -> String {
        text::thousands(self.changes())
    }

    pub(super) fn calls_text(&self) -> String {
        text::thousands(self.calls())
    }

    /// Comparisons.
    pub(super) fn runs(&self) -> u64 {
        self.drift.iter().map(|bar| bar.runs).sum()
    }

    /// Counters that were wrong.
    pub(super) fn drifted(&self) -> u64 {
        self.drift.iter().map(|bar| bar.drifted).sum()
    }

    /// The share of calls that were accepted, in percent; none without calls. A hundred means all of them.
    #[must_use]
    pub fn success(&self) -> Option<String> {
        let tenths = ((self.calls() - self.failed()) * 1_000).checked_div(self.calls())?;
        let whole = tenths / 10;
        Some(if tenths % 10 == 0 { format!("{whole} %") } else { format!("{whole}.{} %", tenths % 10) })
    }

    /// What the slowest part's 99 of 100 took at most.
    pub(super) fn slowest(&self) -> Option<String> {
        self.pushes.iter().filter_map(|bar| bar.p99).max().map(text::span)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls() == 0 && self.runs() == 0 && self.pushes.iter().all(|bar| bar.p99.is_none())
    }

    /// The latest parts in which something happened, the latest first.
    pub(super) fn busy(&self) -> Vec<(&PushBar, &DriftBar)> {
        self.all_busy().take(MOST_PARTS).collect()
    }

    /// How many parts in which something happened are left out of those.
    pub(super) fn earlier(&self) -> usize {
        self.all_busy().count().saturating_sub(MOST_PARTS)
    }

    fn all_busy(&self) -> impl Iterator<Item = (&PushBar, &DriftBar)> {
        let both = self.pushes.iter().zip(&self.drift).rev();
        both.filter(|(push, drift)| push.accepted + push.failed + push.changes + drift.runs > 0)
    }

    pub(super) fn said(&self) -> String {
        let (calls, failed) = (text::thousands(self.calls()), text::thousands(self.failed()));
        format!("{calls} calls in the last {}, {failed} of them failed", self.span)
    }

    fn said_of_drift(&self) -> String {
        format!(
            "{} counters found wrong by {} comparisons in the last {}",
            text::thousands(self.drifted()),
            text::thousands(self.runs()),
            self.span
        )
    }

    /// Calls, what failed on top of what was accepted.
    pub(super) fn attempts(&self) -> Safe<String> {
        let bars: Vec<_> =
            self.pushes.iter().map(|bar| [("good", bar.accepted), ("bad", bar.failed)]).collect();
        draw(&self.said(), &bars, true)
    }

    /// How late the property was: the median, and behind it what 99 of 100 took.
    pub(super) fn latencies(&self) -> Safe<String> {
        let part = |value: Option<u64>| value.map_or(0, |value| value.max(1));
        let bars: Vec<_> =
            self.pushes.iter().map(|bar| [("p99", part(bar.p99)), ("p50", part(bar.p50))]).collect();
        let most = self.slowest().unwrap_or_else(|| "nothing was shown".to_owned());
        draw(
            &format!("From the change to the property in the last {}: at most {most}", self.span),
            &bars,
            false,
        )
    }

    /// Drift: what is right by now, and on top of it what is not.
    pub(super) fn drifts(&self) -> Safe<String> {
        let bar = |bar: &DriftBar| {
            let repaired = bar.repaired.min(bar.drifted);
            [("far", repaired), ("bad", bar.drifted - repaired)]
        };
        let bars: Vec<_> = self.drift.iter().map(bar).collect();
        draw(&self.said_of_drift(), &bars, true)
    }
}

/// Bars of two values each, one on top of the other or one before the other.
pub(in crate::portal::views) fn draw(said: &str, bars: &[[(&str, u64); 2]], stacked: bool) -> Safe<String> {
    let whole = |bar: &[(&str, u64); 2]| if stacked { bar[0].1 + bar[1].1 } else { bar[0].1.max(bar[1].1) };
    let scale = HEIGHT / float(bars.iter().map(whole).max().unwrap_or(0).max(1));
    let step = WIDTH / float(bars.len().max(1) as u64);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{said}\">"
    );
    for (at, bar) in bars.iter().enumerate() {
        let (x, [(first, below), (second, above)]) = (step * float(at as u64), *bar);
        // What is on top is seen, however little of it there is.
        let room = HEIGHT - if stacked && above > 0 { LEAST } else { 0.0 };
        let height = tall(below, scale).min(room);
        rect(&mut svg, first, x, HEIGHT - height, step * 0.78, height);
        let floor = if stacked { HEIGHT - height } else { HEIGHT };
        let height = tall(above, scale).min(floor);
        rect(&mut svg, second, x, floor - height, step * 0.78, height);
    }
    svg.push_str("</svg>");
    Safe(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charts() -> Charts {
        let push = |accepted, failed, p99: Option<u64>| PushBar {
            accepted,
            failed,
            p50: p99.map(|p99| p99 / 2),
            p99,
            ..PushBar::default()
        };
        let drift = |runs, drifted, repaired| DriftBar { runs, drifted, repaired, ..DriftBar::default() };
        Charts {
            span: "24h".to_owned(),
            pushes: vec![push(0, 0, None), push(1_000_000, 1, Some(3_000)), push(0, 5, Some(90_000))],
            drift: vec![drift(0, 0, 0), drift(1, 3, 3), drift(1, 4, 1)],
        }
    }

    #[test]
    fn everything_that_happened_is_seen_and_stays_in_the_picture() {
        let charts = charts();
        let count = |svg: &str, class: &str| svg.matches(&format!("class=\"{class}\"")).count();
        let calls = charts.attempts().0;
        assert_eq!((count(&calls, "good"), count(&calls, "bad")), (1, 2), "{calls}");
        assert!(
            calls.contains("aria-label=\"1,000,006 calls in the last 24h, 6 of them failed\""),
            "{calls}"
        );
        let late = charts.latencies().0;
        assert_eq!((count(&late, "p99"), count(&late, "p50")), (2, 2), "{late}");
        assert!(late.contains("at most 1 min"), "{late}");
        let drift = charts.drifts().0;
        assert_eq!((count(&drift, "far"), count(&drift, "bad")), (2, 1), "{drift}");
        for svg in [calls, late, drift] {
            assert!(!svg.contains("y=\"-") && !svg.contains("style"), "{svg}");
        }
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(Charts::default().success(), None);
        assert_eq!(charts().success().as_deref(), Some("99.9 %"));
        let all = Charts { pushes: vec![PushBar { accepted: 3, ..PushBar::default() }], ..Charts::default() };
        assert_eq!(all.success().as_deref(), Some("100 %"));
    }
}
