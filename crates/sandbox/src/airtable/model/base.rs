//! Bases, and everything there is.

use super::field::Kind;
use super::table::Table;
use crate::airtable::accounts::{Level, User};
use crate::airtable::webhooks::hook::Hook;
use bytes::Bytes;
use std::collections::HashMap;

/// A base.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Base {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) tables: Vec<Table>,
    /// What each user may do, by the user's number.
    pub(in crate::airtable) levels: Vec<Level>,
    pub(in crate::airtable) hooks: Vec<Hook>,
    /// Counts what was done in the base.
    pub(in crate::airtable) transaction: u64,
}

impl Base {
    pub(in crate::airtable) fn new(id: String, name: String, levels: Vec<Level>) -> Self {
        Self { id, name, tables: Vec::new(), levels, hooks: Vec::new(), transaction: 0 }
    }

    /// The tables that are there, with their numbers.
    pub(in crate::airtable) fn live_tables(&self) -> impl Iterator<Item = (usize, &Table)> {
        self.tables.iter().enumerate().filter(|(_, table)| !table.gone)
    }

    /// The number of the table of this id or name.
    pub(in crate::airtable) fn table(&self, id_or_name: &str) -> Option<usize> {
        let by_id = self.live_tables().find(|(_, table)| table.id == id_or_name).map(|(number, _)| number);
        by_id.or_else(|| self.table_named(id_or_name))
    }

    pub(in crate::airtable) fn table_named(&self, name: &str) -> Option<usize> {
        self.live_tables().find(|(_, table)| table.name == name).map(|(number, _)| number)
    }

    /// Whether a field is there, and what it is computed from is there too.
    pub(in crate::airtable) fn is_valid(&self, table: usize, field: u16) -> bool {
        let there = |table: usize, field: u16| !self.tables[table].fields[usize::from(field)].gone;
        let kind = self.tables[table].kind(field);
        there(table, field)
            && match kind {
                Kind::Formula { expr, .. } => expr.fields().into_iter().all(|field| there(table, field)),
                Kind::Count { link } => there(table, *link),
                Kind::Rollup { link, field, .. } | Kind::Lookup { link, field } => {
                    let linked = self.tables[table].kind(*link).link().map_or(table, |link| link.table);
                    there(table, *link) && there(linked, *field)
                }
                _ => true,
            }
    }

    pub(in crate::airtable) fn level(&self, user: usize) -> Level {
        self.levels.get(user).copied().unwrap_or(Level::None)
    }
}

/// Everything there is.
#[derive(Debug)]
pub(in crate::airtable) struct World {
    pub(in crate::airtable) users: Vec<User>,
    pub(in crate::airtable) workspace: String,
    pub(in crate::airtable) bases: Vec<Base>,
    /// Uploaded files, by the attachment's id.
    pub(in crate::airtable) files: HashMap<String, Bytes>,
}

impl World {
    /// The number of a base.
    pub(in crate::airtable) fn base(&self, id: &str) -> Option<usize> {
        self.bases.iter().position(|base| base.id == id)
    }

    /// The number of the user with this id or email.
    pub(in crate::airtable) fn user(&self, id_or_email: &str) -> Option<usize> {
        self.users.iter().position(|user| user.id == id_or_email || user.email == id_or_email)
    }
}
