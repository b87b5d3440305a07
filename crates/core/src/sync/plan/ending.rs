//! A record is gone, or came back.

use super::case::Case;
use super::writes::{self, Draft};
use super::{
    Action, Conflict, ConflictKind, Plan, Seen, Snapshot, Terms, Write, create, ended, linked, pair,
};
use crate::sync::link::{DELETION, Ending, Link, State};
use crate::sync::side::{Side, Sides};
use crate::sync::value::{Face, Value};
use crate::sync::{Deletion, StatusPolicy};
use crate::time::Timestamp;

/// The record of `side` is gone, the other one (`rest`) is there.
pub(super) fn deleted(terms: &Terms<'_>, link: &Link, side: Side, at: Timestamp, rest: &Snapshot) -> Plan {
    let other = side.other();
    if link.deleting[side].is_some() {
        return undone(terms, link, side, rest);
    }
    if !terms.flows(other) {
        return ended(link, Ending::Unlinked { side });
    }
    let shown = everything(terms, other, rest);
    let decision = link.decisions.get(DELETION).filter(|decision| decision.faces[other] == shown);
    if let Some(decision) = decision {
        if decision.winner == other {
            return kept(terms, link, side, rest);
        }
        return delete(terms, link, other, rest, decision.force);
    }
    let reason = match touched(terms, link, other, rest) {
        Touched::Unread => return Plan::unread(link, only(other)),
        Touched::Yes => Some("was deleted on the other side and changed here".to_owned()),
        Touched::No => link.refused[other].get(DELETION).map(|held| held.reason.clone()),
    };
    if let Some(reason) = reason {
        return ask(terms, link, side, at, rest, reason);
    }
    match terms.agreement.deletions[side] {
        Deletion::Propagate => delete(terms, link, other, rest, false),
        Deletion::Force => delete(terms, link, other, rest, true),
        Deletion::Archive if terms.can[other].undelete => delete(terms, link, other, rest, false),
        Deletion::Archive | Deletion::Unlink => ended(link, Ending::Unlinked { side }),
        Deletion::Ask => ask(terms, link, side, at, rest, "was deleted on the other side".to_owned()),
    }
}

/// A person said that the other record stays: it is nobody's any more. First it is to say so: what it shows of the one that is gone, its
/// id and why the person was asked, is taken away, because nobody looks at it again.
fn kept(terms: &Terms<'_>, link: &Link, side: Side, rest: &Snapshot) -> Plan {
    let other = side.other();
    let mut link = link.clone();
    pair::read(terms, &mut link, other, rest);
    let write = farewell(terms, &link, other);
    if write.fields.is_empty() {
        return ended(&link, Ending::Unlinked { side });
    }
    let mut plan = Plan::idle(link);
    plan.actions[other] = Some(Action::Update { id: rest.id.clone(), write });
    plan
}

/// What takes away what a side shows of the other one, as far as the provider has not refused just that.
fn farewell(terms: &Terms<'_>, link: &Link, side: Side) -> Write {
    let party = &terms.agreement.sides[side];
    let may = |field: &&String| !link.refused[side].get(*field).is_some_and(|held| held.value.is_empty());
    let mut write = Write::default();
    // Who is the survivor of a merge names others too, and is known by that (10to8 facts 8).
    let named = link.external[side].is_some() && link.external[side] == link.ids[side.other()];
    if let Some(field) = party.external.as_ref().filter(may).filter(|_| named) {
        write.fields.insert(field.clone(), Value::Empty);
        write.external = Some(String::new());
    }
    let told = link.status[side].is_some() && terms.agreement.status != StatusPolicy::Off;
    if let Some(field) = party.status.as_ref().filter(may).filter(|_| told) {
        write.fields.insert(field.clone(), Value::Empty);
        write.status = Some(String::new());
    }
    write
}

/// The record of `side` is gone because we deleted it, as the other one was gone. Since that came back, it is as if nobody had ever
/// been on `side`.
fn undone(terms: &Terms<'_>, link: &Link, side: Side, rest: &Snapshot) -> Plan {
    let mut link = link.clone();
    link.widowed(side.other());
    create::plan(terms, &link, side.other(), rest)
}

/// Deletes it, unless what is known of it is too old for that.
fn delete(terms: &Terms<'_>, link: &Link, side: Side, rest: &Snapshot, force: bool) -> Plan {
    let old = rest.read_at < terms.fresh_after[side]
        || link.written_at[side].is_some_and(|written| rest.read_at < written);
    if old {
        return Plan::unread(link, only(side));
    }
    let mut plan = Plan::idle(link.clone());
    plan.actions[side] = Some(Action::Delete { id: rest.id.clone(), force });
    plan
}

/// A person has to say. What is there is told so.
fn ask(terms: &Terms<'_>, link: &Link, side: Side, at: Timestamp, rest: &Snapshot, reason: String) -> Plan {
    let other = side.other();
    let mut plan = Plan::idle(link.clone());
    plan.link.decisions.remove(DELETION);
    let mut conflict = Conflict {
        kind: ConflictKind::Deletion { side, reason },
        faces: Sides::default(),
        times: Sides::default(),
        base: None,
        winner: None,
    };
    conflict.faces[other] = everything(terms, other, rest);
    conflict.times[side] = Some(at);
    conflict.times[other] = Some(rest.changed_at);
    plan.conflicts.push(conflict);
    let status = writes::status(terms, &plan, &Sides::of(|_| Draft::default()));
    if writes::tells(terms, &plan.link, other, &status, false, false) {
        let write = writes::write(terms, other, Draft::default(), None, Some(&status));
        plan.actions[other] = Some(Action::Update { id: rest.id.clone(), write });
    }
    plan
}

/// What a side shows in all rules, one after the other.
fn everything(terms: &Terms<'_>, side: Side, snap: &Snapshot) -> Face {
    let fields = terms.agreement.rules.iter().flat_map(|rule| &rule.fields[side]);
    Face(fields.map(|field| snap.fields.get(field).cloned().unwrap_or_default()).collect())
}

enum Touched {
    No,
    Yes,
    Unread,
}

/// Whether somebody changed the record that is left, since the sides agreed. What they never agreed on counts as changed.
fn touched(terms: &Terms<'_>, link: &Link, side: Side, rest: &Snapshot) -> Touched {
    let mut touched = Touched::No;
    for rule in &terms.agreement.rules {
        let case = Case::new(terms, link, rule, Sides { left: rest, right: rest });
        if case.outdated(side) {
            return Touched::Unread;
        }
        let something = case.base.is_some() || !case.faces[side].is_empty();
        if something && case.changed(side) {
            touched = Touched::Yes;
        }
    }
    touched
}

/// What becomes of a link that is over: who comes back is linked again.
pub(super) fn revive(terms: &Terms<'_>, link: &Link, ending: Ending, seen: Sides<&Seen>) -> Plan {
    let (side, may_be_ours) = match ending {
        Ending::Merged { .. } => return Plan::idle(link.clone()),
        Ending::Unlinked { side } => (side, false),
        Ending::Deleted { side } => (side, true),
    };
    let other = side.other();
    let mut link = link.clone();
    match (seen[side], seen[other]) {
        // Where one became another record, who is linked to that says what becomes of this link.
        (Seen::Gone { merged_into: Some(_), .. }, _) | (_, Seen::Gone { merged_into: Some(_), .. }) => {
            return Plan::idle(link);
        }
        (Seen::Here(_), Seen::Here(rest)) if deleted_since(&link, other, rest) => {
            return Plan::unread(&link, only(other));
        }
        (Seen::Here(_), Seen::Here(_)) => link.state = State::Linked,
        (Seen::Here(_), Seen::Gone { .. } | Seen::Never) => link.widowed(side),
        (Seen::Gone { .. } | Seen::Never, Seen::Here(rest))
            if may_be_ours && !deleted_since(&link, other, rest) =>
        {
            link.widowed(other);
        }
        _ => return Plan::idle(link),
    }
    let never = Seen::Never;
    let shown = Sides::of(|side| if link.ids[side].is_some() { seen[side] } else { &never });
    linked(terms, &link, shown)
}

/// Whether the reading is from before we deleted the record.
fn deleted_since(link: &Link, side: Side, snap: &Snapshot) -> bool {
    link.written_at[side].is_some_and(|written| snap.read_at < written)
}

fn only(side: Side) -> Sides<bool> {
    Sides::of(|other| other == side)
}
