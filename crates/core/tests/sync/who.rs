//! Who is linked to whom, after the hub: records that became another, creations that are found again, and who is new.

use crate::hub::{Row, World};
use std::collections::BTreeSet;
use syncline_core::sync::identity::{self, Candidate, Identity};
use syncline_core::sync::{
    ConflictKind, Ending, Link, Outcome, Pending, Refusal, Seen, Side, Snapshot, State, Value,
};

impl World {
    /// Records that the provider made one of several are linked as the one they became.
    pub fn follow_merges(&mut self) {
        for side in Side::BOTH {
            let mut merged: Vec<(String, String)> = Vec::new();
            for (id, kept) in &self.mirror[side] {
                merged.extend(kept.merged_ids.iter().map(|gone| (gone.clone(), id.clone())));
                if let Seen::Gone { merged_into: Some(into), .. } = &kept.seen {
                    merged.push((id.clone(), into.clone()));
                }
            }
            merged.extend(self.rows.iter().filter_map(|row| self.claimed(row, side)));
            for (gone, into) in merged {
                self.follow_merge(side, &gone, &into);
            }
        }
    }

    /// The record of a link that is gone, and the one that says of itself that it is it: all that 10to8 tells of a merge (facts 8).
    /// Of a record that is not there itself nobody says so in earnest: it is a copy, or was merged before the other was deleted.
    pub fn claimed(&self, row: &Row, side: Side) -> Option<(String, String)> {
        let own = row.link.ids[side.other()].as_ref()?;
        let gone = row.link.ids[side].as_ref()?;
        let is_gone = matches!(self.seen(side, &row.link), Seen::Gone { merged_into: None, .. });
        if !is_gone || self.here(side.other(), own).is_none() {
            return None;
        }
        let became_own = |id: &str| {
            let kept = self.mirror[side.other()].get(id);
            kept.is_some_and(
                |kept| matches!(&kept.seen, Seen::Gone { merged_into: Some(into), .. } if into == own),
            )
        };
        let ids: Vec<&str> = row.link.named_by(side).filter(|id| id == own || became_own(id)).collect();
        let is_it = |there: &Snapshot| ids.iter().any(|named| names(&there.fields, named));
        let into = self.all_here(side).find(|there| there.id != *gone && is_it(there))?;
        Some((gone.clone(), into.id.clone()))
    }

    fn follow_merge(&mut self, side: Side, gone: &str, into: &str) {
        let of = |row: &Row, id: &str| row.link.ids[side].as_deref() == Some(id);
        let lives = |row: &Row| !matches!(row.link.state, State::Ended(_));
        let pending = |row: &Row| match row.link.state {
            State::Creating(_) => true,
            // It waits for the one that it became to be nobody's.
            State::Ended(Ending::Merged { side: by }) => {
                let own = row.link.ids[side.other()].as_ref();
                by != side || own.is_none_or(|own| self.here(side.other(), own).is_none())
            }
            _ => false,
        };
        let Some(at) = self.rows.iter().position(|row| of(row, gone) && !pending(row)) else { return };
        if self.rows.iter().any(|row| of(row, into) && lives(row)) {
            let row = &mut self.rows[at];
            if row.link.state == State::Ended(Ending::Merged { side }) {
                return;
            }
            self.met("the records of two links became one");
            let row = &mut self.rows[at];
            row.link.state = State::Ended(Ending::Merged { side });
            row.conflicts.clear();
            return;
        }
        let over =
            |row: &Row| matches!(row.link.state, State::Ended(Ending::Deleted { side: by }) if by != side);
        let was_merged = matches!(self.rows[at].link.state, State::Ended(Ending::Merged { .. }));
        let is_ours = self.rows.iter().any(|row| of(row, into) && over(row));
        let is_gone = self.mirror[side].contains_key(into) && self.here(side, into).is_none();
        if is_gone && (was_merged || is_ours) {
            // What was deleted then was not this pair: it is created again rather than deleted.
            self.met("a linked record became one that is gone");
            self.rows[at].link.widowed(side.other());
            return;
        }
        self.met(match side {
            Side::Left => "a linked record became a third one",
            Side::Right => "a linked record became one that names both",
        });
        self.rows[at].link.moved(side, into);
        if was_merged {
            // What is over for another reason, planning revives: it knows whose deletion that was.
            self.rows[at].link.state = State::Linked;
        }
        let moved = self.rows.remove(at);
        let own = moved.link.ids[side.other()].as_ref();
        if let Some(record) = own.and_then(|own| self.providers[side.other()].records.get_mut(own))
            && record.made_for.as_deref() == Some(gone)
        {
            record.made_for = Some(into.to_owned());
        }
        self.leave(side, into);
        self.rows.push(moved);
    }

    /// Who is linked anew is not in a link any more that is over. What that knows of a deletion of the other record, it keeps.
    fn leave(&mut self, side: Side, id: &str) {
        let of = |row: &Row| {
            row.link.ids[side].as_deref() == Some(id) && matches!(row.link.state, State::Ended(_))
        };
        let keeps = |row: &Row| {
            matches!(row.link.state, State::Ended(Ending::Deleted { .. }))
                && row.link.ids[side.other()].is_some()
        };
        self.rows.retain(|row| !of(row) || keeps(row));
        for row in self.rows.iter_mut().filter(|row| of(row)) {
            row.link.ids[side] = None;
        }
    }

    /// Who is not linked yet is found or stands alone.
    pub fn identify(&mut self) {
        self.follow_merges();
        self.questions.clear();
        for side in Side::BOTH {
            for snapshot in self.strangers(side) {
                self.identify_one(side, &snapshot);
            }
        }
    }

    /// Records that are there and in no link.
    fn strangers(&self, side: Side) -> Vec<Snapshot> {
        let known: BTreeSet<&String> =
            self.rows.iter().filter_map(|row| row.link.ids[side].as_ref()).collect();
        self.all_here(side).filter(|there| !known.contains(&there.id)).cloned().collect()
    }

    /// A record that the mirror shows, and that we have not deleted since.
    fn here(&self, side: Side, id: &str) -> Option<&Snapshot> {
        let Seen::Here(there) = &self.mirror[side].get(id)?.seen else { return None };
        let buried =
            |row: &Row| row.link.ids[side].as_deref() == Some(id) && row.link.buries(side, there.read_at);
        (!self.rows.iter().any(buried)).then_some(there)
    }

    fn all_here(&self, side: Side) -> impl Iterator<Item = &Snapshot> {
        self.mirror[side].keys().filter_map(move |id| self.here(side, id))
    }

    fn identify_one(&mut self, side: Side, snapshot: &Snapshot) {
        if self.is_awaited(side, snapshot) {
            self.met("the mirror shows a creation before it is looked for");
            return;
        }
        match self.who(side, snapshot) {
            Identity::Is(id) => {
                if let Some(question) = self.rival(side, &id) {
                    self.met("several could be one");
                    self.questions.push(question);
                    return;
                }
                self.met("two that nobody had linked are the same");
                self.join(side, &snapshot.id, &id);
            }
            Identity::Nobody => {
                let link = Link::lone(side, &snapshot.id);
                self.rows.push(Row { link, conflicts: Vec::new() });
            }
            Identity::Ambiguous(candidates) => {
                self.met("several could be the same");
                self.questions.push(ConflictKind::Match { side, id: snapshot.id.clone(), candidates });
            }
            Identity::Taken { .. } => self.met("the same is linked already"),
        }
    }

    /// Whether it is what a link that is not settled yet created: that link finds it.
    fn is_awaited(&self, side: Side, snapshot: &Snapshot) -> bool {
        self.rows.iter().any(|row| {
            let pending = matches!(row.link.state, State::Creating(pending) if pending.side == side);
            let own = row.link.ids[side.other()].as_ref();
            pending && own.is_some_and(|own| names(&snapshot.fields, own))
        })
    }

    /// Whom several could be as well is nobody's before a person has said whose.
    fn rival(&self, side: Side, found: &str) -> Option<ConflictKind> {
        match self.who(side.other(), self.here(side.other(), found)?) {
            Identity::Ambiguous(candidates) => {
                Some(ConflictKind::Match { side: side.other(), id: found.to_owned(), candidates })
            }
            _ => None,
        }
    }

    fn who(&self, side: Side, snapshot: &Snapshot) -> Identity {
        let other = side.other();
        let keys = identity::keys(&self.agreement, side, &snapshot.fields);
        let candidate = |there: &Snapshot| Candidate {
            id: there.id.clone(),
            keys: self.keys_of_those_there(other, there),
            linked_to: self.partner(other, &there.id),
        };
        let candidates: Vec<Candidate> = self.all_here(other).map(candidate).collect();
        identity::identify(&snapshot.id, &keys, &candidates)
    }

    /// A candidate's keys, without claims of records that are not there.
    fn keys_of_those_there(&self, side: Side, record: &Snapshot) -> BTreeSet<String> {
        let there = |id: &str| self.here(side.other(), id).is_some();
        let keys = identity::keys(&self.agreement, side, &record.fields);
        keys.into_iter().filter(|key| key.strip_prefix("x:").is_none_or(there)).collect()
    }

    fn partner(&self, side: Side, id: &str) -> Option<String> {
        let live = |row: &&Row| {
            row.link.ids[side].as_deref() == Some(id) && !matches!(row.link.state, State::Ended(_))
        };
        self.rows.iter().find(live).and_then(|row| row.link.ids[side.other()].clone())
    }

    /// Links two; the one that was found may have stood alone, and the other must have no link.
    fn join(&mut self, side: Side, id: &str, found: &str) {
        let other = side.other();
        let of = |row: &Row| row.link.ids[other].as_deref() == Some(found);
        self.leave(other, found);
        if let Some(record) = self.providers[other].records.get_mut(found)
            && record.made_for.as_deref() != Some(id)
        {
            // It is this one's now, whomever it was created for.
            record.made_for = None;
        }
        match self.rows.iter_mut().find(|row| of(row)) {
            Some(row) => {
                row.link.ids[side] = Some(id.to_owned());
                row.link.state = State::Linked;
            }
            None => {
                let mut link = Link::lone(side, id);
                link.ids[other] = Some(found.to_owned());
                self.rows.push(Row { link, conflicts: Vec::new() });
            }
        }
    }

    /// A person says which one it is, where that was asked.
    pub fn answer(&mut self, question: u8, candidate: u8) {
        let at = usize::from(question) % self.questions.len().max(1);
        let Some(ConflictKind::Match { side, id, candidates }) = self.questions.get(at).cloned() else {
            return;
        };
        let found = &candidates[usize::from(candidate) % candidates.len()];
        let linked = |side: Side, id: &str| {
            let of = |row: &&Row| row.link.ids[side].as_deref() == Some(id);
            self.rows.iter().filter(of).any(|row| row.link.ids[side.other()].is_some())
        };
        if linked(side, &id) || linked(side.other(), found) {
            return;
        }
        self.met("a person said which one it is");
        self.rows.retain(|row| row.link.ids[side].as_ref() != Some(&id));
        self.join(side, &id, found);
        self.questions.clear();
    }

    /// Who is there and in no link: somebody is asked who that is.
    pub fn nobody_is_left_out(&self) {
        for side in Side::BOTH {
            for stranger in self.strangers(side) {
                let asked = match self.who(side, &stranger) {
                    Identity::Is(id) => self.rival(side, &id).is_some(),
                    Identity::Ambiguous(_) | Identity::Taken { .. } => true,
                    Identity::Nobody => false,
                };
                assert!(asked, "in no link, and nobody is asked: {stranger:?} {:?}", self.rows);
            }
        }
    }

    /// What was to be created is there already: it is linked, or, where it is linked to another, the creation is refused.
    pub fn there_already(&mut self, at: usize, side: Side, outcome: Outcome) -> Option<Outcome> {
        let Outcome::Exists { id: Some(id), message } = outcome else { return Some(outcome) };
        let reading = self.read(side, &id);
        self.arrive(reading);
        if self.partner(side, &id).is_some() || self.is_anothers(at, side, &id) {
            self.met("what is there already is linked to another");
            let refusal = Refusal { field: "*".to_owned(), value: Value::Empty, reason: message };
            return Some(Outcome::Refused(vec![refusal]));
        }
        let own = self.rows[at].link.ids[side.other()].clone()?;
        self.rows.remove(at);
        self.rows.retain(|row| row.link.ids[side].as_ref() != Some(&id));
        let mut link = Link::lone(side, id);
        link.ids[side.other()] = Some(own);
        self.rows.push(Row { link, conflicts: Vec::new() });
        None
    }

    /// Whether it names somebody else who is there, as one does that was just created for that one.
    fn is_anothers(&self, at: usize, side: Side, id: &str) -> bool {
        let Some(there) = self.here(side, id) else { return false };
        let own = self.rows[at].link.ids[side.other()].as_deref().unwrap_or_default();
        !names(&there.fields, own) && self.all_here(side.other()).any(|other| names(&there.fields, &other.id))
    }

    /// A creation that may have been carried out is looked for.
    pub fn look_for_pending(&mut self, at: usize) {
        let Some(row) = self.rows.get(at) else { return };
        let State::Creating(Pending { side, .. }) = row.link.state else { return };
        let id = row.link.ids[side.other()].clone().unwrap_or_default();
        let found: Vec<String> = self.providers[side]
            .records
            .iter()
            .filter(|(_, record)| record.alive && names(&record.fields, &id))
            .map(|(id, _)| id.clone())
            .collect();
        let linked = |id: &&String| self.rows.iter().any(|row| row.link.ids[side].as_ref() == Some(id));
        let free = found.iter().find(|id| !linked(id)).cloned();
        if free.is_none() && !found.is_empty() {
            // It was created, and is part of one that has its own link by now.
            self.met("a creation became part of another");
            self.rows[at].link.state = State::Ended(Ending::Merged { side });
            return;
        }
        if let Some(id) = &free {
            self.met("a creation was found again");
            let reading = self.read(side, id);
            self.arrive(reading);
        }
        let link = &mut self.rows[at].link;
        link.state = State::Linked;
        link.ids[side] = free;
    }
}

/// Whether a record names this one of the other side as its own; after a merge it names several.
pub fn names(fields: &syncline_core::sync::Fields, id: &str) -> bool {
    let external = fields.get("external").map_or("", Value::first);
    external.split(',').any(|named| named.trim() == id)
}
