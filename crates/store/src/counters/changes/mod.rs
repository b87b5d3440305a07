//! Changes: what moves counters, each once, and what moved them.

mod history;
mod moves;
mod requests;

pub use crate::notify::messages::Idempotency;
pub use history::{Entry, history};
pub(super) use moves::{Move, Op, make};
pub use moves::{Moved, Rules, observe};
pub use requests::{Answer, Item, Outcome, Request, apply};
