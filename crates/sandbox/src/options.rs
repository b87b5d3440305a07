//! What a sandbox is started with.

use std::net::SocketAddr;

/// How a sandbox begins. `Options::default()` is what `syncline sandbox` does without a flag.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address clients use, where it differs from the one listened on (no trailing slash).
    pub url: Option<String>,
    /// What all ids, tokens, people and jitter come from. The same seed and script give the same story.
    pub seed: u64,
    /// Simulated time at the start, milliseconds since 1970; none: the machine's.
    pub epoch_ms: Option<i64>,
    /// How fast simulated time runs: 1 is real time, 0 stands still until it is moved.
    pub speed: f64,
    /// How authorize pages answer.
    pub consent: ConsentMode,
    /// Settings to change from the start, one after the other, as the control interface takes them; they survive a reset.
    pub settings: Vec<serde_json::Value>,
    /// Who the vendors' customers know from the start.
    pub population: Population,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8500)),
            url: None,
            seed: 1,
            epoch_ms: None,
            speed: 1.0,
            consent: ConsentMode::Page,
            settings: Vec::new(),
            population: Population { people: 60, companies: 20, deals: 30 },
        }
    }
}

impl Options {
    /// For tests: a free port, a clock that stands still at 2026-01-01, consent given at once, nobody known yet.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            epoch_ms: Some(1_767_225_600_000),
            speed: 0.0,
            consent: ConsentMode::Approve,
            population: Population { people: 0, companies: 0, deals: 0 },
            ..Self::default()
        }
    }
}

/// How authorize pages answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentMode {
    /// Show the page and wait for a person.
    Page,
    /// Approve at once.
    Approve,
    /// Deny at once.
    Deny,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// People.
    pub people: usize,
    /// Companies.
    pub companies: usize,
    /// Deals.
    pub deals: usize,
}
