//! All SQL of Syncline and nothing but SQL: SQLite, PostgreSQL and MySQL/MariaDB behind one concrete door.
//!
//! Statements are written once, in the subset the three share: `?` placeholders, `BIGINT` milliseconds for time,
//! no `RETURNING`, no partial indexes, no upsert clause outside [`Tx::insert_many`]. The handful of real differences lives in
//! `dialect.rs`; how each database is driven lives in `sqlite/`, `postgres.rs` and `mysql.rs`.
//!
//! **Invariant:** nothing here waits for anything but the database, so a transaction is short whoever opens it.
//! **Invariant:** a finder takes the organization it looks in, or says [`Scope::All`] aloud.

mod dialect;
mod error;
mod migrate;
mod mysql;
mod postgres;
mod server;
mod sqlite;
mod store;
mod tx;
mod value;

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod backup;
pub mod connections;
pub mod counters;
pub mod embedded_log;
pub mod events;
pub mod hooks;
pub mod intake_log;
pub mod jobs;
pub mod leases;
pub mod notifications;
pub mod notify;
pub mod outside;
pub mod overview;
pub mod portal;
pub mod positions;
pub mod records;
pub mod runs;
pub mod stale;
pub mod syncs;
pub mod testing;

pub use dialect::Dialect;
pub use error::StoreError;
pub use migrate::{MIGRATIONS, Migration};
pub use store::{Options, Store};
pub use tx::{Bulk, Tx};
pub use value::{Kind, Row, Value};

/// What every call here answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Whose rows a finder may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every organization's: for operators only.
    All,
    /// One organization's.
    Organization(String),
}

impl Scope {
    /// Whether rows of `org_id` are inside.
    #[must_use]
    pub fn admits(&self, org_id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Organization(own) => own == org_id,
        }
    }
}
