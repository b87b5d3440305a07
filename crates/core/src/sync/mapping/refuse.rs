//! What a side would not take, found by rule: before anything is sent.

use super::super::normal::is_email;
use super::super::schema::{Field, Kind, Refusal, Schema};
use super::super::side::Side;
use super::super::value::{Face, Value};
use super::{Rule, date, fit, options};

/// The most characters of a value that a reason repeats.
const SHOWN: usize = 100;

/// What `side` would not take of the face it is about to be given. Clearing a field is never refused.
#[must_use]
pub fn refusals(rule: &Rule, side: Side, face: &Face, schema: &Schema) -> Vec<Refusal> {
    let refusal = |(name, value): (&String, &Value)| {
        let reason = reason(name, value, schema.get(name))?;
        Some(Refusal { field: name.clone(), value: value.clone(), reason })
    };
    rule.fields[side].iter().zip(&face.0).filter_map(refusal).collect()
}

/// The face with the rule's placeholder in every field that is refused.
#[must_use]
pub fn withheld(rule: &Rule, side: Side, face: &Face, refusals: &[Refusal]) -> Face {
    let placeholder = &rule.placeholder[side];
    let stand_in = |name: &String, value: &Value| match value {
        _ if !refusals.iter().any(|refusal| refusal.field == *name) => value.clone(),
        Value::List(_) => Value::list([placeholder]),
        _ => Value::text(placeholder),
    };
    Face(rule.fields[side].iter().zip(&face.0).map(|(name, value)| stand_in(name, value)).collect())
}

/// Why a field would not take a value; none: it would.
pub(super) fn reason(name: &str, value: &Value, field: Option<&Field>) -> Option<String> {
    let texts = value.texts();
    if texts.is_empty() {
        return None;
    }
    if let Some(foreign) = texts.iter().find_map(|text| options::foreign(text)) {
        return Some(format!("No choice of {name} for {}", shown(foreign)));
    }
    let Some(field) = field else { return Some(format!("No field {name}")) };
    if !field.writable {
        return Some(format!("{name} cannot be written"));
    }
    if let Some(longest) = field.longest
        && texts.iter().any(|text| text.chars().count() > longest)
    {
        return Some(format!("{name} takes at most {longest} characters"));
    }
    texts.iter().find_map(|text| unfit(name, text, &field.kind))
}

fn unfit(name: &str, text: &str, kind: &Kind) -> Option<String> {
    let what = match kind {
        Kind::Email if !is_email(text) => "Invalid email",
        Kind::Number if fit::number(text).is_none() => "Invalid number",
        Kind::Bool if !matches!(text, "true" | "false") => "Neither true nor false:",
        Kind::Date if !date::is_day(text) => "Invalid date",
        Kind::DateTime if date::moment(text).is_none() => "Invalid date",
        Kind::Url if text.trim().contains(char::is_whitespace) || !text.contains(['.', ':']) => {
            "Invalid address"
        }
        Kind::Choice(choices) | Kind::Choices(choices)
            if !choices.is_empty() && !choices.iter().any(|c| c == text) =>
        {
            return Some(format!("{} is no choice of {name}", shown(text)));
        }
        Kind::Other => return Some(format!("{name} cannot be written")),
        _ => return None,
    };
    Some(format!("{what} {}", shown(text)))
}

/// The text on one line, not too long for a status.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
