//! The definitions of an account, by type, and which of them there are at a moment (HubSpot facts 4).

use super::Settings;
use super::definition::{Definition, Group};
use super::standard;
use crate::hubspot::state::CustomType;
use crate::hubspot::types::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Archived definitions are gone for good after 90 days.
pub(crate) const KEPT_ARCHIVED_MS: i64 = 90 * 24 * 3600 * 1000;

/// An account's definitions.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    /// What is only guessed, as it was set at the last write: so that a decision needs nothing but the account.
    pub(crate) rules: Arc<Settings>,
    tables: BTreeMap<TypeId, Table>,
}

/// The definitions of one type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) live: BTreeMap<String, Definition>,
    pub(crate) archived: BTreeMap<String, Definition>,
    pub(crate) groups: BTreeMap<String, Group>,
}

impl Properties {
    /// The standard definitions, and those of the account's own types.
    pub(crate) fn at_start(now: i64, custom: &[(TypeId, &CustomType)]) -> Self {
        let mut tables = standard::tables(now);
        for (id, kind) in custom {
            tables.insert(*id, standard::of_custom(now, kind));
        }
        Self { rules: Arc::default(), tables }
    }

    /// The definitions of a type.
    pub(crate) fn of(&self, object_type: TypeId) -> Option<&Table> {
        self.tables.get(&object_type)
    }

    /// The definitions of a type.
    pub(crate) fn of_mut(&mut self, object_type: TypeId) -> &mut Table {
        self.tables.entry(object_type).or_default()
    }

    /// A definition that is not archived.
    pub(crate) fn get(&self, object_type: TypeId, name: &str) -> Option<&Definition> {
        self.tables.get(&object_type)?.live.get(name)
    }

    /// All types with their definitions.
    pub(crate) fn all(&self) -> impl Iterator<Item = (TypeId, &Table)> {
        self.tables.iter().map(|(id, table)| (*id, table))
    }
}

impl Table {
    /// An archived definition that is not gone for good yet.
    pub(crate) fn archived(&self, name: &str, now: i64) -> Option<&Definition> {
        self.archived.get(name).filter(|definition| !is_purged(definition, now))
    }

    /// How many the account made itself.
    pub(crate) fn custom(&self) -> usize {
        self.live.values().filter(|definition| !definition.hubspot_defined).count()
    }

    /// How many of those are unique.
    pub(crate) fn unique(&self) -> usize {
        self.live.values().filter(|definition| definition.unique && !definition.hubspot_defined).count()
    }

    /// The calculated definitions that use this one.
    pub(crate) fn users_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Definition> {
        self.live.values().filter(move |definition| {
            let formula = definition.formula.as_deref().unwrap_or_default();
            formula.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
        })
    }
}

/// Whether an archived definition is gone for good.
pub(crate) fn is_purged(definition: &Definition, now: i64) -> bool {
    definition.archived_at.is_some_and(|at| now >= at + KEPT_ARCHIVED_MS)
}
