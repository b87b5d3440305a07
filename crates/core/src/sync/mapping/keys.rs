//! By what records that nobody has linked yet are found to be the same.

use super::super::agreement::Agreement;
use super::super::normal;
use super::super::side::Side;
use super::super::value::{Fields, Value};
use super::same::normal_text;
use super::{Form, Normalise, Rule, convert, date, face, list, options};

/// All values of a matching key that a record of `side` has, in normal form, each once: those of the rule's fields, and those of
/// further fields, which may hold several with `;`, commas or line ends between them. Placeholders are nobody's.
#[must_use]
pub fn match_values(agreement: &Agreement, key_index: usize, side: Side, fields: &Fields) -> Vec<String> {
    let Some(key) = agreement.matching.get(key_index) else { return Vec::new() };
    let Some(rule) = agreement.rules.iter().find(|rule| rule.name == key.rule) else { return Vec::new() };
    let mut texts = own(rule, side, fields);
    for name in &key.also[side] {
        let value = fields.get(name).map_or(&[][..], Value::texts);
        texts.extend(value.iter().flat_map(|text| text.split([';', ',', '\n'])).map(str::to_owned));
    }
    let placeholder = normal_text(rule.style(), &rule.placeholder[side]);
    let mut found = Vec::new();
    for text in texts {
        let Some(key) = key_of(rule.style(), &text) else { continue };
        if !found.contains(&key)
            && (placeholder.is_empty() || normal_text(rule.style(), &text) != placeholder)
        {
            found.push(key);
        }
    }
    found
}

/// The texts in the rule's own fields, in the same terms for both sides.
fn own(rule: &Rule, side: Side, fields: &Fields) -> Vec<String> {
    let face = face(rule, side, fields);
    let value = face.0.first().cloned().unwrap_or_default();
    match &rule.form {
        Form::Direct => value.texts().to_vec(),
        Form::List { .. } if rule.several() == side => list::gathered(&face).texts().to_vec(),
        Form::List { .. } => list::elements(&value),
        Form::Join { separator } => {
            let parts = convert::components(rule, side, &face).unwrap_or_default();
            super::join::joined(separator, &parts).texts().to_vec()
        }
        Form::Options { pairs } if side == Side::Right => {
            let lefts = options::map(pairs, side, &value);
            lefts.texts().iter().filter(|text| options::foreign(text).is_none()).cloned().collect()
        }
        Form::Options { .. } => value.texts().to_vec(),
        Form::Date => date::day(value.first()).into_iter().collect(),
        Form::Constant { .. } => Vec::new(),
    }
}

fn key_of(style: &Normalise, text: &str) -> Option<String> {
    match style {
        Normalise::Trim => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Normalise::Email => normal::email_key(text),
        Normalise::Phone { region } => normal::phone_key(text, region),
    }
}
