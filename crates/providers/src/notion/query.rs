//! The walk along the pages of a data source (Notion facts 4 and 6).
//!
//! By the time of creation, oldest first: an order that no edit changes. Notion shows 10,000 of a list and stops; then the
//! list begins again where the last page was created, as Notion's own library does it. More than 10,000 created within a
//! minute are gone through by the time of their last edit, likewise; only what was also edited within one minute cannot be told
//! apart, and then the run says what is missing. Times may be rounded to minutes, so lists begin again half a minute earlier: a
//! page may come twice, and to keep it twice is to keep it once.

use super::call::{self, Listing};
use super::partial::Partial;
use super::record::{self, Known, PAGE, Seen};
use super::{MINUTE, errors};
use crate::load::{At, Page, Walk};
use crate::objects::{self, segment, time};
use crate::wire::{Call, Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use syncline_core::time::Timestamp;

/// By how much a time may be told too late, were it rounded to the nearest minute. Rounding down, which is what is known of
/// (Notion facts 7), never does.
const ROUNDED: Duration = Duration::from_secs(30);

/// A walk along the pages of one data source.
pub struct Query {
    source: Known,
    since: Option<Timestamp>,
    place: Place,
}

/// How far it went.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    part: Part,
    cursor: Option<String>,
    /// The time, of those the part is sorted by, of its last page.
    last: Option<Timestamp>,
    partial: Partial,
    /// How often the part began again because its cursor was lost.
    again: u32,
    done: bool,
}

/// Which part of the list is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Created at this time or later.
    created: Option<Timestamp>,
    /// Only what was created within a minute of `created`, by the last edit.
    minute: bool,
    /// Of that minute: edited at this time or later.
    edited: Option<Timestamp>,
}

impl Part {
    fn body(self, since: Option<Timestamp>) -> Value {
        let mut conditions = Vec::new();
        let mut when = |which: &str, test: &str, time: Option<Timestamp>| {
            if let Some(time) = time {
                conditions.push(json!({ "timestamp": which, which: { test: time } }));
            }
        };
        when("last_edited_time", "on_or_after", since.max(self.edited));
        when("created_time", "on_or_after", self.created);
        if self.minute {
            when("created_time", "before", self.created.map(|created| created.plus(MINUTE)));
        }
        let sorted_by = if self.minute { "last_edited_time" } else { "created_time" };
        let mut body = json!({ "sorts": [{ "timestamp": sorted_by, "direction": "ascending" }] });
        match conditions.len() {
            0 => {}
            1 => body["filter"] = conditions.remove(0),
            _ => body["filter"] = json!({ "and": conditions }),
        }
        body
    }

    /// What comes after a part that was seen to its end; none when it was the last.
    fn after(self) -> Option<Self> {
        let created = self.created.filter(|_| self.minute)?.plus(MINUTE);
        Some(Self { created: Some(created), ..Self::default() })
    }

    /// What comes after a part of which Notion showed everything before `last` and then no more; and whether pages are
    /// missing. Every step leads further, so that they come to an end.
    fn after_cut(self, last: Timestamp) -> (Self, bool) {
        let again = last.minus(ROUNDED);
        let further = |from: Option<Timestamp>| from.is_none_or(|from| again > from);
        match self {
            Self { minute: false, created, .. } if further(created) => {
                (Self { created: Some(again), ..self }, false)
            }
            Self { minute: false, created, .. } => (Self { created, minute: true, edited: None }, false),
            Self { edited, .. } if further(edited) => (Self { edited: Some(again), ..self }, false),
            Self { edited, .. } => {
                let edited = edited.map_or(last, |edited| edited.plus(MINUTE));
                (Self { edited: Some(edited), ..self }, true)
            }
        }
    }
}

impl Query {
    /// From the beginning, or from where `saved` says.
    pub fn new(source: Known, since: Option<Timestamp>, saved: Option<&Value>) -> Result<Self, Fault> {
        Ok(Self { source, since, place: objects::place(saved)? })
    }

    fn take_list(&mut self, body: &Value) -> Result<Page, Fault> {
        let Listing { results, next, cut } = call::read(body, self.place.cursor.as_deref())?;
        let (mut page, mut partial) = (Page::default(), Partial::default());
        for object in results {
            match record::read(PAGE, object)? {
                Seen::Whole(record) => page.records.push(*record),
                Seen::Partial(id) => partial.push(id),
                Seen::Other => {}
            }
        }
        let Place { part, again, .. } = self.place;
        let sorted_by = if part.minute { "last_edited_time" } else { "created_time" };
        let last = results.iter().rev().find_map(|object| time(object, sorted_by)).or(self.place.last);
        self.place = match (next, cut, last) {
            (Some(next), _, last) => Place { part, cursor: Some(next), last, partial, again, done: false },
            (None, true, Some(last)) => {
                let (after, missing) = part.after_cut(last);
                page.notice = missing.then(|| self.missing(part, last));
                Place { part: after, partial, ..Place::default() }
            }
            (None, true, None) => {
                return Err(Fault::Unreadable("a list that was cut off before anything in it"));
            }
            (None, false, _) => match part.after() {
                Some(part) => Place { part, partial, ..Place::default() },
                None => Place { part, partial, done: true, ..Place::default() },
            },
        };
        Ok(page)
    }

    fn missing(&self, part: Part, last: Timestamp) -> String {
        let created = part.created.unwrap_or_default();
        let until = part.edited.map_or(last, |edited| edited.plus(MINUTE));
        format!(
            "Notion shows a limited number of pages of a list: in {}, some of those created between {created} and {} and last \
             edited between {last} and {until} may not have been seen.",
            if self.source.name.is_empty() { &self.source.id } else { &self.source.name },
            created.plus(MINUTE)
        )
    }

    /// With the name of the data source, which pages do not have with them.
    fn named(&self, mut page: Page) -> Page {
        for record in &mut page.records {
            if record.item.parent_id.as_ref() == Some(&self.source.id) && !self.source.name.is_empty() {
                record.item.parent_path_or_name = Some(self.source.name.clone());
            }
        }
        page
    }
}

impl Walk for Query {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        if !self.place.partial.is_empty() {
            return self.place.partial.next(at, PAGE);
        }
        let path = format!("data_sources/{}/query", segment(&self.source.id));
        let body = || self.place.part.body(self.since);
        (!self.place.done).then(|| call::listing(at, &path, body(), self.place.cursor.as_deref()))
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        if !self.place.partial.is_empty() {
            let (page, _) = self.place.partial.take(at, PAGE, reply)?;
            return Ok(self.named(page));
        }
        if self.place.cursor.is_some() && errors::lost_its_place(reply) {
            let Place { part, again, .. } = self.place;
            self.place = Place { part, again: again + 1, ..Place::default() };
            return errors::again(&mut self.place.again);
        }
        let body = objects::success(reply, errors::fault, at.token)?;
        let page = self.take_list(&body)?;
        Ok(self.named(page))
    }

    fn save(&self) -> Value {
        objects::saved(&self.place)
    }
}
