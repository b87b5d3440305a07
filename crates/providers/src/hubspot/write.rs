//! Writing to HubSpot, in batches in which each record succeeds or fails by itself (HubSpot facts 3.1 to 3.6).

mod answer;
mod find;
mod mirror;
mod refusal;
mod schema;
mod send;
mod values;

use super::HubSpot;
use super::kind::Kind;
use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::write::{Batches, Object, Sent, Write};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

impl Write for HubSpot {
    /// What is archived can be restored by people for 90 days (facts 3.6). Nothing objects to it.
    fn can(&self, object: &Object) -> Option<Can> {
        (!object.object_type.is_empty()).then_some(Can { undelete: true, objects: false })
    }

    fn batches(&self, _object: &Object) -> Batches {
        Batches { create: 100, update: 100, delete: 100, find: find::BATCH }
    }

    fn schema(&self, at: &At<'_>, object: &Object) -> Option<Call> {
        Some(schema::call(at, &Kind::of(&object.object_type)))
    }

    fn schema_back(&self, at: &At<'_>, object: &Object, reply: Option<&Reply<'_>>) -> Result<Schema, Fault> {
        let reply = reply.ok_or(Fault::Unreadable("no answer to the question for properties"))?;
        schema::read(at, &Kind::of(&object.object_type), reply)
    }

    fn fields(&self, _object: &Object, schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
        values::fields(schema, body, names)
    }

    fn send(&self, at: &At<'_>, object: &Object, schema: &Schema, sent: &Sent<'_>) -> Call {
        send::call(at, &Kind::of(&object.object_type), schema, sent)
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

    fn made(&self, object: &Object, reply: &Reply<'_>) -> Vec<Record> {
        mirror::made(&Kind::of(&object.object_type), reply)
    }

    fn written(&self, object: &Object, schema: &Schema, body: &str, fields: &Fields) -> Option<Record> {
        mirror::written(&Kind::of(&object.object_type), schema, body, fields)
    }

    fn find(
        &self,
        at: &At<'_>,
        object: &Object,
        schema: &Schema,
        field: &str,
        values: &[String],
    ) -> Option<Call> {
        Some(find::call(at, &Kind::of(&object.object_type), schema, field, values))
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

    /// Search shows a change late: 12 to 30 seconds are waited for elsewhere (facts 3.4), and this is twice that.
    fn settles(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn properties(&self, _object: &Object, names: &BTreeSet<String>) -> Vec<String> {
        names.iter().cloned().collect()
    }
}
