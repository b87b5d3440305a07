//! The portal: pages for operators, rendered on the server. [`views`] says how they look; here is who may see them and what is on
//! them.

mod access;
mod apps;
mod assets;
mod audit;
mod connecting;
mod connections;
mod counters;
mod counts;
mod demo;
mod endpoints;
mod events;
mod form;
mod jobs;
mod keys;
mod live;
mod overview;
mod preparing;
mod records;
mod runs;
mod sealing;
mod session;
pub mod setup;
mod show;
mod syncs;
mod throughput;
pub mod views;

use crate::api::{Api, bounded, count};
use crate::http::Problem;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use views::{Assets, ErrorPage};

pub(crate) use assets::assets;
pub(crate) use session::cookie;
pub(crate) use show::provider_name;

/// What the portal's handlers need.
#[derive(Clone, Debug)]
pub struct Portal {
    api: Api,
    assets: Assets,
    attempts: Arc<access::Attempts>,
    counts: counts::Counts,
    throughput: throughput::Throughput,
}

/// All pages.
pub fn router(api: Api) -> Router {
    let portal = Portal {
        api,
        assets: assets::assets(),
        attempts: Arc::default(),
        counts: counts::Counts::default(),
        throughput: throughput::Throughput::default(),
    };
    Router::new()
        .route("/", get(|| async { Redirect::to("/portal") }))
        .route("/portal", get(overview::show))
        .route("/portal/", get(|| async { Redirect::to("/portal") }))
        .route("/portal/setup", get(access::setup_page).post(access::set_up))
        .route("/portal/login", get(access::login_page).post(access::log_in))
        .route("/portal/logout", post(access::log_out))
        .route("/portal/connections", get(connections::list))
        .route("/portal/connections/new", get(connecting::new).post(connecting::create))
        .route("/portal/connections/{id}", get(connections::show))
        .route("/portal/connections/{id}/setup", get(preparing::plan).post(preparing::run))
        .route("/portal/connections/{id}/load", post(connections::load))
        .route("/portal/connections/{id}/cancel", post(connections::cancel))
        .route("/portal/connections/{id}/disconnect", post(connections::end))
        .route("/portal/records", get(records::list))
        .route("/portal/records/export", get(records::export))
        .route("/portal/records/{connection}/{type}/{id}", get(records::show))
        .route("/portal/records/{connection}/{type}/{id}/raw", get(records::raw))
        .route("/portal/runs", get(runs::list))
        .route("/portal/runs/{id}", get(runs::show))
        .route("/portal/runs/{id}/cancel", post(runs::cancel))
        .merge(syncs::router())
        .merge(counters::router())
        .merge(endpoints::router())
        .merge(demo::router())
        .route("/portal/events", get(events::list))
        .route("/portal/events/stream", get(live::stream))
        .route("/portal/events/{id}", get(events::show))
        .route("/portal/events/{id}/raw", get(events::raw))
        .route("/portal/jobs", get(jobs::list))
        .route("/portal/jobs/retry-all", post(jobs::retry_all))
        .route("/portal/jobs/{id}/retry", post(jobs::retry))
        .route("/portal/jobs/{id}/discard", post(jobs::discard))
        .route("/portal/audit", get(audit::list))
        .route("/portal/apps", get(apps::list))
        .route("/portal/sealing", get(sealing::list))
        .route("/portal/sealing/rotate", post(sealing::rotate))
        .route("/portal/sealing/prune", post(sealing::prune))
        .route("/portal/keys", get(keys::list).post(keys::create))
        .route("/portal/keys/{id}/revoke", post(keys::revoke))
        .route("/portal/{*rest}", get(|| async { Failure::from(Problem::not_found("page")) }))
        .layer(from_fn_with_state(portal.api.clone(), bounded))
        .layer(from_fn_with_state(portal.clone(), guard))
        .layer(from_fn(count))
        .with_state(portal)
}

/// The style sheet, scripts and icons, which other rooms' pages use as well.
pub fn asset_router() -> Router {
    Router::new().route("/portal/assets/{name}", get(assets::serve)).layer(from_fn(count))
}

/// What a browser may do with our pages: nothing but show them, with what this server sent.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers every page has; errors as pages; nothing before the database is ready.
async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let mut response = if portal.api.cx.ready.is_cancelled() {
        next.run(request).await
    } else {
        Failure::from(Problem::unavailable("starting", "Syncline is waiting for its database.", 2))
            .into_response()
    };
    if let Some(Failure(problem)) = response.extensions_mut().remove::<Failure>() {
        response = error_page(&portal.assets, &problem);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A problem on its way to becoming a page.
#[derive(Clone, Debug)]
struct Failure(Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<syncline_store::StoreError> for Failure {
    fn from(error: syncline_store::StoreError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    /// Marks the answer; [`guard`], which knows where the assets are, draws it.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn error_page(assets: &Assets, problem: &Problem) -> Response {
    let (title, todo) = match problem.status {
        _ if problem.code == "not_set_up" => ("No password yet", "Open that link in this browser."),
        StatusCode::NOT_FOUND => ("Nothing here", "It may be gone, or the address has a typing error."),
        StatusCode::FORBIDDEN => {
            ("Not from this page", "Go back, load the page again and repeat what you did.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Not right now", "Try again in a moment; it usually passes by itself.")
        }
        status if status.is_client_error() => ("That did not work", "Go back and correct it."),
        _ => ("Something broke", "The server's log says what. Nothing was changed."),
    };
    let page = ErrorPage {
        assets: assets.clone(),
        status: problem.status.as_u16(),
        title: title.to_owned(),
        what: problem.detail.to_string(),
        todo: todo.to_owned(),
        request_id: String::new(),
        way_out: ("/portal".to_owned(), "To the overview".to_owned()),
    };
    (problem.status, render(&page)).into_response()
}

/// A page as an answer.
fn render(page: &impl askama::Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
