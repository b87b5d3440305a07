//! Settings of counters as types.

use super::units::Span;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use syncline_core::secret::Secret;
use syncline_store::Scope;

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
    pub databases: BTreeMap<String, Place>,
    /// Redis servers that counters may be kept in, by name.
    #[serde(deserialize_with = "named")]
    pub servers: BTreeMap<String, Place>,
}

/// A database or server that definitions may name.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Where it is; a password may be in it.
    pub url: Secret,
    /// The organization whose own keys may name it. None: operators alone may.
    pub org_id: Option<String>,
}

impl Counters {
    /// The names of the databases that a caller may name: whoever sees one organization may not ask what another counts.
    #[must_use]
    pub fn database_names(&self, scope: &Scope) -> Vec<String> {
        names(&self.databases, scope)
    }

    /// The names of the Redis servers that a caller may name.
    #[must_use]
    pub fn server_names(&self, scope: &Scope) -> Vec<String> {
        names(&self.servers, scope)
    }
}

fn names(places: &BTreeMap<String, Place>, scope: &Scope) -> Vec<String> {
    let may = |place: &Place| match scope {
        Scope::All => true,
        Scope::Organization(org_id) => place.org_id.as_ref() == Some(org_id),
    };
    places.iter().filter(|(_, place)| may(place)).map(|(name, _)| name.clone()).collect()
}

fn named<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<String, Place>, D::Error> {
    let text = String::deserialize(source)?;
    places_by_name(&text).ok_or_else(|| serde::de::Error::custom("expected name=url name@organization=url"))
}

/// `bookings=postgres://… reports@acme=mysql://…`; none when it is something else, or a name stands twice.
pub(super) fn places_by_name(text: &str) -> Option<BTreeMap<String, Place>> {
    let plain = |name: &str| {
        let fine = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        (1..=64).contains(&name.len()) && name.bytes().all(fine)
    };
    let mut all = BTreeMap::new();
    for part in text.split_whitespace() {
        let (named, url) = part.split_once('=').filter(|(_, url)| url.contains("://"))?;
        let (name, org_id) = match named.split_once('@') {
            Some((_, "")) => return None,
            Some((name, org_id)) => (name, Some(org_id.to_owned())),
            None => (named, None),
        };
        let place = Place { url: Secret::new(url), org_id };
        if !plain(name) || all.insert(name.to_owned(), place).is_some() {
            return None;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::{names, places_by_name};
    use syncline_store::Scope;

    #[test]
    fn places_are_named_once_each() {
        let read = places_by_name(" bookings=postgres://u:p@h/db?a=b\n reports@acme=redis://h ").unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["bookings", "reports"]);
        assert_eq!(read["bookings"].url.expose(), "postgres://u:p@h/db?a=b");
        assert_eq!(places_by_name("").unwrap().len(), 0);
        for wrong in [
            "bookings",
            "=redis://h",
            "a=h",
            "A=redis://h",
            "a=redis://h a@acme=redis://i",
            "a = redis://h",
            "a@=redis://h",
        ] {
            assert!(places_by_name(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_place_is_named_by_operators_and_by_the_organization_that_it_is_for() {
        let places = places_by_name("ours=redis://h theirs@acme=redis://i").unwrap();
        let of = |org: &str| names(&places, &Scope::Organization(org.to_owned()));
        assert_eq!(names(&places, &Scope::All), ["ours", "theirs"]);
        assert_eq!((of("acme"), of("globex")), (vec!["theirs".to_owned()], vec![]));
    }
}
