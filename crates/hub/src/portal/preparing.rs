//! Setting up an account from the portal: what would change is shown first, and done when somebody says so.

use super::connections::title;
use super::form::{check_csrf, read};
use super::session::Session;
use super::show::provider_name;
use super::views::{AccountSetupPage, Section, SetupStep};
use super::{Failure, Portal, render};
use crate::api::connections::find;
use crate::api::runs::check_usable;
use crate::cx::Cx;
use crate::http::Problem;
use crate::setup::{self, How, Report, State as Became};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_providers::setup::Kind;
use syncline_store::connections::Connection;

/// Looks at the provider what is there, and shows what would change.
pub(super) async fn plan(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let connection = find(&portal.api, &session.caller(), &id).await?;
    check_usable(&connection)?;
    let report = prepared(session.cx(&portal), &connection, true).await?;
    Ok(page(&portal, &session, &connection, report))
}

#[derive(Debug, Deserialize)]
pub(super) struct SetupForm {
    csrf: String,
}

/// Does it, and shows what was done.
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
    let report = prepared(session.cx(&portal), &connection, false).await?;
    Ok(page(&portal, &session, &connection, report))
}

/// Comes to its end although the browser may have gone: a webhook whose secret nobody kept is worth nothing.
async fn prepared(cx: Cx, connection: &Connection, dry_run: bool) -> Result<Report, Problem> {
    let how = How { dry_run, by_operator: true, take_over: false };
    let connection = connection.clone();
    let work = tokio::spawn(async move { setup::prepare(&cx, &connection, how).await });
    let report = work.await.map_err(|_| Problem::unavailable("stopping", "The hub is stopping.", 5))??;
    Ok(report)
}

fn page(portal: &Portal, session: &Session, connection: &Connection, report: Report) -> Response {
    let steps: Vec<SetupStep> = report
        .steps
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
        dry_run: report.dry_run,
        steps,
        verification: report.verification.map(|one| (one.token, one.arrived_at.to_string())),
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
