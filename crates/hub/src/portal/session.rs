//! Who is signed in: a random cookie, kept here only as its hash.

use super::failure::came_from;
use super::views::{Section, Shell, text};
use super::{Failure, Portal};
use crate::api::access::{Caller, Pass, hash};
use crate::audit::{self, Action, By, To};
use crate::cx::Cx;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use syncline_store::audit::Door;
use syncline_store::{Scope, portal as rows};

/// The cookie of a session.
const COOKIE: &str = "syncline_session";
/// The cookie that the forms before a session are checked against.
pub(super) const FORM_COOKIE: &str = "syncline_form";

/// The longest address that a page leads back to.
const LONGEST_WAY: usize = 2_000;

/// A signed-in operator.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// What this session's forms carry.
    pub(super) csrf: String,
    /// Which session it is, for the audit log.
    by: By,
    /// The same for the database.
    hash: String,
    /// The page that led to this one; empty where that is not known.
    came_from: String,
}

impl Session {
    /// What surrounds this operator's pages.
    pub(super) fn shell(&self, portal: &Portal, section: Section) -> Shell {
        let host =
            portal.api.cx.config.server.public_url.as_str().split_once("://").map_or("", |(_, rest)| rest);
        let snapshot = portal.api.health.snapshot();
        Shell {
            assets: portal.assets.clone(),
            section,
            csrf: self.csrf.clone(),
            instance: host.to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            parked: snapshot.parked,
            conflicts: snapshot.conflicts,
            demo: portal.api.cx.config.demo.behind().is_some(),
            notice: None,
            came_from: self.came_from.clone(),
        }
    }

    /// Operators see everything.
    pub(super) fn caller(&self) -> Caller {
        Caller { scope: Scope::All, by: self.by.clone() }
    }

    /// What lets this operator follow a stream.
    pub(super) fn pass(&self) -> Pass {
        Pass::Session(self.hash.clone())
    }

    /// The context for what is done on this operator's word.
    pub(super) fn cx(&self, portal: &Portal) -> Cx {
        portal.api.cx.on_word_of(&self.by)
    }
}

impl FromRequestParts<Portal> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        let cookie = cookie(&parts.headers, COOKIE);
        let had_one = cookie.is_some();
        if let Some(cookie) = cookie {
            let cx = &portal.api.cx;
            let hash = hash(&cookie);
            match rows::session(&cx.store, &hash, cx.now()).await {
                Ok(Some(session)) => {
                    let short = |from: &String| from.len() <= LONGEST_WAY;
                    let came_from = came_from(&parts.headers).filter(short).unwrap_or_default();
                    return Ok(Self { csrf: session.csrf, by: named(&hash), hash, came_from });
                }
                Ok(None) => {}
                Err(error) => return Err(Failure::from(error).into_response()),
            }
        }
        // A form's address cannot be opened: afterwards one is where the form was.
        let page = match parts.method.is_safe() {
            true => parts.uri.path_and_query().map(|it| it.as_str().to_owned()),
            false => came_from(&parts.headers),
        };
        let query = text::query(&[("next", page.as_deref().unwrap_or("/portal"))]);
        let why = if had_one { "&why=ended" } else { "" };
        Err(Redirect::to(&format!("/portal/login?{query}{why}")).into_response())
    }
}

/// A session by the beginning of its cookie's hash: enough to tell sessions apart, and no use to anybody.
fn named(hash: &str) -> By {
    By::at(Door::Portal, format!("session {}", hash.get(..8).unwrap_or(hash)))
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// A cookie that scripts cannot read and other sites cannot send; `age` in seconds, 0 removes it.
pub(super) fn set_cookie(portal: &Portal, name: &str, value: &str, age: u64) -> HeaderValue {
    let secure = if portal.api.cx.config.server.public_url.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/portal; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Signs in: a new session and its cookie.
pub(super) async fn begin(portal: &Portal) -> Result<HeaderValue, Failure> {
    let cx = &portal.api.cx;
    let (token, csrf) = (cx.dice.token(), cx.dice.token());
    let span = cx.config.portal.session.get();
    let session = rows::Session { csrf, expires_at: cx.now().plus(span) };
    let hash = hash(&token);
    let cx = &cx.on_word_of(&named(&hash));
    let mut tx = cx.store.begin().await?;
    rows::sign_in(&mut tx, &hash, &session, cx.now()).await?;
    audit::note(cx, &mut tx, Action::SignedIn, To::default(), "").await?;
    tx.commit().await?;
    Ok(set_cookie(portal, COOKIE, &token, span.as_secs()))
}

/// Signs out: the session ends on the server, too.
pub(super) async fn end(portal: &Portal, headers: &HeaderMap) -> Result<HeaderValue, Failure> {
    if let Some(cookie) = cookie(headers, COOKIE) {
        let hash = hash(&cookie);
        let cx = &portal.api.cx.on_word_of(&named(&hash));
        let mut tx = cx.store.begin().await?;
        rows::sign_out(&mut tx, &hash).await?;
        audit::note(cx, &mut tx, Action::SignedOut, To::default(), "").await?;
        tx.commit().await?;
    }
    Ok(set_cookie(portal, COOKIE, "", 0))
}
