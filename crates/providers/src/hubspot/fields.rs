//! The fields of one HubSpot event that mean something to us, found without reading the others.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A field we look at; all others travel along unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    EventId,
    SubscriptionId,
    PortalId,
    AppId,
    ObjectId,
    FromObjectId,
    ToObjectId,
    OccurredAt,
    AttemptNumber,
    SubscriptionType,
    ObjectTypeId,
    PropertyName,
    AssociationType,
    AssociationTypeId,
    AssociationRemoved,
    IsPrimaryAssociation,
}

/// How many names there are.
const FIELDS: usize = Field::IsPrimaryAssociation as usize + 1;

impl Field {
    /// The field written `key`, when we look at it.
    pub fn of(key: &str) -> Option<Self> {
        Some(match key {
            "eventId" => Self::EventId,
            "subscriptionId" => Self::SubscriptionId,
            "portalId" => Self::PortalId,
            "appId" => Self::AppId,
            "objectId" => Self::ObjectId,
            "fromObjectId" => Self::FromObjectId,
            "toObjectId" => Self::ToObjectId,
            "occurredAt" => Self::OccurredAt,
            "attemptNumber" => Self::AttemptNumber,
            "subscriptionType" => Self::SubscriptionType,
            "objectTypeId" => Self::ObjectTypeId,
            "propertyName" => Self::PropertyName,
            "associationType" => Self::AssociationType,
            "associationTypeId" => Self::AssociationTypeId,
            "associationRemoved" => Self::AssociationRemoved,
            "isPrimaryAssociation" => Self::IsPrimaryAssociation,
            _ => return None,
        })
    }
}

/// The fields of one event as written. Of a key that occurs twice the last one counts, as in JavaScript and Python.
#[derive(Debug)]
pub struct Fields<'a>([Option<&'a str>; FIELDS]);

impl<'a> Fields<'a> {
    /// Reads one element; `None` when it is not a JSON object.
    pub fn read(element: &'a str) -> Option<Self> {
        let mut fields = Self([None; FIELDS]);
        let mut deserializer = serde_json::Deserializer::from_str(element);
        let each = |name: Field, raw| fields.0[name as usize] = Some(raw);
        EachField { wanted: |_| true, each }.deserialize(&mut deserializer).ok()?;
        Some(fields)
    }

    /// The value of a field; one that is `null` is absent.
    pub fn get(&self, name: Field) -> Value<'a> {
        self.0[name as usize].map_or(Value::Absent, Value::of)
    }
}

/// The value of a field, as far as we tell values apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Not there, or `null`.
    Absent,
    /// A whole number from 0 to `i64::MAX`, in plain digits. HubSpot writes ids mostly as numbers and sometimes as
    /// strings of digits (the test button's `eventId`): both are this.
    Whole(Cow<'a, str>),
    /// Any other string, escapes decoded.
    Text(Cow<'a, str>),
    /// Anything else, as written.
    Other(&'a str),
}

impl<'a> Value<'a> {
    /// Makes out what a JSON text is.
    fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'n') => Self::Absent,
            Some(b'"') => match unquote(raw) {
                Some(text) if is_plain_whole(&text) => Self::Whole(text),
                Some(text) => Self::Text(text),
                None => Self::Other(raw),
            },
            Some(b'-' | b'0'..=b'9') => match raw.parse::<i64>() {
                Ok(0) => Self::Whole(Cow::Borrowed("0")), // `-0` is a whole number, too
                Ok(1..) => Self::Whole(Cow::Borrowed(raw)),
                _ => Self::Other(raw),
            },
            _ => Self::Other(raw),
        }
    }

    /// Whether it is a number, and none that an id or a time can be: negative, fractional or too large.
    pub fn is_odd_number(&self) -> bool {
        matches!(self, Self::Other(raw) if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }

    /// The words or the digits; `None` when it is absent or neither.
    pub fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Whole(text) | Self::Text(text) => Some(text),
            Self::Absent | Self::Other(_) => None,
        }
    }
}

/// The text of a JSON string; `None` when its escapes mean nothing (half a surrogate pair).
fn unquote(raw: &str) -> Option<Cow<'_, str>> {
    if raw.contains('\\') {
        return serde_json::from_str(raw).ok().map(Cow::Owned);
    }
    raw.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
}

/// Whether `text` is how a whole number from 0 to `i64::MAX` is written: digits, no leading zero.
fn is_plain_whole(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && (text.len() == 1 || !text.starts_with('0')) && text.parse::<i64>().is_ok()
}

/// Reads a JSON object in one pass and shows the wanted fields, as written, to `each`; the rest is only checked for
/// grammar.
pub struct EachField<W, F> {
    /// Which of the known fields to show.
    pub wanted: W,
    /// Gets every wanted field, as often as it occurs.
    pub each: F,
}

impl<'de, W, F> DeserializeSeed<'de> for EachField<W, F>
where
    W: Fn(Field) -> bool,
    F: FnMut(Field, &'de str),
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, W, F> Visitor<'de> for EachField<W, F>
where
    W: Fn(Field) -> bool,
    F: FnMut(Field, &'de str),
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Key)? {
            match name {
                Some(name) if (self.wanted)(name) => {
                    let raw: &'de RawValue = map.next_value()?;
                    (self.each)(name, raw.get());
                }
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// Reads a key.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<Field>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Field::of(key))
    }
}
