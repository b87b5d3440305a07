//! How large an agreement may be, and how what is wrong with one is told. What its fields mean is checked by `core::sync::mapping`.

use crate::http::Problem;
use http::StatusCode;
use syncline_core::sync::mapping::Mistake;
use syncline_core::sync::{Agreement, Form, Rule, Side};

/// The most rules.
const RULES: usize = 200;
/// The most matching keys.
const KEYS: usize = 20;
/// The most fields of one side of a rule, and of one side that count for matching only.
const FIELDS: usize = 20;
/// The most pairs of options of a rule.
const PAIRS: usize = 1_000;
/// The most characters of a name: of a rule, a field, a type, a place.
const NAME: usize = 255;
/// The most characters of a placeholder, a constant, a separator, an option.
const TEXT: usize = 1_000;

/// What is wrong with an agreement, as a problem that lists it.
#[must_use]
pub fn refuse(mistakes: &[Mistake]) -> Problem {
    let what = match mistakes {
        [one] => format!("The agreement has a mistake. {}: {}.", one.at, one.message),
        several => format!("The agreement has {} mistakes; `mistakes` lists them.", several.len()),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "agreement_invalid", what)
        .with("mistakes", serde_json::json!(mistakes))
}

/// Refuses an agreement that is too large to be worked with, before anybody is asked anything.
///
/// # Errors
/// 422 with the mistakes.
pub fn check(agreement: &Agreement) -> Result<(), Problem> {
    let mut mistakes = Mistakes::default();
    mistakes.count("rules", agreement.rules.len(), RULES);
    mistakes.count("matching", agreement.matching.len(), KEYS);
    for (side, party) in agreement.sides.iter() {
        let at = format!("sides.{side}");
        mistakes.name(&format!("{at}.object_type"), &party.object_type);
        mistakes.name(&format!("{at}.collection"), &party.collection);
        mistakes.name(&format!("{at}.external"), party.external.as_deref().unwrap_or_default());
        mistakes.name(&format!("{at}.status"), party.status.as_deref().unwrap_or_default());
    }
    for (index, rule) in agreement.rules.iter().enumerate().take(RULES) {
        mistakes.rule(&format!("rules[{index}]"), rule);
    }
    for (index, key) in agreement.matching.iter().enumerate().take(KEYS) {
        let at = format!("matching[{index}]");
        mistakes.name(&format!("{at}.rule"), &key.rule);
        for side in Side::BOTH {
            mistakes.names(&format!("{at}.also.{side}"), &key.also[side]);
        }
    }
    if mistakes.0.is_empty() { Ok(()) } else { Err(refuse(&mistakes.0)) }
}

#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn say(&mut self, at: &str, message: String) {
        self.0.push(Mistake { at: at.to_owned(), field: None, message });
    }

    fn count(&mut self, at: &str, there: usize, most: usize) {
        if there > most {
            self.say(at, format!("there are {there}, and at most {most} are taken"));
        }
    }

    fn name(&mut self, at: &str, name: &str) {
        if name.chars().count() > NAME || name.chars().any(char::is_control) {
            self.say(at, format!("a name is at most {NAME} characters, without control characters"));
        }
    }

    fn text(&mut self, at: &str, text: &str) {
        if text.chars().count() > TEXT {
            self.say(at, format!("a text is at most {TEXT} characters"));
        }
    }

    fn names(&mut self, at: &str, names: &[String]) {
        self.count(at, names.len(), FIELDS);
        for (index, name) in names.iter().enumerate().take(FIELDS) {
            self.name(&format!("{at}[{index}]"), name);
        }
    }

    fn rule(&mut self, at: &str, rule: &Rule) {
        self.name(&format!("{at}.name"), &rule.name);
        for side in Side::BOTH {
            self.names(&format!("{at}.fields.{side}"), &rule.fields[side]);
            self.text(&format!("{at}.placeholder.{side}"), &rule.placeholder[side]);
        }
        match &rule.form {
            Form::Join { separator } => self.text(&format!("{at}.form.join.separator"), separator),
            Form::List { separator } => self.text(&format!("{at}.form.list.separator"), separator),
            Form::Constant { value } => self.text(&format!("{at}.form.constant.value"), value),
            Form::Options { pairs } => {
                self.count(&format!("{at}.form.options.pairs"), pairs.len(), PAIRS);
                for (index, (left, right)) in pairs.iter().enumerate().take(PAIRS) {
                    self.text(&format!("{at}.form.options.pairs[{index}][0]"), left);
                    self.text(&format!("{at}.form.options.pairs[{index}][1]"), right);
                }
            }
            Form::Direct | Form::Date => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_core::sync::defaults;

    fn ready_made() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("it is ready-made")
    }

    fn mistakes(agreement: &Agreement) -> Vec<String> {
        let problem = check(agreement).expect_err("it is too large");
        assert_eq!((problem.status.as_u16(), problem.code), (422, "agreement_invalid"));
        let (name, list) = *problem.more.expect("the mistakes");
        assert_eq!(name, "mistakes");
        list.as_array()
            .expect("a list")
            .iter()
            .map(|one| one["at"].as_str().expect("where").to_owned())
            .collect()
    }

    #[test]
    fn the_ready_made_agreement_fits() {
        assert_eq!(check(&ready_made()), Ok(()));
    }

    #[test]
    fn what_is_too_large_is_named_with_its_place() {
        let mut agreement = ready_made();
        agreement.rules[1].fields.left = vec!["x".to_owned(); 21];
        agreement.rules[2].name = "n".repeat(256);
        agreement.rules[0].form = Form::Constant { value: "v".repeat(1_001) };
        agreement.sides.right.collection = "a\nb".to_owned();
        agreement.matching[0].also.left = vec!["\u{0}".to_owned()];
        let all = mistakes(&agreement);
        assert_eq!(
            all,
            [
                "sides.right.collection",
                "rules[0].form.constant.value",
                "rules[1].fields.left",
                "rules[2].name",
                "matching[0].also.left[0]"
            ]
        );
    }

    #[test]
    fn counts_are_bounded_and_what_is_beyond_them_is_not_looked_at() {
        let mut agreement = ready_made();
        let long = Rule { name: "n".repeat(300), ..agreement.rules[0].clone() };
        agreement.rules = vec![agreement.rules[0].clone(); 200];
        agreement.rules.push(long);
        assert_eq!(mistakes(&agreement), ["rules"]);
        let mut agreement = ready_made();
        agreement.rules[0].form = Form::Options { pairs: vec![("a".to_owned(), "b".to_owned()); 1_001] };
        assert_eq!(mistakes(&agreement), ["rules[0].form.options.pairs"]);
    }
}
