//! One event: as a row of the timeline, and with everything that is known about it.

use super::event_filters::EventFilters;
use super::filters;
use super::json;
use super::shell::Shell;
use super::text;
use askama::Template;
use askama::filters::Safe;
use syncline_core::time::Timestamp;

/// One event as the timeline shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRow {
    /// The event's id, `evt_…`. Sorts by time of occurrence.
    pub id: String,
    /// Its place in the order of arrival: the `id` of its message in the stream.
    pub stream_position: i64,
    /// When it happened at the provider, RFC 3339 in UTC with milliseconds.
    pub occurred_at: String,
    /// When it was accepted here, RFC 3339 in UTC with milliseconds.
    pub received_at: String,
    /// The organization that the account belongs to, where one is connected.
    pub organization: Option<String>,
    /// The provider's id (`hubspot`).
    pub provider: String,
    /// The provider's name (`HubSpot`).
    pub provider_name: String,
    /// Our app at the provider that received it.
    pub app: String,
    /// The provider's account.
    pub account: String,
    /// What kind of record it is about; may be empty.
    pub object_type: String,
    /// The record's id at the provider; may be empty.
    pub object_id: String,
    /// What happened, in the provider's word (`contact.propertyChange`).
    pub kind: String,
    /// The property that changed, where one did.
    pub property: Option<String>,
    /// What it changed to; for other kinds a short remark such as `into 512`, where there is one.
    pub value: Option<String>,
}

impl EventRow {
    /// The address of the event's own page.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/portal/events/{}", text::segment(&self.id))
    }

    /// What happened, without the kind of record in front of it: `propertyChange`.
    pub(super) fn kind_label(&self) -> &str {
        match self.kind.rsplit_once('.') {
            Some((_, label)) if !label.is_empty() => label,
            _ => &self.kind,
        }
    }

    /// The class that colours the kind. Common kinds are quiet, rare and grave ones are not.
    pub(super) fn kind_group(&self) -> &'static str {
        match self.kind_label() {
            "creation" | "created" => "k-create",
            "propertyChange" | "change" | "changed" | "updated" => "k-change",
            "deletion" | "deleted" => "k-delete",
            "privacyDeletion" => "k-privacy",
            "merge" | "merged" => "k-merge",
            "restore" | "restored" | "undeleted" => "k-restore",
            "associationChange" => "k-link",
            "newMessage" => "k-message",
            _ => "k-other",
        }
    }

    /// How long after it happened it was accepted here; nothing when the two clocks disagree.
    fn delay(&self) -> Option<String> {
        let occurred = Timestamp::parse(&self.occurred_at).ok()?;
        let received = Timestamp::parse(&self.received_at).ok()?;
        let millis = u64::try_from(received.since(occurred).as_millis()).ok()?;
        (received >= occurred).then(|| text::span(millis))
    }
}

/// A row as it is sent in a `row` event of the stream: one line of HTML.
#[derive(Debug, Template)]
#[template(path = "events/row.html")]
pub struct EventRowFragment<'a> {
    /// The event.
    pub row: &'a EventRow,
}

/// Everything about one event.
#[derive(Clone, Debug, Default)]
pub struct EventDetail {
    /// What the timeline shows of it.
    pub row: EventRow,
    /// The mirrored records it is about: address and name, which may be empty.
    pub records: Vec<(String, String)>,
    /// Further facts worth a line each, such as the source of the change: label and value.
    pub facts: Vec<(String, String)>,
    /// The event exactly as it came.
    pub raw: String,
    /// Where the raw event can be had as a file; offered always, and needed when it is too long to show.
    pub raw_href: Option<String>,
}

/// The longest value shown in full, in characters; the raw event has all of it.
const MAX_VALUE_CHARS: usize = 2_000;

/// A line of the detail: a field, its value, and the timeline narrowed to that value.
struct Fact {
    label: &'static str,
    value: String,
    mono: bool,
    filter: Option<String>,
}

impl EventDetail {
    fn known_facts(&self) -> Vec<Fact> {
        let row = &self.row;
        let none = EventFilters::default;
        let mut facts = Vec::new();
        let mut add = |label, value: &str, mono, filter: Option<EventFilters>| {
            if !value.is_empty() {
                let value = text::visible(value).into_owned();
                facts.push(Fact { label, value, mono, filter: filter.map(|f| f.href()) });
            }
        };
        let organization = row.organization.clone().unwrap_or_default();
        add(
            "Organization",
            &organization,
            false,
            Some(EventFilters { organization: organization.clone(), ..none() }),
        );
        add(
            "Provider",
            &row.provider_name,
            false,
            Some(EventFilters { provider: row.provider.clone(), ..none() }),
        );
        add("Account", &row.account, true, Some(EventFilters { account: row.account.clone(), ..none() }));
        add("App", &row.app, true, None);
        add(
            "Object type",
            &row.object_type,
            true,
            Some(EventFilters { object_type: row.object_type.clone(), ..none() }),
        );
        add("Object ID", &row.object_id, true, Some(self.same_object()));
        add("Kind", &row.kind, true, Some(EventFilters { kind: row.kind.clone(), ..none() }));
        let property = row.property.clone().unwrap_or_default();
        add("Property", &property, true, Some(EventFilters { property: property.clone(), ..none() }));
        facts
    }

    /// All events of the same object.
    fn same_object(&self) -> EventFilters {
        EventFilters {
            provider: self.row.provider.clone(),
            account: self.row.account.clone(),
            object_type: self.row.object_type.clone(),
            object_id: self.row.object_id.clone(),
            ..EventFilters::default()
        }
    }

    /// The value in full, up to what a page can carry.
    fn value_full(&self) -> Option<String> {
        Some(text::preview(self.row.value.as_deref()?, MAX_VALUE_CHARS).into_owned())
    }

    /// The raw event, coloured, and whether all of it is there.
    fn raw_html(&self) -> (Safe<String>, bool) {
        let shown = json::highlight(&self.raw, json::MAX_HTML);
        (Safe(shown.html), shown.complete)
    }

    fn raw_size(&self) -> String {
        text::plural(self.raw.len() as u64, "byte", "bytes")
    }
}

/// The page of one event. Its script-driven twin, the drawer, is cut out of this page.
#[derive(Debug, Template)]
#[template(path = "events/event.html")]
pub struct EventPage {
    /// The surroundings.
    pub shell: Shell,
    /// The event.
    pub event: EventDetail,
    /// What else happened to the same object around it, newest first, the event itself included; may be empty.
    pub history: Vec<EventRow>,
}

impl EventPage {
    fn title(&self) -> String {
        let row = &self.event.row;
        let object = [row.object_type.as_str(), row.object_id.as_str()].join(" ");
        format!("{} {}", row.kind_label(), text::preview(object.trim(), 60))
    }
}
