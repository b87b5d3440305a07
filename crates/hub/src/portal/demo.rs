//! The page of the demo: what to look at next, what happened lately, and what can be broken. The director tells it; see `cli/demo`.

use super::access::CsrfForm;
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::{self, Session};
use super::views::demo::{Breakage, DemoPage, Line, Step};
use super::views::{Notice, Section, Tone, text};
use super::{Failure, Portal, render};
use crate::http::Problem;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use serde::Deserialize;
use std::time::Duration;
use syncline_core::secret::Secret;

/// How long the director may take; it asks this hub in turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The page, its buttons, and the address that signs a visitor in.
pub(super) fn router() -> Router<Portal> {
    Router::new()
        .route("/portal/demo", get(show))
        .route("/portal/demo/enter", get(enter))
        .route("/portal/demo/break/{what}", post(break_something))
}

/// What the director tells.
#[derive(Debug, Default, Deserialize)]
struct Told {
    is_ready: bool,
    sandbox: String,
    steps: Vec<Step>,
    lately: Vec<Line>,
    breakages: Vec<Breakage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShowQuery {
    did: Option<String>,
}

async fn show(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ShowQuery>,
) -> Result<Response, Failure> {
    let (director, token) = behind(&portal)?;
    let request = portal.api.cx.client.get(format!("{director}/state")).bearer_auth(token.expose());
    let told = match request.timeout(PATIENCE).send().await {
        Ok(answer) if answer.status().is_success() => answer.json::<Told>().await.ok(),
        _ => None,
    };
    let mut shell = session.shell(&portal, Section::Demo);
    shell.notice = query.did.as_deref().and_then(said);
    let is_away = told.is_none();
    let Told { is_ready, sandbox, steps, lately, breakages } = told.unwrap_or_default();
    Ok(render(&DemoPage { shell, is_ready, is_away, sandbox, steps, lately, breakages }))
}

/// Where the director is, and the token; 404 where this hub is part of no demo.
fn behind(portal: &Portal) -> Result<(String, Secret), Failure> {
    let found = portal.api.cx.config.demo.behind();
    let (director, token) = found.ok_or_else(|| Failure::from(Problem::not_found("page")))?;
    Ok((director.to_string(), token.clone()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EnterQuery {
    token: String,
}

/// Signs a visitor of the demo in. The address can be opened as often as one likes, for as long as the demo runs.
async fn enter(State(portal): State<Portal>, Query(query): Query<EnterQuery>) -> Result<Response, Failure> {
    let (_, token) = behind(&portal)?;
    if Secret::new(query.token) != token {
        let detail = "This address is of another demo. The one that runs has printed its own; `o` and Enter there print it again.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "link_expired", detail).into());
    }
    let cookie = session::begin(&portal).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/portal/demo")).into_response())
}

/// Has the director break something.
async fn break_something(
    State(portal): State<Portal>,
    session: Session,
    Path(what): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let (director, token) = behind(&portal)?;
    let url = format!("{director}/break/{}", text::segment(&what));
    let request = portal.api.cx.client.post(url).bearer_auth(token.expose()).timeout(PATIENCE);
    let did = match request.send().await.map(|answer| answer.status()) {
        Ok(StatusCode::ACCEPTED) => "broken",
        Ok(StatusCode::CONFLICT) => "already",
        Ok(StatusCode::NOT_FOUND) => return Err(Problem::not_found("page").into()),
        _ => "away",
    };
    Ok(Redirect::to(&format!("/portal/demo?did={did}")).into_response())
}

/// What an action did, in words.
fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "broken" => (Tone::Plain, "Done. What happened says what to watch, and when it is whole again."),
        "already" => (Tone::Plain, "That is broken already, or the demo is not ready yet."),
        "away" => (Tone::Bad, "The demo’s director does not answer. Was it ended?"),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}
