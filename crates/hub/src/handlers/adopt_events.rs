//! Events of an account go over to the organization it was assigned to, a batch a run.

use crate::cx::Cx;
use crate::jobs::Failure;
use syncline_store::accounts;
use syncline_store::jobs::Outcome;

/// Events per transaction: short enough that storing new ones hardly waits.
const BATCH: u32 = 500;

pub(super) async fn run(cx: &Cx, provider: &str, account: &str) -> Result<Outcome, Failure> {
    let mut tx = cx.store.begin().await?;
    let changed = accounts::adopt_events(&mut tx, provider, account, BATCH).await?;
    tx.commit().await?;
    Ok(if changed < u64::from(BATCH) { Outcome::Done } else { Outcome::Continue(cx.now()) })
}
