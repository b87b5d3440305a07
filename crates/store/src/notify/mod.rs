//! Notifying over HTTP: endpoints, messages, the delivery of each message to each endpoint that wants it, and the attempts at that.
//!
//! A message and its deliveries are written in one transaction ([`messages::publish`], [`messages::dispatch`]). Every endpoint is a lane
//! of its own: what is due is looked for and claimed by endpoint, so a slow one is in nobody's way ([`deliveries::lanes`],
//! [`deliveries::claim`]). A claim is a lease that is written where the due time is: what a worker that died had claimed is due again
//! when the lease ends, and nothing has to look for it. Whoever publishes may claim in the same breath ([`Handover`]) and send without
//! asking the database for what it just wrote.
//!
//! **Invariant:** a delivery is in one of four states, and only a waiting one is claimed; settling one that was settled meanwhile changes
//! nothing but that it keeps its attempt.
//! **Invariant:** whoever sees endpoints of an organization sees no others', and no delivery to an endpoint that serves all: those are
//! the operator's.
//! **Invariant:** rows of several endpoints are locked in the order of the endpoints' ids, and of one endpoint in the order of the messages'
//! ids, so that two who do it wait for one another and never in a circle.
//! **Invariant:** what waits for an endpoint there is is never forgotten, however old it is.

pub mod attempts;
pub mod deliveries;
pub mod endpoints;
pub mod messages;
mod retention;
pub mod statistics;

pub use retention::delete_before;

use crate::value::{Row, Value, args};
use crate::{Result, Scope};
use std::collections::BTreeSet;
use syncline_core::time::Timestamp;

/// Rows in one statement.
const PIECE: usize = 512;

/// A claim made while publishing: these lanes have room, and their new deliveries are the publisher's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Who claims.
    pub owner: String,
    /// When the leases end.
    pub until: Timestamp,
    /// The endpoints whose lanes have room. Those that want strict order are never handed over.
    pub endpoints: BTreeSet<String>,
}

/// The test for an organization's own, and its value; nothing for everybody's.
fn own(scope: &Scope, column: &str) -> (String, Vec<Value>) {
    match scope {
        Scope::All => (String::new(), Vec::new()),
        Scope::Organization(org_id) => (format!(" AND {column} = ?"), args![org_id.as_str()]),
    }
}

fn maybe_time(row: &Row, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.maybe_int(at)?.map(Timestamp::from_millis))
}

fn count_of(row: &Row, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(at)?).unwrap_or(0))
}

fn small(row: &Row, at: usize) -> Result<u32> {
    Ok(u32::try_from(row.int(at)?).unwrap_or(0))
}

/// A count as columns hold it.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
