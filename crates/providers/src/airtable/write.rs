//! Writing Airtable's rows, ten a call (Airtable facts 5 and 6).

mod answer;
mod find;
mod refusal;
mod schema;
mod send;
mod values;

use super::Airtable;
use super::call;
use super::record::{ROW, Table};
use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::write::{Batches, Object, Sent, Write};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

impl Write for Airtable {
    /// Bases and tables are not written. Of a way back for a deleted row nothing is known.
    fn can(&self, object: &Object) -> Option<Can> {
        let Table { base, id, .. } = Table::at(&object.collection);
        let is_row = object.object_type == ROW && !base.id.is_empty() && !id.is_empty();
        is_row.then_some(Can { undelete: false, objects: false })
    }

    fn batches(&self, _object: &Object) -> Batches {
        Batches { create: 10, update: 10, delete: 10, find: find::BATCH }
    }

    fn schema(&self, at: &At<'_>, object: &Object) -> Option<Call> {
        Some(call::tables(at, &Table::at(&object.collection).base.id))
    }

    fn schema_back(&self, at: &At<'_>, object: &Object, reply: Option<&Reply<'_>>) -> Result<Schema, Fault> {
        let reply = reply.ok_or(Fault::Unreadable("no answer to the question for tables"))?;
        schema::read(at, &Table::at(&object.collection), reply)
    }

    fn fields(&self, _object: &Object, schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
        values::fields(schema, body, names)
    }

    fn send(&self, at: &At<'_>, object: &Object, schema: &Schema, sent: &Sent<'_>) -> Call {
        send::call(at, &Table::at(&object.collection), schema, sent)
    }

    fn answer(
        &self,
        at: &At<'_>,
        _object: &Object,
        schema: &Schema,
        sent: &Sent<'_>,
        reply: &Reply<'_>,
    ) -> Result<Vec<Outcome>, Fault> {
        answer::Asked { at, schema, sent }.outcomes(reply)
    }

    fn find(
        &self,
        at: &At<'_>,
        object: &Object,
        _schema: &Schema,
        field: &str,
        values: &[String],
    ) -> Option<Call> {
        Some(find::call(at, &Table::at(&object.collection), field, values))
    }

    fn found(
        &self,
        at: &At<'_>,
        _object: &Object,
        schema: &Schema,
        field: &str,
        values: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<(String, String)>, Fault> {
        find::found(at, schema, field, values, reply)
    }

    /// Lists are of the rows themselves; nothing is told of an index that would lag behind.
    fn settles(&self) -> Duration {
        Duration::ZERO
    }

    fn properties(&self, _object: &Object, _names: &BTreeSet<String>) -> Vec<String> {
        Vec::new()
    }
}
