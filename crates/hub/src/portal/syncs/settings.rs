//! The settings of a sync: its name, terms and schedule.

use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::views::syncs::{SettingsPage, SyncRow};
use super::super::views::{Section, text};
use super::super::{Failure, Portal, render};
use super::form::Sent;
use super::new::{shown, with_objects};
use super::show::{Known, sync_row};
use super::terms::{self, terms};
use super::{act, find};
use crate::http::Problem;
use crate::sync::{self, Change, Refused};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use syncline_store::Scope;
use syncline_store::syncs::Sync;

pub(super) async fn show(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let sync = find(&portal, &id).await?;
    let row = sync_row(&portal, &mut Known::default(), &sync).await?;
    let sent = Sent {
        name: sync.name.clone(),
        every: sync.every.map(|every| every.as_secs().to_string()).unwrap_or_default(),
        version: sync.version,
        ..Sent::of(&sync.agreement)
    };
    let known = terms::Known {
        ends: row.ends.clone(),
        agreement: Some(&sync.agreement),
        schemas: Some(&sync.schemas),
        ..terms::Known::default()
    };
    Ok(page(&portal, &session, row, &sent, known))
}

fn page(portal: &Portal, session: &Session, sync: SyncRow, sent: &Sent, known: terms::Known<'_>) -> Response {
    let shell = session.shell(portal, Section::Syncs);
    render(&SettingsPage { shell, sync, terms: terms(portal, sent, known), version: sent.version })
}

pub(super) async fn save(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(form)?.tidied();
    check_csrf(&sent.csrf, &session.csrf)?;
    let sync = find(&portal, &id).await?;
    let sent = sent.with_kept(&sync.agreement);
    let row = sync_row(&portal, &mut Known::default(), &sync).await?;
    if sent.version != sync.version && sent.wish == "save" {
        return Ok(stale(&portal, &session, row, &sync, &sent));
    }
    let meant = match sent.read() {
        Ok(meant) => meant,
        Err(problems) => {
            let (ends, agreement) = (row.ends.clone(), Some(&sync.agreement));
            let known = terms::Known { ends, agreement, problems, ..terms::Known::default() };
            return Ok(page(&portal, &session, row, &sent, known));
        }
    };
    let change = Change {
        name: Some(sent.name.clone()),
        agreement: Some(meant.agreement.clone()).filter(|agreement| *agreement != sync.agreement),
        every: Some(meant.every),
        state: None,
    };
    let cx = &session.cx(&portal);
    if sent.wish == "save" {
        match sync::change(cx, &Scope::All, &id, change).await {
            Ok(_) => {
                return Ok(
                    Redirect::to(&format!("/portal/syncs/{}?did=save", text::segment(&id))).into_response()
                );
            }
            Err(Refused::Gone) => return Err(Problem::not_found("sync").into()),
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(Refused::Changed) => return Ok(stale(&portal, &session, row, &sync, &sent)),
            // The check below says what is wrong, and where.
            Err(_) => {}
        }
    }
    let checked = sync::check(cx, &Scope::All, &sync.connections, &meant.agreement).await;
    let ends = with_objects(&row.ends, &meant.agreement);
    let known = shown(ends, &meant.agreement, &checked)?;
    Ok(page(&portal, &session, row, &sent, known))
}

/// Somebody else was quicker: what was typed is still there, and can be saved after a look at what changed.
fn stale(portal: &Portal, session: &Session, row: SyncRow, sync: &Sync, sent: &Sent) -> Response {
    let known = terms::Known {
        ends: row.ends.clone(),
        agreement: Some(&sync.agreement),
        schemas: Some(&sync.schemas),
        problem: act::said("changed").map(|notice| notice.text),
        ..terms::Known::default()
    };
    page(portal, session, row, sent, known)
}
