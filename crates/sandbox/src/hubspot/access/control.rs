//! What developers do in HubSpot's own pages: register apps, change them, rotate secrets, see installs. Below
//! `/_sandbox/hubspot`.

use super::redirects::{is_loopback, registrable};
use crate::control::problem::Problem;
use crate::house::clock::iso;
use crate::hubspot::Hubspot;
use crate::hubspot::state::App;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a developer does.
pub(crate) fn control() -> Router<Arc<Hubspot>> {
    Router::new()
        .route("/apps", get(apps).post(register))
        .route("/apps/{id}", get(one).patch(change))
        .route("/apps/{id}/rotate-secret", post(rotate_secret))
        .route("/installs", get(installs))
}

/// What clients need.
pub(crate) fn credentials(hubspot: &Hubspot) -> Value {
    let state = hubspot.state.read();
    let accounts: Vec<Value> = state
        .portals
        .values()
        .map(|portal| {
            let users: Vec<Value> = portal
                .users
                .iter()
                .map(|user| {
                    json!({
                        "user_id": user.user_id, "owner_id": user.owner_id, "email": user.email,
                        "super_admin": user.super_admin,
                    })
                })
                .collect();
            json!({
                "portal_id": portal.id, "name": portal.name, "hub_domain": portal.hub_domain,
                "private_app_token": portal.private_app_token, "private_app_id": portal.private_app_id,
                "time_zone": portal.time_zone, "users": users,
            })
        })
        .collect();
    json!({ "app": state.apps.first().map(card), "accounts": accounts })
}

/// An app as its developer sees it.
fn card(app: &App) -> Value {
    let scopes: Vec<&String> =
        [&app.required_scopes, &app.conditionally_required_scopes, &app.optional_scopes]
            .into_iter()
            .flatten()
            .collect();
    json!({
        "app_id": app.app_id, "name": app.name, "client_id": app.client_id,
        "client_secret": app.client_secret, "developer_api_key": app.developer_api_key,
        "redirect_uris": app.redirect_uris, "scopes": scopes, "required_scopes": app.required_scopes,
        "conditionally_required_scopes": app.conditionally_required_scopes,
        "optional_scopes": app.optional_scopes,
    })
}

/// `GET /_sandbox/hubspot/apps`
async fn apps(State(hubspot): State<Arc<Hubspot>>) -> Json<Value> {
    let state = hubspot.state.read();
    Json(json!({ "apps": state.apps.iter().map(card).collect::<Vec<_>>() }))
}

/// `GET /_sandbox/hubspot/apps/{id}`
async fn one(State(hubspot): State<Arc<Hubspot>>, Path(id): Path<u64>) -> Result<Json<Value>, Problem> {
    let state = hubspot.state.read();
    let app = state.apps.iter().find(|app| app.app_id == id).ok_or_else(|| no_app(id))?;
    Ok(Json(card(app)))
}

fn no_app(id: u64) -> Problem {
    Problem::not_found(format!("HubSpot has no app {id}"))
}

/// An app to be registered, or what of it to change.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    /// Short for `required_scopes`.
    scopes: Option<Vec<String>>,
    required_scopes: Option<Vec<String>>,
    conditionally_required_scopes: Option<Vec<String>>,
    optional_scopes: Option<Vec<String>>,
}

impl Wanted {
    /// Changes what is named.
    fn apply(self, app: &mut App) -> Result<(), Problem> {
        if self.scopes.is_some() && self.required_scopes.is_some() {
            return Err(Problem::invalid("scopes is short for required_scopes: give one of them"));
        }
        for uri in self.redirect_uris.iter().flatten() {
            if !is_loopback(uri) {
                registrable(uri).map_err(Problem::invalid)?;
            }
        }
        let put = |target: &mut Vec<String>, wanted: Option<Vec<String>>| {
            if let Some(wanted) = wanted {
                *target = wanted;
            }
        };
        put(&mut app.redirect_uris, self.redirect_uris);
        put(&mut app.required_scopes, self.required_scopes.or(self.scopes));
        put(&mut app.conditionally_required_scopes, self.conditionally_required_scopes);
        put(&mut app.optional_scopes, self.optional_scopes);
        if let Some(name) = self.name {
            app.name = name;
        }
        Ok(())
    }
}

/// `POST /_sandbox/hubspot/apps`
async fn register(
    State(hubspot): State<Arc<Hubspot>>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(wanted) = body?;
    let mut app = App {
        app_id: 0,
        name: "An app".to_owned(),
        client_id: String::new(),
        client_secret: String::new(),
        developer_api_key: String::new(),
        required_scopes: vec!["oauth".to_owned()],
        conditionally_required_scopes: Vec::new(),
        optional_scopes: Vec::new(),
        redirect_uris: Vec::new(),
    };
    wanted.apply(&mut app)?;
    {
        let mut grants = hubspot.access.grants.write();
        let dice = grants.dice();
        (app.client_id, app.client_secret, app.developer_api_key) = (dice.uuid(), dice.uuid(), dice.uuid());
    }
    let mut state = hubspot.state.write();
    app.app_id = state.apps.iter().map(|app| app.app_id).max().unwrap_or_default() + 1;
    let shown = card(&app);
    state.apps.push(app);
    Ok((StatusCode::CREATED, Json(shown)))
}

/// `PATCH /_sandbox/hubspot/apps/{id}`
async fn change(
    State(hubspot): State<Arc<Hubspot>>,
    Path(id): Path<u64>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wanted) = body?;
    let mut state = hubspot.state.write();
    let app = state.apps.iter_mut().find(|app| app.app_id == id).ok_or_else(|| no_app(id))?;
    wanted.apply(app)?;
    Ok(Json(card(app)))
}

/// `POST /_sandbox/hubspot/apps/{id}/rotate-secret`
async fn rotate_secret(
    State(hubspot): State<Arc<Hubspot>>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, Problem> {
    if !hubspot.state.read().apps.iter().any(|app| app.app_id == id) {
        return Err(no_app(id));
    }
    let secret = hubspot.access.grants.write().dice().uuid();
    let (former, shown) = {
        let mut state = hubspot.state.write();
        let app = state.apps.iter_mut().find(|app| app.app_id == id).ok_or_else(|| no_app(id))?;
        (std::mem::replace(&mut app.client_secret, secret), card(app))
    };
    let good_until = hubspot.house.now() + i64::from(hubspot.settings.get().oauth.old_secret_seconds) * 1000;
    hubspot.access.grants.write().secret_rotated(id, former, good_until);
    Ok(Json(shown))
}

/// `GET /_sandbox/hubspot/installs`
async fn installs(State(hubspot): State<Arc<Hubspot>>) -> Json<Value> {
    let grants = hubspot.access.grants.read();
    let installs: Vec<Value> = grants
        .installs()
        .map(|(app, portal, install)| {
            json!({
                "app_id": app, "portal_id": portal, "user_id": install.user,
                "scopes": &*install.scopes, "installed_at": iso(install.at),
            })
        })
        .collect();
    Json(json!({ "installs": installs }))
}
