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

use super::views::text;
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

/// The most bytes of addresses on a page: long keys shorten the page instead of making it heavy.
const MAX_ADDRESSES: usize = 14_000;

/// How many of these keys fit a page; one at least.
fn fitting<'a>(keys: impl Iterator<Item = &'a str>) -> usize {
    let mut left = MAX_ADDRESSES;
    let fits = |key: &&str| {
        let address = text::segment(key).len();
        let fits = address <= left;
        left = left.saturating_sub(address);
        fits
    };
    keys.take_while(fits).count().max(1)
}

/// A definition; operators see everybody's.
async fn find(portal: &Portal, id: &str) -> Result<Stored, Failure> {
    let found = definitions::get(&portal.api.cx.store, &Scope::All, id).await?;
    found.ok_or_else(|| Problem::not_found("counter").into())
}
