//! What the sandbox needs to know of a simulated vendor, whichever it is.

use crate::world::Cast;
use axum::Router;
use axum::response::Response;
use http::request::Parts;
use serde_json::Value;
use std::sync::Arc;

/// A simulated vendor. Its API is its own affair; this is what the control interface and the page ask of it.
pub(crate) trait Vendor: Send + Sync {
    /// `hubspot`: also the path prefix under which its hosts are simulated.
    fn id(&self) -> &'static str;

    /// Its hosts, as seen below the prefix.
    fn router(self: Arc<Self>) -> Router;

    /// Its corner of the control interface, below `/_sandbox/{id}`: what people do at that vendor with a mouse and no API.
    fn control(self: Arc<Self>) -> Router {
        Router::new()
    }

    /// Back to the accounts and apps of the start, with no records, tokens or subscriptions.
    fn reset(&self);

    /// Adds the people, companies and deals of `cast` that this vendor's customers know; says how many of what.
    fn seed(&self, cast: &Cast) -> Value;

    /// Does what a user of the vendor would do in its own pages. Webhooks follow as they would there.
    ///
    /// # Errors
    /// When the edit makes no sense; then nothing has changed.
    fn edit(&self, edit: &Value) -> Result<Value, EditError>;

    /// What a client needs to call this vendor: addresses, apps, accounts, tokens.
    fn credentials(&self) -> Value;

    /// The tables of records the page offers.
    fn tables(&self) -> Vec<Table>;

    /// One page of a table for people to look at. None when there is no such table.
    fn page(&self, table: &str, after: Option<&str>, limit: usize) -> Option<Page>;

    /// This vendor's way of saying no, for a fault on demand.
    fn refuse(&self, refusal: &Refusal, request: &Parts) -> Response;

    /// Its settings as JSON.
    fn settings(&self) -> Value;

    /// Whether its settings would accept `patch`.
    ///
    /// # Errors
    /// The reason why not.
    fn check_settings(&self, patch: &Value) -> Result<(), String>;

    /// Changes what `patch` names.
    ///
    /// # Errors
    /// The reason why not; then nothing has changed.
    fn change_settings(&self, patch: &Value) -> Result<(), String>;

    /// What is set now becomes what a reset goes back to.
    fn keep_settings(&self);
}

/// What a vendor is told to refuse with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many requests; seconds to wait, where the fault says so.
    RateLimited {
        /// For vendors that tell it.
        retry_after: Option<u64>,
    },
    /// A server error with this status, in the vendor's own shape.
    ServerError {
        /// 500 to 599.
        status: u16,
    },
    /// The access token's time is over.
    ExpiredToken,
    /// The access token was withdrawn.
    RevokedToken,
}

/// Why an edit was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// There is no such account, table or record.
    #[error("{0}")]
    NotFound(String),
    /// The edit cannot be understood, or the vendor would not let a user do it.
    #[error("{0}")]
    Invalid(String),
}

/// A table of records, for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// In the page's address.
    pub(crate) key: String,
    /// For people.
    pub(crate) title: String,
    /// How many rows it has.
    pub(crate) rows: usize,
}

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Page {
    /// The columns' names.
    pub(crate) columns: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The record's id at the vendor.
    pub(crate) id: String,
    /// One text per column.
    pub(crate) cells: Vec<String>,
    /// Archived, deleted, in the trash.
    pub(crate) gone: bool,
}
