//! Pairs of choices: no choice may have two counterparts, and there has to be such a choice.

use super::super::super::schema::Kind;
use super::super::super::side::Side;
use super::super::options::of;
use super::super::{Rule, writes};
use super::{Check, lookup};

impl Check<'_> {
    pub(super) fn options(&mut self, at: &str, rule: &Rule, pairs: &[(String, String)]) {
        let at = format!("{at}.form.options.pairs");
        if pairs.is_empty() {
            self.say(&at, "there are no pairs: every choice would be refused");
        }
        for (index, pair) in pairs.iter().enumerate() {
            let at = format!("{at}[{index}]");
            for side in Side::BOTH {
                let choice = of(pair, side);
                if choice.trim().is_empty() || choice != choice.trim() {
                    self.say(&at, format!("the {side} needs a choice without blanks around it"));
                    continue;
                }
                // A choice that is read has to lead to one of the other side only.
                let is_read = writes(self.agreement, rule, side.other());
                if is_read && pairs[..index].iter().any(|other| of(other, side) == choice) {
                    let message = format!("`{choice}` is on the {side} twice: which one counts nobody knows");
                    self.say(&at, message);
                }
                self.is_choice(&at, rule, side, choice);
            }
        }
    }

    fn is_choice(&mut self, at: &str, rule: &Rule, side: Side, choice: &str) {
        for name in &rule.fields[side] {
            let kind = self.schemas[side].get(name).map(|field| &field.kind);
            let (Some(Kind::Choice(choices)) | Some(Kind::Choices(choices))) = kind else { continue };
            if !choices.is_empty() && !choices.iter().any(|known| known == choice) {
                let hint = lookup::hint(choices.iter().map(String::as_str), choice);
                self.say_of(at, name, format!("`{choice}` is no choice of `{name}`{hint}"));
            }
        }
    }
}
