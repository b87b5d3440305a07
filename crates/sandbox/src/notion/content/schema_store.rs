//! Drafts of schemas, taken over; two-way relations get their other ends.

use super::hand::{Hand, SchemaChange, What};
use super::schema::{Kind, Link, Property};
use super::schema_write::{Drafted, property_id};
use super::state::State;
use crate::notion::id::Id;

impl State {
    /// Takes a draft over into `source`, and gives two-way relations their other ends.
    pub(crate) fn take_over(&mut self, hand: &mut Hand<'_>, id: Id, drafted: Drafted) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        let old = std::mem::replace(&mut source.properties, drafted.properties);
        source.next_slot = drafted.next_slot;
        source.next_choice = drafted.next_choice;
        if !drafted.changes.is_empty() {
            hand.touch(&mut source.traces);
        }
        for (slot, name) in drafted.mirrors {
            self.add_mirror(hand, id, slot, name);
        }
        self.drop_mirrors(hand, id, &old);
        if !drafted.changes.is_empty() {
            hand.note(self, id, What::Schema(drafted.changes));
        }
    }

    fn add_mirror(&mut self, hand: &mut Hand<'_>, id: Id, slot: u16, name: Option<String>) {
        let property_id = property_id(&mut self.dice);
        let Some(source) = self.sources.get(&id) else { return };
        let title = source.title.plain().into_owned();
        let Some(Property { kind: Kind::Relation(link), name: ours, .. }) = source.in_slot(slot) else {
            return;
        };
        let (target, ours) = (link.source, ours.clone());
        let Some(other) = self.sources.get_mut(&target) else { return };
        let mut name = name.unwrap_or_else(|| format!("Related to {title} ({ours})"));
        while other.properties.iter().any(|property| property.name == name) {
            name.push_str(" 1");
        }
        let there = other.next_slot;
        other.next_slot += 1;
        let kind = Kind::Relation(Link { source: id, synced: Some(slot) });
        let property = Property { slot: there, id: property_id, name: name.clone(), description: None, kind };
        let change = SchemaChange { id: property.written_id(), name: Some(name), action: "created" };
        other.properties.push(property);
        if let Some(property) = self.sources.get_mut(&id).and_then(|source| source.in_slot_mut(slot)) {
            property.kind = Kind::Relation(Link { source: target, synced: Some(there) });
        }
        if target != id {
            hand.note(self, target, What::Schema(vec![change]));
        }
    }

    /// Two-way relations that are gone take their other ends with them.
    fn drop_mirrors(&mut self, hand: &mut Hand<'_>, id: Id, old: &[Property]) {
        for property in old {
            let Kind::Relation(Link { source: target, synced: Some(there) }) = property.kind else {
                continue;
            };
            let now = self.sources.get(&id).and_then(|source| source.in_slot(property.slot));
            if now.is_some_and(|now| matches!(now.kind, Kind::Relation(link) if link.synced == Some(there))) {
                continue;
            }
            let Some(other) = self.sources.get_mut(&target) else { continue };
            let Some(at) = other.properties.iter().position(|property| property.slot == there) else {
                continue;
            };
            let gone = other.properties.remove(at);
            let change = SchemaChange { id: gone.written_id(), name: Some(gone.name), action: "deleted" };
            hand.note(self, target, What::Schema(vec![change]));
        }
    }
}
