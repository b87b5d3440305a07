//! Reading the journal, and its files (HubSpot facts 6.7).

use super::super::Hubspot;
use super::super::error::ApiError;
use super::super::webhooks::call::{self, Call};
use super::entrance::{Room, on};
use super::feed::{Feed, File};
use super::{AppJournal, Journals};
use crate::house::clock::iso;
use crate::house::json::{answer, empty, raw};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::MethodFilter;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;

/// The journal of one region holds what happened in it; the sandbox has one region, so both tell the same.
const BASES: [&str; 8] = [
    "/webhooks/v4/journal",
    "/webhooks/v4/journal-local",
    "/webhooks-journal/journal/2026-03",
    "/webhooks-journal/journal-local/2026-03",
    "/webhooks-journal/journal/2026-09",
    "/webhooks-journal/journal-local/2026-09",
    "/webhooks-journal/journal/2027-03-beta",
    "/webhooks-journal/journal-local/2027-03-beta",
];

const SCOPE: &str = "developer.webhooks_journal.read";

/// At most so many files are told of at once.
const MOST: usize = 100;

/// The routes.
pub(super) fn router() -> Router<Arc<Hubspot>> {
    let get = |act| on(MethodFilter::GET, Room::Reads, SCOPE, act);
    let mut router =
        Router::new().route("/journal-files/{appId}/{offset}", call::on(MethodFilter::GET, file));
    for base in BASES {
        let path = |rest: &str| format!("{base}/{rest}");
        router = router
            .route(&path("earliest"), get(earliest))
            .route(&path("latest"), get(latest))
            .route(&path("offset/{offset}/next"), get(next))
            .route(&path("batch/earliest/{count}"), get(batch_earliest))
            .route(&path("batch/latest/{count}"), get(batch_latest))
            .route(&path("batch/{offset}/next/{count}"), get(batch_next))
            .route(&path("batch/read"), on(MethodFilter::POST, Room::Reads, SCOPE, batch_read));
    }
    router
}

/// Where a file is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    current_offset: String,
    expires_at: String,
    url: String,
}

/// What a reader has at hand.
struct Reading<'a> {
    hubspot: &'a Hubspot,
    secret: &'a str,
    app_id: u64,
    portal: Option<u64>,
    feed: &'a Feed,
}

impl Reading<'_> {
    fn place(&self, file: &File) -> Place {
        let expires = self.hubspot.house.now() + self.hubspot.settings.get().journal.url_ttl_ms.max(0);
        let path = format!("/journal-files/{}/{}", self.app_id, file.offset);
        let signature = signature(self.secret, &path, expires, self.portal);
        let portal = self.portal.map(|portal| format!("&portalId={portal}")).unwrap_or_default();
        let host = self.hubspot.house.url_of("hubspot");
        Place {
            current_offset: file.offset.clone(),
            expires_at: iso(expires),
            url: format!("{host}{path}?expires={expires}{portal}&signature={signature}"),
        }
    }

    fn places<'f>(&self, files: impl Iterator<Item = &'f File>) -> Vec<Place> {
        files.map(|file| self.place(file)).collect()
    }
}

fn signature(secret: &str, path: &str, expires: i64, portal: Option<u64>) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    let text = format!("{path} {expires} {portal:?}");
    HEXLOWER.encode(&mac.chain_update(text).finalize().into_bytes())
}

/// Lets `look` read an app's journal, old files forgotten.
fn reading(
    hubspot: &Hubspot,
    call: &Call,
    app_id: u64,
    look: impl FnOnce(&Reading<'_>) -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    let portal = match call.query("installPortalId") {
        None | Some("") => None,
        Some(text) => {
            let portal = text.parse::<u64>();
            Some(portal.map_err(|_| ApiError::validation("installPortalId must be a number"))?)
        }
    };
    let (kept_ms, now) = (hubspot.settings.get().journal.kept_ms, hubspot.house.now());
    let mut journals = hubspot.journal.0.lock();
    let Journals { apps, secret, .. } = &mut *journals;
    let AppJournal { feed, .. } = apps.entry(app_id).or_default();
    feed.forget(now, kept_ms);
    look(&Reading { hubspot, secret, app_id, portal, feed })
}

fn one(place: Option<Place>) -> Result<Response, ApiError> {
    Ok(place.map_or_else(|| empty(StatusCode::NO_CONTENT), |place| answer(StatusCode::OK, &place)))
}

fn several(now: i64, places: &[Place]) -> Result<Response, ApiError> {
    if places.is_empty() {
        return Ok(empty(StatusCode::NO_CONTENT));
    }
    let body = json!({
        "status": "COMPLETE", "results": places, "startedAt": iso(now), "completedAt": iso(now),
    });
    Ok(answer(StatusCode::OK, &body))
}

fn earliest(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    reading(hubspot, call, app, |it| one(it.feed.files(it.portal).next().map(|file| it.place(file))))
}

fn latest(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    reading(hubspot, call, app, |it| one(it.feed.files(it.portal).next_back().map(|file| it.place(file))))
}

fn next(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    reading(hubspot, call, app, |it| {
        let mut after = it.feed.after(call.param("offset"), it.portal).ok_or_else(|| unknown(hubspot))?;
        one(after.next().map(|file| it.place(file)))
    })
}

fn batch_earliest(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let count = count(call)?;
    reading(hubspot, call, app, |it| {
        several(hubspot.house.now(), &it.places(it.feed.files(it.portal).take(count)))
    })
}

/// The newest ones, oldest first.
fn batch_latest(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let count = count(call)?;
    reading(hubspot, call, app, |it| {
        let mut places = it.places(it.feed.files(it.portal).rev().take(count));
        places.reverse();
        several(hubspot.house.now(), &places)
    })
}

fn batch_next(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let count = count(call)?;
    reading(hubspot, call, app, |it| {
        let after = it.feed.after(call.param("offset"), it.portal).ok_or_else(|| unknown(hubspot))?;
        several(hubspot.house.now(), &it.places(after.take(count)))
    })
}

fn count(call: &Call) -> Result<usize, ApiError> {
    let count = usize::try_from(call.number("count")?).unwrap_or(usize::MAX);
    if (1..=MOST).contains(&count) {
        return Ok(count);
    }
    Err(ApiError::validation(format!("count must be between 1 and {MOST}")))
}

fn unknown(hubspot: &Hubspot) -> ApiError {
    let status = hubspot.settings.get().journal.unknown_offset_status;
    ApiError {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND),
        ..ApiError::resource_not_found()
    }
}

fn batch_read(hubspot: &Arc<Hubspot>, call: &Call, app: u64) -> Result<Response, ApiError> {
    let body = call.object()?;
    let inputs = body.get("inputs").and_then(Value::as_array);
    let inputs = inputs.ok_or_else(|| ApiError::validation("inputs is required"))?;
    if inputs.len() > MOST {
        return Err(ApiError::validation(format!("inputs must not have more than {MOST} offsets")));
    }
    let offsets: Option<Vec<&str>> = inputs.iter().map(Value::as_str).collect();
    let offsets = offsets.ok_or_else(|| ApiError::validation("inputs must be offsets"))?;
    let now = hubspot.house.now();
    reading(hubspot, call, app, |it| {
        let (known, missing): (Vec<&str>, Vec<&str>) =
            offsets.iter().partition(|offset| it.feed.file(offset).is_some());
        let places = it.places(known.iter().filter_map(|offset| it.feed.file(offset)));
        let mut body = json!({
            "status": "COMPLETE", "results": places, "startedAt": iso(now), "completedAt": iso(now),
        });
        if missing.is_empty() {
            return Ok(answer(StatusCode::OK, &body));
        }
        body["numErrors"] = json!(1);
        body["errors"] = json!([{
            "status": "error", "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some journal entries, they may be expired or not exist.",
            "context": { "ids": missing },
        }]);
        Ok(answer(StatusCode::MULTI_STATUS, &body))
    })
}

/// A file, for whoever has its address: no token is asked for.
fn file(hubspot: &Arc<Hubspot>, call: &Call) -> Result<Response, ApiError> {
    let now = hubspot.house.now();
    let kept_ms = hubspot.settings.get().journal.kept_ms;
    let expires = call.query("expires").and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
    let portal = call.query("portalId").and_then(|text| text.parse::<u64>().ok());
    let mut journals = hubspot.journal.0.lock();
    let expected = signature(&journals.secret, &call.path, expires, portal);
    if call.query("signature") != Some(&expected) || now >= expires {
        return Ok(denied());
    }
    let Some(app) = call.number("appId").ok().and_then(|app| journals.apps.get_mut(&app)) else {
        return Ok(denied());
    };
    app.feed.forget(now, kept_ms);
    let text = app.feed.file(call.param("offset")).map(|file| file.text(portal));
    Ok(text.map_or_else(denied, |text| raw(StatusCode::OK, text.into_bytes())))
}

/// Files lie in a store that speaks XML.
fn denied() -> Response {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
