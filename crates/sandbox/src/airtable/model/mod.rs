//! What Airtable keeps: bases, tables, fields, records, cells.

pub(super) mod base;
pub(super) mod cell;
pub(super) mod compute;
pub(super) mod field;
pub(super) mod options;
pub(super) mod plan;
pub(super) mod read;
pub(super) mod strings;
pub(super) mod table;
pub(super) mod write;
pub(super) mod zone;
