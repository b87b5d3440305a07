//! Work in the background: what kinds there are ([`Payload`]), how it is queued, who runs it ([`worker`]). What each kind does is other
//! rooms' business: the worker is handed a [`Handler`] that knows them.

pub mod parked;
mod payload;
pub mod worker;

pub use payload::{Misfit, Payload};
pub use worker::Handler;

use crate::cx::Cx;
use syncline_core::time::Timestamp;
use syncline_store::jobs::{self, NewJob};
use syncline_store::{StoreError, Tx};

/// Queues work in the transaction that makes it necessary.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn enqueue(cx: &Cx, tx: &mut Tx, payload: &Payload, run_at: Timestamp) -> Result<(), StoreError> {
    jobs::enqueue(tx, &new_job(cx, payload, run_at), cx.now()).await
}

/// Puts work that cannot be done where a human sees it and can retry it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn park(cx: &Cx, tx: &mut Tx, payload: Payload, why: &str) -> Result<(), StoreError> {
    jobs::park_new(tx, &new_job(cx, &payload, cx.now()), why, cx.now()).await
}

fn new_job(cx: &Cx, payload: &Payload, run_at: Timestamp) -> NewJob {
    NewJob {
        id: cx.dice.id("job", cx.now()),
        kind: payload.kind().to_owned(),
        org_id: payload.org_id().to_owned(),
        coalesce_key: payload.coalesce_key(),
        payload: payload.to_json(),
        run_at,
    }
}

/// Why a run did not finish, decided by whoever saw the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// May work later.
    Retry(String),
    /// Never will; a human has to look.
    GiveUp(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::Retry(error.to_string()) } else { Self::GiveUp(error.to_string()) }
    }
}
