//! Syncs: two accounts that are kept in step, what is linked between them, what a person has to decide, and what was done.

mod around;
mod conflict;
mod ends;
mod form;
mod history;
mod link;
mod list;
mod mapping;
mod plan;
mod run;
mod sync;
mod values;

pub use around::{SideEvent, SyncDid};
pub use conflict::{Candidate, ConflictCard, ConflictPage, ConflictsPage};
pub use ends::{End, RecordRef, names};
pub use form::{ChooseConnections, ConnectionGroup, SettingsPage, SyncForm, Terms, TermsPage, fits};
pub use history::{HistoryPage, HistoryView, WORDS};
pub use link::{LinkCard, LinkPage, LinksPage, RuleView, Standing, SyncedWith};
pub use list::{LinkCounts, SyncRow, SyncsPage};
pub use mapping::{Arrow, FieldName, MappingRow, MistakeView, mapping, terms};
pub use plan::PlanRow;
pub use run::{SyncRunPage, SyncRunRow, SyncRunsPage, Tally};
pub use sync::SyncPage;
pub use values::{Cell, Change, HeldView, cells};
