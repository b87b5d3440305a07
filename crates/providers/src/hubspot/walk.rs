//! A walk along a lane: the list of all records or the search for what changed, then the archived ones; each page whole, or,
//! where the names of the properties are too long for one call, ids first and then the records (HubSpot facts 3.1, 3.4, 3.5).

use super::kind::Kind;
use super::record::{Raw, text_or_number};
use super::search::{self, Cursor, Seen};
use super::{errors, read};
use crate::load::{At, Found, From, Page, Walk};
use crate::wire::{Call, Cost, Fault, Reply};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many records a page of a list may have (facts 3.1).
const LISTED: usize = 100;

/// How long the names of all properties may be in a URL. Production code elsewhere stops at 5 KB in all (facts 3.5).
const NAMES: usize = 4_500;

/// The form of what [`Along::save`] writes.
const FORM: u8 = 1;

/// A walk.
#[derive(Clone, Debug)]
pub struct Along {
    kind: Kind,
    properties: Vec<String>,
    /// Whether the archived records come after the others.
    archived_too: bool,
    /// How many results one search shows.
    results: usize,
    /// Where it began.
    start: Place,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    form: u8,
    place: Place,
    /// Whether pages are read in two calls.
    in_two: bool,
    /// The second of two calls.
    unread: Option<Unread>,
}

/// What the next first call asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    List { archived: bool, after: Option<String> },
    Search(Cursor),
    End,
}

/// Records of which so far only the ids are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unread {
    ids: Vec<String>,
    archived: bool,
}

#[derive(Deserialize)]
struct Listed {
    results: Option<Vec<Raw>>,
    #[serde(default)]
    total: Option<u64>,
    #[serde(default)]
    paging: Value,
}

impl Listed {
    /// Its results, and itself without them.
    ///
    /// # Errors
    /// [`Fault`].
    fn read(reply: &Reply<'_>) -> Result<(Vec<Raw>, Self), Fault> {
        if reply.status != StatusCode::OK {
            return Err(errors::fault(reply));
        }
        let page: Self = serde_json::from_slice(reply.body).map_err(|_| Fault::Unreadable("not a page"))?;
        let results = page.results.ok_or(Fault::Unreadable("a page without results"))?;
        Ok((results, Self { results: None, ..page }))
    }

    /// Where the next page begins; none after the last.
    fn after(&self) -> Option<String> {
        text_or_number(&self.paging["next"]["after"])
    }
}

impl Along {
    /// From the start of a lane, or from what changed.
    pub fn new(kind: Kind, properties: Vec<String>, from: From, archived_too: bool) -> Self {
        let start = match from {
            From::Start => Place::List { archived: false, after: None },
            From::ChangedSince(since) => Place::Search(Cursor::since(since)),
        };
        let in_two = is_long(&kind, &properties, from);
        let state = State { form: FORM, place: start.clone(), in_two, unread: None };
        let results = if in_two { read::BATCH } else { search::PAGE };
        Self { kind, properties, archived_too, results, start, state }
    }

    /// Going on from what was saved.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when that is not of this form.
    pub fn resume(self, saved: &Value) -> Result<Self, Fault> {
        let state = State::deserialize(saved).ok().filter(|state| state.form == FORM);
        let state = state.ok_or(Fault::Unreadable("a saved walk of another version"))?;
        let results = if state.in_two { self.results.min(read::BATCH) } else { self.results };
        Ok(Self { results, state, ..self })
    }

    /// With smaller pages of results.
    #[cfg(test)]
    pub fn showing(self, results: usize) -> Self {
        Self { results, ..self }
    }

    /// What the first call of a page asks for.
    fn asked(&self) -> Vec<String> {
        if self.state.in_two { vec![self.kind.modified().to_owned()] } else { self.properties.clone() }
    }

    fn list(&self, at: &At<'_>, archived: bool, after: Option<&str>) -> Call {
        let mut query = vec![("limit", LISTED.to_string()), ("properties", self.asked().join(","))];
        query.extend(after.map(|after| ("after", after.to_owned())));
        query.push(("archived", archived.to_string()));
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        Call::get(format!("{}?{query}", read::objects(at, &self.kind))).authorized("Bearer", at.token)
    }

    fn search(&self, at: &At<'_>, cursor: &Cursor) -> Call {
        let body = cursor.body(&self.kind, &self.asked(), self.results);
        Call::json(Method::POST, format!("{}/search", read::objects(at, &self.kind)), &body)
            .authorized("Bearer", at.token)
            .costing(Cost::Search)
            .repeatable()
    }

    /// After the records that are not archived.
    fn then(&self) -> Place {
        if self.archived_too { Place::List { archived: true, after: None } } else { Place::End }
    }

    fn take_list(&mut self, archived: bool, before: Option<&str>, reply: &Reply<'_>) -> Result<Page, Fault> {
        let (results, listed) = Listed::read(reply)?;
        let after = listed.after();
        if after.is_some() && after.as_deref() == before {
            return Err(Fault::Unreadable("a list whose next page is the same page"));
        }
        let next = match after {
            Some(after) => Place::List { archived, after: Some(after) },
            None if archived => Place::End,
            None => self.then(),
        };
        self.take_results(results, archived, next)
    }

    fn take_search(&mut self, cursor: &Cursor, reply: &Reply<'_>) -> Result<Page, Fault> {
        let (results, listed) = Listed::read(reply)?;
        let known = |raw: &Raw| Ok(Seen { id: raw.id()?, changed: raw.changed(&self.kind) });
        let seen = results.iter().map(known).collect::<Result<Vec<Seen>, Fault>>()?;
        let next = cursor.next(&seen, listed.after().is_some())?.map_or_else(|| self.then(), Place::Search);
        let fresh = results.into_iter().zip(&seen).filter(|(_, seen)| !cursor.has_seen(seen));
        // Later searches count what is left, which is no number for people.
        let is_first = self.start == self.state.place;
        let page = self.take_results(fresh.map(|(raw, _)| raw).collect(), false, next)?;
        Ok(Page { total: listed.total.filter(|_| is_first), ..page })
    }

    /// Moves on, with the records of a page or with what has to be read to have them.
    fn take_results(&mut self, results: Vec<Raw>, archived: bool, next: Place) -> Result<Page, Fault> {
        let mut page = Page::default();
        if self.state.in_two {
            let ids = results.iter().map(Raw::id).collect::<Result<Vec<String>, Fault>>()?;
            self.state.unread = (!ids.is_empty()).then_some(Unread { ids, archived });
        } else {
            page.records =
                results.into_iter().map(|raw| raw.into_record(&self.kind)).collect::<Result<_, Fault>>()?;
        }
        self.state.place = next;
        Ok(page)
    }

    /// The second of two calls. Of the archived ones those that are not there were restored or erased a moment ago, and
    /// nothing is said of them.
    fn take_unread(&mut self, unread: &Unread, reply: &Reply<'_>) -> Result<Page, Fault> {
        let mut page = Page::default();
        for found in read::found(&self.kind, &unread.ids, reply)? {
            match found {
                Found::Here(record) if !page.records.contains(&record) => page.records.push(*record),
                Found::Here(_) => {}
                Found::Gone(id) if !unread.archived => page.gone.push(id),
                Found::Gone(_) => {}
            }
        }
        self.state.unread = None;
        Ok(page)
    }
}

/// Whether the names of the properties do not fit into the first calls.
fn is_long(kind: &Kind, properties: &[String], from: From) -> bool {
    let names = properties.join(",");
    let in_url = url::form_urlencoded::byte_serialize(names.as_bytes()).map(str::len).sum::<usize>();
    let in_body = || {
        // The longest body there can be: of the cursor that goes by ids.
        let cursor =
            Cursor::Ids { at: syncline_core::time::Timestamp::from_millis(i64::MAX - 1), above: u64::MAX };
        cursor.body(kind, properties, search::PAGE).to_string().chars().count()
    };
    in_url > NAMES || (from != From::Start && in_body() > search::BODY)
}

impl Walk for Along {
    fn next(&self, at: &At<'_>) -> Option<Call> {
        if let Some(unread) = &self.state.unread {
            return Some(read::call(at, &self.kind, &self.properties, &unread.ids, unread.archived));
        }
        match &self.state.place {
            Place::List { archived, after } => Some(self.list(at, *archived, after.as_deref())),
            Place::Search(cursor) => Some(self.search(at, cursor)),
            Place::End => None,
        }
    }

    fn take(&mut self, _at: &At<'_>, reply: &Reply<'_>) -> Result<Page, Fault> {
        if let Some(unread) = self.state.unread.clone() {
            return self.take_unread(&unread, reply);
        }
        if reply.status == StatusCode::URI_TOO_LONG && !self.state.in_two {
            self.state.in_two = true;
            self.results = self.results.min(read::BATCH);
            let message = "the list of properties is too long for HubSpot: reading in two steps".to_owned();
            return Err(Fault::Transient { message, wait: None });
        }
        match self.state.place.clone() {
            Place::List { archived, after } => self.take_list(archived, after.as_deref(), reply),
            Place::Search(cursor) => self.take_search(&cursor, reply),
            Place::End => Ok(Page::default()),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }
}
