//! The timeline's pages.

use super::connections::some;
use super::query::Query;
use super::session::Session;
use super::show::{detail, row};
use super::suggest;
use super::views::records::href as record_href;
use super::views::{
    EventDetail, EventPage, EventsPage, Filter as Filtered, Narrow, Section, Stats, Turn, text,
};
use super::{Failure, Portal, render};
use crate::http::Problem;
use crate::program::program;
use crate::telemetry::Stopwatch;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use syncline_core::event::EventId;
use syncline_core::time::Timestamp;
use syncline_providers::load::load;
use syncline_store::events::search::MOST;
use syncline_store::events::{self, Filter, Look, Order, Search, StoredEvent};
use syncline_store::{Scope, StoreError, connections, records};

/// Events on a page.
const PAGE: u32 = 50;
/// How long is looked for events that no index leads to before the page is shown as far as it is.
const PATIENCE: Duration = Duration::from_millis(120);
/// How many other events of the same record an event's page shows.
const HISTORY: u32 = 25;
/// Connections of an event's account, and records of each, that are looked at for what the event is about.
const RECORDS: u32 = 4;
/// The strip's little chart has this many slices.
const SLICES: usize = 30;

/// The page's address, taken apart. What is not understood is shown as a problem on the page, not as an error.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TimelineQuery {
    search: String,
    organization: String,
    provider: String,
    account: String,
    object_type: String,
    object_id: String,
    kind: String,
    property: String,
    from: String,
    to: String,
    order: String,
    cursor: Turn,
    /// For the stream: where to go on.
    pub(super) after: Option<i64>,
}

impl TimelineQuery {
    /// The database's filter for what the page is narrowed to.
    pub(super) async fn filter(&self, portal: &Portal) -> Result<Filter, Problem> {
        let search = match some(&self.search) {
            Some(text) => Some(events::meaning(&portal.api.cx.store, &Scope::All, &text).await?),
            None => None,
        };
        Ok(Filter {
            org_id: some(&self.organization),
            provider: some(&self.provider),
            account: some(&self.account),
            object_type: some(&self.object_type),
            object_id: some(&self.object_id),
            kind: some(&self.kind),
            property: some(&self.property),
            from: time("from", some(&self.from))?,
            to: time("to", some(&self.to))?,
            search,
        })
    }

    /// The filter bar. What it suggests is what is known anyway, and what is on the page.
    async fn narrow(&self, portal: &Portal, events: &[StoredEvent]) -> Result<Narrow, StoreError> {
        let seen = |of: &dyn Fn(&StoredEvent) -> &str| {
            let all: BTreeSet<&str> = events.iter().map(of).collect();
            let short = all.into_iter().filter(|text| !text.is_empty() && text.len() <= suggest::LONGEST);
            short.map(|text| suggest::same(text.to_owned())).collect()
        };
        Ok(Narrow {
            base: "/portal/events".into(),
            filters: vec![
                Filtered::hidden("order", if self.is_oldest_first() { "oldest" } else { "" }),
                Filtered::new("search", "Search", self.search.trim()).hinted("ID, kind or account"),
                suggest::organization(portal, &self.organization).await?,
                suggest::provider(&self.provider),
                Filtered::new("object_type", "Object type", self.object_type.trim())
                    .suggest(seen(&|event| &event.object_type)),
                Filtered::new("object_id", "Object ID", self.object_id.trim()),
                Filtered::new("kind", "Kind", self.kind.trim()).suggest(seen(&|event| &event.kind)),
                suggest::account(portal, &self.account).await?,
                Filtered::new("property", "Property", self.property.trim())
                    .suggest(seen(&|event| event.property.as_deref().unwrap_or_default())),
                Filtered::instant("from", "From", self.from.trim()),
                Filtered::instant("to", "To", self.to.trim()),
            ],
            cursor: self.cursor.clone(),
        })
    }

    fn is_oldest_first(&self) -> bool {
        self.order == "oldest"
    }

    fn is_wrong(&self) -> bool {
        [&self.from, &self.to].iter().any(|at| some(at).is_some_and(|at| Timestamp::parse(&at).is_err()))
    }
}

fn time(field: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    let wrong = |message| Problem::bad_request("bad_filter", format!("{field}: {message}"));
    text.map(|text| Timestamp::parse(&text).map_err(wrong)).transpose()
}

/// A place in the timeline and the direction to go from it, as the page's own addresses write it.
#[derive(Clone, Copy)]
enum Place {
    Start,
    OlderThan(EventId),
    NewerThan(EventId),
}

impl Place {
    fn read(cursor: &str) -> Self {
        let (direction, id) = cursor.split_once('.').unwrap_or_default();
        match (direction, EventId::parse(id)) {
            ("older", Some(id)) => Self::OlderThan(id),
            ("newer", Some(id)) => Self::NewerThan(id),
            // An address somebody mended by hand: begin at the beginning.
            _ => Self::Start,
        }
    }
}

/// Where the pages with newer and with older events begin, behind which event each.
type Turns = (Option<EventId>, Option<EventId>);

impl Place {
    /// On the side that somebody came from there is something: the event that they came from, if there is none on this page. On the other
    /// there is, if one more was found than fits, or if only so much was looked at as `reached` says.
    fn turns(self, order: Order, more: bool, (oldest, newest): Turns, reached: Option<EventId>) -> Turns {
        let last = if order == Order::NewestFirst { oldest } else { newest };
        let onward = reached.or(last.filter(|_| more));
        match (self, order) {
            (Self::OlderThan(from), _) => (newest.or(Some(from.before())), onward),
            (Self::NewerThan(from), _) => (onward, oldest.or(Some(from.after()))),
            (Self::Start, Order::NewestFirst) => (None, onward),
            (Self::Start, Order::OldestFirst) => (onward, None),
        }
    }
}

/// The rows of a page, in reading order, and whether there is more on either side in time.
#[derive(Default)]
struct Rows {
    events: Vec<StoredEvent>,
    newer: Option<String>,
    older: Option<String>,
    /// How far was looked, where the page is not full although there may be more.
    reached: Option<Timestamp>,
}

async fn rows(
    portal: &Portal,
    filter: &Filter,
    oldest_first: bool,
    cursor: &str,
) -> Result<Rows, StoreError> {
    let place = Place::read(cursor);
    let (order, after) = match place {
        Place::Start if oldest_first => (Order::OldestFirst, None),
        Place::Start => (Order::NewestFirst, None),
        Place::OlderThan(id) => (Order::NewestFirst, Some(id)),
        Place::NewerThan(id) => (Order::OldestFirst, Some(id)),
    };
    let store = &portal.api.cx.store;
    let Look { mut events, reached } =
        events::look(store, &Scope::All, filter, order, after, PAGE + 1, &mut Stopwatch::has(PATIENCE))
            .await?;
    let more = events.len() > PAGE as usize;
    events.truncate(PAGE as usize);
    let reading = if oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    if order != reading {
        events.reverse();
    }
    let (oldest, newest) =
        (events.iter().map(|event| event.id).min(), events.iter().map(|event| event.id).max());
    let (newer, older) = place.turns(order, more, (oldest, newest), reached);
    Ok(Rows {
        newer: newer.map(|id| format!("newer.{id}")),
        older: older.map(|id| format!("older.{id}")),
        reached: reached.map(EventId::occurred_at),
        events,
    })
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Failure> {
    // Read first: the stream then sends everything the rows could have missed.
    let stream_position = events::last_seq(&portal.api.cx.store).await?;
    let (mut found, mut note) = (Rows::default(), None);
    if !query.is_wrong() {
        let filter = query.filter(&portal).await?;
        found = rows(&portal, &filter, query.is_oldest_first(), &query.cursor).await?;
        note = filter.search.filter(|search| search.is_cut).as_ref().map(cut_note);
    }
    let page = EventsPage {
        shell: session.shell(&portal, Section::Events),
        narrow: query.narrow(&portal, &found.events).await?,
        problem: None,
        note,
        stats: stats(&portal).await?,
        rows: found.events.iter().map(row).collect(),
        newer: found.newer,
        older: found.older,
        reached: found.reached.map(|at| at.to_string()),
        stream_position,
        first_command: format!("{} webhook send", program()),
    };
    Ok(render(&page))
}

/// Says that a search could mean more than it is followed to.
fn cut_note(search: &Search) -> String {
    format!(
        "“{}” could mean more than {MOST} records, kinds or accounts. These are the events of the first {MOST} of each: type more of it.",
        text::preview(&search.text, 60)
    )
}

/// The strip of numbers.
pub(super) async fn stats(portal: &Portal) -> Result<Stats, StoreError> {
    let cx = &portal.api.cx;
    let health = portal.api.health.snapshot();
    let lag_age = health.lag.oldest.map_or(Duration::ZERO, |oldest| cx.now().since(oldest));
    Ok(Stats {
        stored: events::stored(&cx.store).await?,
        last_minute: health.last_minute(),
        slices: padded(&health.slices),
        lag_waiting: health.lag.deliveries,
        lag_millis: u64::try_from(lag_age.as_millis()).unwrap_or(u64::MAX),
        parked: health.parked,
    })
}

/// A whole minute's slices, zeros where nothing was measured yet.
fn padded(slices: &VecDeque<u64>) -> Vec<u64> {
    let missing = SLICES.saturating_sub(slices.len());
    std::iter::repeat_n(0, missing).chain(slices.iter().copied()).collect()
}

async fn find(portal: &Portal, id: &str) -> Result<StoredEvent, Failure> {
    let id = EventId::parse(id).ok_or_else(|| Problem::not_found("event"))?;
    let event = events::get(&portal.api.cx.store, &Scope::All, id).await?;
    Ok(event.ok_or_else(|| Problem::not_found("event"))?)
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let event = find(&portal, &id).await?;
    let history = if event.object_id.is_empty() { Vec::new() } else { history(&portal, &event).await? };
    let shell = session.shell(&portal, Section::Events);
    let records = records_of(&portal, &event).await?;
    let history = history.iter().map(row).collect();
    Ok(render(&EventPage { shell, event: EventDetail { records, ..detail(&event) }, history }))
}

/// The mirrored records that an event is about, with their names: each connection of its account may have one.
async fn records_of(portal: &Portal, event: &StoredEvent) -> Result<Vec<(String, String)>, StoreError> {
    let store = &portal.api.cx.store;
    let Some(loader) = load(&event.provider) else { return Ok(Vec::new()) };
    let changes = loader.change(&event.kind, &event.object_type, &event.object_id, &event.raw);
    let (provider, account) = (Some(event.provider.clone()), Some(event.account.clone()));
    let through = connections::Filter { provider, account, ..connections::Filter::default() };
    let mut found = Vec::new();
    for connection in connections::list(store, &Scope::All, &through, RECORDS).await? {
        for change in changes.iter().take(RECORDS as usize) {
            let of = (&connection.id, &change.object_type, &change.id);
            if let Some(record) = records::get(store, &Scope::All, of.0, of.1, of.2).await? {
                found.push((record_href(of.0, of.1, of.2), record.item.name));
            }
        }
    }
    found.truncate(RECORDS as usize);
    Ok(found)
}

/// What else happened to the same record, newest first.
async fn history(portal: &Portal, event: &StoredEvent) -> Result<Vec<StoredEvent>, StoreError> {
    let filter = Filter {
        provider: Some(event.provider.clone()),
        account: Some(event.account.clone()),
        object_type: Some(event.object_type.clone()),
        object_id: Some(event.object_id.clone()),
        ..Filter::default()
    };
    let store = &portal.api.cx.store;
    // Half of it after the event, half before, so that it stands in its own story.
    let later =
        events::page(store, &Scope::All, &filter, Order::OldestFirst, Some(event.id), HISTORY / 2).await?;
    let earlier =
        events::page(store, &Scope::All, &filter, Order::NewestFirst, Some(event.id), HISTORY / 2).await?;
    let mut all: Vec<StoredEvent> = later.into_iter().rev().collect();
    all.push(event.clone());
    all.extend(earlier);
    Ok(all)
}

pub(super) async fn raw(
    State(portal): State<Portal>,
    _: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let event = find(&portal, &id).await?;
    let name = format!("attachment; filename=\"{}.json\"", event.id);
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, event.raw).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(millis: i64) -> EventId {
        EventId::first_at(Timestamp::from_millis(millis))
    }

    #[test]
    fn a_page_leads_back_to_where_it_was_come_from_and_on_to_what_was_not_looked_at() {
        let (old, new, reached) = (Some(id(3)), Some(id(5)), Some(id(1)));
        let older = Place::OlderThan(id(9));
        assert_eq!(older.turns(Order::NewestFirst, true, (old, new), None), (new, old));
        assert_eq!(older.turns(Order::NewestFirst, false, (old, new), None), (new, None));
        assert_eq!(older.turns(Order::NewestFirst, false, (old, new), reached), (new, reached));
        let empty = older.turns(Order::NewestFirst, false, (None, None), reached);
        assert_eq!(empty, (Some(id(9).before()), reached), "nothing between the two is on no page");
        let newer = Place::NewerThan(id(1));
        assert_eq!(newer.turns(Order::OldestFirst, false, (None, None), None), (None, Some(id(1).after())));
        assert_eq!(Place::Start.turns(Order::NewestFirst, true, (old, new), None), (None, old));
        assert_eq!(Place::Start.turns(Order::OldestFirst, true, (old, new), None), (new, None));
        assert_eq!(Place::Start.turns(Order::NewestFirst, false, (None, None), None), (None, None));
    }
}
