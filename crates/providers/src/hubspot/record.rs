//! Records as HubSpot writes them, and as the mirror keeps them (HubSpot facts 3.2, 3.6 and 9).

use super::kind::Kind;
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use syncline_core::event::column_text;
use syncline_core::record::{Item, Record};
use syncline_core::time::Timestamp;

/// A record as it stands in a list, in search results and in a batch. What else comes with it says nothing of its content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Raw {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    created_at: Value,
    #[serde(default)]
    updated_at: Value,
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    archived_at: Value,
    #[serde(default)]
    url: Value,
}

/// The content, in the one order and spelling in which it is compared.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
    created_at: Option<Timestamp>,
    id: &'a str,
    properties: &'a BTreeMap<String, Value>,
    updated_at: Option<Timestamp>,
}

impl Raw {
    /// Its id.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when it has none.
    pub fn id(&self) -> Result<String, Fault> {
        text_or_number(&self.id).ok_or(Fault::Unreadable("a record without an id"))
    }

    /// When it was last changed, as searches compare it: by the property, which only in a search can be older than
    /// `updatedAt`.
    pub fn changed(&self, kind: &Kind) -> Option<Timestamp> {
        let property = self.properties.as_ref().and_then(|properties| properties.get(kind.modified()));
        property.and_then(moment).or_else(|| moment(&self.updated_at))
    }

    /// As the mirror keeps it.
    ///
    /// # Errors
    /// [`Fault::Unreadable`] when it has no id.
    pub fn into_record(self, kind: &Kind) -> Result<Record, Fault> {
        let id = self.id()?;
        let mut properties = self.properties.unwrap_or_default();
        // Facts 9: both mean that there is nothing.
        for value in properties.values_mut().filter(|value| value.as_str() == Some("")) {
            *value = Value::Null;
        }
        let updated_at =
            moment(&self.updated_at).or_else(|| properties.get(kind.modified()).and_then(moment));
        let archived = self.archived.unwrap_or(false);
        let created_at = moment(&self.created_at);
        let body = Body {
            archived,
            archived_at: moment(&self.archived_at),
            created_at,
            id: &id,
            properties: &properties,
            updated_at,
        };
        let body = serde_json::to_string(&body).map_err(|_| Fault::Unreadable("a record with odd values"))?;
        let text = |name: &str| properties.get(name).and_then(Value::as_str);
        let item = Item {
            name: column_text(&kind.name(text).unwrap_or_else(|| id.clone())),
            created_at,
            url: self.url.as_str().filter(|url| !url.is_empty()).map(str::to_owned),
            visibility: Some(!archived),
            ..Item::default()
        };
        let merged_ids = merged(text("hs_merged_object_ids"), &id);
        let object_type = kind.object_type.clone();
        let collection = String::new();
        Ok(Record { object_type, collection, id, modified_at: updated_at, archived, merged_ids, item, body })
    }
}

/// Facts 3.6: separated by `;`.
fn merged(ids: Option<&str>, own: &str) -> Vec<String> {
    let mut merged: Vec<String> = Vec::new();
    for id in ids.unwrap_or_default().split(';').map(str::trim) {
        if !id.is_empty() && id != own && !merged.iter().any(|known| known == id) {
            merged.push(id.to_owned());
        }
    }
    merged
}

/// ISO 8601 with or without milliseconds, or milliseconds in a text or a number (facts 9).
fn moment(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(&text_or_number(value)?).ok()
}

/// HubSpot writes ids as texts in records and as numbers in events.
pub fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}
