//! Two-way sync, decided: from what both sides show and what they last agreed on to what has to be done. Pure; the hub reads,
//! sends and stores.
//!
//! A *rule* maps fields of one side to fields of the other. What a side shows in the fields of one rule is its *face*. The base
//! holds both faces as they were when the sides last agreed: a side has changed when its face differs from its own base, never
//! from the other side's face. So a mapping need not lose nothing on the way there and back (a name that was split and joined, a
//! placeholder for a value that the other side refuses): what was written there is that side's base, and does not travel back.

pub mod agreement;
pub mod defaults;
pub mod guard;
pub mod identity;
pub mod link;
pub mod mapping;
pub mod merge;
pub mod normal;
pub mod plan;
pub mod schema;
pub mod settle;
pub mod side;
pub mod status;
pub mod value;

pub use agreement::{Agreement, Deletion, Direction, Key, Party, Policy, StatusPolicy};
pub use link::{Base, Ending, Held, Link, Pending, State};
pub use mapping::{Form, Normalise, Rule, Way};
pub use plan::{Action, Can, Conflict, ConflictKind, Plan, Seen, Snapshot, Terms};
pub use schema::{Field, Kind, Refusal, Schema};
pub use settle::Outcome;
pub use side::{Side, Sides};
pub use value::{Face, Fields, Value};
