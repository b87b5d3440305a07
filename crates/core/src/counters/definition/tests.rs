use super::{Definition, Keep, KeyBy, Policy, Rules, Secrets};
use crate::counters::trigger::Allowed;
use crate::counters::truth::Truth;
use crate::notify::target;
use serde_json::{Value, json};
use std::time::Duration;

const URL: &str = "https://api-na1.hubapi.com/automation/v4/webhook-triggers/46814382/AIvBwN0";

fn seed() -> Value {
    json!({
        "name": "exam-bookings", "connection_id": "con_1", "object_type": "2-50158913", "property": "total_bookings",
        "payload": {"mock_exam_id": "{{key}}", "total_bookings": "{{value}}"},
        "target": {"kind": "trigger_then_property", "url": URL},
        "store": {"kind": "redis", "server": "bookings", "key": "exam:{key}:bookings"},
        "truth": {"source": "sql", "database": "app", "query": "SELECT COUNT(*) FROM b WHERE e = {{key}}"},
    })
}

fn with(changes: &Value) -> Definition {
    let mut definition = seed();
    for (field, value) in changes.as_object().unwrap() {
        definition[field] = value.clone();
    }
    serde_json::from_value(definition).unwrap()
}

/// The fields something is wrong with.
fn wrong(definition: &Definition) -> Vec<String> {
    let (databases, servers) = (vec!["app".to_owned()], vec!["bookings".to_owned()]);
    let (triggers, endpoints) = (Allowed::default(), target::Policy::default());
    let rules =
        Rules { triggers: &triggers, endpoints: &endpoints, databases: &databases, servers: &servers };
    let problems = definition.check(&rules);
    assert!(problems.iter().all(|problem| !problem.message.contains("AIvBwN0")), "{problems:?}");
    problems.into_iter().map(|problem| problem.field).collect()
}

#[test]
fn the_seeds_counter_is_fine_with_the_usual_numbers() {
    let definition = with(&json!({}));
    assert_eq!(wrong(&definition), Vec::<String>::new());
    assert_eq!((definition.window(), definition.settle()), (Duration::from_secs(1), Duration::from_secs(60)));
    assert_eq!((definition.minimum, definition.reconcile_minutes), (0, Some(60)));
    assert_eq!((definition.policy, definition.ttl()), (Policy::Repair, Some(Duration::from_secs(7_776_000))));
    let payload = definition.template().render("40577087837", 8);
    assert_eq!(payload, json!({"mock_exam_id": "40577087837", "total_bookings": 8}));
}

#[test]
fn little_has_to_be_said() {
    let definition: Definition = serde_json::from_value(json!({
        "name": "orders", "connection_id": "con_1", "object_type": "contacts", "property": "orders",
        "target": {"kind": "property"},
    }))
    .unwrap();
    assert_eq!(wrong(&definition), Vec::<String>::new());
    assert_eq!(
        (&definition.key, &definition.store, &definition.truth),
        (&KeyBy::RecordId, &Keep::Database, &Truth::Counter)
    );
    assert_eq!(definition.template().render("7", 1), json!({"record_id": "7", "orders": 1}));
    let by_email = Definition { key: KeyBy::Property("email".to_owned()), ..definition };
    assert_eq!(by_email.template().render("a@b.c", 1), json!({"email": "a@b.c", "orders": 1}));
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let all = with(&json!({
        "name": "Exam Bookings", "connection_id": "", "object_type": "a b", "property": "total bookings", "key": {"property": ""},
        "payload": {"x": "{{key}}"}, "target": {"kind": "trigger", "url": "https://example.com/AIvBwN0"}, "window_ms": 3_600_001,
        "settle_ms": 499, "minimum": i64::MIN, "reconcile_minutes": 0,
        "store": {"kind": "redis", "server": "x", "key": "{key}", "ttl_days": 0},
        "truth": {"source": "sql", "database": "x", "query": "x"},
    }));
    let fields = [
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
        "store.ttl_days",
        "truth.query",
        "truth.database",
    ];
    assert_eq!(wrong(&all), fields);
}

#[test]
fn a_trigger_needs_its_address_and_a_write_no_payload() {
    assert_eq!(wrong(&with(&json!({"target": {"kind": "trigger"}}))), ["target.url"]);
    assert_eq!(wrong(&with(&json!({"target": {"kind": "property"}}))), ["payload"]);
    assert_eq!(wrong(&with(&json!({"key": {"property": "total_bookings"}}))), ["key"]);
    for name in ["", "-x", "_x", "Ä", &"x".repeat(65)] {
        assert_eq!(wrong(&with(&json!({ "name": name }))), ["name"], "{name}");
    }
    let unknown = with(&json!({})).target;
    assert!(serde_json::from_value::<Definition>(json!({"target": unknown, "typo": 1})).is_err());
}

#[test]
fn secrets_are_kept_apart_and_put_back() {
    let mut whole = with(&json!({
        "truth": {"source": "http", "url": "https://a.example.com/{{key}}", "authorization": "Bearer hush"},
    }));
    let text = serde_json::to_string(&whole).unwrap();
    assert!(!text.contains("AIvBwN0") && !text.contains("hush"), "{text}");
    assert!(!format!("{whole:?}").contains("AIvBwN0"));
    let mut bare: Definition = serde_json::from_str(&text).unwrap();
    assert_eq!(bare.secrets(), Secrets::default());
    let sealed = whole.secrets().to_text().unwrap();
    bare.fill(Secrets::of_text(&sealed).unwrap());
    assert_eq!(bare, whole);
    // What is there already stays.
    whole.fill(Secrets::default());
    assert_eq!(bare, whole);
    assert_eq!(Secrets::default().to_text(), None);
    assert_eq!(Secrets::of_text(&crate::secret::Secret::new("x")), None);
}

#[test]
fn a_key_is_what_finds_the_record() {
    let by_id = with(&json!({}));
    assert_eq!(by_id.check_key("40577087837"), Ok(()));
    for wrong in ["", "E-1", " 7", "7\n", "123456789012345678901"] {
        assert!(by_id.check_key(wrong).is_err(), "{wrong}");
    }
    let by_property = with(&json!({"key": {"property": "code"}}));
    for fine in ["E-1", "a@b.c", "{{value}}", "ü 1"] {
        assert_eq!(by_property.check_key(fine), Ok(()));
    }
    for wrong in ["", " a", "a\u{0}b", &"x".repeat(256)] {
        assert!(by_property.check_key(wrong).is_err(), "{wrong}");
    }
}
