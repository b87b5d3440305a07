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
mod failure;
mod form;
mod jobs;
mod keys;
mod live;
mod overview;
mod preparing;
mod query;
mod records;
mod runs;
mod sealing;
mod session;
pub mod setup;
mod short;
mod show;
mod suggest;
mod syncs;
mod throughput;
pub mod views;

use crate::api::{Api, count};
use crate::http::Problem;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use failure::{Asked, Failure};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use tracing::Instrument as _;
use views::Assets;

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
    looks: preparing::Looks,
    throughput: throughput::Throughput,
}

/// All pages.
pub fn router(api: Api) -> Router {
    let portal = Portal {
        api,
        assets: assets::assets(),
        attempts: Arc::default(),
        counts: counts::Counts::default(),
        looks: preparing::Looks::default(),
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
        .route("/portal/jobs/discard-all", post(jobs::discard_all))
        .route("/portal/jobs/{id}/error", get(jobs::error))
        .route("/portal/jobs/{id}/retry", post(jobs::retry))
        .route("/portal/jobs/{id}/discard", post(jobs::discard))
        .route("/portal/audit", get(audit::list))
        .route("/portal/sync-runs/{id}", get(audit::sync_run))
        .route("/portal/apps", get(apps::list))
        .route("/portal/sealing", get(sealing::list))
        .route("/portal/sealing/rotate", post(sealing::rotate))
        .route("/portal/sealing/prune", post(sealing::prune))
        .route("/portal/keys", get(keys::list).post(keys::create))
        .route("/portal/keys/{id}/revoke", post(keys::revoke))
        .route("/portal/keys/{id}/replace", post(keys::replace))
        .route("/portal/{*rest}", any(|| async { Failure::from(Problem::not_found("page")) }))
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(from_fn_with_state(portal.clone(), failure::bounded))
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

/// Headers every page has; errors as pages, with an id that the log has, too; nothing before the database is ready.
async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request, portal.api.cx.dice.id("req", portal.api.cx.now()));
    let found = if portal.api.cx.ready.is_cancelled() {
        let span = tracing::error_span!("page", request_id = asked.id);
        next.run(request).instrument(span).await
    } else {
        Failure::from(Problem::unavailable("starting", "Syncline is waiting for its database.", 2))
            .into_response()
    };
    let mut response = failure::as_page(&portal.assets, &asked, found);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page as an answer.
fn render(page: &impl askama::Template) -> Response {
    match views::draw(page) {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
