//! From what one side shows in a rule's fields to what the other should show.

use super::super::schema::{Kind, Schema};
use super::super::side::Side;
use super::super::value::{Face, Fields, Value};
use super::same::{respelt, written};
use super::{Form, Rule, date, fit, join, list, options};

/// What `side` shows in the rule's fields, in their order.
#[must_use]
pub fn face(rule: &Rule, side: Side, fields: &Fields) -> Face {
    Face(rule.fields[side].iter().map(|name| fields.get(name).cloned().unwrap_or_default()).collect())
}

/// What the side other than `from` should show, when `from` shows `face` and the other side shows `present` now: made fit for the
/// kinds of its fields, and with what is there already wherever that is the same. Values that the other side would refuse are
/// in it as they are ([`super::refusals`]).
#[must_use]
pub fn convert(rule: &Rule, from: Side, face: &Face, to_schema: &Schema, present: Option<&Face>) -> Face {
    let to = from.other();
    let values = match &rule.form {
        Form::Direct | Form::Date => vec![first(face).clone()],
        Form::Options { pairs } => vec![options::map(pairs, from, first(face))],
        Form::Constant { value } => rule.fields[to].iter().map(|_| Value::text(value.trim())).collect(),
        Form::Join { separator } if rule.several() == from => vec![join::joined(separator, &face.0)],
        Form::Join { separator } => {
            let text = join::whole(first(face));
            join::split(separator, &text, rule.fields[to].len(), present.map(|face| &face.0[..]))
        }
        Form::List { .. } if rule.several() == from => vec![list::gathered(face)],
        Form::List { separator } => list::spread(rule, separator, first(face), present),
    };
    let kind_of = |index: usize| {
        let name = rule.fields[to].get(index)?;
        to_schema.get(name).map(|field| &field.kind)
    };
    let values = values.into_iter().enumerate().map(|(index, value)| {
        let there = present.and_then(|face| face.0.get(index));
        settled(rule, value, kind_of(index), there)
    });
    Face(values.collect())
}

/// The value as this field should hold it, given what is there.
fn settled(rule: &Rule, value: Value, kind: Option<&Kind>, there: Option<&Value>) -> Value {
    let days_only = date::is_day(value.first());
    let value = written(rule.style(), &fit::fit(written(rule.style(), &value), kind));
    let Some(there) = there else { return value };
    if rule.form == Form::Date && days_only && kind == Some(&Kind::DateTime) {
        return date::with_time_of(value, there);
    }
    if fit::is_same(&value, there, kind) { there.clone() } else { respelt(rule.style(), value, there) }
}

fn first(face: &Face) -> &Value {
    const NOTHING: &Value = &Value::Empty;
    face.0.first().unwrap_or(NOTHING)
}

/// The parts that people change one by one: of a joined text its parts, of a list with a primary the first and the rest. None for
/// forms without such parts. Compare them with [`super::alike_values`].
#[must_use]
pub fn components(rule: &Rule, side: Side, face: &Face) -> Option<Vec<Value>> {
    match &rule.form {
        Form::Join { .. } if rule.several() == side => Some(face.0.clone()),
        Form::Join { separator } => {
            let parts = rule.fields[side.other()].len();
            Some(join::split(separator, &join::whole(first(face)), parts, None))
        }
        Form::List { .. } if rule.several() == side => {
            Some(vec![first(face).clone(), Value::list(list::rest(face))])
        }
        Form::List { .. } => {
            let mut texts = list::elements(first(face)).into_iter();
            let primary = texts.next().map_or(Value::Empty, Value::Text);
            Some(vec![primary, Value::list(texts)])
        }
        _ => None,
    }
}

/// What `side` shows when the parts are these ([`components`]); nothing for forms without parts.
#[must_use]
pub fn assemble(rule: &Rule, side: Side, components: &[Value]) -> Face {
    match &rule.form {
        Form::Join { .. } if rule.several() == side => Face(components.to_vec()),
        Form::Join { separator } => Face(vec![join::joined(separator, components)]),
        Form::List { separator } => {
            let primary = components.first().cloned().unwrap_or_default();
            let rest = components.get(1).map_or(&[][..], Value::texts);
            if rule.several() == side {
                return Face(vec![primary, Value::text(rest.join(separator))]);
            }
            Face(vec![Value::list(primary.texts().iter().chain(rest).cloned())])
        }
        _ => Face(vec![Value::Empty; rule.fields[side].len()]),
    }
}
