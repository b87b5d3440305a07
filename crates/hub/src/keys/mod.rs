//! The keys that this process holds: those that seal secrets before they are stored ([`sealing`]), and those that prove webhook addresses
//! ([`addresses`]). They know the configuration and the data directory, and no other room.

pub mod addresses;
mod exposed;
pub mod sealing;

pub use addresses::Addresses;
pub use exposed::exposed;
pub use sealing::{Keys, KeysError, Pruned};
