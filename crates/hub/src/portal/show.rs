//! Stored rows as the views want them.

use super::views::{EventDetail, EventRow, Notice, Tone};
use serde_json::Value;
use syncline_store::events::StoredEvent;

/// What the portal picks out of a raw event, whatever provider it came from. Each field stands alone: one of an
/// unexpected type hides none of the others.
#[derive(Debug, Default)]
struct Peek(serde_json::Map<String, Value>);

impl Peek {
    fn at(event: &StoredEvent) -> Self {
        Self(serde_json::from_slice(&event.raw).unwrap_or_default())
    }

    /// A text or a number, as text.
    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A provider's name as people write it.
pub(crate) fn provider_name(id: &str) -> &str {
    match id {
        "hubspot" => "HubSpot",
        "notion" => "Notion",
        "airtable" => "Airtable",
        "tentoeight" => "10to8",
        other => other,
    }
}

/// An event as a row of the timeline.
pub(super) fn row(event: &StoredEvent) -> EventRow {
    let peek = Peek::at(event);
    let value = peek
        .text("propertyValue")
        .or_else(|| peek.text("newObjectId").map(|id| format!("into {id}")))
        .or_else(|| peek.text("toObjectId").map(|id| format!("with {id}")));
    EventRow {
        id: event.id.to_string(),
        stream_position: event.seq,
        occurred_at: event.id.occurred_at().to_string(),
        received_at: event.received_at.to_string(),
        organization: event.org_id.clone(),
        provider: event.provider.clone(),
        provider_name: provider_name(&event.provider).to_owned(),
        app: event.app.clone(),
        account: event.account.clone(),
        object_type: event.object_type.clone(),
        object_id: event.object_id.clone(),
        kind: event.kind.clone(),
        property: event.property.clone(),
        value,
    }
}

/// Everything about an event.
pub(super) fn detail(event: &StoredEvent) -> EventDetail {
    let peek = Peek::at(event);
    let attempt = peek.text("attemptNumber").and_then(|attempt| attempt.parse::<u32>().ok());
    let facts = [
        ("Change source", peek.text("changeSource")),
        ("Source ID", peek.text("sourceId")),
        // The provider counts from 0.
        ("Delivery attempt", attempt.map(|attempt| attempt.saturating_add(1).to_string())),
    ];
    let row = row(event);
    EventDetail {
        raw_href: Some(format!("{}/raw", row.href())),
        row,
        records: Vec::new(),
        facts: facts.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect(),
        raw: String::from_utf8_lossy(&event.raw).into_owned(),
    }
}

/// What an action on a connection or a load did, in words.
pub(super) fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "connect" => (Tone::Good, "The account is connected."),
        "load" => (Tone::Good, "The load begins as soon as a worker is free."),
        "under-way" => (Tone::Plain, "A load is under way already; there is only ever one."),
        "cancel" => (Tone::Good, "The load stops at the end of the page it is at."),
        "over" => (Tone::Plain, "The load is over already."),
        "disconnect" => (Tone::Good, "The connection is ended. Its records stay."),
        "erase" => (Tone::Good, "The connection is ended. Its records are being erased."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}
