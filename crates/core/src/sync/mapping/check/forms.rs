//! What each form asks for: numbers of fields, separators, constants, countries.

use super::super::super::normal::is_region;
use super::super::super::side::Side;
use super::super::super::value::Value;
use super::super::{Form, Normalise, Rule, fit, refuse};
use super::Check;

impl Check<'_> {
    /// Whether the form has the number of fields that it asks for.
    pub(super) fn numbers(&mut self, at: &str, rule: &Rule) -> bool {
        let (left, right) = (rule.fields.left.len(), rule.fields.right.len());
        let (fewer, more) = (left.min(right), left.max(right));
        let (fits, wanted) = match &rule.form {
            Form::Direct => (left == 1 && right == 1, "`direct` maps one field to one"),
            Form::Date => (left == 1 && right == 1, "`date` maps one field to one"),
            Form::Options { .. } => (left == 1 && right == 1, "`options` maps one field to one"),
            Form::Join { .. } => (fewer == 1 && more >= 2, "`join` maps two fields or more to one"),
            Form::List { .. } => {
                (fewer == 1 && more == 2, "`list` maps a field for the first and one for the rest to one")
            }
            Form::Constant { .. } => {
                (fewer == 0 && more == 1, "`constant` has one field on one side, and none on the other")
            }
        };
        if !fits {
            self.say(
                format!("{at}.fields"),
                format!("{wanted}; there are {left} on the left and {right} on the right"),
            );
        }
        fits
    }

    /// What else the form says, of a rule with the right number of fields.
    pub(super) fn form(&mut self, at: &str, rule: &Rule) {
        match &rule.form {
            Form::Direct | Form::Date => {}
            Form::Join { separator } if separator.is_empty() => {
                let message = "without a separator nobody knows where to split: a space, or something else";
                self.say(format!("{at}.form.join.separator"), message);
            }
            Form::Join { .. } => {}
            Form::List { separator } => {
                let readable = |c: char| c == ',' || c.is_whitespace();
                if !separator.contains([',', '\n']) || !separator.chars().all(readable) {
                    let message = "the rest is read with commas or line ends between its values: so it has to be written";
                    self.say(format!("{at}.form.list.separator"), message);
                }
            }
            Form::Constant { value } => self.constant(at, rule, value),
            Form::Options { pairs } => self.options(at, rule, pairs),
        }
    }

    fn constant(&mut self, at: &str, rule: &Rule, value: &str) {
        let side = if rule.fields.left.is_empty() { Side::Right } else { Side::Left };
        let at = format!("{at}.form.constant.value");
        if value.trim().is_empty() {
            self.say(&at, "a constant needs a value");
        }
        for name in &rule.fields[side] {
            let Some(field) = self.schemas[side].get(name).filter(|field| field.writable) else { continue };
            let value = fit::fit(Value::text(value.trim()), Some(&field.kind));
            if let Some(reason) = refuse::reason(name, &value, Some(field)) {
                self.say_of(&at, name, format!("`{name}` does not take it: {reason}"));
            }
        }
    }

    /// Addresses and numbers are only known as such where they are carried over one by one.
    pub(super) fn normalise(&mut self, at: &str, rule: &Rule) {
        let at = format!("{at}.normalise");
        if rule.normalise != Normalise::Trim && !matches!(rule.form, Form::Direct | Form::List { .. }) {
            self.say(&at, "e-mail addresses and phone numbers are mapped by `direct` and `list` only");
        }
        if let Normalise::Phone { region } = &rule.normalise
            && !is_region(region)
        {
            let message = format!("`{region}` is not a country: two capital letters, as in GB");
            self.say(format!("{at}.phone.region"), message);
        }
    }
}
