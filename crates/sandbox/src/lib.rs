//! The sandbox: HubSpot, Notion, Airtable and 10to8, simulated over real HTTP from what is known of their wires.
//!
//! One server plays all four, each below a path prefix of its own (`/hubspot`, `/notion`, `/airtable`, `/tentoeight`), and
//! is itself controlled below `/_sandbox`: seed, edit as a user would, move the clock, make things go wrong, read what was
//! called. It shares no code with the rest of Syncline; only the wire joins them. What is simulated and what is not says
//! `FIDELITY.md`.

mod airtable;
mod control;
mod house;
mod hubspot;
mod notion;
mod options;
mod sandbox;
mod tentoeight;
mod world;

pub use options::{ConsentMode, Options, Population};
pub use sandbox::{Sandbox, StartError};
