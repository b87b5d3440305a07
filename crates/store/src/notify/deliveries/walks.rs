//! The ways that lead to deliveries, each in the order of an index and a piece at a time: through one message, through one endpoint,
//! through the lanes side by side where a state is asked for, and else through the messages.

use super::look::{COLUMNS, read};
use super::search::{Place, Search};
use super::{Delivery, State};
use crate::notify::own;
use crate::value::{Value, args, in_list};
use crate::{Result, Scope, Store};
use std::cmp::Reverse;
use syncline_core::time::Timestamp;

/// Lanes that are looked into with one statement.
const LANES: usize = 50;
/// The fewest rows that are read of each of many lanes at once.
const FEWEST: usize = 4;

/// A piece of a way.
#[derive(Default)]
pub(super) struct Piece {
    /// What stands there, in the order of the search.
    pub(super) rows: Vec<Delivery>,
    /// How many rows were looked at.
    pub(super) looked_at: usize,
    /// Where it ended; none at the end of the way.
    pub(super) end: Option<Place>,
}

/// A way, for one page.
pub(super) struct Walk<'a> {
    store: &'a Store,
    scope: &'a Scope,
    search: &'a Search,
    /// The endpoints that have something in the state, where that is the way.
    lanes: Vec<String>,
}

impl<'a> Walk<'a> {
    /// The way that finds least.
    pub(super) async fn of(
        store: &'a Store,
        scope: &'a Scope,
        search: &'a Search,
        before: Option<&Place>,
    ) -> Result<Self> {
        let lanes = match (&search.message_id, search.state, &search.endpoint_id) {
            (None, Some(_), Some(endpoint_id)) => vec![endpoint_id.clone()],
            (None, Some(state), None) => lanes(store, scope, search, (state, before)).await?,
            _ => Vec::new(),
        };
        Ok(Self { store, scope, search, lanes })
    }

    /// Up to about `size` rows behind `after`.
    pub(super) async fn piece(&self, after: Option<&Place>, size: usize) -> Result<Piece> {
        match (&self.search.message_id, self.search.state, &self.search.endpoint_id) {
            (Some(message_id), ..) => self.of_message(message_id, after, size).await,
            (None, Some(state), _) => self.in_lanes(state, after, size).await,
            (None, None, Some(endpoint_id)) => self.of_endpoint(endpoint_id, after, size).await,
            (None, None, None) => self.of_messages(after, size).await,
        }
    }

    async fn of_message(&self, message_id: &str, after: Option<&Place>, size: usize) -> Result<Piece> {
        let mut values = args![message_id];
        let behind = after.map_or("", |place| {
            values.push(place.endpoint_id.as_str().into());
            " AND endpoint_id < ?"
        });
        let sql = format!("message_id = ?{behind}{{mine}} ORDER BY endpoint_id DESC LIMIT ?");
        self.straight(&sql, values, size).await
    }

    async fn of_endpoint(&self, endpoint_id: &str, after: Option<&Place>, size: usize) -> Result<Piece> {
        let mut values = args![endpoint_id];
        let behind = after.map_or("", |place| {
            values.push(place.message_id.as_str().into());
            " AND message_id < ?"
        });
        let sql = format!("endpoint_id = ?{behind}{{mine}} ORDER BY message_id DESC LIMIT ?");
        self.straight(&sql, values, size).await
    }

    /// Rows in the order in which one index has them.
    async fn straight(&self, tests: &str, mut values: Vec<Value>, size: usize) -> Result<Piece> {
        let (mine, scope_values) = own(self.scope, "org_id");
        values.extend(scope_values);
        values.push(Value::from(i64::try_from(size).unwrap_or(i64::MAX)));
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE {}", tests.replace("{mine}", &mine));
        let rows = self.store.query(&sql, values).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
        let end = rows.last().filter(|_| rows.len() >= size).map(|last| self.search.place(last));
        Ok(Piece { looked_at: rows.len(), end, rows })
    }

    /// The lanes side by side. Of each so many rows are read; what is later than the first row that a lane was not asked for any more is
    /// complete, and the rest is read again with the next piece.
    async fn in_lanes(&self, state: State, after: Option<&Place>, size: usize) -> Result<Piece> {
        let each = if self.lanes.len() > 8 { (size * 8 / self.lanes.len()).max(FEWEST) } else { size };
        let (mut rows, mut looked_at, mut end) = (Vec::new(), 0, None::<Place>);
        for some in self.lanes.chunks(LANES) {
            let mut of_lane: Vec<Vec<Delivery>> = vec![Vec::new(); some.len()];
            for one in self.heads_of(some, state, after, each).await? {
                if let Ok(lane) = some.binary_search(&one.endpoint_id) {
                    of_lane[lane].push(one);
                }
            }
            for lane in of_lane {
                looked_at += lane.len();
                let last = lane.iter().map(|one| self.search.place(one)).min();
                end = if lane.len() >= each { end.max(last) } else { end };
                rows.extend(lane);
            }
        }
        rows.retain(|one| end.as_ref().is_none_or(|end| self.search.place(one) >= *end));
        rows.sort_by_cached_key(|one| Reverse(self.search.place(one)));
        Ok(Piece { rows, looked_at, end })
    }

    /// The latest `each` of every one of these lanes.
    async fn heads_of(
        &self,
        lanes: &[String],
        state: State,
        after: Option<&Place>,
        each: usize,
    ) -> Result<Vec<Delivery>> {
        let (mine, scope_values) = own(self.scope, "org_id");
        let mut values = Vec::new();
        let of_lane = |(at, lane): (usize, &String)| {
            values.extend(args![lane.as_str(), state.code()]);
            let mut tests = String::new();
            if let Some(place) = after {
                let (id, here) = (place.message_id.as_str(), place.endpoint_id.as_str());
                tests.push_str(
                    " AND at <= ? AND (at < ? OR message_id < ? OR (message_id = ? AND endpoint_id < ?))",
                );
                values.extend(args![place.at, place.at, id, id, here]);
            }
            if let Some(from) = self.search.from {
                // Nothing is due or settled before it was made.
                tests.push_str(" AND at >= ?");
                values.push(from.into());
            }
            values.extend(scope_values.iter().cloned());
            values.push(Value::from(i64::try_from(each).unwrap_or(i64::MAX)));
            format!(
                "SELECT * FROM (SELECT {COLUMNS} FROM deliveries WHERE endpoint_id = ? AND state = ?{tests}{mine} \
                 ORDER BY at DESC, message_id DESC LIMIT ?) lane_{at}"
            )
        };
        let sql = lanes.iter().enumerate().map(of_lane).collect::<Vec<_>>().join(" UNION ALL ");
        self.store.query(&sql, values).await?.iter().map(read).collect()
    }

    /// The messages, the latest first, and of each its deliveries.
    async fn of_messages(&self, after: Option<&Place>, size: usize) -> Result<Piece> {
        let (ids, end) = self.messages(after, size).await?;
        let (mine, scope_values) = own(self.scope, "org_id");
        let mut rows = Vec::new();
        for piece in ids.chunks(crate::notify::PIECE) {
            let (marks, some) = in_list(piece.iter().map(|id| Value::from(id.as_str())).collect());
            let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE message_id IN ({marks}){mine}");
            let values = some.into_iter().chain(scope_values.iter().cloned()).collect();
            for row in self.store.query(&sql, values).await? {
                rows.push(read(&row)?);
            }
        }
        rows.retain(|one| after.is_none_or(|after| self.search.place(one) < *after));
        rows.sort_by_cached_key(|one| Reverse(self.search.place(one)));
        Ok(Piece { rows, looked_at: ids.len(), end })
    }

    /// Up to `size` messages, the first of them the one that `after` is about: some of its deliveries may be missing yet.
    async fn messages(&self, after: Option<&Place>, size: usize) -> Result<(Vec<String>, Option<Place>)> {
        let (mut tests, mut values) = (vec!["1 = 1"], Vec::new());
        if let Some(org_id) = &self.search.org_id {
            tests.push("org_id = ?");
            values.push(org_id.as_str().into());
        }
        if let Some(from) = self.search.from {
            tests.push("created_at >= ?");
            values.push(from.into());
        }
        if let Some(to) = self.search.to {
            tests.push("created_at < ?");
            values.push(to.into());
        }
        if let Some(place) = after {
            tests.push("created_at <= ? AND (created_at < ? OR id <= ?)");
            values.extend(args![place.at, place.at, place.message_id.as_str()]);
        }
        values.push(Value::from(i64::try_from(size).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT id, created_at FROM messages WHERE {} ORDER BY created_at DESC, id DESC LIMIT ?",
            tests.join(" AND ")
        );
        let rows = self.store.query(&sql, values).await?;
        let end = match rows.last().filter(|_| rows.len() >= size) {
            Some(last) => {
                Some(Place { at: last.time(1)?, message_id: last.text(0)?, endpoint_id: String::new() })
            }
            None => None,
        };
        let ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
        Ok((ids, end))
    }
}

/// The endpoints that have something in a state, and, where there is a place, not after it. Each costs one look into the index.
async fn lanes(
    store: &Store,
    scope: &Scope,
    search: &Search,
    (state, before): (State, Option<&Place>),
) -> Result<Vec<String>> {
    let latest: Timestamp = before.map_or(Timestamp::from_millis(i64::MAX), |place| place.at);
    let mut values = args![state.code(), latest];
    let (mine, scope_values) = own(scope, "e.org_id");
    values.extend(scope_values);
    let theirs = search.org_id.as_ref().map_or("", |org_id| {
        values.extend(args!["", org_id.as_str()]);
        " AND e.org_id IN (?, ?)"
    });
    let sql = format!(
        "SELECT e.id FROM endpoints e WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.endpoint_id = e.id AND d.state = ? \
         AND d.at <= ?){mine}{theirs} ORDER BY e.id"
    );
    store.query(&sql, values).await?.iter().map(|row| row.text(0)).collect()
}
