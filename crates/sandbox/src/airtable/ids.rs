//! Identifiers: a prefix of three letters and 14 letters and digits (Airtable facts 1).

use crate::house::Dice;
use std::fmt;

/// How many letters and digits follow the prefix.
const LENGTH: usize = 14;

/// A new id: `tbl` and 14 letters and digits.
pub(super) fn throw(dice: &mut Dice, prefix: &str) -> String {
    format!("{prefix}{}", dice.alphanumeric(LENGTH))
}

/// Whether `text` has the form of an id with this prefix.
pub(super) fn is(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A record's id, small enough to have a million of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RecordId([u8; LENGTH]);

impl RecordId {
    /// A new one.
    pub(super) fn throw(dice: &mut Dice) -> Self {
        let mut bytes = [b'0'; LENGTH];
        for (byte, thrown) in bytes.iter_mut().zip(dice.alphanumeric(LENGTH).bytes()) {
            *byte = thrown;
        }
        Self(bytes)
    }

    /// Reads `rec…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is(text, "rec") {
            return None;
        }
        text.as_bytes()[3..].try_into().ok().map(Self)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rec")?;
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_prefix_and_fourteen_letters_and_digits() {
        let mut dice = Dice::new(1, "ids");
        assert!(is(&throw(&mut dice, "fld"), "fld"));
        assert!(!is("fld123", "fld") && !is("tbl00000000000000", "fld") && !is("fld0000000000000é", "fld"));
        let id = RecordId::throw(&mut dice);
        assert_eq!(RecordId::parse(&id.to_string()), Some(id));
        assert_eq!(RecordId::parse("rec!"), None);
    }
}
