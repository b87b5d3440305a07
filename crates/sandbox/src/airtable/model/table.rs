//! Tables and their rows.

use super::cell::Cell;
use super::field::Field;
use crate::airtable::ids::RecordId;
use std::collections::{BTreeMap, HashMap};

/// A record. Only cells that are not empty take room.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Row {
    pub(in crate::airtable) id: RecordId,
    pub(in crate::airtable) created: i64,
    pub(in crate::airtable) modified: i64,
    pub(in crate::airtable) created_by: u32,
    pub(in crate::airtable) modified_by: u32,
    /// Cells by the number of their field, in this order.
    cells: Vec<(u16, Cell)>,
}

impl Row {
    pub(in crate::airtable) fn new(id: RecordId, now: i64, by: u32, mut cells: Vec<(u16, Cell)>) -> Self {
        cells.sort_unstable_by_key(|(field, _)| *field);
        Self { id, created: now, modified: now, created_by: by, modified_by: by, cells }
    }

    pub(in crate::airtable) fn cell(&self, field: u16) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&field, |(field, _)| *field).ok()?;
        Some(&self.cells[at].1)
    }

    /// Puts a value into a cell, or empties it; returns what was there.
    pub(in crate::airtable) fn set(&mut self, field: u16, cell: Option<Cell>) -> Option<Cell> {
        match (self.cells.binary_search_by_key(&field, |(field, _)| *field), cell) {
            (Ok(at), Some(cell)) => Some(std::mem::replace(&mut self.cells[at].1, cell)),
            (Ok(at), None) => Some(self.cells.remove(at).1),
            (Err(at), Some(cell)) => {
                self.cells.insert(at, (field, cell));
                None
            }
            (Err(_), None) => None,
        }
    }

    /// The rows this one links to through `field`.
    pub(in crate::airtable) fn links(&self, field: u16) -> &[u32] {
        match self.cell(field) {
            Some(Cell::Links(links)) => links,
            _ => &[],
        }
    }
}

/// A view. Here every view shows every record and every field, in the order of creation.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct View {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) kind: &'static str,
}

/// A comment on a record.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Comment {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) text: String,
    pub(in crate::airtable) author: usize,
    pub(in crate::airtable) created: i64,
    pub(in crate::airtable) updated: Option<i64>,
    pub(in crate::airtable) parent: Option<String>,
}

/// A table. Its number in the base never changes; a deleted one stays, marked.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Table {
    pub(in crate::airtable) id: String,
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) description: Option<String>,
    /// The first is the primary one.
    pub(in crate::airtable) fields: Vec<Field>,
    pub(in crate::airtable) views: Vec<View>,
    pub(in crate::airtable) gone: bool,
    /// By number; a deleted one leaves a hole, and its number is never used again.
    rows: Vec<Option<Row>>,
    /// The numbers of those that are there. Ids are random, so their order is any order.
    ids: BTreeMap<RecordId, u32>,
    /// Oldest first, by the row's number.
    pub(in crate::airtable) comments: HashMap<u32, Vec<Comment>>,
}

impl Table {
    pub(in crate::airtable) fn new(id: String, name: String, description: Option<String>) -> Self {
        Self {
            id,
            name,
            description,
            fields: Vec::new(),
            views: Vec::new(),
            gone: false,
            rows: Vec::new(),
            ids: BTreeMap::new(),
            comments: HashMap::new(),
        }
    }

    /// The fields that are there, with their numbers.
    pub(in crate::airtable) fn live_fields(&self) -> impl Iterator<Item = (u16, &Field)> {
        (0u16..).zip(&self.fields).filter(|(_, field)| !field.gone)
    }

    /// The number of the field of this name or id.
    pub(in crate::airtable) fn field(&self, name_or_id: &str) -> Option<u16> {
        let by_id = self.live_fields().find(|(_, field)| field.id == name_or_id).map(|(slot, _)| slot);
        by_id.or_else(|| self.field_named(name_or_id))
    }

    pub(in crate::airtable) fn field_named(&self, name: &str) -> Option<u16> {
        self.live_fields().find(|(_, field)| field.name == name).map(|(slot, _)| slot)
    }

    pub(in crate::airtable) fn kind(&self, field: u16) -> &super::field::Kind {
        &self.fields[usize::from(field)].kind
    }

    pub(in crate::airtable) fn view(&self, name_or_id: &str) -> Option<&View> {
        self.views.iter().find(|view| view.id == name_or_id || view.name == name_or_id)
    }

    /// How many records there are.
    pub(in crate::airtable) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number the next record will have.
    pub(in crate::airtable) fn next_number(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    pub(in crate::airtable) fn number(&self, id: RecordId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    pub(in crate::airtable) fn row(&self, number: u32) -> Option<&Row> {
        self.rows.get(number as usize)?.as_ref()
    }

    pub(in crate::airtable) fn row_mut(&mut self, number: u32) -> Option<&mut Row> {
        self.rows.get_mut(number as usize)?.as_mut()
    }

    pub(in crate::airtable) fn push(&mut self, row: Row) -> u32 {
        let number = self.next_number();
        self.ids.insert(row.id, number);
        self.rows.push(Some(row));
        number
    }

    pub(in crate::airtable) fn remove(&mut self, number: u32) -> Option<Row> {
        let row = self.rows.get_mut(number as usize)?.take()?;
        self.ids.remove(&row.id);
        self.comments.remove(&number);
        Some(row)
    }

    /// The rows from this number on, oldest first.
    pub(in crate::airtable) fn rows_from(&self, number: u32) -> impl Iterator<Item = (u32, &Row)> {
        let rows = self.rows.get(number as usize..).unwrap_or_default();
        (number..).zip(rows).filter_map(|(number, row)| Some((number, row.as_ref()?)))
    }

    /// The rows from this id on, in the order of ids.
    pub(in crate::airtable) fn rows_by_id(&self, id: Option<RecordId>) -> impl Iterator<Item = (u32, &Row)> {
        let from = id.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        let ids = self.ids.range((from, std::ops::Bound::Unbounded));
        ids.filter_map(|(_, number)| Some((*number, self.row(*number)?)))
    }
}
