//! Looking for rows by a value (Airtable facts 5).

use super::values;
use crate::airtable::record::{Table, is_id};
use crate::airtable::{call, errors};
use crate::load::At;
use crate::objects::{self, list, text};
use crate::wire::{Call, Fault, Reply};
use syncline_core::sync::{Schema, Value};

/// How many values one formula looks for.
pub const BATCH: usize = 25;

/// Rows of which a formula says that they hold one of these, in whatever case.
pub fn call(at: &At<'_>, table: &Table, field: &str, values: &[String]) -> Call {
    let field = field_name(field);
    let test = |value: &String| format!("LOWER({field})={}", quoted(&value.to_lowercase()));
    let formula = match values {
        [value] => test(value),
        several => format!("OR({})", several.iter().map(test).collect::<Vec<_>>().join(",")),
    };
    call::rows(at, &table.base.id, &table.id, &[("pageSize", "100"), ("filterByFormula", &formula)])
}

/// A field in a formula.
fn field_name(name: &str) -> String {
    format!("{{{}}}", name.replace('\\', "\\\\").replace('}', "\\}"))
}

/// A text in a formula, whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for char in text.chars() {
        match char {
            '\\' | '\'' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            char => quoted.push(char),
        }
    }
    quoted.push('\'');
    quoted
}

/// Who has which of the values.
///
/// # Errors
/// [`Fault`]; [`Fault::Rejected`] when so many have several values that not all of them are on the page: then each value has to be
/// looked for by itself.
pub fn found(
    at: &At<'_>,
    schema: &Schema,
    field: &str,
    values: &[String],
    reply: &Reply<'_>,
) -> Result<Vec<(String, String)>, Fault> {
    let body = objects::success(reply, errors::fault, at.token)?;
    let names = [field.to_owned()].into();
    let lower: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
    let mut found = Vec::new();
    for row in list(&body, "records")? {
        let id = text(row, "id").filter(|id| is_id(id)).ok_or(Fault::Unreadable("a row without an id"))?;
        let held = values::fields(schema, &row.to_string(), &names).remove(field).unwrap_or(Value::Empty);
        let held: Vec<String> = held.texts().iter().map(|text| text.to_lowercase()).collect();
        let same = values.iter().zip(&lower).filter(|(_, lower)| held.contains(lower));
        found.extend(same.map(|(value, _)| (value.clone(), id.to_owned())));
    }
    if !body["offset"].is_null() && values.len() > 1 {
        return Err(Fault::Rejected("more rows have these values than one page shows".to_owned()));
    }
    Ok(found)
}
