//! Where a page of records ended, written so that nobody is tempted to build one.

use crate::http::Problem;
use data_encoding::BASE64URL_NOPAD;
use syncline_core::event::MAX_COLUMN_CHARS;

/// The first byte of every cursor; another layout gets another number.
const VERSION: u8 = 1;
/// No three names in columns are longer.
const MAX_BYTES: usize = 3 * (4 * MAX_COLUMN_CHARS + 2) + 16;

/// A place in the order of records, and the query it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Connection, type and id of the last record of the page; the next page starts just beyond it.
    pub after: (String, String, String),
    /// Which query the page belongs to, see [`syncline_core::cursor::filter_hash`].
    pub filter: u64,
}

impl Place {
    /// As it is handed out: URL-safe base 64 without padding.
    #[must_use]
    pub fn encode(&self) -> String {
        let (connection, object_type, id) = &self.after;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.filter.to_be_bytes());
        for part in [connection, object_type, id] {
            let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&part.as_bytes()[..usize::from(length)]);
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a cursor as it was handed out.
    fn decode(text: &str) -> Option<Self> {
        // A check before the work: the text is as long as whoever sent it pleased.
        if text.len() > 2 * MAX_BYTES {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (&version, rest) = bytes.split_first()?;
        let (filter, mut rest) = rest.split_first_chunk::<8>()?;
        let mut part = || {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (text, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            rest = after;
            String::from_utf8(text.to_vec()).ok()
        };
        let after = (part()?, part()?, part()?);
        (version == VERSION && rest.is_empty()).then(|| Self { after, filter: u64::from_be_bytes(*filter) })
    }

    /// Reads the cursor that came with a query which filters as `filter` says; answers the record to go on after.
    ///
    /// # Errors
    /// 400 for one that is not ours or belongs to another query.
    pub fn resume(text: &str, filter: u64) -> Result<(String, String, String), Problem> {
        let wrong = |what: &str| {
            Problem::bad_request("bad_cursor", format!("`cursor`: the {what}. Start again without one."))
        };
        let place = Self::decode(text).ok_or_else(|| wrong("cursor is not one of ours"))?;
        if place.filter == filter { Ok(place.after) } else { Err(wrong("cursor belongs to another query")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_read_back(connection in ".{0,40}", object_type in ".{0,40}", id in ".{0,255}", filter: u64) {
            let place = Place { after: (connection, object_type, id), filter };
            let text = place.encode();
            prop_assert_eq!(Place::decode(&text), Some(place.clone()));
            prop_assert_eq!(Place::resume(&text, filter), Ok(place.after));
            prop_assert_eq!(Place::resume(&text, filter ^ 1).unwrap_err().code, "bad_cursor");
        }

        #[test]
        fn no_other_text_is_one(text in "[A-Za-z0-9_-]{0,80}|.{0,50}") {
            if let Some(place) = Place::decode(&text) {
                prop_assert_eq!(place.encode(), text);
            }
        }
    }
}
