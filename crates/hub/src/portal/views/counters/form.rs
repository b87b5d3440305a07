//! The form of a definition.

mod fields;

use crate::portal::views::shell::{Choice, Shell};
use crate::portal::views::{filters, text};
use askama::Template;

/// The form.
#[derive(Debug, Template)]
#[template(path = "counters/form.html")]
pub struct DefinitionFormPage {
    /// The surroundings.
    pub shell: Shell,
    /// The definition that is changed; none for a new one.
    pub id: Option<String>,
    /// Where its trigger is, without what makes the address a secret.
    pub trigger_shown: Option<String>,
    /// HubSpot connections to choose from.
    pub connections: Vec<Choice>,
    /// Redis servers that the configuration names.
    pub servers: Vec<String>,
    /// Databases that the configuration names.
    pub databases: Vec<String>,
    /// What the trigger would be sent; none where that cannot be said.
    pub preview: Option<String>,
    /// What was typed, or what there is.
    pub form: DefinitionForm,
    /// What is wrong with it: the field, as the API calls it, and a sentence.
    pub problems: Vec<(String, String)>,
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionForm {
    /// The version that was looked at; empty for a new one.
    pub version: String,
    /// Its name.
    pub name: String,
    /// The HubSpot connection it belongs to.
    pub connection_id: String,
    /// The type of the records that show it.
    pub object_type: String,
    /// The property that shows it.
    pub property: String,
    /// Whether keys are a property's values, otherwise record ids.
    pub by_property: bool,
    /// That property.
    pub key_property: String,
    /// What the trigger is sent, JSON; empty: the usual.
    pub payload: String,
    /// How values get to the property, as the API calls it.
    pub target: String,
    /// How long changes are gathered, in milliseconds.
    pub window_ms: String,
    /// How long a call may still take effect, in milliseconds.
    pub settle_ms: String,
    /// The least a counter may be.
    pub minimum: String,
    /// How often numbers are compared, in minutes; empty: when somebody asks.
    pub reconcile_minutes: String,
    /// Whether drift is only reported.
    pub reports: bool,
    /// Whether numbers live in Redis.
    pub in_redis: bool,
    /// In which server.
    pub redis_server: String,
    /// Under which keys.
    pub redis_key: String,
    /// How long keys live, in days.
    pub redis_ttl: String,
    /// The source of the truth, as the API calls it.
    pub truth: String,
    /// Of associations: the type that is counted.
    pub associated_type: String,
    /// Of associations: their type; empty: any.
    pub association_type_id: String,
    /// Of a search: the type that is counted.
    pub search_type: String,
    /// Of a search: its filter groups, JSON.
    pub search_filters: String,
    /// Of a query: the database's name.
    pub sql_database: String,
    /// Of a query: the query.
    pub sql_query: String,
    /// Of an endpoint: where it is.
    pub http_url: String,
    /// Of an endpoint: where in the answer the number is.
    pub http_pointer: String,
}

impl DefinitionForm {
    /// What a new one says unless somebody says otherwise.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            target: "trigger".to_owned(),
            window_ms: "1000".to_owned(),
            settle_ms: "60000".to_owned(),
            minimum: "0".to_owned(),
            reconcile_minutes: "60".to_owned(),
            redis_ttl: "90".to_owned(),
            truth: "counter".to_owned(),
            search_filters: SEARCH.to_owned(),
            ..Self::default()
        }
    }
}

/// A search that many will want.
const SEARCH: &str =
    "[{ \"filters\": [{ \"propertyName\": \"exam_id\", \"operator\": \"EQ\", \"value\": \"{{key}}\" }] }]";

impl DefinitionFormPage {
    fn back(&self) -> String {
        match &self.id {
            Some(id) => format!("/portal/counters/{}", text::segment(id)),
            None => "/portal/counters".to_owned(),
        }
    }

    fn action(&self) -> String {
        match &self.id {
            Some(_) => format!("{}/edit", self.back()),
            None => "/portal/counters/new".to_owned(),
        }
    }

    /// What is wrong with a field, as the API calls it.
    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(name, _)| name == field).map(|(_, problem)| problem.as_str())
    }

    /// What is wrong and stands beside no field.
    fn others(&self) -> impl Iterator<Item = &str> {
        let beside = |name: &str| FIELDS.contains(&name);
        self.problems.iter().filter(move |(name, _)| !beside(name)).map(|(_, problem)| problem.as_str())
    }
}

/// What the form has a place for.
const FIELDS: &[&str] = &[
    "name",
    "connection_id",
    "object_type",
    "property",
    "key",
    "payload",
    "target.url",
    "window_ms",
    "settle_ms",
    "minimum",
    "reconcile_minutes",
    "store.server",
    "store.key",
    "store.ttl_days",
    "truth.to_object_type",
    "truth.association_type_id",
    "truth.object_type",
    "truth.filter_groups",
    "truth.database",
    "truth.query",
    "truth.url",
    "truth.pointer",
    "truth.authorization",
];
