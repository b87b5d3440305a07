//! Values on their way into rows: options are made where there are none, and two-way relations follow.

use super::hand::{Hand, SchemaChange, What};
use super::model::{Page, Parent};
use super::rich::colors;
use super::schema::{Choice, Kind, Link, Property};
use super::state::State;
use super::value::Val;
use super::value_write::{Edit, New, NewChoice};
use crate::notion::id::Id;

impl State {
    /// Stores `edits` on a page; returns the ids of the properties that changed.
    pub(crate) fn store(&mut self, hand: &mut Hand<'_>, id: Id, edits: Vec<Edit>) -> Vec<String> {
        let Some(parent) = self.pages.get(&id).map(|page| page.parent) else { return Vec::new() };
        let source = if let Parent::Source(source) = parent { Some(source) } else { None };
        let mut changed = Vec::new();
        for edit in edits {
            let value = self.value_of(hand, source, &edit);
            let old = self.pages.get(&id).and_then(|page| page.value(edit.slot)).cloned();
            if old == value {
                continue;
            }
            changed.push(self.written_id(source, edit.slot));
            self.mirror(hand, id, source, edit.slot, old.as_ref(), value.as_ref());
            if let Some(page) = self.pages.get_mut(&id) {
                page.put(edit.slot, value);
            }
        }
        changed
    }

    fn written_id(&self, source: Option<Id>, slot: u16) -> String {
        let property = source.and_then(|source| self.sources.get(&source)?.in_slot(slot));
        property.map_or_else(|| "title".to_owned(), Property::written_id)
    }

    fn value_of(&mut self, hand: &mut Hand<'_>, source: Option<Id>, edit: &Edit) -> Option<Val> {
        match &edit.new {
            New::Clear => None,
            New::Val(value) => Some(value.clone()),
            New::Choice(one) => self.option(hand, source?, edit.slot, one).map(Val::Choice),
            New::Choices(many) => {
                let numbers: Option<Box<[u32]>> =
                    many.iter().map(|one| self.option(hand, source?, edit.slot, one)).collect();
                numbers.map(Val::Choices)
            }
        }
    }

    /// The number of an option, made when there is none: which is a change of the schema.
    fn option(&mut self, hand: &mut Hand<'_>, source: Id, slot: u16, choice: &NewChoice) -> Option<u32> {
        let name = match choice {
            NewChoice::Known(number) => return Some(*number),
            NewChoice::Named(name) => name,
        };
        let color = (*self.dice.pick(colors())?).to_owned();
        let option_id = self.dice.uuid();
        let source = self.sources.get_mut(&source)?;
        let number = source.next_choice;
        let property = source.properties.iter_mut().find(|property| property.slot == slot)?;
        let choices = property.kind.choices_mut()?;
        if let Some(known) = choices.iter().find(|choice| choice.name == *name) {
            return Some(known.number);
        }
        choices.push(Choice {
            number,
            id: option_id,
            name: name.clone(),
            color,
            description: None,
            group: 0,
        });
        source.next_choice += 1;
        let change =
            SchemaChange { id: property.written_id(), name: Some(property.name.clone()), action: "updated" };
        let source = source.id;
        hand.note(self, source, What::Schema(vec![change]));
        Some(number)
    }

    /// The other end of a two-way relation follows.
    fn mirror(
        &mut self,
        hand: &mut Hand<'_>,
        id: Id,
        source: Option<Id>,
        slot: u16,
        old: Option<&Val>,
        new: Option<&Val>,
    ) {
        let property = source.and_then(|source| self.sources.get(&source)?.in_slot(slot));
        let Some(Kind::Relation(Link { synced: Some(there), source: other })) = property.map(|p| &p.kind)
        else {
            return;
        };
        let (there, other) = (*there, *other);
        let of = |value: Option<&Val>| match value {
            Some(Val::Ids(ids)) => ids.clone(),
            _ => Vec::new(),
        };
        let (old, new) = (of(old), of(new));
        for (page, add) in old
            .iter()
            .filter(|page| !new.contains(page))
            .map(|page| (*page, false))
            .chain(new.iter().filter(|page| !old.contains(page)).map(|page| (*page, true)))
        {
            let Some(page) = self.pages.get_mut(&page) else { continue };
            link(page, there, id, add);
            if hand.settings.pages.synced_relation_is_edit {
                hand.touch(&mut page.traces);
                let (page, property) = (page.id, self.written_id(Some(other), there));
                hand.note(self, page, What::Properties(vec![property]));
            }
        }
    }
}

/// Adds `id` to the references in `slot`, or takes it away.
pub(crate) fn link(page: &mut Page, slot: u16, id: Id, add: bool) {
    let mut ids = match page.value(slot) {
        Some(Val::Ids(_)) => match page.values.iter_mut().find(|(at, _)| *at == slot) {
            Some((_, Val::Ids(ids))) => std::mem::take(ids),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    if add {
        if !ids.contains(&id) {
            ids.push(id);
        }
    } else {
        ids.retain(|other| *other != id);
    }
    page.put(slot, if ids.is_empty() { None } else { Some(Val::Ids(ids)) });
}
