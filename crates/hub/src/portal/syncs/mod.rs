//! Syncs in the portal: made, watched, paused, ended; their links, runs and conflicts.

mod act;
mod changes;
mod compare;
mod conflicts;
mod decide;
mod events;
mod form;
mod history;
mod link;
mod links;
mod list;
mod new;
mod on_record;
mod plan;
mod run;
mod settings;
mod show;
mod sync;
mod terms;
mod through;

pub(super) use on_record::around;

use super::{Failure, Portal};
use crate::http::Problem;
use axum::Router;
use axum::routing::{get, post};
use serde::Deserialize;
use syncline_store::Scope;
use syncline_store::syncs::{self, Sync};

/// The pages of syncs and conflicts.
pub(super) fn router() -> Router<Portal> {
    Router::new()
        .route("/portal/syncs", get(list::list))
        .route("/portal/syncs/new", get(new::new).post(new::create))
        .route("/portal/syncs/{id}", get(sync::show))
        .route("/portal/syncs/{id}/run", post(act::run))
        .route("/portal/syncs/{id}/pause", post(act::pause))
        .route("/portal/syncs/{id}/resume", post(act::resume))
        .route("/portal/syncs/{id}/delete", post(act::delete))
        .route("/portal/syncs/{id}/settings", get(settings::show).post(settings::save))
        .route("/portal/syncs/{id}/runs", get(run::list))
        .route("/portal/syncs/{id}/runs/{run}", get(run::show))
        .route("/portal/syncs/{id}/runs/{run}/cancel", post(act::cancel))
        .route("/portal/syncs/{id}/links", get(links::list))
        .route("/portal/syncs/{id}/links/{link}", get(link::show))
        .route("/portal/syncs/{id}/history", get(history::list))
        .route("/portal/conflicts", get(conflicts::list))
        .route("/portal/conflicts/{id}", get(conflicts::show).post(decide::decide))
}

/// The sync of this id.
async fn find(portal: &Portal, id: &str) -> Result<Sync, Failure> {
    let found = syncs::get(&portal.api.cx.store, &Scope::All, id).await?;
    found.ok_or_else(|| Problem::not_found("sync").into())
}

/// What the last action did, to be said once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Did {
    did: Option<String>,
}

/// The word for a filter that names something there is; a problem when it names nothing.
fn named<T>(
    text: &str,
    of: impl Fn(&str) -> Option<T>,
    problem: &mut Option<String>,
    what: &str,
) -> Option<T> {
    let word = super::connections::some(text)?;
    let found = of(&word);
    if found.is_none() {
        *problem = Some(format!("There is no such {what}."));
    }
    found
}
