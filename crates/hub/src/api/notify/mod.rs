//! Telling the application, over the API: endpoints and their secrets, messages, deliveries and attempts, sending again, and the types of
//! messages there are.

mod bodies;
mod deliveries;
mod endpoints;
mod event_types;
mod mend;
mod messages;
mod refusals;
mod search;
mod secrets;
mod statistics;
mod views;

use super::Api;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub use deliveries::{DeliveryView, page, with_attempts, with_kinds};
pub use messages::idempotency;
pub use statistics::{Part, Span, chart};

/// How much longer a publishing request may be than the payload in it: names, and what JSON escapes.
const AROUND_A_PAYLOAD: usize = 64 * 1_024;

/// The routes of this room.
pub fn routes(max_payload: usize) -> Router<Api> {
    let publish = post(messages::publish).layer(DefaultBodyLimit::max(max_payload + AROUND_A_PAYLOAD));
    Router::new()
        .route("/v1/event-types", get(event_types::list))
        .route("/v1/event-types/{name}", get(event_types::show))
        .route("/v1/endpoints", get(endpoints::list).post(endpoints::create))
        .route("/v1/endpoints/{id}", get(endpoints::show).patch(endpoints::change).delete(endpoints::delete))
        .route("/v1/endpoints/{id}/enable", post(endpoints::enable))
        .route("/v1/endpoints/{id}/disable", post(endpoints::disable))
        .route("/v1/endpoints/{id}/secrets", get(secrets::list).post(secrets::rotate))
        .route("/v1/endpoints/{id}/deliveries", get(deliveries::of_endpoint))
        .route("/v1/endpoints/{id}/statistics", get(statistics::show))
        .route("/v1/endpoints/{id}/test", post(mend::test))
        .route("/v1/endpoints/{id}/recover", post(mend::recover))
        .route("/v1/endpoints/{id}/replay", post(mend::replay))
        .route("/v1/endpoints/{id}/skip", post(mend::skip))
        .route("/v1/deliveries", get(search::list))
        .route("/v1/messages", get(messages::list).merge(publish))
        .route("/v1/messages/{id}", get(messages::show))
        .route("/v1/messages/{id}/deliveries", get(deliveries::of_message))
        .route("/v1/messages/{id}/deliveries/{endpoint}", get(deliveries::show))
        .route("/v1/messages/{id}/deliveries/{endpoint}/attempts", get(deliveries::attempts))
        .route("/v1/messages/{id}/deliveries/{endpoint}/resend", post(mend::resend))
}
