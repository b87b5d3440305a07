//! Making a sync: two connections are chosen, the ready-made terms shown, changed, and agreed to.

use super::super::connections::title;
use super::super::form::{check_csrf, read};
use super::super::query::Query;
use super::super::session::Session;
use super::super::show::provider_name;
use super::super::views::syncs::{ChooseConnections, ConnectionGroup, End, TermsPage};
use super::super::views::{Choice, Section, text};
use super::super::{Failure, Portal, render};
use super::form::{Meant, Sent};
use super::show::{Known, end};
use super::terms::{self, sentence, terms};
use crate::cx::Cx;
use crate::http::Problem;
use crate::sync::{self, Checked, NewSync, Refused};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use syncline_core::sync::{Agreement, Side, Sides};
use syncline_store::connections::{self, Status};
use syncline_store::syncs::Sync;
use syncline_store::{Scope, StoreError};

/// Connections to choose from: the latest.
const OFFERED: u32 = 200;

/// What an agreement has to say at least, where none is ready-made.
const SKELETON: &str = r#"{
  "sides": {
    "left": { "object_type": "", "collection": "" },
    "right": { "object_type": "", "collection": "" }
  },
  "rules": [
    { "name": "email", "fields": { "left": ["Email"], "right": ["Email"] }, "normalise": "email" }
  ],
  "matching": [{ "rule": "email" }]
}"#;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    left: String,
    right: String,
}

pub(super) async fn new(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<NewQuery>,
) -> Result<Response, Failure> {
    let ids = Sides { left: query.left, right: query.right };
    if ids.left.is_empty() || ids.right.is_empty() {
        return choose(&portal, &session, ids, None).await;
    }
    let cx = &portal.api.cx;
    let filled = |agreement: &Agreement| Sent {
        left: ids.left.clone(),
        right: ids.right.clone(),
        run: if cx.config.sync.on_create { "yes" } else { "" }.to_owned(),
        ..Sent::of(agreement)
    };
    match sync::template(cx, &Scope::All, &ids).await {
        Ok(agreement) => ready_made(&portal, &session, &ids, &agreement, &filled(&agreement)).await,
        Err(Refused::NoTemplate) => {
            let blank: Agreement =
                serde_json::from_str(SKELETON).map_err(|_| Problem::not_found("ready-made agreement"))?;
            let sent = Sent { agreement: SKELETON.to_owned(), ..filled(&blank) };
            let known = terms::Known { ends: ends(&portal, &ids).await?, ..terms::Known::default() };
            Ok(page(&portal, &session, &sent, known, false))
        }
        Err(Refused::Store(error)) => Err(error.into()),
        Err(refused) => choose(&portal, &session, ids, Some(sentence(&refused))).await,
    }
}

/// The ready-made terms, checked against the fields that there are, so that what is missing is said at once.
async fn ready_made(
    portal: &Portal,
    session: &Session,
    ids: &Sides<String>,
    agreement: &Agreement,
    sent: &Sent,
) -> Result<Response, Failure> {
    let checked = sync::check(&portal.api.cx, &Scope::All, ids, agreement).await;
    let (checked, problem) = match checked {
        Ok(checked) => (Some(checked), None),
        Err(Refused::Store(error)) => return Err(error.into()),
        Err(refused) => (None, Some(sentence(&refused))),
    };
    let ends = with_objects(&ends(portal, ids).await?, agreement);
    let known = terms::Known {
        agreement: Some(agreement),
        schemas: checked.as_ref().map(|checked| &checked.schemas),
        mistakes: checked.as_ref().map_or(&[], |checked| &checked.mistakes),
        ends,
        problem,
        ..terms::Known::default()
    };
    Ok(page(portal, session, sent, known, true))
}

fn page(
    portal: &Portal,
    session: &Session,
    sent: &Sent,
    known: terms::Known<'_>,
    ready_made: bool,
) -> Response {
    let mut terms = terms(portal, sent, known);
    terms.ready_made = ready_made;
    render(&TermsPage { shell: session.shell(portal, Section::Syncs), terms })
}

async fn ends(portal: &Portal, ids: &Sides<String>) -> Result<Sides<End>, StoreError> {
    let mut known = Known::default();
    let mut ends = Sides::default();
    for side in Side::BOTH {
        ends[side] = end(&ids[side], known.get(portal, &ids[side]).await?);
    }
    Ok(ends)
}

/// The ends, with the records that an agreement speaks of.
pub(super) fn with_objects(ends: &Sides<End>, agreement: &Agreement) -> Sides<End> {
    Sides::of(|side| End {
        object_type: agreement.sides[side].object_type.clone(),
        collection: agreement.sides[side].collection.clone(),
        ..ends[side].clone()
    })
}

async fn choose(
    portal: &Portal,
    session: &Session,
    chosen: Sides<String>,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let filter = connections::Filter { status: Some(Status::Active), ..connections::Filter::default() };
    let found = connections::list(&portal.api.cx.store, &Scope::All, &filter, OFFERED).await?;
    let mut groups: BTreeMap<String, Vec<Choice>> = BTreeMap::new();
    for connection in found {
        let label =
            format!("{}: {}", provider_name(&connection.provider), text::preview(&title(&connection), 60));
        groups.entry(connection.org_id).or_default().push(Choice { value: connection.id, label });
    }
    let group = |(organization, connections)| ConnectionGroup { organization, connections };
    // Those that have only one to offer have nothing to choose.
    let groups = groups.into_iter().map(group).filter(|group| group.connections.len() > 1).collect();
    let shell = session.shell(portal, Section::Syncs);
    Ok(render(&ChooseConnections { shell, groups, chosen, problem }))
}

pub(super) async fn create(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Failure> {
    let sent = read(form)?.tidied();
    check_csrf(&sent.csrf, &session.csrf)?;
    let ids = Sides { left: sent.left.clone(), right: sent.right.clone() };
    let meant = match sent.read() {
        Ok(meant) => meant,
        Err(problems) => {
            let known =
                terms::Known { ends: ends(&portal, &ids).await?, problems, ..terms::Known::default() };
            return Ok(page(&portal, &session, &sent, known, false));
        }
    };
    if sent.wish == "create"
        && let Some(made) = made(&session.cx(&portal), &ids, &sent, &meant).await?
    {
        let did = if sent.run == "yes" { "create" } else { "create-only" };
        return Ok(
            Redirect::to(&format!("/portal/syncs/{}?did={did}", text::segment(&made.id))).into_response()
        );
    }
    let checked = sync::check(&portal.api.cx, &Scope::All, &ids, &meant.agreement).await;
    let ends = with_objects(&ends(&portal, &ids).await?, &meant.agreement);
    Ok(page(&portal, &session, &sent, shown(ends, &meant.agreement, &checked)?, false))
}

/// The sync, unless something is wrong with its terms: then the check says what.
async fn made(cx: &Cx, ids: &Sides<String>, sent: &Sent, meant: &Meant) -> Result<Option<Sync>, Failure> {
    let new = NewSync {
        name: sent.name.clone(),
        connections: ids.clone(),
        agreement: Some(meant.agreement.clone()),
        every: meant.every,
        run: Some(sent.run == "yes"),
    };
    match sync::create(cx, &Scope::All, new).await {
        Ok(made) => Ok(Some(made)),
        Err(Refused::Store(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// What came of a check, for the form.
pub(super) fn shown<'a>(
    ends: Sides<End>,
    agreement: &'a Agreement,
    checked: &'a Result<Checked, Refused>,
) -> Result<terms::Known<'a>, Failure> {
    let known = terms::Known { ends, agreement: Some(agreement), ..terms::Known::default() };
    match checked {
        Ok(checked) => Ok(terms::Known {
            schemas: Some(&checked.schemas),
            mistakes: &checked.mistakes,
            fine: checked.mistakes.is_empty(),
            ..known
        }),
        Err(Refused::Store(error)) => Err(Problem::unavailable("database", error.to_string(), 5).into()),
        Err(refused) => Ok(terms::Known { problem: Some(sentence(refused)), ..known }),
    }
}
