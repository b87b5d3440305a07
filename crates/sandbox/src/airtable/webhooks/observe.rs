//! What a write changed, found by comparing the rows it touches before and after: computed cells and the other side of
//! links included.

use super::transaction::{Cells, Source, Transaction};
use crate::airtable::model::compute::At;
use crate::airtable::model::read::Reader;
use crate::house::clock::iso;
use std::collections::{BTreeMap, BTreeSet};

/// Rows by table and number.
pub(in crate::airtable) type Touched = BTreeSet<(usize, u32)>;

/// A row as it was at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct Seen {
    record: String,
    created: String,
    cells: Cells,
}

/// The rows among these that are there.
pub(in crate::airtable) fn look(
    reader: &Reader<'_>,
    touched: &Touched,
    computed: bool,
) -> BTreeMap<(usize, u32), Seen> {
    let mut seen = BTreeMap::new();
    for &(table, number) in touched {
        let Some(row) = reader.base.tables[table].row(number) else { continue };
        let at = At { table, number, row };
        let fields = reader.base.tables[table].live_fields();
        let cells = fields
            .filter(|(_, field)| computed || !field.kind.is_computed())
            .filter_map(|(slot, field)| Some((field.id.clone(), reader.cell_v2(at, slot)?)))
            .collect();
        seen.insert((table, number), Seen { record: row.id.to_string(), created: iso(row.created), cells });
    }
    seen
}

/// What is different.
pub(in crate::airtable) fn compare(
    tables: &[String],
    mut before: BTreeMap<(usize, u32), Seen>,
    after: BTreeMap<(usize, u32), Seen>,
    timestamp: String,
    source: Source,
) -> Transaction {
    let mut transaction = Transaction::new(timestamp, source);
    for (place, now) in after {
        let changes = transaction.tables.entry(tables[place.0].clone()).or_default();
        match before.remove(&place) {
            None => {
                changes.created.insert(now.record, (now.created, now.cells));
            }
            Some(then) if then.cells != now.cells => {
                changes.changed.insert(now.record, (then.cells, now.cells));
            }
            Some(_) => {}
        }
    }
    for (place, then) in before {
        transaction.tables.entry(tables[place.0].clone()).or_default().destroyed.push(then.record);
    }
    transaction
}
