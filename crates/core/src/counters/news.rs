//! `counter.drift`: what the application is told when a counter was wrong.

use super::reconcile::Drift;

/// The message's type.
pub const DRIFT: &str = "counter.drift";

/// Whose counter it is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The organization.
    pub org_id: &'a str,
    /// The connection.
    pub connection_id: &'a str,
    /// The definition's name.
    pub counter: &'a str,
    /// The counter's key.
    pub key: &'a str,
}

/// The message, as `notify::kinds` describes it; none where nobody knows what the number should be, which the report says. `repaired` is
/// whether the property shows the right number by now.
#[must_use]
pub fn drift(whose: Whose<'_>, drift: &Drift, repaired: bool) -> Option<String> {
    let message = serde_json::json!({
        "webhook_event_type": DRIFT,
        "connection_id": whose.connection_id,
        "customer_id": whose.org_id,
        "counter": whose.counter,
        "object_id": whose.key,
        "expected": drift.truth?,
        "found": drift.property.number(),
        "repaired": repaired,
    });
    Some(message.to_string())
}

#[cfg(test)]
mod tests {
    use super::{DRIFT, Whose, drift};
    use crate::counters::push::Property;
    use crate::counters::reconcile::Drift;
    use crate::notify::kinds;

    #[test]
    fn the_message_is_what_its_schema_says() {
        let validator = jsonschema::validator_for(&kinds::find(DRIFT).unwrap().schema).unwrap();
        let whose =
            Whose { org_id: "acme", connection_id: "con_1", counter: "exam-bookings", key: "40577087837" };
        let found = Drift {
            truth: Some(8),
            counter: None,
            property: Property::Number(7),
            counter_wrong: true,
            property_wrong: true,
            since: None,
        };
        for property in
            [Property::Number(7), Property::Empty, Property::Other("x".to_owned()), Property::NoRecord]
        {
            let number = property.number();
            let message = drift(whose, &Drift { property, ..found.clone() }, true).unwrap();
            let message: serde_json::Value = serde_json::from_str(&message).unwrap();
            assert!(validator.is_valid(&message), "{message}");
            assert_eq!((message["expected"].as_i64(), message["found"].as_i64()), (Some(8), number));
        }
        assert_eq!(drift(whose, &Drift { truth: None, ..found }, false), None);
    }
}
