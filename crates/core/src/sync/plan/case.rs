//! One rule of one pair: what both sides show in it, and what was agreed.

use super::lens::Lens;
use super::{Conflict, ConflictKind, Snapshot, Terms};
use crate::sync::link::{Base, Held, Link};
use crate::sync::mapping::Rule;
use crate::sync::schema::Refusal;
use crate::sync::side::{Side, Sides};
use crate::sync::value::Face;
use std::collections::BTreeMap;

/// One rule of one pair.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub terms: &'a Terms<'a>,
    pub link: &'a Link,
    pub lens: Lens<'a>,
    /// What was agreed, over the fields that the rule has now.
    pub base: Option<&'a Base>,
    pub snaps: Sides<&'a Snapshot>,
    /// What each side shows.
    pub faces: Sides<Face>,
    /// What each side says: with the values that belong where a placeholder stands.
    pub whole: Sides<Face>,
}

/// What a side is to show.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// With placeholders where it must.
    pub face: Face,
    /// What belongs where they are.
    pub held: BTreeMap<String, Held>,
    pub refusals: Vec<Refusal>,
    /// Fields whose remembered refusal was of another value.
    pub forget: Vec<String>,
}

impl<'a> Case<'a> {
    pub fn new(terms: &'a Terms<'a>, link: &'a Link, rule: &'a Rule, snaps: Sides<&'a Snapshot>) -> Self {
        let lens = Lens { rule, schemas: terms.schemas };
        let base = link.bases.get(&rule.name).filter(|base| base.shape == Base::shape_of(rule));
        let faces = Sides::of(|side| lens.face(side, &snaps[side].fields));
        let whole = Sides::of(|side| whole(&lens, side, base, &faces[side]));
        Self { terms, link, lens, base, snaps, faces, whole }
    }

    /// Whether somebody changed something there since the sides agreed.
    pub fn changed(&self, side: Side) -> bool {
        self.base.is_none_or(|base| !self.lens.alike(side, &self.faces[side], &base.faces[side]))
    }

    /// Whether somebody typed something where a placeholder stood.
    pub fn typed_over(&self, side: Side) -> bool {
        let Some(base) = self.base.filter(|base| !base.held[side].is_empty()) else { return false };
        standing(&self.lens, side, Some(base), &self.faces[side]).len() < base.held[side].len()
    }

    /// Whether the reading is older than what is known of this rule, and shows something else.
    pub fn outdated(&self, side: Side) -> bool {
        self.base.is_some_and(|base| base.known_at[side] > self.snaps[side].read_at) && self.changed(side)
    }

    /// Whether what the reading shows may have been replaced meanwhile by something that nobody has seen.
    pub fn too_old_to_replace(&self, side: Side) -> bool {
        let known = match self.base {
            Some(base) => Some(base.known_at[side]),
            None => self.link.written_at[side],
        };
        let read = self.snaps[side].read_at;
        read < self.terms.fresh_after[side] || known.is_some_and(|known| read < known)
    }

    /// What `to` is to show for what the other side says.
    pub fn target(&self, to: Side) -> Target {
        let from = to.other();
        self.withhold(to, self.lens.convert(from, &self.whole[from], Some(&self.whole[to])))
    }

    /// This face as far as the side takes it.
    pub fn withhold(&self, to: Side, face: Face) -> Target {
        withhold(&self.lens, self.link, to, face)
    }

    /// The base that both sides show already, whichever way it is converted: one side may say the same in fewer words.
    pub fn agreement(&self) -> Option<Base> {
        for to in [Side::Right, Side::Left] {
            let from = to.other();
            let said = self.lens.convert(from, &self.whole[from], Some(&self.whole[to]));
            if self.lens.alike(to, &said, &self.whole[to]) {
                return Some(self.as_they_are());
            }
            let target = self.withhold(to, said);
            if self.lens.alike(to, &target.face, &self.faces[to]) {
                let mut base = self.as_they_are();
                base.held[to] = target.held;
                return Some(base);
            }
        }
        None
    }

    /// A base of what both sides show now, with what is withheld where its placeholder still stands.
    pub fn as_they_are(&self) -> Base {
        Base {
            shape: Base::shape_of(self.lens.rule),
            faces: self.faces.clone(),
            known_at: Sides::of(|side| {
                let read = self.snaps[side].read_at;
                self.base.map_or(read, |base| read.max(base.known_at[side]))
            }),
            held: Sides::of(|side| standing(&self.lens, side, self.base, &self.faces[side])),
        }
    }

    /// What both sides said when they agreed.
    pub fn whole_base(&self) -> Option<Sides<Face>> {
        let base = self.base?;
        Some(Sides::of(|side| whole(&self.lens, side, Some(base), &base.faces[side])))
    }

    /// That both sides differ.
    pub fn conflict(&self, winner: Option<Side>) -> Conflict {
        Conflict {
            kind: ConflictKind::Field { rule: self.lens.rule.name.clone() },
            faces: self.faces.clone(),
            times: Sides::of(|side| Some(self.snaps[side].changed_at)),
            base: self.base.map(|base| base.faces.clone()),
            winner,
        }
    }
}

/// This face as far as `to` takes it: by rule, and by what its provider refused before.
pub(super) fn withhold(lens: &Lens<'_>, link: &Link, to: Side, face: Face) -> Target {
    let mut refusals = lens.refusals(to, &face);
    let mut forget = Vec::new();
    for (field, value) in lens.rule.fields[to].iter().zip(&face.0) {
        match link.refused[to].get(field) {
            Some(held) if held.value != *value => forget.push(field.clone()),
            Some(held) if refusals.iter().all(|refusal| refusal.field != *field) => refusals.push(Refusal {
                field: field.clone(),
                value: value.clone(),
                reason: held.reason.clone(),
            }),
            _ => {}
        }
    }
    let held = held(lens, to, &face, &refusals);
    let face = if refusals.is_empty() { face } else { lens.withheld(to, &face, &refusals) };
    Target { face, held, refusals, forget }
}

fn held(lens: &Lens<'_>, to: Side, face: &Face, refusals: &[Refusal]) -> BTreeMap<String, Held> {
    let fields = lens.rule.fields[to].iter().zip(&face.0);
    fields
        .filter_map(|(field, value)| {
            let refusal = refusals.iter().find(|refusal| refusal.field == *field)?;
            Some((field.clone(), Held { value: value.clone(), reason: refusal.reason.clone() }))
        })
        .collect()
}

/// What is withheld from a side, where its placeholder still stands.
fn standing(lens: &Lens<'_>, side: Side, base: Option<&Base>, face: &Face) -> BTreeMap<String, Held> {
    let Some(base) = base else { return BTreeMap::new() };
    let stands = |field: &String| {
        let at = lens.rule.fields[side].iter().position(|other| other == field);
        at.is_some_and(|at| lens.alike_at(side, at, face, &base.faces[side]))
    };
    let held = base.held[side].iter().filter(|(field, _)| stands(field));
    held.map(|(field, held)| (field.clone(), held.clone())).collect()
}

/// A face with the values that belong where a placeholder stands.
fn whole(lens: &Lens<'_>, side: Side, base: Option<&Base>, face: &Face) -> Face {
    let mut face = face.clone();
    if base.is_none_or(|base| base.held[side].is_empty()) {
        return face;
    }
    let standing = standing(lens, side, base, &face);
    for (at, field) in lens.rule.fields[side].iter().enumerate() {
        if let (Some(held), Some(shown)) = (standing.get(field), face.0.get_mut(at)) {
            shown.clone_from(&held.value);
        }
    }
    face
}
