//! What can be done with an endpoint: turned on and off, ended, its secret rotated, tried, sent again to.

use super::super::access::CsrfForm;
use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::views::endpoints::NewSecret;
use super::super::views::{Notice, Tone, text};
use super::super::{Failure, Portal};
use super::show::{ShowQuery, page};
use crate::config::Span;
use crate::endpoints::{self, Made, NewSecret as Wanted, Refused, Wish};
use crate::http::Problem;
use crate::notify;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::notify::secret::Scheme;
use syncline_core::time::Timestamp;
use syncline_store::notify::endpoints::State as EndpointState;

/// What an action did, in words.
pub(super) fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "save" => (Tone::Good, "Saved. It holds from the next attempt on."),
        "enable" => (Tone::Good, "The endpoint is enabled. What waited for it goes on."),
        "disable" => (Tone::Good, "The endpoint is disabled. What waits goes on waiting."),
        "delete" => (Tone::Good, "The endpoint is deleted. What waited for it is never sent."),
        "recover" => (Tone::Good, "What failed is sent again."),
        "replay" => (Tone::Good, "The messages are on their way again."),
        "skip" => (Tone::Good, "What waited is dropped. A replay brings it back."),
        "resend" => (Tone::Good, "It is sent again now."),
        "test" => (Tone::Good, "The example is on its way."),
        "nothing" => (Tone::Plain, "There was nothing to do."),
        "disabled" => (Tone::Bad, "The endpoint is disabled. Enable it first."),
        "changed" => (Tone::Bad, "Somebody else changed the endpoint meanwhile. Look at it again."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}

/// Back to an endpoint.
pub(super) fn back(id: &str, did: &str) -> Response {
    Redirect::to(&format!("/portal/endpoints/{}?did={did}", text::segment(id))).into_response()
}

async fn turn(
    portal: &Portal,
    session: &Session,
    id: &str,
    form: Result<Form<CsrfForm>, FormRejection>,
    (state, did): (EndpointState, &str),
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    endpoints::set_state(&session.cx(portal), &session.caller().scope, id, state).await?;
    Ok(back(id, did))
}

pub(super) async fn enable(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    turn(&portal, &session, &id, form, (EndpointState::Enabled, "enable")).await
}

pub(super) async fn disable(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    turn(&portal, &session, &id, form, (EndpointState::Disabled, "disable")).await
}

pub(super) async fn delete(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let gone = endpoints::delete(&session.cx(&portal), &session.caller().scope, &id).await?;
    let did = if gone { "delete" } else { "nothing" };
    Ok(Redirect::to(&format!("/portal/endpoints?did={did}")).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct RotateForm {
    csrf: String,
    #[serde(default)]
    scheme: String,
    #[serde(default)]
    overlap: String,
}

/// The scheme that a form names.
pub(super) fn scheme_of(word: &str) -> Scheme {
    if word == "ed25519" { Scheme::Ed25519 } else { Scheme::Hmac }
}

/// What the receiver needs of a new secret.
pub(super) fn shown(made: &Made) -> NewSecret {
    match &made.view.public_key {
        Some(key) => NewSecret { text: key.clone(), public: true },
        None => NewSecret { text: made.secret.expose().to_owned(), public: false },
    }
}

pub(super) async fn rotate(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<RotateForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let overlap = Span::parse(&form.overlap).map_or(endpoints::OVERLAP, Span::get);
    let wanted = Wanted::Generated(scheme_of(&form.scheme));
    let made = endpoints::rotate(&session.cx(&portal), &session.caller().scope, &id, wanted, overlap).await?;
    page(&portal, &session, &id, &ShowQuery::default(), Some(shown(&made))).await
}

#[derive(Debug, Deserialize)]
pub(super) struct TestForm {
    csrf: String,
    #[serde(rename = "type", default)]
    kind: String,
}

pub(super) async fn test(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<TestForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let sent = notify::test(&session.cx(&portal), &session.caller().scope, &id, &form.kind).await;
    match sent.map_err(Refused::from) {
        Ok(message) => {
            let (message, id) = (text::segment(&message), text::segment(&id));
            Ok(Redirect::to(&format!("/portal/deliveries/{message}/{id}?did=test")).into_response())
        }
        Err(Refused::Disabled) => Ok(back(&id, "disabled")),
        Err(refused) => Err(refused.into()),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct SpanForm {
    csrf: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    delivered: String,
}

impl SpanForm {
    fn from(&self) -> Result<Timestamp, Problem> {
        let bad = |why: String| Problem::bad_request("bad_time", format!("The beginning: {why}."));
        Timestamp::parse(self.from.trim()).map_err(bad)
    }
}

pub(super) async fn recover(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<SpanForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let (cx, scope, since) = (&session.cx(&portal), session.caller().scope, form.from()?);
    let (mut until, mut all) = (None, 0);
    loop {
        let done = endpoints::recover(cx, &scope, &id, since, until).await?;
        all += done.recovered;
        until = Some(done.until);
        if !done.more {
            return Ok(back(&id, if all > 0 { "recover" } else { "nothing" }));
        }
    }
}

pub(super) async fn replay(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<SpanForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let (cx, scope) = (&session.cx(&portal), session.caller().scope);
    let mut wish = Wish { from: form.from()?, to: None, delivered: form.delivered == "yes", after: None };
    let mut sent = 0;
    loop {
        let done = endpoints::replay(cx, &scope, &id, wish.clone()).await?;
        sent += done.sent;
        wish = Wish { to: Some(done.to), after: done.next, ..wish };
        if wish.after.is_none() {
            return Ok(back(&id, if sent > 0 { "replay" } else { "nothing" }));
        }
    }
}

pub(super) async fn skip(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let mut all = 0;
    loop {
        let (some, more) = endpoints::skip(&session.cx(&portal), &session.caller().scope, &id, None).await?;
        all += some;
        if !more {
            return Ok(back(&id, if all > 0 { "skip" } else { "nothing" }));
        }
    }
}
