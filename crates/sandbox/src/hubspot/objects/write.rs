//! Changes to records: each checks everything first, then changes, and tells what changed.

use super::super::change::{Change, Source, What};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::store::Record;
use serde_json::{Map, Value};

/// When, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct By {
    /// Simulated milliseconds since 1970.
    pub(crate) at: i64,
    /// By whom.
    pub(crate) source: Source,
}

/// Makes a record; returns its id.
///
/// # Errors
/// When a value is not valid, a required one is missing, or a unique one is taken.
pub(crate) fn create(
    portal: &mut Portal,
    object_type: TypeId,
    properties: &Map<String, Value>,
    by: &By,
) -> Result<(u64, Vec<Change>), ApiError> {
    let values = super::super::properties::check(portal, object_type, properties, by.at)?;
    let records = portal.objects.of_mut(object_type);
    let (id, write) = (records.take_id(), records.note_write(by.at, &by.source));
    records.insert(id, Record::new(by.at));
    let mut changes =
        vec![Change { at: by.at, source: by.source.clone(), what: What::Created { object_type, id } }];
    for (name, value) in values {
        if records.set(id, &name, &value, write) {
            let what = What::Property { object_type, id, name, value, sensitive: false };
            changes.push(Change { at: by.at, source: by.source.clone(), what });
        }
    }
    Ok((id, changes))
}

/// Changes values of a record; returns the id it has today (another one after a merge).
///
/// # Errors
/// When there is no such record, a value is not valid or a unique one is taken.
pub(crate) fn update(
    portal: &mut Portal,
    object_type: TypeId,
    id: u64,
    properties: &Map<String, Value>,
    by: &By,
) -> Result<(u64, Vec<Change>), ApiError> {
    let values = super::super::properties::check(portal, object_type, properties, by.at)?;
    let records = portal.objects.of_mut(object_type);
    let write = records.note_write(by.at, &by.source);
    records.get_mut(id).ok_or_else(ApiError::resource_not_found)?.updated_at = by.at;
    let mut changes = Vec::new();
    for (name, value) in values {
        if records.set(id, &name, &value, write) {
            let what = What::Property { object_type, id, name, value, sensitive: false };
            changes.push(Change { at: by.at, source: by.source.clone(), what });
        }
    }
    Ok((id, changes))
}
