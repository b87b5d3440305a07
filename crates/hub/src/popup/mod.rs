//! Connecting in a browser: the links and tokens an application hands out, the pages of the popup, and the script that opens it.
//!
//! A popup begins at `/connect/start` (a sealed ticket, made for a server) or at `/connect` (a sealed token, handed to a page by its
//! server), goes to the provider, and comes back to `/integrations/{provider}/oauth2callback`. All of it happens in one browser, which
//! proves itself with a cookie. The pages work without scripts; the one script tells the page that opened the popup what came of it.

mod begin;
mod callback;
mod cookie;
mod embed;
mod key;
pub mod pages;
pub mod sealed;
pub mod ticket;
mod words;

use crate::api::{Api, count};
use crate::http::Problem;
use crate::portal::{self, views::Assets};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, StatusCode, header};
use pages::Page;

/// What the popup's handlers need.
#[derive(Clone, Debug)]
struct Popup {
    api: Api,
    assets: Assets,
}

/// The popup's pages and the script that opens it.
pub fn router(api: Api) -> Router {
    let popup = Popup { api, assets: portal::assets() };
    Router::new()
        .route("/connect", get(begin::with_token))
        .route("/connect/start", get(begin::with_ticket))
        .route("/connect/key", post(key::connect))
        .route("/integrations/{provider}/oauth2callback", get(callback::come_back))
        .layer(from_fn_with_state(popup.clone(), guard))
        .route("/connect.js", get(embed::script))
        .layer(from_fn(count))
        .with_state(popup)
}

/// What a browser may do with the pages: show them, with what this server sent, and send our own form.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Headers that every page has. They leave the popup joined to the page that opened it, which waits to be told; and nothing here may be
/// kept or told on, since addresses hold codes and tokens.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "unsafe-none"),
];

/// Pages in bounded time, with their headers; nothing before the database is ready.
async fn guard(State(popup): State<Popup>, request: Request, next: Next) -> Response {
    let patience = popup.api.cx.config.server.request_timeout.get();
    let mut response = if !popup.api.cx.ready.is_cancelled() {
        popup.page(&Page::starting())
    } else if let Ok(response) = tokio::time::timeout(patience, next.run(request)).await {
        response
    } else {
        popup.page(&Page::too_slow())
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Popup {
    /// A page as an answer.
    fn page(&self, page: &Page) -> Response {
        match page.render(&self.assets) {
            Ok(html) => (page.status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    fn problem(&self, problem: &Problem) -> Response {
        self.page(&Page::of_problem(problem))
    }
}
