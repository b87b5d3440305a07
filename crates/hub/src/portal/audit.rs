//! The audit log: who did what, with filters in the address.

use super::connections::some;
use super::query::Query;
use super::session::Session;
use super::suggest;
use super::views::{AuditPage, AuditRow, Filter, Narrow, Section, Turn, text};
use super::{Failure, Portal, render};
use crate::api::audit::{AuditQuery, page};
use crate::audit::Action;
use crate::http::Problem;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeSet;
use syncline_store::audit::{Door, Entry};
use syncline_store::syncs::runs;
use syncline_store::{Scope, StoreError};

/// Entries on a page.
const PAGE: u32 = 40;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    action: String,
    door: String,
    actor: String,
    organization: String,
    object: String,
    since: String,
    until: String,
    cursor: Turn,
}

impl ListQuery {
    fn asked(&self) -> AuditQuery {
        AuditQuery {
            door: some(&self.door),
            actor: some(&self.actor),
            action: some(&self.action),
            org_id: some(&self.organization),
            object_id: some(&self.object),
            since: some(&self.since),
            until: some(&self.until),
            search: some(&self.search),
            limit: Some(PAGE),
            cursor: some(&self.cursor),
        }
    }

    async fn narrow(&self, portal: &Portal) -> Result<Narrow, StoreError> {
        let doors = Door::ALL.map(|door| (door.name(), door_word(door)));
        let groups: BTreeSet<&str> = Action::ALL.iter().map(|action| action.group()).collect();
        let words: Vec<(&str, String)> =
            groups.into_iter().map(|group| (group, format!("{}: all", group.replace('_', " ")))).collect();
        let groups = words.iter().map(|(group, words)| (*group, words.as_str()));
        let each = Action::ALL.iter().map(|action| (action.name(), action.says()));
        let mut actions: Vec<(&str, &str)> = groups.chain(each).collect();
        // A group stands before its actions.
        actions.sort_by_key(|(name, _)| *name);
        Ok(Narrow {
            base: "/portal/audit".into(),
            filters: vec![
                Filter::search("search", "Contains", self.search.trim()).hinted("Who, object or detail"),
                Filter::of("action", "What", self.action.trim(), &actions)
                    .or_say("Nothing is done that is called so."),
                Filter::of("door", "Through", self.door.trim(), &doors).or_say("There is no such way in."),
                Filter::new("actor", "Who", self.actor.trim()),
                suggest::organization(portal, &self.organization).await?,
                Filter::new("object", "Object ID", self.object.trim()),
                Filter::instant("since", "From", self.since.trim()),
                Filter::instant("until", "To", self.until.trim()),
            ],
            cursor: self.cursor.clone(),
        })
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let narrow = query.narrow(&portal).await?;
    let (found, older, problem) = match page(&portal.api, &query.asked()).await {
        _ if narrow.is_wrong() => (Vec::new(), None, None),
        Ok((found, older)) => (found, older, None),
        Err(problem) if problem.status.is_client_error() => {
            (Vec::new(), None, Some(problem.detail.to_string()))
        }
        Err(problem) => return Err(problem.into()),
    };
    let rows = found.into_iter().map(row).collect();
    let shell = session.shell(&portal, Section::Audit);
    Ok(render(&AuditPage { shell, narrow, problem, rows, older }))
}

/// To the page of a sync's run: the log knows the run, and the page stands below its sync.
pub(super) async fn sync_run(
    State(portal): State<Portal>,
    _: Session,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    let run = runs::get(&portal.api.cx.store, &Scope::All, &id).await?;
    let run = run.ok_or_else(|| Problem::not_found("run"))?;
    let (sync, id) = (text::segment(&run.sync_id), text::segment(&run.id));
    Ok(Redirect::to(&format!("/portal/syncs/{sync}/runs/{id}")))
}

fn door_word(door: Door) -> &'static str {
    match door {
        Door::Portal => "Portal",
        Door::Api => "API key",
        Door::Cli => "Command line",
        Door::Page => "Connect page",
        Door::Hub => "The hub itself",
    }
}

fn row(entry: Entry) -> AuditRow {
    AuditRow {
        at: entry.at.to_string(),
        door: door_word(entry.door),
        actor: entry.actor,
        // An action of a later version is shown by its name.
        says: Action::named(&entry.action).map_or_else(|| entry.action.clone(), |it| it.says().to_owned()),
        action: entry.action,
        organization: entry.org_id,
        object_id: entry.object_id,
        detail: entry.detail,
    }
}
