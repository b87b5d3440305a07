//! The kinds of messages there are, as data: name, what it means, whether it is opt-in, a JSON Schema and an example.
//!
//! The list is `kinds/event_types.json`. `sync.complete` has the fields of the seed's example, exactly; a run of a two-way sync adds
//! `sync_id`. Applications may send kinds of their own through the same pipe, outside the families that are ours.

use super::filter::is_name;
use serde_json::Value;
use std::sync::LazyLock;

/// A kind of message.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its stable name, `sync.complete`.
    pub name: String,
    /// What happened, in a few words.
    pub summary: String,
    /// What happened, and what to make of it.
    pub description: String,
    /// Whether only endpoints that name it get it.
    pub opt_in: bool,
    /// What a message of it looks like: a JSON Schema, draft 2020-12.
    pub schema: Value,
    /// A message.
    pub example: Value,
}

static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("kinds/event_types.json")).expect("the list is read by the tests")
});

/// All kinds, in the order of the list.
#[must_use]
pub fn all() -> &'static [Kind] {
    &ALL
}

/// The kind of this name, if it is one of ours.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    all().iter().find(|kind| kind.name == name)
}

/// Whether a name is in a family of ours (`sync.anything`), where applications have none of their own: or a receiver could not tell
/// who says so.
#[must_use]
pub fn is_ours(name: &str) -> bool {
    all().iter().any(|kind| family(&kind.name) == family(name))
}

fn family(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Why an application cannot send a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYours {
    /// Not a name.
    #[error(
        "an event type is letters, digits, `_` and `-` with dots between, like invoice.paid, at most 128 bytes"
    )]
    Name,
    /// In a family of ours.
    #[error("`{0}` is in a family of Syncline's own event types; use another first word")]
    Ours(String),
}

/// Whether an application may send messages of this kind through the API.
///
/// # Errors
/// [`NotYours`] when it may not.
pub fn check_own(name: &str) -> Result<(), NotYours> {
    if !is_name(name) {
        return Err(NotYours::Name);
    }
    if is_ours(name) { Err(NotYours::Ours(name.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_that_was_promised_is_there_once() {
        let names: Vec<&str> = all().iter().map(|kind| kind.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "connection.created",
                "connection.deleted",
                "connection.needs_reauthorization",
                "connection.refused",
                "sync.complete",
                "sync.paused",
                "sync.conflict",
                "record.created",
                "record.updated",
                "record.deleted",
                "event.received",
                "counter.drift",
                "endpoint.disabled"
            ]
        );
        let opt_in: Vec<&str> =
            all().iter().filter(|kind| kind.opt_in).map(|kind| kind.name.as_str()).collect();
        assert_eq!(opt_in, ["record.created", "record.updated", "record.deleted", "event.received"]);
        assert!(all().iter().all(|kind| is_name(&kind.name)));
    }

    #[test]
    fn every_example_is_valid_by_its_own_schema_and_by_no_other() {
        for kind in all() {
            jsonschema::meta::validate(&kind.schema).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&kind.schema)
                .unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            for other in all() {
                let valid = validator.validate(&other.example);
                assert_eq!(
                    valid.is_ok(),
                    other.name == kind.name,
                    "{} by {}: {valid:?}",
                    other.name,
                    kind.name
                );
            }
        }
    }

    #[test]
    fn every_field_is_described_and_shown() {
        for kind in all() {
            let properties = kind.schema["properties"].as_object().unwrap();
            for (field, schema) in properties {
                assert!(schema["description"].is_string(), "{} {field}", kind.name);
            }
            let shown: BTreeSet<&String> = kind.example.as_object().unwrap().keys().collect();
            let required = kind.schema["required"].as_array().unwrap();
            for field in required {
                assert!(shown.iter().any(|name| *name == field.as_str().unwrap()), "{} {field}", kind.name);
            }
            assert!(shown.iter().all(|name| properties.contains_key(*name)), "{}", kind.name);
        }
    }

    /// Seed 003.
    #[test]
    fn sync_complete_has_the_fields_of_the_seed_and_no_other() {
        let kind = find("sync.complete").unwrap();
        let required: BTreeSet<&str> =
            kind.schema["required"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let seed = BTreeSet::from([
            "webhook_event_type",
            "connection_id",
            "customer_id",
            "provider_name",
            "history_id",
            "result",
            "num_records_synced",
            "error_message",
            "type",
            "object_type",
            "object",
        ]);
        assert_eq!(required, seed);
        let shown: BTreeSet<&str> = kind.example.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(shown, seed);
    }

    #[test]
    fn applications_have_their_own_families() {
        assert_eq!(check_own("invoice.paid"), Ok(()));
        assert_eq!(check_own("synchronized"), Ok(()));
        for ours in ["sync.complete", "sync.mine", "sync", "endpoint.x.y"] {
            assert_eq!(check_own(ours), Err(NotYours::Ours(ours.to_owned())));
        }
        for wrong in ["", "a b", "a..b", "a.", "ä"] {
            assert_eq!(check_own(wrong), Err(NotYours::Name), "{wrong}");
        }
    }
}
