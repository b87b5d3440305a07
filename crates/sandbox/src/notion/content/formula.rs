//! Formulas, a few of them: `prop("Name")`, texts, numbers, `true`, `false`, `lastEditedTime()`, and sums of those.

use super::date::Moment;
use super::model::{Page, Source};
use super::reading::{Reader, Reading};
use std::borrow::Cow;

/// What `expression` says of `page`; [`Reading::State`] with an empty text when it is not understood.
pub(crate) fn evaluate<'a>(
    reader: Reader<'a>,
    source: &'a Source,
    page: &'a Page,
    expression: &'a str,
) -> Reading<'a> {
    let terms: Option<Vec<Reading<'a>>> =
        split(expression).into_iter().map(|term| term_of(reader, source, page, term.trim())).collect();
    let Some(mut terms) = terms else { return UNSUPPORTED };
    if terms.len() == 1 {
        return terms.remove(0);
    }
    if terms.iter().all(|term| matches!(term, Reading::Number(_) | Reading::Empty)) {
        let sum =
            terms.iter().map(|term| if let Reading::Number(number) = term { *number } else { 0.0 }).sum();
        return Reading::Number(sum);
    }
    terms
        .iter()
        .map(plain)
        .collect::<Option<String>>()
        .map_or(UNSUPPORTED, |text| Reading::Text(Cow::Owned(text)))
}

/// A formula that is not understood: answered with the type `unsupported`.
pub(crate) const UNSUPPORTED: Reading<'static> = Reading::State("");

fn plain(reading: &Reading<'_>) -> Option<String> {
    match reading {
        Reading::Empty => Some(String::new()),
        Reading::Text(text) => Some(text.clone().into_owned()),
        Reading::Number(number) => Some(number.to_string()),
        Reading::Flag(flag) => Some(flag.to_string()),
        Reading::Choice(choice, _) => Some(choice.name.clone()),
        _ => None,
    }
}

/// The terms between plus signs that are not in quotes.
fn split(expression: &str) -> Vec<&str> {
    let (mut quoted, mut from, mut terms) = (false, 0, Vec::new());
    for (at, character) in expression.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '+' if !quoted => {
                terms.push(&expression[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&expression[from..]);
    terms
}

fn term_of<'a>(reader: Reader<'a>, source: &'a Source, page: &'a Page, term: &'a str) -> Option<Reading<'a>> {
    if let Some(key) = term.strip_prefix("prop(\"").and_then(|rest| rest.strip_suffix("\")")) {
        let property = source.property(key)?;
        return match reader.read(source, property, page) {
            Reading::Choice(choice, _) => Some(Reading::Text(Cow::Borrowed(&choice.name))),
            reading @ (Reading::Empty
            | Reading::Text(_)
            | Reading::Number(_)
            | Reading::Flag(_)
            | Reading::Date(_)) => Some(reading),
            _ => None,
        };
    }
    if let Some(text) = term.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(Reading::Text(Cow::Borrowed(text)));
    }
    match term {
        "true" => Some(Reading::Flag(true)),
        "false" => Some(Reading::Flag(false)),
        "lastEditedTime()" => Some(Reading::Date(Moment { at: reader.edited(page), day: false })),
        _ => term.parse().ok().filter(|number: &f64| number.is_finite()).map(Reading::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_signs_in_quotes_do_not_split() {
        assert_eq!(split(r#"prop("A + B") + " + " + 1"#), [r#"prop("A + B") "#, r#" " + " "#, " 1"]);
    }
}
