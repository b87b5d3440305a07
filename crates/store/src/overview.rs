//! What an operator looks at first: what waits for a person, and how much went through. Every question here is answered through an index
//! and from few rows, however much is stored.

use crate::value::{Row, args};
use crate::{Dialect, Result, Store};
use syncline_core::time::Timestamp;

/// Something that waits for a person: what it is about, and how much there is of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The id of what it is about.
    pub id: String,
    /// What people call that; may be empty.
    pub name: String,
    /// How many there are.
    pub count: u64,
}

/// The most things of one kind that are named.
pub const MOST: u32 = 100;

/// How many connections there are of each status, by its stable name.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn connections(store: &Store) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT status, COUNT(*) FROM connections GROUP BY status ORDER BY status";
    store.query(sql, Vec::new()).await?.iter().map(|row| Ok((row.text(0)?, count(row, 1)?))).collect()
}

/// How many connections of one status there are through an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The provider.
    pub provider: String,
    /// The app's name; empty for keys.
    pub app: String,
    /// The status, by its stable name.
    pub status: String,
    /// How many.
    pub count: u64,
    /// When the latest of them was first connected.
    pub last: Timestamp,
}

/// Who uses which app.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn apps(store: &Store) -> Result<Vec<Use>> {
    let sql = "SELECT provider, app, status, COUNT(*), MAX(created_at) FROM connections GROUP BY provider, app, status \
               ORDER BY provider, app, status";
    let rows = store.query(sql, Vec::new()).await?;
    rows.iter()
        .map(|row| {
            Ok(Use {
                provider: row.text(0)?,
                app: row.text(1)?,
                status: row.text(2)?,
                count: count(row, 3)?,
                last: row.time(4)?,
            })
        })
        .collect()
}

/// Endpoints that nobody disabled and that are disabled all the same, because they did not answer. `by_a_person` is the reason of the others.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn disabled_endpoints(store: &Store, by_a_person: &str) -> Result<Vec<Waiting>> {
    let sql = "SELECT id, url, 1 FROM endpoints WHERE state = 'disabled' AND reason <> ? ORDER BY id LIMIT ?";
    waiting(store, sql, args![by_a_person, MOST]).await
}

/// Endpoints that are sent to and have not answered since `before` or longer, with how often they failed since then.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn failing_endpoints(store: &Store, before: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "SELECT id, url, failures FROM endpoints WHERE state = 'enabled' AND failing_since < ? ORDER BY id LIMIT ?";
    waiting(store, sql, args![before, MOST]).await
}

// SQLite has no statistics to choose an order of tables by: a cross join is walked as it is written, the few rows first.

/// Endpoints for which messages were given up since `since`, with how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn failed_deliveries(store: &Store, since: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "SELECT e.id, e.url, COUNT(*) FROM endpoints e \
               CROSS JOIN deliveries d WHERE d.endpoint_id = e.id AND d.state = 2 AND d.at >= ? \
               GROUP BY e.id, e.url ORDER BY e.id LIMIT ?";
    waiting(store, sql, args![since, MOST]).await
}

/// Counters' definitions with counters that wait for a person, with how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn parked_counters(store: &Store) -> Result<Vec<Waiting>> {
    let sql = "SELECT f.id, f.name, COUNT(*) FROM counter_definitions f \
               CROSS JOIN counters c WHERE c.definition_id = f.id AND c.stage = 4 GROUP BY f.id, f.name ORDER BY f.id LIMIT ?";
    waiting(store, sql, args![MOST]).await
}

/// Comparisons since `since` that are the latest of their definition and found counters wrong that are not right yet: the run, its
/// definition's name, how many.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn drifted_counters(store: &Store, since: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "SELECT r.id, f.name, r.drifted - r.repaired FROM counter_runs r JOIN counter_definitions f ON f.id = r.definition_id \
               WHERE r.finished_at >= ? AND r.drifted > r.repaired AND r.created_at = \
               (SELECT MAX(x.created_at) FROM counter_runs x WHERE x.definition_id = r.definition_id) ORDER BY r.finished_at DESC, r.id DESC LIMIT ?";
    waiting(store, sql, args![since, MOST]).await
}

/// Loads since `since` that are the latest of their connection and were not read to their end: the run, and the connection's id as the name.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn failed_runs(store: &Store, since: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "SELECT r.id, r.connection_id, 1 FROM runs r WHERE r.state IN ('failed', 'partial') AND r.created_at >= ? \
               AND r.created_at = (SELECT MAX(x.created_at) FROM runs x WHERE x.connection_id = r.connection_id) \
               ORDER BY r.created_at DESC LIMIT ?";
    waiting(store, sql, args![since, MOST]).await
}

/// The same of syncs' runs, with the sync's id as the name.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn failed_sync_runs(store: &Store, since: Timestamp) -> Result<Vec<Waiting>> {
    let sql = "SELECT r.id, r.sync_id, 1 FROM sync_runs r WHERE r.state IN ('failed', 'partial') AND r.created_at >= ? \
               AND r.created_at = (SELECT MAX(x.created_at) FROM sync_runs x WHERE x.sync_id = r.sync_id) \
               ORDER BY r.created_at DESC LIMIT ?";
    waiting(store, sql, args![since, MOST]).await
}

async fn waiting(store: &Store, sql: &str, values: Vec<crate::Value>) -> Result<Vec<Waiting>> {
    let rows = store.query(sql, values).await?;
    rows.iter()
        .map(|row| Ok(Waiting { id: row.text(0)?, name: row.text(1)?, count: count(row, 2)? }))
        .collect()
}

/// What went through in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Events that were stored.
    pub events: u64,
    /// Attempts that delivered a message to an endpoint.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Records that were read, by loads that ended then.
    pub records: u64,
    /// In so many pages.
    pub pages: u64,
    /// Records that syncs wrote.
    pub writes: u64,
}

/// What went through from `from` on and before `to`, whole minutes both. Reads what is of that span and no more.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn flow(store: &Store, from: Timestamp, to: Timestamp) -> Result<Flow> {
    let int = match store.dialect() {
        Dialect::MySql => "SIGNED",
        Dialect::Sqlite | Dialect::Postgres => "BIGINT",
    };
    let sum = |what: &str| format!("CAST(COALESCE(SUM({what}), 0) AS {int})");
    let sql = format!(
        "SELECT {}, {} FROM endpoint_minutes WHERE minute >= ? AND minute < ?",
        sum("delivered"),
        sum("failed")
    );
    let (delivered, failed) = two(&store.query(&sql, args![from, to]).await?)?;
    let sql = format!(
        "SELECT {}, {} FROM runs r JOIN run_lanes l ON l.run_id = r.id WHERE r.finished_at >= ? AND r.finished_at < ?",
        sum("l.records_read"),
        sum("l.pages")
    );
    let (records, pages) = two(&store.query(&sql, args![from, to]).await?)?;
    let sql = "SELECT COUNT(*), 0 FROM sync_history WHERE at >= ? AND at < ? AND what IN ('created', 'updated', 'deleted')";
    let (writes, _) = two(&store.query(sql, args![from, to]).await?)?;
    let before = stored_before(store, from).await?;
    let events = stored_before(store, to).await?.saturating_sub(before);
    Ok(Flow { events: u64::try_from(events).unwrap_or(0), delivered, failed, records, pages, writes })
}

/// The place behind the last event that had arrived before `moment`. Events are stored in the order in which they arrive, or nearly so:
/// halving finds the place with some twenty looks, where counting would read them all.
async fn stored_before(store: &Store, moment: Timestamp) -> Result<i64> {
    let sql = "SELECT seq, received_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1";
    let last = crate::events::last_seq(store).await?;
    let first = store.query(sql, args![0]).await?.first().map(|row| row.int(0)).transpose()?;
    let (mut low, mut high) = (first.unwrap_or(0), last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match store.query(sql, args![middle]).await?.first() {
            Some(row) if row.time(1)? < moment => low = row.int(0)? + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn two(rows: &[Row]) -> Result<(u64, u64)> {
    rows.first().map_or(Ok((0, 0)), |row| Ok((count(row, 0)?, count(row, 1)?)))
}

fn count(row: &Row, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.int(at)?).unwrap_or(0))
}
