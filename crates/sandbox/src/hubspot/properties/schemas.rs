//! Schemas of an account's own object types, to be read (HubSpot facts 11: they are defined in HubSpot's own pages here).

use super::requests::{At, both};
use crate::house::clock::iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::{CustomType, Portal};
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json as value};
use std::sync::Arc;

const PATHS: [&str; 2] = ["/crm/v3/schemas", "/crm/schemas/{date}"];

/// The same under the name the dated versions use.
const OBJECT_SCHEMAS: [&str; 2] = ["/crm-object-schemas/v3/schemas", "/crm-object-schemas/{date}/schemas"];

/// `GET /crm/v3/schemas` and one by one.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    let mut router = Router::new();
    for paths in [PATHS, OBJECT_SCHEMAS] {
        router = both(router, paths, "", &get(list));
        router = both(router, paths, "/{type}", &get(read));
    }
    router
}

fn enter(caller: &Caller) -> Result<(), ApiError> {
    caller.needs_one_of(&["crm.schemas.custom.read", "crm.objects.custom.read"])
}

async fn list(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    enter(&caller)?;
    hubspot.read(caller.portal, |portal| {
        let all = portal.custom_types.iter().filter(|_| !at.flag("archived"));
        let results: Vec<Value> = all.map(|(id, kind)| schema(portal, *id, kind)).collect();
        Ok(json::answer(StatusCode::OK, &value!({ "results": results })))
    })
}

async fn read(State(hubspot): State<Arc<Hubspot>>, caller: Caller, at: At) -> Result<Response, ApiError> {
    enter(&caller)?;
    hubspot.read(caller.portal, |portal| {
        let text = at.part("type");
        let id = portal.object_type(text).ok_or_else(|| not_found(text))?;
        let shown = match portal.custom_types.get(&id) {
            Some(kind) => schema(portal, id, kind),
            None => schema(portal, id, &standard(portal, id)),
        };
        Ok(json::answer(StatusCode::OK, &shown))
    })
}

fn not_found(text: &str) -> ApiError {
    let message = format!("Unable to infer object type from: {text}");
    ApiError::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
}

/// HubSpot's own types have schemas too, when asked for by name.
fn standard(portal: &Portal, id: TypeId) -> CustomType {
    let (singular, plural) = super::standard_name(portal, id);
    CustomType { name: portal.type_label(id), singular, plural }
}

fn schema(portal: &Portal, id: TypeId, kind: &CustomType) -> Value {
    let table = portal.properties.of(id);
    let all = table.into_iter().flat_map(|table| table.live.values());
    let texts = || {
        let all = table.into_iter().flat_map(|table| table.live.values());
        all.filter(|definition| !definition.hubspot_defined && definition.kind == super::Type::Text)
    };
    let made = table.and_then(|table| table.live.values().map(|definition| definition.created_at).min());
    let mut names =
        texts().filter(|definition| !definition.unique).map(|definition| definition.name.as_str());
    let display = names.find(|name| name.ends_with("name"));
    let searchable: Vec<&str> = texts().map(|definition| definition.name.as_str()).collect();
    let mut shown = value!({
        "id": id.number.to_string(), "objectTypeId": id.to_string(), "name": kind.name,
        "fullyQualifiedName": qualified_name(portal, id, kind),
        "labels": {"singular": kind.singular, "plural": kind.plural},
        "primaryDisplayProperty": display, "secondaryDisplayProperties": [],
        "requiredProperties": display.into_iter().collect::<Vec<_>>(), "searchableProperties": searchable,
        "properties": all.map(|definition| definition.show(true)).collect::<Vec<_>>(),
        "associations": [], "archived": false,
    });
    if let (Some(made), Some(shown)) = (made, shown.as_object_mut()) {
        shown.insert("createdAt".to_owned(), value!(iso(made)));
        shown.insert("updatedAt".to_owned(), value!(iso(made)));
    }
    shown
}

fn qualified_name(portal: &Portal, id: TypeId, kind: &CustomType) -> String {
    if id.space == 0 { kind.name.clone() } else { format!("p{}_{}", portal.id, kind.name) }
}
