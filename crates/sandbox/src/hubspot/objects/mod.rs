//! Records: kept compactly in [`store`], changed by [`write`], shown by [`show`] (HubSpot facts 3).

mod admin;
mod auto;
mod batch;
mod batch_write;
mod body;
mod call;
mod checks;
mod edit;
mod gdpr;
mod ids;
mod index;
mod links;
mod lock;
mod merge;
mod packed;
mod query;
mod record;
pub(crate) mod refusals;
mod seed;
mod settings;
pub(crate) mod show;
mod single;
mod special;
pub(crate) mod store;
mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod told;
mod undo;
mod view;
pub(crate) mod write;

pub(crate) use edit::edit;
pub(crate) use seed::seed;
pub(crate) use settings::Settings;
pub(crate) use store::{Column, Objects, View};
pub(crate) use table::{page, tables};
pub(crate) use write::By;

use super::Hubspot;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// The endpoints of records.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    // The house limits bodies already: a hundred records of long texts are more than axum's own limit.
    below("/crm/v3/objects/{object_type}")
        .merge(below("/crm/objects/{version}/{object_type}"))
        .layer(DefaultBodyLimit::disable())
}

fn below(path: &str) -> Router<Arc<Hubspot>> {
    let at = |rest: &str| format!("{path}{rest}");
    Router::new()
        .route(path, get(single::list).post(single::create))
        .route(&at("/{id}"), get(single::get).patch(single::update).delete(single::archive))
        .route(&at("/batch/read"), post(batch::read))
        .route(&at("/batch/create"), post(batch_write::create))
        .route(&at("/batch/update"), post(batch_write::update))
        .route(&at("/batch/upsert"), post(batch_write::upsert))
        .route(&at("/batch/archive"), post(batch::archive))
        .route(&at("/merge"), post(special::merge))
        .route(&at("/gdpr-delete"), post(special::gdpr_delete))
}
