//! Setting up accounts: what has to be there at a provider for a connection to work, brought about, kept and renewed.
//!
//! The plans are pure (`syncline_providers::setup`). [`prepare`] walks one over a connection's line and keeps what it learns in the
//! same transaction as the job that renews it. Webhooks that say only that there is something are followed by [`pull`].
//!
//! **Invariant:** a dry run sends no call that changes something, and keeps nothing.
//! **Invariant:** one set-up at a time for what is set up, in all processes: a lease says so.

pub mod handshake;
mod keep;
pub mod pull;
pub mod renew;
pub mod report;
pub mod run;
mod want;
pub mod watch;

pub use keep::{reseal, sealing_keys};
pub use report::{Report, State, Step, Verification};
pub use run::{How, SetupError, prepare};

use crate::cx::Cx;
use crate::jobs::{Payload, enqueue};
use syncline_providers::setup;
use syncline_store::connections::Connection;
use syncline_store::{StoreError, Tx};

/// Whether subscriptions of this provider end unless they are renewed, and tell only that there is something to pull.
fn ends(provider: &str) -> bool {
    setup::setup(provider).is_some_and(|setup| setup.renew_before().is_some())
}

/// A connection is good (again): its subscriptions are renewed if it is time, and what they had to tell meanwhile is pulled.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn resumed(cx: &Cx, tx: &mut Tx, connection: &Connection) -> Result<(), StoreError> {
    if !ends(&connection.provider) {
        return Ok(());
    }
    let (connection_id, org_id) = (connection.id.clone(), connection.org_id.clone());
    let pull = Payload::PullHooks { connection_id: connection_id.clone(), org_id: org_id.clone() };
    enqueue(cx, tx, &pull, cx.now()).await?;
    enqueue(cx, tx, &Payload::RenewHooks { connection_id, org_id }, cx.now()).await
}
