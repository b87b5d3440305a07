//! `GET /v1/events`: the timeline, in pages that neither skip nor repeat while events keep arriving.

use super::Api;
use super::access::Caller;
use crate::http::{Problem, json};
use crate::telemetry::Stopwatch;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;
use syncline_core::cursor::{Cursor, Order, filter_hash};
use syncline_core::event::EventId;
use syncline_core::time::Timestamp;
use syncline_store::Scope;
use syncline_store::events::{self, Filter, StoredEvent};

/// Most events on a page.
pub const MAX_LIMIT: u32 = 500;
/// Events on a page when nobody says.
pub const LIMIT: u32 = 50;

/// How long is looked for events that no index leads to before a page is given with less than it could hold.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which events, as the query string says it. Empty values do not filter.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only this provider's.
    pub provider: Option<String>,
    /// Only this account's.
    pub account: Option<String>,
    /// Only records of this type.
    pub object_type: Option<String>,
    /// Only this record's.
    pub object_id: Option<String>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only changes of this property.
    pub property: Option<String>,
    /// Occurred at this instant or later.
    pub from: Option<String>,
    /// Occurred before this instant.
    pub to: Option<String>,
    /// `desc` (newest first, the default) or `asc`.
    pub order: Option<String>,
    /// Events on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
    /// For the stream: go on behind this id.
    pub last_event_id: Option<i64>,
}

impl EventQuery {
    /// The filter in it.
    ///
    /// # Errors
    /// 400 for a time that cannot be read.
    pub fn filter(&self) -> Result<Filter, Problem> {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Ok(Filter {
            org_id: some(&self.org_id),
            provider: some(&self.provider),
            account: some(&self.account),
            object_type: some(&self.object_type),
            object_id: some(&self.object_id),
            kind: some(&self.kind),
            property: some(&self.property),
            from: time("from", some(&self.from))?,
            to: time("to", some(&self.to))?,
            search: None,
        })
    }

    /// The same for this caller. Whoever asks for somebody else's events is told so, rather than shown its own in their place.
    ///
    /// # Errors
    /// As [`EventQuery::filter`], and 403 for another organization than the caller's.
    pub fn filter_for(&self, caller: &Caller) -> Result<Filter, Problem> {
        let filter = self.filter()?;
        match (&caller.scope, &filter.org_id) {
            (Scope::Organization(own), Some(asked)) if asked != own => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "key_of_one_organization",
                "This API key sees one organization, and not the one that was asked for.",
            )),
            _ => Ok(filter),
        }
    }

    /// The order in it.
    ///
    /// # Errors
    /// 400 for a word that is none.
    pub fn order(&self) -> Result<Order, Problem> {
        match self.order.as_deref() {
            None | Some("" | "desc") => Ok(Order::NewestFirst),
            Some("asc") => Ok(Order::OldestFirst),
            Some(_) => Err(Problem::bad_request("bad_order", "`order` is `asc` or `desc`.")),
        }
    }

    /// Identifies the query a cursor belongs to.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let parts = [
            &self.org_id,
            &self.provider,
            &self.account,
            &self.object_type,
            &self.object_id,
            &self.kind,
            &self.property,
            &self.from,
            &self.to,
        ];
        filter_hash(&parts.map(|part| part.as_deref().filter(|text| !text.is_empty())))
    }
}

/// A time in a query, if there is one.
///
/// # Errors
/// 400 that says which parameter cannot be read, and why.
pub fn time(name: &'static str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    text.map(|text| Timestamp::parse(&text))
        .transpose()
        .map_err(|why| Problem::bad_request("bad_time", format!("`{name}`: {why}.")))
}

/// A page, for whoever shows it.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next page goes on, if there is one.
    pub next_cursor: Option<String>,
}

/// Reads the page a query asks for.
///
/// # Errors
/// 400 for a query that makes no sense, 503 when the database is away.
pub async fn page(api: &Api, caller: &Caller, query: &EventQuery) -> Result<Page, Problem> {
    let (filter, order, fingerprint) = (query.filter_for(caller)?, query.order()?, query.fingerprint());
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::bad_request("bad_limit", format!("`limit` is a number from 1 to {MAX_LIMIT}.")));
    }
    let after = match query.cursor.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(Cursor::resume(text, order, fingerprint).map_err(|error| {
            Problem::bad_request("bad_cursor", format!("`cursor`: the {error}. Start again without one."))
        })?),
        None => None,
    };
    // One more than asked for tells whether there is a next page.
    let events::Look { mut events, reached } = events::look(
        &api.cx.store,
        &caller.scope,
        &filter,
        order,
        after,
        limit + 1,
        &mut Stopwatch::has(PATIENCE),
    )
    .await?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let last = reached.or_else(|| events.last().filter(|_| more).map(|event| event.id));
    let next_cursor = last.map(|after| Cursor { order, after, filter: fingerprint }.encode());
    Ok(Page { events, next_cursor })
}

/// An event as the API shows it.
#[derive(Debug, Serialize)]
pub struct EventView<'a> {
    /// Identity and place in the timeline.
    pub id: EventId,
    /// When it happened at the provider.
    pub occurred_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The organization its account belongs to.
    pub org_id: Option<&'a str>,
    /// The provider's name.
    pub provider: &'a str,
    /// The app whose webhook URL it came to.
    pub app: &'a str,
    /// The account at the provider.
    pub account: &'a str,
    /// What kind of record it is about.
    pub object_type: &'a str,
    /// The record's id.
    pub object_id: &'a str,
    /// What happened, in the provider's word.
    pub kind: &'a str,
    /// The property that changed.
    pub property: Option<&'a str>,
    /// The event exactly as it came.
    pub raw: Box<RawValue>,
}

impl<'a> EventView<'a> {
    /// The view of a stored event.
    #[must_use]
    pub fn of(event: &'a StoredEvent) -> Self {
        let text = String::from_utf8_lossy(&event.raw).into_owned();
        Self {
            id: event.id,
            occurred_at: event.id.occurred_at(),
            received_at: event.received_at,
            org_id: event.org_id.as_deref(),
            provider: &event.provider,
            app: &event.app,
            account: &event.account,
            object_type: &event.object_type,
            object_id: &event.object_id,
            kind: &event.kind,
            property: event.property.as_deref(),
            raw: RawValue::from_string(text).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Serialize)]
struct PageView<'a> {
    data: Vec<EventView<'a>>,
    next_cursor: Option<String>,
}

/// Takes a query apart, or says which parameter is wrong.
///
/// # Errors
/// 400 with the parser's words.
pub fn checked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(query)| query).map_err(|error| Problem::bad_request("bad_query", error.body_text()))
}

/// `GET /v1/events`.
///
/// # Errors
/// As [`page`], and 400 for what only the stream takes.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<EventQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    if query.last_event_id.is_some() {
        let say = "`last_event_id` is for the stream; a page goes on behind its `cursor`.";
        return Err(Problem::bad_request("bad_query", say));
    }
    let page = page(&api, &caller, &query).await?;
    Ok(json(&PageView {
        data: page.events.iter().map(EventView::of).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// `GET /v1/events/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = EventId::parse(&id).ok_or_else(|| Problem::not_found("event"))?;
    let event =
        events::get(&api.cx.store, &caller.scope, id).await?.ok_or_else(|| Problem::not_found("event"))?;
    Ok(json(&EventView::of(&event)))
}
