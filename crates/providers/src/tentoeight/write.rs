//! Writing.

use super::TenToEight;
use crate::load::At;
use crate::wire::{Call, Fault, Reply};
use crate::write::{Batches, Object, Sent, Write};
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Outcome, Schema};

impl Write for TenToEight {
    fn can(&self, _object: &Object) -> Option<Can> {
        None
    }

    fn batches(&self, _object: &Object) -> Batches {
        Batches { create: 1, update: 1, delete: 1, find: 1 }
    }

    fn schema(&self, _at: &At<'_>, _object: &Object) -> Option<Call> {
        None
    }

    fn schema_back(
        &self,
        _at: &At<'_>,
        _object: &Object,
        _reply: Option<&Reply<'_>>,
    ) -> Result<Schema, Fault> {
        Ok(Schema::default())
    }

    fn fields(&self, _object: &Object, _schema: &Schema, _body: &str, _names: &BTreeSet<String>) -> Fields {
        Fields::new()
    }

    fn send(&self, _at: &At<'_>, _object: &Object, _schema: &Schema, _sent: &Sent<'_>) -> Call {
        Call::get(String::new())
    }

    fn answer(
        &self,
        _at: &At<'_>,
        _object: &Object,
        _schema: &Schema,
        _sent: &Sent<'_>,
        _reply: &Reply<'_>,
    ) -> Result<Vec<Outcome>, Fault> {
        Ok(Vec::new())
    }

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
        Ok(Vec::new())
    }

    fn settles(&self) -> Duration {
        Duration::ZERO
    }

    fn properties(&self, _object: &Object, _names: &BTreeSet<String>) -> Vec<String> {
        Vec::new()
    }
}
