//! Settings that can be changed while serving. What the facts only guess at is a setting, never a constant.

use parking_lot::RwLock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// A group of settings: read cheaply, changed by a JSON merge patch (RFC 7396), put back by a reset.
#[derive(Debug)]
pub(crate) struct Adjustable<T>(RwLock<Settings<T>>);

#[derive(Debug)]
struct Settings<T> {
    /// What a reset goes back to.
    start: Arc<T>,
    now: Arc<T>,
}

impl<T: Default> Default for Adjustable<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Adjustable<T> {
    /// Settings to begin with.
    pub(crate) fn new(start: T) -> Self {
        let start = Arc::new(start);
        Self(RwLock::new(Settings { now: Arc::clone(&start), start }))
    }

    /// As they are now.
    pub(crate) fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().now)
    }

    /// As they were at the start.
    pub(crate) fn reset(&self) {
        let mut settings = self.0.write();
        settings.now = Arc::clone(&settings.start);
    }

    /// What is set now is what a reset goes back to.
    pub(crate) fn keep(&self) {
        let mut settings = self.0.write();
        settings.start = Arc::clone(&settings.now);
    }
}

impl<T: Serialize + DeserializeOwned> Adjustable<T> {
    /// As JSON.
    pub(crate) fn show(&self) -> Value {
        serde_json::to_value(&*self.get()).unwrap_or(Value::Null)
    }

    /// What the settings would be after `patch`, without changing them.
    ///
    /// # Errors
    /// When a key is unknown or a value is of the wrong kind: the reason, for the caller.
    pub(crate) fn with(&self, patch: &Value) -> Result<T, String> {
        let mut merged = self.show();
        merge(&mut merged, patch);
        serde_json::from_value(merged).map_err(|error| error.to_string())
    }

    /// Changes what `patch` names.
    ///
    /// # Errors
    /// As [`Self::with`]; then nothing has changed.
    pub(crate) fn patch(&self, patch: &Value) -> Result<(), String> {
        let changed = self.with(patch)?;
        self.0.write().now = Arc::new(changed);
        Ok(())
    }
}

/// RFC 7396, without its rule that null removes: every setting always has a value, and null may be one.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Default, Serialize, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Example {
        limit: u32,
        name: Option<String>,
    }

    #[test]
    fn a_patch_changes_what_it_names_and_a_wrong_one_changes_nothing() {
        let settings = Adjustable::new(Example { limit: 5, name: Some("a".to_owned()) });
        settings.patch(&json!({"limit": 7})).expect("fits");
        assert_eq!(settings.show(), json!({"limit": 7, "name": "a"}));
        let wrong = settings.patch(&json!({"limit": 9, "nmae": "b"})).expect_err("unknown key");
        assert!(wrong.contains("nmae"), "{wrong}");
        assert_eq!(settings.get().limit, 7);
        settings.patch(&json!({"name": null})).expect("fits");
        assert_eq!(settings.get().name, None);
        settings.reset();
        assert_eq!(settings.get().limit, 5);
    }
}
