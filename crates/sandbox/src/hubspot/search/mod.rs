//! `POST /{type}/search` (HubSpot facts 3.4).

mod api;
mod filter;
mod request;
mod run;
mod seen;
mod settings;
mod tokens;

pub(crate) use api::router;
pub(crate) use settings::Settings;
