//! Both records are there: every rule for itself, and what they come to together.

use super::case::Case;
use super::rule::{self, Verdict};
use super::writes::{self, Draft};
use super::{Plan, Snapshot, Terms};
use crate::sync::link::{Base, Link};
use crate::sync::side::{Side, Sides};
use crate::sync::status::Status;

pub(super) fn plan(terms: &Terms<'_>, link: &Link, snaps: Sides<&Snapshot>) -> Plan {
    let mut plan = Plan::idle(link.clone());
    tidy(terms, &mut plan.link);
    know(terms, &mut plan.link, snaps);
    let known = plan.link.clone();
    let mut drafts = Sides::of(|_| Draft::default());
    for rule in &terms.agreement.rules {
        let case = Case::new(terms, &known, rule, snaps);
        take(&mut plan, &mut drafts, &rule.name, rule::decide(&case));
    }
    if plan.refresh.left || plan.refresh.right {
        return Plan::unread(link, plan.refresh);
    }
    writes::finish(terms, &mut plan, drafts);
    plan
}

/// Forgets what is of no account any more: bases of rules that are not those that agreed, and a deletion that was taken back.
pub(super) fn tidy(terms: &Terms<'_>, link: &mut Link) {
    super::settle_deletion(link);
    let rules = &terms.agreement.rules;
    link.bases.retain(|name, base| {
        rules.iter().any(|rule| rule.name == *name && base.shape == Base::shape_of(rule))
    });
}

/// What the readings say of the ids. A reading from before our last write does not know what that wrote.
pub(super) fn know(terms: &Terms<'_>, link: &mut Link, snaps: Sides<&Snapshot>) {
    for side in Side::BOTH {
        read(terms, link, side, snaps[side]);
    }
}

/// What one reading says of what we wrote there. Of a status it says whether it is an error: a write whose answer was lost, or that
/// was found again, may have left one there. How the provider spells it is no reason to write it again.
pub(super) fn read(terms: &Terms<'_>, link: &mut Link, side: Side, snap: &Snapshot) {
    if link.ids[side].is_none() {
        link.ids[side] = Some(snap.id.clone());
    }
    link.doubted[side] = None;
    link.gone_since[side] = None;
    if link.deleting[side].is_some_and(|sent| sent < snap.read_at) {
        link.deleting[side] = None;
    }
    if link.written_at[side].is_some_and(|written| snap.read_at < written) {
        return;
    }
    let party = &terms.agreement.sides[side];
    let shown = |field: &String| {
        let text = snap.fields.get(field).map(|value| value.texts().join(", "));
        text.filter(|text| !text.is_empty())
    };
    if let Some(field) = &party.external {
        link.external[side] = shown(field);
    }
    if let Some(field) = &party.status {
        let shown = shown(field).as_deref().map(Status::shown);
        let is_error = |key: Option<&String>| key.map(|key| *key != Status::Synced.key());
        let read = shown.map(|status| status.key());
        if is_error(read.as_ref()) != is_error(link.status[side].as_ref()) {
            link.status[side] = read;
        }
    }
}

fn take(plan: &mut Plan, drafts: &mut Sides<Draft>, rule: &str, verdict: Verdict) {
    for side in Side::BOTH {
        plan.refresh[side] |= verdict.refresh[side];
        for field in &verdict.forget[side] {
            plan.link.refused[side].remove(field);
        }
    }
    let Verdict { base, sends, open, decided, keeps_decision, .. } = verdict;
    if !keeps_decision {
        plan.link.decisions.remove(rule);
    }
    if let Some(base) = base {
        plan.link.bases.insert(rule.to_owned(), base);
    }
    if let Some(sending) = sends.left {
        drafts.left.sendings.push(sending);
    }
    if let Some(sending) = sends.right {
        drafts.right.sendings.push(sending);
    }
    plan.conflicts.extend(open);
    plan.decided.extend(decided);
}
