//! All comparisons of a definition.

use super::super::connections::some;
use super::super::query::Query;
use super::super::session::Session;
use super::super::views::counters::CounterRunsPage;
use super::super::views::{Filter, Narrow, Section, Turn, text};
use super::super::{Failure, Portal, render};
use super::list::plain_row;
use super::{find, run};
use crate::api::jobs::read_cursor;
use crate::api::paging::next_cursor;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use syncline_store::Scope;
use syncline_store::counters::runs::{self, State as RunState};

/// Comparisons on a page.
const PAGE: u32 = 25;

const STATES: [(&str, &str); 5] = [
    ("waiting", "Waiting"),
    ("running", "Comparing"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
];
const KINDS: [(&str, &str); 2] = [("no", "Not dry"), ("yes", "Dry: only looked")];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    state: String,
    dry: String,
    cursor: Turn,
}

impl ListQuery {
    /// Which runs are meant.
    ///
    /// # Errors
    /// What cannot be understood, in a sentence.
    fn filter(&self, id: &str) -> Result<runs::Filter, &'static str> {
        let state = match some(&self.state) {
            Some(name) => Some(RunState::named(&name).ok_or("There is no such state.")?),
            None => None,
        };
        let dry_run = match self.dry.trim() {
            "" => None,
            "yes" => Some(true),
            "no" => Some(false),
            _ => return Err("There is no such kind."),
        };
        Ok(runs::Filter { definition_id: Some(id.to_owned()), state, dry_run })
    }

    fn narrow(&self, id: &str) -> Narrow {
        Narrow {
            base: format!("/portal/counters/{}/runs", text::segment(id)).into(),
            filters: vec![
                Filter::of("state", "State", self.state.trim(), &STATES),
                Filter::of("dry", "Kind", self.dry.trim(), &KINDS),
            ],
            cursor: self.cursor.clone(),
        }
    }
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let definition = find(&portal, &id).await?;
    let cx = &portal.api.cx;
    let before = some(&query.cursor).and_then(|cursor| read_cursor(&cursor).ok());
    let (mut found, problem) = match query.filter(&id) {
        Ok(filter) => (runs::list(&cx.store, &Scope::All, &filter, before.as_ref(), PAGE + 1).await?, None),
        Err(problem) => (Vec::new(), Some(problem.to_owned())),
    };
    let older = next_cursor(&mut found, PAGE, |last| (last.created_at, &last.id));
    Ok(render(&CounterRunsPage {
        shell: session.shell(&portal, Section::Counters),
        definition: plain_row(&definition),
        narrow: query.narrow(&id),
        problem,
        runs: found.into_iter().map(|one| run::row(one, cx.now())).collect(),
        older,
    }))
}
