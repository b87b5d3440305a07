//! The page: each vendor's records, and what was called.

use crate::sandbox::Rooms;
use axum::Router;
use std::sync::Arc;

/// The page's routes.
pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new()
}
