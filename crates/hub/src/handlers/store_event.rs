//! A parked event, tried again: after an upgrade that can read it, or once the database takes it.

use crate::cx::Cx;
use crate::intake::stored::{store, take_apart};
use crate::jobs::{Failure, Misfit};
use syncline_core::segment::LoggedDelivery;
use syncline_store::jobs::Outcome;

pub(super) async fn run(cx: &Cx, misfit: Misfit) -> Result<Outcome, Failure> {
    // One element of a delivery's array, or a whole body that was none.
    let body = if misfit.raw.starts_with('[') { misfit.raw } else { format!("[{}]", misfit.raw) };
    let sorted = take_apart(&[LoggedDelivery {
        provider: misfit.provider.into(),
        app: misfit.app.into(),
        received_at: misfit.received_at,
        body: body.into(),
    }]);
    if let Some(still) = sorted.unreadable.first() {
        return Err(Failure::GiveUp(still.reason.clone()));
    }
    store(cx, sorted, async |_| Ok(())).await?;
    cx.wake.events_stored();
    Ok(Outcome::Done)
}
