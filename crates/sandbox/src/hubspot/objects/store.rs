//! Records in memory, a million of them in well under 2 GB: a value is its text and six bytes, names are numbers, and who
//! wrote when is told once per write, not once per value.

use super::super::change::Source;
use super::super::types::TypeId;
use crate::house::clock::iso;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// All records of an account.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    tables: BTreeMap<TypeId, Records>,
}

/// The records of one type.
#[derive(Debug)]
pub(crate) struct Records {
    /// Whose they are.
    pub(crate) object_type: TypeId,
    names: Names,
    writes: Vec<Write>,
    records: BTreeMap<u64, Record>,
    next_id: u64,
}

/// A property's name, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameId(u16);

#[derive(Debug, Default)]
struct Names {
    by_text: HashMap<Box<str>, NameId>,
    texts: Vec<Box<str>>,
}

/// One write: when, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    /// Simulated milliseconds since 1970.
    pub(crate) at: i64,
    /// By whom.
    pub(crate) source: Source,
}

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) archived_at: Option<i64>,
    values: Vec<Held>,
    /// Values that were replaced, oldest first.
    older: Option<Box<Vec<Held>>>,
}

#[derive(Debug, Clone)]
struct Held {
    name: NameId,
    write: u32,
    /// Empty when it was cleared.
    value: Box<str>,
}

/// Where a property's value is found, looked up once for many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// `hs_object_id`
    Id,
    /// `createdate`
    Created,
    /// `lastmodifieddate` of contacts, `hs_lastmodifieddate` of all others.
    Updated,
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

impl Objects {
    /// The records of a type, if there ever was one.
    pub(crate) fn of(&self, object_type: TypeId) -> Option<&Records> {
        self.tables.get(&object_type)
    }

    /// The records of a type.
    pub(crate) fn of_mut(&mut self, object_type: TypeId) -> &mut Records {
        self.tables.entry(object_type).or_insert_with(|| Records {
            object_type,
            names: Names::default(),
            writes: Vec::new(),
            records: BTreeMap::new(),
            next_id: 101,
        })
    }
}

impl Records {
    /// A record, archived or not.
    pub(crate) fn get(&self, id: u64) -> Option<View<'_>> {
        self.records.get(&id).map(|record| View { id, record, records: self })
    }

    /// Records by ascending id, from `from` on, archived ones included.
    pub(crate) fn from(&self, from: u64) -> impl DoubleEndedIterator<Item = View<'_>> {
        self.records.range(from..).map(|(id, record)| View { id: *id, record, records: self })
    }

    /// All that are not archived, by ascending id.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = View<'_>> {
        self.from(0).filter(|view| view.record.archived_at.is_none())
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
            _ if name == modified_name(self.object_type) => Column::Updated,
            _ => self.names.by_text.get(name).map_or(Column::Nowhere, |id| Column::Held(*id)),
        }
    }

    /// The next id.
    pub(crate) fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Adds a record.
    pub(crate) fn insert(&mut self, id: u64, record: Record) {
        self.records.insert(id, record);
    }

    /// Takes a record away for good.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Record> {
        self.records.remove(&id)
    }

    /// A record, to be changed.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Record> {
        self.records.get_mut(&id)
    }

    /// The number of a write, the last one's if it is the same.
    pub(crate) fn note_write(&mut self, at: i64, source: &Source) -> u32 {
        if self.writes.last().is_none_or(|last| last.at != at || last.source != *source) {
            self.writes.push(Write { at, source: source.clone() });
        }
        u32::try_from(self.writes.len() - 1).unwrap_or(u32::MAX)
    }

    /// Writes a value; empty clears it. Tells whether it changed. The record must be there.
    pub(crate) fn set(&mut self, id: u64, name: &str, value: &str, write: u32) -> bool {
        let name = self.names.id(name);
        self.records.get_mut(&id).is_some_and(|record| record.set(name, value, write))
    }
}

impl Names {
    fn id(&mut self, text: &str) -> NameId {
        if let Some(id) = self.by_text.get(text) {
            return *id;
        }
        let id = NameId(u16::try_from(self.texts.len()).unwrap_or(u16::MAX));
        self.texts.push(text.into());
        self.by_text.insert(text.into(), id);
        id
    }
}

impl Record {
    /// Without values yet.
    pub(crate) fn new(at: i64) -> Self {
        Self { created_at: at, updated_at: at, archived_at: None, values: Vec::new(), older: None }
    }

    fn set(&mut self, name: NameId, value: &str, write: u32) -> bool {
        match self.values.iter_mut().find(|held| held.name == name) {
            Some(held) if &*held.value == value => false,
            Some(held) => {
                let replaced = std::mem::replace(held, Held { name, write, value: value.into() });
                self.older.get_or_insert_default().push(replaced);
                true
            }
            None if value.is_empty() => false,
            None => {
                self.values.push(Held { name, write, value: value.into() });
                true
            }
        }
    }
}

impl<'a> View<'a> {
    /// The value found there; none when it is empty.
    pub(crate) fn value(&self, column: Column) -> Option<Cow<'a, str>> {
        match column {
            Column::Id => Some(Cow::Owned(self.id.to_string())),
            Column::Created => Some(Cow::Owned(iso(self.record.created_at))),
            Column::Updated => Some(Cow::Owned(iso(self.record.updated_at))),
            Column::Nowhere => None,
            Column::Held(name) => {
                let held = self.record.values.iter().find(|held| held.name == name)?;
                (!held.value.is_empty()).then_some(Cow::Borrowed(&*held.value))
            }
        }
    }

    /// The value of the property with this name.
    pub(crate) fn named(&self, name: &str) -> Option<Cow<'a, str>> {
        self.value(self.records.column(name))
    }

    /// Names of all properties with a value that was written.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        let texts = &self.records.names.texts;
        self.record
            .values
            .iter()
            .filter(|held| !held.value.is_empty())
            .map(|held| &*texts[usize::from(held.name.0)])
    }
}

/// Contacts say `lastmodifieddate`, every other type `hs_lastmodifieddate` (HubSpot facts 3.2).
pub(crate) fn modified_name(object_type: TypeId) -> &'static str {
    if object_type == TypeId::CONTACT { "lastmodifieddate" } else { "hs_lastmodifieddate" }
}
