//! What is known of two records that are the same thing: their ids, and what they last agreed on.

use super::mapping::Rule;
use super::side::{Side, Sides};
use super::value::{Face, Value};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A link, as decisions see it; kept as JSON in its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The ids of the two records. One is missing until it is created there.
    pub ids: Sides<Option<String>>,
    /// How it is.
    pub state: State,
    /// The last agreed state of every rule, by its name. None yet: the sides were never compared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bases: BTreeMap<String, Base>,
    /// What each side's external id was last known to be, by our writing or by reading.
    #[serde(default)]
    pub external: Sides<Option<String>>,
    /// The kind of status last written to each side ([`super::status::Status::key`]); none: none was ever written.
    #[serde(default)]
    pub status: Sides<Option<String>>,
    /// When each side last answered a write of ours: whatever was read there before that is older.
    #[serde(default)]
    pub written_at: Sides<Option<Timestamp>>,
    /// Since when what is known of each side is in doubt: nobody knows what became of a write, or it found no record. A reading
    /// sent before that decides nothing.
    #[serde(default)]
    pub doubted: Sides<Option<Timestamp>>,
    /// Since when a deletion of ours may have been carried out on each side: it was sent, and nobody knows yet what became of it.
    /// That the record is gone then is our doing, and no reason to delete the other one.
    #[serde(default)]
    pub deleting: Sides<Option<Timestamp>>,
    /// Since when each side's record is known to be gone: a deletion waits a little, from then on.
    #[serde(default)]
    pub gone_since: Sides<Option<Timestamp>>,
    /// What each side refused although no rule says so, by field: the value and why. Forgotten when the value changes.
    ///
    /// Names that are no field's: `*` for a write that was refused as a whole, `*` and a rule for that rule's values alone (both
    /// with a [`super::settle::fingerprint`] as the value), `@delete` for a deletion that the provider objected to.
    #[serde(default)]
    pub refused: Sides<BTreeMap<String, Held>>,
    /// What a person decided about a conflict: by rule ([`DELETION`] for a deletion), until it is carried out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decisions: BTreeMap<String, Decision>,
}

/// How a link is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// Both records are known.
    Linked,
    /// One side's record is to be created, and may have been: nothing is created before it was looked for.
    Creating(Pending),
    /// Over; kept so that it is known why, and what comes back is known again.
    Ended(Ending),
}

/// A creation that may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Where.
    pub side: Side,
    /// Since when nobody sends it any more, as far as is known: whoever looks for the record later than the provider needs to show
    /// it, and does not find it, knows that it is not there.
    pub sent_at: Timestamp,
    /// Whether somebody may still be sending it: it was written down before that, and nothing was heard of its end.
    #[serde(default)]
    pub open: bool,
}

/// Why a link is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Ending {
    /// The record of this side was deleted by somebody, and the other one by us, or it was gone too.
    Deleted {
        /// Where somebody deleted it.
        side: Side,
    },
    /// The record of this side was deleted by somebody, and the other one stays.
    Unlinked {
        /// Where somebody deleted it.
        side: Side,
    },
    /// The records of this side became one with others that are linked already.
    Merged {
        /// Where they were merged.
        side: Side,
    },
}

/// What two sides last agreed on in the fields of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Which fields the faces are of ([`Base::shape_of`]): a rule that was given other fields has never agreed on them.
    #[serde(default)]
    pub shape: u64,
    /// What each side showed then, or answered when it was written.
    pub faces: Sides<Face>,
    /// Since when each face is known to be so: when a reading that showed it was sent, or a write of it was answered. A reading
    /// sent before that says nothing about this rule.
    pub known_at: Sides<Timestamp>,
    /// For each side the fields in which a placeholder stands there, with what belongs there.
    #[serde(default)]
    pub held: Sides<BTreeMap<String, Held>>,
}

/// A value that one side does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The value that belongs there.
    pub value: Value,
    /// Why it is not there.
    pub reason: String,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whose state wins. For a deletion: the side that deleted (delete the other), or the other one (it stays, the link ends).
    pub winner: Side,
    /// What the person saw when deciding. What has changed since is a new conflict.
    pub faces: Sides<Face>,
    /// For a deletion: whatever the provider objects.
    #[serde(default)]
    pub force: bool,
}

/// The name under which a deletion is decided about and objected to.
pub const DELETION: &str = "@delete";

/// The name under which a write that was refused as a whole is remembered.
pub const WHOLE: &str = "*";

impl Base {
    /// Equal for rules over the same fields, different (but for chance) for others.
    #[must_use]
    pub fn shape_of(rule: &Rule) -> u64 {
        let mut hash = Fnv1a::default();
        for (_, fields) in rule.fields.iter() {
            for field in fields {
                hash.write(field.as_bytes());
                hash.write(&[0]);
            }
            hash.write(&[1]);
        }
        // JSON readers that keep numbers as floats keep this one whole.
        hash.0 & ((1 << 53) - 1)
    }
}

/// FNV-1a: short, the same in every build, and kept in rows. Not for anything that somebody could attack.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Link {
    /// Of two records that are known to be the same, and were never compared.
    #[must_use]
    pub fn joined(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self::with(Sides { left: Some(left.into()), right: Some(right.into()) })
    }

    /// Of a record that the other side does not have (yet).
    #[must_use]
    pub fn lone(side: Side, id: impl Into<String>) -> Self {
        let mut ids = Sides::default();
        ids[side] = Some(id.into());
        Self::with(ids)
    }

    /// The record of `side` is now this one: the provider made one of several. What the sides agreed on stays, so that what became
    /// of the values there is found as a change and goes to the other side.
    ///
    /// Not while a creation is pending ([`State::Creating`]): the new record names the old id. Where the new record has a live link
    /// already, this one is over instead ([`Ending::Merged`]). Whoever is linked anew, by this or by identity, leaves links that are over:
    /// they would come back beside the new one.
    pub fn moved(&mut self, side: Side, id: impl Into<String>) {
        self.ids[side] = Some(id.into());
        self.external[side] = None;
        self.deleting[side] = None;
        self.gone_since[side] = None;
        self.refused[side].clear();
    }

    /// The ids that the record of `side` is known to have named: the other record's, and what else was in its external id. Where the
    /// provider tells nothing of merges, whoever names one of them when this record is gone is what it became: a survivor names what
    /// all that it was made of named (10to8 facts 5). Of ids that are not the other record's, only those count that became it: a copy
    /// names what it was copied from.
    pub fn named_by(&self, side: Side) -> impl Iterator<Item = &str> {
        let written = self.external[side].iter().flat_map(|ids| ids.split(',')).map(str::trim);
        self.ids[side.other()].as_deref().into_iter().chain(written).filter(|id| !id.is_empty())
    }

    /// Whether a reading that was sent then shows a record of `side` that we deleted since. It is there no more: nobody is linked to
    /// it, and what is found in its place when it is read again is our own deletion, not a person's.
    #[must_use]
    pub fn buries(&self, side: Side, read_at: Timestamp) -> bool {
        matches!(self.state, State::Ended(Ending::Deleted { .. }))
            && self.written_at[side].is_some_and(|written| read_at < written)
    }

    /// The other side's record is gone for good: as of a record that the other side does not have (yet).
    pub fn widowed(&mut self, side: Side) {
        let gone = side.other();
        self.ids[gone] = None;
        self.external = Sides::default();
        self.status[gone] = None;
        self.written_at[gone] = None;
        self.doubted[gone] = None;
        self.deleting = Sides::default();
        self.gone_since = Sides::default();
        self.refused = Sides::default();
        self.decisions.clear();
        self.bases.clear();
        self.state = State::Linked;
    }

    fn with(ids: Sides<Option<String>>) -> Self {
        Self {
            ids,
            state: State::Linked,
            bases: BTreeMap::new(),
            external: Sides::default(),
            status: Sides::default(),
            written_at: Sides::default(),
            doubted: Sides::default(),
            gone_since: Sides::default(),
            deleting: Sides::default(),
            refused: Sides::default(),
            decisions: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deleted_at(at: i64) -> Link {
        let mut link = Link::joined("1", "7");
        link.state = State::Ended(Ending::Deleted { side: Side::Left });
        link.written_at.right = Some(Timestamp::from_millis(at));
        link
    }

    #[test]
    fn a_reading_from_before_our_deletion_shows_what_is_not_there() {
        let link = deleted_at(100);
        assert!(link.buries(Side::Right, Timestamp::from_millis(99)));
        assert!(!link.buries(Side::Right, Timestamp::from_millis(100)), "it came back");
        assert!(!link.buries(Side::Left, Timestamp::from_millis(99)), "we deleted nothing there");
        let linked = Link { state: State::Linked, ..link };
        assert!(!linked.buries(Side::Right, Timestamp::from_millis(99)));
    }

    #[test]
    fn a_record_is_known_by_every_id_that_it_named() {
        let mut link = Link::joined("3", "7");
        assert_eq!(link.named_by(Side::Right).collect::<Vec<_>>(), ["3"]);
        link.external.right = Some("1, 2".to_owned());
        assert_eq!(link.named_by(Side::Right).collect::<Vec<_>>(), ["3", "1", "2"]);
        assert_eq!(link.named_by(Side::Left).collect::<Vec<_>>(), ["7"]);
        let alone = Link::lone(Side::Right, "7");
        assert_eq!(alone.named_by(Side::Right).count(), 0);
    }
}
