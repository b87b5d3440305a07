//! Workflows with a webhook trigger (HubSpot facts 8.1): somebody posts JSON to an address that is its own secret, is told
//! 202 whatever comes of it, and the record it is about, if there is one, gets the mapped values a little later.

mod definition;
mod desk;
mod retype;
mod run;
mod settings;
mod trigger;

pub(crate) use settings::Settings;

use super::Hubspot;
use crate::house::{Dice, House};
use axum::Router;
use definition::{Definition, Mapped, Rule};
use parking_lot::Mutex;
use retype::FieldType;
use run::Call;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Workflows.
#[derive(Debug)]
pub(crate) struct Workflows(Mutex<All>);

/// All accounts' workflows. Locked after the records, never before them.
#[derive(Debug)]
struct All {
    /// Counts resets: what was due before one must not come after it.
    generation: u64,
    /// By the trigger's id.
    workflows: BTreeMap<String, Workflow>,
    dice: Dice,
}

/// One workflow.
#[derive(Debug)]
struct Workflow {
    /// Its own number, part of the source of what it writes.
    flow_id: u64,
    definition: Definition,
    /// The last payload that came while it was not connected.
    sample: Option<Value>,
    enrolled: BTreeSet<u64>,
    /// What came and what became of it, oldest first.
    history: VecDeque<Call>,
    /// The second, and how many calls came in it.
    calls: (i64, u64),
}

impl Workflow {
    fn new(flow_id: u64, definition: Definition) -> Self {
        Self {
            flow_id,
            definition,
            sample: None,
            enrolled: BTreeSet::new(),
            history: VecDeque::new(),
            calls: (0, 0),
        }
    }
}

impl All {
    fn new(house: &House, generation: u64) -> Self {
        let mut all = Self { generation, workflows: BTreeMap::new(), dice: house.dice("hubspot.workflows") };
        all.add(ready_made());
        all
    }

    /// Adds a workflow; returns its trigger's id.
    fn add(&mut self, definition: Definition) -> String {
        let id = self.dice.alphanumeric(7);
        let flow_id = 500_000_000 + self.dice.below(100_000_000);
        self.workflows.insert(id.clone(), Workflow::new(flow_id, definition));
        id
    }
}

/// The workflow every sandbox has: how many bookings a mock exam has is told by whoever counts them.
fn ready_made() -> Definition {
    Definition {
        portal_id: 62_515,
        name: "Sync mock exam booking count".to_owned(),
        object: "2-50158913".to_owned(),
        rule: Some(Rule { field: "mock_exam_id".to_owned(), property: "hs_object_id".to_owned() }),
        map: vec![Mapped {
            field: "total_bookings".to_owned(),
            label: Some("Total bookings".to_owned()),
            property: "total_bookings".to_owned(),
            kind: FieldType::Number,
        }],
        re_enrollment: true,
        delay_ms: None,
        delay_up_to_ms: None,
        enabled: true,
    }
}

impl Workflows {
    /// With the one every sandbox has.
    pub(crate) fn new(house: &House) -> Self {
        Self(Mutex::new(All::new(house, 0)))
    }

    /// As at the start again.
    pub(crate) fn reset(&self, house: &House) {
        let mut all = self.0.lock();
        *all = All::new(house, all.generation + 1);
    }
}

/// The endpoints.
pub(crate) fn router() -> Router<Arc<Hubspot>> {
    trigger::router()
}

/// What people do in HubSpot's own pages.
pub(crate) fn control() -> Router<Arc<Hubspot>> {
    desk::router()
}
