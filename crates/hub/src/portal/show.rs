//! Stored rows as the views want them.

use super::views::{EventDetail, EventRow};
use serde::Deserialize;
use syncline_store::events::StoredEvent;

/// What the portal picks out of a raw event, whatever provider it came from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Peek {
    property_value: Option<String>,
    change_source: Option<String>,
    source_id: Option<String>,
    new_object_id: Option<serde_json::Number>,
    to_object_id: Option<serde_json::Number>,
    attempt_number: Option<i64>,
}

fn peek(event: &StoredEvent) -> Peek {
    serde_json::from_slice(&event.raw).unwrap_or_default()
}

/// A provider's name as people write it.
pub(super) fn provider_name(id: &str) -> &str {
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
    let peek = peek(event);
    let value = peek
        .property_value
        .or_else(|| peek.new_object_id.map(|id| format!("into {id}")))
        .or_else(|| peek.to_object_id.map(|id| format!("with {id}")));
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
    let peek = peek(event);
    let facts = [
        ("Change source", peek.change_source),
        ("Source ID", peek.source_id),
        ("Delivery attempt", peek.attempt_number.map(|attempt| (attempt + 1).to_string())),
    ];
    let row = row(event);
    EventDetail {
        raw_href: Some(format!("{}/raw", row.href())),
        row,
        facts: facts.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect(),
        raw: String::from_utf8_lossy(&event.raw).into_owned(),
    }
}
