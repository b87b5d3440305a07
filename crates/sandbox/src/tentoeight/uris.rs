//! Absolute URIs: the identity of customers and subscriptions (10to8 facts 1 and 4).

use super::model::ORGANIZATIONS;
use super::settings::Settings;

/// The prefix of the API.
pub(super) const API: &str = "/api/enterprise/v2";
/// The number of the first customer.
const FIRST: u64 = 123;
/// Multiplied with this, a number looks like nothing in particular; multiplied with its inverse, it is back.
const SCRAMBLE: u64 = 0x9e37_79b9_7f4a_7c15;
const UNSCRAMBLE: u64 = 0xf1de_83e1_9937_733d;

/// The number of the customer at `index` of `organization`. No two organizations share one.
pub(super) fn number(organization: usize, index: usize) -> u64 {
    FIRST + (index as u64) * (ORGANIZATIONS.len() as u64) + organization as u64
}

/// The organization and index that `number` belongs to.
pub(super) fn locate(number: u64) -> Option<(usize, usize)> {
    let place = usize::try_from(number.checked_sub(FIRST)?).ok()?;
    Some((place % ORGANIZATIONS.len(), place / ORGANIZATIONS.len()))
}

/// Reads an id of either kind.
pub(super) fn parse_id(text: &str) -> Option<u64> {
    match text.strip_prefix("c_") {
        Some(hex) if hex.len() == 16 => Some(u64::from_str_radix(hex, 16).ok()?.wrapping_mul(UNSCRAMBLE)),
        Some(_) => None,
        None if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0') => text.parse().ok(),
        None => None,
    }
}

/// Reads an id, or the last part of a URI.
pub(super) fn parse(text: &str) -> Option<u64> {
    parse_id(text.trim_end_matches('/').rsplit('/').next()?)
}

/// Writes URIs as the settings want them.
pub(super) struct Writer {
    base: String,
    slash: &'static str,
    opaque: bool,
}

impl Writer {
    /// For a sandbox reached at `own`.
    pub(super) fn new(settings: &Settings, own: String) -> Self {
        let uris = &settings.uris;
        let base = uris.base.as_deref().map_or(own, |base| base.trim_end_matches('/').to_owned());
        Self { base, slash: if uris.trailing_slash { "/" } else { "" }, opaque: uris.opaque_ids }
    }

    /// A customer's.
    pub(super) fn customer(&self, number: u64) -> String {
        let Self { base, slash, .. } = self;
        if self.opaque {
            format!("{base}{API}/customer/c_{:016x}{slash}", number.wrapping_mul(SCRAMBLE))
        } else {
            format!("{base}{API}/customer/{number}{slash}")
        }
    }

    /// A subscription's.
    pub(super) fn subscription(&self, id: u64) -> String {
        let Self { base, slash, .. } = self;
        format!("{base}{API}/subscription/{id}{slash}")
    }

    /// A collection's, with a query.
    pub(super) fn collection(&self, name: &str, query: &str) -> String {
        format!("{}{API}/{name}/?{query}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_the_organization_and_the_place_in_it() {
        assert_eq!((number(0, 0), number(1, 0), number(0, 1)), (123, 124, 125));
        assert_eq!(locate(number(1, 77)), Some((1, 77)));
        assert_eq!(locate(122), None);
    }

    #[test]
    fn uris_are_read_as_they_are_written() {
        let mut settings = Settings::default();
        let write = |settings: &Settings| Writer::new(settings, "http://h/tentoeight".to_owned());
        let plain = write(&settings).customer(125);
        assert_eq!(plain, "http://h/tentoeight/api/enterprise/v2/customer/125/");
        assert_eq!(parse(&plain), Some(125));
        settings.uris.opaque_ids = true;
        settings.uris.trailing_slash = false;
        settings.uris.base = Some("https://10to8.com/".to_owned());
        let opaque = write(&settings).customer(125);
        assert!(opaque.starts_with("https://10to8.com/api/enterprise/v2/customer/c_"), "{opaque}");
        assert_eq!(parse(&opaque), Some(125));
        for nonsense in ["", "/", "abc", "0125", "-1", "c_12", "99999999999999999999999"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
