//! Endpoints in the portal: made, watched, changed, ended; deliveries and their attempts; sending again.

mod act;
mod deliveries;
mod delivery;
mod form;
mod list;
mod show;

use super::{Failure, Portal};
use crate::endpoints::Refused;
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};

/// The pages of endpoints and deliveries.
pub(super) fn router() -> Router<Portal> {
    Router::new()
        .route("/portal/endpoints", get(list::list))
        .route("/portal/endpoints/new", get(form::new).post(form::create))
        .route("/portal/endpoints/{id}", get(show::show))
        .route("/portal/endpoints/{id}/edit", get(form::edit).post(form::save))
        .route("/portal/endpoints/{id}/enable", post(act::enable))
        .route("/portal/endpoints/{id}/disable", post(act::disable))
        .route("/portal/endpoints/{id}/delete", post(act::delete))
        .route("/portal/endpoints/{id}/rotate", post(act::rotate))
        .route("/portal/endpoints/{id}/test", post(act::test))
        .route("/portal/endpoints/{id}/recover", post(act::recover))
        .route("/portal/endpoints/{id}/replay", post(act::replay))
        .route("/portal/endpoints/{id}/skip", post(act::skip))
        .route("/portal/deliveries", get(deliveries::list))
        .route("/portal/deliveries/{message}/{endpoint}", get(delivery::show))
        .route("/portal/deliveries/{message}/{endpoint}/resend", post(delivery::resend))
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self(Problem::from(refused))
    }
}
