//! From what both sides show and what they last agreed on to what has to be done: the one function that decides.

mod case;
mod create;
mod ending;
mod lens;
mod pair;
mod rule;
#[cfg(test)]
mod tests;
mod writes;

use super::agreement::{Agreement, Direction};
use super::link::{DELETION, Ending, Link, State};
use super::schema::{Refusal, Schema};
use super::side::{Side, Sides};
use super::value::{Face, Fields};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is decided with, the same for all records of a sync.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// What fields each side has.
    pub schemas: Sides<&'a Schema>,
    /// What each side's provider can do.
    pub can: Sides<Can>,
    /// The present moment.
    pub now: Timestamp,
    /// A reading of a side sent before this moment is too old to write over a value that it shows.
    pub fresh_after: Sides<Timestamp>,
}

impl Terms<'_> {
    /// Whether changes go to this side.
    #[must_use]
    pub fn flows(&self, to: Side) -> bool {
        match self.agreement.direction {
            Direction::Both => true,
            Direction::LeftToRight => to == Side::Right,
            Direction::RightToLeft => to == Side::Left,
        }
    }
}

/// What a provider can do with a type of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// Whether a deletion can be taken back by people.
    pub undelete: bool,
    /// Whether it may object to a deletion, and can be forced.
    pub objects: bool,
}

/// What a side shows of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing is known of one.
    Never,
    /// There it is.
    Here(Snapshot),
    /// It was there.
    Gone {
        /// Its id.
        id: String,
        /// Since when that is known.
        at: Timestamp,
        /// The record it was merged into.
        merged_into: Option<String>,
    },
}

/// A record as one reading showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// Its fields.
    pub fields: Fields,
    /// When the reading was sent.
    pub read_at: Timestamp,
    /// When it was last changed: by the provider's clock, or, where that tells no time, when the change was seen.
    pub changed_at: Timestamp,
}

/// What has to be done about a pair of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Sides whose record has to be read again before anything can be decided. Then there is nothing else in the plan but `link`.
    pub refresh: Sides<bool>,
    /// What is to be sent to each side.
    pub actions: Sides<Option<Action>>,
    /// The link as it is now, before the actions: with what was agreed without writing.
    pub link: Link,
    /// What a person has to decide. What is not listed is no conflict (any more).
    pub conflicts: Vec<Conflict>,
    /// Conflicts that the policy decided, for the record.
    pub decided: Vec<Conflict>,
}

/// Something to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new record.
    Create(Write),
    /// Other values in these fields.
    Update {
        /// Of this record.
        id: String,
        /// The values.
        write: Write,
    },
    /// The record is to be archived, or deleted where there is no archive.
    Delete {
        /// Which.
        id: String,
        /// Whatever the provider objects.
        force: bool,
    },
}

impl Action {
    /// Whether it tells a status and nothing else.
    fn is_status(&self) -> bool {
        match self {
            Self::Update { write, .. } => write.rules.is_empty() && write.external.is_none(),
            Self::Create(_) | Self::Delete { .. } => false,
        }
    }
}

/// Values for fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// By field; empty ones clear the field.
    pub fields: Fields,
    /// The rules they come from, each with the faces of both sides once this is written, and what is held there.
    pub rules: Vec<Agreed>,
    /// What belongs there and is not taken.
    pub refusals: Vec<Refusal>,
    /// The kind of status among the fields ([`super::status::Status::key`]), if there is one; empty where it is taken away.
    pub status: Option<String>,
    /// The external id among the fields, if there is one; empty where it is taken away.
    pub external: Option<String>,
}

/// What both sides will have agreed on in a rule, once a write is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The rule's name.
    pub rule: String,
    /// The base it becomes. The times are those of the readings; settling sets the written side's.
    pub base: super::link::Base,
    /// What the written side showed before.
    pub before: Face,
    /// Whether the other side has to be written too, because both have something that the other lacks. There is no moment at
    /// which one write makes them agree: the base stays, the written side is read again, and then they are found to agree.
    pub half: bool,
}

/// Something that two sides do not agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// What about.
    pub kind: ConflictKind,
    /// What each side shows in the rule's fields.
    pub faces: Sides<Face>,
    /// When each side changed, as far as that is known.
    pub times: Sides<Option<Timestamp>>,
    /// What they last agreed on, if they ever did.
    pub base: Option<Sides<Face>>,
    /// Who won, for one that the policy decided.
    pub winner: Option<Side>,
}

/// What a conflict is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ConflictKind {
    /// Both sides changed the fields of this rule, differently.
    Field {
        /// The rule.
        rule: String,
    },
    /// One side's record is gone, and the other's may not just follow: the policy says to ask, or it was changed meanwhile.
    Deletion {
        /// Where it is gone.
        side: Side,
        /// Why it has to be asked.
        reason: String,
    },
    /// Several records could be the one that this one is the same as.
    Match {
        /// Where the record is that nobody is linked to yet.
        side: Side,
        /// Its id.
        id: String,
        /// The ids on the other side.
        candidates: Vec<String>,
    },
    /// A record is the same as one that is linked already: there are two of one thing on one side.
    Duplicate {
        /// Where there are two.
        side: Side,
        /// The one without a link.
        id: String,
        /// The one with a link.
        of: String,
    },
    /// More was deleted than the guard lets pass.
    Guard {
        /// Where it was deleted.
        side: Side,
        /// How many deletions wait.
        waiting: u64,
    },
}

impl Plan {
    /// Nothing to do, and the link stays as it is.
    pub(crate) fn idle(link: Link) -> Self {
        Self {
            refresh: Sides::default(),
            actions: Sides::default(),
            link,
            conflicts: Vec::new(),
            decided: Vec::new(),
        }
    }

    /// First these sides have to be read again.
    pub(crate) fn unread(link: &Link, refresh: Sides<bool>) -> Self {
        Self { refresh, ..Self::idle(link.clone()) }
    }

    /// Whether nothing has to be read or sent.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        !(self.refresh.left || self.refresh.right)
            && self.actions.left.is_none()
            && self.actions.right.is_none()
    }
}

/// What to do about a pair. Asks nobody and changes nothing.
///
/// The plan is a whole: its actions may be carried out in any order or only in part, and whatever is carried out is settled by
/// [`super::settle::settle`] over `plan.link`. Planning again over what came of it goes on where this left off.
#[must_use]
pub fn plan(terms: &Terms<'_>, link: &Link, seen: Sides<&Seen>) -> Plan {
    let doubted = Sides::of(|side| in_doubt(link, side, seen[side]));
    match &link.state {
        State::Creating(_) => Plan::idle(link.clone()),
        _ if doubted.left || doubted.right => Plan::unread(link, doubted),
        State::Ended(ending) => ending::revive(terms, link, *ending, seen),
        State::Linked => linked(terms, link, seen),
    }
}

/// Only what is sent to this side: what a run in one direction carries out. The other side is told what concerns it anyway, its
/// counterpart's id and the status that goes with that. What was agreed without writing stays agreed, and conflicts stay open. A
/// status alone, which would tell of what is not carried out, is not sent.
#[must_use]
pub fn restrict(terms: &Terms<'_>, mut plan: Plan, to: Side) -> Plan {
    let action = plan.actions[to.other()].take();
    let told = action.clone().and_then(|action| own(terms, to.other(), action));
    if told != action && plan.actions[to].as_ref().is_some_and(Action::is_status) {
        plan.actions[to] = None;
    }
    plan.actions[to.other()] = told;
    plan
}

/// Of an action what concerns the link and not the record: nothing, or the other record's id.
fn own(terms: &Terms<'_>, side: Side, action: Action) -> Option<Action> {
    let Action::Update { id, write } = action else { return None };
    if write.rules.is_empty() {
        return Some(Action::Update { id, write });
    }
    let (field, value) = terms.agreement.sides[side].external.as_ref().zip(write.external.clone())?;
    let fields = Fields::from([(field.clone(), super::value::Value::text(value))]);
    Some(Action::Update { id, write: Write { fields, external: write.external, ..Write::default() } })
}

/// Whether the record may be other than this reading says: a write since then came to nobody knows what, or found nothing. A
/// record that should be there and was never read is no better.
fn in_doubt(link: &Link, side: Side, seen: &Seen) -> bool {
    match seen {
        Seen::Here(snapshot) => link.doubted[side].is_some_and(|since| snapshot.read_at < since),
        Seen::Never => link.ids[side].is_some() && link.state == State::Linked,
        Seen::Gone { .. } => false,
    }
}

fn linked(terms: &Terms<'_>, link: &Link, seen: Sides<&Seen>) -> Plan {
    match (seen.left, seen.right) {
        (Seen::Gone { merged_into: Some(_), .. }, _) | (_, Seen::Gone { merged_into: Some(_), .. }) => {
            Plan::idle(link.clone())
        }
        (Seen::Here(left), Seen::Here(right)) => pair::plan(terms, link, Sides { left, right }),
        (Seen::Here(left), Seen::Never) => create::plan(terms, link, Side::Left, left),
        (Seen::Never, Seen::Here(right)) => create::plan(terms, link, Side::Right, right),
        (Seen::Gone { at, .. }, Seen::Here(right)) => ending::deleted(terms, link, Side::Left, *at, right),
        (Seen::Here(left), Seen::Gone { at, .. }) => ending::deleted(terms, link, Side::Right, *at, left),
        (Seen::Gone { .. }, _) if link.deleting.left.is_none() => {
            ended(link, Ending::Deleted { side: Side::Left })
        }
        (Seen::Gone { .. }, _) | (_, Seen::Gone { .. }) => ended(link, Ending::Deleted { side: Side::Right }),
        (Seen::Never, Seen::Never) => Plan::idle(link.clone()),
    }
}

/// The link is over. What was open about a deletion is not any more.
fn ended(link: &Link, ending: Ending) -> Plan {
    let mut link = link.clone();
    link.state = State::Ended(ending);
    link.deleting = Sides::default();
    settle_deletion(&mut link);
    Plan::idle(link)
}

/// Nothing about a deletion is open any more.
fn settle_deletion(link: &mut Link) {
    link.decisions.remove(DELETION);
    for side in Side::BOTH {
        link.refused[side].remove(DELETION);
    }
}
