//! The endpoints of single records, and the list (HubSpot facts 3.1, 3.2).

use super::super::error::ApiError;
use super::super::state::Portal;
use super::body::{self, Needs};
use super::call::Call;
use super::refusals;
use super::show::{Look, Wanted};
use super::store::View;
use super::write;
use crate::house::json::{answer, empty};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

/// How many records a list shows at once.
const MOST: usize = 100;
/// How many with their history.
const MOST_WITH_HISTORY: usize = 50;
/// Types of which the archive cannot be listed: notes, meetings, calls, emails, communications, postal mail.
const NO_ARCHIVE: [u64; 6] = [46, 47, 48, 49, 18, 116];

/// `GET /{type}`
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    call.reads()?;
    let wanted = call.wanted();
    let most = most(&wanted.with_history);
    let limit = call.query.limit(most, call.settings().limit_above_max)?;
    let after = call.query.number("after")?.unwrap_or(0);
    let archived = call.query.flag("archived")?;
    if archived && call.object_type.space == 0 && NO_ARCHIVE.contains(&call.object_type.number) {
        return Err(refusals::no_archive(call.object_type));
    }
    let (results, next) = call.look(|account| {
        call.knows_types(account, &wanted)?;
        let (views, next) = page(account, &call, after, limit, archived);
        let look = look(account, &call, &wanted);
        Ok((views.into_iter().map(|view| look.show(view)).collect::<Vec<_>>(), next))
    })?;
    let mut body = json!({ "results": results });
    if let Some(next) = next {
        let after = next.to_string();
        let link = format!("{}{}?{}", call.host(), call.path, call.query.continued(&after));
        body["paging"] = json!({ "next": { "after": after, "link": link } });
    }
    Ok(answer(StatusCode::OK, &body))
}

/// So many at once.
pub(super) fn most(with_history: &[String]) -> usize {
    if with_history.is_empty() { MOST } else { MOST_WITH_HISTORY }
}

/// Records by ascending id, and the id the next page begins with.
fn page<'a>(
    account: &'a Portal,
    call: &Call,
    after: u64,
    limit: usize,
    archived: bool,
) -> (Vec<View<'a>>, Option<u64>) {
    let Some(records) = account.objects.of(call.object_type) else { return (Vec::new(), None) };
    let mut views: Vec<View<'a>> = if archived {
        records.archived(after).take(limit + 1).collect()
    } else {
        records.from(after).filter(|view| view.record.archived_at.is_none()).take(limit + 1).collect()
    };
    let next = views.get(limit).map(|view| view.id);
    views.truncate(limit);
    (views, next)
}

fn look<'a>(account: &'a Portal, call: &Call, wanted: &Wanted) -> Look<'a> {
    Look::new(account, call.object_type, wanted).paged(call.settings().inline_associations, call.host())
}

/// `GET /{type}/{id}`
pub(super) async fn get(call: Call) -> Result<Response, ApiError> {
    call.reads()?;
    let (wanted, archived) = (call.wanted(), call.query.flag("archived")?);
    let shown = call.look(|account| {
        call.knows_types(account, &wanted)?;
        let id = call.locate(account, &call.id, call.query.text("idProperty"), archived)?;
        let view = id.and_then(|id| {
            let records = account.objects.of(call.object_type)?;
            records.get(records.current(id)).filter(|view| view.record.archived_at.is_some() == archived)
        });
        let view = view.ok_or_else(|| call.not_found(&call.id))?;
        Ok(look(account, &call, &wanted).show(view))
    })?;
    Ok(answer(StatusCode::OK, &shown))
}

/// `POST /{type}`
pub(super) async fn create(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let input = body::input(&body::object(&bytes)?, Needs::Properties)?;
    let shown = call.change(|account, by, rules| {
        let given = (&input.properties, &*input.links);
        let (id, changes) = write::create_by(account, call.object_type, given, by, rules)?;
        Ok((shown_new(account, &call, id, input.trace.as_ref()), changes))
    })?;
    Ok(answer(StatusCode::CREATED, &shown))
}

/// A record that was just made: everything it has, and by whom it was made.
pub(super) fn shown_new(account: &Portal, call: &Call, id: u64, trace: Option<&String>) -> Value {
    let Some(view) = account.objects.live(call.object_type, id) else { return Value::Null };
    let made_by = ["hs_object_source", "hs_object_source_id", "hs_object_source_label"];
    let look = Look::at(account, call.object_type, view.names().chain(made_by));
    traced(look.show(view), trace)
}

/// A record that was just changed: what was written.
pub(super) fn shown_changed<'n>(
    account: &Portal,
    call: &Call,
    id: u64,
    names: impl Iterator<Item = &'n str>,
    trace: Option<&String>,
) -> Value {
    let Some(view) = account.objects.live(call.object_type, id) else { return Value::Null };
    traced(Look::at(account, call.object_type, names).show(view), trace)
}

fn traced(mut shown: Value, trace: Option<&String>) -> Value {
    if let Some(trace) = trace {
        shown["objectWriteTraceId"] = json!(trace);
    }
    shown
}

/// `PATCH /{type}/{id}`
pub(super) async fn update(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let input = body::input(&body::object(&bytes)?, Needs::Properties)?;
    let shown = call.change(|account, by, rules| {
        let id = call.locate(account, &call.id, call.query.text("idProperty"), false)?;
        let id = id.ok_or_else(|| call.not_found(&call.id))?;
        account.objects.locks.strike(call.object_type, id, by.at, &call.settings().lock)?;
        let (id, changes) = write::update_by(account, call.object_type, id, &input.properties, by, rules)?;
        let names = input.properties.keys().map(String::as_str);
        Ok((shown_changed(account, &call, id, names, input.trace.as_ref()), changes))
    })?;
    Ok(answer(StatusCode::OK, &shown))
}

/// `DELETE /{type}/{id}`: 204 also for what is not there, or no longer.
pub(super) async fn archive(call: Call) -> Result<Response, ApiError> {
    call.writes()?;
    call.change(|account, by, _| {
        let Ok(id) = call.id.parse() else { return Ok(((), Vec::new())) };
        account.objects.locks.strike(call.object_type, id, by.at, &call.settings().lock)?;
        Ok(((), write::archive(account, call.object_type, id, by)))
    })?;
    Ok(empty(StatusCode::NO_CONTENT))
}
