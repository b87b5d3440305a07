//! What a side would not take, found by rule: before anything is sent.

use super::super::normal::is_email;
use super::super::schema::{Field, Kind, Refusal, Schema};
use super::super::side::Side;
use super::super::value::{Face, Value};
use super::{Rule, date, fit, options};

/// The most characters of a value that a reason repeats.
const SHOWN: usize = 100;

/// What `side` would not take of the face it is about to be given. Clearing a field is never refused.
#[must_use]
pub fn refusals(rule: &Rule, side: Side, face: &Face, schema: &Schema) -> Vec<Refusal> {
    let refusal = |(name, value): (&String, &Value)| {
        let reason = reason(name, value, schema.get(name))?;
        Some(Refusal { field: name.clone(), value: value.clone(), reason })
    };
    rule.fields[side].iter().zip(&face.0).filter_map(refusal).collect()
}

/// The face with the rule's placeholder in every field that is refused.
#[must_use]
pub fn withheld(rule: &Rule, side: Side, face: &Face, refusals: &[Refusal]) -> Face {
    let placeholder = &rule.placeholder[side];
    let stand_in = |name: &String, value: &Value| match value {
        _ if !refusals.iter().any(|refusal| refusal.field == *name) => value.clone(),
        Value::List(_) => Value::list([placeholder]),
        _ => Value::text(placeholder),
    };
    Face(rule.fields[side].iter().zip(&face.0).map(|(name, value)| stand_in(name, value)).collect())
}

/// Why a field would not take a value; none: it would.
pub(super) fn reason(name: &str, value: &Value, field: Option<&Field>) -> Option<String> {
    let texts = value.texts();
    if texts.is_empty() {
        return None;
    }
    if let Some(foreign) = texts.iter().find_map(|text| options::foreign(text)) {
        return Some(format!("No choice of {name} for {}", shown(foreign)));
    }
    let Some(field) = field else { return Some(format!("No field {name}")) };
    if !field.writable {
        return Some(format!("{name} cannot be written"));
    }
    if let Some(longest) = field.longest
        && texts.iter().any(|text| text.chars().count() > longest)
    {
        return Some(format!("{name} takes at most {longest} characters"));
    }
    texts.iter().find_map(|text| unfit(name, text, &field.kind))
}

fn unfit(name: &str, text: &str, kind: &Kind) -> Option<String> {
    let what = match kind {
        Kind::Email if !is_email(text) => "Invalid email",
        Kind::Number if fit::number(text).is_none() => "Invalid number",
        Kind::Bool if !matches!(text, "true" | "false") => "Neither true nor false:",
        Kind::Date if !date::is_day(text) => "Invalid date",
        Kind::DateTime if date::moment(text).is_none() => "Invalid date",
        Kind::Url if text.trim().contains(char::is_whitespace) || !text.contains(['.', ':']) => {
            "Invalid address"
        }
        Kind::Choice(choices) | Kind::Choices(choices)
            if !choices.is_empty() && !choices.iter().any(|c| c == text) =>
        {
            return Some(format!("{} is no choice of {name}", shown(text)));
        }
        Kind::Other => return Some(format!("{name} cannot be written")),
        _ => return None,
    };
    Some(format!("{what} {}", shown(text)))
}

/// The text on one line, not too long for a status.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{direct, emails, field, list, options, schema, texts};
    use super::super::{convert, writes};
    use super::*;

    /// Why a field of this kind would not take this text.
    fn why(kind: Kind, text: &str) -> Option<String> {
        let found = refusals(&direct(), Side::Right, &texts(&[text]), &schema(&[("b", kind)]));
        assert!(found.len() <= 1, "one field");
        found.into_iter().next().map(|refusal| refusal.reason)
    }

    #[test]
    fn an_address_that_is_none_is_refused_in_the_seeds_words() {
        let face = texts(&["a@x", "b@x"]);
        let schema = schema(&[("email", Kind::Email), ("more", Kind::Text)]);
        let found = refusals(&emails(), Side::Left, &face, &schema);
        let reason = "Invalid email a@x".to_owned();
        assert_eq!(found, [Refusal { field: "email".to_owned(), value: Value::text("a@x"), reason }]);
        assert_eq!(withheld(&emails(), Side::Left, &face, &found), texts(&["", "b@x"]));
        let mut rule = emails();
        rule.placeholder.left = "invalid@example.com".to_owned();
        assert_eq!(withheld(&rule, Side::Left, &face, &found), texts(&["invalid@example.com", "b@x"]));
    }

    #[test]
    fn each_kind_says_why_it_does_not_take_a_value() {
        let choices = || vec!["new".to_owned(), "won".to_owned()];
        for (kind, text, reason) in [
            (Kind::Number, "a lot", "Invalid number a lot"),
            (Kind::Bool, "maybe", "Neither true nor false: maybe"),
            (Kind::Date, "2026-02-30", "Invalid date 2026-02-30"),
            (Kind::Date, "2026-01-31T00:00:00Z", "Invalid date 2026-01-31T00:00:00Z"),
            (Kind::DateTime, "tomorrow", "Invalid date tomorrow"),
            (Kind::Url, "see there", "Invalid address see there"),
            (Kind::Choice(choices()), "lost", "lost is no choice of b"),
            (Kind::Choices(choices()), "New", "New is no choice of b"),
            (Kind::Other, "x", "b cannot be written"),
        ] {
            assert_eq!(why(kind.clone(), text).as_deref(), Some(reason), "{kind:?}");
        }
    }

    #[test]
    fn what_fits_is_not_refused_and_nothing_always_fits() {
        let choices = || vec!["new".to_owned()];
        for (kind, text) in [
            (Kind::Email, "ada@example.com"),
            (Kind::Number, "-3e2"),
            (Kind::Bool, "true"),
            (Kind::Date, "2026-01-31"),
            (Kind::DateTime, "2026-01-31T09:30:00.000Z"),
            (Kind::Url, "example.com"),
            (Kind::Phone, "ask her"),
            (Kind::Choice(choices()), "new"),
            (Kind::Choice(vec![]), "anything"),
            (Kind::Text, "anything"),
        ] {
            assert_eq!(why(kind.clone(), text), None, "{kind:?}");
            assert_eq!(why(kind, ""), None);
        }
    }

    #[test]
    fn lengths_are_counted_in_characters_and_what_cannot_be_written_is_refused() {
        let mut schema = schema(&[("b", Kind::Text)]);
        let limited = Field { longest: Some(3), ..field(Kind::Text) };
        schema.fields.insert("b".to_owned(), limited);
        assert_eq!(refusals(&direct(), Side::Right, &texts(&["äöü"]), &schema), []);
        let found = refusals(&direct(), Side::Right, &texts(&["äöüß"]), &schema);
        assert_eq!(found[0].reason, "b takes at most 3 characters");
        schema.fields.insert("b".to_owned(), Field { writable: false, ..field(Kind::Text) });
        assert_eq!(
            refusals(&direct(), Side::Right, &texts(&["x"]), &schema)[0].reason,
            "b cannot be written"
        );
        schema.fields.clear();
        assert_eq!(refusals(&direct(), Side::Right, &texts(&["x"]), &schema)[0].reason, "No field b");
    }

    #[test]
    fn one_choice_too_many_refuses_the_field() {
        let mut rule = direct();
        rule.placeholder.right = "unknown".to_owned();
        let schema = schema(&[("b", Kind::Choices(vec!["a".to_owned()]))]);
        let face = list(&["a", "z"]);
        let found = refusals(&rule, Side::Right, &face, &schema);
        assert_eq!(found[0].reason, "z is no choice of b");
        assert_eq!(withheld(&rule, Side::Right, &face, &found), list(&["unknown"]));
    }

    #[test]
    fn a_choice_without_a_counterpart_is_refused_by_its_own_name() {
        let rule = options(&[("open", "new")]);
        let schema = schema(&[("b", Kind::Text)]);
        let face = convert(&rule, Side::Left, &texts(&["new"]), &schema, None);
        let found = refusals(&rule, Side::Right, &face, &schema);
        assert_eq!(found[0].reason, "No choice of b for new");
        assert_eq!(
            convert(&rule, Side::Right, &Face(vec![found[0].value.clone()]), &schema, None),
            texts(&["new"])
        );
    }

    #[test]
    fn a_reason_is_one_line_of_bearable_length() {
        let reason = why(Kind::Number, &format!("so\nmany{}", "x".repeat(500))).expect("no number");
        assert!(reason.starts_with("Invalid number so many"), "{reason}");
        assert_eq!(reason.chars().count(), "Invalid number ".len() + SHOWN + 1);
    }

    #[test]
    fn a_rule_writes_where_both_its_way_and_the_sync_go() {
        use crate::sync::{Direction, Form, Way, defaults};
        let mut agreement =
            defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).expect("ready-made");
        let mut rule = direct();
        assert!(Side::BOTH.iter().all(|&side| writes(&agreement, &rule, side)));
        rule.way = Way::LeftToRight;
        assert!(writes(&agreement, &rule, Side::Right) && !writes(&agreement, &rule, Side::Left));
        agreement.direction = Direction::RightToLeft;
        assert!(Side::BOTH.iter().all(|&side| !writes(&agreement, &rule, side)));
        let constant = super::super::testing::rule(Form::Constant { value: "x".to_owned() }, &["a"], &[]);
        assert!(writes(&agreement, &constant, Side::Left) && !writes(&agreement, &constant, Side::Right));
    }
}
