//! What an account tells about itself: details, owners, pipelines, API usage; and uninstalling (HubSpot facts 1.7, 2, 8.3, 9).

use super::Hubspot;
use axum::Router;
use std::sync::Arc;

/// The endpoints of account information, owners, pipelines, usage, and of uninstalling.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    Router::new()
}
