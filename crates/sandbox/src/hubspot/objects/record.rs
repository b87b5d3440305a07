//! One record: when it came and changed, its values, and the values they replaced.

use super::packed::{Held, NameId, Values, push};

/// One record. Values are changed through its table, which keeps the indexes.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Simulated milliseconds since 1970.
    pub(crate) created_at: i64,
    /// Simulated milliseconds since 1970.
    pub(crate) updated_at: i64,
    /// Simulated milliseconds since 1970; none while it is not archived.
    pub(crate) archived_at: Option<i64>,
    /// The number of the write that made it.
    pub(super) created_in: Option<u32>,
    values: Box<[u8]>,
    /// Values that were replaced, oldest first. Most records have none: they take a pointer only.
    older: Option<Box<Older>>,
}

#[derive(Debug, Clone, Default)]
struct Older(Vec<u8>);

impl Record {
    /// Without values yet.
    pub(crate) fn new(at: i64) -> Self {
        Self {
            created_at: at,
            updated_at: at,
            archived_at: None,
            created_in: None,
            values: Box::default(),
            older: None,
        }
    }

    /// Without values yet, made by a write.
    pub(super) fn made(at: i64, write: u32) -> Self {
        Self { created_in: Some(write), ..Self::new(at) }
    }

    /// With these values from the start, in one piece: each name once, none of them empty.
    pub(super) fn with<'a>(mut self, values: impl IntoIterator<Item = Held<'a>>) -> Self {
        let mut bytes = Vec::with_capacity(256);
        for held in values {
            push(&mut bytes, held);
        }
        self.values = bytes.into_boxed_slice();
        self
    }

    /// Its values, cleared ones included.
    pub(super) fn values(&self) -> Values<'_> {
        Values(&self.values)
    }

    /// Its values of before, oldest first.
    pub(super) fn older(&self) -> Values<'_> {
        Values(self.older.as_ref().map_or(&[], |older| &older.0))
    }

    /// The value it has; none when it has none or was cleared.
    pub(super) fn value(&self, name: NameId) -> Option<&str> {
        self.values().find(|held| held.name == name).map(|held| held.value).filter(|value| !value.is_empty())
    }

    /// Writes a value, empty clears it. Tells whether it changed.
    pub(super) fn set(&mut self, name: NameId, value: &str, write: u32) -> bool {
        let before = Values(&self.values).find(|held| held.name == name);
        match before {
            Some(held) if held.value == value => return false,
            None if value.is_empty() => return false,
            _ => {}
        }
        let now = Held { name, write, value };
        let mut bytes = Vec::with_capacity(self.values.len() + value.len() + 12);
        for held in self.values() {
            push(&mut bytes, if held.name == name { now } else { held });
        }
        match before {
            None => push(&mut bytes, now),
            Some(replaced) => {
                push(&mut self.older.get_or_insert_default().0, replaced);
            }
        }
        self.values = bytes.into_boxed_slice();
        true
    }

    /// What two records become: the first one's current values, and where it has none, the second one's; with everything
    /// either ever had as history (HubSpot facts 3.6). Also how many values came from the second.
    pub(super) fn merged(primary: &Self, other: &Self, at: i64, write: u32) -> (Self, u64) {
        let mut all: Vec<Held<'_>> =
            [primary, other].into_iter().flat_map(|record| record.older().chain(record.values())).collect();
        all.sort_by_key(|held| held.write);
        let mut moved = 0;
        let mut current: Vec<Held<'_>> = primary.values().filter(|held| !held.value.is_empty()).collect();
        for held in other.values().filter(|held| !held.value.is_empty()) {
            if !current.iter().any(|kept| kept.name == held.name) {
                current.push(held);
                moved += 1;
            }
        }
        let mut older = Older::default();
        for held in all.into_iter().filter(|held| !current.contains(held)) {
            push(&mut older.0, held);
        }
        let mut merged = Self { created_at: primary.created_at, updated_at: at, ..Self::made(at, write) };
        merged.older = (!older.0.is_empty()).then(|| Box::new(older));
        (merged.with(current), moved)
    }

    /// How many bytes it takes, what its allocations cost left aside.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.values.len() + self.older.as_ref().map_or(0, |older| 24 + older.0.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: NameId = NameId(1);
    const CITY: NameId = NameId(2);

    fn texts<'a>(values: impl Iterator<Item = Held<'a>>) -> Vec<(NameId, &'a str)> {
        values.map(|held| (held.name, held.value)).collect()
    }

    #[test]
    fn a_value_that_is_replaced_becomes_history() {
        let mut record = Record::new(0);
        assert!(record.set(NAME, "Ada", 0) && record.set(CITY, "London", 0));
        assert!(!record.set(NAME, "Ada", 1), "the same value is no change");
        assert!(record.set(NAME, "", 2) && record.set(NAME, "Augusta", 3));
        assert_eq!(texts(record.values()), [(NAME, "Augusta"), (CITY, "London")]);
        assert_eq!(texts(record.older()), [(NAME, "Ada"), (NAME, "")]);
    }

    #[test]
    fn clearing_what_was_never_there_is_no_change() {
        let mut record = Record::new(0);
        assert!(!record.set(NAME, "", 0));
        assert_eq!(record.values().count(), 0);
    }

    #[test]
    fn in_a_merge_the_primary_wins_and_the_other_fills_gaps() {
        let (mut primary, mut other) = (Record::new(10), Record::new(5));
        primary.set(NAME, "Ada", 0);
        other.set(NAME, "Augusta", 1);
        other.set(CITY, "London", 2);
        let (merged, moved) = Record::merged(&primary, &other, 99, 3);
        assert_eq!(texts(merged.values()), [(NAME, "Ada"), (CITY, "London")]);
        assert_eq!(texts(merged.older()), [(NAME, "Augusta")]);
        assert_eq!((moved, merged.created_at, merged.updated_at), (1, 10, 99));
    }

    #[test]
    fn a_value_the_primary_cleared_is_a_gap() {
        let (mut primary, mut other) = (Record::new(0), Record::new(0));
        primary.set(CITY, "Paris", 0);
        primary.set(CITY, "", 1);
        other.set(CITY, "London", 2);
        let (merged, moved) = Record::merged(&primary, &other, 3, 3);
        assert_eq!((merged.value(CITY), moved), (Some("London"), 1));
    }
}
