//! Which cell Airtable would not take, and why (Airtable facts 5 and 8). Its errors have a type and words, and no place for a field:
//! the words name it, or the values tell.

use crate::write::failure::{reason, refused};
use syncline_core::sync::{Fields, Kind, Outcome, Refusal, Schema};

/// What is refused of a row with these cells; `said` where nothing tells which.
pub fn outcome(
    schema: &Schema,
    sent: &Fields,
    kind: Option<&str>,
    message: Option<&str>,
    said: String,
) -> Outcome {
    let cells = match message.and_then(|message| named(sent, message)) {
        Some(name) => vec![name],
        None if kind == Some("INVALID_MULTIPLE_CHOICE_OPTIONS") => not_listed(schema, sent),
        None => Vec::new(),
    };
    if cells.is_empty() {
        return refused(said);
    }
    let refusal = |name: String| {
        let value = sent.get(&name).cloned().unwrap_or_default();
        let reason = match kind {
            Some("INVALID_MULTIPLE_CHOICE_OPTIONS") => reason("Invalid option", &value),
            Some("INVALID_VALUE_FOR_COLUMN") => reason("Invalid value", &value),
            Some("UNKNOWN_FIELD_NAME") => "No such field".to_owned(),
            _ => said.clone(),
        };
        Refusal { field: name, value, reason }
    };
    Outcome::Refused(cells.into_iter().map(refusal).collect())
}

/// The field that was sent and stands in the words in quotation marks; of several the longest.
fn named(sent: &Fields, message: &str) -> Option<String> {
    let quoted =
        |name: &&String| ['"', '\''].iter().any(|mark| message.contains(&format!("{mark}{name}{mark}")));
    sent.keys().filter(quoted).max_by_key(|name| name.len()).cloned()
}

/// The selects that hold what is no choice of theirs.
fn not_listed(schema: &Schema, sent: &Fields) -> Vec<String> {
    let stranger = |name: &&String| match schema.fields.get(*name).map(|field| &field.kind) {
        Some(Kind::Choice(choices) | Kind::Choices(choices)) => {
            sent[*name].texts().iter().any(|text| !choices.contains(text))
        }
        _ => false,
    };
    sent.keys().filter(stranger).cloned().collect()
}
