//! Search: by title, among what is shared (Notion facts 6).

use super::{Answer, Call, Done, May};
use crate::notion::check::{Fields, text};
use crate::notion::content::model::Parent;
use crate::notion::content::reading::{Reader, rounded};
use crate::notion::content::state::State;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::{self, Paging};
use crate::notion::query::sort::direction;
use serde_json::Value;
use std::collections::HashMap;

/// What is asked for.
struct Asked {
    query: String,
    pages: bool,
    sources: bool,
    in_trash: bool,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
    Relevance,
}

/// Something found: what it is sorted by, and whether its title is exactly what was asked for.
struct Found {
    id: Id,
    edited: i64,
    seq: u32,
    exact: bool,
}

/// `POST /v1/search`
pub(super) fn search(call: &Call<'_>) -> Answer {
    call.may(May::Read)?;
    let asked = read(call)?;
    let paging = Paging::of_body(&call.body)?;
    let state = call.notion.state.read();
    let mut found = Vec::new();
    if asked.pages {
        pages(call, &state, &asked, &mut found);
    }
    if asked.sources {
        sources(call, &state, &asked, &mut found);
    }
    match asked.order {
        Order::NewestFirst => found.sort_unstable_by_key(|one| (-one.edited, one.seq)),
        Order::OldestFirst => found.sort_unstable_by_key(|one| (one.edited, one.seq)),
        Order::Relevance => found.sort_unstable_by_key(|one| (!one.exact, -one.edited, one.seq)),
    }
    let ids: Vec<Id> = found.iter().map(|one| one.id).collect();
    let start = paging.start(&ids, call.settings.query.invalid_cursor)?;
    let (shown, next) = paging::cut(&ids, start, paging.size);
    let results = shown.iter().filter_map(|id| render(call, &state, *id)).collect();
    let kind = if call.version.is_old() { "page_or_database" } else { "page_or_data_source" };
    Done::read(paging::list(kind, results, next))
}

fn read(call: &Call<'_>) -> Result<Asked, Failure> {
    let fields = Fields::of(&call.body, "body")?;
    let query = fields.text("query")?.unwrap_or_default().trim().to_lowercase();
    let mut asked = Asked { query, pages: true, sources: true, in_trash: false, order: Order::NewestFirst };
    if let Some(filter) = fields.get("filter") {
        read_filter(call, filter, &mut asked)?;
    }
    if let Some(sort) = fields.get("sort") {
        asked.order = read_sort(sort)?;
    }
    Ok(asked)
}

fn read_filter(call: &Call<'_>, filter: &Value, asked: &mut Asked) -> Result<(), Failure> {
    let fields = Fields::of(filter, "body.filter")?;
    if let Some(in_trash) = fields.flag("in_trash")? {
        asked.in_trash = in_trash;
        if fields.map.len() == 1 {
            return Ok(());
        }
    }
    if fields.get("property") != Some(&Value::from("object")) {
        return Err(Failure::expected("body.filter.property", "`\"object\"`", fields.get("property")));
    }
    let other = if call.version.is_old() { "database" } else { "data_source" };
    let what = format!("`\"page\"` or `\"{other}\"`");
    let value = fields.get("value").ok_or_else(|| Failure::expected("body.filter.value", &what, None))?;
    match text(value, "body.filter.value")? {
        "page" => asked.sources = false,
        named if named == other => asked.pages = false,
        _ => return Err(Failure::expected("body.filter.value", &what, Some(value))),
    }
    Ok(())
}

fn read_sort(sort: &Value) -> Result<Order, Failure> {
    let fields = Fields::of(sort, "body.sort")?;
    if let Some(property) = fields.get("property") {
        if property != "relevance" {
            return Err(Failure::expected("body.sort.property", "`\"relevance\"`", Some(property)));
        }
        return Ok(Order::Relevance);
    }
    if fields.get("timestamp") != Some(&Value::from("last_edited_time")) {
        return Err(Failure::expected(
            "body.sort.timestamp",
            "`\"last_edited_time\"`",
            fields.get("timestamp"),
        ));
    }
    Ok(if direction(fields)? { Order::NewestFirst } else { Order::OldestFirst })
}

fn pages(call: &Call<'_>, state: &State, asked: &Asked, found: &mut Vec<Found>) {
    let reader = Reader::new(state, &call.settings.timestamps);
    let settings = &call.settings.search;
    let newest = call.now.saturating_sub(settings.index_lag_ms);
    // Rows of one data source are seen together; others are asked for one by one.
    let mut above: HashMap<Id, (bool, bool)> = HashMap::new();
    for id in &state.workspaces[call.connection.workspace].pages {
        let Some(page) = state.pages.get(id) else { continue };
        if page.traces.created > newest || is_missing(*id, settings.missing_share) {
            continue;
        }
        let (seen, trashed) = match page.parent {
            Parent::Source(source) => {
                let known = above
                    .entry(source)
                    .or_insert_with(|| (state.sees(call.eyes(), source), state.is_trashed(source)));
                (known.0 || call.connection.shared.contains(id), known.1 || page.in_trash)
            }
            _ => (state.sees(call.eyes(), *id), state.is_trashed(*id)),
        };
        if !seen || trashed != asked.in_trash {
            continue;
        }
        let Some(exact) = fits(&asked.query, || page.title()) else { continue };
        found.push(Found { id: *id, edited: reader.edited(page), seq: page.seq, exact });
    }
}

fn sources(call: &Call<'_>, state: &State, asked: &Asked, found: &mut Vec<Found>) {
    let newest = call.now.saturating_sub(call.settings.search.index_lag_ms);
    for id in &state.workspaces[call.connection.workspace].sources {
        let Some(source) = state.sources.get(id) else { continue };
        let Some(database) = state.databases.get(&source.database) else { continue };
        let old = call.version.is_old();
        if old && !shown_to_old(call, state, source.id, database.id) {
            continue;
        }
        let late = source.traces.created > newest;
        if late || !state.sees(call.eyes(), *id) || state.is_trashed(*id) != asked.in_trash {
            continue;
        }
        let title = || if old { database.title.plain() } else { source.title.plain() }.into_owned();
        let Some(exact) = fits(&asked.query, title) else { continue };
        let edited = rounded(source.traces.edited, call.settings.timestamps.edited_rounding_ms);
        found.push(Found { id: *id, edited, seq: source.seq, exact });
    }
}

/// The older version sees databases; those with several data sources it cannot show.
fn shown_to_old(call: &Call<'_>, state: &State, source: Id, database: Id) -> bool {
    let Some(database) = state.databases.get(&database) else { return false };
    match state.only_source(database) {
        Ok(only) => only == source,
        Err(_) => {
            call.settings.search.old_version_finds_multi_source && database.sources.first() == Some(&source)
        }
    }
}

/// Whether a title holds what is asked for; then, whether it is exactly that.
fn fits(query: &str, title: impl FnOnce() -> String) -> Option<bool> {
    if query.is_empty() {
        return Some(false);
    }
    let title = title().to_lowercase();
    title.contains(query).then(|| title == query)
}

/// Whether search never finds this one: always the same ones.
fn is_missing(id: Id, share: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a share of the ids")]
    let place = (id.0 >> 96) as f64 / f64::from(u32::MAX);
    share > 0.0 && place < share
}

fn render(call: &Call<'_>, state: &State, id: Id) -> Option<Value> {
    let printer = call.printer(state);
    if let Some(page) = state.pages.get(&id) {
        return Some(call.perhaps_partial(printer.page(page, None)));
    }
    let source = state.sources.get(&id)?;
    if call.version.is_old() {
        return Some(printer.database(state.databases.get(&source.database)?));
    }
    Some(printer.source(source))
}
