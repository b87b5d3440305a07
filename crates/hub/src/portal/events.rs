//! The timeline's pages.

use super::query::Query;
use super::session::Session;
use super::show::{detail, provider_name, row};
use super::views::records::href as record_href;
use super::views::{
    Choice, EventDetail, EventFilters, EventPage, EventsPage, FilterChoices, FilterProblem, Section, Stats,
};
use super::{Failure, Portal, render};
use crate::http::Problem;
use crate::program::program;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::Deserialize;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use syncline_core::event::EventId;
use syncline_core::time::Timestamp;
use syncline_providers::load::load;
use syncline_store::events::{self, Filter, Order, StoredEvent};
use syncline_store::{Scope, StoreError, accounts, connections, records};

/// Events on a page.
const PAGE: u32 = 50;
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
    cursor: String,
    /// For the stream: where to go on.
    pub(super) after: Option<i64>,
}

impl TimelineQuery {
    pub(super) fn filters(&self) -> EventFilters {
        let trimmed = |text: &str| text.trim().to_owned();
        EventFilters {
            organization: trimmed(&self.organization),
            provider: trimmed(&self.provider),
            account: trimmed(&self.account),
            object_type: trimmed(&self.object_type),
            object_id: trimmed(&self.object_id),
            kind: trimmed(&self.kind),
            property: trimmed(&self.property),
            from: trimmed(&self.from),
            to: trimmed(&self.to),
            oldest_first: self.order == "oldest",
            cursor: self.cursor.clone(),
        }
    }
}

/// The database's filter for what the page is narrowed to.
pub(super) fn database_filter(filters: &EventFilters) -> Result<Filter, FilterProblem> {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(Filter {
        org_id: some(&filters.organization),
        provider: some(&filters.provider),
        account: some(&filters.account),
        object_type: some(&filters.object_type),
        object_id: some(&filters.object_id),
        kind: some(&filters.kind),
        property: some(&filters.property),
        from: time("from", &filters.from)?,
        to: time("to", &filters.to)?,
    })
}

fn time(field: &str, text: &str) -> Result<Option<Timestamp>, FilterProblem> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |message| FilterProblem { field: field.to_owned(), message };
    Timestamp::parse(text).map(Some).map_err(wrong)
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

/// The rows of a page, in reading order, and whether there is more on either side in time.
struct Rows {
    events: Vec<StoredEvent>,
    newer: Option<String>,
    older: Option<String>,
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
    let mut events = events::page(store, &Scope::All, filter, order, after, PAGE + 1).await?;
    let more = events.len() > PAGE as usize;
    events.truncate(PAGE as usize);
    let reading = if oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    if order != reading {
        events.reverse();
    }
    let ids = (events.iter().map(|event| event.id).min(), events.iter().map(|event| event.id).max());
    // On the side we came from there is something; on the other, if one more was found.
    let came_from_newer = matches!(place, Place::OlderThan(_));
    let came_from_older = matches!(place, Place::NewerThan(_));
    let has_older = came_from_older || (order == Order::NewestFirst && more);
    let has_newer = came_from_newer || (order == Order::OldestFirst && more);
    Ok(Rows {
        newer: ids.1.filter(|_| has_newer).map(|id| format!("newer.{id}")),
        older: ids.0.filter(|_| has_older).map(|id| format!("older.{id}")),
        events,
    })
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Failure> {
    let filters = query.filters();
    // Read first: the stream then sends everything the rows could have missed.
    let stream_position = events::last_seq(&portal.api.cx.store).await?;
    let (found, problem) = match database_filter(&filters) {
        Ok(filter) => (rows(&portal, &filter, filters.oldest_first, &filters.cursor).await?, None),
        Err(problem) => (Rows { events: Vec::new(), newer: None, older: None }, Some(problem)),
    };
    let page = EventsPage {
        shell: session.shell(&portal, Section::Events),
        choices: choices(&portal, &found.events).await?,
        stats: stats(&portal).await?,
        rows: found.events.iter().map(row).collect(),
        newer: found.newer,
        older: found.older,
        filters,
        problem,
        stream_position,
        first_command: format!("{} webhook send", program()),
    };
    Ok(render(&page))
}

/// Suggestions: what is known anyway, and what is on the page.
async fn choices(portal: &Portal, events: &[StoredEvent]) -> Result<FilterChoices, StoreError> {
    let accounts = accounts::list(&portal.api.cx.store).await?;
    let distinct = |of: &mut dyn Iterator<Item = String>| {
        of.filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    let known = accounts.iter();
    Ok(FilterChoices {
        providers: syncline_providers::PROVIDERS
            .iter()
            .map(|provider| Choice {
                value: provider.id().to_owned(),
                label: provider_name(provider.id()).to_owned(),
            })
            .collect(),
        organizations: distinct(&mut known.clone().map(|account| account.org_id.clone())),
        accounts: distinct(
            &mut known.map(|account| account.account.clone()).chain(events.iter().map(|e| e.account.clone())),
        ),
        object_types: distinct(&mut events.iter().map(|event| event.object_type.clone())),
        kinds: distinct(&mut events.iter().map(|event| event.kind.clone())),
        properties: distinct(&mut events.iter().filter_map(|event| event.property.clone())),
    })
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
