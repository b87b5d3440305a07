//! Counters over the API: definitions, the numbers, changes of them, how they get to their property, and what comparing them found.
//!
//! Nothing remote is in the way of a change: it is one transaction, and whoever is answered has counted.

mod bodies;
mod change;
mod definitions;
mod findings;
mod history;
mod keys;
mod push;
mod refusals;
mod runs;
mod statistics;
mod values;
mod views;

use super::Api;
use super::access::Caller;
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};
use syncline_store::Scope;
use syncline_store::counters::definitions as stored;
use syncline_store::counters::definitions::Stored;

pub use findings::{FindingView, Found, page as findings};
pub use keys::{page as keys, place, stage_named, stage_word};
pub use statistics::{DriftPart, Part, charts};
pub use views::CounterView;

/// The routes of this room.
pub fn routes() -> Router<Api> {
    let counter = "/v1/counters/{counter}";
    let value = "/v1/counters/{counter}/values/{key}";
    Router::new()
        .route("/v1/counters", get(definitions::list).post(definitions::create))
        .route(counter, get(definitions::show).patch(definitions::change).delete(definitions::delete))
        .route(&format!("{counter}/pause"), post(definitions::pause))
        .route(&format!("{counter}/resume"), post(definitions::resume))
        .route(&format!("{counter}/values"), get(values::list))
        .route(&format!("{counter}/read"), post(values::read))
        .route(&format!("{counter}/changes"), post(change::batch))
        .route(&format!("{counter}/pushes"), get(history::pushes))
        .route(&format!("{counter}/statistics"), get(statistics::show))
        .route(&format!("{counter}/runs"), get(runs::list).post(runs::create))
        .route(value, get(values::show).delete(values::forget))
        .route(&format!("{value}/increment"), post(change::increment))
        .route(&format!("{value}/decrement"), post(change::decrement))
        .route(&format!("{value}/set"), post(change::set))
        .route(&format!("{value}/push"), post(push::push))
        .route(&format!("{value}/property"), get(push::look))
        .route(&format!("{value}/test"), post(push::test))
        .route(&format!("{value}/history"), get(history::changes))
        .route("/v1/counter-runs/{id}", get(runs::show))
        .route("/v1/counter-runs/{id}/cancel", post(runs::cancel))
        .route("/v1/counter-runs/{id}/findings", get(findings::list))
}

/// A definition of this caller: by its id, or, with a key of one organization, by its name.
///
/// # Errors
/// 404 when there is none.
async fn find(api: &Api, caller: &Caller, counter: &str) -> Result<Stored, Problem> {
    let store = &api.cx.store;
    let found = match (stored::get(store, &caller.scope, counter).await?, &caller.scope) {
        (Some(found), _) => Some(found),
        (None, Scope::Organization(org_id)) => stored::by_name(store, org_id, counter).await?,
        (None, Scope::All) => None,
    };
    found.ok_or_else(|| Problem::not_found("counter"))
}
