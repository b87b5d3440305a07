//! Queries of rows (Notion facts 4, 5 and 6).

use super::{Answer, Call, Done, May};
use crate::notion::check::Fields;
use crate::notion::content::model::{Page, Source};
use crate::notion::content::reading::Reader;
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::condition::Reading;
use crate::notion::query::dates::Calendar;
use crate::notion::query::filter::{self, Filter};
use crate::notion::query::matching::Matcher;
use crate::notion::query::paging::{self, Paging};
use crate::notion::query::sort::{self, By, Sort, Sorter};
use crate::notion::settings::OldQueryCode;
use serde_json::{Value, json};

/// `POST /v1/databases/{id}/query`, of the older version.
pub(super) fn query_database(call: &Call<'_>, id: Id) -> Answer {
    if !call.version.is_old() {
        return Err(match call.settings.query.old_query_code {
            OldQueryCode::InvalidRequestUrl => Failure::invalid_url(),
            OldQueryCode::ValidationError => {
                Failure::validation("Databases are queried by their data sources in this API version.")
            }
        });
    }
    call.may(May::Read)?;
    let state = call.notion.state.read();
    let database = state.databases.get(&id).filter(|_| state.sees(call.eyes(), id));
    let source = state.only_source(database.ok_or_else(|| Failure::not_found("database", id))?)?;
    let source = state.sources.get(&source).ok_or_else(|| Failure::not_found("database", id))?;
    Done::read(query(call, &state, source)?)
}

/// `POST /v1/data_sources/{id}/query`
pub(super) fn query_source(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::Read)?;
    let state = call.notion.state.read();
    let source = state.sources.get(&id).filter(|_| state.sees(call.eyes(), id));
    let source = source.ok_or_else(|| Failure::not_found("data source", id))?;
    Done::read(query(call, &state, source)?)
}

/// The properties that `filter_properties` names; none: all of them.
pub(super) fn wanted(call: &Call<'_>, source: Option<&Source>) -> Result<Option<Vec<u16>>, Failure> {
    let named = call
        .query
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "filter_properties" | "filter_properties[]"));
    let slot = |key: &str| match source {
        Some(source) => source.property(key).map(|property| property.slot),
        None => (key == "title").then_some(0),
    };
    let mut slots = Vec::new();
    for (_, key) in named {
        let slot = slot(key)
            .ok_or_else(|| Failure::validation(format!("Could not find property with name or id: {key}")))?;
        slots.push(slot);
    }
    Ok(if slots.is_empty() { None } else { Some(slots) })
}

/// What is asked for.
struct Asked {
    filter: Option<Filter>,
    sorts: Vec<Sort>,
    paging: Paging,
    in_trash: bool,
    wanted: Option<Vec<u16>>,
}

fn read(call: &Call<'_>, source: &Source) -> Result<Asked, Failure> {
    let fields = Fields::of(&call.body, "body")?;
    if let Some(kind) = fields.get("result_type") {
        if call.version.is_old() {
            fields.refuse("result_type")?;
        }
        if kind != "page" && kind != "data_source" {
            let what = "`\"page\"` or `\"data_source\"`";
            return Err(Failure::expected("body.result_type", what, Some(kind)));
        }
    }
    let calendar = Calendar { now: call.now, week_starts_on: call.settings.query.week_starts_on };
    let reading = Reading { calendar, me: call.connection.owner };
    let filter = match fields.get("filter") {
        None => None,
        Some(filter) => Some(filter::parse(&reading, source, filter, "body.filter")?),
    };
    Ok(Asked {
        filter,
        sorts: sort::parse(source, fields.get("sorts"), &call.settings.query)?,
        paging: Paging::of_body(&call.body)?,
        in_trash: call.trash_flag()?.unwrap_or(false),
        wanted: wanted(call, Some(source))?,
    })
}

fn query(call: &Call<'_>, state: &State, source: &Source) -> Result<Value, Failure> {
    let asked = read(call, source)?;
    let rows = if call.body.get("result_type").is_some_and(|kind| kind == "data_source") {
        Vec::new()
    } else {
        ordered(call, state, source, &asked)
    };
    let start = position(call, state, source, &asked, &rows)?;
    let ceiling = call.settings.query.ceiling.min(rows.len());
    let end = (start + asked.paging.size).min(ceiling);
    let shown = rows.get(start..end).unwrap_or_default();
    let printer = call.printer(state);
    let results =
        shown.iter().map(|page| call.perhaps_partial(printer.page(page, asked.wanted.as_deref()))).collect();
    let next = if end < ceiling { rows.get(end).map(|page| page.id) } else { None };
    let kind = if call.version.is_old() { "page_or_database" } else { "page_or_data_source" };
    let mut body = paging::list(kind, results, next);
    if next.is_none() && rows.len() > ceiling {
        body["request_status"] =
            json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" });
    }
    Ok(body)
}

/// All rows that are asked for, in the order asked for.
fn ordered<'s>(call: &Call<'_>, state: &'s State, source: &'s Source, asked: &Asked) -> Vec<&'s Page> {
    let source_is_trashed = state.is_trashed(source.id);
    let times = &call.settings.timestamps;
    // The settings live as long as the call, the rows as long as the lock: the reader borrows the shorter.
    let reader = Reader::new(state, times);
    let matcher = Matcher { reader, source, case_sensitive: call.settings.query.case_sensitive };
    let mut rows: Vec<&Page> = source
        .rows
        .iter()
        .filter_map(|id| state.pages.get(id))
        .filter(|page| (page.in_trash || source_is_trashed) == asked.in_trash)
        .filter(|page| asked.filter.as_ref().is_none_or(|filter| matcher.lets_through(filter, page)))
        .collect();
    match asked.sorts.as_slice() {
        [] if call.settings.query.newest_first => rows.reverse(),
        [] => {}
        [Sort { by: By::Created, descending }] => {
            rows.sort_by_key(|page| {
                let created = reader.created(page);
                if *descending { -created } else { created }
            });
        }
        sorts => {
            let sorter = Sorter { reader, source, sorts, settings: &call.settings.query };
            let mut keyed: Vec<_> = rows.iter().map(|page| (sorter.keys(page), *page)).collect();
            keyed.sort_by(|one, other| sorter.compare((&one.0, one.1.seq), (&other.0, other.1.seq)));
            rows = keyed.into_iter().map(|(_, page)| page).collect();
        }
    }
    rows
}

/// Where the page begins: at the cursor's row, or where it would be if it no longer fits.
fn position(
    call: &Call<'_>,
    state: &State,
    source: &Source,
    asked: &Asked,
    rows: &[&Page],
) -> Result<usize, Failure> {
    let Some(cursor) = asked.paging.from else { return Ok(0) };
    if let Some(at) = rows.iter().position(|page| page.id == cursor) {
        return Ok(at);
    }
    let gone = state.pages.get(&cursor).filter(|_| source.rows.contains(&cursor));
    let Some(gone) = gone else { return paging::unknown(cursor, call.settings.query.invalid_cursor) };
    let reader = Reader::new(state, &call.settings.timestamps);
    let sorter = Sorter { reader, source, sorts: &asked.sorts, settings: &call.settings.query };
    let key = sorter.keys(gone);
    let before = |page: &&Page| sorter.compare((&sorter.keys(page), page.seq), (&key, gone.seq)).is_lt();
    Ok(rows.partition_point(before))
}
