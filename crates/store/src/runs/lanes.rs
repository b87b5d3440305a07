//! The lanes of runs: how far each is, and what it found.

use super::{LaneState, State, maybe_time, number, stored};
use crate::tx::Bulk;
use crate::value::{Kind, Row, args, storable};
use crate::{Result, Store, Tx};
use syncline_core::time::Timestamp;

/// A lane that a run is to go along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLane {
    /// Names it within its connection, the same in every run.
    pub key: String,
    /// The type of the records it finds.
    pub object_type: String,
    /// Where they are, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// For people.
    pub title: String,
    /// Whether its end means that all records of its type and collection were seen.
    pub complete: bool,
    /// What the provider's room needs to know of it, JSON.
    pub detail: String,
    /// Only what changed since then, by the provider's clock; none: everything.
    pub since: Option<Timestamp>,
}

/// A lane of a run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LaneRow {
    /// The run.
    pub run_id: String,
    /// Names it within its connection, the same in every run.
    pub key: String,
    /// The type of the records it finds.
    pub object_type: String,
    /// Where they are, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// For people.
    pub title: String,
    /// Whether its end means that all records of its type and collection were seen.
    pub complete: bool,
    /// What the provider's room needs to know of it, JSON.
    pub detail: String,
    /// How it is.
    pub state: LaneState,
    /// Only what changed since then, by the provider's clock; none: everything.
    pub since: Option<Timestamp>,
    /// The checkpoint: what the walk along it needs to go on, JSON; none before the first page.
    pub saved: Option<String>,
    /// When it was begun, before its first request was sent.
    pub started_at: Option<Timestamp>,
    /// The latest modification seen on it, by the provider's clock.
    pub high_water: Option<Timestamp>,
    /// Records read so far.
    pub read: u64,
    /// Of these: new to the mirror.
    pub created: u64,
    /// Of these: in another state than mirrored.
    pub changed: u64,
    /// Of these: in the state mirrored.
    pub unchanged: u64,
    /// Of these: older than mirrored.
    pub stale: u64,
    /// Records found gone.
    pub gone: u64,
    /// Pages read so far.
    pub pages: u64,
    /// How many records there are in all, where the provider tells.
    pub total: Option<u64>,
    /// Something people should know: what was left out and why.
    pub notice: Option<String>,
    /// Why it failed, for people.
    pub error: Option<String>,
    /// When this row last changed.
    pub updated_at: Timestamp,
}

/// What a page added to a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What the walk needs to go on from here, JSON. Takes the place of the one before.
    pub saved: Option<String>,
    /// Records on this page.
    pub read: u64,
    /// Of these: new to the mirror.
    pub created: u64,
    /// Of these: in another state than mirrored.
    pub changed: u64,
    /// Of these: in the state mirrored.
    pub unchanged: u64,
    /// Of these: older than mirrored.
    pub stale: u64,
    /// Records found gone.
    pub gone: u64,
    /// Pages: one, or none for a checkpoint without one.
    pub pages: u64,
    /// How many records there are in all; none leaves what was known.
    pub total: Option<u64>,
    /// The latest modification on this page; the lane keeps the latest of all.
    pub high_water: Option<Timestamp>,
    /// Something people should know; none leaves what was said.
    pub notice: Option<String>,
}

const COLUMNS: &str = "run_id, lane, object_type, collection, title, complete, detail, state, since, saved, started_at, high_water, \
                       records_read, created, changed, unchanged, stale, gone, pages, total, notice, error, updated_at";

const INSERT: Bulk = Bulk {
    table: "run_lanes",
    columns: &[
        ("run_id", Kind::Text),
        ("lane", Kind::Text),
        ("object_type", Kind::Text),
        ("collection", Kind::Text),
        ("title", Kind::Text),
        ("complete", Kind::Int),
        ("detail", Kind::Text),
        ("state", Kind::Text),
        ("since", Kind::Int),
        ("records_read", Kind::Int),
        ("created", Kind::Int),
        ("changed", Kind::Int),
        ("unchanged", Kind::Int),
        ("stale", Kind::Int),
        ("gone", Kind::Int),
        ("pages", Kind::Int),
        ("updated_at", Kind::Int),
    ],
    unique: "run_id, lane",
};

/// Adds lanes to a run. Those it has stay as they are.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn add_lanes(tx: &mut Tx, run_id: &str, new: &[NewLane], now: Timestamp) -> Result<()> {
    let mut new: Vec<&NewLane> = new.iter().collect();
    new.sort_by_key(|lane| &lane.key);
    let rows = new.into_iter().map(|lane| {
        args![
            run_id,
            lane.key.as_str(),
            lane.object_type.as_str(),
            lane.collection.as_str(),
            storable(&lane.title),
            lane.complete,
            storable(&lane.detail),
            LaneState::Waiting.name(),
            lane.since,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            now,
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>()).await
}

/// The lanes of a run, by key.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lanes(store: &Store, run_id: &str) -> Result<Vec<LaneRow>> {
    let sql = format!("SELECT {COLUMNS} FROM run_lanes WHERE run_id = ? ORDER BY run_id, lane");
    store.query(&sql, args![run_id]).await?.iter().map(read).collect()
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn lanes_in(tx: &mut Tx, run_id: &str) -> Result<Vec<LaneRow>> {
    let sql = format!("SELECT {COLUMNS} FROM run_lanes WHERE run_id = ? ORDER BY run_id, lane");
    tx.query(&sql, args![run_id]).await?.iter().map(read).collect()
}

/// A lane is begun, or taken up again: then it keeps the time it was begun at. To be committed before its first request is sent. False
/// when the lane is over, or its run does not run or is asked to stop.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn start_lane(tx: &mut Tx, run_id: &str, key: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE run_lanes SET state = ?, started_at = COALESCE(started_at, ?), updated_at = ? \
               WHERE run_id = ? AND lane = ? AND state IN (?, ?)";
    let (waiting, running) = (LaneState::Waiting.name(), LaneState::Running.name());
    let begun = tx.execute(sql, args![running, now, now, run_id, key, waiting, running]).await? == 1;
    Ok(begun && beat(tx, run_id, &Progress::default(), now).await?)
}

/// Moves a lane on, in the transaction that stores its page. False when the lane is over, or its run does not run any more or is asked
/// to stop: the caller then rolls back and stops. Called last, since lanes of one run wait here for each other's commit.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn checkpoint(
    tx: &mut Tx,
    run_id: &str,
    key: &str,
    progress: &Progress,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE run_lanes SET state = ?, started_at = COALESCE(started_at, ?), saved = ?, \
               records_read = records_read + ?, created = created + ?, changed = changed + ?, unchanged = unchanged + ?, \
               stale = stale + ?, gone = gone + ?, pages = pages + ?, total = COALESCE(?, total), \
               high_water = CASE WHEN high_water >= ? THEN high_water ELSE COALESCE(?, high_water) END, \
               notice = COALESCE(?, notice), updated_at = ? WHERE run_id = ? AND lane = ? AND state IN (?, ?)";
    let (waiting, running) = (LaneState::Waiting.name(), LaneState::Running.name());
    let values = args![
        running,
        now,
        progress.saved.as_deref().map(storable),
        stored(progress.read),
        stored(progress.created),
        stored(progress.changed),
        stored(progress.unchanged),
        stored(progress.stale),
        stored(progress.gone),
        stored(progress.pages),
        progress.total.map(stored),
        progress.high_water,
        progress.high_water,
        progress.notice.as_deref().map(storable),
        now,
        run_id,
        key,
        waiting,
        running,
    ];
    Ok(tx.execute(sql, values).await? == 1 && beat(tx, run_id, progress, now).await?)
}

/// A sign of life of a run, with what was done. False when it does not run or is asked to stop.
async fn beat(tx: &mut Tx, run_id: &str, progress: &Progress, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE runs SET heartbeat_at = ?, records_read = records_read + ?, records_changed = records_changed + ?, \
               records_gone = records_gone + ? WHERE id = ? AND state = ? AND cancel_requested = 0";
    let values = args![
        now,
        stored(progress.read),
        stored(progress.created + progress.changed),
        stored(progress.gone),
        run_id,
        State::Running.name()
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Ends a lane. False when it was over before; then nothing changes.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn end_lane(
    tx: &mut Tx,
    run_id: &str,
    key: &str,
    state: LaneState,
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE run_lanes SET state = ?, error = ?, updated_at = ? WHERE run_id = ? AND lane = ? AND state IN (?, ?)";
    let (waiting, running) = (LaneState::Waiting.name(), LaneState::Running.name());
    let values = args![state.name(), error.map(storable), now, run_id, key, waiting, running];
    Ok(tx.execute(sql, values).await? == 1)
}

fn read(row: &Row) -> Result<LaneRow> {
    Ok(LaneRow {
        run_id: row.text(0)?,
        key: row.text(1)?,
        object_type: row.text(2)?,
        collection: row.text(3)?,
        title: row.text(4)?,
        complete: row.int(5)? != 0,
        detail: row.text(6)?,
        state: LaneState::stored(&row.text(7)?)?,
        since: maybe_time(row, 8)?,
        saved: row.maybe_text(9)?,
        started_at: maybe_time(row, 10)?,
        high_water: maybe_time(row, 11)?,
        read: number(row, 12)?,
        created: number(row, 13)?,
        changed: number(row, 14)?,
        unchanged: number(row, 15)?,
        stale: number(row, 16)?,
        gone: number(row, 17)?,
        pages: number(row, 18)?,
        total: row.maybe_int(19)?.map(|total| u64::try_from(total).unwrap_or(0)),
        notice: row.maybe_text(20)?,
        error: row.maybe_text(21)?,
        updated_at: row.time(22)?,
    })
}
