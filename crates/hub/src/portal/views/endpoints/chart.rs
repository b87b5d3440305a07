//! A chart of how an endpoint did: what was delivered and what failed, and how long it took, drawn as SVG. Colours are classes; every number is
//! in a table as well.

use crate::portal::views::text;
use askama::filters::Safe;
use std::fmt::Write as _;

/// A part of the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// When it begins, RFC 3339.
    pub from: String,
    /// Attempts that delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// The median latency in milliseconds; none without attempts.
    pub p50: Option<u64>,
    /// What 99 of 100 attempts took at most, in milliseconds.
    pub p99: Option<u64>,
}

/// The chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// How far back it goes: `24h`.
    pub span: String,
    /// Its parts, the oldest first.
    pub bars: Vec<Bar>,
}

/// The most parts that stand in the table beside a chart.
pub(in crate::portal::views) const MOST_PARTS: usize = 30;
/// How wide a chart is drawn.
pub(in crate::portal::views) const WIDTH: f64 = 720.0;
/// How high.
pub(in crate::portal::views) const HEIGHT: f64 = 96.0;
/// The least height of something that is there.
pub(in crate::portal::views) const LEAST: f64 = 2.0;

impl Chart {
    /// All attempts that delivered.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.bars.iter().map(|bar| bar.delivered).sum()
    }

    /// All attempts that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.bars.iter().map(|bar| bar.failed).sum()
    }

    /// The share of attempts that delivered, in percent; none without attempts.
    #[must_use]
    pub fn rate(&self) -> Option<String> {
        let (delivered, all) = (self.delivered(), self.delivered() + self.failed());
        // Rounded down: a hundred percent means all of them.
        let tenths = (delivered * 1_000).checked_div(all)?;
        Some(if tenths % 10 == 0 {
            format!("{} %", tenths / 10)
        } else {
            format!("{}.{} %", tenths / 10, tenths % 10)
        })
    }

    /// What the slowest part's 99 of 100 took at most.
    pub(super) fn slowest(&self) -> Option<String> {
        self.bars.iter().filter_map(|bar| bar.p99).max().map(text::span)
    }

    pub(super) fn delivered_text(&self) -> String {
        text::thousands(self.delivered())
    }

    pub(super) fn failed_text(&self) -> String {
        text::thousands(self.failed())
    }

    pub(super) fn most_text(&self) -> String {
        text::thousands(self.most())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.delivered() + self.failed() == 0
    }

    /// The latest parts with attempts, the latest first.
    pub(super) fn busy(&self) -> impl Iterator<Item = &Bar> {
        self.all_busy().take(MOST_PARTS)
    }

    /// How many parts with attempts are left out of those.
    pub(super) fn earlier(&self) -> usize {
        self.all_busy().count().saturating_sub(MOST_PARTS)
    }

    fn all_busy(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().rev().filter(|bar| bar.delivered + bar.failed > 0)
    }

    pub(super) fn said(&self) -> String {
        format!(
            "{} attempts delivered, {} failed in the last {}",
            text::thousands(self.delivered()),
            text::thousands(self.failed()),
            self.span
        )
    }

    fn most(&self) -> u64 {
        self.bars.iter().map(|bar| bar.delivered + bar.failed).max().unwrap_or(0)
    }

    /// Attempts, what failed on top of what was delivered.
    pub(super) fn attempts(&self) -> Safe<String> {
        let scale = HEIGHT / float(self.most().max(1));
        self.draw(&self.said(), |svg, x, width, bar| {
            // A few that failed are seen on top of however many that did not.
            let room = HEIGHT - if bar.failed > 0 { LEAST } else { 0.0 };
            let good = tall(bar.delivered, scale).min(room);
            let bad = tall(bar.failed, scale).min(HEIGHT - good);
            rect(svg, "good", x, HEIGHT - good, width, good);
            rect(svg, "bad", x, HEIGHT - good - bad, width, bad);
        })
    }

    /// Latencies: the median, and behind it what 99 of 100 took.
    pub(super) fn latencies(&self) -> Safe<String> {
        let longest = self.bars.iter().filter_map(|bar| bar.p99).max().unwrap_or(0);
        let scale = HEIGHT / float(longest.max(1));
        let said = format!("Latency in the last {}: at most {}", self.span, text::span(longest));
        self.draw(&said, |svg, x, width, bar| {
            for (class, value) in [("p99", bar.p99), ("p50", bar.p50)] {
                let height = value.map_or(0.0, |value| tall(value, scale).max(LEAST));
                rect(svg, class, x, HEIGHT - height, width, height);
            }
        })
    }

    fn draw(&self, said: &str, mut bar: impl FnMut(&mut String, f64, f64, &Bar)) -> Safe<String> {
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{said}\">"
        );
        let step = WIDTH / float(self.bars.len().max(1) as u64);
        for (at, one) in self.bars.iter().enumerate() {
            bar(&mut svg, step * float(at as u64), step * 0.78, one);
        }
        svg.push_str("</svg>");
        Safe(svg)
    }
}

/// How high a bar is.
pub(in crate::portal::views) fn tall(count: u64, scale: f64) -> f64 {
    if count == 0 { 0.0 } else { (float(count) * scale).clamp(LEAST, HEIGHT) }
}

/// Draws a bar.
pub(in crate::portal::views) fn rect(svg: &mut String, class: &str, x: f64, y: f64, width: f64, height: f64) {
    if height > 0.0 {
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
    }
}

/// A count, to draw with.
#[expect(clippy::cast_precision_loss, reason = "a picture of it")]
pub(in crate::portal::views) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(bars: &[(u64, u64, Option<u64>)]) -> Chart {
        let bar = |(delivered, failed, p99): &(u64, u64, Option<u64>)| Bar {
            delivered: *delivered,
            failed: *failed,
            p50: p99.map(|p99| p99 / 2),
            p99: *p99,
            ..Bar::default()
        };
        Chart { span: "24h".to_owned(), bars: bars.iter().map(bar).collect() }
    }

    #[test]
    fn everything_that_happened_is_seen_and_stays_in_the_picture() {
        let chart = chart(&[(0, 0, None), (1_000_000, 1, Some(3)), (0, 5, Some(90_000))]);
        let svg = chart.attempts().0;
        assert_eq!(
            (svg.matches("class=\"good\"").count(), svg.matches("class=\"bad\"").count()),
            (1, 2),
            "{svg}"
        );
        assert!(svg.contains("height=\"2.0\"") && !svg.contains("y=\"-"), "{svg}");
        assert!(
            svg.contains("aria-label=\"1,000,000 attempts delivered, 6 failed in the last 24h\""),
            "{svg}"
        );
        let svg = chart.latencies().0;
        assert_eq!(svg.matches("<rect").count(), 4, "{svg}");
        assert!(!svg.contains("style"), "the policy refuses inline styles");
    }

    #[test]
    fn a_hundred_percent_means_all() {
        assert_eq!(chart(&[]).rate(), None);
        assert_eq!(chart(&[(10, 0, None)]).rate().as_deref(), Some("100 %"));
        assert_eq!(chart(&[(9_999, 1, None)]).rate().as_deref(), Some("99.9 %"));
        assert_eq!(chart(&[(0, 3, None)]).rate().as_deref(), Some("0 %"));
    }
}
