//! Two-way sync over the API: syncs and their agreements, runs and their plans, links, conflicts, and the history of a record across
//! both systems.

mod agreement;
mod change;
mod choices;
mod conflicts;
mod faces;
mod history;
mod limits;
mod link;
mod links;
mod refusals;
mod resolve;
mod runs;
mod show;

use super::Api;
use super::access::Caller;
use super::paging::{cut, id_cursor, number_cursor, some};
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};
use syncline_store::syncs::{self, Sync};

/// The routes of this room.
pub fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/syncs", get(show::list).post(change::create))
        .route("/v1/syncs/check", post(agreement::check))
        .route("/v1/syncs/template", get(agreement::template))
        .route("/v1/syncs/{id}", get(show::show).patch(change::change).delete(change::delete))
        .route("/v1/syncs/{id}/schema", get(agreement::schema))
        .route("/v1/syncs/{id}/runs", get(runs::list).post(runs::create))
        .route("/v1/syncs/{id}/links", get(links::list))
        .route("/v1/syncs/{id}/history", get(history::of_sync))
        .route("/v1/sync-runs/{id}", get(runs::show))
        .route("/v1/sync-runs/{id}/cancel", post(runs::cancel))
        .route("/v1/sync-runs/{id}/plan", get(runs::plan))
        .route("/v1/links/{id}", get(link::show))
        .route("/v1/links/{id}/history", get(history::of_link))
        .route("/v1/conflicts", get(conflicts::list))
        .route("/v1/conflicts/{id}", get(conflicts::show))
        .route("/v1/conflicts/{id}/resolve", post(resolve::resolve))
}

/// A sync of this caller.
///
/// # Errors
/// 404 when there is none.
async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Sync, Problem> {
    let found = syncs::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("sync"))
}

/// The value that goes by the name in a query.
///
/// # Errors
/// 400 that names those there are.
fn named<T>(
    text: Option<String>,
    of: impl FnOnce(&str) -> Option<T>,
    say: &'static str,
) -> Result<Option<T>, Problem> {
    some(text).map(|name| of(&name).ok_or_else(|| Problem::bad_request("bad_state", say))).transpose()
}
