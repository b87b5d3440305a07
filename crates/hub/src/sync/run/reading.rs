//! The first phase of a run: both sides are read.

use super::{Halt, Running};
use crate::load::{self, Wanted};
use syncline_core::sync::{Side, Sides};
use syncline_providers::load::Wish;
use syncline_store::runs::{self, Mode, State, Trigger};
use syncline_store::syncs::Reading;
use syncline_store::{Scope, connections};

/// Why both sides cannot be read.
pub(super) struct Failed(pub String);

impl Running<'_> {
    /// Has both sides read, and looks whether they are. Says why it cannot be, where it cannot.
    pub(super) async fn reading(&mut self) -> Result<Option<Failed>, Halt> {
        let mode = match self.run.reading {
            Reading::None => {
                self.saved.read = Sides { left: true, right: true };
                return Ok(None);
            }
            Reading::Full => Mode::Full,
            Reading::Changes => Mode::Incremental,
        };
        for side in Side::BOTH {
            if self.saved.read[side] {
                continue;
            }
            if let Some(failed) = self.read(side, mode).await? {
                return Ok(Some(failed));
            }
        }
        Ok(None)
    }

    async fn read(&mut self, side: Side, mode: Mode) -> Result<Option<Failed>, Halt> {
        let cx = &self.engine.cx;
        if let Some(load_id) = &self.saved.loads[side] {
            let load = runs::get(&cx.store, &Scope::All, load_id).await?;
            match load {
                Some(load) if load.state.is_unfinished() => return Ok(None),
                Some(load) if load.state == State::Succeeded || self.is_read(side, &load).await? => {
                    self.saved.read[side] = true;
                    self.checkpoint(None).await?;
                    return Ok(None);
                }
                Some(load) => {
                    let why = load.reason.unwrap_or_else(|| load.state.name().to_owned());
                    return Ok(Some(Failed(format!("the {side} side could not be read: {why}"))));
                }
                None => {}
            }
        }
        let end = &self.engine.ends[side];
        let connection = connections::get(&cx.store, &Scope::All, &end.connection.id).await?;
        let Some(connection) = connection else { return Ok(None) };
        // Where the provider has a lane for just this type, only that is read.
        let own = vec![end.object.object_type.clone()];
        let wish = Wish { types: own.clone(), ..Wish::default() };
        let is_lane = end.loader.lanes(&wish).iter().any(|lane| lane.object_type == end.object.object_type);
        let wanted = Wanted { types: if is_lane { own } else { Vec::new() }, ..Wanted::default() };
        let asked = load::request(cx, &connection, mode, Trigger::Api, &wanted).await?;
        // One that is under way may have begun before this run was asked for: the one after it is waited for.
        if let load::Asked::New(load) = asked {
            self.saved.loads[side] = Some(load.id);
            self.checkpoint(None).await?;
        }
        Ok(None)
    }

    /// Whether the load's own lane of what is synced came to its end, whatever became of the others.
    async fn is_read(&self, side: Side, load: &runs::Run) -> Result<bool, Halt> {
        let object = &self.engine.ends[side].object;
        let lanes = runs::lanes(&self.engine.cx.store, &load.id).await?;
        let mut own = lanes
            .iter()
            .filter(|lane| lane.object_type == object.object_type && lane.collection == object.collection)
            .peekable();
        Ok(own.peek().is_some() && own.all(|lane| lane.state == runs::LaneState::Done))
    }
}
