//! What one action changed in a base.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Cells in format V2 by field id. Empty ones are absent.
pub(in crate::airtable) type Cells = BTreeMap<String, Value>;

/// Who did it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct Source {
    /// `client`, `publicApi`, …
    pub(in crate::airtable) name: String,
    pub(in crate::airtable) metadata: Value,
}

impl Source {
    pub(in crate::airtable) fn json(&self) -> Value {
        if self.metadata.is_null() {
            return json!({ "source": self.name });
        }
        json!({ "source": self.name, "sourceMetadata": self.metadata })
    }
}

/// What changed in one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::airtable) struct Changes {
    /// New records: when they were created, and their cells.
    pub(in crate::airtable) created: BTreeMap<String, (String, Cells)>,
    /// Records before and after.
    pub(in crate::airtable) changed: BTreeMap<String, (Cells, Cells)>,
    pub(in crate::airtable) destroyed: Vec<String>,
    /// New fields: name and type.
    pub(in crate::airtable) new_fields: BTreeMap<String, Value>,
    /// What changed of a field's definition, before and after.
    pub(in crate::airtable) changed_fields: BTreeMap<String, (Value, Value)>,
    pub(in crate::airtable) lost_fields: Vec<String>,
    /// What changed of the table's name and description, before and after.
    pub(in crate::airtable) metadata: Option<(Value, Value)>,
}

/// A new table.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct NewTable {
    pub(in crate::airtable) metadata: Value,
    pub(in crate::airtable) fields: BTreeMap<String, Value>,
    pub(in crate::airtable) records: BTreeMap<String, (String, Cells)>,
}

/// What one action changed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::airtable) struct Transaction {
    pub(in crate::airtable) timestamp: String,
    pub(in crate::airtable) number: u64,
    pub(in crate::airtable) source: Source,
    pub(in crate::airtable) tables: BTreeMap<String, Changes>,
    pub(in crate::airtable) new_tables: BTreeMap<String, NewTable>,
    pub(in crate::airtable) lost_tables: Vec<String>,
}

impl Transaction {
    pub(in crate::airtable) fn new(timestamp: String, source: Source) -> Self {
        Self {
            timestamp,
            number: 0,
            source,
            tables: BTreeMap::new(),
            new_tables: BTreeMap::new(),
            lost_tables: Vec::new(),
        }
    }
}
