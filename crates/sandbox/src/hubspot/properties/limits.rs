//! How many definitions of its own an account may have, and has (HubSpot facts 4).

use super::requests::{At, both};
use super::standard_name;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json as value};
use std::sync::Arc;

/// `GET /crm/limits/{date}/custom-properties`
pub(super) fn router() -> Router<Arc<Hubspot>> {
    both(
        Router::new(),
        ["/crm/v3/limits", "/crm/limits/{date}"],
        "/custom-properties",
        &get(custom_properties),
    )
}

async fn custom_properties(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    _at: At,
) -> Result<Response, ApiError> {
    may_see(&caller)?;
    let most = hubspot.settings.get().properties.max_custom;
    hubspot.read(caller.portal, |portal| Ok(json::answer(StatusCode::OK, &usage(portal, most))))
}

/// One `crm.objects.*` scope is enough, whichever.
fn may_see(caller: &Caller) -> Result<(), ApiError> {
    if caller.scopes.iter().any(|scope| scope.starts_with("crm.objects.")) {
        return Ok(());
    }
    caller.needs_one_of(&[
        "crm.objects.contacts.read",
        "crm.objects.companies.read",
        "crm.objects.deals.read",
    ])
}

fn usage(portal: &Portal, most: usize) -> Value {
    let row = |(id, table): (TypeId, &super::table::Table)| {
        let used = table.custom();
        let (singular, plural) = standard_name(portal, id);
        value!({
            "objectTypeId": id.to_string(), "singularLabel": singular, "pluralLabel": plural,
            "limit": most, "usage": used, "percentage": used * 100 / most.max(1),
        })
    };
    let rows: Vec<Value> = portal.properties.all().map(row).collect();
    value!({ "byObjectType": rows })
}
