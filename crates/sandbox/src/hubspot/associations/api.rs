//! The endpoints of one record's associations, v4 and dated, and of labels (HubSpot facts 5).

use super::edit::{link, not_there, unlink};
use super::kinds;
use super::{End, Kind, batch, legacy};
use crate::house::clock::iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::change::Source;
use crate::hubspot::error::ApiError;
use crate::hubspot::objects::By;
use crate::hubspot::properties::requests::{At, both, mistyped, needs_objects, not_set, object_type};
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get, put};
use http::StatusCode;
use serde_json::{Value, json as value};
use std::sync::Arc;

const OF_RECORDS: [&str; 2] =
    ["/crm/v4/objects/{from}/{id}/associations", "/crm/objects/{date}/{from}/{id}/associations"];
const OF_TYPES: [&str; 2] = ["/crm/v4/associations/{from}/{to}", "/crm/associations/{date}/{from}/{to}"];

/// The most on one page.
const LARGEST_PAGE: usize = 500;

/// The endpoints of associations, v3, v4 and dated.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    let mut router = Router::new();
    router = both(router, OF_RECORDS, "/default/{to}/{to_id}", &put(associate));
    router = both(router, OF_RECORDS, "/{to}", &get(list));
    router = both(router, OF_RECORDS, "/{to}/{to_id}", &put(label).merge(delete(dissociate)));
    router = both(router, OF_TYPES, "/labels", &get(labels));
    for (tail, methods) in batch::routes() {
        router = both(router, OF_TYPES, tail, &methods);
    }
    router.merge(legacy::router())
}

/// The two types a path names, for a caller who may `verb` records of the first.
pub(super) fn types(
    hubspot: &Hubspot,
    portal: &Portal,
    caller: &Caller,
    at: &At,
    verb: &str,
) -> Result<(TypeId, TypeId), ApiError> {
    let from = object_type(hubspot, portal, at.part("from"))?;
    let to = object_type(hubspot, portal, at.part("to"))?;
    needs_objects(caller, from, verb)?;
    Ok((from, to))
}

/// By whom and when.
pub(super) fn by(hubspot: &Hubspot, caller: &Caller) -> By {
    By { at: hubspot.house.now(), source: Source::app(caller.app) }
}

/// A record's id; what was merged away means what it was merged into.
///
/// # Errors
/// 400 when it is no number.
pub(super) fn identifier(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| {
        ApiError::validation(format!("{text} is not a valid ID"))
            .sub("crm.associations.INVALID_IDENTIFIER")
            .context(value!({"id": [text]}))
    })
}

/// `[{associationCategory, associationTypeId}]`
///
/// # Errors
/// 400 when it cannot be read, or is empty.
pub(super) fn kinds_in(list: &Value) -> Result<Vec<Kind>, ApiError> {
    let list = list.as_array().ok_or_else(|| mistyped("java.util.ArrayList", list))?;
    if list.is_empty() {
        return Err(ApiError::validation("At least one association type is required"));
    }
    list.iter().map(kind_in).collect()
}

fn kind_in(kind: &Value) -> Result<Kind, ApiError> {
    let fields = kind.as_object().ok_or_else(|| mistyped("AssociationSpec", kind))?;
    let (Some(category), Some(type_id)) =
        (fields.get("associationCategory"), fields.get("associationTypeId"))
    else {
        return Err(not_set(&["associationCategory", "associationTypeId"]));
    };
    let known = ["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED", "WORK"];
    let category = category.as_str().filter(|category| known.contains(category));
    let category = category.ok_or_else(|| mistyped("AssociationCategory", &fields["associationCategory"]))?;
    let read = type_id.as_u64().or_else(|| type_id.as_str()?.parse().ok());
    let type_id = read.ok_or_else(|| mistyped("int", type_id))?;
    Ok(Kind { category: category.to_owned(), type_id })
}

/// What was made, as the labelled endpoints tell it.
pub(super) fn made(portal: &Portal, from: End, to: End) -> Value {
    let kinds = portal.associations.kinds(from, to).iter();
    let labels: Vec<String> =
        kinds.filter_map(|kind| kinds::kept(portal, from.0, to.0, *kind).label).collect();
    value!({
        "fromObjectTypeId": from.0.to_string(), "fromObjectId": from.1,
        "toObjectTypeId": to.0.to_string(), "toObjectId": to.1, "labels": labels,
    })
}

/// What was made, as the default endpoints tell it: once from either side.
pub(super) fn made_default(from: End, to: End) -> [Value; 2] {
    let row = |from: End, to: End| {
        value!({
            "from": {"id": from.1.to_string()}, "to": {"id": to.1.to_string()},
            "associationSpec": {
                "associationCategory": kinds::HUBSPOT_DEFINED, "associationTypeId": kinds::plain(from.0, to.0),
            },
        })
    };
    [row(from, to), row(to, from)]
}

fn ends(types: (TypeId, TypeId), at: &At) -> Result<(End, End), ApiError> {
    Ok(((types.0, identifier(at.part("id"))?), (types.1, identifier(at.part("to_id"))?)))
}

async fn associate(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
) -> Result<Response, ApiError> {
    let by = by(&hubspot, &caller);
    hubspot.write(caller.portal, |portal| {
        let (from, to) = ends(types(&hubspot, portal, &caller, &at, "write")?, &at)?;
        let changes = link(portal, from, to, &[], &by)?;
        let answer = value!({
            "status": "COMPLETE", "results": made_default(from, to),
            "startedAt": iso(by.at), "completedAt": iso(by.at),
        });
        Ok((json::answer(StatusCode::OK, &answer), changes))
    })
}

async fn label(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let by = by(&hubspot, &caller);
    hubspot.write(caller.portal, |portal| {
        let (from, to) = ends(types(&hubspot, portal, &caller, &at, "write")?, &at)?;
        let body: Value = serde_json::from_slice(&body)
            .map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))?;
        let changes = link(portal, from, to, &kinds_in(&body)?, &by)?;
        Ok((json::answer(StatusCode::CREATED, &made(portal, from, to)), changes))
    })
}

async fn dissociate(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
) -> Result<Response, ApiError> {
    let by = by(&hubspot, &caller);
    hubspot.write(caller.portal, |portal| {
        let (from, to) = ends(types(&hubspot, portal, &caller, &at, "write")?, &at)?;
        let changes = unlink(portal, from, to, None, &by)?;
        Ok((json::empty(StatusCode::NO_CONTENT), changes))
    })
}

/// One partner of a record.
pub(super) fn row(portal: &Portal, from: TypeId, to: TypeId, id: u64, kinds: &[u64]) -> Value {
    let kinds: Vec<Value> = kinds.iter().map(|kind| kinds::kept(portal, from, to, *kind).show()).collect();
    value!({ "toObjectId": id, "associationTypes": kinds })
}

/// A page of partners and, when there are more, the id the next one begins with.
pub(super) fn page(
    portal: &Portal,
    from: End,
    to: TypeId,
    first: u64,
    limit: usize,
) -> (Vec<Value>, Option<u64>) {
    let mut partners = portal.associations.of(from, to, first);
    let rows = partners.by_ref().take(limit).map(|(id, kinds)| row(portal, from.0, to, id, kinds)).collect();
    (rows, partners.next().map(|(id, _)| id))
}

async fn list(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    let limit = limit(&at)?;
    let first = at.asked("after").map_or(Ok(0), identifier)?;
    hubspot.read(caller.portal, |portal| {
        let (from, to) = types(&hubspot, portal, &caller, &at, "read")?;
        let from = (from, identifier(at.part("id"))?);
        portal
            .objects
            .of(from.0)
            .and_then(|records| records.get(from.1))
            .ok_or_else(|| not_there(portal, from))?;
        let (rows, next) = page(portal, from, to, first, limit);
        let mut answer = value!({ "results": rows });
        if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
            let path = match at.date() {
                Some(date) => format!("/crm/objects/{date}"),
                None => "/crm/v4/objects".to_owned(),
            };
            let link = format!(
                "{}{path}/{}/{}/associations/{}?limit={limit}&after={next}",
                hubspot.house.url_of("hubspot"),
                at.part("from"),
                from.1,
                at.part("to")
            );
            answer.insert("paging".to_owned(), value!({"next": {"after": next.to_string(), "link": link}}));
        }
        Ok(json::answer(StatusCode::OK, &answer))
    })
}

fn limit(at: &At) -> Result<usize, ApiError> {
    let Some(text) = at.asked("limit") else { return Ok(LARGEST_PAGE) };
    match text.parse::<usize>() {
        Ok(limit) if (1..=LARGEST_PAGE).contains(&limit) => Ok(limit),
        _ => Err(ApiError::validation(format!("limit must be between 1 and {LARGEST_PAGE}, was {text}"))),
    }
}

async fn labels(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    let rules = Arc::new(hubspot.settings.get().associations.clone());
    // Labels are settings, and a read sees them as they are now: the next write brings the rest up to date.
    hubspot.write(caller.portal, |portal| {
        portal.associations.rules = rules;
        let (from, to) = types(&hubspot, portal, &caller, &at, "read")?;
        let kinds: Vec<Value> = kinds::all(portal, from, to).iter().map(kinds::Known::show).collect();
        Ok((json::answer(StatusCode::OK, &value!({ "results": kinds })), Vec::new()))
    })
}
