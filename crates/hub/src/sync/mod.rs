//! Two-way sync: what changed on one side is carried to the other, record by record, as the pure function in `core::sync` decides.
//!
//! One job works on a sync at a time, in one process: what changed lately first, and beside it the run that is under way, if there
//! is one. Both go the same way: records are gathered into pairs with what the mirror and the links know of them (`pairs`), planned,
//! read again where that is too old, written in batches (`send`), and settled (`step`). Whatever a crash leaves behind is found in
//! the links: a creation is written down before it is sent, and looked for before it is repeated (`find`).

pub mod ask;
pub mod conflicts;
mod engine;
mod find;
mod guard;
mod index;
mod keep;
mod live;
mod mirroring;
pub mod note;
mod pairs;
mod request;
pub mod run;
pub mod schedule;
mod schemas;
mod send;
mod step;
mod tell;
pub mod wishes;
pub mod work;

pub use ask::{Change, Checked, NewSync, Refused, change, check, create, delete, template};
pub use conflicts::{Choice, resolve};
pub use note::{ended, resumed};
pub use run::{Asked, Wanted, cancel, request};

use crate::connect::Trouble;
use syncline_core::sync::Side;
use syncline_providers::wire::Fault;

/// A record of a side, in marks and pairs.
pub type Place = (Side, String);

/// Why work on a sync stops where it is.
#[derive(Debug)]
pub enum Halt {
    /// The process stops, or somebody asked the run to.
    Stopped,
    /// A connection or the database.
    Trouble(Trouble),
    /// This version, or the provider, for good.
    Refused(Fault),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(fault) => Self::Refused(fault),
            other => Self::Trouble(other),
        }
    }
}
