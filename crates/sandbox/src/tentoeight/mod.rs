//! 10to8, simulated: the Enterprise API as the vendor's own HubSpot demo uses it. The demo program is the contract (10to8
//! facts); what it leaves open is a setting.

mod answers;
mod customers;
mod door;
mod edits;
mod input;
mod keys;
mod merge;
mod model;
mod notifications;
mod pages;
mod parameters;
mod seeding;
mod settings;
mod subscriptions;
mod throttle;
mod uris;

use crate::house::{Adjustable, EditError, House, Page, Refusal, Table, Vendor};
use crate::world::Cast;
use axum::Router;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use model::State;
use parking_lot::RwLock;
use serde_json::{Value, json};
use settings::Settings;
use std::sync::{Arc, Weak};
use throttle::Throttle;

/// The wait that a fault on demand tells when it names none.
const SOME_SECONDS: u64 = 7;

/// 10to8.
pub(crate) struct Tentoeight {
    house: Arc<House>,
    settings: Adjustable<Settings>,
    state: RwLock<State>,
    throttle: Throttle,
    /// For work that falls due later, which must not keep a stopped sandbox alive.
    me: Weak<Self>,
}

impl Tentoeight {
    /// With the two organizations every sandbox has.
    pub(crate) fn new(house: Arc<House>) -> Arc<Self> {
        let state = RwLock::new(State::new(house.dice("tentoeight"), 0));
        let (settings, throttle) = (Adjustable::default(), Throttle::default());
        Arc::new_cyclic(|me| Self { house, settings, state, throttle, me: Weak::clone(me) })
    }

    fn uris(&self, settings: &Settings) -> uris::Writer {
        uris::Writer::new(settings, self.house.url_of("tentoeight"))
    }
}

impl Vendor for Tentoeight {
    fn id(&self) -> &'static str {
        "tentoeight"
    }

    fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(door::serve).with_state(self)
    }

    fn reset(&self) {
        let mut state = self.state.write();
        *state = State::new(self.house.dice("tentoeight"), state.era + 1);
        self.throttle.clear();
        self.settings.reset();
    }

    fn seed(&self, cast: &Cast) -> Value {
        // Made before the lock is taken: a million take a while.
        let made = seeding::customers(cast, self.house.now());
        let added: usize = made.iter().map(Vec::len).sum();
        let mut state = self.state.write();
        for (organization, customers) in state.organizations.iter_mut().zip(made) {
            organization.customers.extend(customers);
        }
        json!({ "customers": added })
    }

    fn edit(&self, edit: &Value) -> Result<Value, EditError> {
        self.do_edit(edit)
    }

    fn credentials(&self) -> Value {
        let state = self.state.read();
        let organizations = state
            .organizations
            .iter()
            .map(|one| json!({ "name": one.name, "api_key": one.keys.first(), "api_keys": one.keys }));
        json!({ "organizations": organizations.collect::<Vec<_>>() })
    }

    fn tables(&self) -> Vec<Table> {
        pages::tables(&self.state.read())
    }

    fn page(&self, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
        pages::page(&self.state.read(), table, after, limit)
    }

    fn refuse(&self, refusal: &Refusal, _request: &Parts) -> Response {
        match refusal {
            Refusal::RateLimited { retry_after } => {
                answers::throttled(retry_after.unwrap_or(SOME_SECONDS), &self.settings.get().limits)
            }
            Refusal::ServerError { status } => {
                answers::broken(StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            }
            // Keys do not expire; what is no longer valid was withdrawn.
            Refusal::ExpiredToken | Refusal::RevokedToken => answers::unauthorized("Invalid token."),
        }
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
