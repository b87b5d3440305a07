//! Settings of counters as types.

use super::units::Span;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use syncline_core::secret::Secret;

/// `[counters]`: numbers that live with the application, and a property at HubSpot that follows them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    /// Calls of triggers at the same time, per process.
    pub concurrency: usize,
    /// Of these, at most so many for one definition.
    pub per_definition: usize,
    /// Calls of triggers in any ten seconds, per account; 0: no limit.
    pub account_calls: usize,
    /// How long one call of a trigger may take.
    pub timeout: Span,
    /// How long a process owns a counter that it pushes.
    pub lease: Span,
    /// After so many calls in a row that were accepted and never shown, a person is asked.
    pub rounds: u32,
    /// The longest wait after calls that were not taken.
    pub longest_wait: Span,
    /// How often Redis keys are read where their changes are not told.
    pub poll: Span,
    /// How long one question to a truth's database or endpoint may take.
    pub truth_timeout: Span,
    /// Databases that truths may be asked of, by name.
    #[serde(deserialize_with = "named")]
    pub databases: BTreeMap<String, Secret>,
    /// Redis servers that counters may be kept in, by name.
    #[serde(deserialize_with = "named")]
    pub servers: BTreeMap<String, Secret>,
}

impl Counters {
    /// The names of the databases.
    #[must_use]
    pub fn database_names(&self) -> Vec<String> {
        self.databases.keys().cloned().collect()
    }

    /// The names of the Redis servers.
    #[must_use]
    pub fn server_names(&self) -> Vec<String> {
        self.servers.keys().cloned().collect()
    }
}

fn named<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<String, Secret>, D::Error> {
    let text = String::deserialize(source)?;
    urls_by_name(&text).ok_or_else(|| serde::de::Error::custom("expected name=url name=url"))
}

/// `bookings=postgres://… reports=mysql://…`; none when it is something else, or a name stands twice.
pub(super) fn urls_by_name(text: &str) -> Option<BTreeMap<String, Secret>> {
    let plain = |name: &str| {
        let fine = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        (1..=64).contains(&name.len()) && name.bytes().all(fine)
    };
    let mut all = BTreeMap::new();
    for part in text.split_whitespace() {
        let (name, url) = part.split_once('=').filter(|(name, url)| plain(name) && url.contains("://"))?;
        if all.insert(name.to_owned(), Secret::new(url)).is_some() {
            return None;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::urls_by_name;

    #[test]
    fn places_are_named_once_each() {
        let read = urls_by_name(" bookings=postgres://u:p@h/db?a=b\n reports=redis://h ").unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["bookings", "reports"]);
        assert_eq!(read["bookings"].expose(), "postgres://u:p@h/db?a=b");
        assert_eq!(urls_by_name("").unwrap().len(), 0);
        for wrong in
            ["bookings", "=redis://h", "a=h", "A=redis://h", "a=redis://h a=redis://i", "a = redis://h"]
        {
            assert!(urls_by_name(wrong).is_none(), "{wrong}");
        }
    }
}
