//! What a webhook's payloads carry of a transaction.

use super::spec::{Scope, Spec};
use super::transaction::{Cells, Changes, NewTable, Transaction};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One change of a record, as it is written.
struct Item {
    table: String,
    group: &'static str,
    record: String,
    json: Value,
}

/// The payloads a webhook gets for a transaction: none, one, or several where it is split.
pub(in crate::airtable) fn payloads(
    spec: &Spec,
    transaction: &Transaction,
    split: Option<usize>,
) -> Vec<Value> {
    if !concerns(spec, transaction) {
        return Vec::new();
    }
    let mut items = Vec::new();
    let mut schema = Map::new();
    for (table, changes) in &transaction.tables {
        if !in_scope(spec, table) {
            continue;
        }
        if spec.wants("tableData") {
            records(spec, table, changes, &mut items);
        }
        let definition = definitions(spec, changes);
        if !definition.is_empty() {
            schema.insert(table.clone(), Value::Object(definition));
        }
    }
    let whole = whole_tables(spec, transaction);
    if items.is_empty() && schema.is_empty() && whole.is_empty() {
        return Vec::new();
    }
    let per_payload = split.filter(|most| *most > 0).unwrap_or(usize::MAX);
    let mut first = Some((schema, whole));
    let mut payloads = Vec::new();
    let mut rest = items.into_iter().peekable();
    loop {
        let (schema, whole) = first.take().unwrap_or_default();
        let part: Vec<Item> = rest.by_ref().take(per_payload).collect();
        payloads.push(payload(spec, transaction, schema, whole, part));
        if rest.peek().is_none() {
            return payloads;
        }
    }
}

/// Whether the source is one the webhook listens to.
fn concerns(spec: &Spec, transaction: &Transaction) -> bool {
    let source = &transaction.source;
    let wanted = match source.name.as_str() {
        "formSubmission" => (&spec.form_view, "viewId"),
        "formPageSubmission" => (&spec.form_page, "pageId"),
        _ => (&None, ""),
    };
    Spec::lets(spec.from_sources.as_ref(), &source.name)
        && wanted.0.as_ref().is_none_or(|id| source.metadata[wanted.1] == json!(id))
}

fn in_scope(spec: &Spec, table: &str) -> bool {
    match &spec.scope {
        None => true,
        Some(Scope::Table(id) | Scope::View(_, id)) => id == table,
    }
}

fn records(spec: &Spec, table: &str, changes: &Changes, items: &mut Vec<Item>) {
    let mut item = |group, record: &str, json| {
        items.push(Item { table: table.to_owned(), group, record: record.to_owned(), json });
    };
    let watched = |field: &str| Spec::lets(spec.watch_data.as_ref(), field);
    let types = spec.change_types.as_ref();
    for (record, (time, cells)) in changes.created.iter().filter(|_| Spec::lets(types, "add")) {
        if spec.watch_data.is_none() || cells.keys().any(|field| watched(field)) {
            item("createdRecordsById", record, created(spec, time, cells));
        }
    }
    for (record, (before, after)) in changes.changed.iter().filter(|_| Spec::lets(types, "update")) {
        if let Some(json) = changed(spec, before, after) {
            item("changedRecordsById", record, json);
        }
    }
    for record in changes.destroyed.iter().filter(|_| Spec::lets(types, "remove")) {
        item("destroyedRecordIds", record, Value::Null);
    }
}

fn created(spec: &Spec, time: &str, cells: &Cells) -> Value {
    let shown: Cells = cells
        .iter()
        .filter(|(field, _)| Spec::lets(spec.watch_data.as_ref(), field) || spec.include_cells.has(field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect();
    json!({ "createdTime": time, "cellValuesByFieldId": shown })
}

/// What changed of a record, emptied cells as null; nothing when no watched cell did.
fn changed(spec: &Spec, before: &Cells, after: &Cells) -> Option<Value> {
    let watched = |field: &String| Spec::lets(spec.watch_data.as_ref(), field);
    let fields: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (differ, same): (Vec<&String>, Vec<&String>) =
        fields.into_iter().partition(|field| before.get(*field) != after.get(*field));
    let differ: Vec<&String> = differ.into_iter().filter(|field| watched(field)).collect();
    if differ.is_empty() {
        return None;
    }
    let pick = |cells: &Cells, fields: &[&String]| -> Value {
        let picked: Map<String, Value> = fields
            .iter()
            .map(|field| ((*field).clone(), cells.get(*field).cloned().unwrap_or(Value::Null)))
            .collect();
        json!({ "cellValuesByFieldId": picked })
    };
    let mut json = json!({ "current": pick(after, &differ) });
    if spec.previous_cells {
        json["previous"] = pick(before, &differ);
    }
    let included: Vec<&String> = same.into_iter().filter(|field| spec.include_cells.has(field)).collect();
    if !included.is_empty() {
        json["unchanged"] = pick(after, &included);
    }
    Some(json)
}

/// Fields and the table's own name and description.
fn definitions(spec: &Spec, changes: &Changes) -> Map<String, Value> {
    let mut json = Map::new();
    if spec.wants("tableFields") {
        let watched = |field: &&String| Spec::lets(spec.watch_schemas.as_ref(), field);
        let types = spec.change_types.as_ref();
        let new: BTreeMap<_, _> = changes
            .new_fields
            .iter()
            .filter(|(field, _)| watched(field) && Spec::lets(types, "add"))
            .collect();
        let changed: BTreeMap<_, _> = changes
            .changed_fields
            .iter()
            .filter(|(field, _)| watched(field) && Spec::lets(types, "update"))
            .map(|(field, (before, after))| {
                let previous = spec.previous_fields.then_some(before);
                (
                    field,
                    previous.map_or(
                        json!({ "current": after }),
                        |before| json!({ "current": after, "previous": before }),
                    ),
                )
            })
            .collect();
        let lost: Vec<_> = changes
            .lost_fields
            .iter()
            .filter(|field| watched(field) && Spec::lets(types, "remove"))
            .collect();
        insert(&mut json, "createdFieldsById", new.is_empty(), json!(new));
        insert(&mut json, "changedFieldsById", changed.is_empty(), json!(changed));
        insert(&mut json, "destroyedFieldIds", lost.is_empty(), json!(lost));
    }
    if let Some((before, after)) = changes.metadata.as_ref().filter(|_| spec.wants("tableMetadata")) {
        json.insert("changedMetadata".to_owned(), json!({ "current": after, "previous": before }));
    }
    json
}

fn insert(json: &mut Map<String, Value>, key: &str, empty: bool, value: Value) {
    if !empty {
        json.insert(key.to_owned(), value);
    }
}

/// Tables that are new or gone. A webhook limited to one table knows of its end only.
fn whole_tables(spec: &Spec, transaction: &Transaction) -> Map<String, Value> {
    let mut json = Map::new();
    let types = spec.change_types.as_ref();
    if spec.scope.is_none() && Spec::lets(types, "add") {
        let new: BTreeMap<_, _> =
            transaction.new_tables.iter().map(|(id, table)| (id, new_table(spec, table))).collect();
        insert(&mut json, "createdTablesById", new.is_empty(), json!(new));
    }
    let lost: Vec<_> = transaction
        .lost_tables
        .iter()
        .filter(|id| in_scope(spec, id) && Spec::lets(types, "remove"))
        .collect();
    insert(&mut json, "destroyedTableIds", lost.is_empty(), json!(lost));
    json
}

fn new_table(spec: &Spec, table: &NewTable) -> Value {
    let mut json = Map::new();
    insert(&mut json, "metadata", !spec.wants("tableMetadata"), table.metadata.clone());
    insert(&mut json, "fieldsById", !spec.wants("tableFields"), json!(table.fields));
    let records: BTreeMap<_, _> =
        table.records.iter().map(|(id, (time, cells))| (id, created(spec, time, cells))).collect();
    insert(&mut json, "recordsById", !spec.wants("tableData"), json!(records));
    Value::Object(json)
}

fn payload(
    spec: &Spec,
    transaction: &Transaction,
    mut tables: Map<String, Value>,
    whole: Map<String, Value>,
    items: Vec<Item>,
) -> Value {
    for item in items {
        let mut place = tables.entry(item.table).or_insert_with(|| json!({}));
        if let Some(Scope::View(view, _)) = &spec.scope {
            place = &mut place["changedViewsById"][view];
        }
        match item.json {
            Value::Null => match &mut place[item.group] {
                Value::Array(ids) => ids.push(json!(item.record)),
                empty => *empty = json!([item.record]),
            },
            change => place[item.group][&item.record] = change,
        }
    }
    let mut json = json!({
        "timestamp": transaction.timestamp, "baseTransactionNumber": transaction.number, "payloadFormat": "v0",
        "actionMetadata": transaction.source.json(),
    });
    if let Value::Object(json) = &mut json {
        insert(json, "changedTablesById", tables.is_empty(), Value::Object(tables.clone()));
        json.extend(whole);
    }
    json
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
