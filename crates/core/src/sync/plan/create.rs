//! One record is there and the other side never had it: it is created.

use super::case::{self, Target};
use super::lens::Lens;
use super::rule::Sending;
use super::writes::{self, Draft};
use super::{Action, Agreed, Plan, Snapshot, Terms};
use crate::sync::Form;
use crate::sync::link::{Base, Link, WHOLE};
use crate::sync::mapping::{self, Rule};
use crate::sync::settle::fingerprint;
use crate::sync::side::{Side, Sides};
use crate::sync::value::{Face, Fields};

/// Creates the record that `from` has on the other side. A record that says nothing there (nothing mapped is in it, or nothing
/// that the other side takes; constants do not count) is not created: nobody could tell it from another, and providers refuse it
/// (HubSpot wants one of e-mail, first and last name).
pub(super) fn plan(terms: &Terms<'_>, link: &Link, from: Side, snap: &Snapshot) -> Plan {
    let to = from.other();
    let mut plan = Plan::idle(link.clone());
    super::pair::tidy(terms, &mut plan.link);
    super::pair::read(terms, &mut plan.link, from, snap);
    let mut drafts = Sides::of(|_| Draft::default());
    let mut says_something = false;
    let goes = |rule: &&Rule| mapping::writes(terms.agreement, rule, to);
    for rule in terms.agreement.rules.iter().filter(goes) {
        let (sending, said) = sending(terms, &mut plan.link, rule, from, snap);
        says_something |= said;
        drafts[to].sendings.push(sending);
    }
    let whole =
        plan.link.refused[to].get(WHOLE).filter(|held| held.value == fingerprint(&drafts[to].fields()));
    drafts[to].blocked.extend(whole.map(|held| held.reason.clone()));
    let creates = says_something && drafts[to].blocked.is_empty();
    let status = writes::status(terms, &plan, &drafts);
    if creates {
        let id = plan.link.ids[from].clone().filter(|_| terms.agreement.sides[to].external.is_some());
        let told = writes::tells(terms, &plan.link, to, &status, true, true);
        let draft = std::mem::take(&mut drafts[to]);
        let write = writes::write(terms, to, draft, id, told.then_some(&status));
        plan.actions[to] = Some(Action::Create(write));
    }
    // The new record's id is owed to this side; its status goes with it.
    let follows = creates && terms.agreement.sides[from].external.is_some();
    if !follows && writes::tells(terms, &plan.link, from, &status, creates, false) {
        let write = writes::write(terms, from, Draft::default(), None, Some(&status));
        plan.actions[from] = Some(Action::Update { id: snap.id.clone(), write });
    }
    plan
}

/// One rule's part of the new record, and whether it says something.
fn sending(terms: &Terms<'_>, link: &mut Link, rule: &Rule, from: Side, snap: &Snapshot) -> (Sending, bool) {
    let to = from.other();
    let lens = Lens { rule, schemas: terms.schemas };
    let shown = lens.face(from, &snap.fields);
    let Target { face, held, refusals, forget } =
        case::withhold(&lens, link, to, lens.convert(from, &shown, None));
    for field in &forget {
        link.refused[to].remove(field);
    }
    let fields: Fields = rule.fields[to]
        .iter()
        .cloned()
        .zip(face.0.iter().cloned())
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let said = fields.keys().any(|field| !held.contains_key(field));
    let constant = matches!(rule.form, Form::Constant { .. });
    let mut base = Base { shape: Base::shape_of(rule), ..Base::default() };
    base.faces[from] = shown;
    base.faces[to] = face;
    base.known_at[from] = snap.read_at;
    base.held[to] = held;
    let before = Face(vec![crate::sync::Value::Empty; rule.fields[to].len()]);
    let agreed = Agreed { rule: rule.name.clone(), base, before, half: false };
    (Sending { fields, agreed, refusals }, said && !constant)
}
