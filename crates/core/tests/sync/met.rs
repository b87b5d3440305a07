//! What happened in a history that does not happen in every one: so that the histories are known to reach it.

use crate::hub::World;
use syncline_core::sync::settle::Outcome;
use syncline_core::sync::{Action, ConflictKind, Link, Plan, State};

impl World {
    /// What a plan does.
    pub fn note(&mut self, before: &Link, planned: &Plan) {
        if matches!(before.state, State::Ended(_)) && planned.link.state == State::Linked {
            self.met("came back");
        }
        if !planned.decided.is_empty() {
            self.met("the policy decided");
        }
        if !planned.link.decisions.is_empty() {
            self.met("a person decided");
        }
        for conflict in &planned.conflicts {
            self.met(match conflict.kind {
                ConflictKind::Deletion { .. } => "asked about a deletion",
                _ => "asked about a field",
            });
        }
        let actions = [&planned.actions.left, &planned.actions.right].into_iter().flatten();
        for action in actions {
            if let Action::Create(write) | Action::Update { write, .. } = action {
                if !write.refusals.is_empty() {
                    self.met("withheld");
                }
                if write.rules.iter().any(|agreed| agreed.half) {
                    self.met("both sides get a part");
                }
            }
        }
    }
}

/// What a call came to.
pub fn called(answer: &Outcome) -> &'static str {
    match answer {
        Outcome::Done { .. } => "done",
        Outcome::Refused(refusals) if refusals.iter().any(|refusal| refusal.field == "*") => {
            "refused as a whole"
        }
        Outcome::Refused(_) => "a field was refused",
        Outcome::Objected(_) => "a deletion was objected to",
        Outcome::Gone => "gone",
        Outcome::Exists { .. } => "exists",
        Outcome::Unknown => "lost",
    }
}
