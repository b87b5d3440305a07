//! One delivery with its attempts, and sending it again.

use super::super::access::CsrfForm;
use super::super::form::{check_csrf, read};
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::endpoints::{AttemptView, DeliveryPage};
use super::super::views::{Section, text};
use super::super::{Failure, Portal, render};
use super::act::said;
use super::list::row;
use super::show::delivery_row;
use crate::api::notify::with_attempts;
use crate::endpoints::{self, Refused};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use syncline_store::notify::attempts::Attempt;
use syncline_store::notify::messages;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Did {
    did: Option<String>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path((message_id, endpoint_id)): Path<(String, String)>,
    Query(query): Query<Did>,
) -> Result<Response, Failure> {
    let (cx, caller) = (&portal.api.cx, session.caller());
    let (view, tried) = with_attempts(&portal.api, &caller, &message_id, &endpoint_id).await?;
    // Deliveries outlive their endpoint.
    let endpoint = match endpoints::get(cx, &caller.scope, &endpoint_id).await {
        Ok(endpoint) => Some(endpoint),
        Err(Refused::Gone) => None,
        Err(error) => return Err(error.into()),
    };
    let message = messages::get(&cx.store, &caller.scope, &message_id).await?;
    let mut shell = session.shell(&portal, Section::Deliveries);
    shell.notice = query.did.as_deref().and_then(said);
    let (organization, order_key, payload) =
        message.map(|message| (message.org_id, message.order_key, Some(message.payload))).unwrap_or_default();
    let now = cx.now();
    let paused_until = endpoint.as_ref().and_then(|endpoint| endpoint.health.paused_until);
    let paused_until = paused_until.filter(|until| *until > now).map(|at| at.to_string());
    Ok(render(&DeliveryPage {
        shell,
        is_due: view.next_attempt_at.is_some_and(|at| at <= now),
        paused_until,
        row: delivery_row(view),
        endpoint: endpoint.map(row),
        organization,
        order_key,
        payload,
        attempts: tried.into_iter().map(attempt).collect(),
    }))
}

fn attempt(attempt: Attempt) -> AttemptView {
    let headers: BTreeMap<String, serde_json::Value> =
        attempt.headers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    AttemptView {
        at: attempt.at.to_string(),
        latency: u64::try_from(attempt.latency.as_millis()).unwrap_or(u64::MAX),
        status: attempt.status,
        error: attempt.error,
        headers: headers.into_iter().map(|(name, value)| (name, text(value))).collect(),
        body: attempt.body,
    }
}

pub(super) async fn resend(
    State(portal): State<Portal>,
    session: Session,
    Path((message_id, endpoint_id)): Path<(String, String)>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let scope = session.caller().scope;
    let did = match endpoints::resend(&session.cx(&portal), &scope, &message_id, &endpoint_id).await {
        Ok(()) => "resend",
        Err(Refused::Disabled) => "disabled",
        Err(refused) => return Err(refused.into()),
    };
    let (message, endpoint) = (text::segment(&message_id), text::segment(&endpoint_id));
    Ok(Redirect::to(&format!("/portal/deliveries/{message}/{endpoint}?did={did}")).into_response())
}
