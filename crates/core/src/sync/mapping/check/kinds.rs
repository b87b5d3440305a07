//! Which kinds of fields go together.

use super::super::super::schema::{Field, Kind};
use super::super::super::side::Side;
use super::super::{Form, Rule, writes};
use super::Check;

impl Check<'_> {
    /// The kinds of the rule's fields fit the form and each other. Fields that are not there are told of elsewhere.
    pub(super) fn kinds(&mut self, at: &str, rule: &Rule) {
        for side in Side::BOTH {
            for (place, name) in rule.fields[side].iter().enumerate() {
                let Some(field) = self.schemas[side].get(name) else { continue };
                let written = writes(self.agreement, rule, side);
                if let Some(wanted) = wanted(rule, side, place, written, &field.kind) {
                    let message = format!("`{name}` holds {}; here it has to be {wanted}", noun(&field.kind));
                    self.say_of(format!("{at}.fields.{side}[{place}]"), name, message);
                }
            }
        }
        if matches!(rule.form, Form::Direct | Form::Options { .. } | Form::Date) {
            for to in Side::BOTH.into_iter().filter(|&to| writes(self.agreement, rule, to)) {
                self.pair(at, rule, to);
            }
        }
    }

    fn pair(&mut self, at: &str, rule: &Rule, to: Side) {
        let field = |side: Side| {
            let name = rule.fields[side].first()?;
            Some((name, self.schemas[side].get(name).filter(|field| field.kind != Kind::Other)?))
        };
        let (Some((from_name, from)), Some((name, field))) = (field(to.other()), field(to)) else { return };
        let fits = match rule.form {
            Form::Options { .. } => several(&field.kind) || !several(&from.kind),
            _ => goes_into(from, field),
        };
        if !fits {
            let message = format!(
                "`{from_name}` holds {}, and `{name}` {}: one does not become the other",
                noun(&from.kind),
                noun(&field.kind)
            );
            self.say_of(format!("{at}.fields.{to}[0]"), name, message);
        }
    }
}

/// What the field has to hold for its form; nothing when it does.
fn wanted(rule: &Rule, side: Side, place: usize, written: bool, kind: &Kind) -> Option<&'static str> {
    let is_many = rule.fields[side].len() > 1;
    match &rule.form {
        _ if *kind == Kind::Other => Some("something that mappings can hold"),
        Form::Join { .. } if written && !textual(kind) => Some("a text"),
        Form::List { .. } if !is_many && !several(kind) => Some("a list"),
        Form::List { .. } if is_many && place > 0 && *kind != Kind::Text => Some("a text"),
        Form::List { .. } if is_many && several(kind) => Some("one value"),
        Form::Date if !matches!(kind, Kind::Date | Kind::DateTime | Kind::Text) => Some("a day or a moment"),
        Form::Options { .. }
            if !matches!(kind, Kind::Choice(_) | Kind::Choices(_) | Kind::Text | Kind::List | Kind::Bool) =>
        {
            Some("a choice or a text")
        }
        _ => None,
    }
}

/// Whether values of one field can become values of the other; whether each single one is taken is another question.
fn goes_into(from: &Field, to: &Field) -> bool {
    match &to.kind {
        Kind::Text => true,
        Kind::List | Kind::Choices(_) => several(&from.kind) || textual(&from.kind),
        Kind::Number => matches!(from.kind, Kind::Number | Kind::Text | Kind::Choice(_)),
        Kind::Bool => matches!(from.kind, Kind::Bool | Kind::Text | Kind::Choice(_)),
        Kind::Date | Kind::DateTime => matches!(from.kind, Kind::Date | Kind::DateTime | Kind::Text),
        Kind::Choice(_) => matches!(from.kind, Kind::Number | Kind::Bool) || textual(&from.kind),
        Kind::Phone => from.kind == Kind::Number || textual(&from.kind),
        Kind::Email | Kind::Url => textual(&from.kind),
        Kind::Other => false,
    }
}

fn textual(kind: &Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice(_))
}

fn several(kind: &Kind) -> bool {
    matches!(kind, Kind::List | Kind::Choices(_))
}

/// What a field of this kind holds, for people.
pub(super) fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::List => "a list",
        Kind::Number => "a number",
        Kind::Bool => "true or false",
        Kind::Date => "a day",
        Kind::DateTime => "a moment",
        Kind::Choice(_) => "a choice",
        Kind::Choices(_) => "several choices",
        Kind::Email => "an e-mail address",
        Kind::Phone => "a phone number",
        Kind::Url => "a web address",
        Kind::Other => "something that mappings cannot hold",
    }
}
