//! Positions: what is remembered of a connection's lanes from run to run.

use crate::tx::Bulk;
use crate::value::{Kind, args};
use crate::{Result, Store, Tx};
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;

/// What is remembered of one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The latest modification seen, by the provider's clock: where the next incremental run begins, less the overlap.
    pub high_water: Option<Timestamp>,
    /// When the last run began that read the lane from its start to its end.
    pub full_at: Option<Timestamp>,
    /// When either last changed.
    pub updated_at: Timestamp,
}

const INSERT: Bulk = Bulk {
    table: "positions",
    columns: &[("connection_id", Kind::Text), ("lane", Kind::Text), ("updated_at", Kind::Int)],
    unique: "connection_id, lane",
};

/// All positions of a connection, by the key of the lane.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get_all(store: &Store, connection_id: &str) -> Result<BTreeMap<String, Position>> {
    let sql = "SELECT lane, high_water, full_at, updated_at FROM positions WHERE connection_id = ?";
    let rows = store.query(sql, args![connection_id]).await?;
    rows.iter()
        .map(|row| {
            let position = Position {
                high_water: row.maybe_int(1)?.map(Timestamp::from_millis),
                full_at: row.maybe_int(2)?.map(Timestamp::from_millis),
                updated_at: row.time(3)?,
            };
            Ok((row.text(0)?, position))
        })
        .collect()
}

/// Remembers where a lane is. `None` leaves what was remembered before.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn set(
    tx: &mut Tx,
    connection_id: &str,
    lane: &str,
    high_water: Option<Timestamp>,
    full_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    // Neither can be refused, whoever else remembers the same lane at the same moment.
    tx.insert_many(&INSERT, [args![connection_id, lane, now]]).await?;
    let sql = "UPDATE positions SET high_water = COALESCE(?, high_water), full_at = COALESCE(?, full_at), updated_at = ? \
               WHERE connection_id = ? AND lane = ?";
    tx.execute(sql, args![high_water, full_at, now, connection_id, lane]).await.map(|_| ())
}

/// Forgets all positions of a connection: its next run reads everything.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn forget(tx: &mut Tx, connection_id: &str) -> Result<u64> {
    tx.execute("DELETE FROM positions WHERE connection_id = ?", args![connection_id]).await
}
