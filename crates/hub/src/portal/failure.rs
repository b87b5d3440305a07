//! What goes wrong, as a page: what happened, what to do, and the id under which the log knows the request.

use super::access::inside;
use super::views::{Assets, ErrorPage};
use super::{Portal, render};
use crate::http::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// A problem on its way to becoming a page.
#[derive(Clone, Debug)]
pub(super) struct Failure(pub(super) Problem);

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
    /// Marks the answer; [`as_page`], which knows where the assets are, draws it.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What was asked, as far as the page about its failure needs it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The id under which the log knows it.
    pub(super) id: String,
    /// Whether it may have changed something.
    may_change: bool,
    /// The portal's page it came from.
    from: Option<String>,
}

impl Asked {
    /// As it came in, under this id.
    pub(super) fn of(request: &Request, id: String) -> Self {
        let here = request.uri().path_and_query().map_or("", |it| it.as_str());
        Self {
            id,
            may_change: may_change(request.method()),
            from: came_from(request.headers()).filter(|from| from != here),
        }
    }
}

fn may_change(method: &Method) -> bool {
    !method.is_safe()
}

/// The page of the portal that a request came from, as browsers say it.
pub(super) fn came_from(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    let path = rest.find('/').map(|at| &rest[at..])?;
    // Another site's address would only name a page of ours.
    (inside(path) == path).then(|| path.to_owned())
}

/// No page takes longer than configured. A stream's answer begins at once, and is not bounded.
pub(super) async fn bounded(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let may_change = may_change(request.method());
    let patience = portal.api.cx.config.server.request_timeout.get();
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = if may_change {
                "It took too long, and was left. A part of it may have been done."
            } else {
                "The page took too long."
            };
            Failure(Problem::unavailable("too_slow", detail, 5)).into_response()
        }
    }
}

/// The answer to a method that an address does not take: most often somebody opens the address of a form.
pub(super) async fn method_not_allowed() -> Failure {
    let detail = "This address belongs to a form and cannot be opened.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into()
}

/// The answer, with a page in place of a failure and of the framework's own refusals, which are plain text.
pub(super) fn as_page(assets: &Assets, asked: &Asked, mut response: Response) -> Response {
    let failure = response.extensions_mut().remove::<Failure>();
    let Some(Failure(problem)) = failure.or_else(|| refusal(&response)) else { return response };
    if problem.status.is_server_error() {
        let (request_id, code) = (&asked.id, problem.code);
        tracing::error!(request_id, code, status = problem.status.as_u16(), "a page could not be shown");
    }
    let mut page = error_page(assets, asked, &problem);
    if let Some(seconds) = problem.retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}

fn refusal(response: &Response) -> Option<Failure> {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_bare = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    let detail = "The address or the request cannot be understood.";
    (is_failure && is_bare).then(|| Failure(Problem::new(status, "bad_request", detail)))
}

fn error_page(assets: &Assets, asked: &Asked, problem: &Problem) -> Response {
    let (title, todo) = words(problem, asked.may_change);
    let way_out = match &asked.from {
        Some(from) => (from.clone(), "Back".to_owned()),
        None => ("/portal".to_owned(), "To the overview".to_owned()),
    };
    let page = ErrorPage {
        assets: assets.clone(),
        status: problem.status.as_u16(),
        title: title.to_owned(),
        what: problem.detail.to_string(),
        todo: todo.to_owned(),
        request_id: if problem.status.is_server_error() { asked.id.clone() } else { String::new() },
        way_out,
    };
    (problem.status, render(&page)).into_response()
}

/// What happened in a few words, and what to do about it.
fn words(problem: &Problem, may_have_changed: bool) -> (&'static str, &'static str) {
    match problem.status {
        _ if problem.code == "not_set_up" => ("No password yet", "Open that link in this browser."),
        StatusCode::NOT_FOUND => ("Nothing here", "It may be gone, or the address has a typing error."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Nothing to open here", "Open the page with the form, and send it there.")
        }
        StatusCode::FORBIDDEN => {
            ("Not from this page", "Go back, load the page again and repeat what you did.")
        }
        StatusCode::SERVICE_UNAVAILABLE if may_have_changed => {
            ("Not right now", "It usually passes by itself. Look at what was done before you repeat it.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Not right now", "Try again in a moment; it usually passes by itself.")
        }
        status if status.is_client_error() => ("That did not work", "Go back and correct it."),
        _ if may_have_changed => (
            "Something broke",
            "The server's log says what, under the id below. A part of what you asked for may have been done: \
             look before you repeat it.",
        ),
        _ => ("Something broke", "The server's log says what, under the id below."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(referer: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::REFERER, HeaderValue::from_static(referer));
        came_from(&headers)
    }

    #[test]
    fn one_goes_back_to_pages_of_the_portal_only() {
        assert_eq!(from("https://hub.example/portal/jobs?kind=x").as_deref(), Some("/portal/jobs?kind=x"));
        assert_eq!(from("https://hub.example/portal").as_deref(), Some("/portal"));
        for elsewhere in
            ["https://hub.example", "https://hub.example/", "/portal/jobs", "", "https://x//portal/"]
        {
            assert_eq!(from(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(from("https://hub.example/portal/login?next=x"), None);
    }

    #[test]
    fn nobody_is_told_that_nothing_was_changed_where_something_may_have_been() {
        let broke = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "x");
        let slow = Problem::unavailable("too_slow", "x", 5);
        for problem in [broke, slow] {
            assert!(words(&problem, true).1.contains("before you repeat it"));
            assert!(!words(&problem, false).1.contains("repeat"));
        }
    }
}
