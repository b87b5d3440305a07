//! Hubspot, simulated.

mod settings;

use crate::house::{Adjustable, EditError, House, Page, Refusal, Table, Vendor, json};
use crate::world::Cast;
use axum::Router;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use settings::Settings;
use std::sync::Arc;

/// Hubspot.
pub(crate) struct Hubspot {
    house: Arc<House>,
    settings: Adjustable<Settings>,
}

impl Hubspot {
    /// With the accounts and apps every sandbox has.
    pub(crate) fn new(house: Arc<House>) -> Arc<Self> {
        Arc::new(Self { house, settings: Adjustable::default() })
    }
}

impl Vendor for Hubspot {
    fn id(&self) -> &'static str {
        "hubspot"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new()
    }

    fn reset(&self) {
        self.settings.reset();
    }

    fn seed(&self, _cast: &Cast) -> Value {
        json!({})
    }

    fn edit(&self, _edit: &Value) -> Result<Value, EditError> {
        Err(EditError::Invalid("not yet".to_owned()))
    }

    fn credentials(&self) -> Value {
        json!({})
    }

    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    fn page(&self, _table: &str, _after: Option<&str>, _limit: usize) -> Option<Page> {
        None
    }

    fn refuse(&self, _refusal: &Refusal, _headers: &HeaderMap) -> Response {
        json::empty(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn settings(&self) -> Value {
        self.settings.show()
    }

    fn check_settings(&self, patch: &Value) -> Result<(), String> {
        self.settings.with(patch).map(|_| ())
    }

    fn change_settings(&self, patch: &Value) -> Result<(), String> {
        self.settings.patch(patch)
    }

    fn keep_settings(&self) {
        self.settings.keep();
    }
}
