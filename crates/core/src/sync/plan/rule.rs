//! What one rule asks for when both records are there.

use super::case::{Case, Target};
use super::{Agreed, Conflict};
use crate::sync::link::Base;
use crate::sync::schema::Refusal;
use crate::sync::side::{Side, Sides};
use crate::sync::value::{Face, Fields};
use crate::sync::{Form, Policy, Way};
use crate::sync::{mapping, merge};

/// What becomes of one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    /// Sides whose reading is no ground to decide on.
    pub refresh: Sides<bool>,
    /// The base it becomes without writing.
    pub base: Option<Base>,
    /// What is written.
    pub sends: Sides<Option<Sending>>,
    /// What a person has to decide.
    pub open: Option<Conflict>,
    /// What the policy decided.
    pub decided: Option<Conflict>,
    /// Refusals that are of no account any more: the field would get another value now.
    pub forget: Sides<Vec<String>>,
    /// Whether a person's decision stays until it is carried out.
    pub keeps_decision: bool,
}

impl Verdict {
    fn bases_mut(&mut self) -> impl Iterator<Item = &mut Base> {
        let sent = [&mut self.sends.left, &mut self.sends.right].into_iter().flatten();
        self.base.iter_mut().chain(sent.map(|sending| &mut sending.agreed.base))
    }
}

/// One rule's part of a write.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub fields: Fields,
    pub agreed: Agreed,
    pub refusals: Vec<Refusal>,
}

/// Decides it.
pub(super) fn decide(case: &Case<'_>) -> Verdict {
    let writable = Sides::of(|to| mapping::writes(case.terms.agreement, case.lens.rule, to));
    let follower = follower(case);
    if !(writable.left || writable.right) {
        return Verdict::default();
    }
    let outdated = Sides::of(|side| case.outdated(side));
    if outdated.left || outdated.right {
        return Verdict { refresh: outdated, ..Verdict::default() };
    }
    if let Some(to) = follower {
        return follow(case, to);
    }
    let changed = match case.base {
        None => return first(case, writable),
        Some(_) => Sides::of(|side| case.changed(side)),
    };
    let mut verdict = match (changed.left, changed.right) {
        (false, false) => freed(case, writable),
        (true, false) => flow(case, Side::Left, writable),
        (false, true) => flow(case, Side::Right, writable),
        (true, true) => both(case, writable),
    };
    // Who typed over a placeholder did not see what belonged there: it goes, but not without a trace.
    let over = |from: &Side| case.typed_over(*from) && verdict.sends[from.other()].is_some();
    if let (None, Some(from)) = (&verdict.decided, Side::BOTH.into_iter().find(over)) {
        verdict.decided = Some(case.conflict(Some(from)));
    }
    verdict
}

/// The side that only follows the other one, whatever is typed there.
fn follower(case: &Case<'_>) -> Option<Side> {
    match (&case.lens.rule.form, case.lens.rule.way) {
        (Form::Constant { .. }, _) => {
            Side::BOTH.into_iter().find(|side| !case.lens.rule.fields[*side].is_empty())
        }
        (_, Way::LeftToRight) => Some(Side::Right),
        (_, Way::RightToLeft) => Some(Side::Left),
        (_, Way::Both) => None,
    }
}

/// `to` shows what the other side says. Where they never agreed and the other side says nothing, what is there stays.
fn follow(case: &Case<'_>, to: Side) -> Verdict {
    let constant = matches!(case.lens.rule.form, Form::Constant { .. });
    let from = to.other();
    let typed = match case.base {
        Some(_) if !case.changed(from) && !case.changed(to) => return freed_at(case, to),
        Some(_) => case.changed(to),
        None if !constant && case.whole[from].is_empty() && !case.faces[to].is_empty() => {
            return Verdict::default();
        }
        None => !case.faces[to].is_empty(),
    };
    let mut verdict = send(case, to, &case.target(to));
    if typed && verdict.sends[to].is_some() {
        verdict.decided = Some(case.conflict(Some(from)));
    }
    verdict
}

/// Only `from` changed.
fn flow(case: &Case<'_>, from: Side, writable: Sides<bool>) -> Verdict {
    let to = from.other();
    if writable[to] { send(case, to, &case.target(to)) } else { Verdict::default() }
}

/// Nobody changed anything: only what was withheld may be taken by now.
fn freed(case: &Case<'_>, writable: Sides<bool>) -> Verdict {
    Side::BOTH
        .into_iter()
        .filter(|to| writable[*to])
        .map(|to| freed_at(case, to))
        .find(|verdict| verdict.base.is_some() || verdict.sends.iter().any(|(_, sending)| sending.is_some()))
        .unwrap_or_default()
}

fn freed_at(case: &Case<'_>, to: Side) -> Verdict {
    let Some(base) = case.base.filter(|base| !base.held[to].is_empty()) else { return Verdict::default() };
    let target = case.withhold(to, case.whole[to].clone());
    let still = base.held[to].keys().all(|field| target.held.contains_key(field));
    if still { Verdict::default() } else { send(case, to, &target) }
}

/// The sides were never compared.
fn first(case: &Case<'_>, writable: Sides<bool>) -> Verdict {
    if let Some(base) = case.agreement() {
        return Verdict { base: Some(base), ..Verdict::default() };
    }
    for from in Side::BOTH {
        if case.whole[from].is_empty() {
            return flow(case, from.other(), writable);
        }
    }
    both(case, writable)
}

/// Both sides have something of their own.
fn both(case: &Case<'_>, writable: Sides<bool>) -> Verdict {
    if let Some(base) = case.agreement() {
        return Verdict { base: Some(base), ..Verdict::default() };
    }
    if writable.left
        && writable.right
        && let Some(verdict) = combined(case)
    {
        return verdict;
    }
    match winner(case, writable) {
        None => Verdict { open: Some(case.conflict(None)), ..Verdict::default() },
        Some(Winner { side, decided_by_person }) => won(case, side, decided_by_person, writable),
    }
}

struct Winner {
    side: Side,
    decided_by_person: bool,
}

/// A person's word about exactly these values counts most. In a sync that goes one way, what is newest does not turn it round.
fn winner(case: &Case<'_>, writable: Sides<bool>) -> Option<Winner> {
    let decision = case.link.decisions.get(&case.lens.rule.name).filter(|decision| {
        Side::BOTH.into_iter().all(|side| case.lens.alike(side, &decision.faces[side], &case.faces[side]))
    });
    if let Some(decision) = decision {
        return Some(Winner { side: decision.winner, decided_by_person: true });
    }
    let side = match case.lens.rule.policy.unwrap_or(case.terms.agreement.policy) {
        Policy::Ask => return None,
        Policy::PreferLeft => Side::Left,
        Policy::PreferRight => Side::Right,
        Policy::Newest if !writable.left => Side::Left,
        Policy::Newest if !writable.right => Side::Right,
        Policy::Newest if case.snaps.left.changed_at >= case.snaps.right.changed_at => Side::Left,
        Policy::Newest => Side::Right,
    };
    Some(Winner { side, decided_by_person: false })
}

/// The winner's values go over. Where they may not, both sides keep what they have, and that counts as agreed.
fn won(case: &Case<'_>, winner: Side, by_person: bool, writable: Sides<bool>) -> Verdict {
    let to = winner.other();
    let mut verdict = if writable[to] {
        send(case, to, &case.target(to))
    } else {
        Verdict { base: Some(case.as_they_are()), ..Verdict::default() }
    };
    verdict.keeps_decision = by_person && verdict.base.is_none();
    if !verdict.refresh[to] && !by_person {
        verdict.decided = Some(case.conflict(Some(winner)));
    }
    verdict
}

/// Both changed, but not the same parts: what both typed is put together.
fn combined(case: &Case<'_>) -> Option<Verdict> {
    let lens = &case.lens;
    let before = case.whole_base();
    let parts = |side: Side, face: &Face| lens.components(side, face);
    let base = match &before {
        None => None,
        Some(faces) => {
            let (left, right) = (parts(Side::Left, &faces.left)?, parts(Side::Right, &faces.right)?);
            let same =
                left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| lens.alike_values(a, b));
            if !same {
                return None;
            }
            Some(left)
        }
    };
    let (left, right) = (parts(Side::Left, &case.whole.left)?, parts(Side::Right, &case.whole.right)?);
    let rest = matches!(lens.rule.form, Form::List { .. });
    let merged = merge::merge(base.as_deref(), &left, &right, rest, &|a, b| lens.alike_values(a, b))?;
    let targets = Sides::of(|to| {
        let face = match rest {
            // In the terms of this side, as it already spells what it has.
            true => lens.convert(to.other(), &lens.assemble(to.other(), &merged), Some(&case.whole[to])),
            false => lens.assemble(to, &merged),
        };
        case.withhold(to, face)
    });
    let needed = Sides::of(|side| !lens.alike(side, &targets[side].face, &case.faces[side]));
    Some(match (needed.left, needed.right) {
        (true, true) => halves(case, &targets)?,
        (left, _) => {
            let to = if left { Side::Left } else { Side::Right };
            let mut verdict = send(case, to, &targets[to]);
            let held = &targets[to.other()].held;
            verdict.bases_mut().for_each(|base| base.held[to.other()].clone_from(held));
            verdict
        }
    })
}

/// Both sides are written. One that does not take all of it waits until the other one shows all of it: what it shows itself would
/// look as if somebody had removed the rest. None where neither takes all of it.
fn halves(case: &Case<'_>, targets: &Sides<Target>) -> Option<Verdict> {
    let mut verdict = Verdict::default();
    for side in Side::BOTH.into_iter().filter(|side| targets[*side].refusals.is_empty()) {
        let mut one = send(case, side, &targets[side]);
        if let Some(sending) = &mut one.sends[side] {
            sending.agreed.half = true;
        }
        verdict.refresh[side] = one.refresh[side];
        verdict.forget[side].append(&mut one.forget[side]);
        verdict.sends[side] = one.sends[side].take();
    }
    let waits = targets.left.refusals.is_empty() || targets.right.refusals.is_empty();
    waits.then_some(verdict)
}

/// `to` is to show this. Nothing is sent where it does already.
fn send(case: &Case<'_>, to: Side, target: &Target) -> Verdict {
    let mut verdict = Verdict::default();
    verdict.forget[to].clone_from(&target.forget);
    let mut base = case.as_they_are();
    base.held[to].clone_from(&target.held);
    if case.lens.alike(to, &target.face, &case.faces[to]) {
        verdict.base = Some(base);
    } else if case.too_old_to_replace(to) {
        verdict.refresh[to] = true;
    } else {
        verdict.sends[to] = Some(sending(case, to, target, base));
    }
    verdict
}

fn sending(case: &Case<'_>, to: Side, target: &Target, mut base: Base) -> Sending {
    let before = case.faces[to].clone();
    let mut fields = Fields::new();
    for (at, field) in case.lens.rule.fields[to].iter().enumerate() {
        if case.lens.alike_at(to, at, &target.face, &before) {
            continue;
        }
        let value = target.face.0.get(at).cloned().unwrap_or_default();
        if let Some(shown) = base.faces[to].0.get_mut(at) {
            shown.clone_from(&value);
        }
        fields.insert(field.clone(), value);
    }
    let agreed = Agreed { rule: case.lens.rule.name.clone(), base, before, half: false };
    Sending { fields, agreed, refusals: target.refusals.clone() }
}
