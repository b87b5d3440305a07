//! The overview.

use super::connections::ConnectionRow;
use super::counters::charts::draw;
use super::shell::Shell;
use super::{filters, text};
use askama::Template;
use askama::filters::Safe;

/// What waits for a person, how the connections are, how much goes through.
#[derive(Debug, Template)]
#[template(path = "overview/index.html")]
pub struct OverviewPage {
    /// The surroundings.
    pub shell: Shell,
    /// What to do first; none once there is a connection.
    pub steps: Vec<Step>,
    /// The command that sends a first webhook.
    pub first_command: String,
    /// What waits for a person, what stops the most first.
    pub needs: Vec<Need>,
    /// Connections, those that need a person first.
    pub connections: Vec<ConnectionRow>,
    /// How many connections are active.
    pub active: u64,
    /// How many need a person.
    pub broken: u64,
    /// How many there are beside those shown, without ended ones.
    pub more: u64,
    /// What goes through just now.
    pub now: Figures,
    /// The last day, the oldest hour first.
    pub hours: Vec<FlowBar>,
}

/// Something to do first with a new hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Whether it is done.
    pub done: bool,
    /// What it is.
    pub title: &'static str,
    /// Why, or how.
    pub say: &'static str,
    /// Where it is done.
    pub href: &'static str,
    /// What the link says.
    pub link: &'static str,
}

/// Something that waits for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// How many there are of it.
    pub count: u64,
    /// What it is, for several.
    pub what: String,
    /// Where it is seen to.
    pub href: String,
    /// What it is about; may be empty.
    pub names: String,
    /// Whether there may be more: nobody counts beyond so many.
    pub or_more: bool,
}

impl Need {
    /// So many of something.
    #[must_use]
    pub fn of(count: u64, what: &str, href: String, names: String) -> Self {
        Self { count, what: what.to_owned(), href, names, or_more: false }
    }

    /// `1 job is parked`, `3 jobs are parked`, `100 or more jobs are parked`.
    fn said(&self) -> String {
        let count = text::thousands(self.count);
        if self.or_more {
            return format!("{count} or more {}", self.what);
        }
        if self.count == 1 { format!("1 {}", singular(&self.what)) } else { format!("{count} {}", self.what) }
    }
}

/// `jobs are parked` as `job is parked`.
fn singular(what: &str) -> String {
    let mut words = what.split(' ');
    let noun = words.next().unwrap_or_default();
    // Where more than one word is plural, it is the one before the verb that counts.
    let noun = noun.strip_suffix('s').unwrap_or(noun);
    let rest: Vec<&str> = words
        .map(|word| match word {
            "are" => "is",
            "have" => "has",
            "were" => "was",
            "do" => "does",
            "need" => "needs",
            "they" => "it",
            other => other,
        })
        .collect();
    format!("{noun} {}", rest.join(" "))
}

/// What goes through just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Events stored in the last minute.
    pub events: u64,
    /// Messages delivered in this minute and the one before.
    pub delivered: u64,
    /// Attempts that failed then.
    pub failed: u64,
    /// Loads under way.
    pub loads: u64,
    /// Whether there may be more of these.
    pub more_loads: bool,
    /// Records that syncs wrote in this minute and the one before.
    pub writes: u64,
}

impl Figures {
    fn loads_text(&self) -> String {
        let loads = text::thousands(self.loads);
        if self.more_loads { format!("{loads} or more") } else { loads }
    }
}

/// An hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowBar {
    /// When it begins, RFC 3339.
    pub from: String,
    /// Whether it is counted yet.
    pub counted: bool,
    /// Events stored.
    pub events: u64,
    /// Attempts that delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Records read, by loads that ended then.
    pub records: u64,
    /// In so many pages.
    pub pages: u64,
    /// Records that syncs wrote.
    pub writes: u64,
}

impl OverviewPage {
    fn counting(&self) -> bool {
        self.hours.iter().any(|hour| !hour.counted)
    }

    fn busy(&self) -> Vec<&FlowBar> {
        let any =
            |hour: &&FlowBar| hour.events + hour.delivered + hour.failed + hour.records + hour.writes > 0;
        self.hours.iter().rev().filter(any).collect()
    }

    fn sum(&self, of: impl Fn(&FlowBar) -> u64) -> u64 {
        self.hours.iter().map(of).sum()
    }

    fn total_events(&self) -> String {
        text::thousands(self.sum(|hour| hour.events))
    }

    fn total_delivered(&self) -> String {
        text::thousands(self.sum(|hour| hour.delivered))
    }

    fn total_failed(&self) -> u64 {
        self.sum(|hour| hour.failed)
    }

    fn failed_text(&self) -> String {
        text::thousands(self.total_failed())
    }

    fn total_records(&self) -> String {
        text::thousands(self.sum(|hour| hour.records))
    }

    fn total_pages(&self) -> u64 {
        self.sum(|hour| hour.pages)
    }

    fn total_writes(&self) -> String {
        text::thousands(self.sum(|hour| hour.writes))
    }

    fn picture(&self, said: &str, of: impl Fn(&FlowBar) -> [(&'static str, u64); 2]) -> Safe<String> {
        draw(said, &self.hours.iter().map(of).collect::<Vec<_>>(), true)
    }

    fn events_chart(&self) -> Safe<String> {
        let events = text::plural(self.sum(|hour| hour.events), "event", "events");
        let said = format!("{events} in the last 24 hours");
        self.picture(&said, |hour| [("p50", hour.events), ("bad", 0)])
    }

    fn deliveries_chart(&self) -> Safe<String> {
        let good = text::plural(self.sum(|hour| hour.delivered), "message", "messages");
        let bad = text::plural(self.total_failed(), "attempt", "attempts");
        let said = format!("{good} delivered in the last 24 hours, {bad} failed");
        self.picture(&said, |hour| [("good", hour.delivered), ("bad", hour.failed)])
    }

    fn records_chart(&self) -> Safe<String> {
        let records = text::plural(self.sum(|hour| hour.records), "record", "records");
        let said = format!("{records} loaded in the last 24 hours");
        self.picture(&said, |hour| [("p50", hour.records), ("bad", 0)])
    }

    fn writes_chart(&self) -> Safe<String> {
        let records = text::plural(self.sum(|hour| hour.writes), "record", "records");
        let said = format!("{records} written by syncs in the last 24 hours");
        self.picture(&said, |hour| [("good", hour.writes), ("bad", 0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_said_as_one() {
        let said = |count, what: &str| Need::of(count, what, String::new(), String::new()).said();
        assert_eq!(said(1, "jobs are parked"), "1 job is parked");
        assert_eq!(said(1_200, "jobs are parked"), "1,200 jobs are parked");
        let many = Need { or_more: true, ..Need::of(100, "jobs are parked", String::new(), String::new()) };
        assert_eq!(many.said(), "100 or more jobs are parked");
        assert_eq!(said(1, "accounts have to be connected again"), "1 account has to be connected again");
        assert_eq!(said(1, "endpoints are failing"), "1 endpoint is failing");
        assert_eq!(
            said(1, "endpoints are disabled because deliveries failed"),
            "1 endpoint is disabled because deliveries failed"
        );
        assert_eq!(
            said(1, "runs of syncs failed, wholly or in part"),
            "1 run of syncs failed, wholly or in part"
        );
    }
}
