//! Where a page of a list begins, and by which pages somebody came there: what a list's address says of its pages.
//!
//! Lists are read forwards only, each page behind a row and never by its number. The way back is the way that was come: the address of a
//! page names where the pages before it began. So every list turns back, to just the pages that were seen, whatever it is sorted by, and
//! an address that is passed on turns back, too.

use serde::{Deserialize, Deserializer};
use std::ops::Deref;

/// The most bytes of a way that an address names; of a longer one its end, and before that the first page.
const LONGEST: usize = 600;

/// Stands between the places in an address. A `~` within a place is written `~0`.
const BETWEEN: &str = "~1";

/// Where a page begins: a list's own word for a place. It reads as that word; empty is the beginning of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    here: String,
    /// Where the pages before this one began, the first page apart, in the order in which they were seen.
    way: Vec<String>,
}

impl Turn {
    /// As an address has it.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut places: Vec<String> = text.split(BETWEEN).map(|place| place.replace("~0", "~")).collect();
        let here = places.pop().unwrap_or_default();
        places.retain(|place| !place.is_empty());
        Self { here, way: places }
    }

    /// The same, as an address has it.
    #[must_use]
    pub fn written(&self) -> String {
        let places = self.way.iter().chain([&self.here]).map(|place| place.replace('~', "~0"));
        places.collect::<Vec<_>>().join(BETWEEN)
    }

    /// The page that begins at `place`, after this one.
    #[must_use]
    pub fn next(&self, place: &str) -> Self {
        let mut way = self.way.clone();
        if !self.here.is_empty() {
            way.push(self.here.clone());
        }
        let mut room = LONGEST;
        let fits = |place: &&String| {
            let fits = place.len() <= room;
            room = room.saturating_sub(place.len() + BETWEEN.len());
            fits
        };
        let kept = way.iter().rev().take_while(fits).count();
        way.drain(..way.len() - kept);
        Self { here: place.to_owned(), way }
    }

    /// The page before this one; none of the first page.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        if self.here.is_empty() {
            return None;
        }
        let mut way = self.way.clone();
        let here = way.pop().unwrap_or_default();
        Some(Self { here, way })
    }
}

impl Deref for Turn {
    type Target = str;

    fn deref(&self) -> &str {
        &self.here
    }
}

impl From<&str> for Turn {
    fn from(text: &str) -> Self {
        Self::read(text)
    }
}

impl From<String> for Turn {
    fn from(text: String) -> Self {
        Self::read(&text)
    }
}

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_are_turned_back_the_way_they_were_turned() {
        let first = Turn::default();
        assert_eq!((first.previous(), first.written().as_str()), (None, ""));
        let (second, third) = (first.next("b"), first.next("b").next("c~d"));
        assert_eq!((&*third, third.written().as_str()), ("c~d", "b~1c~0d"));
        assert_eq!(Turn::read("b~1c~0d"), third);
        assert_eq!((third.previous(), second.previous()), (Some(second), Some(first)));
    }

    #[test]
    fn a_place_whose_way_is_not_known_leads_back_to_the_first_page() {
        assert_eq!(Turn::read("1.lnk_2").previous(), Some(Turn::default()));
        assert_eq!(Turn::read("~1~1x").previous(), Some(Turn::default()));
    }

    #[test]
    fn a_long_way_is_forgotten_from_its_beginning() {
        let far = (100..1_000).fold(Turn::default(), |turn, number| turn.next(&number.to_string()));
        assert!(far.written().len() <= LONGEST + 5 && far.previous().is_some_and(|turn| &*turn == "998"));
        let heavy = Turn::default().next(&"x".repeat(2_000)).next("y");
        assert_eq!(heavy.previous(), Some(Turn::default()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(places in proptest::collection::vec("[ -~é]{1,12}", 1..6)) {
            let turn = places.iter().fold(Turn::default(), |turn, place| turn.next(place));
            prop_assert_eq!(Turn::read(&turn.written()), turn);
        }
    }
}
