//! What is wrong with a definition, field by field.

use super::{Allowed, Definition, Keep, KeyBy, is_object_type, target, trigger};
use crate::counters::change::MOST;
use std::time::Duration;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The field, `target.url`.
    pub field: String,
    /// What is wrong, and what would be right. Never repeats a secret.
    pub message: String,
}

/// What this installation allows and knows.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Where triggers may be.
    pub triggers: &'a Allowed,
    /// Which endpoints may be asked.
    pub endpoints: &'a target::Policy,
    /// The names of the databases that whoever makes the definition may have asked.
    pub databases: &'a [String],
    /// The names of the Redis servers that they may count in.
    pub servers: &'a [String],
}

/// The longest window: whoever looks at the property should not wait longer than this.
const LONGEST_WINDOW: Duration = Duration::from_secs(3_600);

/// The longest time a call may take to show.
const LONGEST_SETTLE: Duration = Duration::from_secs(3_600);

/// The shortest.
const SHORTEST_SETTLE: Duration = Duration::from_millis(500);

/// Gathers problems.
#[derive(Default)]
struct Sheet(Vec<Problem>);

impl Sheet {
    fn note(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Problem { field: field.to_owned(), message: message.into() });
    }

    fn note_unless(&mut self, fine: bool, field: &str, message: &str) {
        if !fine {
            self.note(field, message);
        }
    }
}

pub(super) fn all(of: &Definition, rules: &Rules<'_>) -> Vec<Problem> {
    let mut sheet = Sheet::default();
    names(of, &mut sheet);
    delivery(of, rules, &mut sheet);
    numbers(of, &mut sheet);
    keeping(of, rules, &mut sheet);
    sheet.0
}

/// A name for URLs and commands.
fn is_slug(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(plain) && text.as_bytes()[0].is_ascii_alphanumeric()
}

/// A property's internal name at HubSpot; those with blanks are there too (HubSpot facts 4), but nobody counts in them.
fn is_property(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

fn names(of: &Definition, sheet: &mut Sheet) {
    let say = "a name is 1 to 64 small letters, digits, - and _, beginning with a letter or digit";
    sheet.note_unless(is_slug(&of.name), "name", say);
    sheet.note_unless(
        !of.connection_id.is_empty(),
        "connection_id",
        "name the HubSpot connection it belongs to",
    );
    let say = "an object type is its name or its id at HubSpot, like contacts or 2-50158913";
    sheet.note_unless(is_object_type(&of.object_type), "object_type", say);
    let say = "a property is its internal name at HubSpot, like total_bookings";
    sheet.note_unless(is_property(&of.property), "property", say);
    if let KeyBy::Property(name) = &of.key {
        let say =
            "the key's property is its internal name at HubSpot, and not the one that shows the counter";
        sheet.note_unless(is_property(name) && *name != of.property, "key", say);
    }
}

fn delivery(of: &Definition, rules: &Rules<'_>, sheet: &mut Sheet) {
    if let Some(Err(wrong)) = of.payload.as_ref().map(super::Template::check) {
        sheet.note("payload", wrong.to_string());
    }
    if !of.target.has_trigger() {
        sheet.note_unless(
            of.payload.is_none(),
            "payload",
            "there is no trigger that a payload would be sent to",
        );
        return;
    }
    match of.target.url() {
        None => sheet.note("target.url", "paste the webhook URL as HubSpot's workflow editor shows it"),
        Some(url) => {
            if let Err(wrong) = trigger::parse(url.expose(), rules.triggers) {
                sheet.note("target.url", wrong.to_string());
            }
        }
    }
}

fn numbers(of: &Definition, sheet: &mut Sheet) {
    sheet.note_unless(of.window() <= LONGEST_WINDOW, "window_ms", "the window is at most an hour (3600000)");
    let settles = (SHORTEST_SETTLE..=LONGEST_SETTLE).contains(&of.settle());
    sheet.note_unless(settles, "settle_ms", "settling takes half a second (500) to an hour (3600000)");
    let minimum = (-MOST..=MOST).contains(&of.minimum);
    sheet.note_unless(minimum, "minimum", "the minimum is a number that JSON holds exactly");
    let interval = of.reconcile_minutes.is_none_or(|minutes| (1..=43_200).contains(&minutes));
    let say = "numbers are compared every 1 to 43200 minutes (30 days), or null: when somebody asks";
    sheet.note_unless(interval, "reconcile_minutes", say);
}

fn keeping(of: &Definition, rules: &Rules<'_>, sheet: &mut Sheet) {
    if let Keep::Redis { server, ttl_days, .. } = &of.store {
        let known = rules.servers.contains(server);
        sheet.note_unless(known, "store.server", &unknown("Redis server", server, rules.servers));
        let ttl = (1..=3_650).contains(ttl_days);
        sheet.note_unless(ttl, "store.ttl_days", "a key lives 1 to 3650 days");
    }
    for (field, message) in of.truth.check(rules.endpoints) {
        sheet.note(&format!("truth.{field}"), message);
    }
    if let super::Truth::Sql { database, .. } = &of.truth
        && !database.is_empty()
    {
        let known = rules.databases.contains(database);
        sheet.note_unless(known, "truth.database", &unknown("database", database, rules.databases));
    }
}

fn unknown(what: &str, name: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!(
            "there is no {what} named {name:?} that you may use: the configuration has none for you"
        );
    }
    format!("there is no {what} named {name:?} that you may use; there is {}", known.join(", "))
}
