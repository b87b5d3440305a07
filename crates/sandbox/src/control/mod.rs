//! The control interface, below `/_sandbox`: everything about the sandbox itself, and nothing a vendor would answer.

mod callback;
mod clock;
mod edits;
mod faults;
mod page;
pub(crate) mod problem;
mod requests;
pub(crate) mod settings;
mod world;

use crate::sandbox::Rooms;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// All routes of the control interface and the page.
pub(crate) fn router(rooms: &Arc<Rooms>) -> Router {
    let mut router = Router::new()
        .route("/_sandbox/credentials", get(show_credentials))
        .route("/_sandbox/reset", post(world::reset))
        .route("/_sandbox/seed", post(world::seed))
        .route("/_sandbox/settings", get(settings::show).patch(settings::patch))
        .route("/_sandbox/clock", get(clock::show).put(clock::set))
        .route("/_sandbox/clock/advance", post(clock::advance))
        .route("/_sandbox/settle", post(clock::settle))
        .route("/_sandbox/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/_sandbox/faults/{id}", axum::routing::delete(faults::remove))
        .route("/_sandbox/requests", get(requests::list).delete(requests::clear))
        .route("/_sandbox/{provider}/seed", post(world::seed_one))
        .route("/_sandbox/{provider}/edit", post(edits::edit))
        .route("/_sandbox/{provider}/records", get(edits::records))
        .merge(page::router())
        .with_state(Arc::clone(rooms));
    for vendor in &rooms.vendors {
        router = router.nest(&format!("/_sandbox/{}", vendor.id()), Arc::clone(vendor).control());
    }
    router
}

async fn show_credentials(State(rooms): State<Arc<Rooms>>) -> Json<Value> {
    Json(credentials(&rooms))
}

/// What clients need to call each vendor.
pub(crate) fn credentials(rooms: &Rooms) -> Value {
    let mut all = serde_json::Map::new();
    for vendor in &rooms.vendors {
        let mut one = vendor.credentials();
        if let Value::Object(fields) = &mut one {
            fields.insert("base_url".to_owned(), json!(rooms.house.url_of(vendor.id())));
        }
        all.insert(vendor.id().to_owned(), one);
    }
    Value::Object(all)
}
