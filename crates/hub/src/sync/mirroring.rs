//! What was written is in the mirror before webhooks tell of it: where they tell what changed, nobody has to read it again because of that,
//! and where they do not, it is known to be most likely an echo.

use crate::load::by_id;
use crate::sync::engine::Engine;
use crate::sync::{Halt, index};
use std::collections::{BTreeMap, BTreeSet};
use syncline_core::record::Record;
use syncline_core::sync::{Action, Fields, Outcome, Side};
use syncline_core::time::Timestamp;
use syncline_providers::load::Found;
use syncline_store::records::{self, Reading, Stored};
use syncline_store::stale;

/// What writes came to.
#[derive(Default)]
pub struct Written {
    /// New records, as they were answered.
    pub made: Vec<Record>,
    /// Records that were changed, and what these fields of theirs hold now.
    changed: Vec<(String, Fields)>,
    /// Records that are not there any more.
    gone: Vec<String>,
}

impl Written {
    /// How many records it is about.
    pub fn len(&self) -> usize {
        self.made.len() + self.changed.len() + self.gone.len()
    }

    /// With what this action came to.
    pub fn note(&mut self, action: &Action, outcome: &Outcome) {
        match (action, outcome) {
            (Action::Update { write, .. }, Outcome::Done { id, fields, .. }) => {
                let mut now = write.fields.clone();
                now.extend(fields.clone());
                self.changed.push((id.clone(), now));
            }
            (Action::Delete { id, .. }, Outcome::Done { .. }) => self.gone.push(id.clone()),
            _ => {}
        }
    }
}

/// Keeps new records as they were answered to what was sent then, and changed ones as they are now. Of these the mirror knows the rest
/// from the reading it had: they are no newer than that.
///
/// # Errors
/// [`Halt::Trouble`] with the database's error.
pub async fn keep(engine: &Engine, side: Side, sent_at: Timestamp, written: Written) -> Result<(), Halt> {
    if written.len() == 0 {
        return Ok(());
    }
    let Written { made, changed, gone } = written;
    let end = &engine.ends[side];
    let ids: Vec<String> = changed.iter().map(|(id, _)| id.clone()).collect();
    let known = records::of(&engine.cx.store, &end.connection.id, &end.object.object_type, &ids).await?;
    let known: BTreeMap<String, Stored> =
        known.into_iter().map(|stored| (stored.record_id.clone(), stored)).collect();
    let ours: BTreeSet<String> =
        { made.iter().map(|record| record.id.clone()) }.chain(ids).chain(gone.iter().cloned()).collect();
    let mut by_reading: BTreeMap<Timestamp, Vec<Found>> = BTreeMap::new();
    for record in made {
        by_reading.entry(sent_at).or_default().push(Found::Here(Box::new(record)));
    }
    for id in &gone {
        by_reading.entry(engine.answered()).or_default().push(Found::Gone(id.clone()));
    }
    for (id, fields) in changed {
        let stored = known.get(&id).filter(|stored| stored.gone_at.is_none());
        let changed = stored.and_then(|stored| {
            let mut record = end.writer.written(&end.object, engine.schema(side), &stored.body, &fields)?;
            record.item.url = record.item.url.or_else(|| stored.item.url.clone());
            Some((stored.seen_at.unwrap_or(stored.read_at).max(stored.read_at), record))
        });
        if let Some((read_at, record)) = changed {
            by_reading.entry(read_at).or_default().push(Found::Here(Box::new(record)));
        }
    }
    for (read_at, found) in by_reading {
        let (connection_id, org_id) = (end.connection.id.as_str(), end.connection.org_id.as_str());
        let reading = Reading { connection_id, org_id, read_at, now: engine.cx.now() };
        by_id::keep(&engine.cx, &reading, &end.object.object_type, &found, Some(&engine.sync.id)).await?;
    }
    let mut tx = engine.cx.store.begin().await?;
    stale::are_echoes(&mut tx, &end.connection.id, &end.object.object_type, &ours, sent_at).await?;
    tx.commit().await?;
    if !gone.is_empty() {
        let place = (end.connection.id.as_str(), end.object.object_type.as_str());
        let gone = records::of(&engine.cx.store, place.0, place.1, &gone).await?;
        index::refresh(engine, side, &gone).await?;
    }
    Ok(())
}
