//! Deliveries whose messages are not there, which nothing does by itself: a table that was restored without the other does.

use super::claim::Claim;
use super::{PIECE, among};
use crate::value::args;
use crate::{Result, Tx};
use std::collections::BTreeSet;

/// Forgets such deliveries to an endpoint: there is nothing to send, and they would be due for ever. A message that was committed a moment
/// ago may be in sight only now, so it is looked for once more.
pub(super) async fn forget(tx: &mut Tx, endpoint_id: &str, lost: &[Claim]) -> Result<()> {
    for piece in lost.chunks(PIECE) {
        let ids: Vec<&str> = piece.iter().map(|claim| claim.message_id.as_str()).collect();
        let (marks, some) = among(&ids);
        let there = tx.query(&format!("SELECT id FROM messages WHERE id IN ({marks})"), some).await?;
        let there = there.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<_>>>()?;
        for claim in piece.iter().filter(|claim| !there.contains(&claim.message_id)) {
            let id = claim.message_id.as_str();
            if let Some(key) = claim.order_key.as_deref() {
                let sql =
                    "DELETE FROM delivery_order WHERE endpoint_id = ? AND order_key = ? AND message_id = ?";
                tx.execute(sql, args![endpoint_id, key, id]).await?;
            }
            let sql = "DELETE FROM deliveries WHERE message_id = ? AND endpoint_id = ?";
            tx.execute(sql, args![id, endpoint_id]).await?;
        }
    }
    Ok(())
}
