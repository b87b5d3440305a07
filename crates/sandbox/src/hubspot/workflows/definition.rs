//! A workflow as somebody put it together in HubSpot's pages: named, connected, mapped, matched (HubSpot facts 8.1).

use super::super::properties;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::retype::{FieldType, text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    /// The account.
    pub(crate) portal_id: u64,
    /// For people.
    #[serde(default = "nameless")]
    pub(crate) name: String,
    /// The type of the records it enrols: its name or its id.
    pub(crate) object: String,
    /// Which record a payload is about. Without it the workflow waits for a test event.
    #[serde(rename = "match")]
    pub(crate) rule: Option<Rule>,
    /// What it writes.
    #[serde(default)]
    pub(crate) map: Vec<Mapped>,
    /// Whether a record that was enrolled once is enrolled again.
    #[serde(default)]
    pub(crate) re_enrollment: bool,
    /// How long it takes until it writes, simulated milliseconds.
    pub(crate) delay_ms: Option<i64>,
    /// How long at most, where each run takes a time of its own.
    pub(crate) delay_up_to_ms: Option<i64>,
    /// Whether it is switched on.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
}

/// One field of the payload equals a unique property of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) field: String,
    pub(crate) property: String,
}

/// One field of the payload, and the property it is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapped {
    pub(crate) field: String,
    #[serde(default)]
    pub(crate) label: Option<String>,
    pub(crate) property: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: FieldType,
}

fn nameless() -> String {
    "Unnamed workflow".to_owned()
}

fn yes() -> bool {
    true
}

impl Definition {
    /// The type of the records it enrols, when the account has all that the workflow speaks of.
    ///
    /// # Errors
    /// What it has not.
    pub(crate) fn check(&self, portal: &Portal) -> Result<TypeId, String> {
        let object_type = portal.object_type(&self.object);
        let object_type = object_type.ok_or_else(|| format!("there is no object type {}", self.object))?;
        if let Some(rule) = &self.rule {
            let email = object_type == TypeId::CONTACT && rule.property == "email";
            let unique = rule.property == "hs_object_id"
                || email
                || properties::is_unique(portal, object_type, &rule.property);
            if !unique {
                return Err(format!(
                    "a record is matched by a unique property, which {} is not",
                    rule.property
                ));
            }
        }
        match self.map.iter().find(|mapped| !properties::is_known(portal, object_type, &mapped.property)) {
            Some(mapped) => Err(format!("{} has no property {}", self.object, mapped.property)),
            None => Ok(object_type),
        }
    }
}

impl Rule {
    /// The record a payload is about.
    pub(crate) fn record(
        &self,
        portal: &Portal,
        object_type: TypeId,
        payload: &Map<String, Value>,
    ) -> Option<u64> {
        let wanted = text(payload.get(&self.field)?)?;
        let wanted = wanted.trim();
        let records = portal.objects.of(object_type)?;
        let id = if self.property == "hs_object_id" {
            records.current(wanted.parse().ok()?)
        } else {
            records.owner(&self.property, wanted)?
        };
        portal.objects.live(object_type, id).map(|_| id)
    }
}
