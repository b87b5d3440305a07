//! What counts as the same.

use super::super::normal;
use super::super::side::Side;
use super::super::value::{Face, Value};
use super::{Form, Normalise, Rule, date, join, list};

/// Whether a side that shows one face shows the same as with the other: e-mail addresses whatever their case, phone numbers
/// however they are written, texts without the blanks around them, nothing and no field alike.
#[must_use]
pub fn alike(rule: &Rule, side: Side, a: &Face, b: &Face) -> bool {
    // Nearly all comparisons are of what has not changed: they cost nothing.
    a == b || normal(rule, side, a) == normal(rule, side, b)
}

/// The face in normal form: equal for faces that are alike. For comparing only, never to be written.
#[must_use]
pub fn normal(rule: &Rule, side: Side, face: &Face) -> Face {
    let style = rule.style();
    let value = |index: usize| face.0.get(index).unwrap_or(const { &Value::Empty });
    let values = (0..rule.fields[side].len()).map(value);
    Face(match &rule.form {
        Form::Join { separator } if rule.several() != side => {
            let parts = rule.fields[side.other()].len();
            let parts = join::split(separator, &join::whole(value(0)), parts, None);
            vec![join::joined(separator, &parts)]
        }
        Form::List { .. } if rule.several() != side => {
            vec![normal_value(style, &Value::list(list::elements(value(0))))]
        }
        Form::List { .. } => {
            let rest = Value::list(list::rest(face));
            vec![normal_value(style, value(0)), normal_value(style, &rest)]
        }
        Form::Date => values.map(|value| normal_date(value)).collect(),
        _ => values.map(|value| normal_value(style, value)).collect(),
    })
}

/// Whether two values of the rule's fields count as the same.
#[must_use]
pub fn alike_values(rule: &Rule, a: &Value, b: &Value) -> bool {
    a == b || normal_value(rule.style(), a) == normal_value(rule.style(), b)
}

fn normal_date(value: &Value) -> Value {
    let text = value.first().trim();
    match date::moment(text).filter(|_| !date::is_day(text)) {
        Some(moment) => Value::Text(moment.to_string()),
        None => normal_value(&Normalise::Trim, value),
    }
}

fn normal_value(style: &Normalise, value: &Value) -> Value {
    each(value, |text| normal_text(style, text))
}

/// The text in normal form.
pub(super) fn normal_text(style: &Normalise, text: &str) -> String {
    match style {
        Normalise::Trim => text.trim().to_owned(),
        Normalise::Email => normal::email(text),
        Normalise::Phone { region } => normal::phone(text, region),
    }
}

/// The value as it is written to the other side.
pub(super) fn written(style: &Normalise, value: &Value) -> Value {
    each(value, |text| match style {
        Normalise::Trim => text.trim().to_owned(),
        Normalise::Email => normal::written_email(text),
        Normalise::Phone { region } => normal::written_phone(text, region),
    })
}

/// The value, each text of it spelt as in `there` if it is there.
pub(super) fn respelt(style: &Normalise, value: Value, there: &Value) -> Value {
    if value == *there || there.is_empty() {
        return value;
    }
    let known: Vec<_> = there.texts().iter().map(|text| (normal_text(style, text), text)).collect();
    each(&value, |text| {
        let normal = normal_text(style, text);
        known
            .iter()
            .find(|(form, _)| *form == normal)
            .map_or_else(|| text.to_owned(), |(_, text)| (*text).clone())
    })
}

fn each(value: &Value, change: impl Fn(&str) -> String) -> Value {
    match value {
        Value::Empty => Value::Empty,
        Value::Text(text) => Value::text(change(text)),
        Value::List(texts) => Value::list(texts.iter().map(|text| change(text))),
    }
}
