//! Changes to records: each checks everything first, then changes, and tells what changed.

use super::super::change::{Change, Source, What};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::super::{associations, properties};
use super::checks::{self, Values};
use super::links::{self, Link};
use super::refusals::{self, Refused};
use super::settings::Settings;
use super::{admin, undo};
use crate::house::clock::parse_iso;
use serde_json::{Map, Value};

/// When, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct By {
    /// Simulated milliseconds since 1970.
    pub(crate) at: i64,
    /// By whom.
    pub(crate) source: Source,
}

/// By which rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    /// As they are set.
    pub(super) settings: &'a Settings,
    /// Whether what the account's admin demands is enforced.
    pub(super) admin: bool,
}

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;
/// How long an archived record can be restored.
const RESTORABLE: i64 = 90 * DAY;

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
    let rules = Rules { settings: &Settings::default(), admin: false };
    Ok(create_by(portal, object_type, (properties, &[]), by, rules)?)
}

/// Makes a record with its associations; returns its id.
///
/// # Errors
/// As [`create`], and when an association cannot be.
pub(super) fn create_by(
    portal: &mut Portal,
    object_type: TypeId,
    (properties, links): (&Map<String, Value>, &[Link]),
    by: &By,
    rules: Rules<'_>,
) -> Result<(u64, Vec<Change>), Refused> {
    let values = properties::check(portal, object_type, properties, by.at)?;
    let values = checks::fitted(portal, None, object_type, values, rules.settings)?;
    let lacking = checks::lacking(object_type, &values);
    if !lacking.is_empty() {
        return Err(refusals::required(&portal.type_label(object_type), &lacking).into());
    }
    checks::unique(portal, None, object_type, &values, (by.at, rules.settings))?;
    if rules.admin {
        admin::on_create(portal, object_type, &values, links, rules.settings)?;
    }
    index_unique(portal, object_type, &values);
    let records = portal.objects.of_mut(object_type);
    let write = records.note_write(by.at, &by.source);
    let kept: Vec<(&str, &str)> = values
        .iter()
        .filter(|(name, _)| name != "createdate")
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let id = records.insert_new(by.at, write, &kept);
    set_createdate(portal, object_type, id, &values);
    let mut changes = vec![change(by, What::Created { object_type, id })];
    let given = values.into_iter().filter(|(_, value)| !value.is_empty());
    changes.extend(told(portal, object_type, id, given.collect(), by));
    match links::make(portal, (object_type, id), links, by) {
        Ok(linked) => changes.extend(linked),
        Err(error) => {
            undo::created(portal, object_type, id, by);
            return Err(error.into());
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
    let rules = Rules { settings: &Settings::default(), admin: false };
    Ok(update_by(portal, object_type, id, properties, by, rules)?)
}

/// Changes values of a record; returns the id it has today.
///
/// # Errors
/// As [`update`].
pub(super) fn update_by(
    portal: &mut Portal,
    object_type: TypeId,
    id: u64,
    properties: &Map<String, Value>,
    by: &By,
    rules: Rules<'_>,
) -> Result<(u64, Vec<Change>), Refused> {
    let today = portal.objects.of(object_type).map_or(id, |records| records.current(id));
    let unknown = || refusals::not_found(&id.to_string(), rules.settings);
    portal.objects.live(object_type, today).ok_or_else(unknown)?;
    let id = today;
    let values = properties::check(portal, object_type, properties, by.at)?;
    let view = portal.objects.live(object_type, id);
    let values = checks::fitted(portal, view, object_type, values, rules.settings)?;
    checks::unique(portal, Some(id), object_type, &values, (by.at, rules.settings))?;
    if rules.admin {
        admin::on_update(portal, view, object_type, &values, rules.settings)?;
    }
    index_unique(portal, object_type, &values);
    let mut changed = set_createdate(portal, object_type, id, &values);
    let records = portal.objects.of_mut(object_type);
    let write = records.note_write(by.at, &by.source);
    for (name, value) in values {
        if name != "createdate" && records.set(id, &name, &value, write) {
            changed.push((name, value));
        }
    }
    if (!changed.is_empty() || rules.settings.unchanged_write_touches)
        && let Some(record) = records.get_mut(id)
    {
        record.updated_at = by.at;
    }
    Ok((id, told(portal, object_type, id, changed, by)))
}

/// Archives a record. Of one that is not there, or archived already, nothing changes.
pub(super) fn archive(portal: &mut Portal, object_type: TypeId, id: u64, by: &By) -> Vec<Change> {
    if portal.objects.live(object_type, id).is_none() {
        return Vec::new();
    }
    let records = portal.objects.of_mut(object_type);
    records.set_archived(id, Some(by.at));
    if let Some(record) = records.get_mut(id) {
        record.updated_at = by.at;
    }
    let mut changes = vec![change(by, What::Deleted { object_type, id })];
    changes.extend(associations::gone(portal, (object_type, id), by));
    changes
}

/// Brings a record back out of the archive, for 90 days (HubSpot facts 3.6).
///
/// # Errors
/// When it is not there, has been there for too long, or what it had alone is another's by now.
pub(super) fn restore(
    portal: &mut Portal,
    object_type: TypeId,
    id: u64,
    by: &By,
    settings: &Settings,
) -> Result<Vec<Change>, Refused> {
    let unknown = || refusals::not_found(&id.to_string(), settings);
    let view = portal.objects.of(object_type).and_then(|records| records.get(id)).ok_or_else(unknown)?;
    let archived_at = view.record.archived_at.ok_or_else(unknown)?;
    if by.at - archived_at > RESTORABLE {
        return Err(refusals::too_old_to_restore(archived_at).into());
    }
    let values: Values = view
        .names()
        .map(|name| (name.to_owned(), view.named(name).unwrap_or_default().into_owned()))
        .collect();
    checks::unique(portal, Some(id), object_type, &values, (by.at, settings))?;
    let records = portal.objects.of_mut(object_type);
    records.set_archived(id, None);
    if let Some(record) = records.get_mut(id) {
        record.updated_at = by.at;
    }
    Ok(vec![change(by, What::Restored { object_type, id })])
}

/// Something that happened now.
pub(super) fn change(by: &By, what: What) -> Change {
    Change { at: by.at, source: by.source.clone(), what }
}

fn told(portal: &Portal, object_type: TypeId, id: u64, values: Values, by: &By) -> Vec<Change> {
    let tell = |(name, value): (String, String)| {
        let (value, sensitive) = properties::as_told(portal, object_type, &name, &value);
        change(by, What::Property { object_type, id, name, value, sensitive })
    };
    values.into_iter().map(tell).collect()
}

fn index_unique(portal: &mut Portal, object_type: TypeId, values: &Values) {
    for (name, value) in values {
        if !value.is_empty() && properties::is_unique(portal, object_type, name) {
            portal.objects.of_mut(object_type).index(name);
        }
    }
}

/// Where a record may say when it was made, that moment is the record's own; returns what changed.
fn set_createdate(portal: &mut Portal, object_type: TypeId, id: u64, values: &Values) -> Values {
    let Some(value) = checks::given(values, "createdate") else { return Values::new() };
    let at = parse_iso(value).or_else(|| value.parse().ok());
    match (at, portal.objects.of_mut(object_type).get_mut(id)) {
        (Some(at), Some(record)) if record.created_at != at => {
            record.created_at = at;
            vec![("createdate".to_owned(), value.to_owned())]
        }
        _ => Values::new(),
    }
}
