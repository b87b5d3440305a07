//! What comes of a call: is the workflow on, which record is meant, was it enrolled before, what is written.

use super::super::Hubspot;
use super::super::change::Source;
use super::super::objects::{By, write};
use super::super::types::TypeId;
use super::definition::Definition;
use super::retype::retyped;
use super::settings::Settings;
use super::{All, Workflow};
use crate::house::clock::iso;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A call in a workflow's history.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Call {
    /// As it was answered.
    pub(super) id: String,
    pub(super) at: String,
    pub(super) payload: Value,
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) record_id: Option<u64>,
    /// What was written.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) wrote: Map<String, Value>,
    /// Mapped fields that were not written, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It was accepted, and nobody ever looked at it.
    NeverTriggered,
    /// It was no JSON object.
    NotUnderstood,
    /// It was kept as the test event the workflow is connected with.
    Sample,
    /// The workflow is switched off.
    SwitchedOff,
    /// The same payload came before.
    SeenBefore,
    /// The workflow has not looked yet.
    Waiting,
    /// No record matches.
    NoRecord,
    /// The record was enrolled before, and re-enrolment is off.
    EnrolledBefore,
    /// The record was enrolled, and written to.
    Enrolled,
    /// The record was enrolled, and HubSpot would not let it be written to.
    Failed,
}

impl Workflow {
    /// Notes a call, the oldest ones forgotten.
    pub(super) fn note(&mut self, call: Call, most: usize) {
        self.history.push_back(call);
        while self.history.len() > most.max(1) {
            self.history.pop_front();
        }
    }
}

/// What comes of a payload at once: whether the workflow will look at it.
pub(super) fn first_look(workflow: &Workflow, payload: &Value, settings: &Settings) -> Outcome {
    if !payload.is_object() {
        return Outcome::NotUnderstood;
    }
    if workflow.definition.rule.is_none() {
        return Outcome::Sample;
    }
    if !workflow.definition.enabled {
        return Outcome::SwitchedOff;
    }
    if settings.deduplicate && workflow.history.iter().any(|call| call.payload == *payload) {
        return Outcome::SeenBefore;
    }
    Outcome::Waiting
}

/// Lets the workflow run when it is due.
pub(super) fn later(hubspot: &Arc<Hubspot>, all: &All, trigger: &str, call: &Call, delay_ms: i64) {
    let (generation, due) = (all.generation, hubspot.house.now().saturating_add(delay_ms.max(0)));
    let (me, trigger) = (Arc::downgrade(hubspot), trigger.to_owned());
    let (id, payload) = (call.id.clone(), call.payload.clone());
    hubspot.house.schedule.at(due, async move {
        if let Some(hubspot) = me.upgrade() {
            run(&hubspot, generation, &trigger, &id, &payload);
        }
    });
}

/// What a run came to.
struct Run {
    outcome: Outcome,
    record: Option<u64>,
    wrote: Map<String, Value>,
    problems: Vec<String>,
}

impl Run {
    fn without_record(outcome: Outcome) -> Self {
        Self { outcome, record: None, wrote: Map::new(), problems: Vec::new() }
    }
}

fn run(hubspot: &Hubspot, generation: u64, trigger: &str, id: &str, payload: &Value) {
    let known = {
        let all = hubspot.workflows.0.lock();
        let workflow = all.workflows.get(trigger).filter(|_| all.generation == generation);
        workflow.map(|workflow| (workflow.definition.clone(), workflow.flow_id))
    };
    let (Some((definition, flow_id)), Some(payload)) = (known, payload.as_object()) else { return };
    let done = match enrol(hubspot, trigger, &definition, payload) {
        Ok((object_type, record)) => act(hubspot, &definition, object_type, record, flow_id, payload),
        Err(outcome) => Run::without_record(outcome),
    };
    let mut all = hubspot.workflows.0.lock();
    let workflow = all.workflows.get_mut(trigger);
    let call = workflow.and_then(|workflow| workflow.history.iter_mut().find(|call| call.id == id));
    if let Some(call) = call {
        (call.outcome, call.record_id) = (done.outcome, done.record);
        (call.wrote, call.problems) = (done.wrote, done.problems);
    }
}

/// The record the payload is about, when it is to be enrolled.
fn enrol(
    hubspot: &Hubspot,
    trigger: &str,
    definition: &Definition,
    payload: &Map<String, Value>,
) -> Result<(TypeId, u64), Outcome> {
    let found = {
        let state = hubspot.state.read();
        let portal = state.portals.get(&definition.portal_id);
        portal.and_then(|portal| {
            let object_type = portal.object_type(&definition.object)?;
            Some((object_type, definition.rule.as_ref()?.record(portal, object_type, payload)?))
        })
    };
    let (object_type, record) = found.ok_or(Outcome::NoRecord)?;
    let mut all = hubspot.workflows.0.lock();
    let workflow = all.workflows.get_mut(trigger).ok_or(Outcome::NoRecord)?;
    if !workflow.enrolled.insert(record) && !definition.re_enrollment {
        return Err(Outcome::EnrolledBefore);
    }
    Ok((object_type, record))
}

/// Writes what is mapped. What the payload does not have stays as it is.
fn act(
    hubspot: &Hubspot,
    definition: &Definition,
    object_type: TypeId,
    record: u64,
    flow_id: u64,
    payload: &Map<String, Value>,
) -> Run {
    let (mut wrote, mut problems) = (Map::new(), Vec::new());
    for mapped in &definition.map {
        let Some(value) = payload.get(&mapped.field) else { continue };
        match retyped(value, mapped.kind) {
            Some(text) => {
                wrote.insert(mapped.property.clone(), Value::String(text));
            }
            None => problems.push(format!("{} is no {:?}", mapped.field, mapped.kind).to_lowercase()),
        }
    }
    let kind = hubspot.settings.get().workflows.source.name();
    let source = Source { kind, id: format!("flowId:{flow_id}"), user: None, app: None };
    let by = By { at: hubspot.house.now(), source };
    let done =
        hubspot.write(definition.portal_id, |portal| write::update(portal, object_type, record, &wrote, &by));
    match done {
        Ok(record) => Run { outcome: Outcome::Enrolled, record: Some(record), wrote, problems },
        Err(error) => {
            problems.push(error.message);
            Run { outcome: Outcome::Failed, record: Some(record), wrote: Map::new(), problems }
        }
    }
}

/// A call that has just come.
pub(super) fn call(id: String, now: i64, payload: Value, outcome: Outcome) -> Call {
    Call { id, at: iso(now), payload, outcome, record_id: None, wrote: Map::new(), problems: Vec::new() }
}
