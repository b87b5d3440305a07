//! What a list is narrowed to, and the addresses that makes.

use super::shell::Choice;
use super::text;
use std::borrow::Cow;

/// One filter of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The query parameter.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is narrowed to, as in the address; empty filters nothing.
    pub value: String,
    /// The value as people read it; empty: as in the address.
    pub shown: String,
    /// What can be chosen; anything can be typed when there is nothing.
    pub choices: Vec<Choice>,
    /// Whether it is a moment, which a script can show in the reader's own time.
    pub instant: bool,
    /// Whether something is chosen always: then the first of the choices has no value and is what an empty filter means.
    pub required: bool,
}

impl Filter {
    /// A filter with its value.
    #[must_use]
    pub fn new(name: &'static str, label: &'static str, value: &str) -> Self {
        Self { name, label, value: value.to_owned(), ..Self::default() }
    }

    /// A filter that is a moment.
    #[must_use]
    pub fn instant(name: &'static str, label: &'static str, value: &str) -> Self {
        Self { instant: true, ..Self::new(name, label, value) }
    }

    /// A filter with what can be chosen: values and words.
    #[must_use]
    pub fn of(name: &'static str, label: &'static str, value: &str, choices: &[(&str, &str)]) -> Self {
        let choice =
            |(value, label): &(&str, &str)| Choice { value: (*value).to_owned(), label: (*label).to_owned() };
        let choices: Vec<Choice> = choices.iter().map(choice).collect();
        let chosen = choices.iter().find(|choice| choice.value == value);
        let shown = chosen.map(|choice| choice.label.clone()).unwrap_or_default();
        Self { shown, choices, ..Self::new(name, label, value) }
    }
}

/// All filters of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// The address of the list with nothing narrowed.
    pub base: Cow<'static, str>,
    /// The filters, in the order of the filter bar.
    pub filters: Vec<Filter>,
    /// Where a later page starts; empty on the first.
    pub cursor: String,
}

/// A filter in force, with the address of the page without it.
pub(super) struct Chip {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) instant: bool,
    pub(super) without: String,
}

impl Narrow {
    /// The value of a filter; empty when it is not in force.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.filters.iter().find(|filter| filter.name == name).map_or("", |filter| filter.value.as_str())
    }

    /// Whether anything is narrowed.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.count() > 0
    }

    /// The filters as a query, without the question mark and without the cursor.
    #[must_use]
    pub fn query(&self) -> String {
        self.query_without("")
    }

    /// The address of the first page with these filters.
    #[must_use]
    pub fn href(&self) -> String {
        self.at(&self.query())
    }

    /// The address of the page at `cursor` with these filters.
    #[must_use]
    pub fn page_href(&self, cursor: &str) -> String {
        let first = self.href();
        let join = if first.contains('?') { '&' } else { '?' };
        format!("{first}{join}{}", text::query(&[("cursor", cursor)]))
    }

    pub(super) fn count(&self) -> usize {
        self.filters.iter().filter(|filter| !filter.value.is_empty()).count()
    }

    pub(super) fn chips(&self) -> Vec<Chip> {
        let active = self.filters.iter().filter(|filter| !filter.value.is_empty());
        active
            .map(|filter| Chip {
                label: filter.label,
                instant: filter.instant,
                value: text::preview(if filter.shown.is_empty() { &filter.value } else { &filter.shown }, 48)
                    .into_owned(),
                without: self.at(&self.query_without(filter.name)),
            })
            .collect()
    }

    fn query_without(&self, name: &str) -> String {
        let rest = self.filters.iter().filter(|filter| filter.name != name);
        text::query(&rest.map(|filter| (filter.name, filter.value.as_str())).collect::<Vec<_>>())
    }

    fn at(&self, query: &str) -> String {
        if query.is_empty() { self.base.clone().into_owned() } else { format!("{}?{query}", self.base) }
    }
}
