//! What is wrong with an agreement: everything that can be known before the first record is read, at once, in words that say what
//! to do.

mod forms;
mod kinds;
mod lookup;
mod options;
#[cfg(test)]
mod tests;

use super::super::agreement::Agreement;
use super::super::schema::{Field, Kind, Schema};
use super::super::side::{Side, Sides};
use super::{Form, Mistake, Rule, refuse, writes};
use crate::sync::value::Value;

/// What is wrong with an agreement, given what fields there are.
#[must_use]
pub fn check(agreement: &Agreement, schemas: Sides<&Schema>) -> Vec<Mistake> {
    let mut check = Check { agreement, schemas, mistakes: Vec::new() };
    check.whole();
    for side in Side::BOTH {
        check.party(side);
    }
    for (index, rule) in agreement.rules.iter().enumerate() {
        check.rule(&format!("rules[{index}]"), index, rule);
    }
    for index in 0..agreement.matching.len() {
        check.matching(index);
    }
    check.mistakes
}

/// A check under way.
struct Check<'a> {
    agreement: &'a Agreement,
    schemas: Sides<&'a Schema>,
    mistakes: Vec<Mistake>,
}

impl<'a> Check<'a> {
    fn say(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.mistakes.push(Mistake { at: at.into(), field: None, message: message.into() });
    }

    fn say_of(&mut self, at: impl Into<String>, field: &str, message: impl Into<String>) {
        let field = Some(field.to_owned());
        self.mistakes.push(Mistake { at: at.into(), field, message: message.into() });
    }

    /// The field of this name, or the mistake that there is none.
    fn field(&mut self, at: &str, side: Side, name: &str) -> Option<&'a Field> {
        let found = self.schemas[side].get(name);
        if found.is_none() {
            let message = lookup::unknown(self.schemas[side], &self.agreement.sides[side].object_type, name);
            self.say_of(at, name, message);
        }
        found
    }

    fn whole(&mut self) {
        if self.agreement.rules.is_empty() {
            self.say("rules", "there are no rules: nothing would be synced; map at least one field");
        }
        if self.agreement.guard.percent > 100 {
            self.say("guard.percent", "a share of the records is at most 100");
        }
    }

    /// The fields for the external id and the status are the sync's own.
    fn party(&mut self, side: Side) {
        let party = &self.agreement.sides[side];
        if party.object_type.is_empty() {
            self.say(
                format!("sides.{side}.object_type"),
                "say what is synced (contacts, customer, row, page)",
            );
        }
        let own = [("external", &party.external), ("status", &party.status)];
        for (what, name) in own.into_iter().filter_map(|(what, name)| Some((what, name.as_ref()?))) {
            let at = format!("sides.{side}.{what}");
            let user = self.agreement.rules.iter().find(|rule| rule.fields[side].contains(name));
            if let Some(rule) = user {
                let message = format!(
                    "`{name}` is kept by the sync, and the rule `{}` uses it: take another field",
                    rule.name
                );
                self.say_of(&at, name, message);
            }
            let Some(field) = self.field(&at, side, name) else { continue };
            if !field.writable {
                self.say_of(at, name, format!("`{name}` cannot be written"));
            } else if field.kind != Kind::Text {
                self.say_of(
                    at,
                    name,
                    format!("`{name}` holds {}; it has to be a text", kinds::noun(&field.kind)),
                );
            }
        }
        if party.external.is_some() && party.external == party.status {
            self.say(format!("sides.{side}.status"), "external id and status cannot be in the same field");
        }
    }

    fn rule(&mut self, at: &str, index: usize, rule: &Rule) {
        self.name(at, index, rule);
        if Side::BOTH.iter().all(|&side| !writes(self.agreement, rule, side))
            && Side::BOTH.iter().any(|&side| !rule.fields[side].is_empty())
        {
            let message =
                "this rule never writes anything: its way and the sync's direction leave no side to write to";
            self.say(format!("{at}.way"), message);
        }
        for side in Side::BOTH {
            self.rule_fields(at, index, rule, side);
        }
        // What the form asks of its fields is only worth saying of the right number of fields.
        if self.numbers(at, rule) {
            self.form(at, rule);
            self.kinds(at, rule);
        }
        self.normalise(at, rule);
    }

    fn name(&mut self, at: &str, index: usize, rule: &Rule) {
        let name = &rule.name;
        if name.trim().is_empty() {
            self.say(format!("{at}.name"), "a rule needs a name: conflicts and history call it by it");
        } else if name.starts_with('@') {
            self.say(format!("{at}.name"), "a rule's name cannot begin with @");
        } else if self.agreement.rules[..index].iter().any(|other| other.name == *name) {
            self.say(format!("{at}.name"), format!("there is another rule called `{name}`"));
        }
    }

    fn rule_fields(&mut self, at: &str, index: usize, rule: &Rule, side: Side) {
        let written = writes(self.agreement, rule, side);
        for (place, name) in rule.fields[side].iter().enumerate() {
            let at = format!("{at}.fields.{side}[{place}]");
            if rule.fields[side][..place].contains(name) {
                self.say_of(&at, name, format!("`{name}` is there twice"));
            }
            let Some(field) = self.field(&at, side, name) else { continue };
            if written && !field.writable {
                let message = format!("`{name}` cannot be written: let the rule go from the {side} only");
                self.say_of(&at, name, message);
            }
            let earlier = &self.agreement.rules[..index];
            let other = earlier.iter().find(|other| {
                written && writes(self.agreement, other, side) && other.fields[side].contains(name)
            });
            if let Some(other) = other {
                self.say_of(&at, name, format!("the rule `{}` writes `{name}` already", other.name));
            }
        }
        if written {
            self.placeholder(at, rule, side);
        }
    }

    fn placeholder(&mut self, at: &str, rule: &Rule, side: Side) {
        let value = Value::text(rule.placeholder[side].trim());
        for name in &rule.fields[side] {
            let field = self.schemas[side].get(name).filter(|field| field.writable);
            if let Some(reason) = field.and_then(|field| refuse::reason(name, &value, Some(field))) {
                let message = format!("`{name}` would refuse the placeholder as well: {reason}");
                self.say_of(format!("{at}.placeholder.{side}"), name, message);
            }
        }
    }

    fn matching(&mut self, index: usize) {
        let (agreement, key) = (self.agreement, &self.agreement.matching[index]);
        let at = format!("matching[{index}]");
        match agreement.rules.iter().find(|rule| rule.name == key.rule) {
            None => {
                let names = agreement.rules.iter().map(|rule| rule.name.as_str());
                let hint = lookup::hint(names, &key.rule);
                self.say(format!("{at}.rule"), format!("there is no rule `{}`{hint}", key.rule));
            }
            Some(Rule { form: Form::Constant { .. }, .. }) => {
                let message = "a constant is the same for everybody: nobody can be found by it";
                self.say(format!("{at}.rule"), message);
            }
            Some(_) => {}
        }
        for side in Side::BOTH {
            for (place, name) in key.also[side].iter().enumerate() {
                self.field(&format!("{at}.also.{side}[{place}]"), side, name);
            }
        }
    }
}
