//! Snapshots: records as they are now, put into the journal on request (HubSpot facts 6.7).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::super::types::TypeId;
use super::super::webhooks::call::Call;
use super::add;
use super::entrance::{Room, on};
use super::entry::Entry;
use super::settings::Settings;
use super::subscription::Action;
use crate::house::clock::iso;
use crate::house::json::answer;
use axum::Router;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const BASES: [&str; 4] = [
    "/webhooks/v4/snapshots",
    "/webhooks-journal/snapshots/2026-03",
    "/webhooks-journal/snapshots/2026-09",
    "/webhooks-journal/snapshots/2027-03-beta",
];

/// The routes.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    let write = "developer.webhooks_journal.snapshots.write";
    let read = "developer.webhooks_journal.snapshots.read";
    BASES.iter().fold(Router::new(), |router, base| {
        router.route(&format!("{base}/crm"), on(MethodFilter::POST, Room::Snapshots, write, create)).route(
            &format!("{base}/status/{{statusId}}"),
            on(MethodFilter::GET, Room::Snapshots, read, status),
        )
    })
}

/// A snapshot that was asked for.
#[derive(Debug)]
pub(crate) struct Snapshot {
    asked_at: i64,
    /// When it was done, and whether the record was found.
    done: Option<(i64, bool)>,
}

/// How far a snapshot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Pending,
    InProgress,
    Success,
    Failed,
    Expired,
}

impl Snapshot {
    fn status(&self, now: i64, settings: &Settings) -> Status {
        match self.done {
            _ if now - self.asked_at >= settings.snapshot_kept_ms => Status::Expired,
            Some((_, true)) => Status::Success,
            Some((_, false)) => Status::Failed,
            None if now - self.asked_at < settings.snapshot_ms / 2 => Status::Pending,
            None => Status::InProgress,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    portal_id: u64,
    object_id: u64,
    object_type_id: String,
    #[serde(default)]
    properties: Vec<String>,
}

fn create(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let requests = call.object()?.remove("snapshotRequests");
    let requests = requests.ok_or_else(|| ApiError::validation("snapshotRequests is required"))?;
    let requests: Vec<Asked> = serde_json::from_value(requests)
        .map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))?;
    if let Some(wrong) = requests.iter().find(|asked| TypeId::parse(&asked.object_type_id).is_none()) {
        return Err(ApiError::validation(format!("{} is not a valid objectTypeId", wrong.object_type_id)));
    }
    let now = hubspot.house.now();
    let due = now.saturating_add(hubspot.settings.get().journal.snapshot_ms.max(0));
    let mut journals = hubspot.journal.0.lock();
    let generation = journals.generation;
    let mut responses = Vec::new();
    for asked in requests {
        let id = journals.dice.uuid();
        responses.push(json!({
            "portalId": asked.portal_id, "objectId": asked.object_id,
            "objectTypeId": asked.object_type_id, "snapshotStatusId": id,
        }));
        let snapshots = &mut journals.apps.entry(app).or_default().snapshots;
        snapshots.insert(id.clone(), Snapshot { asked_at: now, done: None });
        let me = Arc::downgrade(hubspot);
        hubspot.house.schedule.at(due, async move {
            if let Some(hubspot) = me.upgrade() {
                take(&hubspot, app, generation, &id, &asked);
            }
        });
    }
    Ok(answer(StatusCode::OK, &json!({ "snapshotResponses": responses })))
}

/// Looks at the record, and puts what it finds into the journal.
fn take(hubspot: &Hubspot, app: u64, generation: u64, id: &str, asked: &Asked) {
    let values = look(hubspot, asked);
    let now = hubspot.house.now();
    let mut journals = hubspot.journal.0.lock();
    if journals.generation != generation {
        return;
    }
    let snapshot = journals.apps.get_mut(&app).and_then(|journal| journal.snapshots.get_mut(id));
    let Some(snapshot) = snapshot else { return };
    snapshot.done = Some((now, values.is_some()));
    let Some(property_changes) = values else { return };
    let entry = Entry {
        kind: "crmObject",
        portal_id: asked.portal_id,
        occurred_at: iso(now),
        action: Action::Snapshot,
        object_type_id: asked.object_type_id.clone(),
        object_id: asked.object_id,
        property_changes,
        association: None,
    };
    add(hubspot, &mut journals, app, &entry);
}

/// The values that were asked for; none when there is no such record.
fn look(hubspot: &Hubspot, asked: &Asked) -> Option<BTreeMap<String, String>> {
    let state = hubspot.state.read();
    let records = state.portals.get(&asked.portal_id)?.objects.of(TypeId::parse(&asked.object_type_id)?)?;
    let record = records.get(asked.object_id)?;
    let value = |name: &String| record.named(name).map(|value| value.to_string()).unwrap_or_default();
    Some(asked.properties.iter().map(|name| (name.clone(), value(name))).collect())
}

fn status(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let (settings, now) = (hubspot.settings.get(), hubspot.house.now());
    let id = call.param("statusId");
    let journals = hubspot.journal.0.lock();
    let snapshot = journals.apps.get(&app).and_then(|journal| journal.snapshots.get(id));
    let snapshot = snapshot.ok_or_else(ApiError::resource_not_found)?;
    let mut body = json!({
        "id": id, "status": snapshot.status(now, &settings.journal), "initiatedAt": iso(snapshot.asked_at),
    });
    if let Some((at, _)) = snapshot.done {
        body["completedAt"] = Value::String(iso(at));
    }
    Ok(answer(StatusCode::OK, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_goes_through_its_statuses() {
        let settings = Settings { snapshot_ms: 100, snapshot_kept_ms: 1_000, ..Settings::default() };
        let at = |now, done| Snapshot { asked_at: 0, done }.status(now, &settings);
        assert_eq!(at(49, None), Status::Pending);
        assert_eq!(at(50, None), Status::InProgress);
        assert_eq!(at(100, Some((100, true))), Status::Success);
        assert_eq!(at(100, Some((100, false))), Status::Failed);
        assert_eq!(at(1_000, Some((100, true))), Status::Expired);
    }
}
