//! The endpoint of search (HubSpot facts 3.4).

use super::super::Hubspot;
use super::super::access::Caller;
use super::super::error::ApiError;
use super::super::objects::View;
use super::super::objects::show::{Wanted, show};
use super::super::properties::requests::{At, both, needs_objects, object_type};
use super::super::state::Portal;
use super::request::{self, Request};
use super::run::run;
use super::seen::{Index, Seen};
use crate::house::clock::iso;
use crate::house::json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json as value};
use std::sync::Arc;

/// Accounts with more records than this are searched beside the requests of others.
const MANY: usize = 50_000;

/// `POST /crm/v3/objects/{type}/search`, and dated.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    both(Router::new(), ["/crm/v3/objects/{type}", "/crm/objects/{date}/{type}"], "/search", &post(search))
}

async fn search(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    at: At,
    body: Bytes,
) -> Result<Response, ApiError> {
    let many = hubspot.read(caller.portal, |portal| {
        let id = object_type(&hubspot, portal, at.part("type"))?;
        needs_objects(&caller, id, "read")?;
        Ok(portal.objects.of(id).is_some_and(|records| records.len() > MANY))
    })?;
    if !many {
        return answer(&hubspot, caller.portal, &at, &body);
    }
    let work = tokio::task::spawn_blocking(move || answer(&hubspot, caller.portal, &at, &body));
    work.await.unwrap_or_else(|_| {
        Err(ApiError::bare(StatusCode::INTERNAL_SERVER_ERROR, "There was a problem with the request."))
    })
}

fn answer(hubspot: &Hubspot, portal: u64, at: &At, body: &[u8]) -> Result<Response, ApiError> {
    let settings = hubspot.settings.get();
    let settings = &settings.search;
    let now = hubspot.house.now();
    let request = request::read(body, &settings.window_message)?;
    hubspot.read(portal, |portal| {
        let id = object_type(hubspot, portal, at.part("type"))?;
        let dice = || hubspot.house.dice(&format!("hubspot.search.{now}"));
        let found = run(portal, id, &request, (settings, now), dice)?;
        let index = Index { until: now - settings.index_lag_ms };
        let views = found.ids.iter().filter_map(|id_of| portal.objects.of(id)?.get(*id_of));
        let wanted = wanted(&request);
        let results: Vec<Value> = views.map(|view| shown(portal, view, &wanted, index)).collect();
        let mut answer = value!({ "total": found.total, "results": results });
        if let (Some(next), Some(answer)) = (found.next, answer.as_object_mut()) {
            answer.insert("paging".to_owned(), value!({ "next": { "after": next.to_string() } }));
        }
        Ok(json::answer(StatusCode::OK, &answer))
    })
}

fn wanted(request: &Request) -> Wanted {
    let properties = (!request.properties.is_empty()).then(|| request.properties.clone());
    Wanted { properties, ..Wanted::default() }
}

/// A record as search has it: with the values it had when the index last caught up.
fn shown(portal: &Portal, view: View<'_>, wanted: &Wanted, index: Index) -> Value {
    let mut shown = show(portal, view, wanted);
    if index.is_current(view) {
        return shown;
    }
    if let Some(properties) = shown.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, value) in properties {
            *value = match index.value(view, view.records.column(name)) {
                None => Value::Null,
                Some(Seen::Text(text)) => value!(text),
                Some(Seen::Moment(at)) => value!(iso(at)),
                Some(Seen::Number(number)) => value!(number.to_string()),
            };
        }
    }
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("updatedAt".to_owned(), value!(iso(index.updated_at(view))));
    }
    shown
}
