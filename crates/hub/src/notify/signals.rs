//! What other rooms give and take without publishing: ids in their order, and the word that something of endpoints changed.

use crate::cx::Cx;
use rand::RngExt as _;

/// An id that is greater than every one that this process made before it: what is told in one transaction keeps its order.
#[must_use]
pub fn mint(cx: &Cx, prefix: &str) -> String {
    cx.notify.mint(cx.dice.with(|rng| rng.random()), cx.now(), prefix)
}

/// Says that endpoints were made, changed, enabled or deleted, their secrets rotated, or deliveries queued again (`resend`, `recover`,
/// `replay`): to be called after the commit. Every engine looks then, here and where the bell is heard, and reads what has another version
/// than it knows. Losing the call costs time, nothing else.
pub fn changed(cx: &Cx) {
    cx.wake.news();
}
