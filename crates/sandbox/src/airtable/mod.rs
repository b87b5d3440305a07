//! Airtable, simulated: all its hosts below one prefix (Airtable facts 1 to 9).

mod accounts;
mod auth;
mod call;
mod commit;
mod edit;
mod formula;
mod ids;
mod limits;
mod model;
mod oauth;
mod problem;
mod records;
mod routes;
mod schema;
mod seed;
mod settings;
mod show;
mod start;
mod webhooks;

use crate::house::{Adjustable, Dice, EditError, House, Page, Refusal, Table, Vendor};
use crate::world::Cast;
use accounts::Integration;
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use limits::Limits;
use model::base::World;
use model::read::{Files, Reader};
use oauth::grants::Grants;
use parking_lot::{Mutex, RwLock};
use problem::Problem;
use records::iterators::Iterators;
use serde_json::Value;
use settings::Settings;
use std::sync::{Arc, Weak};

/// Airtable. Locks are taken in the order of the fields.
pub(crate) struct Airtable {
    house: Arc<House>,
    settings: Adjustable<Settings>,
    /// For work that falls due later.
    me: Weak<Self>,
    world: RwLock<World>,
    integrations: RwLock<Vec<Integration>>,
    grants: RwLock<Grants>,
    iterators: Mutex<Iterators>,
    limits: Mutex<Limits>,
    dice: Mutex<Dice>,
}

impl Airtable {
    /// With the accounts and apps every sandbox has.
    pub(crate) fn new(house: Arc<House>) -> Arc<Self> {
        let mut dice = house.dice("airtable");
        let start = start::start(&mut dice);
        Arc::new_cyclic(|me| Self {
            house,
            settings: Adjustable::default(),
            me: Weak::clone(me),
            world: RwLock::new(start.world),
            integrations: RwLock::new(start.integrations),
            grants: RwLock::default(),
            iterators: Mutex::default(),
            limits: Mutex::default(),
            dice: Mutex::new(dice),
        })
    }

    /// Where files are served.
    fn files(&self, settings: &Settings) -> Files {
        Files {
            url: self.house.url_of("airtable"),
            seed: self.house.seed(),
            lifetime_ms: settings.attachments.url_secs.saturating_mul(1_000),
        }
    }

    /// Reads the cells of a base.
    fn reader<'a>(&self, world: &'a World, base: usize, files: &'a Files) -> Reader<'a> {
        Reader { base: &world.bases[base], users: &world.users, now: self.house.now(), files }
    }
}

impl Vendor for Airtable {
    fn id(&self) -> &'static str {
        "airtable"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(routes::serve).with_state(self)
    }

    fn reset(&self) {
        self.settings.reset();
        let mut dice = self.house.dice("airtable");
        let start = start::start(&mut dice);
        *self.world.write() = start.world;
        *self.integrations.write() = start.integrations;
        *self.grants.write() = Grants::default();
        *self.iterators.lock() = Iterators::default();
        *self.limits.lock() = Limits::default();
        *self.dice.lock() = dice;
    }

    fn seed(&self, cast: &Cast) -> Value {
        let mut world = self.world.write();
        seed::seed(&mut world, cast, self.house.now(), &mut self.dice.lock())
    }

    fn edit(&self, edit: &Value) -> Result<Value, EditError> {
        self.user_edit(edit)
    }

    fn credentials(&self) -> Value {
        self.show_credentials()
    }

    fn tables(&self) -> Vec<Table> {
        show::tables(&self.world.read())
    }

    fn page(&self, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
        self.show_page(table, after, limit)
    }

    fn refuse(&self, refusal: &Refusal, request: &Parts) -> Response {
        if request.uri.path().ends_with("/oauth2/v1/token") {
            return oauth::Refused::on_demand(refusal, &self.settings.get().errors).into_response();
        }
        let problem = match refusal {
            Refusal::RateLimited { retry_after } => Problem::rate_limited(*retry_after),
            Refusal::ServerError { status } => Problem::server(*status),
            Refusal::ExpiredToken | Refusal::RevokedToken => auth::invalid_token(&self.settings.get()),
        };
        problem.into_response()
    }

    fn settings(&self) -> Value {
        self.settings.show()
    }

    fn check_settings(&self, patch: &Value) -> Result<(), String> {
        self.settings.with(patch)?.check()
    }

    fn change_settings(&self, patch: &Value) -> Result<(), String> {
        self.check_settings(patch)?;
        self.settings.patch(patch)
    }

    fn keep_settings(&self) {
        self.settings.keep();
    }
}
