//! What the operator sees from outside: logs, metrics, traces.

pub mod logs;
pub mod metrics;
pub mod otlp;

use std::time::Duration;

/// The target of every span. Spans are only for traces: without an OTLP endpoint nobody listens to this target, and making one
/// costs a load and a branch.
pub const SPANS: &str = "syncline_trace";

/// Measures a latency. The one place that may read the monotonic clock: nothing is decided by it but "long enough".
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "measuring a latency is what this type is for")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// For work in pieces that double: whether the next one, asked for after each, will likely end before `patience` is over.
    pub fn has(patience: Duration) -> impl FnMut() -> bool + Send {
        let (watch, mut before) = (Self::start(), Duration::ZERO);
        move || {
            let spent = watch.elapsed();
            let next = (spent - before) * 2;
            before = spent;
            spent + next <= patience
        }
    }
}
