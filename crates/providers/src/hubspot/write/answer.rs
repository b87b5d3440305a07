//! What became of each record of a batch (HubSpot facts 3.3 and 3.5).

use super::{refusal, values};
use crate::hubspot::errors;
use crate::hubspot::record::text_or_number;
use crate::load::At;
use crate::wire::{Fault, Reply, words};
use crate::write::Sent;
use crate::write::failure::{self, refused};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use syncline_core::sync::{Fields, Outcome, Schema, Value};

/// A batch that was sent.
pub struct Asked<'a> {
    pub at: &'a At<'a>,
    pub schema: &'a Schema,
    pub sent: &'a Sent<'a>,
}

#[derive(Deserialize)]
struct Batch {
    results: Option<Vec<Row>>,
    #[serde(default)]
    errors: Option<Vec<Json>>,
}

/// A record that was written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(default)]
    id: Json,
    #[serde(default)]
    properties: Option<BTreeMap<String, Json>>,
    #[serde(default)]
    object_write_trace_id: Json,
}

/// What became of the records, as far as it is known yet.
type Known = Vec<Option<Outcome>>;

impl Asked<'_> {
    /// One outcome for every record.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn outcomes(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let outcomes = match (reply.status.as_u16(), self.sent) {
            (200 | 204, Sent::Delete(records)) if !reply.is_page() => {
                let done = |(id, _): &(String, bool)| self.done(id.clone(), Fields::new());
                Ok(records.iter().map(done).collect())
            }
            (200 | 201 | 207, Sent::Create(_) | Sent::Update(_)) => {
                self.rows(reply).map_err(|fault| failure::of(self.sent, reply, fault))
            }
            _ => self.whole(reply),
        };
        failure::without(outcomes, self.at.token)
    }

    /// Refused, or failed, as a whole. Of one record alone the error says what is wrong with it.
    fn whole(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let fault = failure::of(self.sent, reply, errors::fault(reply));
        let body = reply.json().unwrap_or_default();
        match (&fault, self.sent.count()) {
            (Fault::Rejected(_), 1) if body.is_object() => Ok(vec![self.failed(0, &body)]),
            (Fault::Gone, 1) if body["category"] == "OBJECT_NOT_FOUND" && !self.creates() => {
                Ok(vec![Outcome::Gone])
            }
            (Fault::Rejected(message), 1) => Ok(vec![refused(message.clone())]),
            _ => Err(fault),
        }
    }

    fn rows(&self, reply: &Reply<'_>) -> Result<Vec<Outcome>, Fault> {
        let batch: Batch =
            serde_json::from_slice(reply.body).map_err(|_| Fault::Unreadable("not a batch"))?;
        let results = batch.results.ok_or(Fault::Unreadable("a batch without results"))?;
        let mut known: Known = vec![None; self.sent.count()];
        let unplaced = self.take_errors(&mut known, &batch.errors.unwrap_or_default());
        self.take_results(&mut known, &results, unplaced.is_empty())?;
        let open: Vec<usize> = (0..known.len()).filter(|place| known[*place].is_none()).collect();
        match (&open[..], &unplaced[..]) {
            ([place], [error]) => known[*place] = Some(self.failed(*place, error)),
            // Whose it is it does not say: to find out, changes can be sent again each by itself. New records cannot.
            ([_, ..], [error, ..]) if !self.creates() => return Err(Fault::Rejected(said(error))),
            _ => {}
        }
        Ok(known.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Unknown)).collect())
    }

    /// Errors name the records they are about: new ones by the name they had in the call, the others by their ids. Those that
    /// name none come back.
    fn take_errors(&self, known: &mut Known, errors: &[Json]) -> Vec<Json> {
        let mut unplaced = Vec::new();
        for error in errors {
            let context = &error["context"];
            let names = [&context["objectWriteTraceId"], &context["ids"], &context["id"]];
            let named: Vec<String> = names.into_iter().flat_map(texts).collect();
            let places: Vec<usize> =
                (0..known.len()).filter(|place| named.contains(&self.name(*place))).collect();
            if places.is_empty() {
                unplaced.push(error.clone());
            }
            for place in places {
                known[place] = Some(self.failed(place, error));
            }
        }
        unplaced
    }

    /// Results of new records come in the order in which they were sent (facts 3.3), and may say their name in the call.
    fn take_results(&self, known: &mut Known, results: &[Row], all_placed: bool) -> Result<(), Fault> {
        let mut nameless = Vec::new();
        for row in results {
            let id = text_or_number(&row.id).ok_or(Fault::Unreadable("a record without an id"))?;
            let name =
                if self.creates() { text_or_number(&row.object_write_trace_id) } else { Some(id.clone()) };
            match name.map(|name| (0..known.len()).find(|place| self.name(*place) == name)) {
                Some(Some(place)) => known[place] = Some(self.done(id, self.now_held(place, row))),
                None => nameless.push((id, row)),
                // A record that nobody asked for: the one a change went to by an id from before a merge. The change is not known
                // to be done; reading the record tells.
                Some(None) => {}
            }
        }
        let open: Vec<usize> = (0..known.len()).filter(|place| known[*place].is_none()).collect();
        if open.len() == nameless.len() && (all_placed || open.is_empty()) {
            for (place, (id, row)) in open.into_iter().zip(nameless) {
                known[place] = Some(self.done(id, self.now_held(place, row)));
            }
        }
        Ok(())
    }

    /// What a record is called in the call.
    fn name(&self, place: usize) -> String {
        match self.sent {
            Sent::Create(_) => place.to_string(),
            Sent::Update(records) => records[place].0.clone(),
            Sent::Delete(records) => records[place].0.clone(),
        }
    }

    fn creates(&self) -> bool {
        matches!(self.sent, Sent::Create(_))
    }

    fn done(&self, id: String, fields: Fields) -> Outcome {
        Outcome::Done { id, fields, at: self.at.now }
    }

    /// Of the fields that were sent, those of which HubSpot says what they hold.
    fn now_held(&self, place: usize, row: &Row) -> Fields {
        let mut held = Fields::new();
        let (Some(sent), Some(properties)) = (self.sent.fields(place), &row.properties) else { return held };
        for name in sent.keys() {
            let value = match properties.get(name) {
                None => continue,
                Some(Json::String(text)) => values::read(values::kind(self.schema, name), text),
                Some(Json::Null) => Value::Empty,
                Some(other) => Value::text(other.to_string()),
            };
            held.insert(name.clone(), value);
        }
        held
    }

    /// What an error means for the record it is about.
    fn failed(&self, place: usize, error: &Json) -> Outcome {
        let nothing = Fields::new();
        let sent = self.sent.fields(place).unwrap_or(&nothing);
        let existing = existing(error);
        match error["category"].as_str().unwrap_or_default() {
            "CONFLICT" | "OBJECT_ALREADY_EXISTS" if self.creates() => {
                Outcome::Exists { id: existing, message: said(error) }
            }
            _ if self.creates() && existing.is_some() => {
                Outcome::Exists { id: existing, message: said(error) }
            }
            "CONFLICT" | "OBJECT_ALREADY_EXISTS" => refusal::taken(error, sent, existing.as_deref()),
            "OBJECT_NOT_FOUND" if !self.creates() => Outcome::Gone,
            category if passes(category) => Outcome::Unknown,
            _ => refusal::invalid(error, sent),
        }
    }
}

/// Whether an error of this category is one of the server's, and no word on the values.
fn passes(category: &str) -> bool {
    ["RATE_LIMIT", "INTERNAL", "TIMEOUT", "UNAVAILABLE", "LOCK"].iter().any(|word| category.contains(word))
}

/// The record that is there already (facts 3.3 and 3.5).
fn existing(error: &Json) -> Option<String> {
    let digits = |text: &str| -> Option<String> {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    let named = texts(&error["context"]["existingId"]).into_iter().next();
    let in_words = || {
        let (_, id) = error["message"].as_str()?.split_once("Existing ID:")?;
        digits(id.trim_start())
    };
    let in_2024 = || text_or_number(&error["identityProfile"]["vid"]);
    named.or_else(in_words).or_else(in_2024)
}

/// One text or number, or a list of them.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Array(values) => values.iter().filter_map(text_or_number).collect(),
        one => text_or_number(one).into_iter().collect(),
    }
}

fn said(error: &Json) -> String {
    error["message"].as_str().map_or_else(|| "part of a batch failed".to_owned(), words)
}
