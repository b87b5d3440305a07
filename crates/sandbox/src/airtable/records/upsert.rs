//! Upserts: which record is meant (Airtable facts 5).

use crate::airtable::call::given;
use crate::airtable::model::cell::Cell;
use crate::airtable::model::field::Kind;
use crate::airtable::model::plan::{Plan, Write};
use crate::airtable::model::table::Table;
use crate::airtable::model::write::unknown_field;
use crate::airtable::problem::Problem;
use crate::airtable::settings::Settings;
use serde_json::{Map, Value};

/// The fields named by `performUpsert`.
///
/// # Errors
/// When it is malformed.
pub(super) fn merge_on(body: &Map<String, Value>) -> Result<Option<Vec<String>>, Problem> {
    let Some(upsert) = given(body, "performUpsert") else { return Ok(None) };
    let wrong = || Problem::invalid_request("performUpsert.fieldsToMergeOn must name one to three fields");
    let names = upsert["fieldsToMergeOn"].as_array().ok_or_else(wrong)?;
    let names: Option<Vec<String>> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    names.filter(|names| (1..=3).contains(&names.len())).map(Some).ok_or_else(wrong)
}

/// The fields' numbers.
///
/// # Errors
/// When one does not exist or cannot be merged on.
pub(super) fn merge_fields(
    table: &Table,
    names: &[String],
    settings: &Settings,
) -> Result<Vec<u16>, Problem> {
    let number = |name: &String| {
        let field = table.field(name).ok_or_else(|| unknown_field(&settings.errors, name))?;
        let fits = match table.kind(field) {
            Kind::Number { .. }
            | Kind::SingleLineText
            | Kind::MultilineText
            | Kind::SingleSelect(_)
            | Kind::MultipleSelects(_)
            | Kind::Date { .. } => true,
            Kind::Email | Kind::Url | Kind::PhoneNumber => settings.records.merge_on_text_like,
            _ => false,
        };
        if fits {
            Ok(field)
        } else {
            Err(Problem::invalid_request(format!("Field \"{name}\" cannot be merged on")))
        }
    };
    names.iter().map(number).collect()
}

/// What an upsert finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// The row with this number.
    Row(u32),
    /// A record that an earlier one of the same request creates: which of the writes.
    Earlier(usize),
    Several,
}

/// The record whose cells are equal in all merge fields.
///
/// # Errors
/// When one of these fields is not given.
pub(super) fn find(
    table: &Table,
    plan: &Plan,
    merge: &[u16],
    cells: &[(u16, Option<Cell>)],
) -> Result<Found, Problem> {
    let mut wanted: Vec<(u16, Option<&Cell>)> = Vec::with_capacity(merge.len());
    for field in merge {
        let cell = cells.iter().find(|(slot, _)| slot == field).ok_or_else(|| {
            let name = &table.fields[usize::from(*field)].name;
            Problem::invalid_request(format!(
                "Every record must have the field \"{name}\", which is merged on"
            ))
        })?;
        wanted.push((*field, cell.1.as_ref()));
    }
    let mut rows = table
        .rows_from(0)
        .filter(|(_, row)| wanted.iter().all(|(field, cell)| row.cell(*field) == *cell))
        .map(|(number, _)| number);
    match (rows.next(), rows.next()) {
        (Some(_), Some(_)) => return Ok(Found::Several),
        (Some(number), None) => return Ok(Found::Row(number)),
        (None, _) => {}
    }
    let earlier = plan.writes.iter().position(|write| match write {
        Write::Create(cells) => wanted
            .iter()
            .all(|(field, cell)| cells.iter().find(|(slot, _)| slot == field).map(|(_, cell)| cell) == *cell),
        _ => false,
    });
    Ok(earlier.map_or(Found::Nothing, Found::Earlier))
}
