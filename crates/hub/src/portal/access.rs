//! Getting in: the first start's password, login, logout.

use super::form::{check_csrf, read};
use super::query::Query;
use super::session::{self, FORM_COOKIE, Session, cookie, set_cookie};
use super::views::{LoginPage, LoginProblem, SetupPage};
use super::{Failure, Portal, render, setup};
use crate::audit::{self, Action, By, To};
use crate::http::Problem;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use syncline_core::time::Timestamp;
use syncline_store::audit::Door;
use syncline_store::portal::{self as rows, Setting};

/// The fewest characters a password may have.
const MIN_LENGTH: usize = 10;
/// The most: hashing more would only cost time.
const MAX_LENGTH: usize = 256;
/// Wrong passwords before the form rests.
const MAX_ATTEMPTS: u32 = 8;
/// How long it rests.
const REST: Duration = Duration::from_secs(60);

/// Wrong passwords lately, in this process. There is one operator, so there is one count.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<(u32, Timestamp)>);

impl Attempts {
    /// How long the form still rests.
    fn rest(&self, now: Timestamp) -> Option<u64> {
        let (wrong, last) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = last.plus(REST).since(now);
        (wrong >= MAX_ATTEMPTS && !left.is_zero()).then(|| left.as_secs().max(1))
    }

    fn note(&self, correct: bool, now: Timestamp) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A pause of the resting time forgets what was before.
        let before = if now.since(attempts.1) > REST { 0 } else { attempts.0 };
        *attempts = if correct { (0, now) } else { (before + 1, now) };
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct LoginQuery {
    #[serde(default)]
    next: String,
    why: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LoginForm {
    csrf: String,
    #[serde(default)]
    next: String,
    password: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SetupQuery {
    #[serde(default)]
    token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SetupForm {
    csrf: String,
    token: String,
    password: String,
    confirm: String,
}

pub(super) async fn login_page(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Query(query): Query<LoginQuery>,
) -> Result<Response, Failure> {
    if rows::setting(&portal.api.cx.store, Setting::Password).await?.is_none() {
        let detail = "No password has been chosen yet. The server printed a link for that when it started; \
                      `syncline portal-link` prints a new one.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not_set_up", detail).into());
    }
    let problem = match query.why.as_deref() {
        Some("ended") => LoginProblem::SessionEnded,
        Some("out") => LoginProblem::SignedOut,
        _ => LoginProblem::None,
    };
    Ok(login_form(&portal, &headers, query.next, problem, StatusCode::OK))
}

pub(super) async fn log_in(
    State(portal): State<Portal>,
    headers: HeaderMap,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &cookie(&headers, FORM_COOKIE).unwrap_or_default())?;
    let now = portal.api.cx.now();
    if let Some(retry_after_seconds) = portal.attempts.rest(now) {
        let problem = LoginProblem::TooManyAttempts { retry_after_seconds };
        let mut resting = login_form(&portal, &headers, form.next, problem, StatusCode::TOO_MANY_REQUESTS);
        resting.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
        return Ok(resting);
    }
    let stored = rows::setting(&portal.api.cx.store, Setting::Password).await?.unwrap_or_default();
    let correct = verify(form.password, stored).await;
    portal.attempts.note(correct, now);
    if !correct {
        tracing::warn!("portal: wrong password");
        let cx = portal.api.cx.on_word_of(&By::at(Door::Portal, ""));
        audit::note_after(&cx, Action::SignInRefused, To::default(), "wrong password").await;
        let status = StatusCode::UNAUTHORIZED;
        return Ok(login_form(&portal, &headers, form.next, LoginProblem::WrongPassword, status));
    }
    let cookie = session::begin(&portal).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(inside(&form.next))).into_response())
}

pub(super) async fn log_out(
    State(portal): State<Portal>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let cookie = session::end(&portal, &headers).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/portal/login?why=out")).into_response())
}

/// A form with nothing but its token.
#[derive(Debug, Deserialize)]
pub(super) struct CsrfForm {
    pub(super) csrf: String,
}

pub(super) async fn setup_page(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Query(query): Query<SetupQuery>,
) -> Result<Response, Failure> {
    if !setup::is_valid(&portal.api.cx, &query.token).await? {
        return Err(link_expired());
    }
    Ok(setup_form(&portal, &headers, query.token, None, StatusCode::OK))
}

pub(super) async fn set_up(
    State(portal): State<Portal>,
    headers: HeaderMap,
    form: Result<Form<SetupForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &cookie(&headers, FORM_COOKIE).unwrap_or_default())?;
    let cx = &portal.api.cx.on_word_of(&By::at(Door::Portal, ""));
    if !setup::is_valid(cx, &form.token).await? {
        return Err(link_expired());
    }
    let length = form.password.chars().count();
    let problem = if length < MIN_LENGTH {
        Some(format!("A password has at least {MIN_LENGTH} characters; this one has {length}."))
    } else if length > MAX_LENGTH {
        Some(format!("A password has at most {MAX_LENGTH} characters."))
    } else if form.password != form.confirm {
        Some("The two passwords differ.".to_owned())
    } else {
        None
    };
    if problem.is_some() {
        return Ok(setup_form(&portal, &headers, form.token, problem, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let hash = hash_password(form.password).await?;
    let mut tx = cx.store.begin().await?;
    rows::set(&mut tx, Setting::Password, Some(&hash)).await?;
    rows::set(&mut tx, Setting::SetupLink, None).await?;
    rows::sign_everyone_out(&mut tx).await?;
    audit::note(cx, &mut tx, Action::PasswordSet, To::default(), "all sessions ended").await?;
    tx.commit().await?;
    let cookie = session::begin(&portal).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/portal")).into_response())
}

fn link_expired() -> Failure {
    let detail = "This link was used already or has expired. `syncline portal-link` prints a new one.";
    Problem::new(StatusCode::NOT_FOUND, "link_expired", detail).into()
}

fn login_form(
    portal: &Portal,
    headers: &HeaderMap,
    next: String,
    problem: LoginProblem,
    status: StatusCode,
) -> Response {
    let csrf = form_token(portal, headers);
    let host = portal.api.cx.config.server.public_url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let page = LoginPage {
        assets: portal.assets.clone(),
        csrf: csrf.clone(),
        instance: host.to_owned(),
        next,
        reset_command: "syncline portal-link".to_owned(),
        problem,
    };
    with_form_cookie(portal, &csrf, status, render(&page))
}

fn setup_form(
    portal: &Portal,
    headers: &HeaderMap,
    token: String,
    problem: Option<String>,
    status: StatusCode,
) -> Response {
    let csrf = form_token(portal, headers);
    let page = SetupPage {
        assets: portal.assets.clone(),
        csrf: csrf.clone(),
        token,
        min_length: MIN_LENGTH,
        problem,
    };
    with_form_cookie(portal, &csrf, status, render(&page))
}

/// The token of the forms before there is a session: kept if the browser has one, so that two open tabs both work.
fn form_token(portal: &Portal, headers: &HeaderMap) -> String {
    cookie(headers, FORM_COOKIE)
        .filter(|token| token.len() == 43)
        .unwrap_or_else(|| portal.api.cx.dice.token())
}

fn with_form_cookie(portal: &Portal, csrf: &str, status: StatusCode, page: Response) -> Response {
    (status, [(header::SET_COOKIE, set_cookie(portal, FORM_COOKIE, csrf, 3_600))], page).into_response()
}

/// Only pages of the portal are gone to after signing in.
pub(super) fn inside(next: &str) -> &str {
    let plain = (next == "/portal" || next.starts_with("/portal?") || next.starts_with("/portal/"))
        && !next.contains(|c: char| c == '\\' || c.is_control())
        && !next.starts_with("/portal/log");
    if plain { next } else { "/portal" }
}

async fn hash_password(password: String) -> Result<String, Failure> {
    // A tenth of a second of one core, on purpose: not on a thread that serves others.
    let work = move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string());
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(hash)) => Ok(hash),
        _ => {
            let detail = "The password could not be stored.";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into())
        }
    }
}

async fn verify(password: String, stored: String) -> bool {
    if password.chars().count() > MAX_LENGTH {
        return false;
    }
    let work = move || {
        PasswordHash::new(&stored)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(false)
}
