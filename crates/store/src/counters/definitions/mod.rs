//! Definitions: what is counted where, with what of them is secret, sealed.

mod keep;
mod look;

pub use keep::{Kept, attention, create, delete, pause, reconciled, remark, reseal, resume, update};
pub(super) use look::state_of;
pub use look::{
    Filter, by_name, due, get, get_in, get_many, get_many_in, list, on_connection, sealed_otherwise,
    sealing_keys,
};

use super::{Sealed, maybe_time, parsed};
use crate::Result;
use crate::runs::words;
use crate::value::Row;
use syncline_core::counters::definition::Definition;
use syncline_core::time::Timestamp;

words! {
    /// Whether a definition's counters are pushed and compared.
    State in "counter_definitions.state" {
        /// They are.
        Active = "active",
        /// They are not, because somebody wanted that. They are counted all the same.
        Paused = "paused",
        /// They are not, because something has to be mended first; the reason says what.
        Attention = "attention",
    }
}

/// A definition as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org_id: String,
    /// What it says, without what is secret: that is never written here, even when it is there.
    pub definition: Definition,
    /// What of it is secret.
    pub secrets: Option<Sealed>,
    /// The trigger's address as people may see it.
    pub trigger_shown: Option<String>,
    /// Whether its counters are pushed and compared.
    pub state: State,
    /// Why they are not, or what is wrong though they are, for people.
    pub reason: Option<String>,
    /// When its counters are compared next; none: when somebody asks.
    pub reconcile_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it changed, the first time included.
    pub version: i64,
}

const COLUMNS: &str = "id, org_id, body, secrets, sealed_with, trigger_shown, state, reason, reconcile_at, created_at, updated_at, version";

fn read(row: &Row) -> Result<Stored> {
    let secrets = match (row.maybe_bytes(3)?, row.maybe_text(4)?) {
        (Some(bytes), Some(key)) => Some(Sealed { bytes: bytes.to_vec(), key }),
        _ => None,
    };
    Ok(Stored {
        id: row.text(0)?,
        org_id: row.text(1)?,
        definition: parsed("counter_definitions.body", &row.text(2)?)?,
        secrets,
        trigger_shown: row.maybe_text(5)?,
        state: State::stored(&row.text(6)?)?,
        reason: row.maybe_text(7)?,
        reconcile_at: maybe_time(row, 8)?,
        created_at: row.time(9)?,
        updated_at: row.time(10)?,
        version: row.int(11)?,
    })
}
