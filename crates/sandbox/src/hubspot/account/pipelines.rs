//! Pipelines of deals and tickets, as they are kept and shown (HubSpot facts 9).

use crate::house::clock::iso;
use crate::hubspot::types::TypeId;
use serde_json::{Map, Value, json};

/// An account's pipelines.
#[derive(Debug)]
pub(crate) struct Pipelines {
    since: i64,
    last_id: u64,
    all: Vec<(TypeId, Pipeline)>,
}

/// One pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) display_order: i64,
    pub(crate) stages: Vec<Stage>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// One stage.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) display_order: i64,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// Id, label, probability.
const DEAL_STAGES: [(&str, &str, &str); 7] = [
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
];

/// Id, label, state.
const TICKET_STAGES: [(&str, &str, &str); 4] = [
    ("1", "New", "OPEN"),
    ("2", "Waiting on contact", "OPEN"),
    ("3", "Waiting on us", "OPEN"),
    ("4", "Closed", "CLOSED"),
];

impl Pipelines {
    /// Those every account begins with.
    pub(crate) fn at_start(now: i64) -> Self {
        let mut pipelines = Self { since: now, last_id: 75_000_000, all: Vec::new() };
        pipelines.all = vec![
            (TypeId::DEAL, first("default", "Sales Pipeline", &DEAL_STAGES, "probability", now)),
            (TypeId::TICKET, first("0", "Support Pipeline", &TICKET_STAGES, "ticketState", now)),
        ];
        pipelines
    }

    /// When the account began.
    pub(crate) fn since(&self) -> i64 {
        self.since
    }

    /// A new id, for a pipeline or a stage.
    pub(crate) fn take_id(&mut self) -> String {
        self.last_id += 1;
        self.last_id.to_string()
    }

    /// Those of a type, in their order.
    pub(crate) fn of(&self, object_type: TypeId) -> Vec<&Pipeline> {
        let mine = self.all.iter().filter(|(of, _)| *of == object_type);
        let mut mine: Vec<&Pipeline> = mine.map(|(_, pipeline)| pipeline).collect();
        mine.sort_by_key(|pipeline| pipeline.display_order);
        mine
    }

    /// One of them.
    pub(crate) fn get(&self, object_type: TypeId, id: &str) -> Option<&Pipeline> {
        self.all
            .iter()
            .find(|(of, pipeline)| *of == object_type && pipeline.id == id)
            .map(|(_, pipeline)| pipeline)
    }

    /// One of them, to be changed.
    pub(crate) fn get_mut(&mut self, object_type: TypeId, id: &str) -> Option<&mut Pipeline> {
        let mut all = self.all.iter_mut();
        all.find(|(of, pipeline)| *of == object_type && pipeline.id == id).map(|(_, pipeline)| pipeline)
    }

    /// Adds one.
    pub(crate) fn add(&mut self, object_type: TypeId, pipeline: Pipeline) {
        self.all.push((object_type, pipeline));
    }

    /// Takes one away.
    pub(crate) fn remove(&mut self, object_type: TypeId, id: &str) {
        self.all.retain(|(of, pipeline)| *of != object_type || pipeline.id != id);
    }
}

fn first(id: &str, label: &str, stages: &[(&str, &str, &str)], key: &str, now: i64) -> Pipeline {
    let stages = (0..).zip(stages).map(|(display_order, (id, label, value))| {
        let metadata = Map::from_iter([(key.to_owned(), json!(value))]);
        let metadata = completed(metadata);
        Stage {
            id: (*id).to_owned(),
            label: (*label).to_owned(),
            display_order,
            metadata,
            created_at: now,
            updated_at: now,
        }
    });
    Pipeline {
        id: id.to_owned(),
        label: label.to_owned(),
        display_order: 0,
        stages: stages.collect(),
        created_at: now,
        updated_at: now,
    }
}

/// With what HubSpot derives: a stage is closed when nothing can change any more. All values are strings.
pub(crate) fn completed(metadata: Map<String, Value>) -> Map<String, Value> {
    let mut texts: Map<String, Value> = metadata
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(_) => (key, value),
            other => (key, json!(other.to_string())),
        })
        .collect();
    let probability =
        texts.get("probability").and_then(Value::as_str).and_then(|text| text.parse::<f64>().ok());
    let is_closed = match texts.get("ticketState").and_then(Value::as_str) {
        Some(state) => state == "CLOSED",
        None => probability.is_some_and(|probability| probability <= 0.0 || probability >= 1.0),
    };
    texts.insert("isClosed".to_owned(), json!(is_closed.to_string()));
    texts
}

impl Pipeline {
    /// As JSON.
    pub(crate) fn show(&self) -> Value {
        json!({
            "id": self.id, "label": self.label, "displayOrder": self.display_order,
            "stages": self.in_order().iter().map(|stage| stage.show()).collect::<Vec<_>>(),
            "createdAt": iso(self.created_at), "updatedAt": iso(self.updated_at), "archived": false,
        })
    }

    /// The stages in their order.
    pub(crate) fn in_order(&self) -> Vec<&Stage> {
        let mut stages: Vec<&Stage> = self.stages.iter().collect();
        stages.sort_by_key(|stage| stage.display_order);
        stages
    }
}

impl Stage {
    /// As JSON.
    pub(crate) fn show(&self) -> Value {
        json!({
            "id": self.id, "label": self.label, "displayOrder": self.display_order,
            "metadata": self.metadata, "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at), "archived": false, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(key: &str, value: &Value) -> Value {
        completed(Map::from_iter([(key.to_owned(), value.clone())]))["isClosed"].clone()
    }

    #[test]
    fn a_stage_at_either_end_is_closed() {
        assert_eq!(closed("probability", &json!("1.0")), "true");
        assert_eq!(closed("probability", &json!(0)), "true");
        assert_eq!(closed("probability", &json!(0.5)), "false");
        assert_eq!(closed("ticketState", &json!("CLOSED")), "true");
        assert_eq!(closed("ticketState", &json!("OPEN")), "false");
        assert_eq!(completed(Map::from_iter([("probability".to_owned(), json!(0.5))]))["probability"], "0.5");
    }
}
