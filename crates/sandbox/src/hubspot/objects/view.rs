//! A record as others look at it: values by property, the ones HubSpot keeps itself included.

use super::packed::NameId;
use super::record::Record;
use super::store::Records;
use crate::house::clock::iso;
use std::borrow::Cow;

/// Where a property's value is found, looked up once for many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// `hs_object_id`
    Id,
    /// `createdate`
    Created,
    /// `lastmodifieddate` of contacts, `hs_lastmodifieddate` of all others.
    Updated,
    /// `hs_object_source` and `hs_object_source_label`: by what the record was made.
    Source,
    /// `hs_object_source_id`
    SourceId,
    /// A value that was written.
    Held(NameId),
    /// No record has it.
    Nowhere,
}

/// A record with its id and its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// Its id.
    pub(crate) id: u64,
    /// The record.
    pub(crate) record: &'a Record,
    /// Its table.
    pub(crate) records: &'a Records,
}

/// A value of a property, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version<'a> {
    /// Empty when it was cleared.
    pub(super) value: Cow<'a, str>,
    /// Since when.
    pub(super) at: i64,
    /// By what: `INTEGRATION`, …
    pub(super) kind: &'a str,
    /// The app's id, `userId:42`, …
    pub(super) source_id: &'a str,
    /// By whom, where it was a person.
    pub(super) user: Option<u64>,
}

impl<'a> View<'a> {
    /// The value found there; none when it is empty.
    pub(crate) fn value(&self, column: Column) -> Option<Cow<'a, str>> {
        let made_by = || self.records.write(self.record.created_in?).map(|(_, source)| source);
        match column {
            Column::Id => Some(Cow::Owned(self.id.to_string())),
            Column::Created => Some(Cow::Owned(iso(self.record.created_at))),
            Column::Updated => Some(Cow::Owned(iso(self.record.updated_at))),
            Column::Source => made_by().map(|source| Cow::Borrowed(source.kind)),
            Column::SourceId => made_by().map(|source| Cow::Borrowed(&*source.id)),
            Column::Nowhere => None,
            Column::Held(name) => self.record.value(name).map(Cow::Borrowed),
        }
    }

    /// The value of the property with this name.
    pub(crate) fn named(&self, name: &str) -> Option<Cow<'a, str>> {
        self.value(self.records.column(name))
    }

    /// The value that was found there at a moment; none when it was empty.
    pub(crate) fn value_at(&self, column: Column, until: i64) -> Option<Cow<'a, str>> {
        let Column::Held(name) = column else { return self.value(column) };
        let mut found = "";
        for held in self.record.older().chain(self.record.values()).filter(|held| held.name == name) {
            if self.records.write(held.write).is_some_and(|(at, _)| at <= until) {
                found = held.value;
            }
        }
        (!found.is_empty()).then_some(Cow::Borrowed(found))
    }

    /// When a value was last written up to a moment.
    pub(crate) fn last_write_until(&self, until: i64) -> Option<i64> {
        let written = self.record.older().chain(self.record.values());
        written.filter_map(|held| Some(self.records.write(held.write)?.0)).filter(|at| *at <= until).max()
    }

    /// When the record came to be: a merged one is younger than its values.
    pub(crate) fn made_at(&self) -> i64 {
        let made = self.record.created_in.and_then(|write| self.records.write(write));
        made.map_or(self.record.created_at, |(at, _)| at)
    }

    /// Names of all properties with a value that was written.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        let texts = &self.records.names.texts;
        self.record
            .values()
            .filter(|held| !held.value.is_empty())
            .filter_map(|held| texts.get(usize::from(held.name.0)).map(|text| &**text))
    }

    /// Every value the property had, the newest first.
    pub(super) fn versions(&self, column: Column) -> Vec<Version<'a>> {
        let Column::Held(name) = column else { return self.only_version(column).into_iter().collect() };
        let mut versions: Vec<Version<'a>> = self
            .record
            .older()
            .chain(self.record.values())
            .filter(|held| held.name == name)
            .filter_map(|held| self.version(Cow::Borrowed(held.value), held.write))
            .collect();
        versions.reverse();
        versions
    }

    fn version(&self, value: Cow<'a, str>, write: u32) -> Option<Version<'a>> {
        let (at, source) = self.records.write(write)?;
        Some(Version { value, at, kind: source.kind, source_id: &source.id, user: source.user })
    }

    /// Of what HubSpot keeps itself, only what it is now.
    fn only_version(&self, column: Column) -> Option<Version<'a>> {
        let version = self.version(self.value(column)?, self.record.created_in?)?;
        let at = if column == Column::Updated { self.record.updated_at } else { version.at };
        Some(Version { at, ..version })
    }
}
