//! The pages a person sees in the browser: what an app asks for, or why it may not ask.

use super::scopes::{Asked, words};
use crate::hubspot::state::{App, Portal};
use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};

#[derive(Template)]
#[template(path = "hubspot/consent.html")]
struct ConsentPage<'a> {
    app: &'a str,
    destination: &'a str,
    accounts: Vec<Account<'a>>,
    required: Vec<Scope<'a>>,
    optional: Vec<Scope<'a>>,
}

struct Account<'a> {
    id: u64,
    name: &'a str,
    domain: &'a str,
    people: Vec<Person<'a>>,
}

struct Person<'a> {
    user_id: u64,
    name: String,
    email: &'a str,
    may_install: bool,
    chosen: bool,
}

struct Scope<'a> {
    name: &'a str,
    words: String,
}

#[derive(Template)]
#[template(path = "hubspot/refused.html")]
struct RefusedPage<'a> {
    title: &'a str,
    text: &'a str,
    details: &'a [String],
}

/// The page that asks.
pub(super) fn ask<'a>(
    app: &App,
    redirect_uri: &str,
    asked: &Asked,
    portals: impl Iterator<Item = &'a Portal>,
) -> Response {
    let mut first = true;
    let accounts = portals.map(|portal| account(portal, &mut first)).collect();
    let page = ConsentPage {
        app: &app.name,
        destination: redirect_uri,
        accounts,
        required: lines(&asked.scope),
        optional: lines(&asked.optional),
    };
    html(StatusCode::OK, page.render())
}

fn lines(scopes: &[String]) -> Vec<Scope<'_>> {
    scopes.iter().map(|scope| Scope { name: scope, words: words(scope) }).collect()
}

fn account<'a>(portal: &'a Portal, first: &mut bool) -> Account<'a> {
    let people = portal.users.iter().filter(|user| !user.archived).map(|user| Person {
        user_id: user.user_id,
        name: format!("{} {}", user.first_name, user.last_name),
        email: &user.email,
        may_install: user.super_admin,
        chosen: user.super_admin && std::mem::take(first),
    });
    Account { id: portal.id, name: &portal.name, domain: &portal.hub_domain, people: people.collect() }
}

/// The page that says no.
pub(super) fn refuse(status: StatusCode, title: &str, text: &str, details: &[String]) -> Response {
    html(status, RefusedPage { title, text, details }.render())
}

fn html(status: StatusCode, page: askama::Result<String>) -> Response {
    let mut response = (status, Html(page.unwrap_or_default())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    );
    response
}
