//! From a webhook to an event (Notion facts 8).

use super::ID;
use crate::json::{column, moment};
use bytes::Bytes;
use serde_json::Value;
use syncline_core::event::{Event, EventId};

/// The event that an envelope describes, or which of the fields nothing can go on without is missing or wrong. Values are
/// never sent; which properties changed is a list, and stays in the raw form.
pub fn event(envelope: &Value, raw: Bytes) -> Result<Event, &'static str> {
    let occurred_at = moment(envelope, "timestamp").ok_or("timestamp is missing or not a time")?;
    let id = envelope["id"].as_str().filter(|id| !id.is_empty()).ok_or("id is missing or not a text")?;
    let account = column(envelope, "workspace_id").ok_or("workspace_id is missing or not a text")?;
    let kind = column(envelope, "type").ok_or("type is missing or not a text")?;
    let entity = &envelope["entity"];
    Ok(Event {
        // The id is one event's, in every attempt to deliver it. **Never change what goes in here:** every event stored so
        // far would come in again under another id.
        id: EventId::of(occurred_at, &[ID.as_bytes(), id.as_bytes()]),
        account,
        object_type: column(entity, "type").unwrap_or_default(),
        object_id: column(entity, "id").unwrap_or_default(),
        kind,
        property: None,
        raw,
    })
}
