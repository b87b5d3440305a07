//! Records: the mirror as a list, one record with its history, and the way out as a file.

use super::connections::{some, title};
use super::query::Query;
use super::session::Session;
use super::show::provider_name;
use super::suggest;
use super::syncs::around;
use super::views::events::MAX_CHOICES;
use super::views::{EventFilters, Filter, Narrow, RecordPage, RecordRow, RecordsPage, Section, Turn, text};
use super::{Failure, Portal, render};
use crate::api::records::columns::{plain, properties};
use crate::api::records::export::{ExportQuery, answer};
use crate::api::records::{RecordQuery, get};
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use serde::Deserialize;
use std::collections::BTreeMap;
use syncline_core::time::Timestamp;
use syncline_store::connections;
use syncline_store::records::Stored;
use syncline_store::{Scope, StoreError};

/// Records on a page.
const PAGE: u32 = 40;
/// The most bytes of addresses on a page: hostile ids shorten the page instead of making it heavy.
const MAX_ADDRESSES: usize = 16_000;
/// How a record can be, with its word.
const STATES: [(&str, &str); 3] = [("live", "There"), ("archived", "Archived"), ("gone", "Gone")];

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    connection: String,
    #[serde(rename = "type")]
    object_type: String,
    collection: String,
    organization: String,
    state: String,
    cursor: Turn,
}

impl ListQuery {
    /// The same as the API has it.
    fn records(&self) -> Result<RecordQuery, Problem> {
        let word = |yes: bool| Some(yes.to_string());
        let (archived, gone) = match self.state.trim() {
            "" => (None, None),
            "live" => (word(false), word(false)),
            "archived" => (word(true), word(false)),
            "gone" => (None, word(true)),
            _ => return Err(Problem::bad_request("bad_state", "There is no such state.")),
        };
        Ok(RecordQuery {
            org_id: some(&self.organization),
            connection_id: some(&self.connection),
            object_type: some(&self.object_type),
            collection: some(&self.collection),
            search: some(&self.search),
            archived,
            gone,
            limit: None,
            cursor: some(&self.cursor),
        })
    }

    async fn narrow(&self, portal: &Portal) -> Result<Narrow, StoreError> {
        let types = types(portal, self.connection.trim()).await;
        let types = types.into_iter().take(MAX_CHOICES).map(suggest::same).collect();
        Ok(Narrow {
            base: "/portal/records".into(),
            filters: vec![
                Filter::search("search", "Name contains", self.search.trim()),
                suggest::connection(portal, &self.connection).await?,
                Filter::new("type", "Type", self.object_type.trim()).suggest(types),
                Filter::new("collection", "Collection", self.collection.trim()).hinted("Its ID"),
                suggest::organization(portal, &self.organization).await?,
                Filter::of("state", "State", self.state.trim(), &STATES),
            ],
            cursor: self.cursor.clone(),
        })
    }
}

/// The filters as the export takes them.
fn export_query(query: &RecordQuery) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let pairs = [
        ("org_id", text(&query.org_id)),
        ("connection_id", text(&query.connection_id)),
        ("object_type", text(&query.object_type)),
        ("collection", text(&query.collection)),
        ("search", text(&query.search)),
        ("archived", text(&query.archived)),
        ("gone", text(&query.gone)),
    ];
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    text::query(&pairs)
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let narrow = query.narrow(&portal).await?;
    let (found, next, problem, export_query) = match found(&portal, &session, &query).await {
        _ if narrow.is_wrong() => Default::default(),
        Ok((found, next, export_query)) => (found, next, None, export_query),
        Err(problem) if problem.status.is_client_error() => {
            (Vec::new(), None, Some(problem.detail.to_string()), String::new())
        }
        Err(problem) => return Err(problem.into()),
    };
    let names = names(&portal, &found).await?;
    Ok(render(&RecordsPage {
        shell: session.shell(&portal, Section::Records),
        narrow,
        problem,
        export_query,
        rows: found.iter().map(|record| row(record, names.get(&record.connection_id))).collect(),
        next,
    }))
}

/// What people call the connections of these records.
async fn names(portal: &Portal, records: &[Stored]) -> Result<BTreeMap<String, String>, StoreError> {
    let mut names = BTreeMap::new();
    for id in records.iter().map(|record| &record.connection_id) {
        if !names.contains_key(id)
            && let Some(connection) = connections::get(&portal.api.cx.store, &Scope::All, id).await?
        {
            names.insert(id.clone(), title(&connection));
        }
    }
    Ok(names)
}

type Found = (Vec<Stored>, Option<String>, String);

/// The records of the page, the cursor of the next, and the filters as the export takes them.
async fn found(portal: &Portal, session: &Session, query: &ListQuery) -> Result<Found, Problem> {
    let query = query.records()?;
    let selection = query.selection(&portal.api, &session.caller()).await?;
    let (mut found, more) = selection.page(&portal.api, PAGE).await?;
    let fit = fitting(&found);
    let more = more || fit < found.len();
    found.truncate(fit);
    let next = found.last().filter(|_| more).map(|last| selection.cursor_behind(last));
    Ok((found, next, export_query(&query)))
}

/// How many of them fit a page; one at least.
fn fitting(found: &[Stored]) -> usize {
    let mut left = MAX_ADDRESSES;
    let fits = |record: &&Stored| {
        let address = text::segment(&record.record_id).len() + text::segment(&record.object_type).len();
        let fits = address <= left;
        left = left.saturating_sub(address);
        fits
    };
    found.iter().take_while(fits).count().max(1)
}

/// Types to suggest: the connection's, or the usual ones of all providers.
async fn types(portal: &Portal, connection_id: &str) -> Vec<String> {
    let usual = || {
        let lanes = syncline_providers::load::LOADERS
            .iter()
            .flat_map(|(_, loader)| loader.lanes(&syncline_providers::load::Wish::default()));
        lanes.map(|lane| lane.object_type).collect()
    };
    let mut types: Vec<String> = match connection_id {
        "" => usual(),
        id => match portal.counts.of(portal, id).await {
            Some(counts) => counts.iter().map(|count| count.object_type.clone()).collect(),
            None => usual(),
        },
    };
    types.sort();
    types.dedup();
    types
}

fn row(record: &Stored, connection_title: Option<&String>) -> RecordRow {
    RecordRow {
        connection_id: record.connection_id.clone(),
        connection_title: connection_title.unwrap_or(&record.connection_id).clone(),
        object_type: record.object_type.clone(),
        id: record.record_id.clone(),
        name: record.item.name.clone(),
        collection: record.collection.clone(),
        organization: record.org_id.clone(),
        modified_at: record.modified_at.map(|at| at.to_string()),
        archived: record.archived,
        gone: record.gone_at.is_some(),
        merged: record.merged_into.is_some(),
    }
}

/// Where a record is: connection, type, id.
type Address = (String, String, String);

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path((connection_id, object_type, id)): Path<Address>,
) -> Result<Response, Failure> {
    let caller = session.caller();
    let (connection, record) = get(&portal.api, &caller, &connection_id, &object_type, &id).await?;
    let events =
        EventFilters { account: connection.account.clone(), object_id: id, ..EventFilters::default() };
    let named = properties(&record.body);
    let around = around(&portal, &caller, &connection, &record).await?;
    Ok(render(&RecordPage {
        shell: session.shell(&portal, Section::Records),
        row: row(&record, Some(&title(&connection))),
        provider_name: provider_name(&connection.provider).to_owned(),
        url: record.item.url.clone(),
        facts: facts(&record),
        times: times(&record),
        merged_into: record.merged_into.clone(),
        properties: named.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        synced: around.synced,
        did: around.did,
        history: around.events,
        events_href: events.href(),
        body: record.body,
    }))
}

fn facts(record: &Stored) -> Vec<(&'static str, String)> {
    let item = &record.item;
    let yes = |yes: bool| Some(if yes { "yes" } else { "no" }.to_owned());
    let all = [
        ("Collection", Some(record.collection.clone()).filter(|collection| !collection.is_empty())),
        ("In", item.parent_path_or_name.clone().or_else(|| item.parent_id.clone())),
        ("Holds others", item.directory.then(|| "yes".to_owned())),
        ("Children", item.children.as_ref().map(|children| children.len().to_string())),
        ("Media type", item.mime_type.clone()),
        ("Drive", item.drive_id.clone()),
        ("Visible there", item.visibility.and_then(yes)),
        ("Version here", Some(record.version.to_string())),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
}

fn times(record: &Stored) -> Vec<(&'static str, String)> {
    let all: [(&'static str, Option<Timestamp>); 6] = [
        ("Created there", record.item.created_at),
        ("Modified there", record.modified_at),
        ("First seen", Some(record.created_at)),
        ("Changed here", Some(record.changed_at)),
        ("Last read", Some(record.read_at)),
        ("Found gone", record.gone_at),
    ];
    all.into_iter().filter_map(|(label, at)| Some((label, at?.to_string()))).collect()
}

pub(super) async fn raw(
    State(portal): State<Portal>,
    session: Session,
    Path((connection_id, object_type, id)): Path<Address>,
) -> Result<Response, Failure> {
    let (_, record) = get(&portal.api, &session.caller(), &connection_id, &object_type, &id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"record.json\""),
    ];
    Ok((headers, record.body).into_response())
}

pub(super) async fn export(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Failure> {
    Ok(answer(&portal.api, &session.caller(), &query).await?)
}
