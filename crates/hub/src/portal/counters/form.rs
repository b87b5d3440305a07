//! The form of a definition: made, or changed. All that the API takes, with what is wrong beside each field.

use super::super::connections::title;
use super::super::form::{check_csrf, read};
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::form::{DefinitionForm, DefinitionFormPage};
use super::super::views::{Choice, Section, text};
use super::super::{Failure, Portal, render};
use super::find;
use super::typed::{Sent, of};
use crate::counters::{Refused, keep};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::counters::definition::Problem;
use syncline_store::Scope;
use syncline_store::connections::{self, Filter, Status};
use syncline_store::counters::definitions::Stored;

/// Connections to choose from.
const OFFERED: u32 = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    connection: String,
}

pub(super) async fn new(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<NewQuery>,
) -> Result<Response, Failure> {
    let typed = DefinitionForm { connection_id: query.connection, ..DefinitionForm::usual() };
    page(&portal, &session, None, typed, Vec::new()).await
}

pub(super) async fn create(
    State(portal): State<Portal>,
    session: Session,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(sent)?;
    check_csrf(&sent.csrf, &session.csrf)?;
    let problems = match sent.definition() {
        Ok(_) if sent.wish == "preview" => Vec::new(),
        Ok(definition) => match keep::create(&session.cx(&portal), &Scope::All, definition).await {
            Ok(made) => return Ok(to(&made.id, "define")),
            Err(refused) => told(refused)?,
        },
        Err(problems) => problems,
    };
    page(&portal, &session, None, sent.form(), problems).await
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let stored = find(&portal, &id).await?;
    let typed = of(&stored.definition, stored.version);
    page(&portal, &session, Some(&stored), typed, Vec::new()).await
}

pub(super) async fn save(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(sent)?;
    check_csrf(&sent.csrf, &session.csrf)?;
    let stored = find(&portal, &id).await?;
    let problems = match sent.definition() {
        Ok(_) if sent.wish == "preview" => Vec::new(),
        Ok(definition) => {
            let version = sent.version.trim().parse().ok();
            match keep::update(&session.cx(&portal), &Scope::All, &id, definition, version).await {
                Ok(_) => return Ok(to(&id, "save")),
                Err(Refused::Changed) => return Ok(to(&id, "changed-by-another")),
                Err(refused) => told(refused)?,
            }
        }
        Err(problems) => problems,
    };
    page(&portal, &session, Some(&stored), sent.form(), problems).await
}

fn to(id: &str, did: &str) -> Response {
    Redirect::to(&format!("/portal/counters/{}?did={did}", text::segment(id))).into_response()
}

/// What is wrong with what was typed, by field; everything else is no matter of the form.
fn told(refused: Refused) -> Result<Vec<Problem>, Failure> {
    let message = refused.to_string();
    let about = |field: &str| Ok(vec![Problem { field: field.to_owned(), message }]);
    match refused {
        Refused::Problems(problems) => Ok(problems),
        Refused::NameTaken(_) => about("name"),
        Refused::NoConnection | Refused::Provider(_) | Refused::Ended => about("connection_id"),
        Refused::Gone | Refused::Changed | Refused::Keys(_) | Refused::Store(_) => Err(refused.into()),
    }
}

async fn page(
    portal: &Portal,
    session: &Session,
    of: Option<&Stored>,
    form: DefinitionForm,
    problems: Vec<Problem>,
) -> Result<Response, Failure> {
    let cx = &portal.api.cx;
    let filter = Filter { provider: Some("hubspot".to_owned()), ..Filter::default() };
    let mut found = connections::list(&cx.store, &Scope::All, &filter, OFFERED).await?;
    found.retain(|one| one.status != Status::Disconnected || one.id == form.connection_id);
    let connections = found
        .iter()
        .map(|one| Choice { value: one.id.clone(), label: format!("{}, {}", title(one), one.org_id) });
    let problems = problems.into_iter().map(|one| (one.field, text::sentence(&one.message, 400))).collect();
    Ok(render(&DefinitionFormPage {
        shell: session.shell(portal, Section::Counters),
        id: of.map(|stored| stored.id.clone()),
        trigger_shown: of.and_then(|stored| stored.trigger_shown.clone()),
        connections: connections.collect(),
        servers: cx.config.counters.server_names(&Scope::All),
        databases: cx.config.counters.database_names(&Scope::All),
        preview: super::typed::preview(&form),
        form,
        problems,
    }))
}
