//! Notion's ids: UUIDs, dashed in answers, dashed or bare in requests (Notion facts 1).

use crate::house::Dice;
use serde::{Serialize, Serializer};
use std::fmt;

/// A UUID, in sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(crate) u128);

impl Id {
    /// A new one.
    pub(crate) fn new(dice: &mut Dice) -> Self {
        Self::parse(&dice.uuid()).unwrap_or(Self(0))
    }

    /// With or without dashes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bare = match text.len() {
            32 => text.to_owned(),
            36 => {
                let bytes = text.as_bytes();
                if [8, 13, 18, 23].iter().any(|&dash| bytes[dash] != b'-') {
                    return None;
                }
                text.replace('-', "")
            }
            _ => return None,
        };
        if bare.len() != 32 || !bare.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&bare, 16).ok().map(Self)
    }

    /// Without dashes, as in the addresses of pages.
    pub(crate) fn bare(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.bare();
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_with_and_without_dashes_and_written_with_them() {
        let dashed = "0123abcd-4567-4890-abcd-ef0123456789";
        let id = Id::parse(dashed).expect("a UUID");
        assert_eq!(Id::parse(&dashed.replace('-', "")), Some(id));
        assert_eq!(Id::parse(&dashed.to_uppercase()), Some(id));
        assert_eq!(id.to_string(), dashed);
        assert_eq!(id.bare(), "0123abcd45674890abcdef0123456789");
    }

    #[test]
    fn what_is_no_uuid_is_no_id() {
        for text in [
            "",
            "x",
            "0123abcd-4567-4890-abcd-ef012345678",
            "0123abcd45674890-abcd-ef0123456789----",
            "+123abcd45674890abcdef0123456789",
        ] {
            assert_eq!(Id::parse(text), None, "{text}");
        }
        assert_eq!(Id::parse("ä123abcd-4567-4890-abcd-ef012345678"), None);
    }
}
