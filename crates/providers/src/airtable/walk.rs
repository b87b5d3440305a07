//! The walks: all bases, the tables of one, the rows of one (Airtable facts 4 and 5). Rows may come twice when a list has to
//! begin again; to keep a row twice is to keep it once.

use super::record::{self, BASE, Base, ROW, TABLE, Table};
use super::{call, errors};
use crate::load::{At, Lane, Page, Walk, Wish};
use crate::objects::{self, list, wants};
use crate::wire::{Call, Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a list may begin again before that is a fault.
const AGAIN: u32 = 5;

/// What is listed.
pub enum List {
    Bases,
    Tables(Base),
    Rows(Table),
}

/// A walk along a list.
pub struct Listed {
    list: List,
    wish: Wish,
    place: Place,
}

/// How far it went.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    /// Where the next page begins; none at the beginning.
    offset: Option<String>,
    done: bool,
    /// How often the list began again.
    again: u32,
}

impl Listed {
    /// From the beginning, or from where `saved` says.
    pub fn new(list: List, wish: &Wish, saved: Option<&Value>) -> Result<Self, Fault> {
        Ok(Self { list, wish: wish.clone(), place: objects::place(saved)? })
    }

    fn call(&self, at: &At<'_>) -> Call {
        let mut query: Vec<(&str, &str)> = Vec::new();
        let offset = self.place.offset.as_deref().map(|offset| ("offset", offset));
        match &self.list {
            List::Bases => {
                query.extend(offset);
                call::bases(at, &query)
            }
            List::Tables(base) => call::tables(at, &base.id),
            List::Rows(table) => {
                query.push(("pageSize", "100"));
                query.extend(offset);
                call::rows(at, &table.base.id, &table.id, &query)
            }
        }
    }

    fn page(&self, body: &Value) -> Result<Page, Fault> {
        let mut page = Page::default();
        match &self.list {
            List::Bases => {
                for base in list(body, "bases")? {
                    let (record, lane) = record::base(base)?;
                    page.records.extend(wants(&self.wish, BASE).then_some(record));
                    // Tables that nobody wants are only passed through: that none is kept does not mean that none is there.
                    let complete = wants(&self.wish, TABLE);
                    let lane = lane.filter(|_| complete || wants(&self.wish, ROW));
                    page.lanes.extend(lane.map(|lane| Lane { complete, ..lane }));
                }
            }
            List::Tables(base) => {
                for table in list(body, "tables")? {
                    let (record, lane) = record::table(base, table)?;
                    page.records.extend(wants(&self.wish, TABLE).then_some(record));
                    page.lanes.extend(wants(&self.wish, ROW).then_some(lane));
                }
            }
            List::Rows(table) => {
                for row in list(body, "records")? {
                    page.records.push(record::row(table, row)?);
                }
            }
        }
        Ok(page)
    }

    /// Airtable facts 5: no offset on the last page.
    fn after(&self, offset: &Value) -> Result<Option<String>, Fault> {
        match offset {
            Value::Null => Ok(None),
            Value::String(next) if self.place.offset.as_ref() == Some(next) => {
                Err(Fault::Unreadable("the next page is this page again"))
            }
            Value::String(next) if !next.is_empty() => Ok(Some(next.clone())),
            _ => Err(Fault::Unreadable("an offset that is no text")),
        }
    }

    /// The iterator ran out: from the first page (Airtable facts 5). A list that never lasts to its end is a fault, after
    /// which it may be tried again from the start.
    fn begin_again(&mut self) -> Result<Page, Fault> {
        let again = self.place.again + 1;
        self.place = Place { again, ..Place::default() };
        if again <= AGAIN {
            return Ok(Page::default());
        }
        self.place.again = 0;
        let message = format!("Airtable lost its place in the list {again} times before the end");
        Err(Fault::Transient { message, wait: None })
    }
}

impl Walk for Listed {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        (!self.place.done).then(|| self.call(at))
    }

    fn take(&mut self, at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        if self.place.offset.is_some() && errors::lost_its_place(reply) {
            return self.begin_again();
        }
        let body = objects::success(reply, errors::fault, at.token)?;
        let page = self.page(&body)?;
        let next = self.after(&body["offset"])?;
        self.place = Place { done: next.is_none(), offset: next, again: self.place.again };
        Ok(page)
    }

    fn save(&self) -> Value {
        objects::saved(&self.place)
    }
}
