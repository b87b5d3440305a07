//! Writing 10to8's customers, one a call (10to8 facts 3 to 5).

mod answer;
mod fields;
mod mirror;
mod send;

use super::TenToEight;
use super::load::CUSTOMER;
use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::write::{Batches, Object, Sent, Write};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::record::Record;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

impl Write for TenToEight {
    /// A deletion is objected to while there are bookings to come; of a way back nothing is known (facts 5).
    fn can(&self, object: &Object) -> Option<Can> {
        (object.object_type == CUSTOMER).then_some(Can { undelete: false, objects: true })
    }

    fn batches(&self, _object: &Object) -> Batches {
        Batches { create: 1, update: 1, delete: 1, find: 0 }
    }

    /// No call is known that says what fields there are.
    fn schema(&self, _at: &At<'_>, _object: &Object) -> Option<Call> {
        None
    }

    fn schema_back(
        &self,
        _at: &At<'_>,
        object: &Object,
        _reply: Option<&Reply<'_>>,
    ) -> Result<Schema, Fault> {
        if object.object_type == CUSTOMER { Ok(fields::schema()) } else { Err(Fault::Gone) }
    }

    fn fields(&self, _object: &Object, _schema: &Schema, body: &str, names: &BTreeSet<String>) -> Fields {
        fields::read(body, names)
    }

    fn send(&self, at: &At<'_>, _object: &Object, _schema: &Schema, sent: &Sent<'_>) -> Call {
        send::call(at, sent)
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

    fn made(&self, _object: &Object, reply: &Reply<'_>) -> Vec<Record> {
        mirror::made(reply).into_iter().collect()
    }

    fn written(&self, _object: &Object, _schema: &Schema, body: &str, fields: &Fields) -> Option<Record> {
        mirror::written(body, fields)
    }

    /// Customers can only be walked through: the list has no filter that is known.
    fn find(
        &self,
        _at: &At<'_>,
        _object: &Object,
        _schema: &Schema,
        _field: &str,
        _values: &[String],
    ) -> Option<Call> {
        None
    }

    fn found(
        &self,
        _at: &At<'_>,
        _object: &Object,
        _schema: &Schema,
        _field: &str,
        _values: &[String],
        _reply: &Reply<'_>,
    ) -> Result<Vec<(String, String)>, Fault> {
        Err(Fault::Unreadable("10to8 was never asked to find anything"))
    }

    fn settles(&self) -> Duration {
        Duration::ZERO
    }

    fn properties(&self, _object: &Object, _names: &BTreeSet<String>) -> Vec<String> {
        Vec::new()
    }
}
