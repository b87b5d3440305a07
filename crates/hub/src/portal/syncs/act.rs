//! What can be done with a sync: run, paused, resumed, deleted; and with its run: cancelled.

use super::super::access::CsrfForm;
use super::super::form::{check_csrf, read};
use super::super::session::Session;
use super::super::views::{Notice, Tone, text};
use super::super::{Failure, Portal};
use super::find;
use crate::http::Problem;
use crate::sync::run::{Asked, Wanted, WantedReading};
use crate::sync::{self, Change, Refused};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use syncline_core::sync::Side;
use syncline_store::Scope;
use syncline_store::runs::Trigger;
use syncline_store::syncs::runs;
use syncline_store::syncs::{State as SyncState, Sync};

/// What an action did, in words.
pub(super) fn said(did: &str) -> Option<Notice> {
    let (tone, text) = match did {
        "create" => (Tone::Good, "The sync is made. Its first run begins as soon as a worker is free."),
        "create-only" => (Tone::Good, "The sync is made. Nothing is carried over before its first run."),
        "run" => (Tone::Good, "The run begins as soon as a worker is free."),
        "under-way" => (Tone::Plain, "A run is under way already; there is only ever one."),
        "pause" => (Tone::Good, "The sync is paused. What changes meanwhile is noted."),
        "resume" => (Tone::Good, "The sync goes on. What changed meanwhile is carried over now."),
        "save" => (Tone::Good, "Saved. A run carries it over to all records."),
        "cancel" => (Tone::Good, "The run stops at the end of the page it is at."),
        "over" => (Tone::Plain, "The run is over already."),
        "paused" => (Tone::Plain, "The sync is paused. Resume it first, then it can run."),
        "stuck" => (Tone::Bad, "It cannot go on: one of its connections needs a person first."),
        "changed" => {
            (Tone::Bad, "Somebody else changed the sync meanwhile. Look at it again; nothing was changed.")
        }
        "decided" => (Tone::Good, "Decided. It is carried out at once, in the background."),
        "left" => (Tone::Good, "Left alone. It is not asked about again until something changes."),
        "settled" => (Tone::Plain, "That conflict is not open any more. Nothing was changed."),
        _ => return None,
    };
    Some(Notice { tone, text: text.to_owned() })
}

#[derive(Debug, Deserialize)]
pub(super) struct RunForm {
    csrf: String,
    #[serde(default)]
    towards: String,
    #[serde(default)]
    dry: String,
    #[serde(default)]
    reading: String,
}

impl RunForm {
    fn wanted(&self) -> Result<Wanted, Problem> {
        let bad = |say: &'static str| Problem::bad_request("bad_run", say);
        let towards = match self.towards.as_str() {
            "" => None,
            word => Some(
                Side::named(word).ok_or_else(|| bad("A run writes to `left`, to `right`, or to both."))?,
            ),
        };
        let reading = match self.reading.as_str() {
            "" | "full" => WantedReading::Full,
            "changes" => WantedReading::Changes,
            "none" => WantedReading::None,
            _ => return Err(bad("A run reads `full`, `changes` or `none` first.")),
        };
        Ok(Wanted { towards, dry_run: self.dry == "yes", reading })
    }
}

pub(super) async fn run(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<RunForm>, FormRejection>,
) -> Result<Response, Failure> {
    let form = read(form)?;
    check_csrf(&form.csrf, &session.csrf)?;
    let wanted = form.wanted()?;
    let sync = find(&portal, &id).await?;
    if sync.state == SyncState::Paused {
        return Ok(back(&sync, "paused"));
    }
    let (run, did) = match sync::request(&session.cx(&portal), &sync, Trigger::Manual, &wanted).await? {
        Asked::New(run) => (run, "run"),
        Asked::UnderWay(run) => (run, "under-way"),
    };
    Ok(to_run(&id, &run.id, did))
}

fn back(sync: &Sync, did: &str) -> Response {
    Redirect::to(&format!("/portal/syncs/{}?did={did}", text::segment(&sync.id))).into_response()
}

fn to_run(sync_id: &str, run_id: &str, did: &str) -> Response {
    let (sync, run) = (text::segment(sync_id), text::segment(run_id));
    Redirect::to(&format!("/portal/syncs/{sync}/runs/{run}?did={did}")).into_response()
}

pub(super) async fn pause(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    set(&portal, &session, &id, SyncState::Paused, "pause").await
}

pub(super) async fn resume(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    set(&portal, &session, &id, SyncState::Active, "resume").await
}

async fn set(
    portal: &Portal,
    session: &Session,
    id: &str,
    state: SyncState,
    did: &str,
) -> Result<Response, Failure> {
    let sync = find(portal, id).await?;
    if sync.state == state {
        return Ok(back(&sync, did));
    }
    let change = Change { state: Some(state), ..Change::default() };
    match sync::change(&session.cx(portal), &Scope::All, id, change).await {
        Ok(sync) => Ok(back(&sync, did)),
        Err(Refused::Changed) => Ok(back(&sync, "changed")),
        Err(Refused::Gone) => Err(Problem::not_found("sync").into()),
        Err(Refused::Store(error)) => Err(error.into()),
        // The page names the connection and says what is to be done.
        Err(_) => Ok(back(&sync, "stuck")),
    }
}

pub(super) async fn delete(
    State(portal): State<Portal>,
    session: Session,
    Path(id): Path<String>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    find(&portal, &id).await?;
    sync::delete(&session.cx(&portal), &Scope::All, &id).await?;
    Ok(Redirect::to("/portal/syncs?did=delete").into_response())
}

pub(super) async fn cancel(
    State(portal): State<Portal>,
    session: Session,
    Path((id, run_id)): Path<(String, String)>,
    form: Result<Form<CsrfForm>, FormRejection>,
) -> Result<Response, Failure> {
    check_csrf(&read(form)?.csrf, &session.csrf)?;
    let run = runs::get(&portal.api.cx.store, &Scope::All, &run_id).await?;
    run.filter(|run| run.sync_id == id).ok_or_else(|| Problem::not_found("run"))?;
    let done = sync::cancel(&session.cx(&portal), &Scope::All, &run_id).await?;
    Ok(to_run(&id, &run_id, if done { "cancel" } else { "over" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(towards: &str, dry: &str, reading: &str) -> Result<Wanted, Problem> {
        let [towards, dry, reading] = [towards, dry, reading].map(str::to_owned);
        RunForm { csrf: String::new(), towards, dry, reading }.wanted()
    }

    #[test]
    fn a_form_asks_for_what_it_says() {
        assert_eq!(form("", "", "").expect("the usual"), Wanted::default());
        let asked = form("right", "yes", "none").expect("a dry run");
        assert_eq!(
            (asked.towards, asked.dry_run, asked.reading),
            (Some(Side::Right), true, WantedReading::None)
        );
        assert!(form("up", "", "").is_err() && form("", "", "some").is_err());
    }
}
