//! Pushes: what is due, who is at it, and what came of it.

mod claim;
mod log;
mod settle;

pub use claim::{Ask, Claim, LaneDue, Work, claim, lanes, renew};
pub use log::{Entry, LogFilter, What, log};
pub(super) use settle::Righted;
pub use settle::{Report, Settled, nudge, redirect, settle};
