//! From an accepted body to events.

use super::ID;
use super::fields::{Field, Fields, Value};
use crate::{Reading, Unreadable, json};
use bytes::Bytes;
use syncline_core::event::{Event, EventId, column_text};
use syncline_core::time::Timestamp;

/// What [`crate::Provider::events`] promises.
pub fn events(body: &Bytes) -> Result<Vec<Reading>, Unreadable> {
    let Some(elements) = json::elements(body) else {
        return Err(Unreadable { reason: "not a JSON array", raw: body.clone() });
    };
    Ok(elements.into_iter().map(|element| reading(element, body.slice_ref(element.as_bytes()))).collect())
}

/// What [`crate::Provider::split`] promises. What has no account or object goes by its bytes, so that at least a
/// repetition takes the same way.
pub fn split(body: &Bytes, partitions: u32) -> Vec<(u32, Bytes)> {
    json::split(body, |element| {
        let fields = Fields::read(element);
        let known = fields.and_then(|f| Some((f.get(Field::PortalId).into_text()?, object_id(&f)?)));
        match known {
            Some((account, object)) => json::partition(account.as_bytes(), object.as_bytes(), partitions),
            None => json::partition(b"", element.as_bytes(), partitions),
        }
    })
}

/// Reads one element; `raw` is the same as bytes of the body.
fn reading(element: &str, raw: Bytes) -> Reading {
    let read =
        Fields::read(element).ok_or("not a JSON object").and_then(|fields| event(&fields, raw.clone()));
    match read {
        Ok(event) => Reading::Event(event),
        Err(reason) => Reading::Unreadable(Unreadable { reason, raw }),
    }
}

/// The event these fields describe, or which of the three fields nothing can go on without is missing or wrong, or that one of those
/// that say which event it is holds a number that it cannot hold: JSON readers disagree on the value of such a one.
fn event(fields: &Fields<'_>, raw: Bytes) -> Result<Event, &'static str> {
    let occurred_at = occurred_at(fields).ok_or("occurredAt is missing or not a time in milliseconds")?;
    let Value::Whole(account) = fields.get(Field::PortalId) else {
        return Err("portalId is missing or not a number");
    };
    let kind = match fields.get(Field::SubscriptionType) {
        Value::Text(kind) if !kind.is_empty() => kind,
        _ => return Err("subscriptionType is missing or not a word"),
    };
    const IDS: [Field; 5] =
        [Field::EventId, Field::SubscriptionId, Field::ObjectId, Field::FromObjectId, Field::ToObjectId];
    if IDS.iter().any(|name| fields.get(*name).is_odd_number()) {
        return Err("an id is negative, fractional or too large");
    }
    let property = fields.get(Field::PropertyName).into_text();
    Ok(Event {
        id: id(fields, occurred_at),
        account: account.into_owned(),
        object_type: object_type(fields, &kind),
        object_id: object_id(fields).unwrap_or_default(),
        kind: column_text(&kind),
        property: property.map(|name| column_text(&name)),
        raw,
    })
}

/// When the event happened at HubSpot.
fn occurred_at(fields: &Fields<'_>) -> Option<Timestamp> {
    let Value::Whole(millis) = fields.get(Field::OccurredAt) else { return None };
    let millis = millis.parse().ok().filter(|millis| *millis <= Timestamp::MAX_MILLIS)?;
    Some(Timestamp::from_millis(millis))
}

/// The type of object: what the subscription type begins with (`contact.creation`), or, where that only says
/// `object`, the type's id.
fn object_type(fields: &Fields<'_>, kind: &str) -> String {
    match kind.split_once('.') {
        Some(("object", _)) => fields
            .get(Field::ObjectTypeId)
            .into_text()
            .map_or_else(|| "object".to_owned(), |id| column_text(&id)),
        Some((object, _)) => column_text(object),
        None => String::new(),
    }
}

/// The object the event is about; of an association, which names no object but two, the one it comes from.
fn object_id(fields: &Fields<'_>) -> Option<String> {
    let id =
        fields.get(Field::ObjectId).into_text().or_else(|| fields.get(Field::FromObjectId).into_text())?;
    Some(column_text(&id))
}

/// The identity of an event. HubSpot's `eventId` alone is not unique, and `attemptNumber` differs from one delivery of
/// an event to the next; what HubSpot's own answers recommend as the key is these six. **Never change what goes in
/// here or how: every event stored so far would come in again under another id.**
fn id(fields: &Fields<'_>, occurred_at: Timestamp) -> EventId {
    const SIX: [Field; 6] = [
        Field::PortalId,
        Field::SubscriptionId,
        Field::EventId,
        Field::OccurredAt,
        Field::ObjectId,
        Field::PropertyName,
    ];
    // An association has no object; what it has instead tells it apart. That includes whether it is the primary one,
    // since making one primary also makes the plain one, in two events.
    const ASSOCIATION: [Field; 6] = [
        Field::FromObjectId,
        Field::ToObjectId,
        Field::AssociationType,
        Field::AssociationTypeId,
        Field::AssociationRemoved,
        Field::IsPrimaryAssociation,
    ];
    let mut values: Vec<Value<'_>> = SIX.iter().map(|name| fields.get(*name)).collect();
    if fields.get(Field::ObjectId) == Value::Absent {
        values.extend(ASSOCIATION.iter().map(|name| fields.get(*name)));
    }
    if fields.get(Field::SubscriptionId) == Value::Absent {
        values.push(fields.get(Field::SubscriptionType)); // which a subscription would imply
    }
    let mut key = Vec::with_capacity(1 + 2 * values.len());
    key.push(ID.as_bytes());
    for value in &values {
        key.extend(key_parts(value));
    }
    EventId::of(occurred_at, &key)
}

/// A value in a key: what sort it is, then its text. A number is never taken for something else that reads alike.
fn key_parts<'a>(value: &'a Value<'_>) -> [&'a [u8]; 2] {
    match value {
        Value::Absent => [b"-", b""],
        Value::Whole(digits) => [b"n", digits.as_bytes()],
        Value::Text(text) => [b"s", text.as_bytes()],
        Value::Other(raw) => [b"j", raw.as_bytes()],
    }
}
