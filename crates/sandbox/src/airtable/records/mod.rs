//! Records: list, get, create, update, upsert, delete, comments and files (Airtable facts 5).

mod body;
mod calls;
mod comments;
mod files;
pub(super) mod iterators;
mod list;
mod query;
mod upsert;
