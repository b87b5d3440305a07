//! From bases, tables and rows to records (Airtable facts 4 to 6).

use crate::load::Lane;
use crate::objects::{self, list, name, text};
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncline_core::record::{Item, Record};

/// The types of objects.
pub(super) const BASE: &str = "base";
pub(super) const TABLE: &str = "table";
pub(super) const ROW: &str = "row";

/// A base, as its lane of tables knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub id: String,
    pub name: String,
}

/// A table, as its lane of rows knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub base: Base,
    pub id: String,
    pub name: String,
    /// The name of the field that people know a row by.
    #[serde(default)]
    pub primary: Option<String>,
    /// The name of a field that holds when any field of a row was last changed.
    #[serde(default)]
    pub modified: Option<String>,
}

impl Table {
    /// Where its rows are. Both ids: a row cannot be asked for with one of them (Airtable facts 5).
    pub fn place(&self) -> String {
        rows_of(&self.base.id, &self.id)
    }

    /// The table where a row is, as far as the place alone says it.
    pub fn at(collection: &str) -> Self {
        let (base, table) = collection.split_once('/').unwrap_or((collection, ""));
        let base = Base { id: base.to_owned(), name: String::new() };
        Self { base, id: table.to_owned(), name: String::new(), primary: None, modified: None }
    }
}

/// The collection of a table's rows.
pub fn rows_of(base: &str, table: &str) -> String {
    format!("{base}/{table}")
}

/// A base as a record, and the lane of its tables; none where the connection sees only that the base exists.
pub fn base(base: &Value) -> Result<(Record, Option<Lane>), Fault> {
    let id = id(base, "a base without an id")?;
    let name = name(text(base, "name").unwrap_or_default());
    let item = Item {
        name: name.clone(),
        directory: true,
        url: Some(format!("https://airtable.com/{id}")),
        visibility: Some(true),
        ..Item::default()
    };
    let record = record(BASE, String::new(), &id, item, base.to_string());
    if base["permissionLevel"] == "none" {
        return Ok((record, None));
    }
    let lane = Lane {
        key: format!("tables/{id}"),
        object_type: TABLE.to_owned(),
        collection: id.clone(),
        title: name.clone(),
        complete: true,
        detail: objects::saved(&Base { id, name }),
    };
    Ok((record, Some(lane)))
}

/// A table as a record, and the lane of its rows.
pub fn table(base: &Base, table: &Value) -> Result<(Record, Lane), Fault> {
    let id = id(table, "a table without an id")?;
    let name = name(text(table, "name").unwrap_or_default());
    let item = Item {
        name: name.clone(),
        directory: true,
        parent_id: Some(base.id.clone()),
        parent_path_or_name: Some(base.name.clone()).filter(|name| !name.is_empty()),
        url: Some(format!("https://airtable.com/{}/{id}", base.id)),
        visibility: Some(true),
        ..Item::default()
    };
    let record = record(TABLE, base.id.clone(), &id, item, table.to_string());
    let fields = table["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let known = Table {
        base: base.clone(),
        primary: fields.iter().find(|field| field["id"] == table["primaryFieldId"]).and_then(field_name),
        modified: fields.iter().find(|field| watches_everything(field)).and_then(field_name),
        id,
        name,
    };
    let lane = Lane {
        key: format!("rows/{}", known.id),
        object_type: ROW.to_owned(),
        collection: known.place(),
        title: format!("{} / {}", base.name, known.name),
        complete: true,
        detail: objects::saved(&known),
    };
    Ok((record, lane))
}

fn field_name(field: &Value) -> Option<String> {
    text(field, "name").map(str::to_owned)
}

/// Whether it is a time of change for all fields: one that names fields watches only those, and so says nothing about the row.
fn watches_everything(field: &Value) -> bool {
    field["type"] == "lastModifiedTime"
        && field["options"]["isValid"] != false
        && field["options"]["referencedFieldIds"].as_array().is_none_or(Vec::is_empty)
}

/// A row as a record. What only the table's definition tells (name, way there, time of change) is missing where that is not
/// at hand.
pub fn row(table: &Table, row: &Value) -> Result<Record, Fault> {
    let id = id(row, "a row without an id")?;
    let fields = &row["fields"];
    let cell = |name: &Option<String>| name.as_ref().map(|name| &fields[name]);
    let way = [table.base.name.as_str(), table.name.as_str()].join(" / ");
    let item = Item {
        name: cell(&table.primary).map(|cell| name(&plain(cell))).unwrap_or_default(),
        parent_id: Some(table.id.clone()),
        parent_path_or_name: (!table.name.is_empty()).then_some(way),
        created_at: objects::time(row, "createdTime"),
        url: Some(format!("https://airtable.com/{}/{}/{id}", table.base.id, table.id)),
        visibility: Some(true),
        ..Item::default()
    };
    let modified_at = table.modified.as_ref().and_then(|name| objects::time(fields, name));
    let record = record(ROW, table.place(), &id, item, lasting(row.clone()).to_string());
    Ok(Record { modified_at, ..record })
}

fn record(object_type: &str, collection: String, id: &str, item: Item, body: String) -> Record {
    Record {
        object_type: object_type.to_owned(),
        collection,
        id: id.to_owned(),
        modified_at: None,
        archived: false,
        merged_ids: Vec::new(),
        item,
        body,
    }
}

/// The id, as it may stand in a path, a formula and a column. To skip what has none would be to take it for gone.
fn id(object: &Value, missing: &'static str) -> Result<String, Fault> {
    text(object, "id").filter(|id| is_id(id)).map(str::to_owned).ok_or(Fault::Unreadable(missing))
}

/// Whether it could be one of Airtable's ids: letters and digits (Airtable facts 1). The number of them is not insisted on.
pub fn is_id(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A cell as people read it: selects, people and links by their names, lists with commas.
fn plain(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(cells) => cells.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(_) => {
            let keys = ["name", "text", "label", "value", "filename", "email"];
            keys.into_iter().find_map(|key| text(cell, key)).unwrap_or_default().to_owned()
        }
        Value::Null => String::new(),
    }
}

/// The row without the addresses of its attachments, which are others at every reading and end after two hours (Airtable
/// facts 6): they would make every reading a change.
fn lasting(mut row: Value) -> Value {
    if let Value::Object(fields) = &mut row["fields"] {
        fields.values_mut().for_each(without_addresses);
    }
    row
}

fn without_addresses(cell: &mut Value) {
    match cell {
        Value::Array(cells) => cells.iter_mut().for_each(without_addresses),
        Value::Object(attachment)
            if attachment.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with("att"))
                && attachment.contains_key("filename") =>
        {
            attachment.remove("url");
            attachment.remove("thumbnails");
        }
        _ => {}
    }
}

/// The table among those of a base's answer.
pub fn table_in(base: &Base, body: &Value, id: &str) -> Result<Option<Record>, Fault> {
    let found = list(body, "tables")?.iter().find(|table| table["id"] == id);
    found.map(|found| table(base, found).map(|(record, _)| record)).transpose()
}
