//! Records in memory, a million of them in well under a gigabyte: a record is one block of values, names are numbers, and
//! who wrote when is told once per write, not once per value.

use super::super::change::Source;
use super::super::types::TypeId;
use super::ids::Ids;
use super::index::Index;
use super::lock::Locks;
use super::packed::Held;
pub(crate) use super::packed::NameId;
pub(crate) use super::record::Record;
pub(crate) use super::view::{Column, View};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All records of an account.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    seed: u64,
    portal: u64,
    tables: BTreeMap<TypeId, Records>,
    /// Records that were written to too often.
    pub(super) locks: Locks,
}

/// The records of one type.
#[derive(Debug)]
pub(crate) struct Records {
    /// Whose they are.
    pub(crate) object_type: TypeId,
    pub(super) names: Names,
    writes: Writes,
    records: BTreeMap<u64, Record>,
    archived: BTreeSet<u64>,
    /// Ids that were merged away, and into what.
    merged: BTreeMap<u64, u64>,
    /// Addresses that may never be used again (HubSpot facts 3.6).
    pub(super) blocked: BTreeSet<String>,
    indexes: Vec<Index>,
    ids: Ids,
}

/// Properties' names by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_text: HashMap<Box<str>, NameId>,
    pub(super) texts: Vec<Box<str>>,
}

/// Every write: when and by whom. Few write, so each of them is kept once.
#[derive(Debug, Default)]
struct Writes {
    log: Vec<(i64, u32)>,
    sources: Vec<Source>,
}

impl Objects {
    /// None yet; ids come from the seed.
    pub(crate) fn new(seed: u64, portal: u64) -> Self {
        Self { seed, portal, ..Self::default() }
    }

    /// The records of a type, if there ever was one.
    pub(crate) fn of(&self, object_type: TypeId) -> Option<&Records> {
        self.tables.get(&object_type)
    }

    /// The records of a type.
    pub(crate) fn of_mut(&mut self, object_type: TypeId) -> &mut Records {
        let (seed, portal) = (self.seed, self.portal);
        self.tables.entry(object_type).or_insert_with(|| Records::new(seed, portal, object_type))
    }

    /// A record that is there and not archived.
    pub(crate) fn live(&self, object_type: TypeId, id: u64) -> Option<View<'_>> {
        self.of(object_type)?.get(id).filter(|view| view.record.archived_at.is_none())
    }

    /// The types there are records of.
    pub(crate) fn types(&self) -> impl Iterator<Item = TypeId> {
        self.tables.iter().filter(|(_, records)| records.len() > 0).map(|(object_type, _)| *object_type)
    }
}

impl Records {
    fn new(seed: u64, portal: u64, object_type: TypeId) -> Self {
        let mut names = Names::default();
        let indexes = if object_type == TypeId::CONTACT {
            vec![Index::of_emails(names.id("email"), names.id("hs_additional_emails"))]
        } else {
            Vec::new()
        };
        Self {
            object_type,
            names,
            writes: Writes::default(),
            records: BTreeMap::new(),
            archived: BTreeSet::new(),
            merged: BTreeMap::new(),
            blocked: BTreeSet::new(),
            indexes,
            ids: Ids::new(seed, portal, object_type),
        }
    }

    /// A record, archived or not.
    pub(crate) fn get(&self, id: u64) -> Option<View<'_>> {
        self.records.get(&id).map(|record| View { id, record, records: self })
    }

    /// Records by ascending id, from `from` on, archived ones included.
    pub(crate) fn from(&self, from: u64) -> impl DoubleEndedIterator<Item = View<'_>> {
        self.records.range(from..).map(|(id, record)| View { id: *id, record, records: self })
    }

    /// Records by descending id, below `before`, archived ones included.
    pub(crate) fn below(&self, before: u64) -> impl Iterator<Item = View<'_>> {
        self.records.range(..before).rev().map(|(id, record)| View { id: *id, record, records: self })
    }

    /// All that are not archived, by ascending id.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = View<'_>> {
        self.from(0).filter(|view| view.record.archived_at.is_none())
    }

    /// All that are archived, by ascending id, from `from` on.
    pub(crate) fn archived(&self, from: u64) -> impl Iterator<Item = View<'_>> {
        self.archived.range(from..).filter_map(|id| self.get(*id))
    }

    /// How many there are, archived ones included.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Where to find the values of this property.
    pub(crate) fn column(&self, name: &str) -> Column {
        match name {
            "hs_object_id" => Column::Id,
            "createdate" => Column::Created,
            "hs_object_source" | "hs_object_source_label" => Column::Source,
            "hs_object_source_id" => Column::SourceId,
            _ if name == modified_name(self.object_type) => Column::Updated,
            _ => self.names.by_text.get(name).map_or(Column::Nowhere, |id| Column::Held(*id)),
        }
    }

    /// The next id.
    pub(crate) fn take_id(&mut self) -> u64 {
        self.ids.take()
    }

    /// Adds a record, or puts another in its place.
    pub(crate) fn insert(&mut self, id: u64, record: Record) {
        self.remove(id);
        if record.archived_at.is_some() {
            self.archived.insert(id);
        } else {
            for index in &mut self.indexes {
                let keys = index.keys(&record);
                index.add(id, keys);
            }
        }
        self.records.insert(id, record);
    }

    /// Takes a record away for good.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Record> {
        let record = self.records.remove(&id)?;
        self.archived.remove(&id);
        for index in &mut self.indexes {
            let keys = index.keys(&record);
            index.forget(id, &keys);
        }
        Some(record)
    }

    /// Moves a record into the archive (`at`: since when), or back out of it. What it had alone is free while it is there.
    pub(super) fn set_archived(&mut self, id: u64, at: Option<i64>) {
        if let Some(mut record) = self.remove(id) {
            record.archived_at = at;
            self.insert(id, record);
        }
    }

    /// A record, to be changed. Its values and its being archived are changed through the table instead.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Record> {
        self.records.get_mut(&id)
    }

    /// The number of a write, the last one's if it is the same.
    pub(crate) fn note_write(&mut self, at: i64, source: &Source) -> u32 {
        self.writes.note(at, source)
    }

    /// When a write was, and by whom.
    pub(super) fn write(&self, number: u32) -> Option<(i64, &Source)> {
        let (at, source) = self.writes.log.get(usize::try_from(number).ok()?)?;
        Some((*at, self.writes.sources.get(usize::try_from(*source).ok()?)?))
    }

    /// Writes a value; empty clears it. Tells whether it changed. The record must be there.
    pub(crate) fn set(&mut self, id: u64, name: &str, value: &str, write: u32) -> bool {
        let name = self.names.id(name);
        let Some(record) = self.records.get_mut(&id) else { return false };
        let Some(index) = self.indexes.iter_mut().find(|index| index.concerns(name)) else {
            return record.set(name, value, write);
        };
        let before = index.keys(record);
        let changed = record.set(name, value, write);
        if changed && record.archived_at.is_none() {
            index.forget(id, &before);
            let now = index.keys(record);
            index.add(id, now);
        }
        changed
    }

    /// Makes a record of values that were checked already: each name once.
    pub(super) fn insert_new(&mut self, at: i64, write: u32, values: &[(&str, &str)]) -> u64 {
        let id = self.take_id();
        let held: Vec<Held<'_>> = values
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Held { name: self.names.id(name), write, value })
            .collect();
        self.insert(id, Record::made(at, write).with(held));
        id
    }

    /// From now on `name` is indexed: it is a unique property.
    pub(super) fn index(&mut self, name: &str) {
        let name = self.names.id(name);
        if self.indexes.iter().any(|index| index.name == name) {
            return;
        }
        let mut index = Index::of(name);
        for (id, record) in self.records.iter().filter(|(_, record)| record.archived_at.is_none()) {
            let keys = index.keys(record);
            index.add(*id, keys);
        }
        self.indexes.push(index);
    }

    /// Who, not archived, has this value of a unique property; of addresses, additional ones count.
    pub(crate) fn owner(&self, name: &str, value: &str) -> Option<u64> {
        let name = *self.names.by_text.get(name)?;
        match self.indexes.iter().find(|index| index.concerns(name)) {
            Some(index) => index.owner(value),
            None => self.live().find(|view| view.record.value(name) == Some(value)).map(|view| view.id),
        }
    }

    /// The id a record goes by today: another one after a merge.
    pub(crate) fn current(&self, mut id: u64) -> u64 {
        while let Some(into) = self.merged.get(&id) {
            id = *into;
        }
        id
    }

    /// From now on `id` means `into`.
    pub(super) fn note_merged(&mut self, id: u64, into: u64) {
        self.merged.insert(id, into);
    }
}

impl Names {
    pub(super) fn id(&mut self, text: &str) -> NameId {
        if let Some(id) = self.by_text.get(text) {
            return *id;
        }
        let id = NameId(u16::try_from(self.texts.len()).unwrap_or(u16::MAX));
        self.texts.push(text.into());
        self.by_text.insert(text.into(), id);
        id
    }
}

impl Writes {
    fn note(&mut self, at: i64, source: &Source) -> u32 {
        let known = self.sources.iter().rposition(|known| known == source).unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len() - 1
        });
        let entry = (at, u32::try_from(known).unwrap_or(u32::MAX));
        if self.log.last() != Some(&entry) {
            self.log.push(entry);
        }
        u32::try_from(self.log.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Contacts say `lastmodifieddate`, every other type `hs_lastmodifieddate` (HubSpot facts 3.2).
pub(crate) fn modified_name(object_type: TypeId) -> &'static str {
    if object_type == TypeId::CONTACT { "lastmodifieddate" } else { "hs_lastmodifieddate" }
}
