//! By what records that nobody has linked yet are found to be the same.

use super::super::agreement::Agreement;
use super::super::normal;
use super::super::side::Side;
use super::super::value::{Fields, Value};
use super::same::normal_text;
use super::{Form, Normalise, Rule, date, face, join, list, options};

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
            let text = if rule.several() == side { join::joined(separator, &face.0) } else { value };
            join::normal(separator, &text).texts().to_vec()
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

#[cfg(test)]
mod tests {
    use super::super::super::{Key, Sides, defaults};
    use super::super::testing::{names, options, rule};
    use super::*;

    fn agreement() -> Agreement {
        defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("ready-made")
    }

    fn fields(fields: &[(&str, Value)]) -> Fields {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// What people are known by under one rule.
    fn by(rule: Rule, side: Side, of: &[(&str, Value)]) -> Vec<String> {
        let mut agreement = agreement();
        agreement.matching = vec![Key { rule: rule.name.clone(), also: Sides::default() }];
        agreement.rules = vec![rule];
        match_values(&agreement, 0, side, &fields(of))
    }

    #[test]
    fn people_are_known_by_every_address_they_have() {
        let contact = fields(&[
            ("email", Value::text("Ada@X.org")),
            ("tte_customer_secondary_emails", Value::text("b@x.org,\nn/a")),
            ("hs_additional_emails", Value::text("c@x.org; ada@x.org,D@x.org\ne@x.org")),
        ]);
        let known = match_values(&agreement(), 0, Side::Left, &contact);
        assert_eq!(known, ["ada@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org"]);
        let customer = fields(&[("emails", Value::list(["A@x.org", "nobody", "a@x.org"]))]);
        assert_eq!(match_values(&agreement(), 0, Side::Right, &customer), ["a@x.org"]);
        assert_eq!(match_values(&agreement(), 0, Side::Right, &Fields::new()), [""; 0]);
    }

    #[test]
    fn people_are_known_by_numbers_that_are_long_enough() {
        let customer = fields(&[("numbers", Value::list(["020 7946 0123", "12345", "0044 20 7946 0123"]))]);
        assert_eq!(match_values(&agreement(), 1, Side::Right, &customer), ["+442079460123"]);
        assert_eq!(match_values(&agreement(), 2, Side::Right, &customer), [""; 0], "there is no third key");
    }

    #[test]
    fn nobody_is_known_by_a_placeholder() {
        let mut agreement = agreement();
        agreement.rules[1].placeholder.left = "Invalid@example.com".to_owned();
        let email = |text: &str| fields(&[("email", Value::text(text))]);
        assert_eq!(match_values(&agreement, 0, Side::Left, &email("invalid@example.com")), [""; 0]);
        assert_eq!(match_values(&agreement, 0, Side::Left, &email("ada@example.com")), ["ada@example.com"]);
    }

    #[test]
    fn both_sides_are_known_by_the_same_values_whatever_the_form() {
        let text = Value::text;
        let parts = [("firstname", text("Ada")), ("lastname", text("King Lovelace"))];
        assert_eq!(by(names(), Side::Left, &parts), ["Ada King Lovelace"]);
        assert_eq!(by(names(), Side::Right, &[("name", text("Ada  King Lovelace"))]), ["Ada King Lovelace"]);
        let pairs = [("open", "new")];
        assert_eq!(by(options(&pairs), Side::Left, &[("a", text("open"))]), ["open"]);
        assert_eq!(by(options(&pairs), Side::Right, &[("b", text("new"))]), ["open"]);
        assert_eq!(by(options(&pairs), Side::Right, &[("b", text("open"))]), [""; 0]);
        let dates = || rule(Form::Date, &["a"], &["b"]);
        assert_eq!(by(dates(), Side::Left, &[("a", text("2026-01-31T23:00:00.000Z"))]), ["2026-01-31"]);
        assert_eq!(by(dates(), Side::Right, &[("b", text("2026-01-31"))]), ["2026-01-31"]);
        let constant = rule(Form::Constant { value: "x".to_owned() }, &["a"], &[]);
        assert_eq!(by(constant, Side::Left, &[("a", text("x"))]), [""; 0]);
    }
}
