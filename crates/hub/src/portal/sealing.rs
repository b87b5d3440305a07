//! The keys that seal credentials: which there are, how much is under each, a new one in front, old ones out.

use super::access::CsrfForm;
use super::form::{check_csrf, read};
use super::query::Query;
use super::session::Session;
use super::short::{self, contains};
use super::views::operate::{SEALING_STATES, SealingKey, SealingPage};
use super::views::{Filter, Narrow, Notice, Section, Tone, Turn};
use super::{Failure, Portal, render};
use crate::connect::ConnectError;
use crate::http::Problem;
use crate::keys::KeysError;
use crate::sealing::{self, KeyView};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    search: String,
    state: String,
    cursor: Turn,
    /// What the last action did, to be said once.
    did: String,
}

impl ListQuery {
    fn narrow(&self) -> Narrow {
        Narrow {
            base: "/portal/sealing".into(),
            filters: vec![
                Filter::search("search", "Key contains", self.search.trim()).hinted("Part of its ID"),
                Filter::of("state", "State", self.state.trim(), &SEALING_STATES),
            ],
            cursor: self.cursor.clone(),
        }
    }
}

fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "rotate" => (
            Tone::Good,
            "A new key seals from now on. Everything else is sealed anew in the background. Back up the keys.",
        ),
        "prune" => (Tone::Good, "Keys that nothing is sealed with were taken out."),
        "none" => (Tone::Plain, "Something is sealed with every key there is: none was taken out."),
        "young" => (
            Tone::Plain,
            "The keys changed less than ten minutes ago, and what was sealed just before may not be stored yet. Try again later.",
        ),
        "configured" => (
            Tone::Plain,
            "The keys are in the setting sealing.keys: put a new one in front there, restart, and come back.",
        ),
        "busy" => (Tone::Plain, "Another process is changing the keys just now. Try again in a moment."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}

pub(super) async fn list(
    State(portal): State<Portal>,
    session: Session,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let keys = sealing::list(&portal.api.cx).await.map_err(Problem::from)?;
    let keys: Vec<SealingKey> = keys.into_iter().map(row).collect();
    let narrow = query.narrow();
    let fits = |key: &&SealingKey| {
        let state = query.state.trim();
        !narrow.is_wrong() && contains(&key.id, &query.search) && (state.is_empty() || key.state() == state)
    };
    let fitting: Vec<String> = keys.iter().filter(fits).map(|key| key.id.clone()).collect();
    let (listed, older) = short::page(fitting, &query.cursor, |id| id);
    let mut shell = session.shell(&portal, Section::Sealing);
    shell.notice = said(&query.did);
    let in_a_file = portal.api.cx.keys.are_in_a_file();
    Ok(render(&SealingPage { shell, narrow, problem: None, in_a_file, keys, listed, older }))
}

fn row(key: KeyView) -> SealingKey {
    let whole = |count: i64| u64::try_from(count).unwrap_or(0);
    SealingKey {
        id: key.id,
        current: key.current,
        available: key.available,
        connections: whole(key.connections),
        endpoints: whole(key.endpoints),
        counters: whole(key.counters),
    }
}

pub(super) async fn rotate(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    done(sealing::rotate(&session.cx(&portal)).await.map(|_| "rotate"))
}

pub(super) async fn prune(
    State(portal): State<Portal>,
    session: Session,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    done(sealing::prune(&session.cx(&portal)).await.map(|pruned| match (pruned.gone, pruned.again_at) {
        (0, None) => "none",
        (0, Some(_)) => "young",
        _ => "prune",
    }))
}

/// Back to the list, which says what was done; what only the configuration can mend is said there, too.
fn done(did: Result<&'static str, ConnectError>) -> Result<Response, Failure> {
    let did = match did {
        Ok(did) => did,
        Err(ConnectError::Keys(KeysError::Configured)) => "configured",
        Err(ConnectError::Keys(KeysError::Busy)) => "busy",
        Err(error) => return Err(Problem::from(error).into()),
    };
    Ok(Redirect::to(&format!("/portal/sealing?did={did}")).into_response())
}
