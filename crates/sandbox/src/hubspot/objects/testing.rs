//! An account for unit tests.

use super::super::change::{Change, Source, What};
use super::super::state::{self, Portal};
use super::settings::Settings;
use super::write::{By, Rules};
use crate::house::{Clock, House};
use serde_json::{Map, Value};

/// 2026-01-01T00:00:00.000Z
pub(super) const NOW: i64 = 1_767_225_600_000;

/// The first account, with no records.
pub(super) fn portal() -> Portal {
    // Somebody else in this process may have chosen one already; then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a house must have a client; this one calls nobody")]
    let client = reqwest::Client::new();
    let house = House::new("http://localhost".to_owned(), 1, Clock::new(Some(NOW), 0.0), client);
    let (_, first) = state::at_start(&house).portals.pop_first().expect("two accounts");
    first
}

/// An app, so many milliseconds later.
pub(super) fn by(after: i64) -> By {
    By { at: NOW + after, source: Source::app(54_321) }
}

/// The rules of v3.
pub(super) fn rules(settings: &Settings) -> Rules<'_> {
    Rules { settings, admin: false }
}

/// A JSON object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

/// What happened, in short: `created`, `email=…`, in its order.
pub(super) fn said(changes: &[Change]) -> Vec<String> {
    let say = |change: &Change| match &change.what {
        What::Created { .. } => "created".to_owned(),
        What::Deleted { .. } => "deleted".to_owned(),
        What::Restored { .. } => "restored".to_owned(),
        What::Property { name, value, .. } => format!("{name}={value}"),
        What::Merged { merged, properties_moved, .. } => {
            format!("merged {} moved {properties_moved}", merged.len())
        }
        What::PrivacyDeleted { .. } => "privacy".to_owned(),
        What::Association { removed, .. } => format!("association removed={removed}"),
    };
    changes.iter().map(say).collect()
}
