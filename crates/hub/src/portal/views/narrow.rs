//! What a list is narrowed to, and the addresses that makes.

use super::shell::Choice;
use super::text;
use super::turn::Turn;
use std::borrow::Cow;
use syncline_core::time::Timestamp;

/// How a filter is filled in. One with choices is chosen from, whatever stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// A whole value is typed, or taken from the suggestions.
    #[default]
    Whole,
    /// A part of a text is typed.
    Part,
    /// A moment, which a script can show in the reader's own time.
    Instant,
    /// Nobody fills it in: it stays as it is while the others change, and is no chip.
    Hidden,
}

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
    /// What is suggested to whoever types: the value, and what people call it.
    pub suggested: Vec<Choice>,
    /// How it is filled in.
    pub input: Input,
    /// What stands in the field while it is empty.
    pub hint: &'static str,
    /// Whether something is chosen always: then the first of the choices has no value and is what an empty filter means.
    pub required: bool,
    /// Why the value cannot be used.
    pub problem: Option<String>,
}

/// What stands in an empty field that takes a part of a text.
const PART: &str = "Part of it";

impl Filter {
    /// A filter by a whole value; one with the parameter `search` is a [`Filter::search`] in every list.
    #[must_use]
    pub fn new(name: &'static str, label: &'static str, value: &str) -> Self {
        let (input, hint) = if name == "search" { (Input::Part, PART) } else { (Input::Whole, "Any") };
        Self { name, label, value: value.to_owned(), input, hint, ..Self::default() }
    }

    /// A filter by a part of a text. The label says of which: `Name contains`.
    #[must_use]
    pub fn search(name: &'static str, label: &'static str, value: &str) -> Self {
        Self { input: Input::Part, hint: PART, ..Self::new(name, label, value) }
    }

    /// A filter that is a moment. One that cannot be read is a problem.
    #[must_use]
    pub fn instant(name: &'static str, label: &'static str, value: &str) -> Self {
        let wrong = if value.is_empty() { None } else { Timestamp::parse(value).err() };
        let problem = wrong.map(|wrong| format!("{label}: {wrong}"));
        let filter = Self::new(name, label, value);
        Self { input: Input::Instant, hint: "2026-01-31T09:30:00Z", problem, ..filter }
    }

    /// A filter with what can be chosen: values and words. Anything else is a problem.
    #[must_use]
    pub fn of(name: &'static str, label: &'static str, value: &str, choices: &[(&str, &str)]) -> Self {
        let choice =
            |(value, label): &(&str, &str)| Choice { value: (*value).to_owned(), label: (*label).to_owned() };
        Self::one_of(name, label, value, choices.iter().map(choice).collect())
    }

    /// The same with choices that are made while the page is.
    #[must_use]
    pub fn one_of(name: &'static str, label: &'static str, value: &str, choices: Vec<Choice>) -> Self {
        let chosen = choices.iter().find(|choice| choice.value == value);
        let shown = chosen.map(|choice| choice.label.clone()).unwrap_or_default();
        let is_wrong = chosen.is_none() && !value.is_empty() && !choices.is_empty();
        let problem = is_wrong.then(|| format!("There is no such {}.", label.to_lowercase()));
        Self { shown, choices, problem, ..Self::new(name, label, value) }
    }

    /// What the address keeps while people narrow the list and turn its pages.
    #[must_use]
    pub fn hidden(name: &'static str, value: &str) -> Self {
        Self { input: Input::Hidden, ..Self::new(name, "", value) }
    }

    /// The same with suggestions for whoever types. A value that is one of them is shown by its label.
    #[must_use]
    pub fn suggest(self, suggested: Vec<Choice>) -> Self {
        let known = suggested.iter().find(|choice| choice.value == self.value);
        let shown = known.map_or(self.shown, |choice| choice.label.clone());
        Self { shown, suggested, ..self }
    }

    /// The same with other words in the empty field.
    #[must_use]
    pub fn hinted(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// The same with other words for what is wrong, if something is.
    #[must_use]
    pub fn or_say(self, problem: &'static str) -> Self {
        Self { problem: self.problem.map(|_| problem.to_owned()), ..self }
    }

    /// The same with what the database or the API found wrong, if it did.
    #[must_use]
    pub fn wrong(self, problem: Option<String>) -> Self {
        Self { problem: self.problem.or(problem), ..self }
    }

    fn is_hidden(&self) -> bool {
        self.input == Input::Hidden
    }

    /// Why its value cannot be used. Where something is chosen always, another value is the list's own affair: it may mean the usual one.
    fn wrongness(&self) -> Option<&str> {
        self.problem.as_deref().filter(|_| !self.required)
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.wrongness().is_some()
    }

    /// The kind of its field in HTML.
    pub(super) fn html_type(&self) -> &'static str {
        if self.input == Input::Part { "search" } else { "text" }
    }

    pub(super) fn is_instant(&self) -> bool {
        self.input == Input::Instant
    }
}

/// All filters of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// The address of the list with nothing narrowed. It may end with the place on the page: `/portal/counters/1#counters`.
    pub base: Cow<'static, str>,
    /// The filters, in the order of the filter bar.
    pub filters: Vec<Filter>,
    /// Where the page begins, and by which pages somebody came there.
    pub cursor: Turn,
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

    /// Whether a filter has a value that cannot be used: then the page says so and lists nothing.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.filters.iter().any(|filter| filter.wrongness().is_some())
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

    /// The address of the page after this one, which begins at `place`.
    #[must_use]
    pub fn next_href(&self, place: &str) -> String {
        self.turned_to(&self.cursor.next(place))
    }

    /// The address of the page before this one; none of the first page.
    #[must_use]
    pub fn previous_href(&self) -> Option<String> {
        Some(self.turned_to(&self.cursor.previous()?))
    }

    /// The address of the page at a place that a list reaches from both sides; nothing is said of how somebody came there.
    #[must_use]
    pub fn page_href(&self, place: &str) -> String {
        self.turned_to(&Turn::default().next(place))
    }

    /// The address of the first page with other values of some of the filters.
    pub(super) fn with(&self, others: &[(&str, &str)]) -> String {
        let mut filters = self.filters.clone();
        for filter in &mut filters {
            if let Some((_, value)) = others.iter().find(|(name, _)| *name == filter.name) {
                filter.value = (*value).to_owned();
            }
        }
        Self { filters, base: self.base.clone(), ..Self::default() }.href()
    }

    /// Whether it is narrowed to a span of time, which has a beginning and an end.
    pub(super) fn has_span(&self) -> bool {
        ["from", "to"].iter().all(|name| self.filters.iter().any(|filter| filter.name == *name))
    }

    /// The address of this very page: with these filters, where it begins.
    #[must_use]
    pub fn here(&self) -> String {
        self.turned_to(&self.cursor)
    }

    fn turned_to(&self, turn: &Turn) -> String {
        let (query, cursor) = (self.query(), text::query(&[("cursor", turn.written().as_str())]));
        let join = if query.is_empty() || cursor.is_empty() { "" } else { "&" };
        self.at(&format!("{query}{join}{cursor}"))
    }

    /// The address of the list with nothing narrowed but what is hidden.
    pub(super) fn cleared(&self) -> String {
        let hidden = self.hidden();
        self.at(&text::query(&hidden.map(|filter| (filter.name, filter.value.as_str())).collect::<Vec<_>>()))
    }

    pub(super) fn count(&self) -> usize {
        self.active().count()
    }

    /// The filters that people fill in.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Filter> {
        self.filters.iter().filter(|filter| !filter.is_hidden())
    }

    /// The filters that nobody fills in.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &Filter> {
        self.filters.iter().filter(|filter| filter.is_hidden())
    }

    /// The filters whose values cannot be used, and why.
    pub(super) fn problems(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.filters.iter().filter_map(|filter| Some((filter.name, filter.wrongness()?)))
    }

    pub(super) fn chips(&self) -> Vec<Chip> {
        let chip = |filter: &Filter| Chip {
            label: filter.label,
            instant: filter.is_instant() && !filter.is_wrong(),
            value: text::preview(if filter.shown.is_empty() { &filter.value } else { &filter.shown }, 48)
                .into_owned(),
            without: self.at(&self.query_without(filter.name)),
        };
        self.active().map(chip).collect()
    }

    fn active(&self) -> impl Iterator<Item = &Filter> {
        self.fields().filter(|filter| !filter.value.is_empty())
    }

    fn query_without(&self, name: &str) -> String {
        let rest = self.filters.iter().filter(|filter| filter.name != name);
        text::query(&rest.map(|filter| (filter.name, filter.value.as_str())).collect::<Vec<_>>())
    }

    /// The base with a query, which stands before the place on the page.
    fn at(&self, query: &str) -> String {
        let (path, place) = match self.base.split_once('#') {
            Some((path, place)) => (path, format!("#{place}")),
            None => (self.base.as_ref(), String::new()),
        };
        if query.is_empty() { format!("{path}{place}") } else { format!("{path}?{query}{place}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [(&str, &str); 2] = [("on", "Switched on"), ("off", "Switched off")];

    fn narrow(state: &str, since: &str) -> Narrow {
        let filters = vec![
            Filter::hidden("span", "week"),
            Filter::search("search", "Name contains", "a&b"),
            Filter::of("state", "State", state, &STATES),
            Filter::instant("since", "From", since),
        ];
        Narrow { base: "/portal/x#list".into(), filters, cursor: "12".into() }
    }

    #[test]
    fn pages_are_turned_both_ways_with_the_same_filters() {
        let second = narrow("off", "");
        let address = |cursor: &str| format!("/portal/x?span=week&search=a%26b&state=off{cursor}#list");
        assert_eq!(second.next_href("13"), address("&cursor=12~113"));
        assert_eq!(second.previous_href(), Some(address("")));
        let third = Narrow { cursor: "12~113".into(), ..second };
        assert_eq!(
            (third.previous_href(), third.here()),
            (Some(address("&cursor=12")), address("&cursor=12~113"))
        );
    }

    #[test]
    fn what_is_hidden_stays_in_every_address_and_is_no_filter() {
        let narrow = narrow("off", "");
        assert_eq!(narrow.href(), "/portal/x?span=week&search=a%26b&state=off#list");
        assert_eq!(narrow.here(), "/portal/x?span=week&search=a%26b&state=off&cursor=12#list");
        assert_eq!(narrow.cleared(), "/portal/x?span=week#list");
        let without: Vec<String> = narrow.chips().into_iter().map(|chip| chip.without).collect();
        assert_eq!(without, ["/portal/x?span=week&state=off#list", "/portal/x?span=week&search=a%26b#list"]);
        let first = Narrow { base: "/portal/x".into(), ..Narrow::default() };
        assert_eq!((first.next_href("9").as_str(), first.previous_href()), ("/portal/x?cursor=9", None));
    }

    #[test]
    fn a_chip_says_the_word_and_not_the_value() {
        let words: Vec<String> = narrow("off", "").chips().into_iter().map(|chip| chip.value).collect();
        assert_eq!(words, ["a&b", "Switched off"]);
        let acme = Choice { value: "con_1".into(), label: "Acme, HubSpot".into() };
        let filter = Filter::new("connection", "Connection", "con_1").suggest(vec![acme.clone()]);
        assert_eq!(filter.shown, "Acme, HubSpot");
        assert_eq!(Filter::new("connection", "Connection", "con_2").suggest(vec![acme]).shown, "");
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_with_its_field() {
        assert!(!narrow("", "").is_wrong() && !narrow("on", "2026-01-31T09:30:00Z").is_wrong());
        let wrong = narrow("both", "tomorrow");
        let problems: Vec<(&str, &str)> = wrong.problems().collect();
        assert_eq!(problems[0], ("state", "There is no such state."));
        assert!(problems.len() == 2 && problems[1].0 == "since" && problems[1].1.starts_with("From: "));
        let said = Filter::of("door", "Through", "roof", &STATES).or_say("There is no such way in.");
        assert_eq!(said.problem.as_deref(), Some("There is no such way in."));
        assert_eq!(Filter::of("door", "Through", "on", &STATES).or_say("No.").problem, None);
    }
}
