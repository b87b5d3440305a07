//! Setting up an account from the portal: what would change is shown first, and done when somebody says so.

use super::connections::title;
use super::form::{check_csrf, read};
use super::session::Session;
use super::show::provider_name;
use super::views::{AccountSetupPage, Section, SetupStep, text};
use super::{Failure, Portal, render};
use crate::api::connections::find;
use crate::api::runs::check_usable;
use crate::cx::Cx;
use crate::http::Problem;
use crate::setup::{self, How, Report, State as Became};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use syncline_core::time::Timestamp;
use syncline_providers::setup::Kind;
use syncline_store::connections::Connection;

/// Accounts whose last look is remembered.
const REMEMBERED: usize = 100;

/// What was seen at providers last, by connection, until the process ends: opening the page asks nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks(Arc<Mutex<BTreeMap<String, (Timestamp, Report)>>>);

impl Looks {
    fn of(&self, connection_id: &str) -> Option<(Timestamp, Report)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(connection_id).cloned()
    }

    /// Remembers a look; the oldest one is forgotten for it where there are too many.
    fn note(&self, connection_id: &str, at: Timestamp, report: Report) {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.insert(connection_id.to_owned(), (at, report));
        if looks.len() > REMEMBERED {
            let oldest = looks.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                looks.remove(&oldest);
            }
        }
    }

    fn forget(&self, connection_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(connection_id);
    }
}

/// Shows what would change, as far as that was looked at.
pub(super) async fn plan(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let connection = find(&portal.api, &session.caller(), &id).await?;
    check_usable(&connection)?;
    let (looked_at, report) = portal.looks.of(&id).unzip();
    Ok(page(&portal, &session, &connection, report, looked_at))
}

#[derive(Debug, Deserialize)]
pub(super) struct SetupForm {
    csrf: String,
    /// `look`: only look at the provider what is there.
    #[serde(default)]
    r#do: String,
}

/// Looks what would change, or does it, and shows what that came to.
pub(super) async fn run(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<SetupForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let connection = find(&portal.api, &session.caller(), &id).await?;
    check_usable(&connection)?;
    let dry_run = form.r#do == "look";
    // What was seen before is over, also when this fails half way.
    portal.looks.forget(&id);
    let report = prepared(session.cx(&portal), &connection, dry_run).await?;
    if dry_run {
        portal.looks.note(&id, portal.api.cx.now(), report);
        return Ok(Redirect::to(&format!("/portal/connections/{}/setup", text::segment(&id))).into_response());
    }
    Ok(page(&portal, &session, &connection, Some(report), None))
}

/// Comes to its end although the browser may have gone: a webhook whose secret nobody kept is worth nothing.
async fn prepared(cx: Cx, connection: &Connection, dry_run: bool) -> Result<Report, Problem> {
    let how = How { dry_run, by_operator: true, take_over: false };
    let connection = connection.clone();
    let work = tokio::spawn(async move { setup::prepare(&cx, &connection, how).await });
    let report = work.await.map_err(|_| Problem::unavailable("stopping", "The hub is stopping.", 5))??;
    Ok(report)
}

/// The page; without a report nobody has looked yet.
fn page(
    portal: &Portal,
    session: &Session,
    connection: &Connection,
    report: Option<Report>,
    looked_at: Option<Timestamp>,
) -> Response {
    let is_known = report.is_some();
    let (steps, verification) = report.map(|report| (report.steps, report.verification)).unwrap_or_default();
    let steps: Vec<SetupStep> = steps
        .into_iter()
        .map(|step| SetupStep {
            word: setup::report::word(step.kind, step.state),
            class: class(step.kind, step.state),
            what: step.what,
            reason: step.reason,
            to_do: step.state == Became::Planned && step.kind != Some(Kind::ByHand),
        })
        .collect();
    render(&AccountSetupPage {
        shell: session.shell(portal, Section::Connections),
        connection_id: connection.id.clone(),
        account_name: title(connection),
        provider_name: provider_name(&connection.provider).to_owned(),
        is_known,
        looked_at: looked_at.map(|at| at.to_string()),
        steps,
        verification: verification.map(|one| (one.token, one.arrived_at.to_string())),
    })
}

fn class(kind: Option<Kind>, became: Became) -> &'static str {
    match (became, kind) {
        (Became::Failed, _) => "k-delete",
        (_, Some(Kind::ByHand)) => "k-warn",
        (_, Some(Kind::Unchanged) | None) => "",
        (Became::Done, _) => "k-create",
        (Became::Planned, _) => "k-message",
    }
}
