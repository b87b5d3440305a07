//! The endpoints of pipelines and their stages (HubSpot facts 9).

use super::offered;
use super::pipeline_input::{PipelineInput, PipelinePatch, StageInput, StagePatch, checked, labelled, read};
use super::pipelines::Pipeline;
use super::query::Query;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::Caller;
use crate::hubspot::error::ApiError;
use crate::hubspot::state::Portal;
use crate::hubspot::types::TypeId;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

type Parameters<T> = Result<Path<T>, PathRejection>;

/// All endpoints below `base`.
pub(super) fn at(base: &str) -> Router<Arc<Hubspot>> {
    let (all, one) = (format!("{base}/{{type}}"), format!("{base}/{{type}}/{{pipeline}}"));
    let (stages, stage) = (format!("{one}/stages"), format!("{one}/stages/{{stage}}"));
    Router::new()
        .route(&all, get(list).post(create))
        .route(&one, get(show).patch(change).put(replace).delete(remove))
        .route(&stages, get(list_stages).post(create_stage))
        .route(&stage, get(show_stage).patch(change_stage).put(replace_stage).delete(remove_stage))
}

const READ: [&str; 3] = ["crm.objects.deals.read", "crm.schemas.deals.read", "tickets"];
const WRITE: [&str; 3] = ["crm.objects.deals.write", "crm.schemas.deals.write", "tickets"];

fn kind(portal: &Portal, text: &str) -> Result<TypeId, ApiError> {
    portal.object_type(text).ok_or_else(|| {
        ApiError::bare(StatusCode::BAD_REQUEST, format!("Unable to infer object type from: {text}"))
    })
}

fn parts<T>(path: Parameters<T>) -> Result<T, ApiError> {
    path.map(|Path(parts)| parts).map_err(|_| ApiError::resource_not_found())
}

fn find<'a>(portal: &'a Portal, object_type: TypeId, id: &str) -> Result<&'a Pipeline, ApiError> {
    portal.pipelines.get(object_type, id).ok_or_else(ApiError::resource_not_found)
}

fn find_mut<'a>(portal: &'a mut Portal, object_type: TypeId, id: &str) -> Result<&'a mut Pipeline, ApiError> {
    portal.pipelines.get_mut(object_type, id).ok_or_else(ApiError::resource_not_found)
}

/// Looks at an account's pipelines.
fn look(
    hubspot: &Hubspot,
    caller: &Caller,
    look: impl FnOnce(&Portal) -> Result<Value, ApiError>,
) -> Result<Response, ApiError> {
    caller.needs_one_of(&READ)?;
    Ok(json::answer(StatusCode::OK, &hubspot.read(caller.portal, look)?))
}

/// Changes an account's pipelines. None of its records changes with them: nobody is told.
fn alter(
    hubspot: &Hubspot,
    caller: &Caller,
    name: &str,
    status: StatusCode,
    act: impl FnOnce(&mut Portal, TypeId, i64) -> Result<Value, ApiError>,
) -> Result<Response, ApiError> {
    caller.needs_one_of(&WRITE)?;
    let now = hubspot.house.now();
    let shown = hubspot.write(caller.portal, |portal| {
        let object_type = kind(portal, name)?;
        let shown = act(portal, object_type, now)?;
        offered::refresh(portal, object_type);
        Ok((shown, Vec::new()))
    })?;
    Ok(if status == StatusCode::NO_CONTENT { json::empty(status) } else { json::answer(status, &shown) })
}

async fn list(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<String>,
) -> Result<Response, ApiError> {
    let name = parts(path)?;
    look(&hubspot, &caller, |portal| {
        let found = portal.pipelines.of(kind(portal, &name)?);
        Ok(json!({ "results": found.iter().map(|pipeline| pipeline.show()).collect::<Vec<_>>() }))
    })
}

async fn show(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    look(&hubspot, &caller, |portal| Ok(find(portal, kind(portal, &name)?, &id)?.show()))
}

async fn create(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let name = parts(path)?;
    alter(&hubspot, &caller, &name, StatusCode::CREATED, |portal, object_type, now| {
        let input: PipelineInput = read(&body)?;
        let pipeline = input.pipeline(object_type, now, || portal.pipelines.take_id())?;
        let shown = pipeline.show();
        portal.pipelines.add(object_type, pipeline);
        Ok(shown)
    })
}

async fn change(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    alter(&hubspot, &caller, &name, StatusCode::OK, |portal, object_type, now| {
        let pipeline = find_mut(portal, object_type, &id)?;
        let patch: PipelinePatch = read(&body)?;
        patch.label.as_deref().map(labelled).transpose()?;
        pipeline.label = patch.label.unwrap_or_else(|| pipeline.label.clone());
        pipeline.display_order = patch.display_order.unwrap_or(pipeline.display_order);
        pipeline.updated_at = now;
        Ok(pipeline.show())
    })
}

async fn replace(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
    uri: Uri,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    let checks = checks_use(&uri)?;
    alter(&hubspot, &caller, &name, StatusCode::OK, |portal, object_type, now| {
        let stages: Vec<String> =
            find(portal, object_type, &id)?.stages.iter().map(|stage| stage.id.clone()).collect();
        if checks {
            // All its stages go; the pipeline stays.
            stages.iter().try_for_each(|stage| unused(portal, object_type, Part::Stage, stage))?;
        }
        let input: PipelineInput = read(&body)?;
        let made = input.pipeline(object_type, now, || portal.pipelines.take_id())?;
        let pipeline = find_mut(portal, object_type, &id)?;
        *pipeline = Pipeline { id, created_at: pipeline.created_at, ..made };
        Ok(pipeline.show())
    })
}

async fn remove(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    let checks = checks_use(&uri)?;
    alter(&hubspot, &caller, &name, StatusCode::NO_CONTENT, |portal, object_type, _| {
        find(portal, object_type, &id)?;
        if checks {
            unused(portal, object_type, Part::Pipeline, &id)?;
        }
        portal.pipelines.remove(object_type, &id);
        Ok(Value::Null)
    })
}

async fn list_stages(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    look(&hubspot, &caller, |portal| {
        let stages = find(portal, kind(portal, &name)?, &id)?.in_order();
        Ok(json!({ "results": stages.iter().map(|stage| stage.show()).collect::<Vec<_>>() }))
    })
}

async fn show_stage(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (name, id, stage) = parts(path)?;
    look(&hubspot, &caller, |portal| {
        let pipeline = find(portal, kind(portal, &name)?, &id)?;
        let found = pipeline.stages.iter().find(|known| known.id == stage);
        Ok(found.ok_or_else(ApiError::resource_not_found)?.show())
    })
}

async fn create_stage(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (name, id) = parts(path)?;
    alter(&hubspot, &caller, &name, StatusCode::CREATED, |portal, object_type, now| {
        find(portal, object_type, &id)?;
        let input: StageInput = read(&body)?;
        let stage = input.stage(object_type, portal.pipelines.take_id(), now)?;
        let shown = stage.show();
        find_mut(portal, object_type, &id)?.stages.push(stage);
        Ok(shown)
    })
}

async fn change_stage(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (name, id, stage) = parts(path)?;
    alter(&hubspot, &caller, &name, StatusCode::OK, |portal, object_type, now| {
        let pipeline = find_mut(portal, object_type, &id)?;
        let found = pipeline.stages.iter_mut().find(|known| known.id == stage);
        let found = found.ok_or_else(ApiError::resource_not_found)?;
        let patch: StagePatch = read(&body)?;
        patch.label.as_deref().map(labelled).transpose()?;
        if let Some(metadata) = patch.metadata {
            found.metadata = checked(object_type, metadata)?;
        }
        found.label = patch.label.unwrap_or_else(|| found.label.clone());
        found.display_order = patch.display_order.unwrap_or(found.display_order);
        found.updated_at = now;
        Ok(found.show())
    })
}

async fn replace_stage(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String, String)>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (name, id, stage) = parts(path)?;
    alter(&hubspot, &caller, &name, StatusCode::OK, |portal, object_type, now| {
        let pipeline = find_mut(portal, object_type, &id)?;
        let found = pipeline.stages.iter_mut().find(|known| known.id == stage);
        let found = found.ok_or_else(ApiError::resource_not_found)?;
        let input: StageInput = read(&body)?;
        let made = input.stage(object_type, stage.clone(), now)?;
        *found = super::pipelines::Stage { created_at: found.created_at, ..made };
        Ok(found.show())
    })
}

async fn remove_stage(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
    path: Parameters<(String, String, String)>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let (name, id, stage) = parts(path)?;
    let checks = checks_use(&uri)?;
    alter(&hubspot, &caller, &name, StatusCode::NO_CONTENT, |portal, object_type, _| {
        if !find(portal, object_type, &id)?.stages.iter().any(|known| known.id == stage) {
            return Err(ApiError::resource_not_found());
        }
        if checks {
            unused(portal, object_type, Part::Stage, &stage)?;
        }
        find_mut(portal, object_type, &id)?.stages.retain(|known| known.id != stage);
        Ok(Value::Null)
    })
}

/// Whether this call refuses to take away what records use: from 2026-09 on always, before when it is asked to.
fn checks_use(uri: &Uri) -> Result<bool, ApiError> {
    let query = Query::of(uri);
    let asked =
        query.flag("validateReferencesBeforeDelete")? || query.flag("validateDealStageUsagesBeforeDelete")?;
    let dated = uri.path().strip_prefix("/crm/pipelines/").unwrap_or_default();
    Ok(asked || dated >= "2026-09")
}

#[derive(Clone, Copy)]
enum Part {
    Pipeline,
    Stage,
}

/// Lets a pipeline or stage go that no record is in.
fn unused(portal: &Portal, object_type: TypeId, part: Part, id: &str) -> Result<(), ApiError> {
    let (pipeline, stage) = offered::properties(object_type);
    let property = match part {
        Part::Pipeline => pipeline,
        Part::Stage => stage,
    };
    let Some(records) = portal.objects.of(object_type) else { return Ok(()) };
    let column = records.column(property);
    let users: Vec<String> = records
        .live()
        .filter(|view| view.value(column).as_deref() == Some(id))
        .map(|view| view.id.to_string())
        .collect();
    if users.is_empty() {
        return Ok(());
    }
    let what = match part {
        Part::Pipeline => "Pipeline",
        Part::Stage => "Stage",
    };
    let message = format!("{what} {id} is used by {} objects and cannot be deleted", users.len());
    Err(ApiError::validation(message).context(json!({ "objectIds": users })))
}
