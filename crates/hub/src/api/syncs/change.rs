//! Syncs made, changed and ended over the API.

use super::agreement::sized;
use super::find;
use super::show::SyncView;
use crate::api::Api;
use crate::api::access::Caller;
use crate::api::accounts::check_name;
use crate::api::connections::body_of;
use crate::config::Every;
use crate::http::strict::Json;
use crate::http::{Problem, json};
use crate::sync::{self, Change, NewSync};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use syncline_core::sync::{Agreement, Sides};
use syncline_store::syncs;

/// The most often that a sync runs by itself, as in the settings.
const SHORTEST: Duration = Duration::from_mins(5);
/// The least often.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// `POST /v1/syncs`, and what `POST /v1/syncs/check` tries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSyncBody {
    /// What people call it; left out: the names of both accounts.
    pub name: Option<String>,
    /// The left connection's id.
    pub left: String,
    /// The right connection's id.
    pub right: String,
    /// Its terms; left out: those that are ready-made for the two providers.
    pub agreement: Option<Agreement>,
    /// How often it runs by itself (`1h`, `never`); left out: as the settings say.
    pub every: Option<String>,
    /// Whether it runs at once; left out: as the settings say.
    pub run: Option<bool>,
}

impl NewSyncBody {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for a name or a schedule that cannot be, 422 for an agreement that is too large.
    pub fn wanted(self) -> Result<NewSync, Problem> {
        let Self { name, left, right, agreement, every, run } = self;
        let name = name.unwrap_or_default();
        if !name.is_empty() {
            check_name("name", &name)?;
        }
        let connections = Sides { left, right };
        Ok(NewSync { name, connections, agreement: sized(agreement)?, every: schedule(every)?, run })
    }
}

/// How often, as a person wrote it; zero for never.
///
/// # Errors
/// 400 for what is no such text, or out of bounds.
fn schedule(text: Option<String>) -> Result<Option<Duration>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let span = Every::parse(&text).map(|every| every.span().unwrap_or(Duration::ZERO));
    let fits = |span: &Duration| span.is_zero() || (SHORTEST..=LONGEST).contains(span);
    match span.filter(fits) {
        // `0s` is no way to write `never`.
        Some(Duration::ZERO) if text != "never" => Err(bad_every()),
        Some(span) => Ok(Some(span)),
        None => Err(bad_every()),
    }
}

fn bad_every() -> Problem {
    let say = "`every` is `never`, or a number and a unit from `5m` to `366d`; null: as the settings say.";
    Problem::bad_request("bad_every", say)
}

/// `POST /v1/syncs`.
///
/// # Errors
/// 400 for a body that cannot be; 404, 409, 422 and 502 as [`sync::Refused`] says, with the agreement's mistakes; 503 when the database
/// is away.
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    body: Result<Json<NewSyncBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let new = body_of(body)?.wanted()?;
    let made = sync::create(&caller.cx(&api), &caller.scope, new).await?;
    let location = format!("/v1/syncs/{}", made.id);
    let view = json(&SyncView::of(&api.cx, made));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], view).into_response())
}

/// `PATCH /v1/syncs/{id}`. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeBody {
    /// Another name.
    pub name: Option<String>,
    /// Other terms, all of them.
    pub agreement: Option<Agreement>,
    /// Another schedule; `null`: as the settings say.
    #[serde(deserialize_with = "given")]
    pub every: Option<Option<String>>,
    /// `active` or `paused`.
    pub state: Option<String>,
}

/// Something that was given, be it null.
fn given<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(source).map(Some)
}

impl ChangeBody {
    fn wanted(self) -> Result<Change, Problem> {
        let Self { name, agreement, every, state } = self;
        if let Some(name) = &name {
            check_name("name", name)?;
        }
        let say = "`state` is `active` or `paused`.";
        let state = super::named(state, syncs::State::named, say)?;
        let every = every.map(schedule).transpose()?;
        Ok(Change { name, agreement: sized(agreement)?, every, state })
    }
}

/// `PATCH /v1/syncs/{id}`: answers the sync as it is then.
///
/// # Errors
/// As [`create`], and 404 when there is none for this caller.
pub async fn change(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<ChangeBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let wanted = body_of(body)?.wanted()?;
    let known = find(&api, &caller, &id).await?;
    let changed = match wanted == Change::default() {
        true => known,
        false => sync::change(&caller.cx(&api), &caller.scope, &id, wanted).await?,
    };
    Ok(json(&SyncView::of(&api.cx, changed)))
}

/// `DELETE /v1/syncs/{id}`: the records of both sides stay as they are; what was known of them is forgotten.
///
/// # Errors
/// 404 when there is none for this caller.
pub async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    match sync::delete(&caller.cx(&api), &caller.scope, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("sync")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_never_or_a_span_within_bounds() {
        let read = |text: &str| schedule(Some(text.to_owned()));
        assert_eq!(schedule(None), Ok(None));
        assert_eq!(read("never"), Ok(Some(Duration::ZERO)));
        assert_eq!((read("5m"), read("1h")), (Ok(Some(SHORTEST)), Ok(Some(Duration::from_hours(1)))));
        assert_eq!(read("366d"), Ok(Some(LONGEST)));
        for text in ["", "0s", "0d", "4m", "299s", "367d", "1.5h", "-1h", "1h30m", "Never", "1", "h"] {
            assert_eq!(read(text), Err(bad_every()), "{text:?}");
        }
    }

    #[test]
    fn a_change_tells_what_is_left_out_from_what_is_null() {
        let read = |text: &str| serde_json::from_str::<ChangeBody>(text).map(|body| body.every);
        assert_eq!(read("{}").ok(), Some(None));
        assert_eq!(read(r#"{"every":null}"#).ok(), Some(Some(None)));
        assert_eq!(read(r#"{"every":"1h"}"#).ok(), Some(Some(Some("1h".to_owned()))));
        assert!(read(r#"{"left":"con_x"}"#).is_err(), "a sync stays between its connections");
    }
}
