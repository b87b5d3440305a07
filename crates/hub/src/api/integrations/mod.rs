//! `/integrations/{provider}/…`: connecting and loading for pages that call this server straight from the browser, with forms in and
//! `{"detail": …}` for errors, as the front ends of that exercise do.
//!
//! These routes were made without authentication: whoever calls them says for which user and organization. So they answer pages on
//! `connect.allowed_origins` only where `connect.open_routes` says so, and callers with an API key. An origin proves something about a browser and nothing about anybody
//! else: see `docs/connecting.md`.

mod access;
mod cors;
mod detail;
mod form;
mod items;
mod load;

use super::connections::organization;
use super::{Api, bounded, count, until_ready};
use crate::connect::AppError;
use crate::http::json;
use crate::popup::sealed::{self, Handle, Ticket};
use crate::popup::ticket;
use access::Asker;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use detail::Detail;
use form::Fields;
use http::StatusCode;
use std::time::Duration;
use syncline_store::connections::{self, Connection, Filter, Status};

/// The largest form.
const LARGEST: usize = 64 * 1024;
/// How long a page may keep what stands for a connection.
const HANDLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The routes.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/integrations/{provider}/authorize", post(authorize))
        .route("/integrations/{provider}/credentials", post(credentials))
        .route("/integrations/{provider}/load", post(load::load))
        .method_not_allowed_fallback(detail::method_not_allowed)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(from_fn_with_state(api.clone(), until_ready))
        .layer(from_fn_with_state(api.clone(), bounded))
        .layer(axum::middleware::map_response(detail::instead_of_problems))
        .layer(from_fn_with_state(api.clone(), cors::cors))
        .layer(from_fn(count))
        .with_state(api)
}

fn known(provider: &str) -> Result<(), Detail> {
    match syncline_providers::connect::connect(provider) {
        Some(_) => Ok(()),
        None => Err(Detail::new(StatusCode::NOT_FOUND, sentence_of(&AppError::UnknownProvider))),
    }
}

fn sentence_of(error: &AppError) -> String {
    super::refusals::sentence(&error.to_string())
}

/// `POST /integrations/{provider}/authorize`, a form with `user_id` and `org_id`: answers the address to open, as a JSON text.
async fn authorize(
    State(api): State<Api>,
    Path(provider): Path<String>,
    asker: Asker,
    fields: Fields,
) -> Result<Response, Detail> {
    known(&provider)?;
    let (user_id, org_id) = (fields.required("user_id")?, fields.required("org_id")?);
    let org_id = organization(&asker.caller, Some(&org_id))?;
    let ticket = Ticket { org_id, user_id, provider, app: None, origin: asker.origin };
    let link = ticket::link(&asker.caller.cx(&api), ticket).await.map_err(crate::http::Problem::from)?;
    Ok(json(&link.url))
}

/// `POST /integrations/{provider}/credentials`, a form with `user_id` and `org_id`: answers what `load` wants, which holds no token.
async fn credentials(
    State(api): State<Api>,
    Path(provider): Path<String>,
    asker: Asker,
    fields: Fields,
) -> Result<Response, Detail> {
    known(&provider)?;
    let (user_id, org_id) = (fields.required("user_id")?, fields.required("org_id")?);
    let org_id = organization(&asker.caller, Some(&org_id))?;
    let filter = Filter { org_id: Some(org_id), provider: Some(provider), ..Filter::default() };
    let mut found = connections::list(&api.cx.store, &asker.caller.scope, &filter, 1_000).await?;
    found.retain(|connection| connection.user_id == user_id && connection.status != Status::Disconnected);
    let latest = found.into_iter().max_by_key(|it| (it.status == Status::Active, it.updated_at));
    match latest {
        None => Err(Detail::new(StatusCode::BAD_REQUEST, "No credentials found.")),
        Some(connection) if connection.status == Status::Active => handed_out(&api, &connection),
        Some(_) => Err(Detail::new(
            StatusCode::BAD_REQUEST,
            "The credentials are not accepted any more: connect the account again.",
        )),
    }
}

fn handed_out(api: &Api, connection: &Connection) -> Result<Response, Detail> {
    let handle = Handle { connection_id: connection.id.clone() };
    let (handle, expires_at) = sealed::seal(&api.cx, &handle, HANDLE).map_err(crate::http::Problem::from)?;
    Ok(json(&serde_json::json!({
        "handle": handle,
        "expires_at": expires_at,
        "connection_id": connection.id,
        "provider": connection.provider,
        "account_name": connection.account_name,
        "status": connection.status,
    })))
}
