//! What steps and runs did, in numbers.

use syncline_core::sync::{Action, Outcome, Side, Sides};

/// What was done, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Pairs and single records looked at.
    pub looked_at: u64,
    /// Records of both sides found to be the same.
    pub linked: u64,
    /// Records created, by side.
    pub created: Sides<u64>,
    /// Records changed, by side.
    pub updated: Sides<u64>,
    /// Records deleted, by side.
    pub deleted: Sides<u64>,
    /// Conflicts opened, or still open.
    pub conflicts: u64,
    /// Values that a side does not take.
    pub refused: u64,
    /// Records that wait for a person to say who they are.
    pub questions: u64,
    /// Put off.
    pub later: u64,
    /// Calls that wrote, by side.
    pub calls: Sides<u64>,
}

impl Tally {
    /// With what another step did.
    pub fn add(&mut self, other: &Self) {
        let both = |a: &mut Sides<u64>, b: Sides<u64>| {
            a.left += b.left;
            a.right += b.right;
        };
        self.looked_at += other.looked_at;
        self.linked += other.linked;
        both(&mut self.created, other.created);
        both(&mut self.updated, other.updated);
        both(&mut self.deleted, other.deleted);
        self.conflicts += other.conflicts;
        self.refused += other.refused;
        self.questions += other.questions;
        self.later += other.later;
        both(&mut self.calls, other.calls);
    }

    /// With what an action came to.
    pub(super) fn count(&mut self, side: Side, action: &Action, outcome: &Outcome) {
        let tally = self;
        match (action, outcome) {
            (Action::Create(write), Outcome::Done { .. }) => {
                tally.created[side] += 1;
                tally.refused += write.refusals.len() as u64;
            }
            (Action::Update { write, .. }, Outcome::Done { .. }) => {
                tally.updated[side] += 1;
                tally.refused += write.refusals.len() as u64;
            }
            (Action::Delete { .. }, Outcome::Done { .. }) => tally.deleted[side] += 1,
            (_, Outcome::Refused(refusals)) => tally.refused += refusals.len() as u64,
            _ => {}
        }
    }
}
