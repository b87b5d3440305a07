//! HubSpot, simulated. One room per part of the API; records, definitions and associations live in [`state`], and what
//! changes there is told to [`webhooks`] and [`journal`] under the same lock, so that both tell it in the same order.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod associations;
pub(crate) mod change;
pub(crate) mod error;
pub(crate) mod journal;
pub(crate) mod objects;
pub(crate) mod properties;
pub(crate) mod search;
mod settings;
pub(crate) mod state;
pub(crate) mod types;
pub(crate) mod webhooks;
pub(crate) mod workflows;

use crate::house::{Adjustable, EditError, House, Page, Refusal, Table, Vendor};
use crate::world::Cast;
use axum::Router;
use axum::response::Response;
use change::Change;
use error::ApiError;
use http::request::Parts;
use parking_lot::RwLock;
use serde_json::Value;
use settings::Settings;
use state::{Portal, State};
use std::sync::{Arc, Weak};

/// HubSpot.
pub(crate) struct Hubspot {
    me: Weak<Self>,
    /// What all vendors share.
    pub(crate) house: Arc<House>,
    /// What is only guessed.
    pub(crate) settings: Adjustable<Settings>,
    /// Apps, accounts, records, definitions.
    pub(crate) state: RwLock<State>,
    /// Installs, codes, tokens, limits.
    pub(crate) access: access::Access,
    /// Webhook settings, subscriptions and deliveries.
    pub(crate) webhooks: webhooks::Webhooks,
    /// The webhooks journal.
    pub(crate) journal: journal::Journal,
    /// Workflows with a webhook trigger.
    pub(crate) workflows: workflows::Workflows,
}

impl Hubspot {
    /// With the apps and accounts every sandbox has.
    pub(crate) fn new(house: Arc<House>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            settings: Adjustable::default(),
            state: RwLock::new(state::at_start(&house)),
            access: access::Access::new(&house),
            webhooks: webhooks::Webhooks::new(&house),
            journal: journal::Journal::new(&house),
            workflows: workflows::Workflows::new(&house),
            house,
        })
    }

    /// Itself, for work that outlives a request. None only while it is being torn down.
    pub(crate) fn me(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }

    /// Looks at an account.
    ///
    /// # Errors
    /// What `look` refuses with, or 404 when there is no such account.
    pub(crate) fn read<T>(
        &self,
        portal: u64,
        look: impl FnOnce(&Portal) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let state = self.state.read();
        look(state.portals.get(&portal).ok_or_else(ApiError::resource_not_found)?)
    }

    /// Changes an account, and tells the webhooks and the journal what changed.
    ///
    /// # Errors
    /// What `act` refuses with; it must not have changed anything then.
    pub(crate) fn write<T>(
        &self,
        portal: u64,
        act: impl FnOnce(&mut Portal) -> Result<(T, Vec<Change>), ApiError>,
    ) -> Result<T, ApiError> {
        let settings = self.settings.get();
        let (values, links) =
            (Arc::new(settings.properties.clone()), Arc::new(settings.associations.clone()));
        let mut state = self.state.write();
        let account = state.portals.get_mut(&portal).ok_or_else(ApiError::resource_not_found)?;
        (account.properties.rules, account.associations.rules) = (values, links);
        let (done, changes) = act(account)?;
        if !changes.is_empty() {
            webhooks::publish(self, &state, portal, &changes);
            journal::publish(self, &state, portal, &changes);
        }
        Ok(done)
    }
}

impl Vendor for Hubspot {
    fn id(&self) -> &'static str {
        "hubspot"
    }

    fn router(self: Arc<Self>) -> Router {
        // What needs an account's token, and counts against its limits.
        let of_accounts = Router::new()
            .merge(objects::router())
            .merge(search::router())
            .merge(properties::router())
            .merge(associations::router())
            .merge(account::router())
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&self), access::enter));
        Router::new()
            .merge(of_accounts)
            .merge(access::router())
            .merge(webhooks::router())
            .merge(journal::router())
            .merge(workflows::router())
            .fallback(error::unknown_path)
            .method_not_allowed_fallback(error::unknown_method)
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&self), access::correlate))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new()
            .merge(access::control())
            .merge(webhooks::control())
            .merge(workflows::control())
            .with_state(self)
    }

    fn reset(&self) {
        self.settings.reset();
        *self.state.write() = state::at_start(&self.house);
        self.access.reset(&self.house);
        self.webhooks.reset(&self.house);
        self.journal.reset(&self.house);
        self.workflows.reset(&self.house);
    }

    fn seed(&self, cast: &Cast) -> Value {
        objects::seed(self, cast)
    }

    fn edit(&self, edit: &Value) -> Result<Value, EditError> {
        // What concerns the app and its tokens is done there; everything else is about records.
        match access::edit(self, edit) {
            Some(done) => done,
            None => objects::edit(self, edit),
        }
    }

    fn credentials(&self) -> Value {
        access::credentials(self)
    }

    fn tables(&self) -> Vec<Table> {
        objects::tables(self)
    }

    fn page(&self, table: &str, after: Option<&str>, limit: usize) -> Option<Page> {
        objects::page(self, table, after, limit)
    }

    fn refuse(&self, refusal: &Refusal, request: &Parts) -> Response {
        access::refuse(self, refusal, request)
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
