//! Changes of the schema, by the API or by a user, as webhooks see them.

use super::build::{self, NewField, NewTable};
use crate::airtable::Airtable;
use crate::airtable::commit::Act;
use crate::airtable::model::base::{Base, World};
use crate::airtable::model::field::Kind;
use crate::airtable::settings::Settings;
use crate::airtable::webhooks::transaction::{self, Transaction};
use crate::house::Dice;
use crate::house::clock::iso;
use serde_json::{Map, Value, json};

/// A new name and description; none: as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::airtable) struct Naming {
    pub(in crate::airtable) name: Option<String>,
    pub(in crate::airtable) description: Option<String>,
}

fn field_info(base: &Base, table: usize, field: u16) -> (String, Value) {
    let field = &base.tables[table].fields[usize::from(field)];
    (field.id.clone(), json!({ "name": field.name, "type": field.kind.name() }))
}

impl Naming {
    /// Applies it; returns what it changed, before and after.
    fn apply(self, name: &mut String, description: &mut Option<String>) -> (Value, Value) {
        let (mut before, mut after) = (Map::new(), Map::new());
        if let Some(new) = self.name.filter(|new| new != name) {
            before.insert("name".to_owned(), json!(name));
            after.insert("name".to_owned(), json!(new));
            *name = new;
        }
        if let Some(new) = self.description.filter(|new| Some(new) != description.as_ref()) {
            before.insert("description".to_owned(), json!(description));
            after.insert("description".to_owned(), json!(new));
            *description = Some(new);
        }
        (Value::Object(before), Value::Object(after))
    }
}

impl Airtable {
    fn schema_transaction(&self, world: &World, act: &Act) -> Transaction {
        Transaction::new(iso(self.house.now()), act.source(world))
    }

    /// Adds a table; returns its number.
    pub(in crate::airtable) fn add_table(
        &self,
        world: &mut World,
        act: &Act,
        new: NewTable,
        settings: &Settings,
        dice: &mut Dice,
    ) -> usize {
        let mut transaction = self.schema_transaction(world, act);
        let base = &mut world.bases[act.base];
        let (number, mirrors) = build::add_table(base, new, dice);
        let table = &base.tables[number];
        let fields = table.live_fields().map(|(slot, _)| field_info(base, number, slot)).collect();
        let metadata = json!({ "name": table.name, "description": table.description });
        let created = transaction::NewTable { metadata, fields, records: Default::default() };
        transaction.new_tables.insert(table.id.clone(), created);
        for (other, field) in mirrors {
            let changes = transaction.tables.entry(base.tables[other].id.clone()).or_default();
            changes.new_fields.extend([field_info(base, other, field)]);
        }
        self.publish(world, act.base, transaction, settings);
        number
    }

    /// Adds a field; returns its number.
    pub(in crate::airtable) fn add_field(
        &self,
        world: &mut World,
        act: &Act,
        table: usize,
        new: NewField,
        settings: &Settings,
        dice: &mut Dice,
    ) -> u16 {
        let mut transaction = self.schema_transaction(world, act);
        let base = &mut world.bases[act.base];
        let (slot, mirror) = build::add_field(base, table, new, dice);
        for (table, field) in [Some((table, slot)), mirror].into_iter().flatten() {
            let changes = transaction.tables.entry(base.tables[table].id.clone()).or_default();
            changes.new_fields.extend([field_info(base, table, field)]);
        }
        self.publish(world, act.base, transaction, settings);
        slot
    }

    /// Gives a table another name or description.
    pub(in crate::airtable) fn rename_table(
        &self,
        world: &mut World,
        act: &Act,
        table: usize,
        naming: Naming,
        settings: &Settings,
    ) {
        let mut transaction = self.schema_transaction(world, act);
        let table = &mut world.bases[act.base].tables[table];
        let (before, after) = naming.apply(&mut table.name, &mut table.description);
        if after != json!({}) {
            transaction.tables.entry(table.id.clone()).or_default().metadata = Some((before, after));
            self.publish(world, act.base, transaction, settings);
        }
    }

    /// Gives a field another name or description.
    pub(in crate::airtable) fn rename_field(
        &self,
        world: &mut World,
        act: &Act,
        (table, field): (usize, u16),
        naming: Naming,
        settings: &Settings,
    ) {
        let mut transaction = self.schema_transaction(world, act);
        let table = &mut world.bases[act.base].tables[table];
        let field = &mut table.fields[usize::from(field)];
        let (before, after) = naming.apply(&mut field.name, &mut field.description);
        if after != json!({}) {
            let changes = transaction.tables.entry(table.id.clone()).or_default();
            changes.changed_fields.insert(field.id.clone(), (before, after));
            self.publish(world, act.base, transaction, settings);
        }
    }

    /// Deletes a field, and the other side of a link.
    pub(in crate::airtable) fn delete_field(
        &self,
        world: &mut World,
        act: &Act,
        (table, field): (usize, u16),
        settings: &Settings,
    ) {
        let mut transaction = self.schema_transaction(world, act);
        let base = &mut world.bases[act.base];
        let inverse =
            base.tables[table].kind(field).link().and_then(|link| Some((link.table, link.inverse?)));
        for (table, field) in [Some((table, field)), inverse].into_iter().flatten() {
            let table = &mut base.tables[table];
            table.fields[usize::from(field)].gone = true;
            let changes = transaction.tables.entry(table.id.clone()).or_default();
            changes.lost_fields.push(table.fields[usize::from(field)].id.clone());
        }
        self.publish(world, act.base, transaction, settings);
    }

    /// Deletes a table, and the links to it.
    pub(in crate::airtable) fn delete_table(
        &self,
        world: &mut World,
        act: &Act,
        table: usize,
        settings: &Settings,
    ) {
        let mut transaction = self.schema_transaction(world, act);
        let base = &mut world.bases[act.base];
        base.tables[table].gone = true;
        transaction.lost_tables.push(base.tables[table].id.clone());
        for other in base.tables.iter_mut().filter(|other| !other.gone) {
            let links = other.fields.iter_mut().filter(|field| !field.gone);
            for field in links.filter(|field| matches!(&field.kind, Kind::Links(link) if link.table == table))
            {
                field.gone = true;
                transaction.tables.entry(other.id.clone()).or_default().lost_fields.push(field.id.clone());
            }
        }
        self.publish(world, act.base, transaction, settings);
    }
}
