//! Reading announced records again: which come next, and how many in one go.

use super::by_id;
use crate::connect::Trouble;
use crate::cx::Cx;
use crate::telemetry::Stopwatch;
use futures_util::future::join_all;
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_providers::load::{Found, Wish};
use syncline_store::StoreError;
use syncline_store::connections::Connection;
use syncline_store::records::Reading;
use syncline_store::stale::{self, Mark, Turn};

/// How long echoes wait for others that are read in the same call.
const GATHER: Duration = Duration::from_secs(1);
/// Records that are read one by one and kept together.
const TOGETHER: usize = 16;
/// After this long no other of them is asked for: what was announced meanwhile may be more urgent.
const LONG: Duration = Duration::from_millis(250);
/// How many of them are asked for at once.
const AT_ONCE: usize = 4;

/// What is to be read next.
pub enum Next {
    Read(Vec<Mark>),
    /// Nothing before then.
    Later(Timestamp),
    Nothing,
}

/// What came of some records.
pub struct Came {
    pub marks: Vec<Mark>,
    /// When they were asked for.
    pub read_at: Timestamp,
    pub found: Result<Vec<Found>, Trouble>,
}

impl Came {
    /// The record that they are sorted by.
    fn first(&self) -> Option<(&str, &str)> {
        self.marks.first().map(|mark| (mark.object_type.as_str(), mark.record_id.as_str()))
    }

    /// Whether this trouble is the others' as well.
    fn ends_reading(&self) -> bool {
        matches!(&self.found, Err(trouble) if !matches!(trouble, Trouble::Refused(_)))
    }
}

/// Reads records of one connection.
pub struct Reader<'a> {
    pub cx: &'a Cx,
    pub connection: &'a Connection,
    pub wish: &'a Wish,
    /// How many the provider gives at once.
    pub batch: usize,
}

impl Reader<'_> {
    /// What is to be read next; `echoes`: it is their turn.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn next(&self, echoes: bool) -> Result<Next, StoreError> {
        let limit = if self.batch > 1 { self.batch } else { TOGETHER };
        let turns: &[Turn] = if echoes { &[Turn::Echoes, Turn::News] } else { &[Turn::News] };
        let mut next = Next::Nothing;
        for turn in turns {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let marks = stale::batch(&self.cx.store, &self.connection.id, *turn, limit).await?;
            let Some(first) = marks.first() else { return Ok(Next::Nothing) };
            // Where many are read in one call, echoes wait for one another.
            let until = first.asked_at.plus(GATHER);
            if self.batch > 1 && first.echo && marks.len() < self.batch && self.cx.now() < until {
                next = Next::Later(until);
                continue;
            }
            return Ok(Next::Read(marks));
        }
        Ok(next)
    }

    /// Reads these, or as many of them as a moment allows; at least one.
    pub async fn read(&self, marks: &[Mark]) -> Vec<Came> {
        if self.batch > 1 {
            return vec![self.ask(marks).await];
        }
        // Echoes are in no hurry, and stand in nobody's way one at a time.
        let at_once = if marks.iter().any(|mark| mark.echo) { 1 } else { AT_ONCE };
        let watch = Stopwatch::start();
        let mut come = Vec::new();
        for some in marks.chunks(at_once) {
            if !come.is_empty() && watch.elapsed() > LONG {
                break;
            }
            come.extend(join_all(some.iter().map(|mark| self.ask(std::slice::from_ref(mark)))).await);
            if come.iter().any(Came::ends_reading) {
                break;
            }
        }
        // Those that are there first: trouble with the others ends this reading.
        come.sort_by_key(|came| came.found.is_err());
        come
    }

    async fn ask(&self, marks: &[Mark]) -> Came {
        let read_at = self.cx.now();
        let ids: Vec<String> = marks.iter().map(|mark| mark.record_id.clone()).collect();
        let of = marks.first().map_or(("", ""), |mark| (mark.object_type.as_str(), mark.collection.as_str()));
        let found = by_id::read(self.cx, &self.connection.id, self.wish, of, &ids, "hydrate").await;
        Came { marks: marks.to_vec(), read_at, found }
    }

    /// Keeps what was read, together.
    ///
    /// # Errors
    /// [`StoreError`] as the database says.
    pub async fn store(&self, come: &[Came]) -> Result<(), StoreError> {
        let mut ready = Vec::new();
        for came in come {
            let Ok(found) = &came.found else { continue };
            ready.push((came, by_id::sorted(self.cx, &self.reading(came.read_at), found).await?));
        }
        // In the order in which everybody locks them: records by their ids, then who hears of them, then the marks.
        ready.sort_by(|(a, _), (b, _)| a.first().cmp(&b.first()));
        let mut tx = self.cx.store.begin().await?;
        let (mut effects, mut settled) = (Vec::new(), Vec::new());
        for (came, (here, gone)) in ready {
            let object_type = came.marks.first().map_or("", |mark| &mark.object_type);
            let reading = self.reading(came.read_at);
            effects.extend(by_id::write(&mut tx, &reading, object_type, (here, &gone)).await?);
            settled.extend(came.marks.iter().cloned());
        }
        let reading = self.reading(self.cx.now());
        by_id::follow(self.cx, &mut tx, &reading, &effects, None).await?;
        stale::settled(&mut tx, &self.connection.id, &settled).await?;
        tx.commit().await
    }

    fn reading(&self, read_at: Timestamp) -> Reading<'_> {
        let Connection { id: connection_id, org_id, .. } = self.connection;
        Reading { connection_id, org_id, read_at, now: self.cx.now() }
    }
}
