//! `/_sandbox/{provider}/edit` and `/_sandbox/{provider}/records`: do as a user of the vendor would, and see what is there.

use super::problem::Problem;
use crate::house::{EditError, Vendor};
use crate::sandbox::Rooms;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn vendor<'a>(rooms: &'a Rooms, id: &str) -> Result<&'a Arc<dyn Vendor>, Problem> {
    rooms
        .vendors
        .iter()
        .find(|vendor| vendor.id() == id)
        .ok_or_else(|| Problem::not_found(format!("there is no provider {id}")))
}

/// `POST /_sandbox/{provider}/edit`
pub(super) async fn edit(
    State(rooms): State<Arc<Rooms>>,
    Path(provider): Path<String>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(edit) = body?;
    vendor(&rooms, &provider)?.edit(&edit).map(Json).map_err(|error| match error {
        EditError::NotFound(detail) => Problem::not_found(detail),
        EditError::Invalid(detail) => Problem::invalid(detail),
    })
}

/// Which records.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    table: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /_sandbox/{provider}/records`: the tables, or the rows of one.
pub(super) async fn records(
    State(rooms): State<Arc<Rooms>>,
    Path(provider): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = wanted?;
    let vendor = vendor(&rooms, &provider)?;
    let Some(table) = &wanted.table else {
        let tables: Vec<Value> = vendor
            .tables()
            .iter()
            .map(|table| json!({ "table": table.key, "title": table.title, "rows": table.rows }))
            .collect();
        return Ok(Json(json!({ "tables": tables })));
    };
    let page = vendor
        .page(table, wanted.after.as_deref(), wanted.limit.unwrap_or(100).clamp(1, 1000))
        .ok_or_else(|| Problem::not_found(format!("{provider} has no table {table}")))?;
    let rows: Vec<Value> =
        page.rows.iter().map(|row| json!({ "id": row.id, "cells": row.cells, "gone": row.gone })).collect();
    Ok(Json(json!({ "columns": page.columns, "rows": rows, "next": page.next })))
}
