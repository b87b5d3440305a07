//! `/_sandbox/settings`: every guess about a vendor is a setting, and can be turned here.

use super::problem::Problem;
use crate::sandbox::Rooms;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// `GET /_sandbox/settings`
pub(super) async fn show(State(rooms): State<Arc<Rooms>>) -> Json<Value> {
    Json(all(&rooms))
}

fn all(rooms: &Rooms) -> Value {
    let mut settings = Map::new();
    settings.insert("consent".to_owned(), json!(*rooms.house.consent.get()));
    for vendor in &rooms.vendors {
        settings.insert(vendor.id().to_owned(), vendor.settings());
    }
    Value::Object(settings)
}

/// `PATCH /_sandbox/settings`: a JSON merge patch.
pub(super) async fn patch(
    State(rooms): State<Arc<Rooms>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(patch) = body?;
    change(&rooms, &patch).map_err(Problem::invalid)?;
    Ok(Json(all(&rooms)))
}

/// Changes what `patch` names, or, when any part of it does not fit, nothing.
///
/// # Errors
/// The reason why it does not fit.
pub(crate) fn change(rooms: &Rooms, patch: &Value) -> Result<(), String> {
    let Value::Object(patch) = patch else { return Err("settings are a JSON object".to_owned()) };
    for (key, value) in patch {
        if key == "consent" {
            rooms.house.consent.with(value)?;
            continue;
        }
        let Some(vendor) = rooms.vendors.iter().find(|vendor| vendor.id() == key) else {
            return Err(format!(
                "there is no setting {key}; there are consent, hubspot, notion, airtable and tentoeight"
            ));
        };
        vendor.check_settings(value).map_err(|reason| format!("{key}: {reason}"))?;
    }
    for (key, value) in patch {
        match rooms.vendors.iter().find(|vendor| vendor.id() == key) {
            Some(vendor) => vendor.change_settings(value)?,
            None => rooms.house.consent.patch(value)?,
        }
    }
    Ok(())
}

/// What is set now is what a reset goes back to.
pub(crate) fn keep(rooms: &Rooms) {
    rooms.house.consent.keep();
    for vendor in &rooms.vendors {
        vendor.keep_settings();
    }
}
