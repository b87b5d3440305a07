//! Whether a row is one of those asked for.

use super::condition::{Condition, NumberTest, TextTest};
use super::filter::Filter;
use crate::notion::content::date::Moment;
use crate::notion::content::model::{Page, Source};
use crate::notion::content::reading::{Reader, Reading};

/// Somebody who tells rows that fit from others.
#[derive(Clone, Copy)]
pub(crate) struct Matcher<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) source: &'a Source,
    pub(crate) case_sensitive: bool,
}

impl<'a> Matcher<'a> {
    /// Whether `filter` lets `page` through.
    pub(crate) fn lets_through(&self, filter: &Filter, page: &'a Page) -> bool {
        let moment = |at| Reading::Date(Moment { at, day: false });
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.lets_through(part, page)),
            Filter::Any(parts) => parts.iter().any(|part| self.lets_through(part, page)),
            Filter::Created(condition) => self.fulfils(condition, &moment(self.reader.created(page))),
            Filter::Edited(condition) => self.fulfils(condition, &moment(self.reader.edited(page))),
            Filter::Property(slot, condition) => match self.source.in_slot(*slot) {
                Some(property) => self.fulfils(condition, &self.reader.read(self.source, property, page)),
                None => false,
            },
        }
    }

    fn fulfils(&self, condition: &Condition, value: &Reading<'_>) -> bool {
        fulfils(condition, value, self.case_sensitive)
    }
}

/// Whether a value is as the condition wants it.
pub(crate) fn fulfils(condition: &Condition, value: &Reading<'_>, case_sensitive: bool) -> bool {
    match (condition, value) {
        (Condition::Empty, value) => is_empty(value),
        (Condition::NotEmpty, value) => !is_empty(value),
        (Condition::Text(test, wanted), Reading::Text(text)) => compare(*test, text, wanted, case_sensitive),
        (Condition::Text(test, _), _) => matches!(test, TextTest::DoesNotEqual | TextTest::DoesNotContain),
        (Condition::Number(test, wanted), Reading::Number(number)) => measure(*test, *number, *wanted),
        (Condition::Number(test, _), _) => *test == NumberTest::DoesNotEqual,
        (Condition::Flag(wanted), Reading::Flag(flag)) => flag == wanted,
        (Condition::Flag(wanted), _) => !wanted,
        (Condition::IsOption(names, wanted), Reading::Choice(choice, _)) => {
            names.contains(&choice.name) == *wanted
        }
        (Condition::HasOption(names, wanted), Reading::Choices(choices)) => {
            choices.iter().any(|choice| names.contains(&choice.name)) == *wanted
        }
        (Condition::HasId(id, wanted), Reading::Ids(ids)) => ids.contains(id) == *wanted,
        (
            Condition::IsOption(_, wanted) | Condition::HasOption(_, wanted) | Condition::HasId(_, wanted),
            _,
        ) => !wanted,
        (Condition::Date(test), Reading::Date(date)) => test.lets_through(*date),
        (Condition::Date(_), _) => false,
        (Condition::State(wanted), Reading::State(state)) => {
            if wanted == "none" {
                *state == "unverified"
            } else {
                wanted == state
            }
        }
        (Condition::State(wanted), _) => wanted == "none",
        (Condition::Any(inner), Reading::List(values)) => {
            values.iter().any(|value| fulfils(inner, value, case_sensitive))
        }
        (Condition::Every(inner), Reading::List(values)) => {
            values.iter().all(|value| fulfils(inner, value, case_sensitive))
        }
        (Condition::None(inner), Reading::List(values)) => {
            !values.iter().any(|value| fulfils(inner, value, case_sensitive))
        }
        (Condition::Any(_) | Condition::Every(_) | Condition::None(_), _) => false,
    }
}

fn is_empty(value: &Reading<'_>) -> bool {
    match value {
        Reading::Empty => true,
        Reading::Text(text) => text.is_empty(),
        Reading::Choices(choices) => choices.is_empty(),
        Reading::Ids(ids) => ids.is_empty(),
        Reading::Files(count) => *count == 0,
        Reading::List(values) => values.is_empty(),
        _ => false,
    }
}

fn compare(test: TextTest, text: &str, wanted: &str, case_sensitive: bool) -> bool {
    if !case_sensitive {
        return compare(test, &text.to_lowercase(), &wanted.to_lowercase(), true);
    }
    match test {
        TextTest::Equals => text == wanted,
        TextTest::DoesNotEqual => text != wanted,
        TextTest::Contains => text.contains(wanted),
        TextTest::DoesNotContain => !text.contains(wanted),
        TextTest::StartsWith => text.starts_with(wanted),
        TextTest::EndsWith => text.ends_with(wanted),
    }
}

#[expect(clippy::float_cmp, reason = "a filter asks for exactly this number")]
fn measure(test: NumberTest, number: f64, wanted: f64) -> bool {
    match test {
        NumberTest::Equals => number == wanted,
        NumberTest::DoesNotEqual => number != wanted,
        NumberTest::GreaterThan => number > wanted,
        NumberTest::LessThan => number < wanted,
        NumberTest::GreaterThanOrEqualTo => number >= wanted,
        NumberTest::LessThanOrEqualTo => number <= wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notion::content::schema::Choice;
    use crate::notion::id::Id;
    use std::borrow::Cow;

    fn choice(name: &str) -> Choice {
        Choice {
            number: 1,
            id: "i".to_owned(),
            name: name.to_owned(),
            color: "red".to_owned(),
            description: None,
            group: 0,
        }
    }

    #[test]
    fn texts_are_compared_without_regard_to_capitals_unless_asked() {
        let ada = Reading::Text(Cow::Borrowed("Ada Lovelace"));
        let ask = |test, wanted: &str, exact| fulfils(&Condition::Text(test, wanted.to_owned()), &ada, exact);
        assert!(ask(TextTest::Equals, "ada lovelace", false) && !ask(TextTest::Equals, "ada lovelace", true));
        assert!(ask(TextTest::Contains, "LOVE", false) && ask(TextTest::StartsWith, "ada", false));
        assert!(ask(TextTest::EndsWith, "lace", true) && !ask(TextTest::DoesNotContain, "love", false));
        let nothing = Condition::Text(TextTest::DoesNotEqual, "x".to_owned());
        assert!(fulfils(&nothing, &Reading::Empty, false), "nothing differs from everything");
    }

    #[test]
    fn numbers_flags_and_emptiness() {
        let five = Reading::Number(5.0);
        assert!(fulfils(&Condition::Number(NumberTest::GreaterThanOrEqualTo, 5.0), &five, false));
        assert!(!fulfils(&Condition::Number(NumberTest::LessThan, 5.0), &five, false));
        assert!(!fulfils(&Condition::Number(NumberTest::LessThan, 5.0), &Reading::Empty, false));
        assert!(fulfils(&Condition::Flag(false), &Reading::Flag(false), false));
        assert!(
            fulfils(&Condition::Empty, &Reading::Empty, false) && fulfils(&Condition::NotEmpty, &five, false)
        );
    }

    #[test]
    fn options_and_references_are_found_among_others() {
        let (hot, cold) = (choice("Hot"), choice("Cold"));
        let both = Reading::Choices(vec![&hot, &cold]);
        let has = |names: &[&str], wanted| {
            Condition::HasOption(names.iter().map(|name| (*name).to_owned()).collect(), wanted)
        };
        assert!(
            fulfils(&has(&["Cold"], true), &both, false) && !fulfils(&has(&["Cold"], false), &both, false)
        );
        assert!(fulfils(&has(&["Mild"], false), &both, false));
        let one = Condition::IsOption(vec!["Hot".to_owned(), "Mild".to_owned()], true);
        assert!(
            fulfils(&one, &Reading::Choice(&hot, 0), false)
                && !fulfils(&one, &Reading::Choice(&cold, 1), false)
        );
        let ids = Reading::Ids(Cow::Owned(vec![Id(1)]));
        assert!(fulfils(&Condition::HasId(Id(1), true), &ids, false));
        assert!(fulfils(&Condition::HasId(Id(2), false), &Reading::Empty, false));
    }

    #[test]
    fn rollups_ask_each_value() {
        let list = Reading::List(vec![Reading::Number(1.0), Reading::Number(3.0)]);
        let above = |number| Box::new(Condition::Number(NumberTest::GreaterThan, number));
        assert!(fulfils(&Condition::Any(above(2.0)), &list, false));
        assert!(!fulfils(&Condition::Every(above(2.0)), &list, false));
        assert!(fulfils(&Condition::None(above(5.0)), &list, false));
    }
}
