//! What became of each row (Airtable facts 5 and 8). A batch is carried out or refused as one.

use super::{refusal, values};
use crate::airtable::errors;
use crate::airtable::record::is_id;
use crate::load::At;
use crate::objects::{list, text};
use crate::wire::{Fault, Reply};
use crate::write::Sent;
use crate::write::failure;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use syncline_core::sync::{Fields, Outcome, Schema, Value};

/// Rows that were sent.
pub struct Asked<'a> {
    pub at: &'a At<'a>,
    pub schema: &'a Schema,
    pub sent: &'a Sent<'a>,
}

impl Asked<'_> {
    /// One outcome for every row.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn outcomes(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let outcomes = if reply.status.is_success() { self.written(reply) } else { self.failed(reply) };
        let outcomes = outcomes.map_err(|fault| failure::of(self.sent, reply, fault));
        failure::without(outcomes, self.at.token)
    }

    fn written(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let body = reply.json().filter(Json::is_object);
        match self.sent {
            // Some successes have no body at all (facts 1).
            Sent::Delete(records) if is_silent(reply) => {
                Ok(records.iter().map(|(id, _)| self.done(id, Fields::new())).collect())
            }
            Sent::Create(records) => self.created(records, list(&body.ok_or(NO_OBJECT)?, "records")?),
            Sent::Update(records) => {
                let rows = rows(&body.ok_or(NO_OBJECT)?)?;
                let named = |id: &str| rows.iter().find(|row| row["id"] == id);
                let outcome = |(id, fields): &(String, Fields)| {
                    named(id).map_or(Outcome::Unknown, |row| self.done(id, self.now_held(fields, row)))
                };
                Ok(records.iter().map(outcome).collect())
            }
            Sent::Delete(records) => {
                let rows = rows(&body.ok_or(NO_OBJECT)?)?;
                let is_gone = |id: &str| rows.iter().any(|row| row["id"] == id && row["deleted"] == true);
                let outcome = |(id, _): &(String, bool)| {
                    if is_gone(id) { self.done(id, Fields::new()) } else { Outcome::Unknown }
                };
                Ok(records.iter().map(outcome).collect())
            }
        }
    }

    /// In the order in which they were sent.
    fn created(&self, records: &[Fields], rows: &[Json]) -> Result<Vec<Outcome>, Fault> {
        if rows.len() != records.len() {
            return Err(Fault::Unreadable("another number of rows than were sent"));
        }
        let outcome = |(fields, row): (&Fields, &Json)| {
            let id =
                text(row, "id").filter(|id| is_id(id)).ok_or(Fault::Unreadable("a row without an id"))?;
            Ok(self.done(id, self.now_held(fields, row)))
        };
        records.iter().zip(rows).map(outcome).collect()
    }

    fn done(&self, id: &str, fields: Fields) -> Outcome {
        Outcome::Done { id: id.to_owned(), fields, at: self.at.now }
    }

    /// What the row has in the cells that were sent. A cell that is not there is empty (facts 5).
    fn now_held(&self, sent: &Fields, row: &Json) -> Fields {
        if !row["fields"].is_object() {
            return Fields::new();
        }
        let names: BTreeSet<String> = sent.keys().cloned().collect();
        let mut held = values::fields(self.schema, &row.to_string(), &names);
        for name in names {
            held.entry(name).or_insert(Value::Empty);
        }
        held
    }

    fn failed(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let (fault, body) = (errors::fault(reply), reply.json().unwrap_or_default());
        let (kind, message) = errors::parts(&body);
        let is_missing = fault == Fault::Gone || kind == Some(ROW_GONE);
        match (fault, self.sent) {
            (fault @ Fault::Rejected(_), _) if reply.is_page() => Err(fault),
            (_, Sent::Update([_])) if is_missing => Ok(vec![Outcome::Gone]),
            (_, Sent::Delete([(id, _)])) if is_missing => Ok(vec![self.done(id, Fields::new())]),
            // One of several is not there: each by itself is told apart.
            (_, Sent::Update(_) | Sent::Delete(_)) if is_missing => Err(Fault::Rejected(errors::said(reply))),
            (Fault::Rejected(said), sent) if sent.count() == 1 => {
                let nothing = Fields::new();
                let fields = sent.fields(0).unwrap_or(&nothing);
                Ok(vec![refusal::outcome(self.schema, fields, kind, message, said)])
            }
            (fault, _) => Err(fault),
        }
    }
}

const NO_OBJECT: Fault = Fault::Unreadable("a success without a JSON object in it");

/// How a row that is not there is called where the answer is not 404.
const ROW_GONE: &str = "ROW_DOES_NOT_EXIST";

fn is_silent(reply: &Reply<'_>) -> bool {
    reply.body.trim_ascii().is_empty()
}

/// A list of rows, or the one that is answered to one.
fn rows(body: &Json) -> Result<Vec<Json>, Fault> {
    match text(body, "id") {
        Some(_) => Ok(vec![body.clone()]),
        None => list(body, "records").map(<[Json]>::to_vec),
    }
}
