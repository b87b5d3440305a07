//! What all batches share: the envelope, rows that failed, all or nothing (HubSpot facts 3.3); and the endpoints that
//! read and archive.

use super::super::change::Change;
use super::super::error::ApiError;
use super::super::properties;
use super::super::state::Portal;
use super::body::{self, Input, Needs};
use super::call::Call;
use super::refusals::{self, Refused};
use super::show::{Look, Wanted};
use super::single;
use super::undo::{self, Step};
use super::write::{self, By};
use crate::house::clock::iso;
use crate::house::json::{answer, empty};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// How many records a batch may have.
pub(super) const MOST: usize = 100;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) results: Vec<Value>,
    pub(super) errors: Vec<Value>,
}

impl Done {
    /// As it is answered: with this status, or 207 when some rows failed.
    pub(super) fn answer(self, status: StatusCode, now: i64) -> Response {
        let mut body = json!({
            "status": "COMPLETE", "results": self.results, "startedAt": iso(now), "completedAt": iso(now),
        });
        if self.errors.is_empty() {
            return answer(status, &body);
        }
        body["numErrors"] = json!(self.errors.len());
        body["errors"] = Value::Array(self.errors);
        answer(StatusCode::MULTI_STATUS, &body)
    }
}

/// What became of one input.
pub(super) struct Row {
    /// The record.
    pub(super) id: u64,
    /// What happened.
    pub(super) changes: Vec<Change>,
    /// How to take it back.
    pub(super) step: Step,
    /// Of an upsert: whether the record is new.
    pub(super) new: Option<bool>,
}

/// Does `act` for one input after the other. A row that is missing or refused leaves the others alone, or, where it is all
/// or nothing, has everything taken back.
///
/// # Errors
/// Where it is all or nothing: the first refusal.
pub(super) fn each(
    account: &mut Portal,
    call: &Call,
    inputs: &[Input],
    (all_or_nothing, by): (bool, &By),
    mut act: impl FnMut(&mut Portal, &Input) -> Result<Option<Row>, Refused>,
) -> Result<(Done, Vec<Change>), ApiError> {
    let (mut rows, mut steps, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut missing, mut errors) = (Vec::new(), Vec::new());
    for input in inputs {
        match act(account, input) {
            Ok(Some(row)) => {
                rows.push((row.id, row.new, input));
                steps.push(row.step);
                changes.extend(row.changes);
            }
            Ok(None) => missing.push(input.id.clone()),
            Err(refused) if all_or_nothing => {
                undo::all(account, call.object_type, steps, by);
                return Err(refusals::without_existing_id(*refused.error));
            }
            Err(refused) => errors.push(failed(&refused, input)),
        }
    }
    if !missing.is_empty() {
        errors.insert(0, refusals::missing(&account.type_label(call.object_type), &missing));
    }
    let results = rows.into_iter().map(|(id, new, input)| shown(account, call, id, new, input)).collect();
    Ok((Done { results, errors }, changes))
}

fn shown(account: &Portal, call: &Call, id: u64, new: Option<bool>, input: &Input) -> Value {
    let trace = input.trace.as_ref();
    let is_create = input.id.is_empty() || new == Some(true);
    let mut shown = if is_create {
        single::shown_new(account, call, id, trace)
    } else {
        let names = input.properties.keys().map(String::as_str);
        single::shown_changed(account, call, id, names, trace)
    };
    if let Some(new) = new {
        shown["new"] = json!(new);
    }
    shown
}

/// A refusal as a row of `errors`, with what tells the caller which input it was.
fn failed(refused: &Refused, input: &Input) -> Value {
    let mut row = refused.error.body();
    let mut context = match row.remove("context") {
        Some(Value::Object(context)) => context,
        _ => Map::new(),
    };
    if let Some(trace) = &input.trace {
        context.insert("objectWriteTraceId".to_owned(), json!([trace]));
    } else if !input.id.is_empty() {
        context.insert("ids".to_owned(), json!([input.id]));
    }
    if let Some(existing) = refused.existing {
        context.insert("existingId".to_owned(), json!([existing.to_string()]));
    }
    row.insert("context".to_owned(), Value::Object(context));
    Value::Object(row)
}

/// Looks at all values first: what is wrong with any of them, where that concerns the whole call.
///
/// # Errors
/// One refusal for all that is wrong.
pub(super) fn check_all(
    account: &Portal,
    call: &Call,
    inputs: &[Input],
    concerns_all: impl Fn(&ApiError) -> bool,
) -> Result<(), ApiError> {
    let values = inputs.iter().map(|input| &input.properties);
    match properties::check_all(account, call.object_type, values) {
        Err(refusal) if concerns_all(&refusal) => Err(refusal),
        _ => Ok(()),
    }
}

/// Refuses inputs that mean the same record.
///
/// # Errors
/// 400 with those ids.
pub(super) fn no_duplicates(inputs: &[Input]) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    let mut twice: Vec<String> = Vec::new();
    for input in inputs {
        if !seen.insert(&input.id) && !twice.contains(&input.id) {
            twice.push(input.id.clone());
        }
    }
    if twice.is_empty() { Ok(()) } else { Err(refusals::duplicate_ids(&twice)) }
}

/// `POST /{type}/batch/read`
pub(super) async fn read(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.reads()?;
    let body = body::object(&bytes)?;
    let wanted = Wanted {
        properties: body::texts(&body, "properties")?.filter(|names| !names.is_empty()),
        with_history: body::texts(&body, "propertiesWithHistory")?.unwrap_or_default(),
        associations: Vec::new(),
    };
    let inputs = body::inputs(&body, Needs::Id, single::most(&wanted.with_history))?;
    let (id_property, archived) = (body::text(&body, "idProperty")?, call.query.flag("archived")?);
    let done = call.look(|account| {
        let look = Look::new(account, call.object_type, &wanted);
        let (mut done, mut seen, mut missing) = (Done::default(), BTreeSet::new(), Vec::new());
        for input in &inputs {
            let id = call.locate(account, &input.id, id_property.as_deref(), archived)?;
            let view = id.and_then(|id| {
                let records = account.objects.of(call.object_type)?;
                let today = if call.settings().batch_read_finds_merged { records.current(id) } else { id };
                records.get(today).filter(|view| view.record.archived_at.is_some() == archived)
            });
            match view {
                Some(view) if seen.insert(view.id) => done.results.push(look.show(view)),
                Some(_) => {}
                None if missing.contains(&input.id) => {}
                None => missing.push(input.id.clone()),
            }
        }
        if !missing.is_empty() {
            done.errors.push(refusals::missing(&account.type_label(call.object_type), &missing));
        }
        Ok(done)
    })?;
    Ok(done.answer(StatusCode::OK, call.hubspot.house.now()))
}

/// `POST /{type}/batch/archive`
pub(super) async fn archive(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let inputs = body::inputs(&body::object(&bytes)?, Needs::Id, MOST)?;
    call.change(|account, by, _| {
        let mut changes = Vec::new();
        for id in inputs.iter().filter_map(|input| input.id.parse().ok()) {
            changes.extend(write::archive(account, call.object_type, id, by));
        }
        Ok(((), changes))
    })?;
    Ok(empty(StatusCode::NO_CONTENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(id: &str, trace: Option<&str>) -> Input {
        Input { id: id.to_owned(), trace: trace.map(str::to_owned), ..Input::default() }
    }

    #[test]
    fn ids_given_twice_are_named_once() {
        let inputs = ["1", "2", "1", "1"].map(|id| input(id, None));
        let error = no_duplicates(&inputs).expect_err("1 is there three times");
        assert_eq!(error.message, "Duplicate IDs found in batch input: [1]. IDs must be unique");
        assert_eq!(error.context, Some(json!({ "ids": ["1"] })));
        assert_eq!(no_duplicates(&inputs[..2]), Ok(()));
    }

    #[test]
    fn a_failed_row_says_which_one_it_was() {
        let settings = super::super::settings::Settings::default();
        let refused = refusals::contact_exists(198, "a@example.com", 0, &settings);
        let row = failed(&refused, &input("", Some("0")));
        assert_eq!(
            row,
            json!({
                "status": "error", "category": "CONFLICT", "message": "Contact already exists. Existing ID: 198",
                "context": { "objectWriteTraceId": ["0"], "existingId": ["198"] },
            })
        );
    }
}
