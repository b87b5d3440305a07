//! Counters in the portal: watched, changed, compared, paused.

mod act;
mod form;
mod list;
mod pushes;
mod run;
mod runs;
mod show;
mod typed;
mod value;
mod values;

use super::{Failure, Portal};
use crate::counters::Refused;
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};
use syncline_store::Scope;
use syncline_store::counters::definitions::{self, Stored};

/// The pages of counters and comparisons.
pub(super) fn router() -> Router<Portal> {
    let value = "/portal/counters/{id}/values/{key}";
    Router::new()
        .route("/portal/counters", get(list::list))
        .route("/portal/counters/new", get(form::new).post(form::create))
        .route("/portal/counters/{id}/edit", get(form::edit).post(form::save))
        .route("/portal/counters/{id}", get(show::show))
        .route("/portal/counters/{id}/pause", post(act::pause))
        .route("/portal/counters/{id}/resume", post(act::resume))
        .route("/portal/counters/{id}/delete", post(act::delete))
        .route("/portal/counters/{id}/reconcile", post(act::reconcile))
        .route("/portal/counters/{id}/values", get(values::list))
        .route("/portal/counters/{id}/pushes", get(pushes::list))
        .route("/portal/counters/{id}/runs", get(runs::list))
        .route(value, get(value::show))
        .route(&format!("{value}/increment"), post(value::increment))
        .route(&format!("{value}/decrement"), post(value::decrement))
        .route(&format!("{value}/set"), post(value::set))
        .route(&format!("{value}/push"), post(value::push))
        .route("/portal/counter-runs/{id}", get(run::show))
        .route("/portal/counter-runs/{id}/cancel", post(run::cancel))
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self(Problem::from(refused))
    }
}

/// A definition; operators see everybody's.
async fn find(portal: &Portal, id: &str) -> Result<Stored, Failure> {
    let found = definitions::get(&portal.api.cx.store, &Scope::All, id).await?;
    found.ok_or_else(|| Problem::not_found("counter").into())
}
