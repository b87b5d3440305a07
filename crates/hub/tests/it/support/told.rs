//! What the application was told, as the schemas of the messages say.

use serde_json::Value;
use syncline_core::notify::kinds;
use syncline_hub::cx::Cx;
use syncline_store::Scope;
use syncline_store::notifications::{self, Notification};

/// What was told of this kind, the latest first; every one of it as its schema says.
pub async fn told(cx: &Cx, kind: &str) -> Vec<Value> {
    let found: Vec<Notification> =
        notifications::list(&cx.store, &Scope::All, Some(kind), None, 1_000).await.unwrap();
    let schema = &kinds::find(kind).unwrap_or_else(|| panic!("{kind} is no type of message")).schema;
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let payload = |one: Notification| {
        let payload: Value = serde_json::from_str(&one.payload).unwrap();
        let valid = validator.validate(&payload);
        assert!(valid.is_ok(), "{payload}: {valid:?}");
        assert_eq!(payload["webhook_event_type"], kind);
        payload
    };
    found.into_iter().map(payload).collect()
}
