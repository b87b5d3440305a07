//! The server-side iterators behind `offset`: `itr…/rec…`, gone after idleness (Airtable facts 5).

use crate::airtable::ids::{self, RecordId};
use crate::house::Dice;
use std::collections::HashMap;
use std::sync::Arc;

/// More iterators than this are not kept: the ones that were not used for the longest time go.
const MOST: usize = 10_000;

/// Which records follow each other.
#[derive(Debug, Clone)]
pub(in crate::airtable) enum Sequence {
    /// All that are older than row number `below`, in the order of their ids.
    ById { below: u32 },
    /// All that are older than row number `below`, in the order of creation.
    ByAge { below: u32 },
    /// These.
    Fixed(Arc<[u32]>),
    /// Looked up anew for every page.
    Live,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::airtable) struct Place {
    /// Its first record, when the page before it was read.
    pub(in crate::airtable) record: RecordId,
    /// That record's number.
    pub(in crate::airtable) number: u32,
    /// How many records came before.
    pub(in crate::airtable) given: usize,
}

/// A list that goes on.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Iteration {
    pub(in crate::airtable) base: String,
    pub(in crate::airtable) table: usize,
    pub(in crate::airtable) sequence: Sequence,
}

#[derive(Debug)]
struct Kept {
    iteration: Iteration,
    used: i64,
    places: Vec<Place>,
}

/// All that are going on.
#[derive(Debug, Default)]
pub(in crate::airtable) struct Iterators(HashMap<String, Kept>);

/// Why there is no next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::airtable) enum Lost {
    /// Nobody gave out this offset.
    Invalid,
    /// The iterator is gone.
    Gone,
}

impl Iterators {
    /// What an offset means.
    ///
    /// # Errors
    /// Why it means nothing.
    pub(in crate::airtable) fn find(
        &mut self,
        offset: &str,
        now: i64,
        idle_ms: i64,
    ) -> Result<(String, Iteration, Place), Lost> {
        let (id, record) = offset.split_once('/').ok_or(Lost::Invalid)?;
        let record = RecordId::parse(record).filter(|_| ids::is(id, "itr")).ok_or(Lost::Invalid)?;
        let kept = self.0.get_mut(id).ok_or(Lost::Gone)?;
        if now.saturating_sub(kept.used) >= idle_ms {
            self.0.remove(id);
            return Err(Lost::Gone);
        }
        let place = kept.places.iter().rev().find(|place| place.record == record).ok_or(Lost::Invalid)?;
        kept.used = now;
        Ok((id.to_owned(), kept.iteration.clone(), *place))
    }

    /// Begins one; returns the offset of its next page.
    pub(in crate::airtable) fn begin(
        &mut self,
        iteration: Iteration,
        place: Place,
        now: i64,
        dice: &mut Dice,
    ) -> String {
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, kept)| kept.used).map(|(id, _)| id.clone())
        {
            self.0.remove(&oldest);
        }
        let id = ids::throw(dice, "itr");
        self.0.insert(id.clone(), Kept { iteration, used: now, places: vec![place] });
        format!("{id}/{}", place.record)
    }

    /// Goes on with one; returns the offset of its next page.
    pub(in crate::airtable) fn go_on(&mut self, id: &str, place: Place) -> String {
        if let Some(kept) = self.0.get_mut(id)
            && !kept.places.contains(&place)
        {
            kept.places.push(place);
        }
        format!("{id}/{}", place.record)
    }

    /// Ends all of them; says how many.
    pub(in crate::airtable) fn clear(&mut self) -> usize {
        let many = self.0.len();
        self.0.clear();
        many
    }
}
