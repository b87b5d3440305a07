//! Settings that are lists in one text, with spaces between the parts.

use super::units::Span;
use syncline_core::notify::address::Network;
use syncline_core::notify::schedule::Schedule;

/// How much chance adds to a wait, in percent.
const JITTER: u8 = 10;

/// Networks, `127.0.0.0/8 fd00::/8`; nothing when one of them is none.
pub(super) fn networks(text: &str) -> Option<Vec<Network>> {
    text.split_whitespace().map(|part| part.parse().ok()).collect()
}

/// Waits between attempts, `5s 5m 1h`; nothing when one of them is none, or is out of bounds.
pub(super) fn schedule(text: &str) -> Option<Schedule> {
    let waits: Option<Vec<_>> =
        text.split_whitespace().map(|part| Span::parse(part).map(Span::get)).collect();
    Schedule::new(waits?, JITTER).ok()
}
