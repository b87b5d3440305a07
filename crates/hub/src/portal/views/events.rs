//! The timeline.

use super::event::EventRow;
use super::event_filters::EventFilters;
use super::filters;
use super::shell::{Choice, Shell};
use super::stats::Stats;
use super::text;
use askama::Template;

/// The timeline of events.
#[derive(Debug, Template)]
#[template(path = "events/index.html")]
pub struct EventsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the page is narrowed to, and its order.
    pub filters: EventFilters,
    /// What the filter bar suggests.
    pub choices: FilterChoices,
    /// Why the filters could not be used; the page then has no rows.
    pub problem: Option<FilterProblem>,
    /// The strip of numbers.
    pub stats: Stats,
    /// The events, in the order of the page. Fifty keep the page small.
    pub rows: Vec<EventRow>,
    /// The cursor of the page with newer events, where there is one: `newer.` and the id it starts after.
    pub newer: Option<String>,
    /// The cursor of the page with older events, where there is one: `older.` and the id it starts before. Scripts
    /// make such cursors, too, from the rows they show.
    pub older: Option<String>,
    /// The stream's position that the rows are complete up to: live updates start after it.
    pub stream_position: i64,
    /// The command that sends a first event to this hub, shown while nothing has arrived.
    pub first_command: String,
}

/// What the filter bar suggests; at most [`MAX_CHOICES`] of each are used.
#[derive(Clone, Debug, Default)]
pub struct FilterChoices {
    /// Every provider there is: id and name.
    pub providers: Vec<Choice>,
    /// Organizations.
    pub organizations: Vec<String>,
    /// Accounts.
    pub accounts: Vec<String>,
    /// Kinds of records.
    pub object_types: Vec<String>,
    /// Kinds of events.
    pub kinds: Vec<String>,
    /// Properties.
    pub properties: Vec<String>,
}

/// The longest list of suggestions that is put into a page.
pub const MAX_CHOICES: usize = 60;
/// The longest suggestion, in bytes; nobody picks a longer one from a list.
const MAX_CHOICE: usize = 64;

/// A filter that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterProblem {
    /// The parameter: `from`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub message: String,
}

/// The events of one day.
struct Day<'a> {
    date: &'a str,
    rows: &'a [EventRow],
}

impl EventsPage {
    fn days(&self) -> Vec<Day<'_>> {
        let same_day = |a: &EventRow, b: &EventRow| text::day(&a.occurred_at) == text::day(&b.occurred_at);
        self.rows.chunk_by(same_day).map(|rows| Day { date: text::day(&rows[0].occurred_at), rows }).collect()
    }

    /// The address of the stream behind this page; none when new events do not belong on it.
    fn stream(&self) -> Option<String> {
        if !self.filters.follows_now() || self.problem.is_some() {
            return None;
        }
        let query = self.filters.query();
        let join = if query.is_empty() { "" } else { "&" };
        Some(format!("/portal/events/stream?{query}{join}after={}", self.stream_position))
    }

    fn order_href(&self, oldest_first: bool) -> String {
        EventFilters { oldest_first, cursor: String::new(), ..self.filters.clone() }.href()
    }

    /// The page before this one in reading order: its address and the label of its button.
    fn back(&self) -> Option<(String, &'static str)> {
        let (cursor, label) =
            if self.filters.oldest_first { (&self.older, "Older") } else { (&self.newer, "Newer") };
        cursor.as_ref().map(|cursor| (self.filters.page_href(cursor), label))
    }

    /// The page after this one in reading order.
    fn forward(&self) -> Option<(String, &'static str)> {
        let (cursor, label) =
            if self.filters.oldest_first { (&self.newer, "Newer") } else { (&self.older, "Older") };
        cursor.as_ref().map(|cursor| (self.filters.page_href(cursor), label))
    }

    fn is_wrong(&self, field: &str) -> bool {
        self.problem.as_ref().is_some_and(|problem| problem.field == field)
    }

    fn more_is_open(&self) -> bool {
        self.filters.narrows_more() || ["account", "property", "from", "to"].iter().any(|f| self.is_wrong(f))
    }
}

impl FilterChoices {
    /// The lists that have an id of their own in the page, for the inputs to refer to.
    fn lists(&self) -> [(&'static str, Vec<&str>); 5] {
        [
            ("organizations", suggested(&self.organizations)),
            ("accounts", suggested(&self.accounts)),
            ("object-types", suggested(&self.object_types)),
            ("kinds", suggested(&self.kinds)),
            ("properties", suggested(&self.properties)),
        ]
    }
}

fn suggested(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).filter(|value| value.len() <= MAX_CHOICE).take(MAX_CHOICES).collect()
}
