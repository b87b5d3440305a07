//! `GET /v1/records`: the mirror, in pages that neither skip nor repeat while records come and go.

pub mod columns;
pub mod cursor;
pub mod export;

use super::Api;
use super::access::Caller;
use super::connections::{find, organization};
use super::events::{EventView, checked};
use super::paging::limit;
use crate::http::{Problem, json};
use crate::item::RecordView;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use cursor::Place;
use serde::{Deserialize, Serialize};
use syncline_core::cursor::filter_hash;
use syncline_providers::load;
use syncline_store::connections::Connection;
use syncline_store::events::{self, Order, StoredEvent};
use syncline_store::records::{self, Filter, Stored};
use syncline_store::{Scope, StoreError};

/// The most events of its history that come with a record.
const MAX_EVENTS: u32 = 100;

/// Which records, as the query string says it. Empty values do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only this connection's.
    pub connection_id: Option<String>,
    /// Only of this type, in the provider's word (`contacts`).
    pub object_type: Option<String>,
    /// Only in this collection (a table, a data source).
    pub collection: Option<String>,
    /// Only with this somewhere in their name, in capital or small letters.
    pub search: Option<String>,
    /// `true`: only archived ones; `false`: only others.
    pub archived: Option<String>,
    /// `true`: only those that are gone; `false`: only others.
    pub gone: Option<String>,
    /// Records on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// A query, ready for the database: whose records, and which of them.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Whose.
    pub scope: Scope,
    /// Which.
    pub filter: Filter,
    /// Behind which record.
    pub after: Option<(String, String, String)>,
    fingerprint: u64,
}

impl RecordQuery {
    /// What the query selects for this caller.
    ///
    /// # Errors
    /// 400 for a query that makes no sense, 403 for another organization's records, 404 for a connection the caller does not have.
    pub async fn selection(&self, api: &Api, caller: &Caller) -> Result<Selection, Problem> {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let filter = Filter {
            connection_id: some(&self.connection_id),
            object_type: some(&self.object_type),
            collection: some(&self.collection),
            search: some(&self.search),
            archived: flag("archived", self.archived.as_deref())?,
            gone: flag("gone", self.gone.as_deref())?,
        };
        let scope = match some(&self.org_id) {
            Some(asked) => Scope::Organization(organization(caller, Some(&asked))?),
            None => caller.scope.clone(),
        };
        if let Some(id) = &filter.connection_id {
            find(api, &Caller { scope: scope.clone(), by: caller.by.clone() }, id).await?;
        }
        let fingerprint = self.fingerprint();
        let after = some(&self.cursor).map(|text| Place::resume(&text, fingerprint)).transpose()?;
        Ok(Selection { scope, filter, after, fingerprint })
    }

    /// Identifies the query a cursor belongs to.
    fn fingerprint(&self) -> u64 {
        let parts = [
            &self.org_id,
            &self.connection_id,
            &self.object_type,
            &self.collection,
            &self.search,
            &self.archived,
            &self.gone,
        ];
        filter_hash(&parts.map(|part| part.as_deref().filter(|text| !text.is_empty())))
    }
}

fn flag(name: &'static str, text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None | Some("") => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Problem::bad_request("bad_flag", format!("`{name}` is `true` or `false`."))),
    }
}

/// Where a record stands in the order of pages.
pub(crate) fn place(record: &Stored) -> (String, String, String) {
    (record.connection_id.clone(), record.object_type.clone(), record.record_id.clone())
}

impl Selection {
    /// Where the page that ends with `last` is followed by the next.
    #[must_use]
    pub fn cursor_behind(&self, last: &Stored) -> String {
        Place { after: place(last), filter: self.fingerprint }.encode()
    }

    /// Up to `limit` records, and whether there are more.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn page(&self, api: &Api, limit: u32) -> Result<(Vec<Stored>, bool), StoreError> {
        // One more than asked for tells whether there is a next page.
        let mut found =
            records::page(&api.cx.store, &self.scope, &self.filter, self.after.clone(), limit + 1).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        Ok((found, more))
    }
}

#[derive(Debug, Serialize)]
struct PageView<'a> {
    data: Vec<RecordView<'a>>,
    next_cursor: Option<String>,
}

/// `GET /v1/records`.
///
/// # Errors
/// As [`RecordQuery::selection`], and 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<RecordQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let limit = limit(query.limit)?;
    let selection = query.selection(&api, &caller).await?;
    let (found, more) = selection.page(&api, limit).await?;
    let next_cursor = found.last().filter(|_| more).map(|last| selection.cursor_behind(last));
    Ok(json(&PageView { data: found.iter().map(RecordView::of).collect(), next_cursor }))
}

/// How much of its history comes with a record.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowQuery {
    /// The latest so many events, 0 (the default) to 100.
    pub events: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    record: RecordView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventView<'a>>>,
}

/// `GET /v1/records/{connection}/{type}/{id}`.
///
/// # Errors
/// 404 when there is none for this caller, 400 for a query that makes no sense.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path((connection_id, object_type, id)): Path<(String, String, String)>,
    query: Result<Query<ShowQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = checked(query)?.events.unwrap_or(0);
    if wanted > MAX_EVENTS {
        let say = format!("`events` is a number from 0 to {MAX_EVENTS}.");
        return Err(Problem::bad_request("bad_limit", say));
    }
    let (connection, record) = get(&api, &caller, &connection_id, &object_type, &id).await?;
    let history = match wanted {
        0 => None,
        wanted => {
            let about = (record.object_type.as_str(), record.record_id.as_str());
            Some(history(&api, &caller, &connection, about, wanted).await?)
        }
    };
    let events = history.as_ref().map(|events| events.iter().map(EventView::of).collect());
    Ok(json(&Shown { record: RecordView::of(&record), events }))
}

/// A record of this caller, with its connection.
///
/// # Errors
/// 404 when there is none.
pub async fn get(
    api: &Api,
    caller: &Caller,
    connection_id: &str,
    object_type: &str,
    id: &str,
) -> Result<(Connection, Stored), Problem> {
    let found = records::get(&api.cx.store, &caller.scope, connection_id, object_type, id).await?;
    let record = found.ok_or_else(|| Problem::not_found("record"))?;
    Ok((find(api, caller, connection_id).await?, record))
}

/// The latest events about a record of a type and an id, latest first. An account uses the same ids for records of different types: events that the
/// provider's room knows to be about another type are left out.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn history(
    api: &Api,
    caller: &Caller,
    connection: &Connection,
    (object_type, id): (&str, &str),
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let filter = events::Filter {
        provider: Some(connection.provider.clone()),
        account: Some(connection.account.clone()),
        object_id: Some(id.to_owned()),
        ..events::Filter::default()
    };
    let found =
        events::page(&api.cx.store, &caller.scope, &filter, Order::NewestFirst, None, MAX_EVENTS).await?;
    let loader = load::load(&connection.provider);
    let is_about = |event: &StoredEvent| {
        let changes =
            loader.map(|it| it.change(&event.kind, &event.object_type, &event.object_id, &event.raw));
        changes.is_none_or(|changes| {
            changes.is_empty() || changes.iter().any(|change| change.object_type == object_type)
        })
    };
    Ok(found.into_iter().filter(is_about).take(limit as usize).collect())
}
