//! What can be done with a definition: paused, resumed, ended, compared.

use super::super::access::CsrfForm;
use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::views::{Notice, Tone, text};
use super::super::{Failure, Portal};
use super::find;
use crate::counters::request::{self, Asked};
use crate::counters::{Refused, keep};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_store::counters::runs::Cause;

/// What an action did, in words.
pub(super) fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "define" => {
            (Tone::Good, "The counter is made. `syncline counters setup` proves that the property moves.")
        }
        "save" => (Tone::Good, "Saved. What differs at HubSpot now is pushed again."),
        "changed-by-another" => {
            (Tone::Bad, "Somebody else changed the counter meanwhile. Look at it again; nothing was changed.")
        }
        "pause" => (Tone::Good, "The counter is paused. It counts on; nothing is pushed and compared."),
        "resume" => (Tone::Good, "The counter goes on. What waited is pushed."),
        "delete" => (Tone::Good, "The counter is deleted. The properties at HubSpot stay as they are."),
        "compare" => (Tone::Good, "The comparison begins."),
        "already" => (Tone::Plain, "A comparison was under way already. This is it."),
        "cancel" => (Tone::Good, "It stops at the end of the page it is at."),
        "over" => (Tone::Plain, "It was over already."),
        "changed" => (Tone::Good, "Counted. HubSpot follows."),
        "push" => (Tone::Good, "It is pushed again, whatever was seen before."),
        "ended" => (Tone::Bad, "Its connection is over: connect the account again first."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}

/// Back to a definition.
fn back(id: &str, did: &str) -> Response {
    Redirect::to(&format!("/portal/counters/{}?did={did}", text::segment(id))).into_response()
}

pub(super) async fn pause(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    keep::pause(&session.cx(&portal), &session.caller().scope, &id).await?;
    Ok(back(&id, "pause"))
}

pub(super) async fn resume(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    match keep::resume(&session.cx(&portal), &session.caller().scope, &id).await {
        Ok(_) => Ok(back(&id, "resume")),
        Err(Refused::Ended) => Ok(back(&id, "ended")),
        Err(refused) => Err(refused.into()),
    }
}

pub(super) async fn delete(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    keep::delete(&session.cx(&portal), &session.caller().scope, &id).await?;
    Ok(Redirect::to("/portal/counters?did=delete").into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct ReconcileForm {
    csrf: String,
    #[serde(default)]
    dry: String,
}

pub(super) async fn reconcile(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<ReconcileForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let stored = find(&portal, &id).await?;
    let asked = request::request(&session.cx(&portal), &stored, Cause::Manual, form.dry == "yes").await?;
    let did = if matches!(asked, Asked::New(_)) { "compare" } else { "already" };
    let run = text::segment(&asked.run().id);
    Ok(Redirect::to(&format!("/portal/counter-runs/{run}?did={did}")).into_response())
}
