//! Connections over the API: listed, shown, made, ended.

use super::Api;
use super::access::Caller;
use super::events::checked;
use super::jobs::read_cursor;
use super::paging::{limit, next_cursor};
use super::runs::RunView;
use crate::connect::{self, Data};
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::popup::sealed::Ticket;
use crate::popup::ticket;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use syncline_core::secret::Secret;
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Status};
use syncline_store::records::TypeCount;
use syncline_store::{Scope, positions, records, runs, stale};

/// Which connections.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionQuery {
    /// Only this organization's.
    pub org_id: Option<String>,
    /// Only of this provider.
    pub provider: Option<String>,
    /// Only of this account there.
    pub account: Option<String>,
    /// Only through this app.
    pub app: Option<String>,
    /// Only of accounts whose id or name has this in it, in whichever case.
    pub search: Option<String>,
    /// `active`, `needs_reauthorization` or `disconnected`.
    pub status: Option<String>,
    /// Connections on the page, 1 to 500.
    pub limit: Option<u32>,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

impl ConnectionQuery {
    fn filter(&self, caller: &Caller) -> Result<connections::Filter, Problem> {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let status = some(&self.status).map(|name| {
            Status::named(&name).ok_or_else(|| {
                let say = "`status` is `active`, `needs_reauthorization` or `disconnected`.";
                Problem::bad_request("bad_status", say)
            })
        });
        let org_id = some(&self.org_id);
        if let Some(asked) = &org_id {
            organization(caller, Some(asked))?;
        }
        Ok(connections::Filter {
            search: some(&self.search),
            app: some(&self.app),
            org_id,
            provider: some(&self.provider),
            account: some(&self.account),
            status: status.transpose()?,
            before: some(&self.cursor).as_deref().map(read_cursor).transpose()?,
        })
    }
}

/// The organization that a caller means: the one it names, which must be its own if it has one; else its own.
///
/// # Errors
/// 403 for somebody else's, 400 when a key for all organizations names none.
pub fn organization(caller: &Caller, asked: Option<&str>) -> Result<String, Problem> {
    match (&caller.scope, asked.filter(|asked| !asked.is_empty())) {
        (Scope::Organization(own), Some(asked)) if asked != own => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "key_of_one_organization",
            "This API key is for another organization than `org_id` names.",
        )),
        (Scope::Organization(own), _) => Ok(own.clone()),
        (Scope::All, Some(asked)) => Ok(asked.to_owned()),
        (Scope::All, None) => {
            Err(Problem::bad_request("bad_name", "`org_id` says for which organization; it is missing."))
        }
    }
}

/// `GET /v1/connections`.
///
/// # Errors
/// 400 for a query that makes no sense, 403 for another organization's, 503 when the database is away.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<ConnectionQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let query = checked(query)?;
    let (filter, limit) = (query.filter(&caller)?, limit(query.limit)?);
    let mut found = connections::list(&api.cx.store, &caller.scope, &filter, limit + 1).await?;
    let next = next_cursor(&mut found, limit, |last| (last.created_at, &last.id));
    Ok(json(&serde_json::json!({ "data": found, "next_cursor": next })))
}

/// A connection with what was read through it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    connection: Connection,
    /// How many records of it are mirrored.
    records: Vec<TypeCount>,
    /// How many wait to be read again.
    stale: u64,
    /// Where each lane's next incremental run begins.
    positions: BTreeMap<String, PositionView>,
    /// Its latest run.
    last_run: Option<RunView>,
}

#[derive(Debug, Serialize)]
struct PositionView {
    high_water: Option<Timestamp>,
    full_at: Option<Timestamp>,
}

/// `GET /v1/connections/{id}`.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&api, &caller, &id).await?;
    let store = &api.cx.store;
    let positions = positions::get_all(store, &id)
        .await?
        .into_iter()
        .map(|(lane, known)| (lane, PositionView { high_water: known.high_water, full_at: known.full_at }));
    let of_this = runs::Filter { connection_id: Some(id.clone()), ..runs::Filter::default() };
    let last = runs::list(store, &caller.scope, &of_this, None, 1).await?.pop();
    Ok(json(&Shown {
        records: records::count(store, &caller.scope, &id).await?,
        stale: stale::count(store, &id).await?,
        positions: positions.collect(),
        last_run: last.map(RunView::from),
        connection,
    }))
}

/// A connection of this caller.
///
/// # Errors
/// 404 when there is none.
pub async fn find(api: &Api, caller: &Caller, id: &str) -> Result<Connection, Problem> {
    let found = connections::get(&api.cx.store, &caller.scope, id).await?;
    found.ok_or_else(|| Problem::not_found("connection"))
}

/// `POST /v1/connections`: with a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithKey {
    /// At which provider.
    pub provider: String,
    /// For which organization; left out: the key's own.
    pub org_id: Option<String>,
    /// By which of its users.
    #[serde(default)]
    pub user_id: String,
    /// The key.
    pub key: Secret,
}

/// `POST /v1/connections`: connects with a key, once the provider has taken it.
///
/// # Errors
/// 400, 409, 422 and 502 as [`connect::KeyError`] says, 503 when the database is away.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<WithKey>, JsonRejection>,
) -> Result<Response, Problem> {
    let WithKey { provider, org_id, user_id, key } = body_of(body)?;
    let org_id = organization(&caller, org_id.as_deref())?;
    let connection = connect::connect_with_key(&caller.cx(&api), &org_id, &user_id, &provider, &key).await?;
    Ok((StatusCode::CREATED, json(&connection)).into_response())
}

/// A body, or the problem with it.
///
/// # Errors
/// 400 with the parser's words.
pub fn body_of<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    body.map(|Json(body)| body).map_err(|error| Problem::bad_request("bad_body", error.body_text()))
}

/// `POST /v1/connections/authorize`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorize {
    /// At which provider.
    pub provider: String,
    /// For which organization; left out: the key's own.
    pub org_id: Option<String>,
    /// By which of its users.
    #[serde(default)]
    pub user_id: String,
    /// Through which app; left out: the only one of the provider.
    pub app: Option<String>,
    /// The page that is to be told the result.
    pub origin: Option<String>,
}

/// `POST /v1/connections/authorize`: answers the address to open in the browser of the person who consents.
///
/// # Errors
/// 400, 403 and 409 as [`connect::BeginError`] says.
pub async fn authorize(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<Authorize>, JsonRejection>,
) -> Result<Response, Problem> {
    let Authorize { provider, org_id, user_id, app, origin } = body_of(body)?;
    let org_id = organization(&caller, org_id.as_deref())?;
    let link = ticket::link(&caller.cx(&api), Ticket { org_id, user_id, provider, app, origin }).await?;
    Ok(json(&serde_json::json!({ "url": link.url, "expires_at": link.expires_at })))
}

/// What becomes of the records of an ended connection.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndQuery {
    /// `keep` (the default) or `erase`.
    pub data: Option<String>,
}

/// `DELETE /v1/connections/{id}?data=keep|erase`: ends it, and answers it as it is then.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn end(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<EndQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let data = match checked(query)?.data.as_deref() {
        None | Some("" | "keep") => Data::Keep,
        Some("erase") => Data::Erase,
        Some(_) => return Err(Problem::bad_request("bad_data", "`data` is `keep` or `erase`.")),
    };
    Ok(json(&connect::disconnect(&caller.cx(&api), &caller.scope, &id, data).await?))
}
