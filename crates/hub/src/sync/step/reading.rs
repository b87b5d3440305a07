//! Reading again what is too old to decide by.

use super::{Entry, Stepping};
use crate::load::by_id;
use crate::sync::Halt;
use syncline_core::sync::{Seen, Side, Snapshot};
use syncline_providers::load::Found;
use syncline_store::records::Reading;

impl Stepping<'_> {
    /// Reads again what is too old to decide by; answers whether anything was.
    pub(super) async fn refresh(&mut self) -> Result<bool, Halt> {
        let all: Vec<usize> = (0..self.open.len()).collect();
        let mut any = false;
        for side in Side::BOTH {
            any |= self.refresh_some(side, &all).await?;
        }
        Ok(any)
    }

    /// The same, of one side and of these pairs.
    pub(super) async fn refresh_some(&mut self, side: Side, numbers: &[usize]) -> Result<bool, Halt> {
        let wanted: Vec<(usize, String)> = { numbers.iter() }
            .filter(|number| self.open[**number].is_to_be_read(side))
            .filter_map(|number| Some((*number, self.open[*number].pair.link.ids[side].clone()?)))
            .collect();
        let batch = self.way.engine.ends[side].loader.read_batch().max(1);
        for piece in wanted.chunks(batch) {
            self.read(side, piece).await?;
        }
        Ok(!wanted.is_empty())
    }

    async fn read(&mut self, side: Side, wanted: &[(usize, String)]) -> Result<(), Halt> {
        let (engine, cx) = (self.way.engine, &self.way.engine.cx);
        let end = &engine.ends[side];
        let (of, ids): ((&str, &str), Vec<String>) = (
            (&end.object.object_type, &end.object.collection),
            wanted.iter().map(|(_, id)| id.clone()).collect(),
        );
        let wish = by_id::wish(cx, &end.connection).await?;
        let read_at = cx.now();
        let found = by_id::read(cx, &end.connection.id, &wish, of, &ids, self.way.purpose).await?;
        let reading = Reading {
            connection_id: &end.connection.id,
            org_id: &end.connection.org_id,
            read_at,
            now: cx.now(),
        };
        for ((number, asked), found) in wanted.iter().zip(&found) {
            let open = &mut self.open[*number];
            let link = &mut open.pair.link;
            open.pair.seen[side] = match found {
                Found::Here(record) if record.archived || record.collection != end.object.collection => {
                    Seen::Gone { id: asked.clone(), at: read_at, merged_into: None }
                }
                Found::Here(record) => {
                    if record.id != *asked {
                        link.moved(side, record.id.clone());
                        open.history.push(Entry::news("relinked"));
                        open.dirty = true;
                    }
                    // It was sent after every answer that the link knows of, whatever the clock's steps are.
                    let known = link.bases.values().map(|base| base.known_at[side]).max();
                    let after = known.max(link.written_at[side]).unwrap_or(read_at);
                    let fields = engine.fields(side, &record.body);
                    // Where the provider tells no time, what looks the same was changed when that was first seen.
                    let changed_at = record.modified_at.unwrap_or_else(|| match &open.pair.seen[side] {
                        Seen::Here(before) if before.fields == fields => before.changed_at,
                        _ => read_at,
                    });
                    let (id, read_at) = (record.id.clone(), read_at.max(after));
                    Seen::Here(Snapshot { id, fields, read_at, changed_at })
                }
                Found::Gone(_) => Seen::Gone { id: asked.clone(), at: read_at, merged_into: None },
            };
        }
        by_id::keep(cx, &reading, &end.object.object_type, &found, Some(&engine.sync.id)).await?;
        Ok(())
    }
}
