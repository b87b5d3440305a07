//! What a request will change, worked out before anything is: a request is applied or refused as a whole.

use super::base::{Base, World};
use super::cell::Cell;
use super::field::{Choice, Kind};
use super::table::Row;
use crate::airtable::ids::{self, RecordId};
use crate::house::Dice;
use bytes::Bytes;
use std::collections::BTreeSet;

/// A record to write.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) enum Write {
    Create(Vec<(u16, Cell)>),
    /// The row's number, and its new cells.
    Update(u32, Vec<(u16, Option<Cell>)>),
    Delete(u32),
}

/// A file Airtable has to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Fetch {
    pub(in crate::airtable) attachment: String,
    pub(in crate::airtable) url: String,
    /// Which of the plan's writes it belongs to.
    pub(in crate::airtable) write: usize,
    pub(in crate::airtable) field: u16,
}

/// Everything a request changes in records of one table, and what follows from it.
#[derive(Debug, Default)]
pub(in crate::airtable) struct Plan {
    pub(in crate::airtable) table: usize,
    /// Choices `typecast` adds: table, field, name.
    pub(in crate::airtable) choices: Vec<(usize, u16, String)>,
    /// Records `typecast` adds to linked tables: table, primary cell.
    pub(in crate::airtable) linked: Vec<(usize, Cell)>,
    pub(in crate::airtable) writes: Vec<Write>,
    pub(in crate::airtable) fetches: Vec<Fetch>,
    /// Files that are there already: id and bytes.
    pub(in crate::airtable) uploads: Vec<(String, Bytes)>,
}

impl Plan {
    pub(in crate::airtable) fn new(table: usize) -> Self {
        Self { table, ..Self::default() }
    }

    /// The number a record added to a linked table will have, when it is the next one added.
    pub(in crate::airtable) fn next_linked(&self, base: &Base, table: usize) -> u32 {
        let before = self.linked.iter().filter(|(other, _)| *other == table).count();
        base.tables[table].next_number() + u32::try_from(before).unwrap_or(0)
    }

    /// The rows whose cells may change: those written, and those they are or will be linked to.
    pub(in crate::airtable) fn touched(&self, base: &Base) -> BTreeSet<(usize, u32)> {
        let table = &base.tables[self.table];
        let mut touched = BTreeSet::new();
        let mut link = |field: u16, numbers: &[u32]| {
            if let Kind::Links(link) = table.kind(field) {
                touched.extend(numbers.iter().map(|number| (link.table, *number)));
            }
        };
        for write in &self.writes {
            match write {
                Write::Create(cells) => {
                    each_link(cells.iter().map(|(field, cell)| (*field, Some(cell))), &mut link)
                }
                Write::Update(number, cells) => {
                    each_link(cells.iter().map(|(field, cell)| (*field, cell.as_ref())), &mut link);
                    neighbours(base, self.table, *number, &mut link);
                }
                Write::Delete(number) => neighbours(base, self.table, *number, &mut link),
            }
        }
        for write in &self.writes {
            if let Write::Update(number, _) | Write::Delete(number) = write {
                touched.insert((self.table, *number));
            }
        }
        touched
    }
}

fn each_link<'a>(cells: impl Iterator<Item = (u16, Option<&'a Cell>)>, link: &mut impl FnMut(u16, &[u32])) {
    for (field, cell) in cells {
        if let Some(Cell::Links(numbers)) = cell {
            link(field, numbers);
        }
    }
}

fn neighbours(base: &Base, table: usize, number: u32, link: &mut impl FnMut(u16, &[u32])) {
    let Some(row) = base.tables[table].row(number) else { return };
    for (field, _) in base.tables[table].live_fields() {
        link(field, row.links(field));
    }
}

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub(in crate::airtable) struct Author {
    pub(in crate::airtable) user: usize,
    pub(in crate::airtable) now: i64,
}

/// What came of a plan.
#[derive(Debug, Default)]
pub(in crate::airtable) struct Applied {
    /// The rows added to linked tables: table, number.
    pub(in crate::airtable) linked: Vec<(usize, u32)>,
    /// The number of the row each write was about, in order.
    pub(in crate::airtable) written: Vec<u32>,
}

/// Carries a plan out.
pub(in crate::airtable) fn apply(
    world: &mut World,
    base: usize,
    plan: Plan,
    author: Author,
    dice: &mut Dice,
) -> Applied {
    world.files.extend(plan.uploads);
    let base = &mut world.bases[base];
    for (table, field, name) in plan.choices {
        add_choice(base, table, field, name, dice);
    }
    let by = u32::try_from(author.user).unwrap_or(0);
    let mut applied = Applied::default();
    for (table, cell) in plan.linked {
        let row = Row::new(RecordId::throw(dice), author.now, by, vec![(0, cell)]);
        applied.linked.push((table, base.tables[table].push(row)));
    }
    for write in plan.writes {
        applied.written.push(carry_out(base, plan.table, write, author, dice));
    }
    applied
}

fn carry_out(base: &mut Base, table: usize, write: Write, author: Author, dice: &mut Dice) -> u32 {
    match write {
        Write::Create(cells) => {
            let by = u32::try_from(author.user).unwrap_or(0);
            let row = Row::new(RecordId::throw(dice), author.now, by, Vec::new());
            let number = base.tables[table].push(row);
            for (field, cell) in cells {
                set(base, table, number, field, Some(cell), author);
            }
            number
        }
        Write::Update(number, cells) => {
            for (field, cell) in cells {
                set(base, table, number, field, cell, author);
            }
            number
        }
        Write::Delete(number) => {
            let fields = base.tables[table].live_fields();
            let links: Vec<u16> =
                fields.filter(|(_, field)| field.kind.link().is_some()).map(|(field, _)| field).collect();
            for field in links {
                set(base, table, number, field, None, author);
            }
            base.tables[table].remove(number);
            number
        }
    }
}

/// The colours Airtable gives to new choices, in turn.
const COLORS: [&str; 10] = [
    "blueLight2",
    "cyanLight2",
    "tealLight2",
    "greenLight2",
    "yellowLight2",
    "orangeLight2",
    "redLight2",
    "pinkLight2",
    "purpleLight2",
    "grayLight2",
];

/// A new choice, with the next colour.
pub(in crate::airtable) fn choice(name: String, position: usize, dice: &mut Dice) -> Choice {
    Choice { id: ids::throw(dice, "sel"), name, color: Some(COLORS[position % COLORS.len()].to_owned()) }
}

fn add_choice(base: &mut Base, table: usize, field: u16, name: String, dice: &mut Dice) {
    if let Some(choices) = base.tables[table].fields[usize::from(field)].kind.choices_mut() {
        let new = choice(name, choices.len(), dice);
        choices.push(new);
    }
}

/// Sets a cell, and keeps the other side of a link in step.
fn set(base: &mut Base, table: usize, number: u32, field: u16, cell: Option<Cell>, author: Author) {
    let link = base.tables[table].kind(field).link().cloned();
    let after: Vec<u32> = match &cell {
        Some(Cell::Links(links)) => links.to_vec(),
        _ => Vec::new(),
    };
    let Some(before) = put(base, table, number, field, cell, author) else { return };
    let Some((link, inverse)) = link.and_then(|link| link.inverse.map(|inverse| (link, inverse))) else {
        return;
    };
    let before: &[u32] = match &before {
        Some(Cell::Links(links)) => links,
        _ => &[],
    };
    for other in before.iter().filter(|other| !after.contains(other)) {
        mirror(base, link.table, *other, inverse, number, false, author);
    }
    for other in after.iter().filter(|other| !before.contains(other)) {
        mirror(base, link.table, *other, inverse, number, true, author);
    }
}

/// Writes a cell; returns what it held, or nothing when there is no such row.
fn put(
    base: &mut Base,
    table: usize,
    number: u32,
    field: u16,
    cell: Option<Cell>,
    author: Author,
) -> Option<Option<Cell>> {
    let row = base.tables[table].row_mut(number)?;
    if row.cell(field) != cell.as_ref() {
        row.modified = author.now;
        row.modified_by = u32::try_from(author.user).unwrap_or(0);
    }
    Some(row.set(field, cell))
}

/// Adds a row to a cell of links, or takes it out.
fn mirror(base: &mut Base, table: usize, number: u32, field: u16, other: u32, add: bool, author: Author) {
    let Some(row) = base.tables[table].row(number) else { return };
    let mut links = row.links(field).to_vec();
    if add {
        if links.contains(&other) {
            return;
        }
        links.push(other);
    } else {
        links.retain(|known| *known != other);
    }
    let cell = (!links.is_empty()).then(|| Cell::Links(links.into_boxed_slice()));
    put(base, table, number, field, cell, author);
}
