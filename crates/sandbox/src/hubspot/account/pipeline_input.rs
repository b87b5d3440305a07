//! What clients send to make or change pipelines and stages, read and checked.

use super::pipelines::{Pipeline, Stage, completed};
use crate::hubspot::error::ApiError;
use crate::hubspot::types::TypeId;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A pipeline to be made, or to take another's place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PipelineInput {
    pub(super) label: String,
    pub(super) display_order: i64,
    pub(super) stages: Vec<StageInput>,
}

/// A stage to be made, or to take another's place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StageInput {
    pub(super) label: String,
    pub(super) display_order: i64,
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
}

/// What of a pipeline to change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PipelinePatch {
    pub(super) label: Option<String>,
    pub(super) display_order: Option<i64>,
}

/// What of a stage to change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StagePatch {
    pub(super) label: Option<String>,
    pub(super) display_order: Option<i64>,
    pub(super) metadata: Option<Map<String, Value>>,
}

/// Reads a body.
///
/// # Errors
/// 400 when it is not JSON, lacks something or has something of the wrong kind.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))
}

/// Checks a stage's metadata: a deal's stage needs a probability from 0 to 1.
///
/// # Errors
/// 400 when it has none.
pub(super) fn checked(
    object_type: TypeId,
    metadata: Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    if object_type == TypeId::DEAL {
        let probability = match metadata.get("probability") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => number.as_f64(),
            _ => None,
        };
        if !probability.is_some_and(|probability: f64| (0.0..=1.0).contains(&probability)) {
            return Err(ApiError::validation(
                "A deal stage needs a probability between 0.0 and 1.0 in its metadata",
            ));
        }
    }
    let state = metadata.get("ticketState").and_then(Value::as_str);
    if state.is_some_and(|state| !["OPEN", "CLOSED"].contains(&state)) {
        return Err(ApiError::validation("ticketState is OPEN or CLOSED"));
    }
    Ok(completed(metadata))
}

/// Nobody could tell a thing without a label.
///
/// # Errors
/// 400 when it is empty.
pub(super) fn labelled(label: &str) -> Result<(), ApiError> {
    if label.trim().is_empty() { Err(ApiError::validation("label must not be empty")) } else { Ok(()) }
}

impl StageInput {
    /// The stage; its id is given by `take_id`.
    pub(super) fn stage(self, object_type: TypeId, id: String, now: i64) -> Result<Stage, ApiError> {
        labelled(&self.label)?;
        Ok(Stage {
            id,
            label: self.label,
            display_order: self.display_order,
            metadata: checked(object_type, self.metadata)?,
            created_at: now,
            updated_at: now,
        })
    }
}

impl PipelineInput {
    /// The pipeline, with ids given by `take_id`.
    pub(super) fn pipeline(
        self,
        object_type: TypeId,
        now: i64,
        mut take_id: impl FnMut() -> String,
    ) -> Result<Pipeline, ApiError> {
        labelled(&self.label)?;
        let id = take_id();
        let stages: Result<Vec<Stage>, ApiError> =
            self.stages.into_iter().map(|stage| stage.stage(object_type, take_id(), now)).collect();
        Ok(Pipeline {
            id,
            label: self.label,
            display_order: self.display_order,
            stages: stages?,
            created_at: now,
            updated_at: now,
        })
    }
}
