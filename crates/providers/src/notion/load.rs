//! Loading Notion's pages, data sources and databases (Notion facts 3 to 8).

use super::query::Query;
use super::record::{DATA_SOURCE, DATABASE, Known, PAGE};
use super::search::Search;
use super::single::{self, Single};
use super::{Notion, call};
use crate::connect::Credential;
use crate::load::{At, Change, Counts, Found, From, Lane, Limit, Load, Walk, Wish};
use crate::objects::{text, wants};
use crate::wire::{Call, Fault, Reply};
use serde::Deserialize as _;
use serde_json::Value;
use std::time::Duration;

/// Notion facts 3, the newest copy: a window of a minute, which may be used up in one burst. Business and Enterprise have 600;
/// nothing on the wire says which plan a workspace has.
static LIMITS: [Limit; 1] = [Limit {
    name: "minute",
    counts: Counts::Both,
    per_part: false,
    calls: 180,
    span: Duration::from_secs(60),
    penalty: Duration::from_secs(60),
}];

impl Load for Notion {
    fn limits(&self, _credential: Credential) -> &'static [Limit] {
        &LIMITS
    }

    /// Search finds pages wherever they are, and data sources; those bring the pages in them to light, and their databases.
    /// That search does not find something proves nothing (Notion facts 6).
    fn lanes(&self, wish: &Wish) -> Vec<Lane> {
        let lane = |key: &str, object_type: &str, title: &str| Lane {
            key: key.to_owned(),
            object_type: object_type.to_owned(),
            collection: String::new(),
            title: title.to_owned(),
            complete: false,
            detail: Value::Null,
        };
        let mut lanes = Vec::new();
        if [PAGE, DATA_SOURCE, DATABASE].into_iter().any(|kind| wants(wish, kind)) {
            lanes.push(lane("search/data_sources", DATA_SOURCE, "Data sources"));
        }
        if wants(wish, PAGE) {
            lanes.push(lane("search/pages", PAGE, "Pages found by search"));
        }
        lanes
    }

    /// Data sources are listed whole in every run: their pages are found only by way of them.
    fn knows_changes(&self, lane: &Lane) -> bool {
        lane.object_type == PAGE
    }

    /// Edits are told in whole minutes, and search finds them some time later; how much is not known (Notion facts 6 and 7).
    fn overlap(&self) -> Duration {
        Duration::from_secs(10 * 60)
    }

    fn walk(
        &self,
        lane: &Lane,
        wish: &Wish,
        from: From,
        saved: Option<&Value>,
    ) -> Result<Box<dyn Walk>, Fault> {
        let since = match from {
            From::ChangedSince(since) => Some(since),
            From::Start => None,
        };
        let known =
            || Known::deserialize(&lane.detail).map_err(|_| Fault::Unreadable("a lane of another version"));
        Ok(match lane.key.split_once('/') {
            Some(("search", "pages")) => Box::new(Search::new(PAGE, wish, since, saved)?),
            Some(("search", "data_sources")) => Box::new(Search::new(DATA_SOURCE, wish, None, saved)?),
            Some(("pages", _)) => Box::new(Query::new(known()?, since, saved)?),
            Some(("database", _)) => Box::new(Single::new(known()?, saved)?),
            _ => return Err(Fault::Unreadable("a lane that Notion does not have")),
        })
    }

    fn read_batch(&self) -> usize {
        1
    }

    fn read(&self, at: &At<'_>, _wish: &Wish, object_type: &str, _collection: &str, ids: &[String]) -> Call {
        call::object(at, object_type, ids.first().map_or("", String::as_str))
    }

    fn read_back(
        &self,
        at: &At<'_>,
        object_type: &str,
        _collection: &str,
        ids: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<Found>, Fault> {
        let id = ids.first().map_or("", String::as_str);
        Ok(vec![single::read_back(at, object_type, id, reply)?])
    }

    /// Every event about a page, data source or database means reading it again: none brings values (Notion facts 8).
    /// Comments, views and files are no records.
    fn change(&self, _kind: &str, object_type: &str, object_id: &str, raw: &[u8]) -> Vec<Change> {
        if ![PAGE, DATA_SOURCE, DATABASE].contains(&object_type) || object_id.is_empty() {
            return Vec::new();
        }
        let raw: Value = serde_json::from_slice(raw).unwrap_or_default();
        let source = text(&raw["data"]["parent"], "data_source_id").filter(|_| object_type == PAGE);
        vec![Change {
            object_type: object_type.to_owned(),
            collection: source.unwrap_or_default().to_owned(),
            id: object_id.to_owned(),
        }]
    }
}
