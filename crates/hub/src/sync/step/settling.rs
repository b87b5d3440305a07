//! What answers mean for the pairs they are about.

use super::{Entry, LOOK, Stepping};
use crate::sync::Halt;
use syncline_core::sync::{
    Action, ConflictKind, Link, Outcome, Pending, Refusal, Seen, Side, Snapshot, State, Value, settle,
};
use syncline_store::syncs::links;

impl Stepping<'_> {
    pub(super) async fn settle(
        &mut self,
        number: usize,
        side: Side,
        action: &Action,
        outcome: Outcome,
    ) -> Result<(), Halt> {
        let outcome = match outcome {
            Outcome::Exists { id: Some(id), message } => match self.exists(number, side, id).await? {
                // Refused as it is: it is not tried again before something about it changes.
                true => refused_whole(message),
                false => return Ok(()),
            },
            Outcome::Exists { id: None, message } => refused_whole(message),
            Outcome::Unknown if matches!(action, Action::Create(_)) => return self.unknown(number, side),
            other => other,
        };
        let engine = self.way.engine;
        let open = &mut self.open[number];
        open.dirty = true;
        open.history.extend(Entry::of(side, action, &outcome));
        self.out.tally.count(side, action, &outcome);
        let link = std::mem::replace(&mut open.pair.link, Link::lone(side, ""));
        open.pair.link = settle::settle(&engine.terms(), link, side, action, &outcome);
        match (&outcome, action) {
            (Outcome::Done { id, fields, at }, Action::Create(write) | Action::Update { write, .. }) => {
                let mut shown = match &open.pair.seen[side] {
                    Seen::Here(snapshot) => snapshot.clone(),
                    _ => {
                        Snapshot { id: id.clone(), fields: Default::default(), read_at: *at, changed_at: *at }
                    }
                };
                for (name, value) in write.fields.iter().chain(fields) {
                    if engine.ends[side].names.contains(name) {
                        match value.is_empty() {
                            true => shown.fields.remove(name),
                            false => shown.fields.insert(name.clone(), value.clone()),
                        };
                    }
                }
                open.pair.seen[side] = Seen::Here(shown);
            }
            (Outcome::Done { at, .. }, Action::Delete { id, .. }) => {
                open.pair.seen[side] = Seen::Gone { id: id.clone(), at: *at, merged_into: None };
            }
            (Outcome::Gone, Action::Update { .. } | Action::Delete { .. }) => {
                // Read again: it may have become part of another.
                open.pair.seen[side] = Seen::Never;
            }
            _ => {}
        }
        open.unfinished |= self.way.gathers && matches!(outcome, Outcome::Refused(_));
        Ok(())
    }

    /// Nobody knows whether it was created: it is looked for before anything else is done.
    fn unknown(&mut self, number: usize, side: Side) -> Result<(), Halt> {
        let now = self.way.engine.cx.now();
        let open = &mut self.open[number];
        open.pair.link.state = State::Creating(Pending { side, sent_at: now, open: false });
        open.dirty = true;
        open.history.push(Entry::news("unanswered"));
        self.lay_aside(number, now.plus(LOOK));
        Ok(())
    }

    /// What was to be created is there already: it is linked, unless it is linked to another. Answers whether it is.
    async fn exists(&mut self, number: usize, side: Side, id: String) -> Result<bool, Halt> {
        let engine = self.way.engine;
        let (store, sync_id) = (&engine.cx.store, &engine.sync.id);
        let linked = links::by_records(store, sync_id, side, std::slice::from_ref(&id)).await?;
        let open = &mut self.open[number];
        open.dirty = true;
        let living = linked.iter().find(|row| !matches!(row.link.state, State::Ended(_)));
        let theirs = living.and_then(|row| row.link.ids[side.other()].clone());
        match (theirs, open.pair.link.ids[side.other()].clone()) {
            (Some(of), Some(own)) if of != own => {
                open.questions.push(ConflictKind::Duplicate { side: side.other(), id: own, of });
                Ok(true)
            }
            _ => {
                open.pair.link.ids[side] = Some(id);
                open.pair.link.state = State::Linked;
                open.pair.seen[side] = Seen::Never;
                open.history.push(Entry::news("linked"));
                self.out.tally.linked += 1;
                Ok(false)
            }
        }
    }
}

fn refused_whole(reason: String) -> Outcome {
    Outcome::Refused(vec![Refusal { field: "*".to_owned(), value: Value::Empty, reason }])
}
