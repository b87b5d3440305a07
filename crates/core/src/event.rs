//! Events: what a provider told us, kept for good, ordered by when it happened there.

use crate::time::Timestamp;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt;

/// The identity of an event, and its place in the timeline.
///
/// 16 bytes: 48 bits of milliseconds (when it happened at the provider), then 80 bits of SHA-256 over the event's
/// dedupe key. So one value serves three masters: two deliveries of one event have one id, ids sort by time of
/// occurrence, and the same events make the same timeline in every database. Written as 26 characters of Crockford
/// base 32 (a ULID) behind `evt_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Before every event.
    pub const MIN: Self = Self([0; 16]);
    /// After every event.
    pub const MAX: Self = Self([0xff; 16]);

    /// The id of the event that happened at `occurred_at` and is known by the parts of `key`, the provider's name
    /// first. The parts are separated unambiguously, so `["a", "bc"]` and `["ab", "c"]` differ.
    #[must_use]
    pub fn of(occurred_at: Timestamp, key: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in key {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut id = Self::first_at(occurred_at);
        id.0[6..].copy_from_slice(&digest[..10]);
        id
    }

    /// The smallest id an event at `instant` can have; instants outside 48 bits are clamped.
    #[must_use]
    pub fn first_at(instant: Timestamp) -> Self {
        let millis = instant.as_millis().clamp(0, Timestamp::MAX_MILLIS).to_be_bytes();
        let mut id = [0; 16];
        id[..6].copy_from_slice(&millis[2..]);
        Self(id)
    }

    /// The id right before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Self(u128::from_be_bytes(self.0).saturating_sub(1).to_be_bytes())
    }

    /// The id right after this one.
    #[must_use]
    pub fn after(self) -> Self {
        Self(u128::from_be_bytes(self.0).saturating_add(1).to_be_bytes())
    }

    /// When the event happened at the provider.
    #[must_use]
    pub fn occurred_at(self) -> Timestamp {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.0[..6]);
        Timestamp::from_millis(i64::from_be_bytes(millis))
    }

    /// The bytes as stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// From the bytes as stored; `None` unless there are 16.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads the written form, `evt_` and 26 characters; lower case is accepted.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("evt_")?;
        if digits.len() != 26 {
            return None;
        }
        let mut value: u128 = 0;
        for (place, c) in digits.bytes().enumerate() {
            let digit = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase())?;
            if place == 0 && digit > 7 {
                return None;
            }
            value = value << 5 | digit as u128;
        }
        Some(Self(value.to_be_bytes()))
    }
}

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.0);
        f.write_str("evt_")?;
        for place in (0..26).rev() {
            let digit = (value >> (place * 5)) as usize & 31;
            write!(f, "{}", ALPHABET[digit] as char)?;
        }
        Ok(())
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One event as a provider's room read it, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Identity and place in the timeline.
    pub id: EventId,
    /// The provider's account it happened in (HubSpot: the portal id in decimal digits).
    pub account: String,
    /// What kind of record it is about, in the provider's word (`contact`, `2-9000001`); empty when it says nothing.
    pub object_type: String,
    /// The record's id at the provider; empty when the event names none.
    pub object_id: String,
    /// What happened, in the provider's word (`contact.propertyChange`).
    pub kind: String,
    /// The property that changed, where one did.
    pub property: Option<String>,
    /// The event exactly as it came: one JSON object, unknown fields included.
    pub raw: Bytes,
}

/// The longest text, in characters, that goes into a column one can filter by. The raw form keeps everything.
pub const MAX_COLUMN_CHARS: usize = 255;

/// `text` as a filterable column holds it: at most [`MAX_COLUMN_CHARS`] characters, and U+FFFD for NUL, which
/// PostgreSQL cannot store. Every database then holds the same.
#[must_use]
pub fn column_text(text: &str) -> String {
    // Nearly every text is short and plain: bytes are at least as many as characters.
    if text.len() <= MAX_COLUMN_CHARS && !text.as_bytes().contains(&0) {
        return text.to_owned();
    }
    text.chars().take(MAX_COLUMN_CHARS).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn written_ids_read_back_and_sort_by_time(
            (a, b) in (0..=Timestamp::MAX_MILLIS, 0..=Timestamp::MAX_MILLIS),
            key in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..8), 0..6),
        ) {
            let parts: Vec<&[u8]> = key.iter().map(Vec::as_slice).collect();
            let (first, second) = (EventId::of(Timestamp::from_millis(a), &parts), EventId::of(Timestamp::from_millis(b), &parts));
            prop_assert_eq!(EventId::parse(&first.to_string()), Some(first));
            prop_assert_eq!(first.occurred_at().as_millis(), a);
            prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            prop_assert_eq!(first.to_string().cmp(&second.to_string()), a.cmp(&b));
        }

        #[test]
        fn keys_cannot_be_confused_by_moving_a_boundary(text in "[a-z]{2,12}", cut in 1usize..11) {
            prop_assume!(cut < text.len());
            let (left, right) = text.as_bytes().split_at(cut);
            let whole = EventId::of(Timestamp::default(), &[text.as_bytes(), b""]);
            prop_assert_ne!(EventId::of(Timestamp::default(), &[left, right]), whole);
        }
    }

    #[test]
    fn nonsense_is_not_an_id() {
        for text in [
            "",
            "evt_",
            "evt_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "evt_0000000000000000000000000U",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        ] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
