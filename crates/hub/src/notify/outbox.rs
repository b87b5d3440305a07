//! The outbox: what other rooms queued in the transactions that made it true becomes messages.

use super::desk::Handed;
use super::publish::hand_on;
use crate::cx::Cx;
use syncline_store::StoreError;
use syncline_store::notify::messages;

/// News in one transaction.
const BATCH: u32 = 256;
/// Their bytes in one transaction, about.
const BATCH_BYTES: usize = 4 << 20;

/// Makes messages of all news there is.
pub(super) async fn dispatch(cx: &Cx) -> Result<(), StoreError> {
    while messages::pending(&cx.store).await?.is_some() {
        let now = cx.now();
        let handover = cx.notify.desk.handover(&cx.me, now, cx.config.notify.lease.get());
        let mut tx = cx.store.begin().await?;
        let made = messages::dispatch(&mut tx, (BATCH, BATCH_BYTES), handover.as_ref(), now).await?;
        tx.commit().await?;
        let more = made.more;
        let until = handover.map_or(now, |it| it.until);
        hand_on(cx, Handed { messages: made.messages, routed: made.routed, until, at: now });
        if !more {
            break;
        }
    }
    Ok(())
}
