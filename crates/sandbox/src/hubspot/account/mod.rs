//! What an account tells about itself: details, owners, pipelines, API usage; and uninstalling (HubSpot facts 1.7, 2, 8.3, 9).

mod details;
mod offered;
mod owners;
mod pipeline_input;
mod pipeline_routes;
mod pipelines;
mod query;
mod uninstall;

pub(crate) use pipelines::Pipelines;

use super::Hubspot;
use axum::Router;
use axum::routing::{delete, get};
use std::sync::Arc;

/// The dated versions of the API (HubSpot facts 10).
const DATED: [&str; 5] = ["2025-09", "2026-03", "2026-09", "2026-09-beta", "2027-03-beta"];

/// The endpoints of account information, owners, pipelines, usage, and of uninstalling.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    let mut router =
        Router::new().merge(owners_at("/crm/v3/owners")).merge(pipeline_routes::at("/crm/v3/pipelines"));
    for version in DATED {
        router = router
            .merge(owners_at(&format!("/crm/owners/{version}")))
            .merge(pipeline_routes::at(&format!("/crm/pipelines/{version}")));
    }
    for version in DATED.iter().chain(&["v3"]) {
        router = router
            .route(&format!("/account-info/{version}/details"), get(details::details))
            .route(&format!("/account-info/{version}/api-usage/daily/private-apps"), get(details::usage))
            .route(&format!("/appinstalls/{version}/external-install"), delete(uninstall::uninstall));
    }
    router
}

/// The owners' endpoints; one client writes a slash at the end.
fn owners_at(base: &str) -> Router<Arc<Hubspot>> {
    Router::new()
        .route(base, get(owners::list))
        .route(&format!("{base}/"), get(owners::list))
        .route(&format!("{base}/{{id}}"), get(owners::one))
}
