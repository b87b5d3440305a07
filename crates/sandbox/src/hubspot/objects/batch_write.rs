//! The endpoints that write in batches: which of them do part of it, and which all or nothing (HubSpot facts 3.3).

use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::batch::{MOST, Row, check_all, each, no_duplicates};
use super::body::{self, Input, Needs};
use super::call::Call;
use super::refusals::{Refused, has_code};
use super::settings::InvalidValue;
use super::undo::Step;
use super::write::{self, By, Rules};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;

/// `POST /{type}/batch/create`
pub(super) async fn create(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let inputs = body::inputs(&body::object(&bytes)?, Needs::Properties, MOST)?;
    let inputs: Vec<Input> = inputs.into_iter().map(|input| Input { id: String::new(), ..input }).collect();
    let all_or_nothing = !are_traced(&inputs);
    let done = call.change(|account, by, rules| {
        if all_or_nothing {
            check_all(account, &call, &inputs, |_| true)?;
        }
        each(account, &call, &inputs, (all_or_nothing, by), |account, input| {
            created(account, call.object_type, input, by, rules).map(Some)
        })
    })?;
    Ok(done.answer(StatusCode::CREATED, call.hubspot.house.now()))
}

/// Whether every input has a name of its own: then each succeeds or fails by itself.
fn are_traced(inputs: &[Input]) -> bool {
    let names: BTreeSet<&String> = inputs.iter().filter_map(|input| input.trace.as_ref()).collect();
    names.len() == inputs.len()
}

fn created(
    account: &mut Portal,
    object_type: TypeId,
    input: &Input,
    by: &By,
    rules: Rules<'_>,
) -> Result<Row, Refused> {
    let given = (&input.properties, &*input.links);
    let (id, changes) = write::create_by(account, object_type, given, by, rules)?;
    Ok(Row { id, changes, step: Step::Created(id), new: None })
}

/// `POST /{type}/batch/update`
pub(super) async fn update(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let inputs = body::inputs(&body::object(&bytes)?, Needs::Both, MOST)?;
    no_duplicates(&inputs)?;
    let done = call.change(|account, by, rules| {
        check_all(account, &call, &inputs, |refusal| concerns_all(&call, refusal))?;
        each(account, &call, &inputs, (false, by), |account, input| {
            match located(account, &call, input, input.id_property.as_deref(), by)? {
                Some(id) => updated(account, call.object_type, id, input, by, rules).map(Some),
                None => Ok(None),
            }
        })
    })?;
    Ok(done.answer(StatusCode::OK, call.hubspot.house.now()))
}

/// A property nobody knows refuses the whole call; a value that is not valid, where the settings say so.
fn concerns_all(call: &Call, refusal: &ApiError) -> bool {
    call.settings().batch_update_invalid_value == InvalidValue::Call
        || has_code(refusal, "PROPERTY_DOESNT_EXIST")
}

/// The record an input means. Ids that were merged away are nobody's here (HubSpot facts 3.3).
fn located(
    account: &mut Portal,
    call: &Call,
    input: &Input,
    id_property: Option<&str>,
    by: &By,
) -> Result<Option<u64>, Refused> {
    let id = call.locate(account, &input.id, id_property, false)?;
    let Some(id) = id.filter(|id| account.objects.live(call.object_type, *id).is_some()) else {
        return Ok(None);
    };
    account.objects.locks.strike(call.object_type, id, by.at, &call.settings().lock)?;
    Ok(Some(id))
}

fn updated(
    account: &mut Portal,
    object_type: TypeId,
    id: u64,
    input: &Input,
    by: &By,
    rules: Rules<'_>,
) -> Result<Row, Refused> {
    let before = account.objects.live(object_type, id).map(|view| view.record.clone());
    let before = before.ok_or_else(ApiError::resource_not_found)?;
    let (id, changes) = write::update_by(account, object_type, id, &input.properties, by, rules)?;
    Ok(Row { id, changes, step: Step::Changed(id, Box::new(before)), new: None })
}

/// `POST /{type}/batch/upsert`
pub(super) async fn upsert(call: Call, bytes: Bytes) -> Result<Response, ApiError> {
    call.writes()?;
    let body = body::object(&bytes)?;
    let inputs = body::inputs(&body, Needs::Both, MOST)?;
    no_duplicates(&inputs)?;
    let by_email = |input: &Input| input.id_property.as_deref() == Some("email");
    // By address there is no partial success: HubSpot wants a unique property of one's own for that.
    let all_or_nothing = call.object_type == TypeId::CONTACT && inputs.iter().any(by_email);
    let done = call.change(|account, by, rules| {
        check_all(account, &call, &inputs, |refusal| all_or_nothing || concerns_all(&call, refusal))?;
        each(account, &call, &inputs, (all_or_nothing, by), |account, input| {
            upserted(account, &call, input, by, rules)
        })
    })?;
    Ok(done.answer(StatusCode::OK, call.hubspot.house.now()))
}

fn upserted(
    account: &mut Portal,
    call: &Call,
    input: &Input,
    by: &By,
    rules: Rules<'_>,
) -> Result<Option<Row>, Refused> {
    let id_property = input.id_property.as_deref().filter(|name| *name != "hs_object_id");
    if let Some(id) = located(account, call, input, id_property, by)? {
        let row = updated(account, call.object_type, id, input, by, rules)?;
        return Ok(Some(Row { new: Some(false), ..row }));
    }
    // Records do not get ids that callers choose.
    let Some(name) = id_property else { return Ok(None) };
    let mut input = input.clone();
    input.properties.entry(name).or_insert_with(|| json!(input.id));
    let row = created(account, call.object_type, &input, by, rules)?;
    Ok(Some(Row { new: Some(true), ..row }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_all_there_and_all_different_make_rows_independent() {
        let traced = |names: &[Option<&str>]| {
            let inputs: Vec<Input> = names
                .iter()
                .map(|name| Input { trace: name.map(str::to_owned), ..Input::default() })
                .collect();
            are_traced(&inputs)
        };
        assert!(traced(&[Some("a"), Some("b")]));
        assert!(!traced(&[Some("a"), None]));
        assert!(!traced(&[Some("a"), Some("a")]));
    }
}
