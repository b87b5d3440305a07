//! What the portal's pages show, and how: each page is a plain struct that renders to HTML.
//!
//! Pure: no sockets, no SQL, no clock. A route fills a struct with what it found and renders it; everything that is
//! only presentation (addresses of filtered pages, chips, day breaks, colours, previews) is worked out here. Every
//! text is escaped by askama, and control characters are made visible by [`text`], because property values are
//! whatever somebody typed into a CRM.

pub mod access;
pub mod audit;
pub mod budgets;
pub mod connections;
pub mod counters;
pub mod demo;
pub mod endpoints;
pub mod event;
pub mod event_filters;
pub mod events;
pub mod failure;
mod field;
mod filters;
pub mod jobs;
pub mod json;
pub mod keys;
pub mod narrow;
pub mod operate;
pub mod overview;
pub mod records;
mod room;
pub mod runs;
pub mod setup;
mod shell;
pub mod stats;
pub mod syncs;
pub mod text;
mod turn;

pub use access::{LoginPage, LoginProblem, SetupPage};
pub use audit::{AuditPage, AuditRow};
pub use budgets::BudgetRow;
pub use connections::{
    ConnectForm, ConnectLinkPage, ConnectPage, ConnectionPage, ConnectionRow, ConnectionsPage, HookRow,
    LanePosition, RecordCount, WayGroup,
};
pub use event::{EventDetail, EventPage, EventRow, EventRowFragment};
pub use event_filters::EventFilters;
pub use events::EventsPage;
pub use failure::ErrorPage;
pub use jobs::{JobCounts, JobKind, JobRow, JobState, JobsPage};
pub use keys::{KeyForm, KeyRow, KeysPage, NewKey};
pub use narrow::{Filter, Input, Narrow};
pub use records::{RecordPage, RecordRow, RecordsPage};
pub use room::{MOST, draw};
pub use runs::{LaneView, RunPage, RunRow, RunsPage};
pub use setup::{AccountSetupPage, SetupStep};
pub use shell::{Assets, Choice, Notice, Section, Shell, Tone};
pub use stats::{Stats, StatsFragment};
pub use turn::Turn;
