//! Notion, simulated: OAuth, the API in three versions, webhooks (Notion facts 1 to 11).
//!
//! Data sources hold schemas and rows; what version 2022-06-28 shows of them is made when it asks. A request comes in by
//! the [`door`], is sent to its endpoint by [`api`], and what it changed goes out by [`webhooks`].

mod api;
mod check;
mod content;
mod door;
mod edit;
mod error;
mod id;
mod late;
mod limits;
mod oauth;
mod query;
mod seed;
mod settings;
mod start;
mod tables;
mod version;
mod webhooks;

use crate::house::{Adjustable, Dice, EditError, House, Page, Refusal, Table, Vendor};
use crate::world::Cast;
use axum::Router;
use axum::response::Response;
use content::state::State;
use error::Failure;
use http::request::Parts;
use limits::Counters;
use oauth::vault::Vault;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use settings::Settings;
use start::App;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use webhooks::office::Office;

/// Notion. Where several locks are held, they are taken in the order in which they stand here.
pub(crate) struct Notion {
    house: Arc<House>,
    settings: Adjustable<Settings>,
    me: Weak<Self>,
    app: RwLock<Arc<App>>,
    state: RwLock<State>,
    vault: RwLock<Vault>,
    office: Mutex<Office>,
    counters: Mutex<Counters>,
    /// For ids of requests, and what happens to some of them.
    dice: Mutex<Dice>,
    /// How many of the next writes are answered 503 after they were done.
    late_failures: AtomicU64,
}

impl Notion {
    /// With the accounts and apps every sandbox has.
    pub(crate) fn new(house: Arc<House>) -> Arc<Self> {
        let begin = start::begin(&house);
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            app: RwLock::new(Arc::new(begin.app)),
            state: RwLock::new(begin.state),
            vault: RwLock::new(begin.vault),
            office: Mutex::new(Office::new(house.dice("notion webhooks"))),
            counters: Mutex::default(),
            dice: Mutex::new(house.dice("notion requests")),
            late_failures: AtomicU64::new(0),
            settings: Adjustable::default(),
            house,
        })
    }

    /// The public integration.
    fn app(&self) -> Arc<App> {
        Arc::clone(&self.app.read())
    }
}

impl Vendor for Notion {
    fn id(&self) -> &'static str {
        "notion"
    }

    fn router(self: Arc<Self>) -> Router {
        door::router(self)
    }

    fn control(self: Arc<Self>) -> Router {
        webhooks::control::router(&self)
    }

    fn reset(&self) {
        self.settings.reset();
        let begin = start::begin(&self.house);
        *self.app.write() = Arc::new(begin.app);
        *self.state.write() = begin.state;
        *self.vault.write() = begin.vault;
        *self.office.lock() = Office::new(self.house.dice("notion webhooks"));
        self.counters.lock().clear();
        *self.dice.lock() = self.house.dice("notion requests");
        self.arm_late_failures(0);
    }

    fn seed(&self, cast: &Cast) -> Value {
        seed::seed(self, cast)
    }

    fn edit(&self, edit: &Value) -> Result<Value, EditError> {
        edit::edit(self, edit)
    }

    fn credentials(&self) -> Value {
        start::credentials(self)
    }

    fn tables(&self) -> Vec<Table> {
        tables::tables(self)
    }

    fn page(&self, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
        tables::page(self, table, after, limit)
    }

    fn refuse(&self, refusal: &Refusal, _request: &Parts) -> Response {
        let settings = self.settings.get();
        let failure = match refusal {
            Refusal::RateLimited { retry_after } => limits::refusal(
                &settings.limits,
                "public_api_request_rate_limit",
                Some(retry_after.unwrap_or(limits::DEFAULT_WAIT)),
            ),
            Refusal::ServerError { status } => Failure::server(*status),
            Refusal::ExpiredToken | Refusal::RevokedToken => Failure::unauthorized(),
        };
        self.refusal(&failure)
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
