//! Definitions over the API: listed, shown, made, changed, paused, resumed, ended.

use super::find;
use super::runs::RunView;
use super::views::DefinitionView;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::connections::{body_of, organization};
use crate::api::events::checked;
use crate::api::paging::{cut, id_cursor, limit, some};
use crate::counters::keep;
use crate::http::strict::{self, Json};
use crate::http::{Problem, json};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use syncline_core::counters::definition::Definition;
use syncline_store::counters::definitions::{self, State as DefinitionState, Stored};
use syncline_store::counters::{self, Waiting, runs};

/// Which definitions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinitionQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only of this connection.
    pub connection_id: Option<String>,
    /// `active`, `paused` or `attention`.
    pub state: Option<String>,
    /// Definitions on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// `GET /v1/counters`, in the order in which they were made.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<DefinitionQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let DefinitionQuery { org_id, connection_id, state, limit: asked, cursor } = checked(query)?;
    let org_id = some(org_id).map(|asked| organization(&caller, Some(&asked))).transpose()?;
    let say = "`state` is `active`, `paused` or `attention`.";
    let named =
        |name: String| DefinitionState::named(&name).ok_or_else(|| Problem::bad_request("bad_state", say));
    let state = some(state).map(named).transpose()?;
    let filter = definitions::Filter { org_id, connection_id: some(connection_id), state, search: None };
    let (limit, after) = (limit(asked)?, id_cursor(cursor, "ctr")?);
    let store = &api.cx.store;
    let mut found = definitions::list(store, &caller.scope, &filter, after.as_deref(), limit + 1).await?;
    let next = cut(&mut found, limit, |last| last.id.clone());
    let data: Vec<DefinitionView> = found.into_iter().map(DefinitionView::from).collect();
    Ok(json(&serde_json::json!({ "data": data, "next_cursor": next })))
}

/// A definition with what hangs on it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    definition: DefinitionView,
    /// Counters that something is to be done with.
    waiting: Waiting,
    /// The latest comparison, or the one under way.
    last_run: Option<RunView>,
}

/// `GET /v1/counters/{counter}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&api, &caller, &counter).await?;
    let store = &api.cx.store;
    let waiting = counters::waiting(store, &caller.scope, &found.id).await?;
    let filter = runs::Filter { definition_id: Some(found.id.clone()), ..runs::Filter::default() };
    let last_run = runs::list(store, &caller.scope, &filter, None, 1).await?.pop().map(RunView::from);
    Ok(json(&Shown { definition: found.into(), waiting, last_run }))
}

/// `POST /v1/counters`: the definition, as it is shown, with what is secret in it. It belongs to its connection's organization.
///
/// # Errors
/// 400 for a body that is no definition, 404 for a connection there is not, 422 with everything that is wrong with it, 409 when there is one
/// of that name.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Problem> {
    let made = keep::create(&caller.cx(&api), &caller.scope, read(body_of(body)?)?).await?;
    let location = format!("/v1/counters/{}", made.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], json(&DefinitionView::from(made)))
        .into_response())
}

/// A definition as somebody wrote it. What is wrong is said without what was written, which may be a secret in the wrong place.
fn read(body: Map<String, Value>) -> Result<Definition, Problem> {
    for (field, say) in [
        (
            "target",
            "`target` is an object, like {\"kind\": \"trigger\", \"url\": \"https://…\"} or {\"kind\": \"property\"}.",
        ),
        (
            "truth",
            "`truth` is an object, like {\"source\": \"counter\"} or {\"source\": \"associations\", \"to_object_type\": \"contacts\"}.",
        ),
        ("store", "`store` is an object, like {\"kind\": \"database\"}."),
    ] {
        if body.get(field).is_some_and(|value| !value.is_object()) {
            return Err(Problem::bad_request("bad_body", say));
        }
    }
    strict::from_value(Value::Object(body))
        .map_err(|error| Problem::bad_request("bad_body", format!("The body is not a definition: {error}.")))
}

/// `PATCH /v1/counters/{counter}`: what is left out stays, secrets too; `version`, where it is given, is the one that was looked at. Answers
/// the definition as it is then.
///
/// # Errors
/// As [`create`], 404 when there is none for this caller, and 409 when somebody else changed it meanwhile.
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Problem> {
    let mut given = body_of(body)?;
    let bad = || Problem::bad_request("bad_body", "`version` is the number that was shown.");
    let version = given.remove("version").map(|value| value.as_i64().ok_or_else(bad)).transpose()?;
    let before = find(&api, &caller, &counter).await?;
    // What is left out is taken from this version; with another one it would be another change than was asked for.
    let version = version.unwrap_or(before.version);
    let definition = read(merged(&before, given)?)?;
    let changed =
        keep::update(&caller.cx(&api), &caller.scope, &before.id, definition, Some(version)).await?;
    Ok(json(&DefinitionView::from(changed)))
}

/// What a definition says, with these fields instead of its own.
fn merged(before: &Stored, given: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let now = serde_json::to_value(&before.definition);
    let Ok(Value::Object(mut fields)) = now else {
        let say = "The definition cannot be written.";
        return Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", say));
    };
    fields.extend(given);
    Ok(fields)
}

/// `POST /v1/counters/{counter}/pause`: nothing is pushed and compared; counted is all the same.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn pause(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&api, &caller, &counter).await?;
    Ok(json(&DefinitionView::from(keep::pause(&caller.cx(&api), &caller.scope, &found.id).await?)))
}

/// `POST /v1/counters/{counter}/resume`: what waited goes on.
///
/// # Errors
/// 404 when there is none for this caller, 409 when its connection is over.
pub async fn resume(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&api, &caller, &counter).await?;
    Ok(json(&DefinitionView::from(keep::resume(&caller.cx(&api), &caller.scope, &found.id).await?)))
}

/// `DELETE /v1/counters/{counter}`: what it counted is forgotten; the properties stay as they are.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(counter): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = find(&api, &caller, &counter).await?;
    keep::delete(&caller.cx(&api), &caller.scope, &found.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
