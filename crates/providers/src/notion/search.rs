//! The walk along search, which finds what is shared with the connection, by the time of the last edit (Notion facts 4, 6).
//!
//! Newest first: then an edit made meanwhile moves its page to where we have been, and every other page further along our
//! way, so that none slips past. Should Notion stop after 10,000, as it does in every list, the other 10,000 are seen from the
//! other end; what lies between is said. Then the trash.

use super::call::{self, Listing};
use super::partial::Partial;
use super::record::{self, DATA_SOURCE, DATABASE, PAGE, Seen};
use super::{MINUTE, errors};
use crate::load::{At, Lane, Page, Walk, Wish};
use crate::objects::{self, wants};
use crate::wire::{Call, Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use syncline_core::time::Timestamp;

/// A walk along what search finds of one type.
pub struct Search {
    object_type: &'static str,
    wish: Wish,
    since: Option<Timestamp>,
    place: Place,
}

/// How far it went.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    phase: Phase,
    cursor: Option<String>,
    /// The last edit of the last object of this phase.
    last: Option<Timestamp>,
    /// Down to which edit the first phase came, if it was cut.
    reached: Option<Timestamp>,
    partial: Partial,
    /// How often the phase began again.
    again: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    #[default]
    Newest,
    Oldest,
    Trash,
    Done,
}

impl Search {
    /// From the beginning, or from where `saved` says.
    pub fn new(
        object_type: &'static str,
        wish: &Wish,
        since: Option<Timestamp>,
        saved: Option<&Value>,
    ) -> Result<Self, Fault> {
        Ok(Self { object_type, wish: wish.clone(), since, place: objects::place(saved)? })
    }

    fn body(&self) -> Value {
        let direction = if self.place.phase == Phase::Oldest { "ascending" } else { "descending" };
        let mut filter = json!({ "property": "object", "value": self.object_type });
        if self.place.phase == Phase::Trash {
            filter["in_trash"] = json!(true);
        }
        json!({ "filter": filter, "sort": { "timestamp": "last_edited_time", "direction": direction } })
    }

    fn put(&self, object: &Value, page: &mut Page, partial: &mut Partial) -> Result<(), Fault> {
        match record::read(self.object_type, object)? {
            Seen::Whole(record) => {
                page.lanes.extend(self.lanes(object, &record));
                page.records.push(*record);
            }
            Seen::Partial(id) => partial.push(id),
            Seen::Other => {}
        }
        Ok(())
    }

    /// The lanes that a data source brings to light; none of one in the trash.
    fn lanes(&self, object: &Value, record: &syncline_core::record::Record) -> Vec<Lane> {
        if self.object_type != DATA_SOURCE || record.archived {
            return Vec::new();
        }
        let pages = wants(&self.wish, PAGE).then(|| record::pages_lane(record));
        let database = record::database_lane(object, &record.item.name);
        pages.into_iter().chain(database.filter(|_| wants(&self.wish, DATABASE))).collect()
    }

    /// Data sources that nobody wants are only passed through.
    fn finished(&self, mut page: Page) -> Page {
        if !wants(&self.wish, self.object_type) {
            page.records.clear();
            page.gone.clear();
        }
        page
    }

    /// Whether the rest of the phase is known or of no interest. Times are told in whole minutes (Notion facts 7), so only a
    /// whole minute further is certain.
    fn is_past(&self, last: Option<Timestamp>) -> bool {
        let Some(last) = last else { return false };
        match self.place.phase {
            Phase::Oldest => self.place.reached.is_some_and(|reached| last > reached.plus(MINUTE)),
            _ => self.since.is_some_and(|since| last.plus(MINUTE) < since),
        }
    }

    /// The phase after this one, which ended; and what to say of it.
    fn after(&self, last: Option<Timestamp>, cut: bool) -> (Phase, Option<String>) {
        let when = |time: Option<Timestamp>| time.map_or_else(String::new, |time| time.to_string());
        match self.place.phase {
            Phase::Newest if cut => (Phase::Oldest, None),
            Phase::Oldest if cut => (
                Phase::Trash,
                Some(format!(
                    "Notion's search shows a limited number of objects: those of type {} last edited between {} and {} were \
                     not seen, except as pages of a data source.",
                    self.object_type,
                    when(last),
                    when(self.place.reached)
                )),
            ),
            Phase::Newest | Phase::Oldest => (Phase::Trash, None),
            Phase::Trash if cut => (
                Phase::Done,
                Some(format!(
                    "Notion's search shows a limited number of objects: those of type {} put into the trash and last edited \
                     before {} were not seen.",
                    self.object_type,
                    when(last)
                )),
            ),
            Phase::Trash | Phase::Done => (Phase::Done, None),
        }
    }

    fn take_list(&mut self, body: &Value) -> Result<Page, Fault> {
        let Listing { results, next, cut } = call::read(body, self.place.cursor.as_deref())?;
        let (mut page, mut partial) = (Page::default(), Partial::default());
        for object in results {
            self.put(object, &mut page, &mut partial)?;
        }
        let last = page.records.iter().rev().find_map(|record| record.modified_at).or(self.place.last);
        let Place { phase, reached, again, .. } = self.place;
        self.place = if next.is_some() && !self.is_past(last) {
            Place { phase, cursor: next, last, reached, partial, again }
        } else {
            let cut = cut && !self.is_past(last);
            let (after, notice) = self.after(last, cut);
            page.notice = notice;
            let reached = if after == Phase::Oldest { last } else { None };
            Place { phase: after, reached, partial, ..Place::default() }
        };
        Ok(page)
    }

    fn begin_again(&mut self) -> Result<Page, Fault> {
        let Place { phase, reached, again, .. } = self.place;
        self.place = Place { phase, reached, again: again + 1, ..Place::default() };
        errors::again(&mut self.place.again)
    }
}

impl Walk for Search {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        if !self.place.partial.is_empty() {
            return self.place.partial.next(at, self.object_type);
        }
        let cursor = self.place.cursor.as_deref();
        (self.place.phase != Phase::Done).then(|| call::listing(at, "search", self.body(), cursor))
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        if !self.place.partial.is_empty() {
            let (mut page, object) = self.place.partial.take(at, self.object_type, reply)?;
            if let (Some(object), Some(record)) = (object, page.records.first()) {
                page.lanes = self.lanes(&object, record);
            }
            return Ok(self.finished(page));
        }
        if self.place.cursor.is_some() && errors::lost_its_place(reply) {
            return self.begin_again();
        }
        let body = objects::success(reply, errors::fault, at.token)?;
        let page = self.take_list(&body)?;
        Ok(self.finished(page))
    }

    fn save(&self) -> Value {
        objects::saved(&self.place)
    }
}
