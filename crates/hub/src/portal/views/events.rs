//! The timeline.

use super::event::EventRow;
use super::filters;
use super::narrow::Narrow;
use super::shell::Shell;
use super::stats::Stats;
use super::text;
use askama::Template;

/// The timeline of events.
#[derive(Debug, Template)]
#[template(path = "events/index.html")]
pub struct EventsPage {
    /// The surroundings.
    pub shell: Shell,
    /// What the page is narrowed to, its order, which nobody fills in, and where it begins.
    pub narrow: Narrow,
    /// Why the filters cannot be used, where none of them says so itself.
    pub problem: Option<String>,
    /// What is to be said of a search: that it is followed to some of what it could mean only.
    pub note: Option<String>,
    /// The strip of numbers.
    pub stats: Stats,
    /// The events, in the order of the page. Fifty keep the page small.
    pub rows: Vec<EventRow>,
    /// The cursor of the page with newer events, where there is one: `newer.` and the id it starts after.
    pub newer: Option<String>,
    /// The cursor of the page with older events, where there is one: `older.` and the id it starts before. Scripts
    /// make such cursors, too, from the rows they show.
    pub older: Option<String>,
    /// How far was looked, where the page is not full although there may be more: the time of the last event that was looked at.
    pub reached: Option<String>,
    /// The stream's position that the rows are complete up to: live updates start after it.
    pub stream_position: i64,
    /// The command that sends a first event to this hub, shown while nothing has arrived.
    pub first_command: String,
}

/// The longest list of suggestions that is put into a page.
pub const MAX_CHOICES: usize = 60;
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

    /// The id before which the page with older events begins.
    fn below(&self) -> Option<&str> {
        self.older.as_ref()?.strip_prefix("older.")
    }

    /// Whether the page was looked for from newer events to older ones.
    fn reaches_back(&self) -> bool {
        let cursor: &str = &self.narrow.cursor;
        cursor.starts_with("older.") || (cursor.is_empty() && !self.oldest_first())
    }

    fn oldest_first(&self) -> bool {
        self.narrow.value("order") == "oldest"
    }

    /// Whether new events belong at the top of this page: newest first, open towards now, first page.
    fn follows_now(&self) -> bool {
        let open = !self.oldest_first() && self.narrow.value("to").is_empty();
        open && self.narrow.cursor.is_empty() && !self.narrow.is_wrong()
    }

    /// The address of the stream behind this page; none when new events do not belong on it.
    fn stream(&self) -> Option<String> {
        let query = self.narrow.query();
        let join = if query.is_empty() { "" } else { "&" };
        let follows = self.follows_now();
        follows.then(|| format!("/portal/events/stream?{query}{join}after={}", self.stream_position))
    }

    /// The page of these filters that follows now.
    fn following(&self) -> String {
        self.narrow.with(&[("order", ""), ("to", "")])
    }

    fn order_href(&self, oldest_first: bool) -> String {
        self.narrow.with(&[("order", if oldest_first { "oldest" } else { "" })])
    }

    /// The page before this one in reading order: its address and the label of its button.
    fn back(&self) -> Option<(String, &'static str)> {
        let (cursor, label) =
            if self.oldest_first() { (&self.older, "Older") } else { (&self.newer, "Newer") };
        cursor.as_ref().map(|cursor| (self.narrow.page_href(cursor), label))
    }

    /// The page after this one in reading order.
    fn forward(&self) -> Option<(String, &'static str)> {
        let (cursor, label) =
            if self.oldest_first() { (&self.newer, "Newer") } else { (&self.older, "Older") };
        cursor.as_ref().map(|cursor| (self.narrow.page_href(cursor), label))
    }
}
