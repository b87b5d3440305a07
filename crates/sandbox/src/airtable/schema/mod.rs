//! Bases, tables and fields over the API (Airtable facts 4).

pub(super) mod build;
mod calls;
pub(super) mod changes;
