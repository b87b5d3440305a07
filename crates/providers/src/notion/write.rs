//! Writing the pages of a data source, one a call (Notion facts 3, 6, 7 and 9).

mod answer;
mod find;
mod property;
mod schema;
mod send;

use super::Notion;
use super::record::{DATA_SOURCE, PAGE};
use super::{call, record};
use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::write::{Batches, Object, Sent, Write};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

impl Write for Notion {
    /// Pages that are in no data source have no fields but a title. What is in the trash can be restored (facts 7).
    fn can(&self, object: &Object) -> Option<Can> {
        let is_row =
            object.object_type == PAGE && !object.collection.is_empty() && record::is_id(&object.collection);
        is_row.then_some(Can { undelete: true, objects: false })
    }

    fn batches(&self, _object: &Object) -> Batches {
        Batches { create: 1, update: 1, delete: 1, find: find::BATCH }
    }

    fn schema(&self, at: &At<'_>, object: &Object) -> Option<Call> {
        Some(call::object(at, DATA_SOURCE, &object.collection))
    }

    fn schema_back(&self, at: &At<'_>, _object: &Object, reply: Option<&Reply<'_>>) -> Result<Schema, Fault> {
        schema::read(at, reply.ok_or(Fault::Unreadable("no answer to the question for the data source"))?)
    }

    fn fields(&self, _object: &Object, _schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
        property::fields(body, names)
    }

    fn send(&self, at: &At<'_>, object: &Object, schema: &Schema, sent: &Sent<'_>) -> Call {
        send::call(at, &object.collection, schema, sent)
    }

    fn answer(
        &self,
        at: &At<'_>,
        _object: &Object,
        _schema: &Schema,
        sent: &Sent<'_>,
        reply: &Reply<'_>,
    ) -> Result<Vec<Outcome>, Fault> {
        answer::outcome(at, sent, reply).map(|outcome| vec![outcome])
    }

    fn find(
        &self,
        at: &At<'_>,
        object: &Object,
        schema: &Schema,
        field: &str,
        values: &[String],
    ) -> Option<Call> {
        find::call(at, &object.collection, schema, field, values)
    }

    fn found(
        &self,
        at: &At<'_>,
        _object: &Object,
        _schema: &Schema,
        field: &str,
        values: &[String],
        reply: &Reply<'_>,
    ) -> Result<Vec<(String, String)>, Fault> {
        find::found(at, field, values, reply)
    }

    /// How late a query shows a change is not told; of search it is known to be late (facts 6).
    fn settles(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn properties(&self, _object: &Object, _names: &BTreeSet<String>) -> Vec<String> {
        Vec::new()
    }
}
