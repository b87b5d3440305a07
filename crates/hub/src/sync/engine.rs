//! What working on one sync takes: its terms and both ends, as of when the work began.

use super::Halt;
use super::guard::Held;
use crate::connect::Trouble;
use crate::cx::Cx;
use crate::hold::Hold;
use std::collections::BTreeSet;
use std::time::Duration;
use syncline_core::sync::{Can, Fields, Schema, Seen, Side, Sides, Snapshot, Terms, mapping};
use syncline_core::time::Timestamp;
use syncline_providers::load::{self, Load};
use syncline_providers::wire::Fault;
use syncline_providers::write::{self, Object, Write};
use syncline_store::connections::{self, Connection};
use syncline_store::records::Stored;
use syncline_store::{Scope, StoreError, syncs};

/// One side of a sync.
pub struct End {
    /// The account there.
    pub connection: Connection,
    /// What is synced there.
    pub object: Object,
    /// How it is written.
    pub writer: &'static dyn Write,
    /// How it is read.
    pub loader: &'static dyn Load,
    /// What can be done with it.
    pub can: Can,
    /// The fields that the agreement speaks of.
    pub names: BTreeSet<String>,
}

impl End {
    /// The end of this connection, for records of this type.
    ///
    /// # Errors
    /// A sentence for people: what this version cannot do there.
    pub fn of(connection: Connection, object: Object, names: BTreeSet<String>) -> Result<Self, String> {
        let provider = connection.provider.as_str();
        let (Some(writer), Some(loader)) = (write::write(provider), load::load(provider)) else {
            return Err(format!("this version cannot write to {provider}"));
        };
        let can = writer.can(&object).ok_or_else(|| {
            format!("records of type {} cannot be written at {provider}", object.object_type)
        })?;
        Ok(Self { connection, object, writer, loader, can, names })
    }
}

/// A sync and all that working on it takes.
pub struct Engine {
    pub cx: Cx,
    pub sync: syncs::Sync,
    pub ends: Sides<End>,
    /// The job that works on it: nothing is written once it is somebody else's.
    pub hold: Hold,
    /// Where deletions wait for a person.
    pub held: Held,
    /// How long a run or a live change may rely on a reading that it would overwrite.
    fresh: Duration,
}

impl Engine {
    /// Opens a sync; none when it is not there (any more).
    ///
    /// # Errors
    /// [`Halt::Store`], or [`Halt::Refused`] when this version cannot do what the sync says.
    pub async fn open(cx: &Cx, hold: &Hold, sync_id: &str) -> Result<Option<Self>, Halt> {
        let Some(sync) = syncs::get(&cx.store, &Scope::All, sync_id).await? else { return Ok(None) };
        let Some(left) = end(cx, &sync, Side::Left).await? else { return Ok(None) };
        let Some(right) = end(cx, &sync, Side::Right).await? else { return Ok(None) };
        let fresh = cx.config.sync.fresh.get();
        let (cx, hold, held) = (cx.clone(), hold.clone(), Held::default());
        Ok(Some(Self { cx, sync, ends: Sides { left, right }, hold, held, fresh }))
    }

    /// Whether a side takes changes of one record at a time only.
    #[must_use]
    pub fn is_written_singly(&self, side: Side) -> bool {
        let end = &self.ends[side];
        end.writer.batches(&end.object).update <= 1
    }

    /// What is decided with.
    #[must_use]
    pub fn terms(&self) -> Terms<'_> {
        let now = self.cx.now();
        Terms {
            agreement: &self.sync.agreement,
            schemas: self.sync.schemas.as_ref(),
            can: Sides::of(|side| self.ends[side].can),
            now,
            fresh_after: Sides::of(|_| now.minus(self.fresh)),
        }
    }

    /// What fields a side has.
    #[must_use]
    pub fn schema(&self, side: Side) -> &Schema {
        &self.sync.schemas[side]
    }

    /// The fields of a record's body.
    #[must_use]
    pub fn fields(&self, side: Side, body: &str) -> Fields {
        let end = &self.ends[side];
        end.writer.fields(&end.object, self.schema(side), body, &end.names)
    }

    /// What the mirror knows of a record. One that is archived, or somewhere else by now, is gone from here.
    #[must_use]
    pub fn seen(&self, side: Side, stored: &Stored) -> Seen {
        let elsewhere = stored.collection != self.ends[side].object.collection;
        if stored.gone_at.is_some() || stored.archived || elsewhere {
            return Seen::Gone {
                id: stored.record_id.clone(),
                at: stored.gone_at.unwrap_or(stored.changed_at),
                merged_into: stored.merged_into.clone(),
            };
        }
        Seen::Here(Snapshot {
            id: stored.record_id.clone(),
            fields: self.fields(side, &stored.body),
            read_at: stored.seen_at.unwrap_or(stored.read_at).max(stored.read_at),
            changed_at: stored.modified_at.unwrap_or(stored.changed_at),
        })
    }

    /// The present moment, as a time of an answer: later than every reading that was sent before.
    #[must_use]
    pub fn answered(&self) -> Timestamp {
        self.cx.now().plus(Duration::from_millis(1))
    }
}

async fn end(cx: &Cx, sync: &syncs::Sync, side: Side) -> Result<Option<End>, Halt> {
    let connection = connections::get(&cx.store, &Scope::All, &sync.connections[side]).await?;
    let Some(connection) = connection else { return Ok(None) };
    let party = &sync.agreement.sides[side];
    let object = Object { object_type: party.object_type.clone(), collection: party.collection.clone() };
    let names = mapping::fields(&sync.agreement, side);
    End::of(connection, object, names).map(Some).map_err(|why| Halt::Refused(Fault::Rejected(why)))
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Trouble(Trouble::Store(error))
    }
}
