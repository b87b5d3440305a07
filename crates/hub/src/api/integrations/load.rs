//! `POST /integrations/{provider}/load`: the mirrored records, loaded first where there are none yet.

use super::access::Asker;
use super::detail::Detail;
use super::form::Fields;
use super::items;
use super::known;
use crate::api::Api;
use crate::audit::By;
use crate::http::Problem;
use crate::load::{self, Wanted};
use crate::popup::sealed::{self, Handle, SealedError};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::time::Duration;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::runs::{self, Filter, Mode, Run, State as RunState, Trigger};
use syncline_store::{Scope, StoreError};

/// How often to look whether the load has ended.
const LOOK: Duration = Duration::from_millis(100);
/// What is left of the answer's time when waiting ends, at most.
const MARGIN: Duration = Duration::from_secs(2);

const PARTIAL: HeaderName = HeaderName::from_static("syncline-partial");
const RUN: HeaderName = HeaderName::from_static("syncline-run");

/// A form with `credentials`, the JSON text that `/credentials` answered: answers the list of the connection's records.
pub(super) async fn load(
    State(api): State<Api>,
    Path(provider): Path<String>,
    asker: Asker,
    fields: Fields,
) -> Result<Response, Detail> {
    known(&provider)?;
    let handle = handle(&fields.required("credentials")?)?;
    let connection = connection(&api, &asker, &provider, &handle).await?;
    let run = loaded(&api, &asker.caller.by, &connection).await?;
    let whole = run.as_ref().is_none_or(|run| run.state == RunState::Succeeded);
    if !whole && items::is_empty(&api.cx.store, &connection.id).await? {
        nothing_to_show(run.as_ref())?;
    }
    let mut response =
        ([(header::CONTENT_TYPE, "application/json")], items::list(api.cx.store.clone(), &connection.id))
            .into_response();
    if !whole {
        response.headers_mut().insert(PARTIAL, HeaderValue::from_static("true"));
    }
    if let Some(id) = run.and_then(|run| HeaderValue::from_str(&run.id).ok()) {
        response.headers_mut().insert(RUN, id);
    }
    Ok(response)
}

/// The handle in what `/credentials` answered.
fn handle(credentials: &str) -> Result<String, Detail> {
    let value: serde_json::Value = serde_json::from_str(credentials).map_err(|_| {
        let say = "The field `credentials` is the JSON that /credentials answered; this is no JSON.";
        Detail::new(StatusCode::BAD_REQUEST, say)
    })?;
    value["handle"].as_str().map(str::to_owned).ok_or_else(|| {
        let say = "The field `credentials` is the JSON that /credentials answered; this has no `handle`.";
        Detail::new(StatusCode::BAD_REQUEST, say)
    })
}

/// The connection that a handle stands for, if this caller may see it.
async fn connection(api: &Api, asker: &Asker, provider: &str, handle: &str) -> Result<Connection, Detail> {
    let refused = |say| Detail::new(StatusCode::UNAUTHORIZED, say);
    let handle: Handle = sealed::open(&api.cx, handle).map_err(|error| match error {
        SealedError::Keys(error) => Problem::from(error).into(),
        SealedError::Expired => refused("These credentials have expired: ask /credentials for new ones."),
        SealedError::NotOurs => refused("These credentials are not ours, or were changed."),
    })?;
    let found = connections::get(&api.cx.store, &asker.caller.scope, &handle.connection_id).await?;
    let found = found.filter(|found| found.status != Status::Disconnected);
    let found = found.ok_or_else(|| refused("The account is not connected any more."))?;
    if found.provider != provider {
        let say = format!("These credentials are for {}, not for {provider}.", found.provider);
        return Err(Detail::new(StatusCode::BAD_REQUEST, say));
    }
    Ok(found)
}

/// Sees to it that the records were loaded once; answers the run that does so, if there is need for one, as far as it has come.
async fn loaded(api: &Api, by: &By, connection: &Connection) -> Result<Option<Run>, Detail> {
    let store = &api.cx.store;
    let of_this = Filter { connection_id: Some(connection.id.clone()), ..Filter::default() };
    let known = runs::list(store, &Scope::All, &of_this, None, 100).await?;
    let read = |run: &Run| matches!(run.state, RunState::Succeeded | RunState::Partial);
    if known.iter().any(read) && !items::is_empty(store, &connection.id).await? {
        return Ok(None);
    }
    if connection.status != Status::Active {
        return Ok(known.into_iter().next());
    }
    let wanted = Wanted::default();
    let asked = load::request(&api.cx.on_word_of(by), connection, Mode::Full, Trigger::Api, &wanted).await?;
    Ok(Some(ended(api, asked.run().clone()).await?))
}

/// Waits for the end of a run, as long as this answer may wait.
async fn ended(api: &Api, mut run: Run) -> Result<Run, StoreError> {
    let limit = api.cx.config.server.request_timeout.get();
    let patience = limit.saturating_sub(MARGIN.min(limit / 4));
    let waiting = async {
        while matches!(run.state, RunState::Waiting | RunState::Running) {
            tokio::time::sleep(LOOK).await;
            match runs::get(&api.cx.store, &Scope::All, &run.id).await? {
                Some(now) => run = now,
                None => break,
            }
        }
        Ok(())
    };
    match tokio::time::timeout(patience, waiting).await {
        Ok(Err(error)) => Err(error),
        _ => Ok(run),
    }
}

/// Why there is nothing, where that is not because there is nothing at the provider.
fn nothing_to_show(run: Option<&Run>) -> Result<(), Detail> {
    let reason = run.and_then(|run| run.reason.clone());
    match run.map(|run| run.state) {
        Some(RunState::Failed | RunState::Cancelled) => {
            let say = reason.unwrap_or_else(|| "no record could be read".to_owned());
            Err(Detail::new(
                StatusCode::BAD_GATEWAY,
                crate::api::refusals::sentence(&format!("loading failed: {say}")),
            ))
        }
        Some(RunState::Paused) => Err(Detail::new(
            StatusCode::CONFLICT,
            "The provider does not accept the credentials any more: connect the account again.",
        )),
        _ => Ok(()),
    }
}
