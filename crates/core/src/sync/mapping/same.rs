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
        Form::Join { separator } => values.map(|value| join::normal(separator, value)).collect(),
        Form::List { .. } if rule.several() != side => {
            vec![normal_value(style, &Value::list(list::elements(value(0))))]
        }
        Form::List { .. } => {
            let rest = Value::list(list::rest(face));
            vec![normal_value(style, value(0)), normal_value(style, &rest)]
        }
        Form::Date => values.map(normal_date).collect(),
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

#[cfg(test)]
mod tests {
    use super::super::testing::{direct, emails, list, names, phones, rule, texts};
    use super::*;
    use Side::{Left, Right};

    #[test]
    fn blanks_around_texts_and_empty_fields_make_no_difference() {
        assert!(alike(&direct(), Left, &texts(&[" a "]), &texts(&["a"])));
        assert!(alike(&direct(), Left, &texts(&["  "]), &Face::default()));
        assert!(!alike(&direct(), Left, &texts(&["a"]), &texts(&["A"])));
        assert!(!alike(&direct(), Left, &texts(&["a b"]), &texts(&["a  b"])));
    }

    #[test]
    fn addresses_are_alike_whatever_their_case_and_numbers_however_they_are_written() {
        assert!(alike(&emails(), Right, &list(&["Ada@X.org"]), &list(&["ada@x.org "])));
        assert!(alike(&phones(), Right, &list(&["020 7946 0123"]), &list(&["+442079460123"])));
        assert!(!alike(&phones(), Right, &list(&["020 7946 0123"]), &list(&["020 7946 0124"])));
    }

    #[test]
    fn lists_are_alike_by_their_values_in_their_order() {
        assert!(alike(&emails(), Left, &texts(&["a", "b,\nc"]), &texts(&["a", " b\nC ,"])));
        assert!(!alike(&emails(), Left, &texts(&["a", "b, c"]), &texts(&["a", "c, b"])));
        assert!(!alike(&emails(), Right, &list(&["a", "b"]), &list(&["b", "a"])));
        // The same list on the other side, yet not the same here.
        assert!(!alike(&emails(), Left, &texts(&["", "a"]), &texts(&["a", ""])));
    }

    #[test]
    fn names_are_alike_by_their_parts() {
        assert!(alike(&names(), Right, &texts(&[" Ada   Lovelace"]), &texts(&["Ada Lovelace"])));
        assert!(!alike(&names(), Left, &texts(&["Ada", ""]), &texts(&["", "Ada"])));
    }

    #[test]
    fn moments_are_alike_in_whatever_zone_they_are_told() {
        let rule = rule(Form::Date, &["a"], &["b"]);
        assert!(alike(
            &rule,
            Left,
            &texts(&["2026-01-31T10:00:00+01:00"]),
            &texts(&["2026-01-31T09:00:00.000Z"])
        ));
        assert!(!alike(&rule, Left, &texts(&["2026-01-31"]), &texts(&["2026-01-31T00:00:00Z"])));
    }

    #[test]
    fn values_are_compared_as_faces_are() {
        assert!(alike_values(&emails(), &Value::list(["A@x.org"]), &Value::list(["a@x.org"])));
        assert!(!alike_values(&direct(), &Value::text("A"), &Value::text("a")));
    }
}
