//! Unique values: which record has them (HubSpot facts 3.2, 4). One index for the addresses of contacts, primary and
//! additional ones alike, and one for every unique property that was ever written.

use super::packed::NameId;
use super::record::Record;
use std::collections::HashMap;

/// Who has which value.
#[derive(Debug)]
pub(super) struct Index {
    /// The property; of addresses, the primary one.
    pub(super) name: NameId,
    /// Of addresses: the property that holds further ones.
    further: Option<NameId>,
    owners: HashMap<Box<str>, u64>,
}

impl Index {
    /// Of one unique property.
    pub(super) fn of(name: NameId) -> Self {
        Self { name, further: None, owners: HashMap::new() }
    }

    /// Of addresses.
    pub(super) fn of_emails(email: NameId, additional: NameId) -> Self {
        Self { further: Some(additional), ..Self::of(email) }
    }

    /// Whether a change of this property concerns it.
    pub(super) fn concerns(&self, name: NameId) -> bool {
        self.name == name || self.further == Some(name)
    }

    /// Who has this value.
    pub(super) fn owner(&self, value: &str) -> Option<u64> {
        if self.further.is_some() {
            return self.owners.get(&*email_key(value)).copied();
        }
        self.owners.get(value).copied()
    }

    /// The values of a record that it keeps.
    pub(super) fn keys(&self, record: &Record) -> Vec<Box<str>> {
        let first = record.value(self.name);
        let Some(further) = self.further else { return first.map(Box::from).into_iter().collect() };
        let more = record.value(further).into_iter().flat_map(emails);
        first.into_iter().chain(more).map(|email| email_key(email).into_boxed_str()).collect()
    }

    /// A record came, or may be found again.
    pub(super) fn add(&mut self, id: u64, keys: Vec<Box<str>>) {
        for key in keys {
            self.owners.insert(key, id);
        }
    }

    /// A record went; what another one owns stays.
    pub(super) fn forget(&mut self, id: u64, keys: &[Box<str>]) {
        for key in keys {
            if self.owners.get(key) == Some(&id) {
                self.owners.remove(key);
            }
        }
    }
}

/// Addresses are compared without regard to case.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The addresses of an `hs_additional_emails` value.
pub(super) fn emails(list: &str) -> impl Iterator<Item = &str> {
    list.split(';').map(str::trim).filter(|email| !email.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_found_by_any_of_its_addresses_in_any_case() {
        let (email, further) = (NameId(0), NameId(1));
        let mut record = Record::new(0);
        record.set(email, "Ada@Example.com", 0);
        record.set(further, "a@example.com; b@example.com;", 0);
        let mut index = Index::of_emails(email, further);
        let keys = index.keys(&record);
        index.add(7, keys.clone());
        assert_eq!(index.owner("ADA@example.com"), Some(7));
        assert_eq!((index.owner("b@example.com"), index.owner("c@example.com")), (Some(7), None));
        index.forget(8, &keys);
        assert_eq!(index.owner("a@example.com"), Some(7), "another record's going changes nothing");
        index.forget(7, &keys);
        assert_eq!(index.owner("ada@example.com"), None);
    }

    #[test]
    fn other_unique_values_are_told_apart_by_case() {
        let mut index = Index::of(NameId(4));
        index.add(1, vec!["X-1".into()]);
        assert_eq!((index.owner("X-1"), index.owner("x-1")), (Some(1), None));
    }
}
