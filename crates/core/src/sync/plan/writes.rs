//! What is sent to each side: the rules' values, the other record's id, and the status.

use super::rule::Sending;
use super::{Action, Conflict, ConflictKind, Plan, Terms, Write};
use crate::sync::StatusPolicy;
use crate::sync::link::{Link, WHOLE};
use crate::sync::schema::Refusal;
use crate::sync::settle::fingerprint;
use crate::sync::side::{Side, Sides};
use crate::sync::status::Status;
use crate::sync::value::{Fields, Value};

/// What is to be sent to one side so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    /// By rule, in the agreement's order.
    pub sendings: Vec<Sending>,
    /// Why nothing or not all of it is sent, where the provider refused it before.
    pub blocked: Vec<String>,
}

impl Draft {
    pub fn fields(&self) -> Fields {
        self.sendings.iter().flat_map(|sending| sending.fields.clone()).collect()
    }
}

/// Puts the actions into the plan: updates of the two records.
pub(super) fn finish(terms: &Terms<'_>, plan: &mut Plan, mut drafts: Sides<Draft>) {
    for side in Side::BOTH {
        unblock(&mut plan.link, side, &mut drafts[side]);
    }
    let external = Sides::of(|side| owed(terms, &plan.link, side));
    let status = status(terms, plan, &drafts);
    let content = Side::BOTH.into_iter().any(|side| !drafts[side].sendings.is_empty());
    for side in Side::BOTH {
        let told = tells(terms, &plan.link, side, &status, content, external[side].is_some());
        let draft = std::mem::take(&mut drafts[side]);
        let write = write(terms, side, draft, external[side].clone(), told.then_some(&status));
        if let Some(id) = plan.link.ids[side].clone().filter(|_| !write.fields.is_empty()) {
            plan.actions[side] = Some(Action::Update { id, write });
        }
    }
}

/// Leaves out what was refused before as it is. Of a write that was refused as a whole, nobody knows which part was the reason:
/// its rules are sent one by one, until what was refused is known.
fn unblock(link: &mut Link, side: Side, draft: &mut Draft) {
    let refused = &link.refused[side];
    let mut blocked = Vec::new();
    draft.sendings.retain(|sending| {
        let held = refused.get(&format!("{WHOLE}{}", sending.agreed.rule));
        let same = held.filter(|held| held.value == fingerprint(&sending.fields));
        blocked.extend(same.map(|held| held.reason.clone()));
        same.is_none()
    });
    draft.blocked = blocked;
    let whole = refused.get(WHOLE).is_some_and(|held| held.value == fingerprint(&draft.fields()));
    if whole {
        draft.sendings.truncate(1);
    }
}

/// The other record's id, where this side does not name it and would take it.
fn owed(terms: &Terms<'_>, link: &Link, side: Side) -> Option<String> {
    let field = terms.agreement.sides[side].external.as_ref()?;
    let id = link.ids[side.other()].clone()?;
    let refused = link.refused[side].get(field).is_some_and(|held| held.value == Value::text(id.clone()));
    // A survivor of a merge at 10to8 names all that it was (facts 8). It stays so: who it was is known by that alone.
    let named = link.external[side].as_ref().is_some_and(|ids| ids.split(',').any(|one| one.trim() == id));
    (!named && !refused).then_some(id)
}

/// What the status of the pair is, once the plan is carried out.
pub(super) fn status(terms: &Terms<'_>, plan: &Plan, drafts: &Sides<Draft>) -> Status {
    let mut reasons = Vec::new();
    for rule in &terms.agreement.rules {
        for side in Side::BOTH {
            let sent = drafts[side].sendings.iter().find(|sending| sending.agreed.rule == rule.name);
            reasons.extend(
                sent.into_iter().flat_map(|sent| &sent.refusals).map(|refusal| refusal.reason.clone()),
            );
        }
        let sending = Side::BOTH
            .into_iter()
            .find_map(|side| drafts[side].sendings.iter().find(|sending| sending.agreed.rule == rule.name));
        let base = sending.map(|sending| &sending.agreed.base).or_else(|| plan.link.bases.get(&rule.name));
        for (_, held) in base.into_iter().flat_map(|base| base.held.iter()) {
            reasons.extend(held.values().map(|held| held.reason.clone()));
        }
    }
    for side in Side::BOTH {
        reasons.extend(drafts[side].blocked.iter().cloned());
        reasons.extend(unlinked(terms, &plan.link, side));
    }
    reasons.extend(plan.conflicts.iter().map(said));
    reasons.into_iter().next().map_or(Status::Synced, Status::Error)
}

/// Why a side does not hold the other record's id.
fn unlinked(terms: &Terms<'_>, link: &Link, side: Side) -> Option<String> {
    let field = terms.agreement.sides[side].external.as_ref()?;
    let held = link.refused[side].get(field)?;
    (Some(held.value.first()) == link.ids[side.other()].as_deref()).then(|| held.reason.clone())
}

/// An open conflict in a few words.
fn said(conflict: &Conflict) -> String {
    match &conflict.kind {
        ConflictKind::Field { rule } => format!("{rule} was changed on both sides: waits for a decision"),
        ConflictKind::Deletion { reason, .. } => reason.clone(),
        ConflictKind::Match { .. } => "several records could be the same: waits for a decision".to_owned(),
        ConflictKind::Duplicate { .. } => "another record is the same: waits for a decision".to_owned(),
        ConflictKind::Guard { .. } => "many records were deleted: waits for a decision".to_owned(),
    }
}

/// Whether a side is told the status: when values go either way, when it is written anyway, and when an error comes or goes. A
/// status that only has another time is not written for that.
pub(super) fn tells(
    terms: &Terms<'_>,
    link: &Link,
    side: Side,
    status: &Status,
    content: bool,
    written: bool,
) -> bool {
    let key = status.key();
    let Some(field) = &terms.agreement.sides[side].status else { return false };
    if link.refused[side].get(field).is_some_and(|held| held.value == Value::text(key.clone())) {
        return false;
    }
    let last = link.status[side].as_ref();
    let turned = last != Some(&key) && !(last.is_none() && *status == Status::Synced);
    match terms.agreement.status {
        StatusPolicy::Off => false,
        StatusPolicy::Always | StatusPolicy::Errors if turned || written => true,
        StatusPolicy::Always => content,
        StatusPolicy::Errors => false,
    }
}

/// The write of one side.
pub(super) fn write(
    terms: &Terms<'_>,
    side: Side,
    draft: Draft,
    external: Option<String>,
    status: Option<&Status>,
) -> Write {
    let party = &terms.agreement.sides[side];
    let mut write = Write::default();
    for Sending { fields, agreed, refusals } in draft.sendings {
        write.fields.extend(fields);
        write.rules.push(agreed);
        write.refusals.extend::<Vec<Refusal>>(refusals);
    }
    if let (Some(field), Some(id)) = (&party.external, external) {
        write.fields.insert(field.clone(), Value::text(id.clone()));
        write.external = Some(id);
    }
    if let (Some(field), Some(status)) = (&party.status, status) {
        write.fields.insert(field.clone(), Value::text(status.text(terms.now)));
        write.status = Some(status.key());
    }
    write
}
