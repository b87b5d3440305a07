//! What a definition's trigger is sent, as its owner has to map it in the workflow editor.

use serde_json::Value;
use syncline_core::counters::payload::{KEY, Template, VALUE};

/// The payload, and which of its fields say what.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    template: Template,
    /// The field with the key alone, where there is one on the first level.
    pub key_field: Option<String>,
    /// The field with the value alone.
    pub value_field: Option<String>,
}

impl Payload {
    /// That of a definition as the API shows it.
    #[must_use]
    pub fn of(definition: &Value) -> Self {
        let property = definition["property"].as_str().unwrap_or_default();
        let template = match &definition["payload"] {
            Value::Null => {
                let key = definition["key"]["property"].as_str().unwrap_or("record_id");
                Template::usual(key, property)
            }
            given => Template::new(given.clone()),
        };
        let json = serde_json::to_value(&template).unwrap_or_default();
        let field = |place: &str| {
            let fields = json.as_object()?;
            fields.iter().find(|(_, value)| value.as_str() == Some(place)).map(|(name, _)| name.clone())
        };
        let (key_field, value_field) = (field(KEY), field(VALUE));
        Self { template, key_field, value_field }
    }

    /// As it is sent for this key and value.
    #[must_use]
    pub fn example(&self, key: &str, value: i64) -> String {
        serde_json::to_string_pretty(&self.template.render(key, value)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_seeds_payload_and_the_usual_one_say_which_field_is_which() {
        let payload = json!({ "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" });
        let of =
            Payload::of(&json!({ "property": "total_bookings", "key": "record_id", "payload": payload }));
        assert_eq!(
            (of.key_field.as_deref(), of.value_field.as_deref()),
            (Some("mock_exam_id"), Some("total_bookings"))
        );
        let sent: Value = serde_json::from_str(&of.example("40577087837", 8)).unwrap();
        assert_eq!(sent, json!({ "mock_exam_id": "40577087837", "total_bookings": 8 }));
        let usual =
            Payload::of(&json!({ "property": "seats", "key": { "property": "code" }, "payload": null }));
        assert_eq!((usual.key_field.as_deref(), usual.value_field.as_deref()), (Some("code"), Some("seats")));
    }
}
