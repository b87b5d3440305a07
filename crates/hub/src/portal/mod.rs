//! The portal: pages for operators, rendered on the server.

pub mod setup;
pub mod views;

/// pages
pub fn router(_api: crate::api::Api) -> axum::Router { axum::Router::new() }
